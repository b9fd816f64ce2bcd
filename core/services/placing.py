"""Where a letter belongs: decided from what the tables say, and nothing is written.

Intake acts on the answer (`core.services.filing`), and whoever only wants to know asks the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.db.tables import ContactRow, MessageRow, TicketRow
from core.domain import joining
from core.domain.forms import FormLetter
from core.domain.joining import Join, Voice
from core.domain.language import guess_language
from core.domain.letters import Letter, LetterKind, no_sender
from core.domain.reopening import reopens
from core.domain.routing import Facts, Routed
from core.domain.tickets import Act, Status
from core.domain.tokens import ticket_of_message_id
from core.services import bounces, forms, routing, rules
from core.services.arrivals import Arrivals
from core.services.bounces import Bounced
from core.services.desk import Desk

NOBODYS = frozenset((LetterKind.BOUNCE, LetterKind.FEEDBACK))
"""Kinds of letters that no client writes: a daemon's report makes nobody a client, and nobody answers it."""

SAME_DELIVERY = timedelta(days=1)
"""Within so long equal letters that have neither Message-ID nor Date are one letter that came by two ways."""

Outcome = Literal["own-copy", "duplicate", "bounce", "joined", "opened"]


@dataclass(frozen=True, slots=True)
class Placing:
    """What is to become of a letter."""

    outcome: Outcome
    letter: Letter
    """The letter to file: as it came, or as the client of a form letter would have written it."""
    join: Join = joining.NEW
    """What the letter answers. The ticket named here is the previous one where `outcome` is `opened`."""
    ticket: TicketRow | None = None
    """The ticket that it is filed on; None where it opens one, or is a copy of what is there."""
    copy_of: MessageRow | None = None
    """The stored message that it is a copy of."""
    bounced: Bounced | None = None
    """The letter of ours that came back."""
    voice: Voice = Voice.CLIENT
    """Who speaks on the ticket that it joins."""
    agent_id: int | None = None
    """The one of the staff who speaks."""
    form: FormLetter | None = None
    """What the form letter yields that it is."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a ticket that a letter opens gets from the rules."""

    facts: Facts
    """What the rules looked at; its region is the ticket's."""
    routed: Routed
    language: str
    template: str
    """Key of the ticket template: the rule's, else the contact's own; empty for none."""
    why: str
    """Which conditions held, and the form by which it came; empty for neither."""


def place(
    desk: Desk, arrivals: Arrivals, letter: Letter, mailbox: str, content_hash: str, at: datetime
) -> Placing:
    """Decide. `mailbox` is the key of the one that it came into, `content_hash` that of
    `core.services.filing.content_hash`."""
    copy = _copy(desk, arrivals, letter, content_hash, at)
    if copy is not None:
        return copy
    form = forms.read(desk.settings, letter, mailbox)
    if form is not None:
        # Nobody has proved that the address in a form is theirs: it opens no door to what is there already.
        return Placing("opened", forms.filed(letter, form), form=form)
    joined = join(desk, arrivals, letter)
    if letter.kind is LetterKind.BOUNCE:
        arrivals.write()
        bounced = bounces.find(desk, arrivals.session, letter)
        ticket = arrivals.tickets.get(bounced.ticket_id) if bounced is not None else None
        if bounced is not None and ticket is not None:
            return Placing("bounce", letter, joined, ticket, bounced=bounced)
    found = _open_one(arrivals, joined, letter.kind, at) or _staff_writes_on(arrivals, joined, letter)
    if found is None:
        return Placing("opened", letter, joined)
    voice, agent_id = _voice(arrivals, found, letter)
    return Placing("joined", letter, joined, found, voice=voice, agent_id=agent_id)


def open_by_rules(desk: Desk, arrivals: Arrivals, placed: Placing, mailbox: str) -> Opening:
    """What the rules say of a letter that opens a ticket."""
    letter = placed.letter
    contact = client_of(arrivals, placed, mailbox)
    known_region, known_language = (contact.region, contact.language) if contact else ("", "")
    facts, routed = routing.route_letter(desk.settings, letter, mailbox, placed.form, known_region)
    language = routed.language or known_language or guess_language(f"{letter.subject}\n{letter.reply_text}")
    why = routed.why
    if placed.form is not None:
        # The form's name is told once, whether or not the rule asked for it.
        rest = why.removeprefix(f"form={placed.form.form}").removeprefix(", ")
        why = ", ".join(filter(None, (forms.why(placed.form), rest)))
    template = routed.template or (contact.template if contact else "")
    return Opening(facts, routed, language, template, why)


def client_of(arrivals: Arrivals, placed: Placing, mailbox: str) -> ContactRow | None:
    """The contact who is the client of a letter that opens a ticket, if they are known already."""
    letter = placed.letter
    if letter.kind in NOBODYS:
        return None
    return arrivals.contact_of(letter.from_addr or no_sender(mailbox))


def may_be_answered(letter: Letter) -> bool:
    """Whether a machine of ours may answer: another machine, and we ourselves, get nothing."""
    return letter.kind is LetterKind.LETTER and not letter.loop


def previous_of(arrivals: Arrivals, placed: Placing, contact_id: int | None) -> int | None:
    """The ticket that a new one is linked to: the one that its letter answers, else the client's newest."""
    return placed.join.ticket_id or (arrivals.newest.get(contact_id) if contact_id else None)


def client_act(ticket: TicketRow) -> Act:
    """What a client's letter does to the ticket that it joins."""
    return Act.REOPEN if ticket.kind == Status.CLOSED else Act.CLIENT_WROTE


def _copy(desk: Desk, arrivals: Arrivals, letter: Letter, content_hash: str, at: datetime) -> Placing | None:
    """A letter that is here already: one of ours that came back, or the same letter by another way."""
    same = arrivals.messages([letter.message_id] if letter.message_id else [])
    for message in same.get(letter.message_id, []):
        ours = letter.loop or desk.is_ours(letter.from_addr)
        if message.kind != "inbound" and ours and ticket_of_message_id(desk.secret, letter.message_id):
            return Placing("own-copy", letter, copy_of=message)
        if message.content_hash == content_hash and not _may_be_said_again(letter, message, at):
            return Placing("duplicate", letter, copy_of=message)
    return None


def _may_be_said_again(letter: Letter, earlier: MessageRow, at: datetime) -> bool:
    """A letter with neither Message-ID nor Date, such as a script sends, may say the same words again another day."""
    return letter.message_id_derived and letter.date is None and at - earlier.created_at > SAME_DELIVERY


def join(desk: Desk, arrivals: Arrivals, letter: Letter) -> Join:
    """What a letter answers, by the order of `core.domain.joining`."""
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
    voice, _agent = _voice(arrivals, ticket, letter)
    return ticket if voice is Voice.AGENT else None


def _voice(arrivals: Arrivals, ticket: TicketRow, letter: Letter) -> tuple[Voice, int | None]:
    """In whose voice a letter speaks on a ticket, and the agent's id where it is one of the staff."""
    sender = letter.from_addr.lower()
    staff, present = arrivals.staff([sender]), arrivals.participants(ticket.id or 0)
    voice = joining.voice_of(sender, set(present), staff)
    return voice, staff.get(sender) if voice is Voice.AGENT else None
