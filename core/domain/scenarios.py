"""Scenarios of a team's own: when (something happened, or time in a status), if (filter), then (acts).

Pure: what a scenario looks at comes as `TicketFacts`; whoever acts keeps the chain that cuts loops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.calendars import ALWAYS, Calendar, add_working_time
from core.domain.robot import Timer
from core.domain.tickets import OPEN, Status

PREFIX = "own:"
"""Before a scenario's name where a timer, an event or a notice names it."""

DEPTH = 3
"""So many scenarios may follow one another from one cause; the next one is cut."""

NOBODY = "none"
ANYBODY = "any"


class Happening(StrEnum):
    """What a scenario can wait for."""

    OPENED = "opened"
    """A ticket was opened, by a letter, a form or an agent."""
    CLIENT_WROTE = "client_wrote"
    """The client's side wrote into a ticket that was there; automatic mail does not count."""
    REPLIED = "replied"
    """We answered the client."""
    NOTED = "noted"
    ACCEPTED = "accepted"
    RELEASED = "released"
    PASSED = "passed"
    """It went to another group or person."""
    SOLVED = "solved"
    """It became solved, by whatever way."""
    CLOSED = "closed"
    """It became closed, by whatever way."""
    REOPENED = "reopened"
    """It was solved or closed and is open again, by whatever way."""
    BOUNCED = "bounced"
    """A letter of ours could not be delivered."""


class Verb(StrEnum):
    """What a scenario can do."""

    NOTIFY = "notify"
    """Tell `supervisors`, `owner`, `group` or `agent:LOGIN`."""
    ASSIGN = "assign"
    """Give it to an agent, by login."""
    FOLLOW = "follow"
    """Add a follower, by login, or a group as `group:KEY`."""
    TO_GROUP = "pass"
    """Pass it to a group, by key."""
    STATUS = "status"
    NOTE = "note"
    REPLY = "reply"
    """Send the client a text."""
    PRIORITY = "priority"
    TAG = "tag"
    """Give it a tag."""
    UNTAG = "untag"
    """Take a tag from it."""


@dataclass(frozen=True, slots=True)
class Action:
    """One act of a scenario."""

    verb: Verb
    value: str
    text: str = ""
    """For `notify`: the words; empty for the robot's own."""
    by_mail: bool = False
    """For `notify`: by e-mail as well."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The filter: every given condition must hold; several values are alternatives, but for tags."""

    group: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    """Keys of statuses; the key of a built-in one also means the team's own ones of its kind."""
    priority: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    owner: str = ""
    """`none`, `any`, or a login; empty: whoever."""
    subject: tuple[str, ...] = ()
    """Regular expressions, searched without case."""
    tags: tuple[str, ...] = ()
    """All of them."""
    without_tags: tuple[str, ...] = ()
    """None of them."""


@dataclass(frozen=True, slots=True)
class OwnScenario:
    """A scenario of the configuration. It has an `event`, or a `status` with `after`."""

    name: str
    event: str = ""
    """What has to happen, a Happening."""
    status: str = ""
    """The status in which the time is spent, read like `Conditions.status`."""
    after: timedelta | None = None
    """Working time in that status."""
    conditions: Conditions = field(default_factory=Conditions)
    actions: tuple[Action, ...] = ()

    @property
    def key(self) -> str:
        """The name that stands on timers, events and notices."""
        return PREFIX + self.name

    @property
    def asks_for_tags(self) -> bool:
        """Whether its filter looks at the ticket's tags."""
        return bool(self.conditions.tags or self.conditions.without_tags)


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What of a ticket the scenarios look at."""

    status: str
    """Key of its status."""
    kind: str
    """The built-in status that it behaves like."""
    group: str = ""
    """Key of its group."""
    priority: str = "normal"
    region: str = ""
    language: str = ""
    channel: str = "mail"
    owner: str = ""
    """Login of its owner; empty while nobody has accepted it."""
    subject: str = ""
    tags: frozenset[str] = frozenset()
    happened: frozenset[str] = frozenset()
    """What has just happened, Happenings; empty where a clock came due."""


BY_KIND: Mapping[str, Happening] = {
    "opened": Happening.OPENED, "client_wrote": Happening.CLIENT_WROTE, "replied": Happening.REPLIED,
    "noted": Happening.NOTED, "accepted": Happening.ACCEPTED, "released": Happening.RELEASED,
    "returned": Happening.RELEASED, "passed": Happening.PASSED, "passed_back": Happening.PASSED,
    "handed_over": Happening.PASSED, "assigned": Happening.PASSED, "reopened": Happening.REOPENED,
    "bounced": Happening.BOUNCED,
}  # fmt: skip
"""What an event is by itself, whatever became of the ticket."""

_TAKEN_BACK = frozenset(("undone", "restored", "deleted"))
"""Kinds of events that answer nothing: they only put a ticket away, or back to what it was."""


def happenings(kind: str, before: Status | None, after: Status | None) -> frozenset[str]:
    """What an event of this kind means for scenarios, where it moved the ticket from a status of the kind `before` to
    one of the kind `after` (None: it says nothing of them).

    Solved, closed and reopened is what the ticket became, by whatever way: a command, an answer, a letter, the robot.
    """
    if kind in _TAKEN_BACK:
        return frozenset()
    found = {str(BY_KIND[kind])} if kind in BY_KIND else set()
    if before is None or after is None or before is after:
        return frozenset(found)
    if after is Status.SOLVED:
        found.add(Happening.SOLVED)
    if after is Status.CLOSED:
        found.add(Happening.CLOSED)
    if before in (Status.SOLVED, Status.CLOSED) and after in OPEN:
        found.add(Happening.REOPENED)
    if kind == "moved" and after is Status.NEW:
        found.add(Happening.RELEASED)
    if kind == "moved" and before is Status.NEW and after in OPEN:
        found.add(Happening.ACCEPTED)
    return frozenset(found)


def matches(scenario: OwnScenario, facts: TicketFacts) -> bool:
    """Whether a scenario has to act now: on what happened, or (nothing happened: its clock came due) on where
    the ticket stands. The clock itself is `own_timers`' concern."""
    if scenario.event:
        return scenario.event in facts.happened and holds(scenario.conditions, facts)
    return not facts.happened and in_status(scenario.status, facts) and holds(scenario.conditions, facts)


def holds(conditions: Conditions, facts: TicketFacts) -> bool:
    """Whether the filter lets a ticket through."""
    plain = (
        (conditions.group, facts.group),
        (conditions.priority, facts.priority),
        (conditions.region, facts.region),
        (conditions.language, facts.language),
        (conditions.channel, facts.channel),
    )
    return (
        all(not wanted or value in wanted for wanted, value in plain)
        and (not conditions.status or any(in_status(status, facts) for status in conditions.status))
        and _owner_fits(conditions.owner, facts.owner)
        and (not conditions.subject or any(_found(one, facts.subject) for one in conditions.subject))
        and facts.tags.issuperset(conditions.tags)
        and facts.tags.isdisjoint(conditions.without_tags)
    )


def in_status(status: str, facts: TicketFacts) -> bool:
    """Whether a ticket stands in a status, or in a team's own one of this built-in kind."""
    return status in (facts.status, facts.kind)


def may_act(chain: Sequence[str], scenario: OwnScenario) -> bool:
    """Whether a scenario may follow the ones in `chain` (their names, oldest first), which brought us here.

    At most DEPTH in a row, and never the same one twice: this cuts every loop.
    """
    return len(chain) < DEPTH and scenario.name not in chain


def own_timers(
    scenarios: Iterable[OwnScenario],
    facts: TicketFacts,
    since: datetime,
    cause: int,
    calendar: Calendar = ALWAYS,
) -> tuple[Timer, ...]:
    """The clocks of own scenarios that run on a ticket in its status `since` then, by the event `cause`.

    Where the filter does not let the ticket through no clock runs; it is asked again when one is due.
    """
    found = []
    for scenario in scenarios:
        if scenario.after is None or not in_status(scenario.status, facts):
            continue
        due = add_working_time(since, scenario.after, calendar)
        if due is not None and holds(scenario.conditions, facts):
            found.append(Timer(scenario.key, cause, due))
    return tuple(found)


def _owner_fits(wanted: str, owner: str) -> bool:
    match wanted:
        case "":
            return True
        case "none":
            return not owner
        case "any":
            return bool(owner)
    return owner == wanted


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE | re.MULTILINE) is not None
