"""What whoever watches over the bridge asks: the outbox by states, and when something was last looked at."""

from __future__ import annotations

from datetime import datetime

from core.db import upkeep as db
from core.services.desk import Desk


def outbox_states(desk: Desk) -> dict[str, int]:
    """Letters of the outbox by state: queued, sending, sent, failed, unknown, cancelled."""
    with desk.read() as session:
        return db.outbox_states(session)


def reported_at(desk: Desk, part: str) -> datetime | None:
    """When the state of a part was last written; None: never."""
    with desk.read() as session:
        return db.reported_at(session, part)
