"""What the robot owes: clocks of tickets as pure functions of (ticket, settings, calendar), and what is due.

A clock belongs to a cause, the event that started it; acting for a cause once is acting for it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.calendars import ALWAYS, Calendar, add_working_time
from core.domain.tickets import Status


class Scenario(StrEnum):
    """The five promises from the box."""

    UNACCEPTED = "unaccepted"
    """Nobody accepted it: the chosen people are told, and a note tells the group."""
    SILENT_OWNER = "silent_owner"
    """Accepted, but the client was not answered: back to the group and New."""
    IN_WORK_OWNER = "in_work_owner"
    """Long in work: the owner is told."""
    IN_WORK_HEAD = "in_work_head"
    """Longer in work: the supervisors are told."""
    FORGOTTEN = "forgotten"
    """Solved and forgotten: closed."""


ASK = "ask"
"""The promise to whoever asked a colleague for help; its clock belongs to the ask, not to the ticket."""

DEFAULT_AFTER: Mapping[Scenario, timedelta] = {
    Scenario.UNACCEPTED: timedelta(minutes=30),
    Scenario.SILENT_OWNER: timedelta(minutes=15),
    Scenario.IN_WORK_OWNER: timedelta(hours=2),
    Scenario.IN_WORK_HEAD: timedelta(hours=3),
    Scenario.FORGOTTEN: timedelta(days=3),
}

DRAFT_FRESH = timedelta(minutes=2)
"""A draft saved so lately says that the owner is writing."""

DRAFT_HOLDS = timedelta(minutes=15)
"""How long drafts can hold the silent owner's clock beyond its time."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A scenario from the box (a Scenario, or ASK) as it is in force for a group."""

    enabled: bool
    after: timedelta
    """Working time of the group."""
    tell: tuple[str, ...] = ()
    """Who is told besides those whom it is about: `supervisors`, `group`, `owner`, `agent:LOGIN`."""
    by_mail: bool = False
    """Whether they are told by e-mail as well."""


@dataclass(frozen=True, slots=True)
class Life:
    """What of a ticket the clocks look at."""

    kind: Status
    owner_id: int | None
    status_since: datetime
    """When it entered its status: a team's own status of the same kind is another one."""
    status_event: int
    """The event by which it entered its status."""
    accepted_at: datetime | None = None
    accepted_event: int = 0
    replied_at: datetime | None = None
    """The last public reply of ours that went to the client."""
    ask_open: bool = False
    """Somebody was asked for help and has not answered."""
    ask_closed_at: datetime | None = None
    """When the last ask was answered or withdrawn."""
    ball_since: datetime | None = None
    """When the ball came to where it is."""
    clients_ball: bool = False
    """Nobody owns it, and yet the ball is the client's: it was handed on while it waited for them."""
    client_waits: bool = False
    """It is solved, and the client's word came after that without moving it, or was the last one of several."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Which scenarios run, and their times."""

    after: Mapping[Scenario, timedelta] = field(default_factory=lambda: dict(DEFAULT_AFTER))
    """The scenarios that are switched on, with their times; an absent one is off."""
    calendar: Calendar = ALWAYS
    """The group's working hours."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A clock that runs."""

    scenario: str
    cause: int
    """The event that started it."""
    due_at: datetime


def timers(life: Life, clocks: Clocks) -> tuple[Timer, ...]:
    """The clocks that run on a ticket now, due or not."""
    found: list[Timer] = []

    def start(scenario: Scenario, since: datetime, cause: int) -> None:
        after = clocks.after.get(scenario)
        due = None if after is None else add_working_time(since, after, clocks.calendar)
        if due is not None:
            found.append(Timer(scenario, cause, due))

    match life.kind:
        case Status.NEW:
            if not life.clients_ball:
                start(Scenario.UNACCEPTED, life.status_since, life.status_event)
        case Status.NEEDS_REPLY:
            if life.owner_id is not None:
                if _is_silent(life):
                    # Not the status's time: changing statuses of one kind must not put the promise off.
                    marks = (life.accepted_at, life.ask_closed_at, life.ball_since)
                    since = max(mark for mark in marks if mark is not None)
                    start(Scenario.SILENT_OWNER, since, life.accepted_event)
                # Whoever gets it in the middle of its work has not been told yet.
                start(Scenario.IN_WORK_OWNER, life.status_since, max(life.status_event, life.accepted_event))
            start(Scenario.IN_WORK_HEAD, life.status_since, life.status_event)
        case Status.SOLVED:
            if not life.client_waits:
                # It must not be closed unread; an answer of ours lets the time begin anew.
                answered = life.replied_at or life.status_since
                start(Scenario.FORGOTTEN, max(life.status_since, answered), life.status_event)
    return tuple(found)


def _is_silent(life: Life) -> bool:
    """Accepted and not answered since; an open ask stops the clock, a note does not."""
    if life.accepted_at is None or life.ask_open:
        return False
    return life.replied_at is None or life.replied_at < life.accepted_at


def held_until(due_at: datetime, draft_at: datetime | None, now: datetime) -> datetime | None:
    """Until when a draft holds the silent owner's clock that was due at `due_at`; None where it does not.

    A draft saved within DRAFT_FRESH holds it, for at most DRAFT_HOLDS after its time.
    """
    if draft_at is None or now - draft_at > DRAFT_FRESH:
        return None
    until = min(draft_at + DRAFT_FRESH, due_at + DRAFT_HOLDS)
    return until if until > now else None
