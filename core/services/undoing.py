"""Undo: an act is put back as an event of its own; history is never rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.clock import now
from core.db import mail as mail_db
from core.db import tickets as db
from core.db.tables import AgentRow, DraftRow, EventRow, MessageRow, TicketRow
from core.errors import Conflict
from core.i18n import _
from core.services import contacts, events, history, life, questions, tags, tickets, voices
from core.services.access import Actor, check_may_act, require_agent, ticket_for
from core.services.desk import Desk
from core.services.models.outcomes import Done

UNDOABLE = frozenset(
    (
        "accepted", "released", "solved", "closed", "reopened", "moved", "passed", "passed_back", "handed_over",
        "deleted", "restored", "spam", "replied", "tagged", *voices.DECISIONS,
    )
)  # fmt: skip
"""Kinds of events that keep what was before. A reply only while it has not been sent."""

SILENT = frozenset(
    (
        "confirmed", "delivery", "delayed", "followed", "unfollowed", "automatic", "noted", "reminded", "scenario",
        "kept", "withheld", "loop_cut", "asked", "ask_answered", "ask_withdrawn", "new_voice",
        "tagged",
    )
)  # fmt: skip
"""Events that leave standing what an undo would put back, unless they moved the ticket as well."""


LOOKING = frozenset(("followed", "unfollowed", "tagged"))
"""What a colleague does without going on with the ticket."""


@dataclass(frozen=True, slots=True)
class Undone(Done):
    """An act that was taken back."""

    act: str = ""
    """Its kind of event: accepted, solved, passed …"""


def undo(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Undone:
    """Take back the actor's last act on a ticket; the text of an answer is their draft again.

    Raises Conflict where there is none, and where something has changed the ticket or a colleague has gone on with it
    since, if only by a note.
    """
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        earlier = events.done_before(session, op_id, "undone", ticket_id)
        if earlier is not None:
            act = str(earlier.data["kind"])
            return Undone(ticket_id, ticket.last_event, ticket.status, changed=False, act=act)
        tickets.check_not_emptied(session, ticket)
        last, colleague = _last_act(session, ticket_id, agent_id)
        if last is None or (last.actor, last.actor_id) != ("agent", agent_id):
            raise Conflict(
                _("There is nothing of yours to undo on ticket {id}.").format(id=ticket_id),
                hint=_("Only your own last act can be undone, and only while nothing came after it."),
            )
        if colleague:
            raise Conflict(
                _(
                    "{name} has gone on with ticket {id} since: your act cannot be taken back any more."
                ).format(name=session.get_one(AgentRow, colleague).name, id=ticket_id),
                hint=_("Look at it, and tell the colleague."),
            )
        # Who passed a ticket out of their groups may take that back, who has left the group may not.
        check_may_act(viewer, ticket, was_in=int(last.data["was"]["group_id"]))
        at, before = now(), ticket.status
        told: tuple[str, ...] = ()
        if last.kind == "replied":
            _take_letter_back(session, ticket, agent_id, last, at)
        if last.kind in voices.DECISIONS:
            told = voices.take_back(session, ticket, actor, last, at)
        if last.kind == "tagged":
            # Tags move nothing: whatever the ticket has become beside them stays.
            tags.take_back(session, ticket, last)
        else:
            life.put_back(session, ticket, last.data["was"], at)
            tickets.settle_owner(session, ticket, at)
        questions.ask_again(session, ticket, last.data.get("withdrew", ()))
        data = {
            "from": before,
            "to": ticket.status,
            "undoes": last.id,
            "kind": last.kind,
            "owner": ticket.owner_id,
        }
        event = events.record(session, ticket, actor, "undone", at, data=data, op_id=op_id)
        return Undone(ticket_id, event, ticket.status, told_before=told, act=last.kind)


def _last_act(session: Session, ticket_id: int, agent_id: int) -> tuple[EventRow | None, int]:
    """The last event that changed the ticket, if it can be undone and has not been; and who of the agent's colleagues
    has written on it since, 0 for nobody."""
    colleague = 0
    events_so_far = db.events_of(session, ticket_id)
    undone = history.taken_back(events_so_far)
    for event in reversed(events_so_far):
        if event.kind == "undone" or event.id in undone:
            continue
        if _leaves_standing(event, agent_id):
            if event.actor == "agent" and event.actor_id != agent_id and event.kind not in LOOKING:
                colleague = event.actor_id or 0
        else:
            return (event if event.kind in UNDOABLE and event.data.get("was") else None), colleague
    return None, colleague


def _leaves_standing(event: EventRow, agent_id: int) -> bool:
    """Whether what came before an event can still be undone. One's own change of tags is an act to be undone itself,
    a colleague's or the robot's is nothing to the others."""
    if event.kind == "tagged" and (event.actor, event.actor_id) == ("agent", agent_id):
        return False
    return event.kind in SILENT and event.data.get("from") == event.data.get("to")


def _take_letter_back(
    session: Session, ticket: TicketRow, agent_id: int, event: EventRow, at: datetime
) -> None:
    row = mail_db.outbox_by_message(session, int(event.data["message"]))
    if row is None or row.state != "queued" or row.attempts:
        raise Conflict(
            _("The letter is on its way and cannot be taken back."),
            hint=_("Write to the client again if something is wrong."),
        )
    row.state = "cancelled"
    contacts.leave(session, ticket, event.data.get("joined", ()))
    message = session.get_one(MessageRow, row.message_id)
    if db.draft_of(session, agent_id, ticket.id or 0, "reply") is None:
        session.add(
            DraftRow(
                agent_id=agent_id, ticket_id=ticket.id or 0, kind="reply", body=message.body, seen=event.id or 0,
                updated_at=at,
            )
        )  # fmt: skip
