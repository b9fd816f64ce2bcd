"""What a conversation is made of: messages, their files and recipients, events. Frozen values; loads nothing but the
standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of a message; its bytes are in the blob store."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of a message and how its delivery went."""

    header: str
    """to or cc."""
    address: str
    name: str
    state: str = ""
    """queued, sent, failed or bounced; empty for inbound messages."""
    reason: str = ""


MessageKind = Literal["inbound", "reply", "note", "confirmation"]


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message or note of the conversation."""

    id: int
    kind: MessageKind
    letter_kind: str
    private: bool
    """A new voice: a stranger's letter, not shown to the client."""
    author: str
    author_address: str
    agent_id: int | None
    at: datetime
    body: str
    quote: str
    subject: str
    recipients: tuple[Recipient, ...]
    attachments: tuple[AttachmentView, ...]
    rfc_id: str
    outbox_id: int | None = None
    delivery: str = ""
    """Outbound: queued, sending, sent, failed, unknown or cancelled."""
    delivery_reason: str = ""
    raw_sha256: str = ""
    dmarc: str = ""
    """`fail` where our mail server found that the sender's address is not proved, `unasked` where nothing but it makes
    the letter an agent's; else empty."""
    undecided: bool = False
    """A new voice that waits for a decision: take part, stay private, or a ticket of its own."""


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the audit log."""

    id: int
    at: datetime
    kind: str
    actor: str
    """agent, contact, bridge, robot or system."""
    actor_name: str
    data: Mapping[str, object] = field(default_factory=dict)
    actor_address: str = ""
    """A contact's, by which they are known: anybody may call themselves anything."""


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """A place in the conversation: an event, with the message that it brought, if any."""

    event: EventView
    message: MessageView | None = None
