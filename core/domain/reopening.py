"""What a client's letter does to a closed ticket: it comes back, or a new one follows it."""

from __future__ import annotations

from datetime import datetime, timedelta

WINDOW = timedelta(days=7)
"""How long after closing a ticket comes back by the client's letter."""


def reopens(closed_at: datetime | None, now: datetime, window: timedelta = WINDOW) -> bool:
    """True where the letter still belongs to the closed ticket."""
    return closed_at is not None and now - closed_at <= window
