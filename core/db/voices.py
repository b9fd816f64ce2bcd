"""Queries over new voices: strangers' letters that wait for a decision."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, text, update
from sqlmodel import Session, col

from core.db.tables import EventRow, LedgerRow, MessageRow

UNDECIDED = "message.private AND message.voice_event IS NULL"
"""As the partial index has it, word for word: SQLite uses it only then."""


def undecided(session: Session, ticket_id: int | None = None) -> Sequence[MessageRow]:
    """The undecided letters of one ticket, or of all, the oldest first. A machine's letter asks for no decision."""
    query = select(MessageRow).where(text(UNDECIDED), col(MessageRow.letter_kind) == "letter")
    if ticket_id is not None:
        query = query.where(col(MessageRow.ticket_id) == ticket_id)
    return session.execute(query.order_by(col(MessageRow.id))).scalars().all()


def asking(session: Session, ticket_id: int) -> list[int]:
    """The events by which new voices ask for a decision on a ticket: the first undecided letter of each."""
    first: dict[int, int] = {}
    for letter in undecided(session, ticket_id):
        if letter.address_id not in first.values() or letter.address_id is None:
            first[letter.id or 0] = letter.address_id or 0
    if not first:
        return []
    rows = session.execute(
        select(col(EventRow.id), col(EventRow.data))
        .where(col(EventRow.ticket_id) == ticket_id, col(EventRow.kind) == "new_voice")
        .order_by(col(EventRow.id))
    )
    return [event for event, data in rows if event is not None and data.get("message") in first]


def move_ledger(session: Session, message_ids: Collection[int], ticket_id: int) -> None:
    """Say in the ledger that letters belong to another ticket now."""
    session.execute(
        update(LedgerRow).where(col(LedgerRow.message_id).in_(list(message_ids))).values(ticket_id=ticket_id)
    )
