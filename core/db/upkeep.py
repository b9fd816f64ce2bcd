"""Queries of the bridge's upkeep: what waits in the outbox, and when a part was last reported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.db.tables import OutboxRow, PartStateRow


def outbox_states(session: Session) -> dict[str, int]:
    """Letters of the outbox by state."""
    rows = session.execute(select(col(OutboxRow.state), func.count()).group_by(col(OutboxRow.state))).all()
    return {str(state): int(count) for state, count in rows}


def reported_at(session: Session, part: str) -> datetime | None:
    """When a part's state was last written; None: never."""
    row = session.get(PartStateRow, part)
    return row.at if row is not None else None
