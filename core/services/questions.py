"""What becomes of the questions on a ticket, and whom they let in: who is asked sees it while the question stands, and
who has answered one goes on seeing it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from core.db import clocks as db
from core.db import people
from core.db.tables import AgentRow, AskRow, MessageRow, TicketRow


def let_in(session: Session, ask: AskRow) -> None:
    """Let the colleague who is asked see the ticket. A group's head is known by the open question itself."""
    if ask.to_agent is not None:
        people.involve(session, ask.ticket_id, "asked", ask.asked_at, agent_id=ask.to_agent)


def withdraw(session: Session, ask: AskRow, at: datetime) -> None:
    """Take a question back, and with it the right that hung on it alone."""
    ask.state, ask.closed_at = "withdrawn", at
    end_right(session, ask)


def end_right(session: Session, ask: AskRow) -> None:
    """Whom a question let in that is over sees the ticket no more, unless they are asked something else on it, have
    answered something there, or see it for another reason."""
    if ask.to_agent is None or _is_let_in(session, ask.ticket_id, ask.to_agent):
        return
    for row in people.involved_in(session, ask.ticket_id):
        if (row.agent_id, row.how) == (ask.to_agent, "asked"):
            session.delete(row)
    session.flush()


def _is_let_in(session: Session, ticket_id: int, agent_id: int) -> bool:
    asks = db.asks_of(session, ticket_id)
    answers = [session.get_one(MessageRow, ask.answer) for ask in asks if ask.answer is not None]
    return any(ask.state == "open" and ask.to_agent == agent_id for ask in asks) or any(
        answer.agent_id == agent_id for answer in answers
    )


def withdraw_all(session: Session, ticket: TicketRow, at: datetime) -> list[int]:
    """Take back what was asked on a ticket that is over: it needs no answer, and left open it would stop clocks if the
    ticket came back. Returns the ids."""
    waiting = [ask for ask in db.asks_of(session, ticket.id or 0) if ask.state == "open"]
    for ask in waiting:
        withdraw(session, ask, at)
    return [ask.id or 0 for ask in waiting]


def ask_again(session: Session, ticket: TicketRow, numbers: Collection[int]) -> None:
    """Bring back what closing a ticket withdrew: it waits on, as long as before. What was asked of or by somebody who
    has left stays withdrawn."""
    for ask in db.asks_of(session, ticket.id or 0):
        people_of_it = [session.get_one(AgentRow, one) for one in (ask.by_agent, ask.to_agent) if one]
        if ask.id in numbers and ask.state == "withdrawn" and all(one.active for one in people_of_it):
            ask.state, ask.closed_at = "open", None
            let_in(session, ask)
