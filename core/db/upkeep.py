"""Queries of the bridge's upkeep: what waits in the outbox, and when a part was last reported."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from core.db.tables import OutboxRow, PartStateRow, UnfetchedRow

ABOUT_MAILBOXES = frozenset(("mailbox", "sending", "reconciliation"))
"""First words of the parts whose second is a mailbox's key."""
OF_A_MACHINE = "metrics"
"""The first word of the part that each machine has for itself; its name is the second."""


def outbox_states(session: Session) -> dict[str, int]:
    """Letters of the outbox by state."""
    rows = session.execute(select(col(OutboxRow.state), func.count()).group_by(col(OutboxRow.state))).all()
    return {str(state): int(count) for state, count in rows}


def forget_parts(session: Session, kept: Collection[str], silent_since: datetime) -> None:
    """Forget what was noted about mailboxes that are none of `kept`: how they fare, and what they did not give; and
    about machines from which nothing was heard since a time."""
    for row in session.execute(select(PartStateRow)).scalars():
        what, _blank, name = row.part.partition(" ")
        gone = what in ABOUT_MAILBOXES and name not in kept
        if gone or (what == OF_A_MACHINE and (not name or row.at < silent_since)):
            session.delete(row)
    session.execute(delete(UnfetchedRow).where(col(UnfetchedRow.mailbox).not_in(list(kept))))


def reported_at(session: Session, part: str) -> datetime | None:
    """When a part's state was last written; None: never."""
    row = session.get(PartStateRow, part)
    return row.at if row is not None else None
