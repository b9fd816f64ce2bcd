"""What a command or a letter did to its ticket. Frozen values; loads nothing but the standard library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """What a command on a ticket did."""

    ticket_id: int
    event_id: int
    status: str
    changed: bool = True
    """False where it had been so already (a repeated command)."""
    mentioned_outside: tuple[str, ...] = ()
    """Names of colleagues whom the note with it mentions and who could not see the ticket before."""
    told_before: tuple[str, ...] = ()
    """Addresses to which a letter has left about what is taken back."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply or note that was written down; a reply is queued to be sent."""

    ticket_id: int
    message_id: int
    event_id: int
    status: str
    outbox_id: int | None = None
    mentioned_outside: tuple[str, ...] = ()
    """Names of those whom a note mentions and who could not see the ticket before."""
    mentioned_gone: tuple[str, ...] = ()
    """Names of those whom a note mentions and who have left: they are not told."""
