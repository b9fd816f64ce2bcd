"""How the delivery of a letter of ours ended: for the client, or only for those who had a copy."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from core.db import mail as db
from core.db import people
from core.db.tables import MessageRow, OutboxRow, TicketRow
from core.domain.tickets import Act
from core.services import events, life, notices
from core.services.access import BRIDGE


def are_copies(session: Session, message: MessageRow, emails: Collection[str]) -> bool:
    """Whether a letter of ours went to all of these addresses as a copy alone: none stood in To, none is the
    requester's own. False where there are none."""
    own = {address.lower() for header, address, _name in message.recipients if header == "to"}
    own |= {address.email for address, asked in people.participants(session, message.ticket_id) if asked}
    return bool(emails) and own.isdisjoint(emails)


def missed_copies_only(session: Session, row: OutboxRow, message: MessageRow) -> bool:
    """Whether the client has a letter that did not reach everybody."""
    missed = {one.email for one in db.recipients_of(session, row.id or 0) if one.state != "sent"}
    return are_copies(session, message, missed)


def tell(session: Session, row: OutboxRow, at: datetime) -> None:
    """Write the event of a delivery's end. A reply that the client did not get brings the ball back; whoever has the
    ticket is told of it, and of a copy that was lost."""
    if row.message_id is None:
        return  # a letter to the staff: its state stands in the outbox, it moves no ticket
    message = session.get_one(MessageRow, row.message_id)
    ticket = session.get_one(TicketRow, message.ticket_id)
    if row.state == "sent":
        message.sent_at = at
    before, failed_reply = ticket.status, row.state in ("failed", "unknown") and message.kind == "reply"
    copies = failed_reply and missed_copies_only(session, row, message)
    if failed_reply and not copies:
        life.follow(session, ticket, Act.DELIVERY_FAILED, at)
    data = {"message": message.id, "state": row.state, "from": before, "to": ticket.status}
    data["reached"] = sum(one.state == "sent" for one in db.recipients_of(session, row.id or 0))
    event = events.record(session, ticket, BRIDGE, "delivery", at, data=data)
    if failed_reply:
        notices.undelivered(session, ticket, message.id, event, at, copies=copies)
