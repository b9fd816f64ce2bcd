"""What a board asks of a database and what it gets: the shapes that both engines have in common."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from core.domain.permissions import Outsiders, Viewer
from core.domain.tickets import Lane

Key = tuple[str, str, int]
"""(board, since as stored, ticket id): Mine shows ours first, and "needs_reply" sorts before "waiting"."""


Totals = dict[Lane, tuple[int, int]]
"""(cards, late cards) of each lane."""


@dataclass(frozen=True, slots=True)
class CardRow:
    """What a card shows, as stored."""

    id: int
    subject: str
    client: str
    status: str
    board: str | None
    group_id: int
    owner_id: int | None
    since: datetime
    since_key: str
    last_event: int
    unread: bool
    priority: str
    thanks: bool
    voice: bool


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A ticket on which an agent is asked, and what decides where it would stand otherwise."""

    ticket_id: int
    asked_at: datetime
    """When the oldest of the open questions was asked."""
    board: str | None
    group_id: int
    owner_id: int | None
    since: datetime


def to_time(stored: str) -> datetime:
    """A stored time as aware UTC."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def to_stored(at: datetime) -> str:
    """A time as SQLAlchemy stores it on SQLite, so that text compares as time."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class BoardSource(Protocol):
    """What a board asks of a database, whichever it is; see SqliteBoard and `core.db.board_postgres`."""

    def explained(self) -> AbstractContextManager[None]: ...
    def viewer(self, login: str) -> tuple[Viewer, str, str] | None: ...
    def agents(self) -> list[tuple[int, str, str, str, int, int]]: ...
    def groups(self) -> list[tuple[int, str, str, int, int]]: ...
    def parts(self) -> list[tuple[str, int, str, datetime]]: ...
    def entries(
        self,
        lane: Lane,
        agent_id: int,
        groups: Sequence[int],
        after: Key | None,
        limit: int,
        without: Sequence[int] = (),
    ) -> list[Key]: ...
    def asked(self, agent_id: int, heads: Sequence[int]) -> list[AskedRow]: ...
    def cards(self, agent_id: int, ids: Sequence[int]) -> list[CardRow]: ...
    def involved(self, ids: Sequence[int]) -> dict[int, Outsiders]: ...
    def totals(
        self, agent_id: int, groups: Sequence[int], mine_in: Sequence[int], before: dict[str, datetime]
    ) -> Totals: ...
    def version(self) -> object: ...
    def changed_tickets(self, since_event: int) -> tuple[int, frozenset[int]]: ...
    def last_event(self) -> int: ...
    def close(self) -> None: ...
