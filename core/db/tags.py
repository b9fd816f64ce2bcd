"""The tags of tickets."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, delete, select
from sqlmodel import Session, col

from core.db.tables import TagRow, TicketRow


def tags_of(session: Session, ticket_id: int) -> tuple[str, ...]:
    """A ticket's tags in order, those included that this transaction has added and not written yet."""
    stored = session.execute(select(col(TagRow.tag)).where(col(TagRow.ticket_id) == ticket_id)).scalars()
    fresh = (row.tag for row in session.new if isinstance(row, TagRow) and row.ticket_id == ticket_id)
    return tuple(sorted({*stored, *fresh}))


def tags_of_all(session: Session, ticket_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The tags of several tickets by their ids; those without any are left out."""
    rows = session.execute(
        select(col(TagRow.ticket_id), col(TagRow.tag)).where(col(TagRow.ticket_id).in_(list(ticket_ids)))
    )
    found: dict[int, list[str]] = {}
    for ticket_id, tag in rows:
        found.setdefault(ticket_id, []).append(tag)
    return {ticket_id: tuple(sorted(tags)) for ticket_id, tags in found.items()}


def add(session: Session, ticket_id: int, tags: Iterable[str]) -> None:
    """Give a ticket tags that it does not have."""
    session.add_all(TagRow(ticket_id=ticket_id, tag=tag) for tag in tags)


def remove(session: Session, ticket_id: int, tags: Collection[str]) -> None:
    """Take tags from a ticket."""
    session.execute(delete(TagRow).where(col(TagRow.ticket_id) == ticket_id, col(TagRow.tag).in_(list(tags))))


def has(tag: str) -> ColumnElement[bool]:
    """The condition on tickets that they have a tag."""
    return col(TicketRow.id).in_(select(col(TagRow.ticket_id)).where(col(TagRow.tag) == tag))
