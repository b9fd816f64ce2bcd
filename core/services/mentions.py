"""Colleagues whom a note names as @login: told, and let in."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from core.db import people
from core.db.tables import TicketRow
from core.domain import permissions
from core.domain.notices import NoticeKind
from core.services import notices
from core.services.access import Actor, facts_of, viewer_of

MOST = 20
"""So many people are told by one note at most."""

_MENTION = re.compile(r"(?<![\w.@+-])@([a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?)(?![\w@-])", re.IGNORECASE)


def named_in(text: str) -> list[str]:
    """The logins that a text mentions, each once, in their order; an address is no mention."""
    return list(dict.fromkeys(found.lower() for found in _MENTION.findall(text)))


def tell(
    session: Session,
    ticket: TicketRow,
    by: int,
    text: str,
    event: int,
    at: datetime,
    *,
    besides: Collection[int | None] = (),
) -> tuple[str, ...]:
    """Notify those who are mentioned and work here; returns the names of those who could not see the ticket before.

    Who could not is involved in it from now on. Those in `besides` are told of the note in another way.
    """
    outside = []
    for login in named_in(text)[:MOST]:
        agent = people.agent_by_login(session, login)
        if agent is None or not agent.active or agent.id is None or agent.id == by or agent.id in besides:
            continue
        if not permissions.may_see(viewer_of(session, Actor.agent(agent.id)), facts_of(session, ticket)):
            people.involve(session, ticket.id or 0, "mentioned", at, agent_id=agent.id)
            outside.append(agent.name)
        notices.post(
            session, ticket, NoticeKind.MENTIONED, event, at, audience="agent", agent_id=agent.id,
            data={"agent": by},
        )  # fmt: skip
    return tuple(outside)


def gone(session: Session, text: str) -> tuple[str, ...]:
    """The names of those whom a text mentions and who have left: nobody is told in their place."""
    agents = (people.agent_by_login(session, login) for login in named_in(text)[:MOST])
    return tuple(agent.name for agent in agents if agent is not None and not agent.active)
