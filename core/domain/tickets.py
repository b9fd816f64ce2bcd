"""Statuses, the ball, and the board's lanes, as tables over plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Status(StrEnum):
    """Where a ticket stands. A team's own statuses (later) each belong to one of these kinds."""

    NEW = "new"
    """Nobody has accepted it."""
    NEEDS_REPLY = "needs_reply"
    """The ball is ours: in work."""
    WAITING = "waiting"
    """The ball is the client's."""
    SOLVED = "solved"
    CLOSED = "closed"
    DELETED = "deleted"
    """In the trash."""


class Act(StrEnum):
    """What can happen to a ticket, as far as its status is concerned."""

    ACCEPT = "accept"
    RESUME = "resume"
    """Accepting what was handed on while it waited for the client, who has not written since."""
    RELEASE = "release"
    REPLY = "reply"
    """A public reply of ours that goes to the client."""
    NOTE = "note"
    SOLVE = "solve"
    CLOSE = "close"
    REOPEN = "reopen"
    CLIENT_WROTE = "client_wrote"
    AUTOMATIC = "automatic"
    """Automatic mail: kept, moves nothing (out of office, bounces, lists)."""
    DELIVERY_FAILED = "delivery_failed"


class Lane(StrEnum):
    """A column of the board, in its default order."""

    NEW = "new"
    MINE = "mine"
    WAITING = "waiting"
    NEEDS_REPLY = "needs_reply"
    HELP_WANTED = "help_wanted"
    """Somebody asks this agent, or the head of a group that they are."""


LANES: tuple[Lane, ...] = tuple(Lane)
"""As they stand on the screen; `lane_of` says which of them a ticket fits first."""

Board = Literal["new", "needs_reply", "waiting"]
"""The stored hint that puts a ticket on the board; NULL for solved, closed and deleted ones."""

OPEN: frozenset[Status] = frozenset({Status.NEW, Status.NEEDS_REPLY, Status.WAITING})

_MOVES: dict[Act, dict[Status, Status]] = {
    Act.ACCEPT: {Status.NEW: Status.NEEDS_REPLY},
    Act.RESUME: {Status.NEW: Status.WAITING},
    Act.RELEASE: {Status.NEEDS_REPLY: Status.NEW, Status.WAITING: Status.NEW},
    Act.REPLY: {
        Status.NEW: Status.WAITING,
        Status.NEEDS_REPLY: Status.WAITING,
        Status.WAITING: Status.WAITING,
        Status.SOLVED: Status.WAITING,
    },
    Act.NOTE: {status: status for status in Status if status is not Status.DELETED},
    Act.SOLVE: dict.fromkeys(OPEN, Status.SOLVED),
    Act.CLOSE: dict.fromkeys((*OPEN, Status.SOLVED), Status.CLOSED),
    Act.REOPEN: {Status.SOLVED: Status.NEEDS_REPLY, Status.CLOSED: Status.NEEDS_REPLY},
    Act.CLIENT_WROTE: {
        Status.NEW: Status.NEW,
        Status.NEEDS_REPLY: Status.NEEDS_REPLY,
        Status.WAITING: Status.NEEDS_REPLY,
        Status.SOLVED: Status.NEEDS_REPLY,
    },
    Act.AUTOMATIC: {status: status for status in Status},
    Act.DELIVERY_FAILED: {
        Status.NEW: Status.NEW,
        Status.NEEDS_REPLY: Status.NEEDS_REPLY,
        Status.WAITING: Status.NEEDS_REPLY,
        Status.SOLVED: Status.NEEDS_REPLY,
        Status.CLOSED: Status.CLOSED,
        Status.DELETED: Status.DELETED,
    },
}


def next_status(status: Status, act: Act, *, owned: bool) -> Status | None:
    """The status after `act`, or None where the act is not allowed.

    `owned` says whether somebody owns the ticket once the act is done: what nobody owns is New, never
    "needs reply". A closed ticket that the client answers has no row: reopen-or-new is the group's policy.
    """
    after = _MOVES[act].get(status)
    if after in (Status.NEEDS_REPLY, Status.WAITING) and not owned:
        return Status.NEW
    return after


def board_of(status: Status) -> Board | None:
    """The stored board hint for a status."""
    match status:
        case Status.NEW:
            return "new"
        case Status.NEEDS_REPLY:
            return "needs_reply"
        case Status.WAITING:
            return "waiting"
    return None


def lane_of(board: str | None, owner_id: int | None, agent_id: int, *, asked: bool = False) -> Lane | None:
    """The one lane of `agent_id`'s board in which a ticket stands: the first that fits, never two.

    What one owns is Mine; then, while somebody asks them (`asked`), it is Help wanted, even where the ticket is
    solved; then New and the colleagues' lanes.
    """
    if board is not None and owner_id == agent_id:
        return Lane.MINE
    if asked:
        return Lane.HELP_WANTED
    if board is None:
        return None
    if owner_id is None:
        return Lane.NEW
    return Lane.WAITING if board == "waiting" else Lane.NEEDS_REPLY


def lanes_of(
    board: str | None, owner_id: int | None, agent_id: int, *, asked: bool, twice: bool
) -> tuple[Lane, ...]:
    """All lanes in which a ticket stands: that of `lane_of`; where the team wants it `twice`, what an agent is asked
    about stands both in Help wanted and where it would stand if nobody asked."""
    first = lane_of(board, owner_id, agent_id, asked=asked)
    usual = lane_of(board, owner_id, agent_id)
    if twice and asked and usual is not None:
        return usual, Lane.HELP_WANTED
    return () if first is None else (first,)


@dataclass(frozen=True, slots=True)
class SendGuard:
    """What came to a ticket after its author looked: the reason not to send blindly."""

    latest: int
    """Event id of the ticket's latest public message or note."""
    seen: int
    """Event id up to which the author had seen the ticket."""

    @property
    def holds(self) -> bool:
        """True where something public or a note came meanwhile: show it, ask send / edit / discard."""
        return self.latest > self.seen


def ball_of(status: Status) -> Literal["ours", "client"] | None:
    """Whose turn it is; nobody's once the ticket is solved, closed or in the trash."""
    if status in (Status.NEW, Status.NEEDS_REPLY):
        return "ours"
    return "client" if status is Status.WAITING else None
