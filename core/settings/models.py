"""The shape of the configuration: frozen models, one per section, a docstring per key. Reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from core.i18n import _
from core.settings.bridge import BridgeSettings
from core.settings.forms import FormSettings
from core.settings.life import (
    CalendarSettings,
    OwnScenarioSettings,
    ProcessSettings,
    StatusSettings,
    TemplateSettings,
)
from core.settings.life_values import Reopen
from core.settings.mailboxes import MailboxSettings
from core.settings.robot import GroupRobotSettings, RobotSettings
from core.settings.secret import Secret
from core.settings.section import Name, Section
from core.settings.values import (
    POSTGRES,
    AgePair,
    Channels,
    Patterns,
    Tags,
    Texts,
    is_loopback,
    is_unspecified,
    pattern,
    postgres_url,
    split_listen,
    split_url,
)

if TYPE_CHECKING:
    from core.domain.forms import Form
    from core.domain.processes import Process
    from core.domain.reopening import Reopening
    from core.domain.robot import Clocks, Promise
    from core.domain.routing import Region, Rule
    from core.domain.scenarios import OwnScenario


class DeskSettings(Section):
    """`[desk]`: the desk as a whole."""

    name: str = Field("Support desk", min_length=1)
    """The desk's name, shown on screens and in letters."""
    language: Literal["auto", "en", "ru"] = "auto"
    """Language of screens and commands: `auto` (the locale's), `en` or `ru`."""
    database: str = "sqlite:///glazok.db"
    """Where the data lies: `sqlite:///file` (relative: beside the configuration), or `postgresql://user@host/name`."""
    database_password: Secret = Secret()
    """Password of the PostgreSQL role; better `database_password_file` or `database_password_env`."""
    database_password_file: str = ""
    """File that holds that password, relative to the configuration; without any source: libpq's own ways."""
    database_password_env: str = ""
    """Environment variable that holds that password."""
    blobs: str = Field("blobs", min_length=1)
    """Folder of attachments and raw letters, relative to the configuration."""
    secret: Secret = Secret()
    """The desk's own secret, it signs Message-IDs, addresses, presence tickets; 16 characters or more."""
    secret_file: str = ""
    """File that holds the secret, relative to the configuration; without any source: `secret.key`."""
    secret_env: str = ""
    """Environment variable that holds the secret."""
    default_group: str = "first"
    """Key of the group that gets what no rule caught."""
    public_domains: Texts = ()
    """Mail providers whose users are no company, for `same_company`, besides the well-known ones."""
    rehearsal: bool = False
    """Whether this desk is for tests, dry runs and demonstrations: its clock may be set with $GLAZOK_NOW."""

    @field_validator("database")
    @classmethod
    def _file_or_server(cls, value: str) -> str:
        if value.startswith(POSTGRES):
            return postgres_url(value)
        if not value.startswith("sqlite:///") or value in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError(
                _(
                    'allowed is a file, such as "sqlite:///glazok.db" or "sqlite:////srv/desk/glazok.db", or a '
                    'PostgreSQL database, such as "postgresql://desk@db.example.com/glazok"'
                )
            )
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: Secret) -> Secret:
        if value.by_value and len(value.reveal()) < 16:
            raise ValueError(_("too short; needed are 16 characters or more, best made by `glazok init`"))
        return value


class PresenceSettings(Section):
    """`[presence]`: the server of the eyes."""

    listen: str = "127.0.0.1:8765"
    """Address and port that the presence server listens on; port 0 takes any free one."""
    url: str = ""
    """Where consoles reach it: `ws://` on this machine, else `wss://`; empty: as `listen` says."""

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        split_listen(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _url_from_listen(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("url"):
            listen = data.get("listen")
            try:
                split_listen(str(listen))
            except ValueError:
                listen = "127.0.0.1:8765"
            return {**data, "url": f"ws://{listen}/"}
        return data

    @field_validator("url")
    @classmethod
    def _websocket(cls, value: str) -> str:
        scheme, host = split_url(value)
        if scheme not in ("ws", "wss") or not host:
            raise ValueError(_('allowed is a WebSocket address, such as "ws://127.0.0.1:8765/"'))
        if scheme == "ws" and not (is_loopback(host) or is_unspecified(host)):
            raise ValueError(_("tokens leave this machine only over TLS; allowed is wss:// here"))
        return value

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_listen(self.listen)


class GroupSettings(Section):
    """`[groups.KEY]`: a team that serves a stream of tickets."""

    name: str = Field(min_length=1)
    """The group's name, as people read it."""
    line: int = Field(1, ge=1, le=3)
    """Line of support: 1, 2 or 3."""
    signature: str = ""
    """Text under every reply of the group; empty for none."""
    hours: str = ""
    """Key of the calendar with the group's working hours; empty: round the clock."""
    reopen: Reopen = "window"
    """A letter to a closed ticket: `always` reopens it, `never`, or within the `window`; or by channel."""
    reopen_days: int = Field(7, ge=1, le=3650)
    """Days from closing within which `window` reopens."""
    same_company: bool = False
    """Whether any address of a participant's domain speaks as the client; if not, it is a new voice."""
    robot: GroupRobotSettings = GroupRobotSettings()
    """What of `[robot]` is otherwise for this group: `enabled`, and any key of any scenario."""


class RegionSettings(Section):
    """`[regions.KEY]`: where clients live."""

    name: str = Field(min_length=1)
    """The region's name, as people read it."""
    words: Texts = ()
    """How a form or a line "Region: …" may spell it, besides its key and its name."""


class RuleSettings(Section):
    """`[[rules]]`: one line of the routing list; all its conditions must hold, a list means any of them."""

    name: str = Field(min_length=1)
    """Name of the rule, which stands on the tickets that it routed; unique."""
    group: str
    """Key of the group that gets the ticket."""
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    """Priority of the ticket: `low`, `normal`, `high` or `urgent`."""
    language: Literal["", "en", "ru"] = ""
    """Language of the desk's letters to this client: `en`, `ru`; empty: the one that they write in."""
    template: str = ""
    """Key of the ticket template, which says process, priority and language where the rule does not."""
    tags: Tags = ()
    """Tags of the ticket: one, or a list of them."""
    region: Texts = ()
    """Condition: key of the client's region."""
    recipient: Texts = ()
    """Condition: an address that the letter went to; `*` stands for anything."""
    sender: Texts = ()
    """Condition: the sender's address; `*` stands for anything."""
    domain: Texts = ()
    """Condition: the sender's domain, its subdomains included."""
    header: dict[str, str] = Field(default_factory=dict)
    """Condition: a table of header name and regular expression, all of which must be found."""
    subject: Patterns = ()
    """Condition: a regular expression found in the subject, in any case."""
    body: Patterns = ()
    """Condition: a regular expression found in the text, in any case."""
    channel: Channels = ()
    """Condition: the way it came: `mail`, or `form` (the desk's own web form)."""
    mailbox: Texts = ()
    """Condition: key of the mailbox that it came into."""
    form: Texts = ()
    """Condition: name of the `[[forms]]` that it came by; sender, region, subject and text are then the client's."""

    @field_validator("header")
    @classmethod
    def _header_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        for expression in value.values():
            pattern(expression)
        return value

    @field_validator("domain")
    @classmethod
    def _bare_domain(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if "@" in one.lstrip("@") or "*" in one:
                raise ValueError(_('allowed is a domain, such as "example.com"; `sender` takes patterns'))
        return value


class AgeSettings(Section):
    """`[board.age]`: when a card turns orange and when vermillion, by whose turn it is."""

    new: AgePair = (timedelta(minutes=15), timedelta(minutes=30))
    """Durations for a ticket that nobody has accepted."""
    needs_reply: AgePair = (timedelta(hours=2), timedelta(hours=3))
    """Durations for a ticket whose client waits for us."""
    waiting: AgePair = (timedelta(days=1), timedelta(days=3))
    """Durations for a ticket that waits for its client."""
    help_wanted: AgePair = (timedelta(minutes=15), timedelta(minutes=30))
    """Durations for a question that a colleague has asked."""

    @property
    def late(self) -> dict[str, timedelta]:
        """The second duration of each: from then on a card counts as late."""
        return {name: getattr(self, name)[1] for name in type(self).model_fields}


class BoardSettings(Section):
    """`[board]`: the agents' board."""

    age: AgeSettings = AgeSettings()
    """When a card looks old."""
    twice: bool = False
    """Whether a ticket that you are asked about stands in Help wanted and in its usual column too."""


class ConsoleSettings(Section):
    """`[console]`: the screen."""

    theme: Literal["dark", "light"] = "dark"
    """`dark` or `light`; $NO_COLOR takes all colour away."""
    labels: bool = True
    """Whether words stand beside the icons; a key hides them."""
    undo_send_seconds: int = Field(10, ge=0, le=120)
    """How long an answer waits before it leaves, in seconds: so long its author can take it back. 0: not at all."""
    keys: dict[str, dict[str, Texts]] = Field(default_factory=dict)
    """`PLACE.COMMAND` → a key, or a list of them: instead of its own; docs/console.md has the commands' ids."""


class LogSettings(Section):
    """`[log]`: what the programs write to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important kind of line that is still written: `debug`, `info`, `warning` or `error`."""


class Settings(Section):
    """The whole configuration."""

    desk: DeskSettings
    """The desk as a whole."""
    presence: PresenceSettings
    """The server of the eyes."""
    groups: dict[Name, GroupSettings] = Field(min_length=1)
    """Teams by key."""
    regions: dict[Name, RegionSettings] = Field(default_factory=dict)
    """Regions by key."""
    rules: list[RuleSettings] = Field(default_factory=list)
    """The routing list, in order."""
    forms: list[FormSettings] = Field(default_factory=list)
    """Forms of sites that arrive as e-mail, in order."""
    mailboxes: dict[Name, MailboxSettings] = Field(default_factory=dict)
    """Mailboxes by key."""
    robot: RobotSettings
    """Who runs the timed scenarios."""
    calendars: dict[Name, CalendarSettings] = Field(default_factory=dict)
    """Working hours by key."""
    statuses: dict[Name, StatusSettings] = Field(default_factory=dict)
    """Statuses of the team's own by key."""
    processes: dict[Name, ProcessSettings] = Field(default_factory=dict)
    """Sets of statuses by key."""
    templates: dict[Name, TemplateSettings] = Field(default_factory=dict)
    """Kinds of tickets by key."""
    scenarios: list[OwnScenarioSettings] = Field(default_factory=list)
    """Scenarios of the team's own."""
    bridge: BridgeSettings
    """The mail bridge as a service."""
    board: BoardSettings
    """The agents' board."""
    console: ConsoleSettings
    """The screen."""
    log: LogSettings
    """What the programs write to stderr."""
    path: Path
    """The file that this came from, absolute."""

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent

    @property
    def on_postgres(self) -> bool:
        """Whether the data lies on a PostgreSQL server and not in an SQLite file."""
        return self.desk.database.startswith(POSTGRES)

    @property
    def database_path(self) -> Path:
        """The SQLite file, absolute. Only where the desk is not `on_postgres`."""
        return self.folder / self.desk.database.removeprefix("sqlite:///")

    @property
    def database_url(self) -> str:
        """The database's URL, that of a file with an absolute path; never with a password."""
        return self.desk.database if self.on_postgres else f"sqlite:///{self.database_path}"

    @property
    def database_shown(self) -> str:
        """The file's path or the server's URL, for a person; never a password."""
        return self.desk.database if self.on_postgres else str(self.database_path)

    @property
    def blobs_folder(self) -> Path:
        """The folder of attachments and raw letters, absolute."""
        return self.folder / self.desk.blobs

    def routing_rules(self) -> tuple[Rule, ...]:
        """The routing list as the domain knows it; what a rule leaves open, its template says."""
        from core.settings.in_force import rule

        return tuple(rule(self, one) for one in self.rules)

    def routing_regions(self) -> tuple[Region, ...]:
        """The regions as the domain knows them."""
        from core.domain.routing import Region

        return tuple(Region(key, region.name, region.words) for key, region in self.regions.items())

    @cached_property
    def site_forms(self) -> tuple[Form, ...]:
        """The forms as the domain knows them."""
        return tuple(form.form() for form in self.forms)

    @cached_property
    def _processes(self) -> Mapping[str, Process]:
        from core.settings.in_force import processes

        return processes(self)

    @cached_property
    def _clocks(self) -> Mapping[str, Clocks]:
        from core.settings.in_force import clocks

        return {group: clocks(self, group) for group in ("", *self.groups)}

    @cached_property
    def _own_scenarios(self) -> tuple[OwnScenario, ...]:
        return tuple(one.scenario() for one in self.scenarios if one.enabled)

    def process(self, key: str) -> Process:
        """A process; the standard one where the key is empty or has left the configuration."""
        return self._processes.get(key) or self._processes["standard"]

    def clocks(self, group_key: str) -> Clocks:
        """Which of the robot's scenarios run in a group, and its hours; the desk's for an unknown group."""
        return self._clocks.get(group_key) or self._clocks[""]

    def scenario(self, group_key: str, name: str) -> Promise:
        """A scenario from the box (`core.domain.robot.Scenario`, or "ask") as it is in force for a group."""
        group = self.groups.get(group_key)
        return self.robot.scenario(name, group.robot if group else None)

    def own_scenarios(self, group_key: str = "") -> tuple[OwnScenario, ...]:
        """The team's own scenarios that are switched on; none where the robot is off."""
        group = self.groups.get(group_key)
        acts = self.robot.enabled and (group is None or group.robot.enabled)
        return self._own_scenarios if acts else ()

    def reopening(self, group_key: str, channel: str) -> Reopening:
        """What a client's letter by a channel does to a closed ticket of a group."""
        from core.settings.in_force import reopening

        return reopening(self.groups.get(group_key), channel)

    def template(self, key: str) -> TemplateSettings | None:
        """A ticket template; None where the key is empty or not in the configuration."""
        return self.templates.get(key)

    def secrets(self) -> list[Secret]:
        """Every secret that is named, for whoever checks them."""
        found = [self.desk.secret, self.desk.database_password]
        for mailbox in self.mailboxes.values():
            found += [mailbox.imap.password, mailbox.smtp.password]
        return [secret for secret in found if secret.given]
