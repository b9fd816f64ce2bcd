"""Queries over new voices: strangers' letters that wait for a decision."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, TextClause, select, text, update
from sqlmodel import Session, col

from core.db.tables import EventRow, LedgerRow, MessageRow

UNDECIDED = "message.private AND message.voice_event IS NULL"
"""As the partial index has it, word for word: SQLite uses it only then."""


def undecided(session: Session, ticket_id: int | None = None) -> Sequence[MessageRow]:
    """The undecided letters of one ticket, or of all, the oldest first. A machine's letter asks for no decision."""
    query = select(MessageRow).where(*_waiting(ticket_id)).order_by(col(MessageRow.id))
    return session.execute(query).scalars().all()


def _waiting(ticket_id: int | None) -> list[ColumnElement[bool] | TextClause]:
    of_ticket = [] if ticket_id is None else [col(MessageRow.ticket_id) == ticket_id]
    return [text(UNDECIDED), col(MessageRow.letter_kind) == "letter", *of_ticket]


def asking(session: Session, ticket_id: int) -> list[int]:
    """The events by which new voices ask for a decision on a ticket: the first undecided letter of each."""
    first: set[int] = set()
    addresses: set[int] = set()
    # The numbers alone: it is asked with every letter that comes, and strangers may have written many.
    letters = select(col(MessageRow.id), col(MessageRow.address_id)).where(*_waiting(ticket_id))
    for number, address in session.execute(letters.order_by(col(MessageRow.id))):
        if address is None or address not in addresses:
            first.add(number or 0)
            addresses.add(address or 0)
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
