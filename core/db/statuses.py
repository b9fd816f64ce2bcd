"""Queries over the statuses that tickets have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlmodel import Session, col

from core.db.tables import TicketRow


@dataclass(frozen=True, slots=True)
class InUse:
    """A status that tickets of a process have."""

    process: str
    status: str
    kind: str
    """The kind that they were given by it."""
    count: int
    first: int
    """The lowest number of them."""


def in_use(session: Session) -> list[InUse]:
    """Every status that a ticket has. Reads them all: to be asked when the configuration has changed."""
    columns = (col(TicketRow.process), col(TicketRow.status), col(TicketRow.kind))
    rows = session.execute(
        select(*columns, func.count(), func.min(col(TicketRow.id))).group_by(*columns).order_by(*columns)
    )
    return [InUse(*row) for row in rows]


def tickets_of(session: Session, one: InUse, limit: int) -> Sequence[TicketRow]:
    """Some of the tickets that are in use so."""
    query = select(TicketRow).where(_are(one)).order_by(col(TicketRow.id)).limit(limit)
    return session.execute(query).scalars().all()


def rename(session: Session, one: InUse, status: str) -> None:
    """Give them a status of the same kind."""
    values = {"status": status, "version": col(TicketRow.version) + 1}
    session.execute(update(TicketRow).where(_are(one)).values(values))


def _are(one: InUse) -> ColumnElement[bool]:
    return and_(
        col(TicketRow.process) == one.process,
        col(TicketRow.status) == one.status,
        col(TicketRow.kind) == one.kind,
    )
