"""A whole history of a ticket, step by step, as `core.services.bulk` writes it. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.services.replies import Enclosure

StepKind = Literal["client", "confirmed", "accepted", "released", "noted", "replied", "solved", "closed"]
"""What can happen in a history; the first step is always the client's letter."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a ticket."""

    kind: StepKind
    at: datetime
    agent_id: int | None = None
    """Who did it; None for the client and the desk itself."""
    text: str = ""
    """Words of a letter or note; a confirmation without any gets the usual ones."""
    quote: str = ""
    """What the client's program quoted below."""
    files: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """Who wrote."""

    email: str
    name: str
    region: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A ticket as it came to be."""

    subject: str
    client: Client
    group_id: int
    mailbox: str
    steps: tuple[Step, ...]
    """In the order of their times."""
    rule: str = ""
    why: str = ""
    priority: str = "normal"
    channel: str = "mail"
    seen_by: frozenset[int] = frozenset()
    """Agents who have read everything; whoever acted has read up to there anyway."""
