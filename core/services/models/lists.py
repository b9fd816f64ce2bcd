"""What lists and lanes show: rows, counts, what changed. Frozen values; loads nothing but the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.tickets import Lane, lanes_of

EntryKey = tuple[str, str, int]
"""(board, the ball's last move as text, ticket id): compares in a lane's order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in a lane."""

    key: EntryKey
    id: int


@dataclass(frozen=True, slots=True)
class Card:
    """What a row of a list shows of a ticket."""

    id: int
    subject: str
    client: str
    status: str
    board: str | None
    group_id: int
    owner_id: int | None
    since: datetime
    """The ball's last move."""
    unread: bool
    """Something public or a note came that this agent has not seen."""
    last_event: int
    priority: str
    key: EntryKey
    thanks: bool = False
    """The client's latest letter says nothing but thanks: one key closes the ticket."""
    voice: bool = False
    """A new voice waits for a decision."""
    asked_at: datetime | None = None
    """Since when this agent is asked on it, None where nobody asks or where it stands in another column alone."""
    asked_key: EntryKey | None = None
    """Its place in Help wanted, None where nobody asks; `key` is that in the other column."""

    def places(self, agent_id: int, *, twice: bool) -> dict[Lane, EntryKey]:
        """The columns in which it stands on that agent's board, and its place there; empty off the board."""
        asked = self.asked_key is not None
        lanes = lanes_of(self.board, self.owner_id, agent_id, asked=asked, twice=twice)
        return {lane: self.asked_key or self.key if lane is Lane.HELP_WANTED else self.key for lane in lanes}


@dataclass(frozen=True, slots=True)
class LaneCount:
    """A lane's header."""

    total: int
    late: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since an event."""

    last_event: int
    tickets: frozenset[int]


@dataclass(frozen=True, slots=True)
class PartState:
    """How a part of the desk fares: a mailbox, the relay."""

    part: str
    ok: bool
    text: str
    since: datetime
