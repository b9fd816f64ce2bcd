"""Queries over the robot's timers and what programs remember."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from core.db.tables import AskRow, NoticeRow, SettingRow, TicketRow, TimerRow


def write_pending(session: Session, kind: type[TimerRow | NoticeRow], ticket_id: int) -> None:
    """Write what a batch of letters has added to a ticket and not written yet, so that a query sees it."""
    if any(isinstance(row, kind) and row.ticket_id == ticket_id for row in session.new):
        session.flush()


def timers_of(session: Session, ticket_id: int) -> dict[str, TimerRow]:
    """A ticket's timers by scenario, fired ones too."""
    write_pending(session, TimerRow, ticket_id)
    rows = session.execute(select(TimerRow).where(col(TimerRow.ticket_id) == ticket_id)).scalars()
    return {row.scenario: row for row in rows}


def due_timers(session: Session, now: datetime, limit: int) -> Sequence[TimerRow]:
    """Timers whose time has come and that have not fired, oldest first."""
    return (
        session.execute(
            select(TimerRow)
            .where(col(TimerRow.fired_at).is_(None), col(TimerRow.due_at) <= now)
            .order_by(col(TimerRow.due_at), col(TimerRow.ticket_id), col(TimerRow.scenario))
            .limit(limit)
        )
        .scalars()
        .all()
    )


def living_tickets(session: Session, after: int, limit: int) -> Sequence[TicketRow]:
    """Tickets on which a clock could run (all but closed ones and the trash), by number."""
    return (
        session.execute(
            select(TicketRow)
            .where(col(TicketRow.id) > after, col(TicketRow.kind).not_in(["closed", "deleted"]))
            .order_by(col(TicketRow.id))
            .limit(limit)
        )
        .scalars()
        .all()
    )


def asks_of(session: Session, ticket_id: int) -> Sequence[AskRow]:
    """Everything that was asked on a ticket, oldest first."""
    return (
        session.execute(select(AskRow).where(col(AskRow.ticket_id) == ticket_id).order_by(col(AskRow.id)))
        .scalars()
        .all()
    )


def remembered(session: Session, key: str) -> str:
    """What a program wrote down under a key; empty where it has not yet."""
    row = session.get(SettingRow, key)
    return row.value if row else ""


def remember(session: Session, key: str, value: str) -> None:
    """Write something down."""
    row = session.get(SettingRow, key)
    if row is None:
        session.add(SettingRow(key=key, value=value))
    else:
        row.value = value
