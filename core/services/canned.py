"""Canned letters to clients: the one gate through which what a scenario writes has to go."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from core.db import people
from core.db import tickets as db
from core.db.tables import EventRow, MessageRow, TicketRow
from core.domain.joining import tagged
from core.domain.letters import LetterKind
from core.domain.tickets import OPEN, Status
from core.domain.tokens import message_id
from core.errors import Conflict
from core.i18n import _
from core.names import status_word
from core.services import breaker, replies, rules, words
from core.services.desk import desk_of

STALE = timedelta(hours=1)
"""What happened longer ago, while no robot ran, is answered by no letter any more."""


class Withheld(Conflict):
    """The letter is not sent, and that is right so: nobody has to mend anything."""


def send(session: Session, ticket: TicketRow, text: str, at: datetime, happened: EventRow | None) -> int:
    """Queue a letter to the client of a ticket; returns the message's id. It is automatic: it moves no ball.

    `happened` is what it answers; None where a clock came due. Raises Withheld for what machines wrote, what happened
    too long ago, and what does not hold any more; Conflict where there is nowhere to send to, and at the limits
    against loops.
    """
    if _is_of_machine(session, ticket, happened):
        raise Withheld(_("It was written by a machine, and machines are not answered."))
    if happened is not None:
        _check_time(session, ticket, happened, at)
    desk = desk_of(session)
    mailbox, last = desk.mailbox(ticket.mailbox), db.last_inbound(session, ticket.id or 0)
    clients = people.participants(session, ticket.id or 0)
    address = clients[0][0].email if clients else ""
    if mailbox is None or not replies.answerable(desk, address):
        raise Conflict(_("There is no address to which to write, or no mailbox to write from."))
    if not breaker.lets(session, address, at, ticket.id):
        breaker.trip(session, ticket, address, at)
        raise Conflict(_("This client has got as many automatic letters as they may."))
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="confirmation", subject=tagged(f"Re: {ticket.subject}", ticket.id or 0),
        body=text, recipients=[["to", address, ""]],
        rfc_id=message_id(desk.secret, ticket.id or 0, secrets.token_hex(6), mailbox.address.rpartition("@")[2]),
        in_reply_to=(last.rfc_id or "") if last else "", references=(last.rfc_id or "") if last else "",
        created_at=at,
    )  # fmt: skip
    session.add(message)
    session.flush()
    replies.queue(session, ticket, message, at)
    return message.id or 0


def _is_of_machine(session: Session, ticket: TicketRow, happened: EventRow | None) -> bool:
    """Whether it would answer mail from machines (what bears our loop mark is filed as such too): the very letter that
    came, or a ticket on which nothing else was ever written."""
    brought = happened.data.get("message") if happened is not None else None
    came = session.get(MessageRow, int(brought)) if brought else None
    if came is not None and came.kind == "inbound":
        return came.letter_kind != LetterKind.LETTER
    return db.last_inbound(session, ticket.id or 0) is None and db.has_inbound(session, ticket.id or 0)


def _check_time(session: Session, ticket: TicketRow, happened: EventRow, at: datetime) -> None:
    if at - happened.at > STALE:
        raise Withheld(
            _("It happened {time} ago, while the robot was not running.").format(
                time=words.duration(timedelta(minutes=(at - happened.at) // timedelta(minutes=1)))
            )
        )
    became = str(happened.data.get("to", ticket.status))
    was_open = rules.process_of(session, ticket).kind_of(became) in OPEN
    if was_open != (Status(ticket.kind) in OPEN):
        status = status_word(ticket.status, desk_of(session).settings.statuses)
        raise Withheld(_("The ticket is {status} by now.").format(status=status))
    if happened.actor == "contact" and ticket.replied_at is not None and ticket.replied_at > happened.at:
        raise Withheld(_("The client was answered meanwhile."))
