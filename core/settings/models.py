"""The whole configuration: a frozen model of one field per section. Reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from core.settings.bridge import BridgeSettings
from core.settings.desk import DeskSettings, LogSettings
from core.settings.forms import FormSettings
from core.settings.groups import GroupSettings
from core.settings.life import (
    CalendarSettings,
    OwnScenarioSettings,
    ProcessSettings,
    StatusSettings,
    TemplateSettings,
)
from core.settings.mailboxes import MailboxSettings
from core.settings.presence import PresenceSettings
from core.settings.robot import RobotSettings
from core.settings.routing import RegionSettings, RuleSettings
from core.settings.screens import BoardSettings, ConsoleSettings
from core.settings.secret import Secret
from core.settings.section import Name, Section
from core.settings.values import POSTGRES

if TYPE_CHECKING:
    from core.domain.forms import Form
    from core.domain.processes import Process
    from core.domain.reopening import Reopening
    from core.domain.robot import Clocks, Promise
    from core.domain.routing import Region, Rule
    from core.domain.scenarios import OwnScenario


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

    @cached_property
    def routing_rules(self) -> tuple[Rule, ...]:
        """The routing list as the domain knows it; what a rule leaves open, its template says."""
        from core.settings.in_force import rule

        return tuple(rule(self, one) for one in self.rules)

    @cached_property
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
