"""Where a letter belongs: decided from what the tables say, and nothing is written.

Intake acts on the answer (`core.services.filing`), and whoever only wants to know asks the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from core.db.tables import ContactRow, MessageRow, TicketRow
from core.domain import joining
from core.domain.authentication import Proof
from core.domain.domains import with_readable_addresses
from core.domain.forms import FormLetter
from core.domain.joining import Join, Voice
from core.domain.language import guess_language
from core.domain.letters import Letter, LetterKind
from core.domain.reopening import reopens
from core.domain.routing import Facts, Routed
from core.domain.tickets import Act, Status
from core.domain.tokens import ticket_of_message_id
from core.services import bounces, forms, routing, rules
from core.services.arrivals import MAX_NAMED, Arrivals
from core.services.bounces import Bounced
from core.services.desk import Desk
from core.services.replies import is_address

NOBODYS = frozenset((LetterKind.BOUNCE, LetterKind.FEEDBACK))
"""Kinds of letters that no client writes: a daemon's report makes nobody a client, and nobody answers it."""

CHANNEL = "mail"
"""By which everything comes that is placed here, form letters too: the policy of reopening goes by the letter's
channel, not by that of the ticket which it answers."""

SAME_DELIVERY = timedelta(days=1)
"""Within so long equal letters that have neither Message-ID nor Date are one letter that came by two ways."""

MAX_SEQUELS = 50
"""How many sequels of a closed ticket are followed."""

BELIEVED = frozenset((Proof.UNASKED, Proof.PASSED))
"""What it takes to be taken for an agent: our mail server vouches for the address, or there is none to ask."""

Outcome = Literal["own-copy", "duplicate", "notice", "bounce", "joined", "opened"]


@dataclass(frozen=True, slots=True)
class Placing:
    """What is to become of a letter."""

    outcome: Outcome
    letter: Letter
    """The letter to file: as it came, the one that it passes on, or as the client of a form would have written it."""
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
    """The one of the staff who speaks, or who passes the letter on."""
    said_to_client: bool = False
    """The agent wrote to the client, with us in copy: an answer, no note."""
    proof: Proof = Proof.UNASKED
    """What our mail server says of the sender's address."""
    passed_on: Letter | None = None
    """The agent's letter that passes `letter` on."""
    previous: int | None = None
    """The ticket that the one it opens follows."""
    form: FormLetter | None = None
    """What the form letter yields that it is."""

    @property
    def unproved(self) -> bool:
        """Whether nothing but From says that one of the staff wrote it: nobody was asked, and it answers nothing that
        only those could name to whom we wrote."""
        return self.agent_id is not None and not _is_proved(self.join, self.proof)

    @property
    def names_others(self) -> bool:
        """Whether its Cc and Reply-To count. Not where From may well be forged: our mail server says so, or the letter
        found its ticket by a number that anybody can guess. The next answer would go to whoever forged it."""
        if self.proof is Proof.PASSED:
            return True
        return self.proof is not Proof.FAILED and self.join.by != "subject-tag"


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
    `core.services.stored_letters.content_hash`."""
    letter = with_readable_addresses(letter)
    copy = _copy(desk, arrivals, letter, content_hash, at)
    if copy is not None:
        return copy
    proof = forms.proof_in(desk.settings, letter, mailbox)
    form = None if _bears_our_mark(desk, letter) else forms.read(desk.settings, letter, mailbox, proof)
    if form is not None:
        # Nobody has proved that the address in a form is theirs: it opens no door to what is there already.
        return Placing("opened", forms.filed(letter, form), proof=proof, form=form)
    if comes_back(desk, letter):
        # Were it to move a ball, or be answered, it would come round again.
        kind = LetterKind.AUTOMATIC if letter.kind is LetterKind.LETTER else letter.kind
        letter = replace(letter, loop=True, kind=kind)
    placed = _place(desk, arrivals, letter, proof, at)
    return replace(placed, proof=proof)


def _place(desk: Desk, arrivals: Arrivals, letter: Letter, proof: Proof, at: datetime) -> Placing:
    joined = join(desk, arrivals, letter, proof)
    if letter.kind is LetterKind.BOUNCE:
        arrivals.write()
        bounced = bounces.find(desk, arrivals.session, letter)
        ticket = arrivals.tickets.get(bounced.ticket_id) if bounced is not None else None
        if bounced is not None and ticket is not None:
            return Placing("bounce", letter, joined, ticket, bounced=bounced)
    if joined.ticket_id is None:
        forwarded = _forwarded(desk, arrivals, letter, proof)
        if forwarded is not None:
            return forwarded
        if joining.answers_notice(desk.secret, letter):
            return Placing("notice", letter, joined)
    chain = _chain(arrivals, joined, at)
    found = _open_one(arrivals, chain, letter.kind, at)
    found = found or _staff_writes_on(arrivals, chain, letter, proof)
    if found is None:
        return Placing("opened", letter, joined, previous=chain[-1].id if chain else None)
    voice, agent_id = _voice(arrivals, chain if found is not chain[0] else chain[:1], letter, proof)
    said = agent_id is not None and _is_proved(joined, proof) and _goes_to_client(arrivals, found, letter)
    return Placing("joined", letter, joined, found, voice=voice, agent_id=agent_id, said_to_client=said)


def _is_proved(joined: Join, proof: Proof) -> bool:
    """Whether a letter may act in an agent's name: our mail server vouches for it, or it names what we have signed."""
    return proof is Proof.PASSED or (proof is Proof.UNASKED and joined.by in joining.SIGNED)


def comes_back(desk: Desk, letter: Letter) -> bool:
    """Whether a letter is our own on its way around: by our mark, our Message-ID, or one of our mailboxes in From."""
    return _bears_our_mark(desk, letter) or desk.is_ours(letter.from_addr)


def _bears_our_mark(desk: Desk, letter: Letter) -> bool:
    return letter.loop or ticket_of_message_id(desk.secret, joining.bare_id(letter.message_id)) is not None


def _forwarded(desk: Desk, arrivals: Arrivals, letter: Letter, proof: Proof) -> Placing | None:
    """A client's letter that one of the staff passes on to us; None where it is no such thing.

    It opens a ticket for who wrote it, or is a note where it is here already. Anybody could write a forward in the
    name of an agent, so one that our mail server was asked about and does not vouch for is nobody's but its sender's.
    """
    inner = with_readable_addresses(letter.forwarded) if letter.forwarded else None
    sender = letter.from_addr.lower()
    agent_id = arrivals.staff([sender]).get(sender)
    if inner is None or agent_id is None or proof not in BELIEVED or letter.kind is not LetterKind.LETTER:
        return None
    here = arrivals.messages([inner.message_id] if inner.message_id else [])
    for message in here.get(inner.message_id, []):
        ticket = arrivals.tickets.get(message.ticket_id)
        if ticket is not None and ticket.kind != Status.DELETED:
            known = Join(ticket.id, "known-id")
            return Placing("joined", letter, known, ticket, voice=Voice.AGENT, agent_id=agent_id)
    author = inner.from_addr.lower()
    ours = not is_address(author) or desk.is_ours(author) or author in arrivals.staff([author])
    if ours or inner.kind not in (LetterKind.LETTER, LetterKind.AUTOMATIC):
        return None
    kept = {file.sha256 for file in inner.attachments}
    files = (*inner.attachments, *(file for file in letter.attachments if file.sha256 not in kept))
    original = replace(
        inner,
        kind=LetterKind.LETTER,
        attachments=files,
        delivered_to=letter.delivered_to,
        headers=letter.headers,
    )
    return Placing("opened", original, agent_id=agent_id, passed_on=letter)


def open_by_rules(desk: Desk, arrivals: Arrivals, placed: Placing, mailbox: str) -> Opening:
    """What the rules say of a letter that opens a ticket."""
    letter = placed.letter
    contact = client_of(desk, arrivals, placed)
    known_region, known_language = (contact.region, contact.language) if contact else ("", "")
    facts, routed = routing.route_letter(desk.settings, letter, mailbox, placed.form, known_region)
    language = routed.language or known_language or guess_language(f"{letter.subject}\n{letter.reply_text}")
    why = routing.why(routed, placed.form)
    template = routed.template or (contact.template if contact else "")
    return Opening(facts, routed, language, template, why)


def client_of(desk: Desk, arrivals: Arrivals, placed: Placing) -> ContactRow | None:
    """The client of a letter that opens a ticket, if known: those who name no address share one, and are not."""
    sender = placed.letter.from_addr
    nobody = not sender or placed.letter.kind in NOBODYS or desk.is_ours(sender)
    return None if nobody else arrivals.contact_of(sender)


def may_be_answered(placed: Placing) -> bool:
    """Whether a machine of ours may answer: another machine, and we ourselves, get nothing. Nor does the address in a
    forged From: whoever it belongs to has not written."""
    by_person = placed.letter.kind is LetterKind.LETTER and not placed.letter.loop
    return by_person and placed.proof is not Proof.FAILED


def previous_of(arrivals: Arrivals, placed: Placing, contact_id: int | None) -> int | None:
    """The ticket that a new one is linked to: the one that its letter answers, else the client's newest."""
    known = contact_id if placed.letter.from_addr else None
    return placed.previous or (arrivals.newest.get(known) if known else None)


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


def join(desk: Desk, arrivals: Arrivals, letter: Letter, proof: Proof) -> Join:
    """What a letter answers, by the order of `core.domain.joining`. A number in the subject counts for those who take
    part, and so not where our mail server says that From is forged."""
    named = joining.signed_tickets(desk.secret, letter)
    signed = next((one for ticket_id, one in named if arrivals.tickets.get(ticket_id) is not None), None)
    references = joining.referenced_ids(letter)
    found = arrivals.messages(references)
    known = {rfc_id: _whose(arrivals, rows, letter.from_addr) for rfc_id, rows in found.items()}
    tags = joining.subject_tags(letter.subject) if proof is not Proof.FAILED else ()
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


def _chain(arrivals: Arrivals, joined: Join, at: datetime) -> list[TicketRow]:
    """The ticket that a letter answers, the sequel that an earlier late answer opened, that one's sequel, and so on to
    the first that is not over."""
    chain: list[TicketRow] = []
    ticket = arrivals.tickets.get(joined.ticket_id) if joined.ticket_id else None
    while ticket is not None and len(chain) < MAX_SEQUELS:
        chain.append(ticket)
        if not _is_over(arrivals, ticket, at):
            break
        sequel = arrivals.sequels.get(ticket.id or 0)
        ticket = arrivals.tickets.get(sequel) if sequel else None
    return chain


def _open_one(
    arrivals: Arrivals, chain: Sequence[TicketRow], kind: LetterKind, at: datetime
) -> TicketRow | None:
    """The ticket that a letter joins; None where a new one must be opened, linked to what it would have
    joined.

    What machines write is kept where it belongs, however the ticket ended.
    """
    if kind is not LetterKind.LETTER:
        return chain[0] if chain else None
    return next((ticket for ticket in chain if not _is_over(arrivals, ticket, at)), None)


def _is_over(arrivals: Arrivals, ticket: TicketRow, at: datetime) -> bool:
    """Whether a letter does not bring a ticket back."""
    return ticket.kind == Status.DELETED or (
        ticket.kind == Status.CLOSED
        and not reopens(rules.reopening_of(arrivals.session, ticket, CHANNEL), ticket.closed_at, at)
    )


def _staff_writes_on(
    arrivals: Arrivals, chain: Sequence[TicketRow], letter: Letter, proof: Proof
) -> TicketRow | None:
    """A closed ticket on which one of the staff writes: a note stays there, and opens nothing in their name."""
    if not chain or chain[0].kind == Status.DELETED:
        return None
    voice, _agent = _voice(arrivals, chain[:1], letter, proof)
    return chain[0] if voice is Voice.AGENT else None


def _voice(
    arrivals: Arrivals, chain: Sequence[TicketRow], letter: Letter, proof: Proof
) -> tuple[Voice, int | None]:
    """In whose voice a letter speaks on the last ticket of a chain, and the agent's id where it is one of the staff.
    Whoever took part in the ticket that it continues takes part in the sequel; with a group's `same_company` so does
    their whole company. A forged From is a stranger's."""
    if proof is Proof.FAILED:
        return Voice.STRANGER, None
    sender = letter.from_addr.lower()
    staff = arrivals.staff([sender]) if proof in BELIEVED else {}
    present = {email for ticket in chain for email in arrivals.participants(ticket.id or 0)}
    voice = joining.voice_of(sender, present, staff)
    if voice is Voice.STRANGER and not arrivals.staff([sender]):
        # One of the staff whom nobody vouches for speaks for no company either.
        colleague = rules.speaks_for_company(arrivals.session, chain[-1], sender, present)
        voice = Voice.CLIENT if colleague else voice
    return voice, staff.get(sender) if voice is Voice.AGENT else None


def _goes_to_client(arrivals: Arrivals, ticket: TicketRow, letter: Letter) -> bool:
    """Whether an agent's own letter was sent to the client as well."""
    clients = arrivals.participants(ticket.id or 0)
    return any(one.addr.lower() in clients for one in (*letter.to, *letter.cc)[:MAX_NAMED])
