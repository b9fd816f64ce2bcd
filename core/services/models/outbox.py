"""Letters on their way out: leased to a sender, what the relay said, listed for an agent. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.domain.letters import OutgoingLetter

Phase = Literal["none", "connect", "mail", "rcpt", "data", "sent"]
"""How far an attempt went. From `data` on the relay may have the letter."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A letter to send, leased to one worker."""

    id: int
    ticket_id: int
    group_id: int
    mailbox: str
    envelope_from: str
    """Empty for automatic letters: nobody is to answer them, not even with a bounce."""
    recipients: tuple[str, ...]
    """Those still to be served."""
    letter: OutgoingLetter
    sha256: str | None
    """The final bytes, once they were composed."""
    attempts: int
    tried_from: datetime
    """When the first attempt began, or the first one since it was resent."""
    worker: str
    """To whom it is leased: whoever reports on it says so."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the relay said of one recipient."""

    state: Literal["sent", "failed", "later"]
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """A letter of the outbox, in a list."""

    id: int
    ticket_id: int
    subject: str
    """The ticket's."""
    kind: str
    """reply or confirmation."""
    state: str
    """queued, sending, sent, failed, unknown or cancelled."""
    reason: str
    """Why it failed, waits or is unknown."""
    recipients: Mapping[str, str]
    """State by address."""
    attempts: int
    due_at: datetime
    created_at: datetime
