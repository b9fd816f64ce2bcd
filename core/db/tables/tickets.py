"""Tickets, what is said and what happened on them, and who has to do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Text, text
from sqlmodel import Field

from core.db.tables.base import BigId, Row, key, one_of, ref

_TICKET_VERSION = Column("version", Integer, nullable=False)


class TicketRow(Row, table=True):
    """A client's request. Every UPDATE names the version it read: the second of two writers gets an error."""

    __tablename__ = "ticket"
    __mapper_args__ = {"version_id_col": _TICKET_VERSION}
    __table_args__ = (
        one_of("board", "board", "new", "needs_reply", "waiting"),
        Index(
            "ix_ticket_continues",
            "continues_id",
            sqlite_where=text("continues_id IS NOT NULL"),
            postgresql_where=text("continues_id IS NOT NULL"),
        ),
        Index(
            "ix_ticket_board_group",
            "group_id",
            "board",
            "since",
            "id",
            sqlite_where=text("board IS NOT NULL"),
            postgresql_where=text("board IS NOT NULL"),
        ),
        Index(
            "ix_ticket_board_owner",
            "owner_id",
            "board",
            "since",
            "id",
            sqlite_where=text("board IS NOT NULL"),
            postgresql_where=text("board IS NOT NULL"),
        ),
    )
    id: int | None = key()
    subject: str
    status: str
    """Key of a status of its process."""
    kind: str = "new"
    """The built-in status that it behaves like; every rule looks at this one."""
    process: str = "standard"
    template: str = ""
    """Key of the ticket template by which it was opened."""
    board: str | None = None
    """new, needs_reply or waiting while the ticket is open; NULL takes it off every board."""
    group_id: int = ref("desk_group.id")
    owner_id: int | None = ref("agent.id", null=True)
    contact_id: int | None = ref("contact.id", null=True, index=True)
    channel: str = "mail"
    mailbox: str = ""
    """Key of the mailbox through which the desk answers."""
    region: str = ""
    language: str = ""
    priority: str = "normal"
    rule: str = ""
    """Name of the routing rule that chose the group."""
    why: str = ""
    """Which conditions of the rule held."""
    created_at: datetime
    since: datetime
    """The ball's last move: the age on the card counts from here."""
    status_since: datetime
    """When it entered its status: the robot's clocks count from here."""
    status_event: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """The event by which it entered its status."""
    accepted_at: datetime | None = None
    accepted_event: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    client_since: datetime | None = None
    """On what nobody owns: since when the client has the ball, where it was handed on while it waited for them."""
    replied_at: datetime | None = None
    """The last public reply of ours that went to the client."""
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    previous_id: int | None = ref("ticket.id", null=True)
    """The contact's ticket before this one."""
    continues_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """The closed ticket of which this one is the sequel: it was opened by an answer that came too late."""
    way_back: list[list[int | None]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """[[group, owner], …]: through whose hands it was passed on, the latest last."""
    thanks: bool = False
    """The client's latest letter says nothing but thanks: one key closes the ticket."""
    baton: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """The note that travels along with a hand-over."""
    last_event: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    guard_event: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Event of the latest public message or note: a reply must have seen it."""
    version: int = Field(default=1, sa_column=_TICKET_VERSION)


class ParticipantRow(Row, table=True):
    """The client's side of one ticket: the requester first, then the people in copy."""

    __tablename__ = "participant"
    ticket_id: int = Field(
        sa_column=Column(BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    )
    address_id: int = Field(
        sa_column=Column(BigId, ForeignKey("address.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    requester: bool = False


class TagRow(Row, table=True):
    """A word by which the team sorts a ticket."""

    __tablename__ = "ticket_tag"
    ticket_id: int = Field(
        sa_column=Column(BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    )
    tag: str = Field(primary_key=True, index=True)
    """As `core.domain.tags.parse` gives it."""


class MessageRow(Row, table=True):
    __tablename__ = "message"
    __table_args__ = (
        one_of("kind", "kind", "inbound", "reply", "note", "confirmation"),
        Index("ix_message_ticket", "ticket_id", "id"),
        Index(
            "ix_message_voice",
            "ticket_id",
            sqlite_where=text("private AND voice_event IS NULL"),
            postgresql_where=text("private AND voice_event IS NULL"),
        ),
    )
    id: int | None = key()
    ticket_id: int = ref("ticket.id", cascade=True)
    kind: str
    letter_kind: str = "letter"
    """What kind of letter an inbound one is: letter, automatic, bounce, feedback, receipt."""
    private: bool = False
    """A new voice: a stranger's letter, seen by the staff alone until an agent decides."""
    voice_event: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """The event by which an agent decided about a new voice; NULL while nobody has."""
    agent_id: int | None = ref("agent.id", null=True)
    address_id: int | None = ref("address.id", null=True)
    """Who wrote an inbound one."""
    sender_name: str = ""
    subject: str = ""
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
    """The new words: without quote and signature."""
    quote: str = Field(default="", sa_column=Column(Text, nullable=False))
    """What was split off, shown folded."""
    recipients: list[list[str]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """[[header, address, name], …] with header to, cc or reply-to."""
    rfc_id: str | None = Field(default=None, index=True)
    """Message-ID with its brackets."""
    in_reply_to: str = ""
    references: str = Field(default="", sa_column=Column("refs", Text, nullable=False))
    """Message-IDs, separated by blanks."""
    raw_sha256: str | None = None
    html_sha256: str | None = None
    content_hash: str = ""
    """What two deliveries of one letter have in common."""
    dmarc: str = ""
    """`fail` where our mail server found that the sender's address is not proved, `unasked` where nothing but it makes
    the letter an agent's; else empty."""
    created_at: datetime
    sent_at: datetime | None = None
    """The Date header of an inbound letter; when the relay took an outbound one."""


class AttachmentRow(Row, table=True):
    __tablename__ = "attachment"
    id: int | None = key()
    message_id: int = ref("message.id", index=True, cascade=True)
    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False


class EventRow(Row, table=True):
    """Append-only: audit log, status history and change feed in one. Ids and facts, never names or text."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_ticket", "ticket_id", "id"),)
    id: int | None = key()
    ticket_id: int | None = ref("ticket.id", null=True)
    at: datetime
    actor: str
    """agent, contact, bridge, robot or system."""
    actor_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    kind: str
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    op_id: str | None = Field(default=None, unique=True)
    """The command's idempotency key: a repeated command finds its first run here."""


class DraftRow(Row, table=True):
    __tablename__ = "draft"
    __table_args__ = (one_of("kind", "kind", "reply", "note"),)
    agent_id: int = Field(
        sa_column=Column(BigId, ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    )
    ticket_id: int = Field(
        sa_column=Column(BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    )
    kind: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))
    seen: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """Event up to which its author had seen the ticket."""
    updated_at: datetime


class SeenRow(Row, table=True):
    """Up to which event an agent has seen a ticket: the unread dot."""

    __tablename__ = "seen"
    agent_id: int = Field(
        sa_column=Column(BigId, ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    )
    ticket_id: int = Field(
        sa_column=Column(BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    )
    event_id: int = Field(sa_column=Column(BigId, nullable=False))


class InvolvedRow(Row, table=True):
    """Staff from outside who may see a ticket: they follow it, were asked, or mentioned in a note."""

    __tablename__ = "involved"
    __table_args__ = (
        one_of("how", "how", "follows", "asked", "mentioned"),
        Index("ix_involved_agent", "agent_id", "ticket_id"),
        Index("ix_involved_group", "group_id", "ticket_id"),
    )
    id: int | None = key()
    ticket_id: int = ref("ticket.id", index=True, cascade=True)
    agent_id: int | None = ref("agent.id", null=True)
    group_id: int | None = ref("desk_group.id", null=True)
    how: str = "follows"
    since: datetime


class AskRow(Row, table=True):
    """Help asked of a colleague, or of a group's supervisors; the owner stays the owner."""

    __tablename__ = "ask"
    __table_args__ = (
        one_of("state", "state", "open", "answered", "withdrawn"),
        Index("ix_ask_ticket", "ticket_id", "state"),
        Index("ix_ask_agent", "to_agent", "state"),
        Index("ix_ask_group", "to_group", "state"),
        Index("ix_ask_by", "by_agent", "state"),
    )
    id: int | None = key()
    ticket_id: int = ref("ticket.id", cascade=True)
    by_agent: int = ref("agent.id")
    to_agent: int | None = ref("agent.id", null=True)
    to_group: int | None = ref("desk_group.id", null=True)
    """The head: this group's supervisors."""
    question: int = ref("message.id")
    answer: int | None = ref("message.id", null=True)
    state: str = "open"
    event: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """The event of the ask: the cause of its clock and its notices."""
    asked_at: datetime
    closed_at: datetime | None = None
