"""Words of ours: replies that go to the client, and notes that stay."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import now
from core.db import people
from core.db import tickets as db
from core.db.arrivals import number
from core.db.tables import (
    AddressRow,
    AgentRow,
    AttachmentRow,
    EventRow,
    MessageRow,
    OutboxRecipientRow,
    OutboxRow,
    TicketRow,
)
from core.domain.domains import readable
from core.domain.joining import tagged
from core.domain.letters import MAX_REFERENCES_SENT, Mailaddr, no_sender
from core.domain.tickets import Act, SendGuard, Status, next_status
from core.domain.tokens import message_id
from core.errors import BadInput, ConfigError, SendGuardHeld
from core.i18n import _
from core.services import contacts, events, life, mentions, rules, tickets
from core.services.access import Actor, check_may_act, require_agent, ticket_for
from core.services.desk import Desk
from core.services.models.conversation import Recipient
from core.services.models.outcomes import Sent
from core.text import well_formed

_ADDRESS = re.compile(r"[^@\s,;<>\"\x00-\x1f\x7f\ud800-\udfff]+@[^@\s,;<>\"\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes out with a reply."""

    name: str
    content_type: str
    content: bytes


def reply(
    desk: Desk,
    actor: Actor,
    ticket_id: int,
    text: str,
    seen: int,
    *,
    to: Sequence[Mailaddr] = (),
    cc: Sequence[Mailaddr] = (),
    enclosures: Sequence[Enclosure] = (),
    solve: bool = False,
    hold: float = 0,
    op_id: str | None = None,
) -> Sent:
    """Queue an answer to the client: the ball goes over, and who answers an unaccepted ticket accepts it.

    `seen` is the last event of the ticket that the author had seen. Without `to` it goes to whoever wrote
    last, with the other participants in copy. It leaves in `hold` seconds: until then `undo` takes it back.
    Raises SendGuardHeld where something public or a note came after `seen`; nothing is sent then. Raises
    BadInput for an empty text and for a `seen` that is yet to come, ConfigError where no mailbox is
    configured.
    """
    agent_id = require_agent(actor)
    text = words_of(text)
    stored = [(file, desk.blobs.put(file.content)) for file in enclosures]
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        earlier = events.done_before(session, op_id, "replied", ticket_id)
        if earlier is not None:
            return as_sent(session, ticket, earlier)
        check_may_act(viewer, ticket)
        _check_guard(ticket, seen)
        at, was = now(), life.snapshot(ticket)
        if rules.process_of(session, ticket).after(ticket.status, Act.REPLY, owned=True) is None:
            raise tickets.not_allowed(session, ticket, Act.REPLY)
        claimed = _claim(session, actor, agent_id, ticket, at)
        message, joined = letter_to_client(desk, session, ticket, agent_id, text, to, cc, at)
        _enclose(session, message, stored)
        outbox = queue(session, ticket, message, at, timedelta(seconds=hold))
        before, ticket.replied_at, ticket.thanks = ticket.status, at, False
        life.follow(session, ticket, Act.REPLY, at)
        if solve:
            life.follow(session, ticket, Act.SOLVE, at)
        event = events.record(
            session, ticket, actor, "replied", at, guard=True, op_id=op_id,
            data={
                "from": before, "to": ticket.status, "message": message.id, "was": was, "owner": ticket.owner_id,
                "claimed": claimed, "joined": joined,
            },
        )  # fmt: skip
        db.mark_seen(session, agent_id, ticket_id, event)
        db.drop_draft(session, agent_id, ticket_id, "reply")
        return Sent(ticket_id, message.id or 0, event, ticket.status, outbox.id)


def _claim(session: Session, actor: Actor, agent_id: int, ticket: TicketRow, at: datetime) -> int | None:
    """Who answers what nobody who is here owns accepts it; returns that event, None where none was needed."""
    last = ticket.last_event
    if ticket.kind == Status.NEW:
        tickets.claim(session, actor, agent_id, ticket, at)
    tickets.keep_owner_if_here(session, ticket)
    if ticket.owner_id is None:
        tickets.take_over(session, actor, agent_id, ticket, at)
    return ticket.last_event if ticket.last_event != last else None


def _enclose(session: Session, message: MessageRow, stored: Sequence[tuple[Enclosure, str]]) -> None:
    """Files with their hashes, which are in the blob store."""
    for file, sha256 in stored:
        session.add(
            AttachmentRow(
                message_id=message.id or 0, name=well_formed(file.name), content_type=file.content_type,
                size=len(file.content), sha256=sha256,
            )
        )  # fmt: skip


def note(desk: Desk, actor: Actor, ticket_id: int, text: str, *, op_id: str | None = None) -> Sent:
    """Write something that only the staff sees. It moves nothing.

    Colleagues whom it names as @login are told, and see the ticket from then on; the result says who of them did
    not see it before, and who has left.
    """
    agent_id = require_agent(actor)
    text = words_of(text)
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        earlier = events.done_before(session, op_id, "noted", ticket_id)
        if earlier is not None:
            return as_sent(session, ticket, earlier)
        if next_status(Status(ticket.kind), Act.NOTE, owned=ticket.owner_id is not None) is None:
            raise tickets.not_allowed(session, ticket, Act.NOTE)
        at = now()
        message = MessageRow(ticket_id=ticket_id, kind="note", agent_id=agent_id, body=text, created_at=at)
        session.add(message)
        session.flush()
        event = events.record(
            session, ticket, actor, "noted", at, data={"message": message.id}, guard=True, op_id=op_id
        )
        outsiders = mentions.tell(session, ticket, agent_id, text, event, at)
        db.mark_seen(session, agent_id, ticket_id, event)
        db.drop_draft(session, agent_id, ticket_id, "note")
        gone = mentions.gone(session, text)
        return Sent(
            ticket_id, message.id or 0, event, ticket.status, mentioned_outside=outsiders, mentioned_gone=gone
        )


def default_recipients(desk: Desk, session: Session, ticket: TicketRow) -> list[Recipient]:
    """Where an answer goes: to whoever wrote last (where their letter asked to be answered), the others in
    copy."""
    clients = people.participants(session, ticket.id or 0)
    names = people.names_of_contacts(session, {address.contact_id for address, _requester in clients})
    last = db.last_inbound(session, ticket.id or 0)
    first: list[Recipient] = []
    writer: int | None = None
    if last is not None:
        writer = last.address_id
        asked = [
            Recipient("to", addr, name)
            for header, addr, name in last.recipients
            if header == "reply-to" and answerable(desk, addr)
        ]
        author = session.get(AddressRow, last.address_id) if last.address_id else None
        known = author is not None and answerable(desk, author.email)
        first = asked or ([Recipient("to", author.email, last.sender_name)] if author and known else [])
    others = [
        Recipient("cc" if first else "to", address.email, names.get(address.contact_id, ""))
        for address, _requester in clients
        if address.id != writer and answerable(desk, address.email)
    ]
    taken = {recipient.address.lower() for recipient in first}
    kept = [recipient for recipient in others if recipient.address.lower() not in taken]
    return first + kept if first else [*kept[:1], *(Recipient("cc", r.address, r.name) for r in kept[1:])]


def queue(
    session: Session, ticket: TicketRow, message: MessageRow, at: datetime, hold: timedelta = timedelta()
) -> OutboxRow:
    """Put a message into the outbox: due after `hold`, one row per recipient."""
    row = OutboxRow(message_id=message.id or 0, mailbox=ticket.mailbox, due_at=at + hold, created_at=at)
    session.add(row)
    if not number(session, row):
        session.flush()
    for address in dict.fromkeys(address.lower() for _header, address, _name in message.recipients):
        session.add(OutboxRecipientRow(outbox_id=row.id or 0, email=address))
    return row


def is_address(address: str) -> bool:
    """Whether something could be an address to write to."""
    return _ADDRESS.fullmatch(address) is not None


def answerable(desk: Desk, address: str) -> bool:
    """Whether an answer may go to an address by itself: it is one, not ours, and not the name under which a letter
    without a sender is filed."""
    nobody = {no_sender(key) for key in desk.settings.mailboxes}
    return is_address(address) and not desk.is_ours(address) and address.lower() not in nobody


def check_address(address: str) -> None:
    """Raises BadInput for what cannot be an address."""
    if not is_address(address):
        raise BadInput(
            _("{address} is not an e-mail address.").format(address=address or "—"),
            hint=_("Write it as name@example.com."),
        )


def letter_to_client(
    desk: Desk,
    session: Session,
    ticket: TicketRow,
    agent_id: int,
    text: str,
    to: Sequence[Mailaddr],
    cc: Sequence[Mailaddr],
    at: datetime,
) -> tuple[MessageRow, list[int]]:
    """A letter of ours on a ticket, written down, and the ids of the addresses that take part by it; without `to` it
    goes where answers go. Queue it to have it sent.

    Raises ConfigError where no mailbox is configured, BadInput for what is no address and where nobody is left to
    write to.
    """
    mailbox = desk.mailbox(ticket.mailbox)
    if mailbox is None:
        raise ConfigError(
            _("No mailbox is configured, so nothing can be sent."),
            hint=_("Write one into the configuration, under [mailboxes.NAME]."),
        )
    for address in (*to, *cc):
        check_address(address.addr)
    recipients = [["to", readable(a.addr), well_formed(a.name)] for a in to]
    if not to:
        recipients = [[r.header, r.address, r.name] for r in default_recipients(desk, session, ticket)]
    recipients += [["cc", readable(a.addr), well_formed(a.name)] for a in cc]
    # Whoever is written to may answer: theirs is the client's word then, not a stranger's.
    joined = contacts.take_part(
        session, ticket, (one for one in (*to, *cc) if answerable(desk, one.addr)), at
    )
    if not recipients:
        raise BadInput(
            _("Ticket {id} has no client whose address is known.").format(id=ticket.id),
            hint=_("Name an address with --to."),
        )
    last = db.last_inbound(session, ticket.id or 0)
    agent = session.get(AgentRow, agent_id)
    answering = "Re: " if last else ""
    message = MessageRow(
        ticket_id=ticket.id or 0,
        kind="reply",
        agent_id=agent_id,
        sender_name=agent.name if agent else "",
        subject=tagged(answering + without_re(ticket.subject), ticket.id or 0),
        body=text,
        recipients=recipients,
        rfc_id=message_id(
            desk.secret, ticket.id or 0, secrets.token_hex(6), mailbox.address.rpartition("@")[2]
        ),
        in_reply_to=(last.rfc_id or "") if last else "",
        references=_thread(last),
        created_at=at,
    )
    session.add(message)
    session.flush()
    return message, joined


def _thread(last: MessageRow | None) -> str:
    """Message-IDs of the letters before an answer, the newest ones."""
    if last is None or not last.rfc_id:
        return ""
    return " ".join(f"{last.references} {last.rfc_id}".split()[-MAX_REFERENCES_SENT:])


def without_re(subject: str) -> str:
    """A subject without what mail programs put before it when they answer."""
    return re.sub(
        r"^(?:\s*(?:re|aw|sv|antw|отв|ответ)\s*(?:\[\d+\])?:\s*)+", "", subject, flags=re.IGNORECASE
    )


def _check_guard(ticket: TicketRow, seen: int) -> None:
    tickets.check_seen(ticket, seen)
    guard = SendGuard(ticket.guard_event, seen)
    if guard.holds:
        raise SendGuardHeld(
            _("Something new came to ticket {id} while you were writing; nothing was sent.").format(
                id=ticket.id
            ),
            latest=guard.latest,
            hint=_("Read it, then send with --seen {event}.").format(event=guard.latest),
        )


def words_of(text: str) -> str:
    """An agent's text as it is kept: line ends and what no letter can carry put right. Raises BadInput for none."""
    text = well_formed(text).replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    if not text.strip():
        raise BadInput(_("The text is empty."), hint=_("Write something, then send it."))
    return text


def as_sent(session: Session, ticket: TicketRow, event: EventRow) -> Sent:
    """What a command did that was run before with the same idempotency key."""
    message = int(event.data.get("message", 0))
    outbox = db.outbox_of(session, [message]).get(message)
    return Sent(ticket.id or 0, message, event.id or 0, ticket.status, outbox[0].id if outbox else None)
