"""Undo: an act is put back as an event of its own; history is never rewritten."""

from __future__ import annotations

from sqlmodel import Session

from core.clock import now
from core.db import mail as mail_db
from core.db import tickets as db
from core.db.tables import EventRow
from core.errors import Conflict
from core.i18n import _
from core.services import events, life, tickets, voices
from core.services.access import Actor, require_agent, ticket_for
from core.services.desk import Desk
from core.services.models import Done

UNDOABLE = frozenset(
    (
        "accepted", "released", "solved", "closed", "reopened", "moved", "passed", "passed_back", "handed_over",
        "deleted", "restored", "spam", "replied", *voices.DECISIONS,
    )
)  # fmt: skip
"""Kinds of events that keep what was before. A reply only while it has not been sent."""

SILENT = frozenset(
    (
        "confirmed", "delivery", "delayed", "followed", "unfollowed", "automatic", "noted", "reminded", "scenario",
        "kept", "withheld", "loop_cut", "asked", "ask_answered", "ask_withdrawn", "new_voice",
    )
)  # fmt: skip
"""Events that leave standing what an undo would put back, unless they moved the ticket as well."""


def undo(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Take back the actor's last act on a ticket. Raises Conflict where there is none, or where something has
    changed the ticket since."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, "undone", ticket_id):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        last = _last_act(session, ticket_id)
        if last is None or (last.actor, last.actor_id) != ("agent", agent_id):
            raise Conflict(
                _("There is nothing of yours to undo on ticket {id}.").format(id=ticket_id),
                hint=_("Only your own last act can be undone, and only while nothing came after it."),
            )
        if last.kind == "replied":
            _take_letter_back(session, last)
        at, before = now(), ticket.status
        if last.kind in voices.DECISIONS:
            voices.take_back(session, ticket, actor, last, at)
        life.put_back(session, ticket, last.data["was"])
        tickets.settle_owner(session, ticket, at)
        data = {
            "from": before,
            "to": ticket.status,
            "undoes": last.id,
            "kind": last.kind,
            "owner": ticket.owner_id,
        }
        event = events.record(session, ticket, actor, "undone", at, data=data, op_id=op_id)
        return Done(ticket_id, event, ticket.status)


def _last_act(session: Session, ticket_id: int) -> EventRow | None:
    """The last event that changed the ticket, if it can be undone and has not been."""
    undone: set[int] = set()
    for event in reversed(db.events_of(session, ticket_id)):
        if event.kind == "undone":
            undone.add(int(event.data["undoes"]))
        elif event.id in undone or (event.kind in SILENT and event.data.get("from") == event.data.get("to")):
            continue
        else:
            return event if event.kind in UNDOABLE and event.data.get("was") else None
    return None


def _take_letter_back(session: Session, event: EventRow) -> None:
    row = mail_db.outbox_by_message(session, int(event.data["message"]))
    if row is None or row.state != "queued" or row.attempts:
        raise Conflict(
            _("The letter is on its way and cannot be taken back."),
            hint=_("Write to the client again if something is wrong."),
        )
    row.state = "cancelled"
