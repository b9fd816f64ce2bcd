"""What a client's letter does to a closed ticket: it comes back, or a new one follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reopening:
    """A group's policy for one channel."""

    policy: Literal["always", "never", "window"] = "window"
    window: timedelta = timedelta(days=7)
    """From closing; only for the policy `window`."""


def reopens(policy: Reopening, closed_at: datetime | None, now: datetime) -> bool:
    """True where the letter still belongs to the closed ticket."""
    match policy.policy:
        case "always":
            return True
        case "never":
            return False
    return closed_at is not None and now - closed_at <= policy.window
