"""Queries over new voices: strangers' letters that wait for a decision."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, text, update
from sqlmodel import Session, col

from core.db.tables import LedgerRow, MessageRow

UNDECIDED = "message.private AND message.voice_event IS NULL"
"""As the partial index has it, word for word: SQLite uses it only then."""


def undecided(session: Session, ticket_id: int | None = None) -> Sequence[MessageRow]:
    """The undecided letters of one ticket, or of all, the oldest first. A machine's letter asks for no decision."""
    query = select(MessageRow).where(text(UNDECIDED), col(MessageRow.letter_kind) == "letter")
    if ticket_id is not None:
        query = query.where(col(MessageRow.ticket_id) == ticket_id)
    return session.execute(query.order_by(col(MessageRow.id))).scalars().all()


def move_ledger(session: Session, message_ids: Collection[int], ticket_id: int) -> None:
    """Say in the ledger that letters belong to another ticket now."""
    session.execute(
        update(LedgerRow).where(col(LedgerRow.message_id).in_(list(message_ids))).values(ticket_id=ticket_id)
    )
