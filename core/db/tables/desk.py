"""What the desk's programs keep for themselves and tell: notices, the robot's clocks, leases, settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, text
from sqlmodel import Field

from core.db.tables.base import BigId, Row, key, one_of, ref


class NoticeRow(Row, table=True):
    """One row however many people it concerns; withdrawn everywhere when its cause is gone."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("audience", "audience", "agent", "group", "supervisors"),
        Index("ix_notice_agent", "agent_id", "withdrawn_at"),
        Index("ix_notice_group", "group_id", "withdrawn_at"),
        Index(
            "ix_notice_unmailed", "id",
            sqlite_where=text("by_mail = 1 AND mailed_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("by_mail AND mailed_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )  # fmt: skip
    id: int | None = key()
    audience: str
    agent_id: int | None = ref("agent.id", null=True)
    group_id: int | None = ref("desk_group.id", null=True)
    ticket_id: int = ref("ticket.id", index=True, cascade=True)
    kind: str
    """A `core.domain.notices.NoticeKind`."""
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


class SettingRow(Row, table=True):
    """What programs remember between runs: the robot's place in the feed, the fingerprint of its settings."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: str
