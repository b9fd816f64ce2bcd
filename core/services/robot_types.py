"""What the robot reports of its acts, and what a pass of it carries along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from core.errors import GlazokError

if TYPE_CHECKING:
    from core.services.desk import Desk

Outcome = Literal["acted", "partly", "held", "gone", "would"]

CANNOT = (GlazokError, ValueError, TypeError, LookupError)
"""What a single ticket may stumble over without stopping the robot. A database or disk that cannot be written is no
matter of a ticket."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of the robot."""

    desk: Desk
    go_on: Callable[[], bool]
    """Asked before each ticket: whether the robot may still act."""
    written: set[tuple[int, str]] = field(default_factory=set)
    """(ticket, scenario) of the letters to clients so far."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One act of a scenario, and what came of it."""

    act: str
    """What is done: one of the verbs of `then`, or `release` or `close` by a scenario from the box."""
    value: str = ""
    """As the configuration has it: whom, to which group, to which status."""
    to: tuple[str, ...] = ()
    """Logins of those who are told."""
    why: str = ""
    """Why it could not be done, or not quite, in a sentence; else empty."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What the robot did, or in a dry run would do."""

    ticket_id: int
    scenario: str
    at: datetime
    """When it was due."""
    event_id: int | None = None
    """The last event of it; None where nothing was written, as in a dry run."""
    outcome: Outcome = "acted"
    """acted, partly (of some acts `why` says what was in the way), held (somebody is writing), gone (the ticket does
    not need it any more), or would (a dry run)."""
    acts: tuple[Deed, ...] = ()
    """What was done, in order."""


def acted(ticket_id: int, scenario: str, at: datetime, event: int, acts: Sequence[Deed]) -> Acted:
    """What came of a scenario's acts."""
    outcome: Outcome = "partly" if any(one.why for one in acts) else "acted" if event else "gone"
    return Acted(ticket_id, scenario, at, event or None, outcome, tuple(acts))
