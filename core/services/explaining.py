"""What intake would do with a letter, and why: the same decisions, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.clock import now
from core.domain import forms as domain_forms
from core.domain import joining
from core.domain.authentication import Proof
from core.domain.forms import Form, FormLetter
from core.domain.joining import Voice
from core.domain.letters import Letter, LetterKind
from core.domain.processes import Process
from core.domain.routing import Conditions, Facts, Rule, check
from core.domain.tickets import Act, Status, ball_of
from core.i18n import _
from core.services import bounces, confirmations, forms, life, placing, routing, rules
from core.services.access import Actor, require, viewer_of
from core.services.arrivals import Arrivals
from core.services.desk import Desk
from core.services.forms import facts_of
from core.services.placing import Opening, Placing
from core.services.stored_letters import content_hash
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Trial:
    """A form or a rule that was tried."""

    name: str
    holds: bool
    reasons: tuple[str, ...]
    """The conditions that held."""
    failed: str
    """The first condition that did not."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would become of a letter."""

    mailbox: str
    """Key of the mailbox that it is taken to have come into."""
    outcome: str
    """opened, joined, bounce, duplicate, own-copy or notice."""
    letter: Letter
    """As it would be filed: of a form letter, the client's."""
    ticket_id: int | None
    """The ticket that it joins, or is on already; None where it opens one."""
    by: str
    """How the ticket was found (`core.domain.joining.Join.by`); `new` where nothing names one."""
    evidence: str
    """What names it: an address, a Message-ID, a tag."""
    voice: str
    """client, agent or stranger, on the ticket that it joins."""
    said_to_client: bool
    """One of the staff wrote to the client, with us in copy: an answer, no note."""
    forwarded: bool
    """One of the staff passes on what a client wrote to them."""
    proof: Proof
    """What our mail server says of the sender's address."""
    answered_id: int | None
    """A ticket that it answers and does not join."""
    answered_status: str
    """The kind of status of that ticket: closed or deleted."""
    foreign_tags: tuple[int, ...]
    """Numbers in the subject that count for nothing, since the sender takes no part in those tickets."""
    previous_id: int | None
    """The ticket that a new one would be linked to."""
    forms: tuple[Trial, ...]
    """The forms that were tried, in order."""
    form: FormLetter | None
    rules: tuple[Trial, ...]
    """The rules that were tried, in order; none unless it opens a ticket."""
    opening: Opening | None
    """Where the rules lead; None unless it opens a ticket."""
    client: str
    """Address of the client whose ticket it opens; empty where it is filed without one, or opens none."""
    status: tuple[str, str]
    """Before and after; empty before, where it opens a ticket."""
    ball: tuple[str, str]
    """Whose turn it is, before and after."""
    confirmation: str
    """Why the client gets no confirmation, empty where one goes; `joined` where it opens no ticket."""


@dataclass(frozen=True, slots=True)
class FormTest:
    """What the forms of a configuration make of a letter, without a database."""

    mailbox: str
    forms: tuple[Trial, ...]
    form: FormLetter | None
    letter: Letter
    """As it would be filed."""
    region: str
    """Key of the region, of a client who is not known yet."""


def explain(desk: Desk, actor: Actor, letter: Letter, mailbox: str) -> Explanation:
    """What intake would do with a letter that came into a mailbox now. Raises Forbidden for all but admins and
    operators: the answer may speak of any ticket."""
    at = now()
    with desk.read() as session:
        require(viewer_of(session, actor).admin, _("Only an admin may have letters explained."))
        arrivals = Arrivals(session, (), [letter])
        placed = placing.place(desk, arrivals, letter, mailbox, content_hash(letter), at)
        ticket = placed.ticket
        opening, trials, confirmation = None, tuple[Trial, ...](), "joined"
        if placed.outcome == "opened":
            listed = desk.settings.routing_rules
            opening = placing.open_by_rules(desk, arrivals, placed, mailbox)
            trials = _trials(listed, listed, opening.facts)
            confirmation = "automatic"
            if placed.passed_on is not None:
                confirmation = "forwarded"
            elif desk.is_ours(placed.letter.from_addr):
                confirmation = "own"
            elif placed.form is not None and placed.form.trouble:
                confirmation = "form"
            elif placed.proof is Proof.FAILED:
                confirmation = "forged"
            elif placing.may_be_answered(placed):
                confirmation = confirmations.withheld(desk, session, mailbox, placed.letter.from_addr, at)
        answered = arrivals.tickets.get(placed.previous) if placed.previous else None
        at_hand = placed.copy_of.ticket_id if placed.copy_of else ticket.id if ticket else None
        before, after, process = _status_after(desk, session, placed, opening)
        contact = placing.client_of(desk, arrivals, placed)
        return Explanation(
            mailbox=mailbox,
            outcome=placed.outcome,
            letter=placed.letter,
            ticket_id=at_hand,
            by=placed.join.by,
            evidence=placed.join.evidence,
            voice=placed.voice if placed.outcome == "joined" else "",
            said_to_client=placed.said_to_client,
            forwarded=placed.passed_on is not None,
            proof=placed.proof,
            answered_id=answered.id if answered else None,
            answered_status=answered.kind if answered else "",
            foreign_tags=joining.subject_tags(letter.subject) if placed.join.by == "new" else (),
            previous_id=placing.previous_of(arrivals, placed, contact.id if contact else None)
            if opening
            else None,
            forms=() if placed.copy_of else try_forms(desk.settings, letter, mailbox),
            form=placed.form,
            rules=trials,
            opening=opening,
            client=_client(desk, placed.letter) if opening else "",
            status=(before, after),
            ball=(_turn(process, before), _turn(process, after)),
            confirmation=confirmation,
        )


def form_test(settings: Settings, letter: Letter, mailbox: str) -> FormTest:
    """What the forms make of a letter that came into a mailbox. Needs no database."""
    found = forms.read(settings, letter, mailbox, forms.proof_in(settings, letter, mailbox))
    made = forms.filed(letter, found)
    facts, _routed = routing.route_letter(settings, made, mailbox, found, "")
    return FormTest(mailbox, try_forms(settings, letter, mailbox), found, made, facts.region)


def try_forms(settings: Settings, letter: Letter, mailbox: str) -> tuple[Trial, ...]:
    """The forms up to the one that a letter is; none of a letter that can be no form's."""
    if not domain_forms.may_be_form(letter):
        return ()
    return _trials(
        settings.site_forms, [form.when for form in settings.site_forms], facts_of(letter, mailbox)
    )


def _trials(
    named: Sequence[Form | Rule], conditions: Sequence[Conditions], facts: Facts
) -> tuple[Trial, ...]:
    trials = []
    for one, when in zip(named, conditions, strict=True):
        held = check(when, facts)
        trials.append(Trial(one.name, not held.failed, held.reasons, held.failed))
        if not held.failed:
            break
    return tuple(trials)


def _client(desk: Desk, letter: Letter) -> str:
    nobodys = letter.kind in placing.NOBODYS or desk.is_ours(letter.from_addr)
    return "" if nobodys else letter.from_addr


def _status_after(
    desk: Desk, session: Session, placed: Placing, opening: Opening | None
) -> tuple[str, str, Process]:
    """Status before and after, and the process in which they are."""
    ticket = placed.ticket
    if ticket is None:
        if opening is None:
            return "", "", desk.settings.process("")
        template = desk.settings.template(opening.template)
        process = desk.settings.process(template.process if template else "")
        return "", process.first_of(Status.NEW), process
    act: Act | None = None
    owned = None
    if placed.outcome == "bounce":
        assert placed.bounced is not None
        act = Act.DELIVERY_FAILED if bounces.returns_ball(session, placed.bounced, placed.letter) else None
    elif placed.letter.kind is LetterKind.LETTER and placed.voice is Voice.CLIENT:
        act = placing.client_act(ticket)
    elif placed.letter.kind is LetterKind.LETTER and placed.said_to_client:
        act, owned = Act.REPLY, True
    after = life.status_after(session, ticket, act, owned=owned) if act else None
    return ticket.status, after or ticket.status, rules.process_of(session, ticket)


def _turn(process: Process, status: str) -> str:
    return (ball_of(process.kind_of(status)) or "") if status else ""
