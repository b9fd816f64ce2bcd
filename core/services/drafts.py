"""What an agent has begun to write: survives a crash and any change of the ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.clock import now
from core.db import tickets as db
from core.db.tables import DraftRow
from core.services import tickets
from core.services.access import Actor, require_agent, ticket_for
from core.services.desk import Desk

Kind = Literal["reply", "note"]


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished reply or note."""

    ticket_id: int
    kind: Kind
    text: str
    seen: int
    """The last event that its author had seen when it was begun."""
    updated_at: datetime


def save(desk: Desk, actor: Actor, ticket_id: int, kind: Kind, text: str, seen: int) -> None:
    """Keep a draft; an empty one is forgotten. Not an event: nobody else sees it.

    `seen` is the last event of the ticket that its author had seen. Raises BadInput for one that is yet to come.
    """
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        tickets.check_seen(ticket, seen)
        if not text.strip():
            db.drop_draft(session, agent_id, ticket_id, kind)
            return
        row = db.draft_of(session, agent_id, ticket_id, kind)
        if row is None:
            session.add(
                DraftRow(
                    agent_id=agent_id, ticket_id=ticket_id, kind=kind, body=text, seen=seen, updated_at=now()
                )
            )
        else:
            row.body, row.seen, row.updated_at = text, seen, now()


def load(desk: Desk, actor: Actor, ticket_id: int, kind: Kind) -> Draft | None:
    """The draft, if there is one."""
    agent_id = require_agent(actor)
    with desk.read() as session:
        ticket_for(session, actor, ticket_id)
        row = db.draft_of(session, agent_id, ticket_id, kind)
        return Draft(ticket_id, kind, row.body, row.seen, row.updated_at) if row else None


def discard(desk: Desk, actor: Actor, ticket_id: int, kind: Kind) -> None:
    """Forget a draft."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket_for(session, actor, ticket_id)
        db.drop_draft(session, agent_id, ticket_id, kind)
