"""The shape of calendars, statuses, processes, ticket templates and own scenarios. Reads no file."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from core.domain.calendars import Calendar
from core.domain.processes import StatusDef
from core.domain.scenarios import Action, Conditions, OwnScenario, Verb
from core.domain.tickets import Status
from core.i18n import _
from core.settings.life_values import Days, Limit, Spans, audience, words, zone
from core.settings.section import Section
from core.settings.values import Channels, Patterns, Tags, Texts, several, tag

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Priorities = Annotated[
    tuple[Literal["low", "normal", "high", "urgent"], ...],
    BeforeValidator(several),
]
Languages = Annotated[tuple[Literal["en", "ru"], ...], BeforeValidator(several)]


class CalendarSettings(Section):
    """`[calendars.KEY]`: working hours; the robot's clocks stand still outside of them."""

    zone: str = "UTC"
    """Time zone in which the hours are meant, such as `Europe/Moscow`."""
    monday: Spans = ()
    """Hours of the day, such as `09:00-18:00`, or a list of them; none: a free day."""
    tuesday: Spans = ()
    """Hours of the day."""
    wednesday: Spans = ()
    """Hours of the day."""
    thursday: Spans = ()
    """Hours of the day."""
    friday: Spans = ()
    """Hours of the day."""
    saturday: Spans = ()
    """Hours of the day."""
    sunday: Spans = ()
    """Hours of the day."""
    holidays: Days = ()
    """Days without any hours, such as `2026-01-01`."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return zone(value)

    @model_validator(mode="after")
    def _some_hours(self) -> Self:
        if not any(getattr(self, day) for day in WEEK):
            raise ValueError(_('needed are the hours of at least one day, such as monday = "09:00-18:00"'))
        return self

    def calendar(self) -> Calendar:
        """The calendar as the domain knows it."""
        week = {number: getattr(self, day) for number, day in enumerate(WEEK) if getattr(self, day)}
        return Calendar(self.zone, week, frozenset(self.holidays))


class StatusSettings(Section):
    """`[statuses.KEY]`: a status of the team's own."""

    kind: Literal["new", "needs_reply", "waiting", "solved", "closed"]
    """The built-in status that it behaves like: `new`, `needs_reply`, `waiting`, `solved` or `closed`."""
    name: str = Field(min_length=1)
    """The status's name, as people read it."""
    order: int = Field(100, ge=0, le=1000)
    """Place among the statuses; the first of a kind is where the ball leads (built-in ones: 10 to 60)."""
    moves: Texts | None = None
    """Keys of the statuses to which people may move a ticket from here; not given: as from its kind."""

    def status(self, key: str) -> StatusDef:
        """The status as the domain knows it."""
        moves = None if self.moves is None else frozenset(self.moves)
        return StatusDef(key, Status(self.kind), self.name, self.order, moves)


class ProcessSettings(Section):
    """`[processes.KEY]`: a set of statuses. Own statuses that no process names belong to the standard one."""

    name: str = ""
    """The process's name, as people read it; empty: its key."""
    statuses: Texts = ()
    """Keys of own statuses that it has besides the built-in ones."""
    without: Texts = ()
    """Built-in statuses that it does not have: `needs_reply`, `waiting`, `solved`."""


class TemplateSettings(Section):
    """`[templates.KEY]`: a kind of ticket, chosen by a routing rule or by the agent who opens one."""

    name: str = Field(min_length=1)
    """The template's name, as people read it."""
    process: str = "standard"
    """Key of the process that its tickets live by."""
    group: str = ""
    """Key of the group that gets a ticket which an agent opens by it; empty: the one that the agent names."""
    priority: Literal["", "low", "normal", "high", "urgent"] = ""
    """Priority of its tickets, unless the rule says one; empty: `normal`."""
    language: Literal["", "en", "ru"] = ""
    """Language of its letters, unless the rule says one: `en`, `ru`; empty: the desk's."""


class WhenSettings(Section):
    """`when` of a scenario: an event, or time in a status."""

    event: Literal[
        "", "opened", "client_wrote", "replied", "noted", "accepted", "released", "passed",
        "solved", "closed", "reopened", "bounced",
    ] = ""  # fmt: skip
    """What has to happen; nothing else beside it."""
    status: str = ""
    """Key of the status in which the time is spent; a built-in one means own ones of its kind as well."""
    after: Limit | None = Field(None, alias="for")
    """Working time in that status."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        by_event, by_time = bool(self.event), bool(self.status) and self.after is not None
        if by_event == by_time or (by_event and (self.status or self.after is not None)):
            raise ValueError(
                _('allowed is one of { event = "client_wrote" } and { status = "waiting", for = "2d" }')
            )
        return self


class IfSettings(Section):
    """`if` of a scenario: the filter, all of whose conditions must hold; a list means any of them, but for tags."""

    group: Texts = ()
    """Key of the ticket's group."""
    status: Texts = ()
    """Key of its status; a built-in one means own ones of its kind as well."""
    priority: Priorities = ()
    """Its priority: `low`, `normal`, `high` or `urgent`."""
    region: Texts = ()
    """Key of the client's region."""
    language: Languages = ()
    """The client's language: `en` or `ru`."""
    channel: Channels = ()
    """The way it came: `mail` or `form`."""
    owner: str = ""
    """`none`, `any`, or an agent's login."""
    subject: Patterns = ()
    """A regular expression found in the subject, in any case."""
    tags: Tags = ()
    """Tags, all of which it must have."""
    without_tags: Tags = ()
    """Tags, none of which it may have."""


class ActionSettings(Section):
    """`then` of a scenario: one act. Exactly one of its keys, but for `text` and `by_mail`."""

    notify: str = ""
    """Whom to tell: `supervisors`, `owner`, `group` or `agent:LOGIN`."""
    text: str = ""
    """With `notify`: the words; `{minutes}`, `{ticket}`, `{subject}`, `{client}` and the like are filled in."""
    by_mail: bool = False
    """With `notify`: whether by e-mail as well."""
    assign: str = ""
    """Login of the agent who becomes the owner."""
    follow: str = ""
    """Login of an agent who gets to follow it, or `group:KEY`."""
    pass_: str = Field("", alias="pass")
    """Key of the group to which it is passed."""
    status: str = ""
    """Key of the status to which it is moved."""
    note: str = ""
    """Text of a note, filled in likewise."""
    reply: str = ""
    """Text of an answer to the client, filled in likewise."""
    priority: Literal["", "low", "normal", "high", "urgent"] = ""
    """Its new priority."""
    tag: str = ""
    """A tag that it gets."""
    untag: str = ""
    """A tag that is taken from it."""

    @field_validator("notify")
    @classmethod
    def _audience(cls, value: str) -> str:
        return audience(value)

    @field_validator("text", "note", "reply")
    @classmethod
    def _words(cls, value: str) -> str:
        return words(value)

    @field_validator("tag", "untag")
    @classmethod
    def _tag(cls, value: str) -> str:
        return tag(value) if value else value

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        if len(self._acts()) != 1:
            raise ValueError(
                _("allowed is exactly one of {names}").format(names=", ".join(verb.value for verb in Verb))
            )
        if (self.text or self.by_mail) and not self.notify:
            raise ValueError(_("text and by_mail belong to notify"))
        return self

    def _acts(self) -> list[tuple[Verb, str]]:
        values = {verb: self.pass_ if verb is Verb.TO_GROUP else getattr(self, verb) for verb in Verb}
        return [(verb, value) for verb, value in values.items() if value]

    def action(self) -> Action:
        """The act as the domain knows it."""
        verb, value = self._acts()[0]
        return Action(verb, value, self.text, self.by_mail)


class OwnScenarioSettings(Section):
    """`[[scenarios]]`: a scenario of the team's own. Loops are cut: three in a row, none twice."""

    name: str = Field(min_length=1, max_length=60)
    """The scenario's name, which stands on the tickets that it acted on; unique."""
    enabled: bool = True
    """Whether it acts."""
    when: WhenSettings
    """What starts it."""
    conditions: IfSettings = Field(IfSettings(), alias="if")
    """Which tickets it is for."""
    then: list[ActionSettings] = Field(min_length=1)
    """What it does, in order."""

    def scenario(self) -> OwnScenario:
        """The scenario as the domain knows it."""
        return OwnScenario(
            self.name,
            self.when.event,
            self.when.status,
            self.when.after,
            Conditions(**dict(self.conditions)),
            tuple(action.action() for action in self.then),
        )
