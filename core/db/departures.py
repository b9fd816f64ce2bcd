"""Queries over letters that wait to be sent, each found in an index however many wait or ever left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.db.tables import OutboxRow

_QUEUED = col(OutboxRow.state) == "queued"


def waiting(session: Session) -> dict[str, datetime]:
    """The mailboxes that have queued letters, and when the first letter of each is due."""
    first = select(func.min(col(OutboxRow.mailbox)).label("mailbox")).where(_QUEUED)
    found = first.cte("waiting", recursive=True)
    # From one mailbox to the next by the index: DISTINCT would read each letter of them.
    following = select(func.min(col(OutboxRow.mailbox))).where(
        _QUEUED, col(OutboxRow.mailbox) > found.c.mailbox
    )
    found = found.union_all(select(following.scalar_subquery()).where(found.c.mailbox.is_not(None)))
    first_due = select(func.min(col(OutboxRow.due_at))).where(
        _QUEUED, col(OutboxRow.mailbox) == found.c.mailbox
    )
    rows = session.execute(
        select(found.c.mailbox, first_due.scalar_subquery()).where(found.c.mailbox.is_not(None))
    )
    return {str(mailbox): due_at for mailbox, due_at in rows}


def due(session: Session, now: datetime, limit: int, mailboxes: Collection[str]) -> list[OutboxRow]:
    """Letters of these mailboxes whose time has come, the longest due first; for a transaction that leases them."""
    rows: list[OutboxRow] = []
    for mailbox in mailboxes:
        # One by one: in a list of mailboxes the order by time would not come from the index.
        rows += session.execute(
            select(OutboxRow)
            .where(_QUEUED, col(OutboxRow.mailbox) == mailbox, col(OutboxRow.due_at) <= now)
            .order_by(col(OutboxRow.due_at), col(OutboxRow.id))
            .limit(limit)
            # Two senders at once share the work instead of waiting for each other.
            .with_for_update(key_share=True, skip_locked=True)
        ).scalars()
    return sorted(rows, key=lambda row: (row.due_at, row.id or 0))[:limit]


def interrupted(session: Session, worker: str) -> Sequence[OutboxRow]:
    """Letters that somebody else was sending."""
    return (
        session.execute(
            select(OutboxRow).where(col(OutboxRow.state) == "sending", col(OutboxRow.lease_by) != worker)
        )
        .scalars()
        .all()
    )
