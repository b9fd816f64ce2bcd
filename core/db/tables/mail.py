"""Letters on their way: the outbox, and the ledger of everything that was fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field

from core.db.tables.base import BigId, Row, key, one_of, ref


class OutboxRow(Row, table=True):
    """A letter on its way out. Ends in exactly one visible state: sent, failed, unknown or cancelled.

    It carries a message of a ticket, or (the robot's letters to the staff) its own words in `notice`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("state", "state", "queued", "sending", "sent", "failed", "unknown", "cancelled"),
        Index("ix_outbox_due", "state", "mailbox", "due_at"),
    )
    id: int | None = key()
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
    """The sender that has it, while it is `sending`: who holds the lease `sender` takes up every other one's."""
    attempts: int = 0
    tried_from: datetime | None = None
    """When the first attempt began, or the first one after it was resent: from here three days are counted."""
    raw_sha256: str | None = None
    """The final bytes in the blob store, set before the first attempt."""
    reason: str = ""
    """Why it failed, waits or is unknown."""
    created_at: datetime


class OutboxRecipientRow(Row, table=True):
    __tablename__ = "outbox_recipient"
    __table_args__ = (
        one_of("state", "state", "queued", "sent", "failed", "bounced"),
        Index("ix_outbox_recipient_email", "email"),
    )
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
    id: int | None = key()
    outbox_id: int = ref("outbox.id", index=True, cascade=True)
    at: datetime
    phase: str
    result: str
    """sent, partly, retry, failed or unknown."""
    reason: str = ""


class LedgerRow(Row, table=True):
    """Every letter that the bridge ever fetched: the raw bytes are in the blob store before the row is."""

    __tablename__ = "mail_ledger"
    __table_args__ = (
        one_of("state", "state", "stored", "done", "quarantined"),
        Index("uq_mail_ledger_uid", "mailbox", "uidvalidity", "uid", unique=True),
        Index(
            "ix_mail_ledger_pending",
            "mailbox",
            "id",
            sqlite_where=text("state = 'stored'"),
            postgresql_where=text("state = 'stored'"),
        ),
        Index("ix_mail_ledger_content", "mailbox", "sha256"),
        Index("ix_mail_ledger_message", "message_id"),
    )
    id: int | None = key()
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
    """opened, joined, bounce, duplicate, own-copy, notice, repeated or quarantined."""
    attempts: int = 0
    error: str = ""
    ticket_id: int | None = ref("ticket.id", null=True)
    message_id: int | None = ref("message.id", null=True)
    fetched_at: datetime


class UnfetchedRow(Row, table=True):
    """A letter that the server lists and has not given so far: it is asked for again, also after a restart."""

    __tablename__ = "mail_unfetched"
    mailbox: str = Field(primary_key=True)
    uidvalidity: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    uid: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tries: int = 0
    since: datetime
    at: datetime
    """The latest try."""
