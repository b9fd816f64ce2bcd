"""Queries of the bridge's upkeep: what waits in the outbox, and when a part was last reported."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from core.db.tables import OutboxRow, PartStateRow, UnfetchedRow

ABOUT_MAILBOXES = frozenset(("mailbox", "sending", "reconciliation"))
"""First words of the parts whose second is a mailbox's key."""


def outbox_states(session: Session) -> dict[str, int]:
    """Letters of the outbox by state."""
    rows = session.execute(select(col(OutboxRow.state), func.count()).group_by(col(OutboxRow.state))).all()
    return {str(state): int(count) for state, count in rows}


def forget_mailboxes(session: Session, kept: Collection[str]) -> None:
    """Forget what was noted about mailboxes that are none of `kept`: how they fare, and what they did not give."""
    for row in session.execute(select(PartStateRow)).scalars():
        what, _blank, name = row.part.partition(" ")
        if what in ABOUT_MAILBOXES and name not in kept:
            session.delete(row)
    session.execute(delete(UnfetchedRow).where(col(UnfetchedRow.mailbox).not_in(list(kept))))


def reported_at(session: Session, part: str) -> datetime | None:
    """When a part's state was last written; None: never."""
    row = session.get(PartStateRow, part)
    return row.at if row is not None else None
