"""What the robot reports of its acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Acted:
    """What the robot did, or in a dry run would do."""

    ticket_id: int
    scenario: str
    at: datetime
    """When it was due."""
    event_id: int = 0
    outcome: str = "acted"
    """acted, held (somebody is writing), or gone (the ticket does not need it any more)."""
