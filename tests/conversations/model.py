"""What a desk has to make of each letter, told from what the generator knows and not from what the product reads.

It remembers which ids, tokens and numbers the desk gave out, and to whom. Imports nothing of the product.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

ANSWERED = ("new", "needs_reply", "waiting", "solved")
"""Where an agent may answer."""
SIGNED = ("plus-token", "own-id")
"""Without a mail server to ask, an agent's answer by mail is believed where it names what we have signed."""
MOST_PEOPLE = 40
MOST_REFERENCES = 30
MOST_CONFIRMATIONS = 10
"""To one address within ten minutes; no desk of these tests lives longer."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A ticket as it has to be."""

    requester: str
    """Empty where a machine opened it: nobody is its client."""
    status: str = "new"
    number: int = 0
    """Known once the desk has opened it."""
    owned: bool = False
    long_closed: bool = False
    """Closed more than a week ago."""
    people: dict[str, None] = field(default_factory=dict)
    previous: Ticket | None = None
    sequel: Ticket | None = None
    """Opened by an answer that came when this one was closed for long: later ones join it."""
    kept: int = 0
    """Letters on it, notes by mail included."""
    confirmations: int = 0
    namesake: bool = False
    """The id of one of its letters stands on another ticket too: only who takes part can tell which is meant."""
    story: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"GLZ-{self.number or '?'} ({self.status})"

    def chain(self) -> list[Ticket]:
        """It, its sequel, that one's sequel, and so on."""
        found: list[Ticket] = []
        ticket: Ticket | None = self
        while ticket is not None:
            found.append(ticket)
            ticket = ticket.sequel
        return found

    def comes_from(self, other: Ticket) -> bool:
        """Whether it is the other one, follows it, or is continued by it."""
        if other in self.chain():
            return True
        ticket: Ticket | None = self
        while ticket is not None and ticket is not other:
            ticket = ticket.previous
        return ticket is other


@dataclass(frozen=True, slots=True)
class Plan:
    """A letter as it was meant: what was written into it, and where it belongs."""

    what: str
    """In a few words, for whoever reads a failure."""
    raw: bytes
    sender: str
    marker: str
    """A word that no other letter has: it must be found on the ticket."""
    mailbox: str = "support"
    named: tuple[str, ...] = ()
    """To and Cc."""
    delivered: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    """Empty where the letter bears none."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    kind: str = "letter"
    """letter, automatic, receipt, bounce, or delay: a bounce that is not final."""
    own: bool = False
    """One of our own letters, come back as it was."""
    returned: str = ""
    """The Message-ID that a bounce names in what it returns."""
    failed: str = ""
    """The recipient of whom a bounce speaks."""
    meant: Ticket | None = None
    """The conversation in which it was written; None for a new matter."""
    content: str = ""
    """What two deliveries of one letter have in common."""
    repeated: bool = False
    """Found again under another UIDVALIDITY: the ledger knows it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a letter became, or has to become."""

    outcome: str
    ticket: Ticket | None
    by: str = ""
    event: str = ""
    """Kind of the letter's event."""
    status: str = ""
    """Of the ticket, after the letter."""
    private: bool = False
    confirmed: bool = False
    previous: Ticket | None = None
    note: bool = False


@dataclass(slots=True)
class Sent:
    """A letter of ours that went out."""

    message_id: str
    ticket: Ticket
    reply: bool
    """False for a confirmation."""
    copies: frozenset[str]
    """Who stood in Cc alone."""


class Model:
    """Everything that the desk was told so far, and what follows from it."""

    def __init__(self, ours: set[str], staff: set[str], confirming: set[str]) -> None:
        self.ours, self.staff, self.confirming = ours, staff, confirming
        self.tickets: list[Ticket] = []
        self.sent: dict[str, Sent] = {}
        self.tokens: dict[str, Ticket] = {}
        self.stored: dict[str, list[Ticket]] = {}
        """Message-IDs of letters that came; of an id used again every ticket, the oldest first."""
        self.contacts: dict[str, str] = {}
        """Addresses of one person that the desk knows as such, each with the first of them."""
        self.bounced: set[tuple[str, str]] = set()
        """Message-ID and recipient of each delivery of ours that failed."""
        self._copies: dict[tuple[str, str], Ticket] = {}
        self._newest: dict[str, Ticket] = {}
        self._confirmed: Counter[str] = Counter()

    def went_out(self, sent: Sent, reply_to: str) -> None:
        """A letter of ours left the desk, with this address to answer to."""
        ticket = sent.ticket
        self.sent[sent.message_id.lower()] = sent
        if "+" in reply_to:
            self.tokens[reply_to.lower()] = ticket

    def keep_id(self, message_id: str, ticket: Ticket) -> None:
        """A letter of this id stands on the ticket."""
        tickets = self.stored.setdefault(message_id, [])
        if ticket not in tickets:
            tickets.append(ticket)
        if len(tickets) > 1 or message_id.lower() in self.sent:
            for one in tickets:
                one.namesake = True

    def expect(self, plan: Plan) -> Answer:
        """What the desk has to do with a letter; from here on it counts as done."""
        if plan.repeated:
            return Answer("repeated", None)
        # The name that the desk gives to a letter without one is made of what its writer wrote.
        identity = plan.message_id
        if plan.own:
            return Answer("own-copy", self.sent[plan.message_id.lower()].ticket)
        same = self._copies.get((identity, plan.content))
        if same is not None:
            return Answer("duplicate", same)
        if plan.message_id.lower() in self.sent and plan.kind == "letter":
            # Whoever uses our own id again may be our letter on its way around: it moves nothing.
            plan = replace(plan, kind="automatic")
        ticket, by = self.belongs_to(plan)
        bounced = self._bounced(plan) if plan.kind in ("bounce", "delay") else None
        if bounced is not None:
            answer = self._bounce(plan, *bounced)
        elif ticket is None or (taker := self._taker(ticket, plan)) is None:
            answer = self._open(plan, ticket, by)
        else:
            for address in () if taker is ticket else self._people(ticket.chain()):
                # Whoever took part in the ticket that it continues takes part in the sequel, once they write.
                if address == plan.sender.lower() and plan.kind == "letter":
                    taker.people[address] = None
            answer = self._join(plan, taker, by)
        assert answer.ticket is not None
        answer.ticket.kept += 1
        self._copies[identity, plan.content] = answer.ticket
        if plan.message_id:
            self.keep_id(plan.message_id, answer.ticket)
        return answer

    def belongs_to(self, plan: Plan) -> tuple[Ticket | None, str]:
        """The ticket that a letter's marks name, in the order that counts."""
        for address in (*plan.delivered, *plan.named):
            if address.lower() in self.tokens:
                return self.tokens[address.lower()], "plus-token"
        ids = list(dict.fromkeys((*plan.in_reply_to, *reversed(plan.references))))[:MOST_REFERENCES]
        for one in ids:
            found = self.sent.get(re.sub(r"\s", "", one).lower())
            if found is not None:
                return found.ticket, "own-id"
        for one in ids:
            if one in self.stored:
                named = self.stored[one]
                theirs = [ticket for ticket in named if plan.sender.lower() in ticket.people]
                return (theirs or named)[0], "known-id"
        numbers = {ticket.number: ticket for ticket in self.tickets if ticket.number}
        for tag in reversed(re.findall(r"(?i)\[glz-(\d+)\]", plan.subject)):
            tagged = numbers.get(int(tag))
            if tagged is not None and plan.sender.lower() in tagged.people:
                return tagged, "subject-tag"
        return None, "new"

    def _taker(self, ticket: Ticket, plan: Plan) -> Ticket | None:
        """The one of a ticket and its sequels that takes the letter; None where a new one follows."""
        if plan.kind != "letter":
            return ticket
        for one in ticket.chain():
            if one.status != "deleted" and not one.long_closed:
                return one
        return ticket if ticket.status != "deleted" and self._is_agent(ticket, plan) else None

    @staticmethod
    def _people(tickets: list[Ticket]) -> list[str]:
        return [address for ticket in tickets for address in ticket.people]

    def _is_agent(self, ticket: Ticket, plan: Plan) -> bool:
        return plan.sender.lower() in self.staff and plan.sender.lower() not in ticket.people

    def _bounced(self, plan: Plan) -> tuple[Ticket, Sent | None] | None:
        for one in (plan.returned, *plan.in_reply_to, *reversed(plan.references)):
            if one.lower() in self.sent:
                return self.sent[one.lower()].ticket, self.sent[one.lower()]
        for address in (*plan.delivered, *plan.named):
            if address.lower() in self.tokens:
                return self.tokens[address.lower()], None
        return None

    def _bounce(self, plan: Plan, ticket: Ticket, sent: Sent | None) -> Answer:
        # What a copy alone did not reach, the client has.
        copy = sent is not None and plan.failed.lower() in sent.copies - {ticket.requester.lower()}
        if plan.kind == "bounce" and (sent is None or sent.reply) and not copy:
            self._comes_back(ticket)
        if plan.kind == "bounce" and sent is not None:
            self.bounced.add((sent.message_id, plan.failed.lower()))
        event = "bounced" if plan.kind == "bounce" else "delayed"
        return Answer("bounce", ticket, "", event, ticket.status)

    def _open(self, plan: Plan, previous: Ticket | None, by: str) -> Answer:
        sender = plan.sender.lower()
        last = previous.chain()[-1] if previous else None
        if plan.kind in ("bounce", "delay"):
            ticket = Ticket("")
        else:
            contact = self.contacts.get(sender, sender)
            ticket = Ticket(sender, previous=last or self._newest.get(contact))
            self._newest[contact] = ticket
            ticket.people[sender] = None
            self._copy(ticket, plan, by)
        if last is not None:
            last.sequel = ticket
        self.tickets.append(ticket)
        confirmed = (
            plan.kind == "letter"
            and plan.mailbox in self.confirming
            and not self._is_ours(sender)
            and self._confirmed[sender] < MOST_CONFIRMATIONS
        )
        self._confirmed[sender] += confirmed
        ticket.confirmations += confirmed
        return Answer("opened", ticket, "", "opened", "new", confirmed=confirmed, previous=ticket.previous)

    def _join(self, plan: Plan, ticket: Ticket, by: str) -> Answer:
        stranger = plan.sender.lower() not in ticket.people
        if plan.kind != "letter":
            private = stranger and plan.sender.lower() not in self.staff
            return Answer("joined", ticket, by, "automatic", ticket.status, private)
        if self._is_agent(ticket, plan):
            to_client = any(one.lower() in ticket.people for one in plan.named)
            if ticket.status not in ANSWERED or not to_client or by not in SIGNED:
                return Answer("joined", ticket, by, "noted", ticket.status, note=True)
            self._copy(ticket, plan, by)
            ticket.status, ticket.owned = "waiting", True
            return Answer("joined", ticket, by, "replied", ticket.status)
        if not stranger:
            self._copy(ticket, plan, by)
            self._comes_back(ticket, closed=True)
        return Answer(
            "joined", ticket, by, "new_voice" if stranger else "client_wrote", ticket.status, stranger
        )

    def _copy(self, ticket: Ticket, plan: Plan, by: str) -> None:
        """Whoever is in copy takes part, unless only a number that anybody can guess led to the ticket."""
        if by == "subject-tag":
            return
        for address in plan.named:
            low = address.lower()
            if len(ticket.people) < MOST_PEOPLE and low not in self.staff and not self._is_ours(low):
                ticket.people[low] = None

    def _is_ours(self, address: str) -> bool:
        local, _, domain = address.partition("@")
        return f"{local.partition('+')[0]}@{domain}" in self.ours

    @staticmethod
    def _comes_back(ticket: Ticket, *, closed: bool = False) -> None:
        if ticket.status in ("waiting", "solved") or (closed and ticket.status == "closed"):
            ticket.status = "needs_reply" if ticket.owned else "new"
            ticket.long_closed = False
