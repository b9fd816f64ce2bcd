"""Who works at the desk and who writes to it: agents, groups, shifts, contacts and their addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, text
from sqlmodel import Field

from core.db.tables.base import BigId, Row, key, one_of, ref


class AgentRow(Row, table=True):
    __tablename__ = "agent"
    id: int | None = key()
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
    id: int | None = key()
    key: str = Field(unique=True)
    name: str
    line: int = 1
    active: bool = True


class MembershipRow(Row, table=True):
    __tablename__ = "membership"
    __table_args__ = (one_of("role", "role", "agent", "supervisor"),)
    agent_id: int = Field(
        sa_column=Column(BigId, ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    )
    group_id: int = Field(
        sa_column=Column(BigId, ForeignKey("desk_group.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    role: str = "agent"


class ShiftRow(Row, table=True):
    """An agent's shift; open while `ended_at` is empty."""

    __tablename__ = "shift"
    __table_args__ = (
        Index("ix_shift_agent", "agent_id", "id"),
        Index(
            "uq_shift_open", "agent_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip
    id: int | None = key()
    agent_id: int = ref("agent.id", cascade=True)
    started_at: datetime
    ended_at: datetime | None = None
    away_since: datetime | None = None


class ContactRow(Row, table=True):
    """A client; has several addresses."""

    __tablename__ = "contact"
    id: int | None = key()
    name: str
    """Never empty: the address where no name is known."""
    region: str = ""
    language: str = ""
    template: str = ""
    """Key of the ticket template that this client's tickets get; empty: none of their own."""
    created_at: datetime


class AddressRow(Row, table=True):
    __tablename__ = "address"
    id: int | None = key()
    contact_id: int = ref("contact.id", index=True, cascade=True)
    email: str = Field(unique=True)
    """Lower-cased."""
    bounced_at: datetime | None = None
    """When a delivery to it last failed for good."""
    created_at: datetime
