"""Loops are cut by counting: whatever the headers say, nobody gets automatic letters without end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

LIMITS: tuple[tuple[timedelta, int], ...] = (
    (timedelta(minutes=10), 10),
    (timedelta(minutes=60), 25),
    (timedelta(minutes=600), 100),
)
"""(window, most automatic letters to one address within it)."""

WINDOW = LIMITS[-1][0]
"""How far back the counting goes."""


def may_answer_automatically(earlier: Iterable[datetime], now: datetime) -> bool:
    """Whether one more automatic letter may go to an address that got `earlier` ones."""
    times = list(earlier)
    return all(sum(1 for at in times if now - at < window) < most for window, most in LIMITS)
