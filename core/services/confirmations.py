"""The letter that tells a client: we have your request. Never to a machine, never without end."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from core.db.arrivals import number
from core.db.tables import MessageRow, TicketRow
from core.domain.joining import tagged
from core.domain.tokens import message_id
from core.i18n import N_, choose, translations
from core.services import breaker, events, replies
from core.services.access import BRIDGE
from core.services.desk import Desk

Reason = Literal["", "off", "address", "limits"]
"""Why a confirmation is withheld: the mailbox sends none, the sender has no address of theirs to which anything could
go, or has had too many."""

TEXT = N_(
    "Hello!\n\nWe have received your request and given it the number {number}. "
    "We will answer as soon as we can.\n\nTo add something, just reply to this letter.\n\n{desk}"
)


def words(desk: Desk, mailbox: str, language: str, ticket_id: int) -> str:
    """What a confirmation says, in the client's language or else the desk's."""
    box = desk.mailbox(mailbox)
    sender = (box.name if box else "") or desk.settings.desk.name
    catalogue = translations(language or choose(desk.settings.desk.language))
    return catalogue.gettext(TEXT).format(number=f"GLZ-{ticket_id}", desk=sender)


def withheld(desk: Desk, session: Session, mailbox_key: str, address: str, at: datetime) -> Reason:
    """Why nothing that opens a ticket is confirmed to an address; empty where it is."""
    mailbox = desk.mailbox(mailbox_key)
    if mailbox is None or not mailbox.confirm:
        return "off"
    if not replies.is_address(address) or desk.is_ours(address):
        return "address"
    return "" if breaker.lets(session, address, at) else "limits"


def confirm(
    desk: Desk, session: Session, ticket: TicketRow, letter: MessageRow, address: str, at: datetime
) -> MessageRow | None:
    """Queue a confirmation, unless it is `withheld`; it moves no ball."""
    mailbox = desk.mailbox(ticket.mailbox)
    reason = withheld(desk, session, ticket.mailbox, address, at)
    if reason == "limits":
        breaker.trip(session, ticket, address, at)
    if mailbox is None or reason:
        return None
    message = MessageRow(
        ticket_id=ticket.id or 0,
        kind="confirmation",
        subject=tagged(f"Re: {replies.without_re(ticket.subject)}", ticket.id or 0),
        body=words(desk, ticket.mailbox, ticket.language, ticket.id or 0),
        recipients=[["to", address, ""]],
        rfc_id=message_id(
            desk.secret, ticket.id or 0, secrets.token_hex(6), mailbox.address.rpartition("@")[2]
        ),
        in_reply_to=letter.rfc_id or "",
        references=letter.rfc_id or "",
        created_at=at,
    )
    session.add(message)
    if not number(session, message):
        session.flush()
    replies.queue(session, ticket, message, at)
    events.record(session, ticket, BRIDGE, "confirmed", at, data={"message": message.id})
    return message
