"""Statuses of a team's own, each of one of the built-in kinds, and the processes that order them.

The rules of the ball work on kinds; a process turns the kind that follows into one of its statuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.tickets import Act, Status, next_status

NEXT_SHIFT = "next_shift"
"""The baton's status: shown in New, whose first comer accepts it. Nothing moves there by itself: `new` comes before it
in every process."""

STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class StatusDef:
    """A status as a team sees it."""

    key: str
    kind: Status
    """Which of the built-in statuses it behaves like."""
    name: str = ""
    """As people read it; empty for built-in ones, whose names are translated."""
    order: int = 0
    """Place among the statuses of its process; the first of a kind is where automatic moves lead."""
    moves: frozenset[str] | None = None
    """Keys of the statuses to which people may move it by hand; None: to any that its kind allows."""


@dataclass(frozen=True, slots=True)
class Process:
    """A set of statuses and moves."""

    key: str
    name: str = ""
    statuses: Mapping[str, StatusDef] = field(default_factory=dict)

    def knows(self, key: str) -> bool:
        """Whether tickets may have a status: one of the process, or one that every desk has."""
        return key in self.statuses or is_built_in(key)

    def kind_of(self, key: str) -> Status:
        """The kind of a status. One that the configuration has lost is work to do: it must not vanish."""
        found = self.statuses.get(key) or _BUILT_IN.get(key)
        return found.kind if found else Status.NEEDS_REPLY

    def first_of(self, kind: Status) -> str:
        """Where an automatic move to a kind leads; what has no status to be solved in is closed."""
        candidates = [status for status in self.statuses.values() if status.kind is kind]
        if candidates:
            return min(candidates, key=lambda status: (status.order, status.key)).key
        return self.first_of(Status.CLOSED) if kind is Status.SOLVED else kind.value

    def after(self, key: str, act: Act, *, owned: bool) -> str | None:
        """The status after an act; a ticket that is of the right kind already stays where it is."""
        kind = self.kind_of(key)
        following = next_status(kind, act, owned=owned)
        if following is None:
            return None
        stays = following is kind and not (key == NEXT_SHIFT and act in (Act.ACCEPT, Act.RESUME))
        return key if stays else self.first_of(following)

    def may_move(self, source: str, target: str) -> bool:
        """Whether people may move a ticket from one status to another by hand.

        The baton is passed and the trash is filled by acts of their own, and nothing leaves the trash but by
        restoring.
        """
        if target not in self.statuses or target in (source, NEXT_SHIFT, Status.DELETED):
            return False
        before = self.statuses.get(source)
        if before is not None and before.moves is not None:
            return target in before.moves
        return self.statuses[target].kind in _BY_HAND[self.kind_of(source)]


_BY_HAND: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.NEW, Status.NEEDS_REPLY, Status.WAITING, Status.SOLVED, Status.CLOSED}),
    Status.NEEDS_REPLY: frozenset(
        {Status.NEEDS_REPLY, Status.WAITING, Status.SOLVED, Status.CLOSED, Status.NEW}
    ),
    Status.WAITING: frozenset({Status.WAITING, Status.NEEDS_REPLY, Status.SOLVED, Status.CLOSED, Status.NEW}),
    Status.SOLVED: frozenset({Status.SOLVED, Status.NEEDS_REPLY, Status.WAITING, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.NEEDS_REPLY, Status.CLOSED}),
    Status.DELETED: frozenset(),
}

BUILT_IN: tuple[StatusDef, ...] = (
    StatusDef(Status.NEW, Status.NEW, order=10),
    StatusDef(NEXT_SHIFT, Status.NEW, order=15),
    StatusDef(Status.NEEDS_REPLY, Status.NEEDS_REPLY, order=20),
    StatusDef(Status.WAITING, Status.WAITING, order=30),
    StatusDef(Status.SOLVED, Status.SOLVED, order=40),
    StatusDef(Status.CLOSED, Status.CLOSED, order=50),
    StatusDef(Status.DELETED, Status.DELETED, order=60),
)

_BUILT_IN: Mapping[str, StatusDef] = {status.key: status for status in BUILT_IN}


def is_built_in(key: str) -> bool:
    """Whether a status is one that every desk has."""
    return key in _BUILT_IN


REMOVABLE = frozenset({Status.NEEDS_REPLY, Status.WAITING, Status.SOLVED})
"""The built-in statuses without which a process can be."""


def make_process(
    key: str, name: str = "", own: Iterable[StatusDef] = (), without: Iterable[str] = ()
) -> Process:
    """A process: the built-in statuses less `without`, and a team's own.

    What is not REMOVABLE stays; so does the last status in which a ticket can be in work, or wait.
    """
    own = tuple(own)
    kinds = {status.kind for status in own} | {Status.SOLVED}
    gone = frozenset(without) & REMOVABLE & kinds
    statuses = [status for status in BUILT_IN if status.key not in gone]
    return Process(key, name, {status.key: status for status in (*statuses, *own)})
