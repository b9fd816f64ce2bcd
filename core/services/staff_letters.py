"""What one of the staff writes by their own mail program: a note, an answer that the client has already, a forward.

For the transaction that files the letter.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.db.tables import MessageRow, TicketRow
from core.domain import permissions
from core.domain.tickets import Act, Status
from core.i18n import _
from core.services import events, life, rules, tickets
from core.services.access import Actor, facts_of, viewer_of
from core.services.arrivals import Arrivals
from core.services.desk import Desk
from core.services.placing import Placing


def write(
    desk: Desk, arrivals: Arrivals, ticket: TicketRow, message: MessageRow, placed: Placing, at: datetime
) -> int:
    """Make a kept letter the agent's note, or their answer where the client got it too; returns the event's id.

    An answer hands the ball over as one from the console does, and whoever answers what nobody has accepted accepts
    it, unless it belongs to another group than theirs. Where the ticket's process lets nobody answer any more it is a
    note.
    """
    session, agent_id = arrivals.session, placed.agent_id or 0
    message.kind, message.agent_id = "note", agent_id
    process = rules.process_of(session, ticket)
    if not placed.said_to_client or process.after(ticket.status, Act.REPLY, owned=True) is None:
        return events.record(
            session, ticket, Actor.agent(agent_id), "noted", at, data={"message": message.id}, guard=True
        )
    message.kind = "reply"
    message.recipients = [
        [header, address, name]
        for header, address, name in message.recipients
        if header != "reply-to" and not desk.is_ours(address)
    ]
    was, before = life.snapshot(ticket), ticket.status
    tickets.keep_owner_if_here(session, ticket)
    if (ticket.kind == Status.NEW or ticket.owner_id is None) and _may_act(session, ticket, agent_id):
        life.own(ticket, agent_id, at)
    ticket.replied_at, ticket.thanks = at, False
    life.follow(session, ticket, Act.REPLY, at)
    data = {"from": before, "to": ticket.status, "message": message.id, "was": was, "by_mail": True}
    return events.record(session, ticket, Actor.agent(agent_id), "replied", at, data=data, guard=True)


def _may_act(session: Session, ticket: TicketRow, agent_id: int) -> bool:
    return permissions.may_act(viewer_of(session, Actor.agent(agent_id)), facts_of(session, ticket))


def preface(
    arrivals: Arrivals,
    ticket: TicketRow,
    placed: Placing,
    raw_sha256: str,
    content_hash: str,
    dmarc: str,
    at: datetime,
) -> int:
    """What an agent wrote above the letter that they passed on, as their note; returns the event's id.

    The note bears the Message-ID, so that the same forward by another way is recognised.
    """
    letter, agent_id = placed.passed_on or placed.letter, placed.agent_id or 0
    note = MessageRow(
        ticket_id=ticket.id or 0, kind="note", agent_id=agent_id, subject=letter.subject,
        body=letter.preface or _("Passed on by mail, without a word."), rfc_id=letter.message_id or None,
        raw_sha256=raw_sha256, content_hash=content_hash, created_at=at, sent_at=letter.date,
        dmarc=dmarc,
    )  # fmt: skip
    arrivals.add_message(note)
    return events.record(
        arrivals.session, ticket, Actor.agent(agent_id), "noted", at, data={"message": note.id}, guard=True
    )
