"""Queries over the robot's timers and what programs remember."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from core.db.tables import AskRow, NoticeRow, SettingRow, TicketRow, TimerRow


@dataclass(slots=True)
class Beside:
    """What stands beside a ticket, unwritten rows included."""

    timers: dict[str, TimerRow] = field(default_factory=dict)
    """By scenario, fired ones too."""
    asks: list[AskRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)
    """Withdrawn ones too."""


_HELD = "beside"
"""Key in a session's `info`: what stands beside the tickets of a batch, by ticket id."""


def hold(session: Session, ticket_ids: Collection[int]) -> None:
    """Read what stands beside many tickets at once; from now on this transaction keeps it in mind, that of other
    tickets from when they are asked for. A batch of letters writes in the end, so that a query would not see it."""
    session.info[_HELD] = {ticket_id: Beside() for ticket_id in ticket_ids}
    _fill(session, ticket_ids)


def hold_new(session: Session, ticket_id: int) -> None:
    """Nothing stands beside a ticket that is being opened. Of no effect outside a batch."""
    if _HELD in session.info:
        session.info[_HELD][ticket_id] = Beside()


def beside(session: Session, ticket_id: int) -> Beside | None:
    """What stands beside a ticket, to be kept up to date by whoever adds or deletes; None outside a batch."""
    held: dict[int, Beside] | None = session.info.get(_HELD)
    if held is None:
        return None
    if ticket_id not in held:
        held[ticket_id] = Beside()
        _fill(session, [ticket_id])
    return held[ticket_id]


def _fill(session: Session, ticket_ids: Collection[int]) -> None:
    held: dict[int, Beside] = session.info[_HELD]
    if not ticket_ids:
        return
    for timer in session.execute(select(TimerRow).where(col(TimerRow.ticket_id).in_(ticket_ids))).scalars():
        held[timer.ticket_id].timers[timer.scenario] = timer
    asks = select(AskRow).where(col(AskRow.ticket_id).in_(ticket_ids)).order_by(col(AskRow.id))
    for ask in session.execute(asks).scalars():
        held[ask.ticket_id].asks.append(ask)
    notices = select(NoticeRow).where(col(NoticeRow.ticket_id).in_(ticket_ids)).order_by(col(NoticeRow.id))
    for notice in session.execute(notices).scalars():
        held[notice.ticket_id].notices.append(notice)


def timers_of(session: Session, ticket_id: int) -> dict[str, TimerRow]:
    """A ticket's timers by scenario, fired ones too."""
    if (held := beside(session, ticket_id)) is not None:
        return dict(held.timers)
    rows = session.execute(select(TimerRow).where(col(TimerRow.ticket_id) == ticket_id)).scalars()
    return {row.scenario: row for row in rows}


def add_timer(session: Session, row: TimerRow) -> None:
    """Start a clock."""
    session.add(row)
    if (held := beside(session, row.ticket_id)) is not None:
        held.timers[row.scenario] = row


def drop_timer(session: Session, row: TimerRow) -> None:
    """Take a clock away."""
    if row in session.new:
        session.expunge(row)
    else:
        session.delete(row)
    if (held := beside(session, row.ticket_id)) is not None:
        del held.timers[row.scenario]


def due_timers(
    session: Session, now: datetime, limit: int, tickets: Collection[int] | None = None
) -> Sequence[TimerRow]:
    """Timers whose time has come and that have not fired, oldest first; of some tickets, or of all."""
    query = (
        select(TimerRow)
        .where(col(TimerRow.fired_at).is_(None), col(TimerRow.due_at) <= now)
        .order_by(col(TimerRow.due_at), col(TimerRow.ticket_id), col(TimerRow.scenario))
        .limit(limit)
    )
    if tickets is not None:
        query = query.where(col(TimerRow.ticket_id).in_(tickets))
    return session.execute(query).scalars().all()


def tickets_due(session: Session, now: datetime) -> set[int]:
    """The numbers of all tickets with a timer whose time has come."""
    due = (col(TimerRow.fired_at).is_(None), col(TimerRow.due_at) <= now)
    return set(session.execute(select(col(TimerRow.ticket_id)).where(*due).distinct()).scalars())


def clients_of(session: Session, tickets: Collection[int]) -> dict[int, int | None]:
    """The contact of each of some tickets, by ticket."""
    rows = session.execute(
        select(col(TicketRow.id), col(TicketRow.contact_id)).where(col(TicketRow.id).in_(tickets))
    )
    return {ticket_id: contact_id for ticket_id, contact_id in rows if ticket_id is not None}


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
    if (held := beside(session, ticket_id)) is not None:
        return held.asks
    return (
        session.execute(select(AskRow).where(col(AskRow.ticket_id) == ticket_id).order_by(col(AskRow.id)))
        .scalars()
        .all()
    )


def remembered(session: Session, key: str) -> str:
    """What a program wrote down under a key; empty where it has not yet."""
    row = session.get(SettingRow, key)
    return row.value if row else ""


def held(session: Session, key: str) -> str | None:
    """What a program wrote down under a key, which nobody else reads so until this writing transaction ends; None
    where somebody else has it just now, or nothing was written."""
    row = session.execute(
        select(SettingRow).where(col(SettingRow.key) == key).with_for_update(key_share=True, skip_locked=True)
    ).scalar_one_or_none()
    return row.value if row is not None else None


def remember(session: Session, key: str, value: str) -> None:
    """Write something down."""
    row = session.get(SettingRow, key)
    if row is None:
        session.add(SettingRow(key=key, value=value))
    else:
        row.value = value
