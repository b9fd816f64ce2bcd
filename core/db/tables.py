"""The tables, as SQLModel rows. A `table=True` row validates nothing: services check what they are given.

Times are aware UTC. Rows named `…Row` stay inside `core.db` and `core.services`; others get frozen read
models.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit keys everywhere; SQLite only counts up by itself where the type is exactly INTEGER."""


class Row(SQLModel):
    """Base of all tables."""

    metadata = metadata


def _key() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True))


def _ref(target: str, *, null: bool = False, index: bool = False, cascade: bool = False) -> Any:
    foreign = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    column = Column(BigId, foreign, nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def _one_of(name: str, column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class AgentRow(Row, table=True):
    __tablename__ = "agent"
    id: int | None = _key()
    login: str = Field(unique=True)
    name: str
    email: str = ""
    admin: bool = False
    active: bool = True
    token_hash: str | None = Field(default=None, unique=True)
    """sha256 of the long token of a remote console; revoked by emptying."""
    created_at: datetime


class GroupRow(Row, table=True):
    """A team; copied from the configuration at start, kept when it leaves it (its tickets stay)."""

    __tablename__ = "desk_group"
    id: int | None = _key()
    key: str = Field(unique=True)
    name: str
    line: int = 1
    active: bool = True


class MembershipRow(Row, table=True):
    __tablename__ = "membership"
    __table_args__ = (_one_of("role", "role", "agent", "supervisor"),)
    agent_id: int = Field(
        sa_column=Column(BigId, ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    )
    group_id: int = Field(
        sa_column=Column(BigId, ForeignKey("desk_group.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    role: str = "agent"


class ContactRow(Row, table=True):
    """A client; has several addresses."""

    __tablename__ = "contact"
    id: int | None = _key()
    name: str
    """Never empty: the address where no name is known."""
    region: str = ""
    language: str = ""
    template: str = ""
    """Key of the ticket template that this client's tickets get; empty: none of their own."""
    created_at: datetime


class AddressRow(Row, table=True):
    __tablename__ = "address"
    id: int | None = _key()
    contact_id: int = _ref("contact.id", index=True, cascade=True)
    email: str = Field(unique=True)
    """Lower-cased."""
    bounced_at: datetime | None = None
    """When a delivery to it last failed for good."""
    created_at: datetime


_TICKET_VERSION = Column("version", Integer, nullable=False)


class TicketRow(Row, table=True):
    """A client's request. Every UPDATE names the version it read: the second of two writers gets an error."""

    __tablename__ = "ticket"
    __mapper_args__ = {"version_id_col": _TICKET_VERSION}
    __table_args__ = (
        _one_of("board", "board", "new", "needs_reply", "waiting"),
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
    id: int | None = _key()
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
    group_id: int = _ref("desk_group.id")
    owner_id: int | None = _ref("agent.id", null=True)
    contact_id: int | None = _ref("contact.id", null=True, index=True)
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
    replied_at: datetime | None = None
    """The last public reply of ours that went to the client."""
    solved_at: datetime | None = None
    closed_at: datetime | None = None
    previous_id: int | None = _ref("ticket.id", null=True)
    """The contact's ticket before this one."""
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


class MessageRow(Row, table=True):
    __tablename__ = "message"
    __table_args__ = (
        _one_of("kind", "kind", "inbound", "reply", "note", "confirmation"),
        Index("ix_message_ticket", "ticket_id", "id"),
    )
    id: int | None = _key()
    ticket_id: int = _ref("ticket.id", cascade=True)
    kind: str
    letter_kind: str = "letter"
    """What kind of letter an inbound one is: letter, automatic, bounce, feedback, receipt."""
    private: bool = False
    """A new voice: a stranger's letter, seen by the staff alone until an agent decides."""
    agent_id: int | None = _ref("agent.id", null=True)
    address_id: int | None = _ref("address.id", null=True)
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
    created_at: datetime
    sent_at: datetime | None = None
    """The Date header of an inbound letter; when the relay took an outbound one."""


class AttachmentRow(Row, table=True):
    __tablename__ = "attachment"
    id: int | None = _key()
    message_id: int = _ref("message.id", index=True, cascade=True)
    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False


class EventRow(Row, table=True):
    """Append-only: audit log, status history and change feed in one. Ids and facts, never names or text."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_ticket", "ticket_id", "id"),)
    id: int | None = _key()
    ticket_id: int | None = _ref("ticket.id", null=True)
    at: datetime
    actor: str
    """agent, contact, bridge, robot or system."""
    actor_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    kind: str
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    op_id: str | None = Field(default=None, unique=True)
    """The command's idempotency key: a repeated command finds its first run here."""


class OutboxRow(Row, table=True):
    """A letter on its way out. Ends in exactly one visible state: sent, failed, unknown or cancelled.

    It carries a message of a ticket, or (the robot's letters to the staff) its own words in `notice`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        _one_of("state", "state", "queued", "sending", "sent", "failed", "unknown", "cancelled"),
        Index("ix_outbox_due", "state", "due_at"),
    )
    id: int | None = _key()
    message_id: int | None = Field(
        default=None,
        sa_column=Column(BigId, ForeignKey("message.id", ondelete="CASCADE"), unique=True, nullable=True),
    )
    notice: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """{subject, body, rfc_id, language} of a letter to the staff."""
    mailbox: str
    state: str = "queued"
    phase: str = "none"
    """How far the last attempt went: none, connect, mail, rcpt, data, sent."""
    due_at: datetime
    lease_by: str = ""
    lease_until: datetime | None = None
    attempts: int = 0
    raw_sha256: str | None = None
    """The final bytes in the blob store, set before the first attempt."""
    reason: str = ""
    """Why it failed, waits or is unknown."""
    created_at: datetime


class OutboxRecipientRow(Row, table=True):
    __tablename__ = "outbox_recipient"
    __table_args__ = (_one_of("state", "state", "queued", "sent", "failed", "bounced"),)
    outbox_id: int = Field(
        sa_column=Column(BigId, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    )
    email: str = Field(primary_key=True)
    state: str = "queued"
    code: int = 0
    """The last SMTP reply code."""
    reason: str = ""


class AttemptRow(Row, table=True):
    """The log of attempts at one outbox row."""

    __tablename__ = "outbox_attempt"
    id: int | None = _key()
    outbox_id: int = _ref("outbox.id", index=True, cascade=True)
    at: datetime
    phase: str
    result: str
    """sent, partly, retry, failed or unknown."""
    reason: str = ""


class LedgerRow(Row, table=True):
    """Every letter that the bridge ever fetched: the raw bytes are in the blob store before the row is."""

    __tablename__ = "mail_ledger"
    __table_args__ = (
        _one_of("state", "state", "stored", "done", "quarantined"),
        Index("uq_mail_ledger_uid", "mailbox", "uidvalidity", "uid", unique=True),
        Index(
            "ix_mail_ledger_pending",
            "mailbox",
            "id",
            sqlite_where=text("state = 'stored'"),
            postgresql_where=text("state = 'stored'"),
        ),
        Index("ix_mail_ledger_sha256", "sha256"),
    )
    id: int | None = _key()
    mailbox: str
    uidvalidity: int = Field(sa_column=Column(BigInteger, nullable=False))
    uid: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str
    size: int
    internal_date: str = ""
    """INTERNALDATE as the server wrote it: a fingerprint, not a time to reckon with."""
    rfc_id: str = ""
    state: str = "stored"
    outcome: str = ""
    """opened, joined, bounce, duplicate, own-copy, repeated or quarantined."""
    attempts: int = 0
    error: str = ""
    ticket_id: int | None = _ref("ticket.id", null=True)
    message_id: int | None = _ref("message.id", null=True)
    fetched_at: datetime


class DraftRow(Row, table=True):
    __tablename__ = "draft"
    __table_args__ = (_one_of("kind", "kind", "reply", "note"),)
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


class LeaseRow(Row, table=True):
    """Who may do what only one may do at a time: fetch a mailbox, run the robot."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    until: datetime


class PartStateRow(Row, table=True):
    """How a part of the desk fares, for the console's status bar: a mailbox, the relay."""

    __tablename__ = "part_state"
    part: str = Field(primary_key=True)
    ok: bool
    text: str = ""
    since: datetime
    at: datetime


class InvolvedRow(Row, table=True):
    """Staff from outside who may see a ticket: they follow it, were asked, or mentioned in a note."""

    __tablename__ = "involved"
    __table_args__ = (
        _one_of("how", "how", "follows", "asked", "mentioned"),
        Index("ix_involved_agent", "agent_id", "ticket_id"),
        Index("ix_involved_group", "group_id", "ticket_id"),
    )
    id: int | None = _key()
    ticket_id: int = _ref("ticket.id", index=True, cascade=True)
    agent_id: int | None = _ref("agent.id", null=True)
    group_id: int | None = _ref("desk_group.id", null=True)
    how: str = "follows"
    since: datetime


class AskRow(Row, table=True):
    """Help asked of a colleague, or of a group's supervisors; the owner stays the owner."""

    __tablename__ = "ask"
    __table_args__ = (
        _one_of("state", "state", "open", "answered", "withdrawn"),
        Index("ix_ask_ticket", "ticket_id", "state"),
        Index("ix_ask_agent", "to_agent", "state"),
        Index("ix_ask_group", "to_group", "state"),
    )
    id: int | None = _key()
    ticket_id: int = _ref("ticket.id", cascade=True)
    by_agent: int = _ref("agent.id")
    to_agent: int | None = _ref("agent.id", null=True)
    to_group: int | None = _ref("desk_group.id", null=True)
    """The head: this group's supervisors."""
    question: int = _ref("message.id")
    answer: int | None = _ref("message.id", null=True)
    state: str = "open"
    event: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    """The event of the ask: the cause of its clock and its notices."""
    asked_at: datetime
    closed_at: datetime | None = None


class ShiftRow(Row, table=True):
    """An agent's shift; open while `ended_at` is empty."""

    __tablename__ = "shift"
    __table_args__ = (Index("ix_shift_agent", "agent_id", "id"),)
    id: int | None = _key()
    agent_id: int = _ref("agent.id", cascade=True)
    started_at: datetime
    ended_at: datetime | None = None
    away_since: datetime | None = None


class NoticeRow(Row, table=True):
    """One row however many people it concerns; withdrawn everywhere when its cause is gone."""

    __tablename__ = "notice"
    __table_args__ = (
        _one_of("audience", "audience", "agent", "group", "supervisors"),
        Index("ix_notice_agent", "agent_id", "withdrawn_at"),
        Index("ix_notice_group", "group_id", "withdrawn_at"),
    )
    id: int | None = _key()
    audience: str
    agent_id: int | None = _ref("agent.id", null=True)
    group_id: int | None = _ref("desk_group.id", null=True)
    ticket_id: int = _ref("ticket.id", index=True, cascade=True)
    kind: str
    """new_ticket, unaccepted, in_work_owner, in_work_head, asked, passed, mentioned, or a scenario's."""
    cause: int = Field(sa_column=Column(BigId, nullable=False))
    """The event that it speaks of."""
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """Facts for its words: the number in force and so on."""
    by_mail: bool = False
    mailed_at: datetime | None = None
    created_at: datetime
    withdrawn_at: datetime | None = None


class NoticeAckRow(Row, table=True):
    __tablename__ = "notice_ack"
    notice_id: int = Field(
        sa_column=Column(BigId, ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True)
    )
    agent_id: int = Field(
        sa_column=Column(BigId, ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    )
    at: datetime


class TimerRow(Row, table=True):
    """A clock of the robot. Kept after it fired, until its cause is another one: nobody is told twice."""

    __tablename__ = "timer"
    __table_args__ = (
        Index(
            "ix_timer_due", "due_at",
            sqlite_where=text("fired_at IS NULL"), postgresql_where=text("fired_at IS NULL"),
        ),
    )  # fmt: skip
    ticket_id: int = Field(
        sa_column=Column(BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    )
    scenario: str = Field(primary_key=True)
    """A built-in scenario, `ask:<id>`, or `own:<name>`."""
    cause: int = Field(sa_column=Column(BigId, nullable=False))
    due_at: datetime
    fired_at: datetime | None = None


class SettingRow(Row, table=True):
    """What programs remember between runs: the robot's place in the feed, the fingerprint of its settings."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: str
