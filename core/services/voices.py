"""New voices: a stranger's letter on a ticket stands there privately until an agent decides whether they take part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import mail as mail_db
from core.db import people
from core.db import tickets as db
from core.db import voices as voice_db
from core.db.tables import AddressRow, ContactRow, EventRow, GroupRow, MessageRow, ParticipantRow, TicketRow
from core.domain import permissions
from core.domain.joining import untagged
from core.domain.thanks import is_thanks
from core.domain.tickets import Status
from core.errors import BadInput, Conflict, NotFound
from core.i18n import _
from core.services import confirmations, events, life, lines, notices, placing, replies, rules
from core.services.access import (
    BEYOND,
    Actor,
    facts_of,
    require_agent,
    ticket_for,
    ticket_to_act_on,
    viewer_of,
)
from core.services.desk import Desk
from core.services.models.outcomes import Done

DECISIONS = ("voice_accepted", "voice_kept", "voice_split")
"""Kinds of events by which an agent decides about a new voice."""


OF_ITSELF = frozenset(("delivery", "delayed", "bounced", "automatic", "withheld", "reminded"))
"""Kinds of events that come to a new ticket while nobody goes on with it."""


@dataclass(frozen=True, slots=True)
class OpenVoice:
    """A stranger's letter that waits for a decision."""

    message_id: int
    ticket_id: int
    address: str
    """Empty where the letter names no sender."""
    name: str
    at: datetime
    subject: str
    text: str


def open_voices(desk: Desk, actor: Actor, ticket_id: int | None = None) -> list[OpenVoice]:
    """The new voices on a ticket, or on every ticket that the actor may see, the oldest letter first.

    Raises NotFound for a ticket that they may not see.
    """
    with desk.read() as session:
        if ticket_id is not None:
            ticket_for(session, actor, ticket_id)
        viewer = viewer_of(session, actor)
        letters = voice_db.undecided(session, ticket_id)
        numbers = {letter.ticket_id for letter in letters}
        seen = {
            number
            for number in numbers
            if permissions.may_see(viewer, facts_of(session, session.get_one(TicketRow, number)))
        }
        emails = people.addresses(session, {letter.address_id for letter in letters if letter.address_id})
        return [
            OpenVoice(
                letter.id or 0, letter.ticket_id,
                emails[letter.address_id].email if letter.address_id else "", letter.sender_name,
                letter.created_at, letter.subject, letter.body,
            )
            for letter in letters
            if letter.ticket_id in seen
        ]  # fmt: skip


def accept(desk: Desk, actor: Actor, message_id: int, *, op_id: str | None = None) -> Done:
    """Let a new voice take part: what they wrote on the ticket counts as the client's, and so do their later letters.

    The ball moves as it does when the client writes. Raises Conflict where it is decided already, BadInput for a
    letter that names no sender.
    """
    require_agent(actor)
    with desk.write() as session:
        ticket, letters, done = _asked(session, actor, message_id, op_id, "voice_accepted")
        if done is not None:
            return done
        address_id = letters[0].address_id
        if address_id is None:
            raise BadInput(
                _("Letter {id} names no sender who could take part.").format(id=message_id),
                hint=_("Keep it private, or make it a ticket of its own."),
            )
        was, before, at = life.snapshot(ticket), ticket.status, now()
        joined = session.get(ParticipantRow, (ticket.id or 0, address_id)) is None
        if joined:
            session.add(ParticipantRow(ticket_id=ticket.id or 0, address_id=address_id))
        for letter in letters:
            letter.private = False
        life.follow(session, ticket, placing.client_act(ticket), at)
        session.flush()
        ticket.thanks = _last_word_is_thanks(session, ticket)
        data = {
            "from": before, "to": ticket.status, "was": was, "messages": [letter.id for letter in letters],
            "address": address_id, "joined": joined,
        }  # fmt: skip
        return _decided(session, ticket, actor, letters, "voice_accepted", at, data, op_id)


def keep(desk: Desk, actor: Actor, message_id: int, *, op_id: str | None = None) -> Done:
    """Leave a new voice's letters private. The ball stays where it is; a further letter of theirs asks again."""
    require_agent(actor)
    with desk.write() as session:
        ticket, letters, done = _asked(session, actor, message_id, op_id, "voice_kept")
        if done is not None:
            return done
        data = {
            "from": ticket.status, "to": ticket.status, "was": life.snapshot(ticket),
            "messages": [letter.id for letter in letters],
        }  # fmt: skip
        return _decided(session, ticket, actor, letters, "voice_kept", now(), data, op_id)


def split(desk: Desk, actor: Actor, message_id: int, *, op_id: str | None = None) -> Done:
    """Make what a new voice wrote a ticket of its own: New in the same group, theirs as the client, linked to this
    one. Returns what was done on the new ticket."""
    require_agent(actor)
    with desk.write() as session:
        earlier = events.done_before(session, op_id, "voice_split")
        if earlier is not None:
            ticket, _viewer = ticket_for(session, actor, int(earlier.data["ticket"]))
            return Done(ticket.id or 0, ticket.last_event, ticket.status, changed=False)
        ticket, letters, _done = _asked(session, actor, message_id, None, "voice_split")
        was, at = life.snapshot(ticket), now()
        own = _ticket_of_its_own(desk, session, actor, ticket, letters, at)
        data = {
            "from": ticket.status, "to": ticket.status, "was": was, "messages": [letter.id for letter in letters],
            "ticket": own.id, "last": own.last_event,
        }  # fmt: skip
        _decided(session, ticket, actor, letters, "voice_split", at, data, op_id)
        return Done(own.id or 0, own.last_event, own.status)


def take_back(
    session: Session, ticket: TicketRow, actor: Actor, decision: EventRow, at: datetime
) -> tuple[str, ...]:
    """Undo a decision inside somebody's transaction: the letters wait for one again, where they stood. Returns the
    addresses to which the confirmation of the ticket that was made of them has left, or is just leaving.

    Raises Conflict where somebody has gone on with the ticket that was made of them.
    """
    data, told = decision.data, tuple[str, ...]()
    letters = [session.get_one(MessageRow, number) for number in data["messages"]]
    if decision.kind == "voice_split":
        own = session.get_one(TicketRow, data["ticket"])
        since = [one for one in db.events_of(session, own.id or 0) if (one.id or 0) > data["last"]]
        if any(one.kind not in OF_ITSELF for one in since):
            raise Conflict(
                _("Somebody has gone on with ticket {id}, which was made of the letter.").format(id=own.id),
                hint=_("Look at it, and tell the colleague."),
            )
        for letter in letters:
            letter.ticket_id = ticket.id or 0
        voice_db.move_ledger(session, data["messages"], ticket.id or 0)
        told = _call_back(session, own)
        before = own.status
        life.enter(session, own, Status.DELETED, at)
        # Without its letter there is nothing to bring back: the event says where that is, not what the ticket was.
        emptied = {"from": before, "to": own.status, "letters_on": ticket.id}
        events.record(session, own, actor, "deleted", at, data=emptied)
    if data.get("joined"):
        session.delete(session.get_one(ParticipantRow, (ticket.id or 0, data["address"])))
    for letter in letters:
        letter.private, letter.voice_event = True, None
    return told


def _call_back(session: Session, ticket: TicketRow) -> tuple[str, ...]:
    """Let none of a ticket's letters leave any more: nobody is to be told the number of one that is in the trash.
    Returns the addresses for which that is too late, or may be."""
    gone: list[str] = []
    for row, _rfc_id in mail_db.outbox_of_ticket(session, ticket.id or 0):
        late = row.state in ("sending", "unknown")
        gone += [
            one.email for one in mail_db.recipients_of(session, row.id or 0) if late or one.state == "sent"
        ]
        if row.state == "queued":
            row.state = "cancelled"
    return tuple(dict.fromkeys(gone))


def _asked(
    session: Session, actor: Actor, message_id: int, op_id: str | None, kind: str
) -> tuple[TicketRow, Sequence[MessageRow], Done | None]:
    """The ticket and all undecided letters of this voice on it; or what a repeated command did before."""
    letter = session.get(MessageRow, message_id) if 0 < message_id < BEYOND else None
    if letter is None:
        raise NotFound(
            _("There is no letter {id}.").format(id=message_id),
            hint=_("See the new voices with: glazok ticket voices"),
        )
    ticket, _viewer = ticket_to_act_on(session, actor, letter.ticket_id)
    if events.done_before(session, op_id, kind, ticket.id):
        return ticket, (), Done(ticket.id or 0, ticket.last_event, ticket.status, changed=False)
    letters = [
        one
        for one in voice_db.undecided(session, ticket.id or 0)
        if one.id == message_id or (one.address_id == letter.address_id and letter.address_id is not None)
    ]
    if letter.id not in {one.id for one in letters}:
        raise Conflict(
            _("Letter {id} does not wait for a decision.").format(id=message_id),
            hint=_("See the new voices with: glazok ticket voices"),
        )
    return ticket, letters, None


def _decided(
    session: Session,
    ticket: TicketRow,
    actor: Actor,
    letters: Sequence[MessageRow],
    kind: str,
    at: datetime,
    data: dict[str, Any],
    op_id: str | None,
) -> Done:
    event = events.record(session, ticket, actor, kind, at, data=data, op_id=op_id)
    for letter in letters:
        letter.voice_event = event
    session.flush()
    notices.withdraw_stale(session, ticket, at)
    return Done(ticket.id or 0, event, ticket.status)


def _last_word_is_thanks(session: Session, ticket: TicketRow) -> bool:
    last = db.last_inbound(session, ticket.id or 0)
    if last is None or last.id is None:
        return False
    return is_thanks(last.body) and not db.attachments_of(session, [last.id])


def _group_of_its_own(desk: Desk, session: Session, source: TicketRow) -> int:
    """The group of the ticket that it leaves; the default one where that takes no tickets any more."""
    group = session.get_one(GroupRow, source.group_id)
    if not rules.takes_tickets(session, group):
        group = lines.group_named(session, desk.settings.desk.default_group)
    return group.id or 0


def _ticket_of_its_own(
    desk: Desk, session: Session, actor: Actor, source: TicketRow, letters: Sequence[MessageRow], at: datetime
) -> TicketRow:
    first = letters[0]
    address = session.get(AddressRow, first.address_id) if first.address_id else None
    contact = session.get(ContactRow, address.contact_id) if address else None
    ticket = TicketRow(
        subject=untagged(replies.without_re(first.subject)) or source.subject, status=Status.NEW, kind=Status.NEW,
        board="new", group_id=_group_of_its_own(desk, session, source), contact_id=contact.id if contact else None,
        channel=source.channel, mailbox=source.mailbox, region=contact.region if contact else "",
        language=(contact.language if contact else "") or source.language, created_at=at,
        since=first.created_at, status_since=at, previous_id=source.id, rule="voice",
    )  # fmt: skip
    life.found(desk, ticket, Status.NEW, contact.template if contact else "")
    session.add(ticket)
    session.flush()
    if address is not None:
        session.add(ParticipantRow(ticket_id=ticket.id or 0, address_id=address.id or 0, requester=True))
    for letter in letters:
        letter.ticket_id, letter.private = ticket.id or 0, False
    voice_db.move_ledger(session, [letter.id or 0 for letter in letters], ticket.id or 0)
    session.flush()
    writer = Actor.contact(contact.id or 0) if contact else actor
    data = {"to": ticket.status, "group": ticket.group_id, "message": first.id, "previous": source.id}
    events.record(session, ticket, writer, "opened", at, data=data, guard=True)
    for letter in letters[1:]:
        data = {"from": ticket.status, "to": ticket.status, "message": letter.id}
        events.record(session, ticket, writer, "client_wrote", at, data=data, guard=True)
    if address is not None:
        confirmations.confirm(desk, session, ticket, first, address.email, at)
    return ticket
