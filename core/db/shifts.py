"""Queries over shifts and what is in whose hands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from core.db.mail import insert_or
from core.db.tables import AgentRow, AskRow, ShiftRow, TicketRow
from core.db.tickets import Filter, may_be_seen


def open_shift(session: Session, agent_id: int) -> ShiftRow | None:
    """The shift that an agent is on."""
    return session.execute(
        select(ShiftRow)
        .where(col(ShiftRow.agent_id) == agent_id, col(ShiftRow.ended_at).is_(None))
        .order_by(col(ShiftRow.id).desc())
        .limit(1)
    ).scalar_one_or_none()


def begin(session: Session, agent_id: int, at: datetime) -> bool:
    """Begin a shift; False where the agent is on one, also where another program has begun it this moment."""
    statement = insert_or(session, ShiftRow).on_conflict_do_nothing().returning(col(ShiftRow.id))
    values = {"agent_id": agent_id, "started_at": at, "ended_at": None, "away_since": None}
    return session.execute(statement, values).first() is not None


def latest_shifts(session: Session) -> dict[int, ShiftRow]:
    """Everyone's newest shift, by agent."""
    # One look into the index for each agent: grouped, it would read every shift that ever was.
    newest = select(
        select(func.max(col(ShiftRow.id))).where(col(ShiftRow.agent_id) == col(AgentRow.id)).scalar_subquery()
    )
    rows = session.execute(select(ShiftRow).where(col(ShiftRow.id).in_(newest))).scalars()
    return {row.agent_id: row for row in rows}


def in_hand(session: Session, agent_id: int) -> Sequence[TicketRow]:
    """Open tickets of an owner, the oldest ball first."""
    return (
        session.execute(
            select(TicketRow)
            .where(col(TicketRow.owner_id) == agent_id, col(TicketRow.board).is_not(None))
            .order_by(col(TicketRow.since), col(TicketRow.id))
        )
        .scalars()
        .all()
    )


def count_in_hand(session: Session, seen_by: Filter) -> dict[int, int]:
    """How many open tickets each owner has, of those that `seen_by` may see."""
    query = (
        select(col(TicketRow.owner_id), func.count())
        .where(col(TicketRow.owner_id).is_not(None), col(TicketRow.board).is_not(None))
        .group_by(col(TicketRow.owner_id))
    )
    visible = may_be_seen(seen_by)
    rows = session.execute(query if visible is None else query.where(visible))
    return {row[0]: row[1] for row in rows}


def open_asks_of_agent(session: Session, agent_id: int) -> Sequence[AskRow]:
    """Asks that are addressed to an agent and wait."""
    return (
        session.execute(select(AskRow).where(col(AskRow.to_agent) == agent_id, col(AskRow.state) == "open"))
        .scalars()
        .all()
    )


def open_asks_by_agent(session: Session, agent_id: int) -> Sequence[AskRow]:
    """Asks of an agent's own that wait."""
    return (
        session.execute(select(AskRow).where(col(AskRow.by_agent) == agent_id, col(AskRow.state) == "open"))
        .scalars()
        .all()
    )


def open_asks(session: Session, agent_id: int, heads: Collection[int]) -> Sequence[AskRow]:
    """Open asks of an agent, of groups that they head, or by them, on tickets that are not over; oldest first."""
    concerned = or_(
        col(AskRow.to_agent) == agent_id,
        col(AskRow.to_group).in_(list(heads)),
        col(AskRow.by_agent) == agent_id,
    )
    return (
        session.execute(
            select(AskRow)
            .join(TicketRow, col(TicketRow.id) == col(AskRow.ticket_id))
            .where(col(AskRow.state) == "open", concerned, col(TicketRow.kind).not_in(["closed", "deleted"]))
            .order_by(col(AskRow.id))
        )
        .scalars()
        .all()
    )
