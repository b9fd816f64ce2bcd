"""A letter that has its place is written there: the message, its files, the ball, the event. Decides nothing about
where; `core.services.placing` does."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from core.clock import now
from core.db import arrivals as db
from core.db.tables import AddressRow, AttachmentRow, LedgerRow, MessageRow, TicketRow
from core.domain import joining
from core.domain.authentication import Proof
from core.domain.joining import Voice
from core.domain.letters import Letter, LetterKind, no_sender
from core.domain.routing import Routed
from core.domain.thanks import is_thanks
from core.domain.tickets import Status, board_of
from core.errors import GlazokError
from core.i18n import _
from core.services import bounces, confirmations, contacts, events, life, notices, placing, staff_letters
from core.services.access import BRIDGE, Actor
from core.services.arrivals import MAX_NAMED, Arrivals
from core.services.desk import Desk
from core.services.placing import NOBODYS, Placing
from core.services.replies import is_address
from core.services.stored_letters import Stored, body_sha256, content_hash
from core.services.tags import on_new as tags_of_new

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a letter."""

    ledger_id: int
    outcome: str
    """opened, joined, bounce, duplicate, own-copy, notice, repeated (taken before), or failed."""
    ticket_id: int | None = None
    message_id: int | None = None
    group_id: int | None = None
    event_id: int = 0
    why: str = ""
    """How it was joined or routed; for a failure, what went wrong."""


def file(desk: Desk, arrivals: Arrivals, row: LedgerRow, stored: Stored) -> Taken:
    """Decide where a letter belongs, and put it there."""
    at = now()
    placed = placing.place(desk, arrivals, stored.letter, row.mailbox, stored.content_hash, at)
    if placed.letter is not stored.letter:
        stored = replace(stored, letter=placed.letter)
    match placed.outcome:
        case "own-copy" | "duplicate":
            assert placed.copy_of is not None
            return Taken(row.id or 0, placed.outcome, placed.copy_of.ticket_id, placed.copy_of.id)
        case "notice":
            return Taken(row.id or 0, "notice")
        case "bounce":
            return _mark_bounce(arrivals, row, stored, placed, at)
        case "joined":
            return _answer(desk, arrivals, row, stored, placed, at)
        case "opened":
            return _open(desk, arrivals, row, stored, placed, at)


def _mark_bounce(arrivals: Arrivals, row: LedgerRow, stored: Stored, placed: Placing, at: datetime) -> Taken:
    ticket, bounced = placed.ticket, placed.bounced
    assert ticket is not None
    assert bounced is not None
    message = _keep(arrivals, row, stored, ticket, None, at, placed)
    event = bounces.mark(arrivals.session, ticket, bounced, stored.letter, message.id or 0, at)
    return Taken(row.id or 0, "bounce", ticket.id, message.id, ticket.group_id, event)


def _answer(
    desk: Desk, arrivals: Arrivals, row: LedgerRow, stored: Stored, placed: Placing, at: datetime
) -> Taken:
    """A letter joins an open, solved or just closed ticket, and moves its ball where the client speaks."""
    letter, session, ticket = stored.letter, arrivals.session, placed.ticket
    assert ticket is not None
    voice, by = placed.voice, placed.join.by
    address = _writers_address(desk, arrivals, letter, at) if placed.agent_id is None else None
    message = _keep(arrivals, row, stored, ticket, address, at, placed)
    data = {"message": message.id, "by": by, "from": ticket.status, **_flagged(placed)}
    actor = Actor("contact", address.contact_id) if address else BRIDGE
    if letter.kind is not LetterKind.LETTER:
        message.private = voice is Voice.STRANGER
        event = events.record(session, ticket, actor, "automatic", at, data={**data, "to": ticket.status})
    elif placed.agent_id is not None:
        event = staff_letters.write(desk, arrivals, ticket, message, placed, at)
        if message.kind == "reply":
            _add_copies(desk, arrivals, ticket, letter, at)
    else:
        message.private = voice is Voice.STRANGER
        if voice is Voice.CLIENT:
            if address is not None:
                contacts.let_in(arrivals, ticket, address)
            if placed.names_others:
                _add_copies(desk, arrivals, ticket, letter, at)
            life.follow(session, ticket, placing.client_act(ticket), at)
        ticket.thanks = voice is Voice.CLIENT and _only_thanks(letter)
        if ticket.thanks:
            data["thanks"] = True
        kind = "new_voice" if message.private else "client_wrote"
        event = events.record(
            session, ticket, actor, kind, at, data={**data, "to": ticket.status}, guard=True
        )
        if message.private:
            arrivals.write()
            notices.ask_about_voices(session, ticket, at)
    return Taken(row.id or 0, "joined", ticket.id, message.id, ticket.group_id, event, by)


def _writers_address(desk: Desk, arrivals: Arrivals, letter: Letter, at: datetime) -> AddressRow | None:
    """The address of the client who wrote; None where none did: a daemon, we ourselves, somebody in an agent's
    name."""
    sender = letter.from_addr.lower()
    if not sender or letter.kind in NOBODYS or desk.is_ours(sender):
        return None
    if arrivals.address_of(sender) is None and sender in arrivals.staff([sender]):
        return None
    return arrivals.address_for(letter.from_addr, letter.from_name, at)


def _flag(placed: Placing) -> str:
    """What of the sender's proof is worth telling: it failed, or one of the staff is only said to have written."""
    if placed.proof is Proof.FAILED:
        return Proof.FAILED.value
    return "unasked" if placed.unproved else ""


def _flagged(placed: Placing) -> dict[str, object]:
    """The same for an event's data."""
    return {"dmarc": _flag(placed)} if _flag(placed) else {}


def _only_thanks(letter: Letter) -> bool:
    """A file says something of its own, and of a damaged letter nobody knows what it said."""
    return not letter.attachments and not letter.error and is_thanks(letter.reply_text)


def _open(
    desk: Desk, arrivals: Arrivals, row: LedgerRow, stored: Stored, placed: Placing, at: datetime
) -> Taken:
    letter, session = stored.letter, arrivals.session
    opening = placing.open_by_rules(desk, arrivals, placed, row.mailbox)
    region, routed, language = opening.facts.region, opening.routed, opening.language
    ticket = _new_ticket(arrivals, row, letter, routed, at)
    ticket.why, ticket.region, ticket.language = opening.why, region, language
    ticket.continues_id = placed.previous
    address, actor = None, BRIDGE
    if letter.kind not in NOBODYS and not desk.is_ours(letter.from_addr):
        named = (letter.from_addr, letter.from_name) if letter.from_addr else (no_sender(row.mailbox), "")
        address = arrivals.address_for(*named, at)
        contact = arrivals.contacts.get(address.contact_id)
        assert contact is not None
        if letter.from_addr:
            contact.region, contact.language = region, contact.language or language
        ticket.contact_id, actor = contact.id, Actor.contact(contact.id or 0)
    ticket.previous_id = placing.previous_of(arrivals, placed, ticket.contact_id)
    life.found(desk, ticket, Status.NEW, opening.template)
    if routed.template or routed.priority not in ("", "normal"):
        ticket.priority = routed.priority or ticket.priority
    arrivals.add_ticket(ticket)
    if address is not None:
        contacts.let_in(arrivals, ticket, address, requester=True)
    form = placed.form
    if address is not None and (form is None or form.trouble) and placed.names_others:
        # To and Cc of a form letter are the site's choice, not the client's.
        _add_copies(desk, arrivals, ticket, letter, at)
    whole = stored
    if placed.passed_on is not None:
        # The HTML is the agent's letter; the raw one is kept all the same.
        stored = replace(stored, html_sha256=None, content_hash=content_hash(letter))
    message = _keep(arrivals, row, stored, ticket, address, at, placed)
    data: dict[str, object] = {
        "to": ticket.status, "group": ticket.group_id, "rule": routed.rule, "message": message.id,
        "previous": ticket.previous_id, "damaged": bool(letter.error), **_flagged(placed),
        **tags_of_new(session, ticket, routed.tags),
    }  # fmt: skip
    if form is not None:
        data |= {"form": form.form, "missing": list(form.missing), "trouble": form.trouble}
    if placed.passed_on is not None:
        data["forwarded_by"] = placed.agent_id
    event = events.record(session, ticket, actor, "opened", at, data=data, guard=True)
    if placed.passed_on is not None:
        event = staff_letters.preface(
            arrivals, ticket, placed, row.sha256, whole.content_hash, message.dmarc, at
        )
    elif placing.may_be_answered(placed) and not (form is not None and form.trouble):
        # The sender of a form that could not be read is the site, not the client.
        confirmations.confirm(desk, session, ticket, message, letter.from_addr, at)
    why = f"{routed.rule}: {ticket.why}" if ticket.why else routed.rule
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
        # Given, since pydantic inspects a default's factory anew for each row, for as long as the row takes otherwise.
        way_back=[],
    )  # fmt: skip


def _keep(
    arrivals: Arrivals,
    row: LedgerRow,
    stored: Stored,
    ticket: TicketRow,
    address: AddressRow | None,
    at: datetime,
    placed: Placing,
) -> MessageRow:
    letter = stored.letter
    # Where the answer is to go stands first: a crowd of recipients must not push it out.
    reply_to = letter.reply_to if placed.names_others else ()
    listed = (("reply-to", reply_to), ("to", letter.to), ("cc", letter.cc))
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="inbound", letter_kind=letter.kind, address_id=address.id if address
        else None,
        sender_name=_shown_sender(letter, address), subject=letter.subject, body=letter.reply_text,
        quote=letter.quote_text, recipients=[[h, a.addr, a.name] for h, addresses in listed for a in
        addresses][:MAX_NAMED],
        rfc_id=letter.message_id or None, in_reply_to=" ".join(letter.in_reply_to[:3]),
        references=" ".join(letter.references[-joining.MAX_REFERENCES :]), raw_sha256=row.sha256,
        html_sha256=stored.html_sha256, content_hash=stored.content_hash, created_at=at, sent_at=letter.date,
        dmarc=_flag(placed),
    )  # fmt: skip
    arrivals.add_message(message)
    for file in letter.attachments:
        arrivals.add(
            AttachmentRow(
                message_id=message.id or 0, name=file.name, content_type=file.content_type, size=file.size,
                sha256=file.sha256, inline=file.inline,
            )
        )  # fmt: skip
    if letter.error and all(file.sha256 != row.sha256 for file in letter.attachments):
        _attach_raw(arrivals, message, row)
    return message


def _shown_sender(letter: Letter, address: AddressRow | None) -> str:
    """The name; with the address where that is told nowhere else."""
    if address is not None or not (letter.from_name and letter.from_addr):
        return letter.from_name or letter.from_addr
    return f"{letter.from_name} <{letter.from_addr}>"


def _attach_raw(arrivals: Arrivals, message: MessageRow, row: LedgerRow) -> None:
    arrivals.add(
        AttachmentRow(
            message_id=message.id or 0, name="letter.eml", content_type="message/rfc822", size=row.size,
            sha256=row.sha256,
        )
    )  # fmt: skip


def _add_copies(desk: Desk, arrivals: Arrivals, ticket: TicketRow, letter: Letter, at: datetime) -> None:
    """People in To and Cc become participants, except ourselves."""
    named = (*letter.to, *letter.cc)[:MAX_NAMED]
    others = (one for one in named if is_address(one.addr) and not desk.is_ours(one.addr))
    contacts.add_people(arrivals, ticket, others, at)


def quarantine(desk: Desk, session: Session, row: LedgerRow, error: str) -> Taken:
    """A letter that cannot be read becomes a visible ticket of the default group, its raw file attached; the same one
    from another mailbox is on that ticket already."""
    at = now()
    db.choose_ids(session)
    arrivals = Arrivals(session, (row.id or 0,), ())
    rfc_id, digest = _known_by(desk, row)
    for copy in arrivals.messages((rfc_id,)).get(rfc_id, ()):
        if copy.content_hash == digest:
            row.state, row.outcome, row.ticket_id, row.message_id = (
                "quarantined",
                "duplicate",
                copy.ticket_id,
                copy.id,
            )
            return Taken(row.id or 0, "duplicate", copy.ticket_id, copy.id, why=error)
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
        rfc_id=rfc_id,
        content_hash=digest,
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


def _known_by(desk: Desk, row: LedgerRow) -> tuple[str, str]:
    """Message-ID and digest of a letter that nobody could read. Two mailboxes add headers of their own to it, so what
    stands below those tells; without a Message-ID that is too little, and only the very same bytes are one letter."""
    named = _MESSAGE_ID.search(row.rfc_id)
    if named is None:
        return f"<{row.sha256[:40]}@unread.glazok.invalid>", row.sha256
    try:
        with desk.blobs.path(row.sha256).open("rb") as file:
            return named[0], body_sha256(file)
    except OSError:
        # The file is away, which may be why it could not be read.
        return named[0], row.sha256
