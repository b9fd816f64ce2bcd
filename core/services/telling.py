"""From "tell the supervisors" in the configuration to notices for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.db import people
from core.db.tables import TicketRow
from core.domain.notices import Audience
from core.services import notices, rules


def tell(
    session: Session,
    ticket: TicketRow,
    scenario: str,
    kind: str,
    cause: int,
    at: datetime,
    data: dict[str, Any],
    *,
    also: int | None = None,
) -> None:
    """Notify those whom a scenario of the box names for the ticket's group, and an agent besides."""
    promise = rules.promise_of(session, ticket, scenario)
    for target in promise.tell:
        tell_one(session, ticket, target, kind, cause, at, data, by_mail=promise.by_mail)
    if also is not None:
        notices.post(
            session,
            ticket,
            kind,
            cause,
            at,
            audience="agent",
            agent_id=also,
            data=data,
            by_mail=promise.by_mail,
        )


def tell_one(
    session: Session,
    ticket: TicketRow,
    target: str,
    kind: str,
    cause: int,
    at: datetime,
    data: dict[str, Any],
    *,
    by_mail: bool = False,
) -> bool:
    """Notify `supervisors`, `group`, `owner` or `agent:LOGIN`; False where there is nobody of the kind."""
    group, agent_id = ticket.group_id, None
    if target == "owner":
        agent_id = ticket.owner_id
    elif target.startswith("agent:"):
        agent = people.agent_by_login(session, target.removeprefix("agent:"))
        agent_id = agent.id if agent is not None and agent.active else None
    if target in ("supervisors", "group"):
        audience: Audience = "supervisors" if target == "supervisors" else "group"
        return notices.post(
            session, ticket, kind, cause, at, audience=audience, group_id=group, data=data, by_mail=by_mail
        )
    if agent_id is None:
        return False
    people.involve_if_outside(session, ticket, agent_id, at)
    return notices.post(
        session, ticket, kind, cause, at, audience="agent", agent_id=agent_id, data=data, by_mail=by_mail
    )
