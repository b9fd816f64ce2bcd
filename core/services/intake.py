"""A client's letter becomes a ticket, or joins one. Each letter of a batch succeeds or fails by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from core.clock import now
from core.db import arrivals as db
from core.db.tables import (
    AddressRow,
    AttachmentRow,
    LedgerRow,
    MessageRow,
    ParticipantRow,
    TicketRow,
)
from core.domain import joining
from core.domain.joining import Join, Voice
from core.domain.language import guess_language
from core.domain.letters import Letter, LetterKind, no_sender
from core.domain.reopening import reopens
from core.domain.routing import Facts, Routed, find_region, route
from core.domain.thanks import is_thanks
from core.domain.tickets import Act, Status, board_of
from core.domain.tokens import ticket_of_message_id
from core.errors import GlazokError
from core.i18n import _
from core.logs import get as get_log
from core.services import bounces, confirmations, events, life, rules, tickets
from core.services.access import BRIDGE, Actor
from core.services.arrivals import MAX_NAMED, Arrivals
from core.services.desk import Desk
from core.services.replies import is_address

MAX_ATTEMPTS = 3
"""After so many failed readings a letter becomes a visible ticket with its raw file."""

MAX_PARTICIPANTS = 40
"""People of the client's side, the requester included, beyond whom nobody in copy becomes a participant."""

_PLACING = (GlazokError, ValueError, TypeError, LookupError, RecursionError)
"""What a letter that cannot be placed raises."""

log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a letter."""

    ledger_id: int
    outcome: str
    """opened, joined, bounce, duplicate, own-copy, repeated (taken before), or failed."""
    ticket_id: int | None = None
    message_id: int | None = None
    group_id: int | None = None
    event_id: int = 0
    why: str = ""
    """How it was joined or routed; for a failure, what went wrong."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A letter whose attachments and HTML are in the blob store."""

    letter: Letter
    html_sha256: str | None
    content_hash: str


def take(desk: Desk, letters: Sequence[tuple[int, Letter]]) -> list[Taken]:
    """Put letters (by their ledger ids) on tickets, in one transaction; with a savepoint for each where one of
    them stumbles.

    A letter that fails is reported as `failed` and leaves no trace; the others stand. Taking a letter again
    changes nothing. Raises Unavailable where the database or the disk cannot be written: nothing happened
    then.
    """
    stored = [(ledger_id, _store(desk, letter)) for ledger_id, letter in letters]
    try:
        return _take_together(desk, stored)
    except _Stumbled:
        with desk.write() as session:
            db.choose_ids(session)
            return [_take_alone(desk, session, ledger_id, letter) for ledger_id, letter in stored]


def failed(desk: Desk, ledger_id: int, error: str) -> Taken | None:
    """Note a failed reading. After MAX_ATTEMPTS the letter becomes a quarantined ticket, which is
    returned."""
    with desk.write() as session:
        row = session.get(LedgerRow, ledger_id)
        if row is None or row.state != "stored":
            return None
        row.attempts += 1
        row.error = error[:500]
        if row.attempts < MAX_ATTEMPTS:
            return None
        return _quarantine(desk, session, row, error)


def _store(desk: Desk, letter: Letter) -> _Stored:
    for attachment in letter.attachments:
        desk.blobs.put(attachment.content)
    html = desk.blobs.put(letter.html.encode("utf-8", "replace")) if letter.html else None
    digest = hashlib.sha256()
    for part in (
        letter.from_addr.lower(),
        letter.subject,
        letter.body_text,
        *(a.sha256 for a in letter.attachments),
    ):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    light = replace(letter, attachments=tuple(replace(a, content=b"") for a in letter.attachments), html="")
    return _Stored(light, html, digest.hexdigest())


class _Stumbled(Exception):
    """A letter could not be placed: nothing of its batch is kept, and each is tried for itself."""


def _take_together(desk: Desk, letters: Sequence[tuple[int, _Stored]]) -> list[Taken]:
    """The fast way: no savepoints, and one look-up and one insert for all. Raises _Stumbled."""
    with desk.write() as session:
        db.choose_ids(session)
        try:
            arrivals = _arrivals(session, letters)
            taken = [_take_one(desk, arrivals, ledger_id, letter) for ledger_id, letter in letters]
            arrivals.write()
        except _PLACING as error:
            raise _Stumbled from error
        return taken


def _take_alone(desk: Desk, session: Session, ledger_id: int, stored: _Stored) -> Taken:
    try:
        with session.begin_nested():
            arrivals = _arrivals(session, [(ledger_id, stored)])
            taken = _take_one(desk, arrivals, ledger_id, stored)
            arrivals.write()
            return taken
    except _PLACING as error:
        # One letter that cannot be placed must not stop the others; it is tried again, then quarantined.
        log.warning("letter could not be placed", extra={"ledger": ledger_id, "error": type(error).__name__})
        return Taken(ledger_id, "failed", why=f"{type(error).__name__}: {error}"[:300])


def _arrivals(session: Session, letters: Sequence[tuple[int, _Stored]]) -> Arrivals:
    return Arrivals(
        session, [ledger_id for ledger_id, _ in letters], [stored.letter for _, stored in letters]
    )


def _take_one(desk: Desk, arrivals: Arrivals, ledger_id: int, stored: _Stored) -> Taken:
    row = arrivals.ledger.get(ledger_id)
    if row is None or row.state != "stored":
        return Taken(ledger_id, "repeated", row.ticket_id if row else None, row.message_id if row else None)
    taken = _place(desk, arrivals, row, stored)
    row.state, row.outcome = "done", taken.outcome
    row.ticket_id, row.message_id = taken.ticket_id, taken.message_id
    return taken


def _place(desk: Desk, arrivals: Arrivals, row: LedgerRow, stored: _Stored) -> Taken:
    letter, at = stored.letter, now()
    ledger_id = row.id or 0
    same = arrivals.messages([letter.message_id] if letter.message_id else [])
    for message in same.get(letter.message_id, []):
        ours = letter.loop or desk.is_ours(letter.from_addr)
        if message.kind != "inbound" and ours and ticket_of_message_id(desk.secret, letter.message_id):
            return Taken(ledger_id, "own-copy", message.ticket_id, message.id)
        if message.content_hash == stored.content_hash:
            return Taken(ledger_id, "duplicate", message.ticket_id, message.id)
    joined = _join(desk, arrivals, letter)
    if letter.kind is LetterKind.BOUNCE:
        arrivals.write()
        bounced = bounces.find(desk, arrivals.session, letter)
        ticket = arrivals.tickets.get(bounced.ticket_id) if bounced is not None else None
        if bounced is not None and ticket is not None:
            message = _keep(arrivals, row, stored, ticket, None, at)
            event = bounces.mark(arrivals.session, ticket, bounced, letter, message.id or 0, at)
            return Taken(ledger_id, "bounce", ticket.id, message.id, ticket.group_id, event)
    found = _open_one(arrivals, joined, letter.kind, at) or _staff_writes_on(arrivals, joined, letter)
    if found is None:
        return _open(desk, arrivals, row, stored, joined.ticket_id, at)
    return _answer(desk, arrivals, row, stored, found, joined.by, at)


def _join(desk: Desk, arrivals: Arrivals, letter: Letter) -> Join:
    signed = joining.signed_ticket(desk.secret, letter)
    if signed is not None and (signed.ticket_id is None or arrivals.tickets.get(signed.ticket_id) is None):
        signed = None
    references = joining.referenced_ids(letter)
    found = arrivals.messages(references)
    known = {rfc_id: _whose(arrivals, rows, letter.from_addr) for rfc_id, rows in found.items()}
    tags = joining.subject_tags(letter.subject)
    theirs = [tag for tag in tags if _takes_part(arrivals, tag, letter.from_addr)]
    return joining.join(signed, references, known, next(iter(theirs), None), theirs)


def _whose(arrivals: Arrivals, rows: Sequence[MessageRow], email: str) -> int:
    """The ticket of a Message-ID; of one that was used again, the ticket where the sender takes part, else the
    oldest."""
    tickets_of_id = list(dict.fromkeys(row.ticket_id for row in rows))
    if len(tickets_of_id) == 1:
        return tickets_of_id[0]
    return next((one for one in tickets_of_id if _takes_part(arrivals, one, email)), tickets_of_id[0])


def _takes_part(arrivals: Arrivals, ticket_id: int, email: str) -> bool:
    return arrivals.address_of(email) is not None and email.lower() in arrivals.participants(ticket_id)


def _open_one(arrivals: Arrivals, joined: Join, kind: LetterKind, at: datetime) -> TicketRow | None:
    """The ticket that a letter joins; None where a new one must be opened, linked to what it would have
    joined.

    What machines write is kept where it belongs, however the ticket ended.
    """
    ticket = arrivals.tickets.get(joined.ticket_id) if joined.ticket_id else None
    if ticket is None or kind is not LetterKind.LETTER:
        return ticket
    if ticket.kind == Status.DELETED:
        return None
    if ticket.kind == Status.CLOSED and not reopens(
        rules.reopening_of(arrivals.session, ticket, ticket.channel), ticket.closed_at, at
    ):
        return None
    return ticket


def _staff_writes_on(arrivals: Arrivals, joined: Join, letter: Letter) -> TicketRow | None:
    """A closed ticket on which one of the staff writes: a note stays there, and opens nothing in their name."""
    ticket = arrivals.tickets.get(joined.ticket_id) if joined.ticket_id else None
    if ticket is None or ticket.kind == Status.DELETED:
        return None
    staff, present = arrivals.staff([letter.from_addr.lower()]), arrivals.participants(ticket.id or 0)
    return ticket if joining.voice_of(letter.from_addr, set(present), staff) is Voice.AGENT else None


def _answer(
    desk: Desk, arrivals: Arrivals, row: LedgerRow, stored: _Stored, ticket: TicketRow, by: str, at: datetime
) -> Taken:
    """A letter joins an open, solved or just closed ticket, and moves its ball where the client speaks."""
    letter, session = stored.letter, arrivals.session
    staff = arrivals.staff([letter.from_addr.lower()])
    voice = joining.voice_of(letter.from_addr, set(arrivals.participants(ticket.id or 0)), staff)
    agent_id = staff.get(letter.from_addr.lower()) if voice is Voice.AGENT else None
    address = None
    if letter.from_addr and agent_id is None:
        address = arrivals.address_for(letter.from_addr, letter.from_name, at)
    message = _keep(arrivals, row, stored, ticket, address, at)
    data = {"message": message.id, "by": by, "from": ticket.status}
    actor = Actor("contact", address.contact_id) if address else BRIDGE
    if letter.kind is not LetterKind.LETTER:
        message.private = voice is Voice.STRANGER
        event = events.record(session, ticket, actor, "automatic", at, data={**data, "to": ticket.status})
    elif agent_id is not None:
        message.kind, message.agent_id = "note", agent_id
        event = events.record(
            session, ticket, Actor.agent(agent_id), "noted", at, data={"message": message.id}, guard=True
        )
    else:
        message.private = voice is Voice.STRANGER
        if voice is Voice.CLIENT:
            _add_copies(desk, arrivals, ticket, letter, at)
        _move_by_client(session, ticket, at)
        ticket.thanks = voice is Voice.CLIENT and _only_thanks(letter)
        if ticket.thanks:
            data["thanks"] = True
        kind = "new_voice" if message.private else "client_wrote"
        event = events.record(
            session, ticket, actor, kind, at, data={**data, "to": ticket.status}, guard=True
        )
    return Taken(row.id or 0, "joined", ticket.id, message.id, ticket.group_id, event, by)


def _only_thanks(letter: Letter) -> bool:
    """A file says something of its own, and of a damaged letter nobody knows what it said."""
    return not letter.attachments and not letter.error and is_thanks(letter.reply_text)


def _move_by_client(session: Session, ticket: TicketRow, at: datetime) -> None:
    before = Status(ticket.kind)
    if before in (Status.SOLVED, Status.CLOSED):
        tickets.keep_owner_if_here(session, ticket)
    life.follow(session, ticket, Act.REOPEN if before is Status.CLOSED else Act.CLIENT_WROTE, at)


def _open(
    desk: Desk, arrivals: Arrivals, row: LedgerRow, stored: _Stored, previous: int | None, at: datetime
) -> Taken:
    letter, session = stored.letter, arrivals.session
    address = arrivals.address_for(letter.from_addr or no_sender(row.mailbox), letter.from_name, at)
    contact = arrivals.contacts.get(address.contact_id)
    assert contact is not None
    settings = desk.settings
    region = find_region(settings.routing_regions(), given="", text=letter.reply_text, known=contact.region)
    facts = Facts(
        region=region, recipients=joining.recipients_of(letter), sender=letter.from_addr,
        headers=letter.headers,
        subject=letter.subject, body=letter.body_text, channel="mail", mailbox=row.mailbox,
    )  # fmt: skip
    routed = route(settings.routing_rules(), facts, settings.desk.default_group)
    language = routed.language or contact.language or guess_language(f"{letter.subject}\n{letter.reply_text}")
    contact.region, contact.language = region, contact.language or language
    ticket = _new_ticket(arrivals, row, letter, routed, at)
    ticket.contact_id, ticket.region, ticket.language = contact.id, region, language
    life.found(desk, ticket, Status.NEW, routed.template or contact.template)
    if routed.template or routed.priority not in ("", "normal"):
        ticket.priority = routed.priority or ticket.priority
    ticket.previous_id = previous or arrivals.newest.get(contact.id or 0)
    arrivals.add_ticket(ticket)
    session.add(ParticipantRow(ticket_id=ticket.id or 0, address_id=address.id or 0, requester=True))
    arrivals.participants(ticket.id or 0)[address.email] = address.id or 0
    _add_copies(desk, arrivals, ticket, letter, at)
    message = _keep(arrivals, row, stored, ticket, address, at)
    data = {
        "to": ticket.status, "group": ticket.group_id, "rule": routed.rule, "message": message.id,
        "previous": ticket.previous_id, "damaged": bool(letter.error),
    }  # fmt: skip
    event = events.record(
        session, ticket, Actor.contact(contact.id or 0), "opened", at, data=data, guard=True
    )
    if letter.kind is LetterKind.LETTER and not letter.loop:
        confirmations.confirm(desk, session, ticket, message, letter.from_addr, at)
    why = f"{routed.rule}: {routed.why}" if routed.why else routed.rule
    return Taken(row.id or 0, "opened", ticket.id, message.id, ticket.group_id, event, why)


def _new_ticket(
    arrivals: Arrivals, row: LedgerRow, letter: Letter, routed: Routed, at: datetime
) -> TicketRow:
    group = arrivals.groups.get(routed.group)
    if group is None or group.id is None:
        raise GlazokError(_("The group {key} is not in the database yet.").format(key=routed.group))
    subject = " ".join(letter.subject.split())[:500]
    return TicketRow(
        subject=subject or _("(no subject)"), status=Status.NEW, board=board_of(Status.NEW),
        group_id=group.id,
        channel="mail", mailbox=row.mailbox, priority=routed.priority or "normal", rule=routed.rule,
        why=routed.why,
        created_at=at, since=at, status_since=at,
    )  # fmt: skip


def _keep(
    arrivals: Arrivals,
    row: LedgerRow,
    stored: _Stored,
    ticket: TicketRow,
    address: AddressRow | None,
    at: datetime,
) -> MessageRow:
    letter = stored.letter
    # Where the answer is to go stands first: a crowd of recipients must not push it out.
    listed = (("reply-to", letter.reply_to), ("to", letter.to), ("cc", letter.cc))
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="inbound", letter_kind=letter.kind, address_id=address.id if address
        else None,
        sender_name=letter.from_name or letter.from_addr, subject=letter.subject, body=letter.reply_text,
        quote=letter.quote_text, recipients=[[h, a.addr, a.name] for h, addresses in listed for a in
        addresses][:MAX_NAMED],
        rfc_id=letter.message_id or None, in_reply_to=" ".join(letter.in_reply_to[:3]),
        references=" ".join(letter.references[-joining.MAX_REFERENCES :]), raw_sha256=row.sha256,
        html_sha256=stored.html_sha256, content_hash=stored.content_hash, created_at=at, sent_at=letter.date,
    )  # fmt: skip
    arrivals.add_message(message)
    for file in letter.attachments:
        arrivals.add(
            AttachmentRow(
                message_id=message.id or 0, name=file.name, content_type=file.content_type, size=file.size,
                sha256=file.sha256, inline=file.inline,
            )
        )  # fmt: skip
    if letter.error:
        _attach_raw(arrivals, message, row)
    return message


def _attach_raw(arrivals: Arrivals, message: MessageRow, row: LedgerRow) -> None:
    arrivals.add(
        AttachmentRow(
            message_id=message.id or 0, name="letter.eml", content_type="message/rfc822", size=row.size,
            sha256=row.sha256,
        )
    )  # fmt: skip


def _add_copies(desk: Desk, arrivals: Arrivals, ticket: TicketRow, letter: Letter, at: datetime) -> None:
    """People in To and Cc become participants: neither ourselves, nor staff, and no more than
    MAX_PARTICIPANTS."""
    named = (*letter.to, *letter.cc)[:MAX_NAMED]
    wanted = {a.addr.lower(): a.name for a in named if is_address(a.addr) and not desk.is_ours(a.addr)}
    if not wanted:
        return
    staff, present = arrivals.staff(wanted), arrivals.participants(ticket.id or 0)
    for email, name in wanted.items():
        if len(present) >= MAX_PARTICIPANTS:
            break
        if email in staff or email in present:
            continue
        address = arrivals.address_for(email, name, at)
        arrivals.session.add(ParticipantRow(ticket_id=ticket.id or 0, address_id=address.id or 0))
        present[email] = address.id or 0


def _quarantine(desk: Desk, session: Session, row: LedgerRow, error: str) -> Taken:
    at = now()
    db.choose_ids(session)
    arrivals = Arrivals(session, (), ())
    letter = Letter(subject=_("A letter that could not be read"), error=error)
    ticket = _new_ticket(
        arrivals, row, letter, Routed(desk.settings.desk.default_group, "quarantine", ""), at
    )
    arrivals.add_ticket(ticket)
    body = _("This letter could not be read; its raw file is attached. Reason: {error}").format(error=error)
    message = MessageRow(
        ticket_id=ticket.id or 0,
        kind="inbound",
        letter_kind="automatic",
        body=body,
        raw_sha256=row.sha256,
        created_at=at,
    )
    arrivals.add_message(message)
    _attach_raw(arrivals, message, row)
    event = events.record(
        session, ticket, BRIDGE, "opened", at,
        data={"to": ticket.status, "group": ticket.group_id, "rule": "quarantine", "message": message.id},
        guard=True,
    )  # fmt: skip
    row.state, row.outcome, row.ticket_id, row.message_id = (
        "quarantined",
        "quarantined",
        ticket.id,
        message.id,
    )
    return Taken(row.id or 0, "quarantined", ticket.id, message.id, ticket.group_id, event, error)
