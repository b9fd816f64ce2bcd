"""What the robot reports of its acts, and how it begins a transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import GlazokError

if TYPE_CHECKING:
    from sqlmodel import Session

    from core.services.desk import Desk

Begin = Callable[[], "AbstractContextManager[Session]"]
"""Begins a transaction; in a dry run, a part of the one that is taken back at the end."""

CANNOT = (GlazokError, ValueError, TypeError, LookupError)
"""What a single ticket may stumble over without stopping the robot. A database or disk that cannot be written is no
matter of a ticket."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of the robot."""

    desk: Desk
    begin: Begin
    look: Begin
    """Begins a transaction that only reads."""
    go_on: Callable[[], bool]
    """Asked before each ticket: whether the robot may still act."""
    written: set[tuple[int, str]] = field(default_factory=set)
    """(ticket, scenario) of the letters to clients so far."""


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
