"""The conversations of one seed, played on a real desk: every letter's bytes go the whole way, ours are composed."""

from __future__ import annotations

import email
import email.header
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import getaddresses, parseaddr
from typing import Any

from sqlalchemy import text

from core import clock
from core.services import contacts, intake, ledger, outbox, replies, tickets
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.ledger import Fetched
from core.services.models.outbox import Delivery
from mailbridge.letter import read
from mailbridge.outgoing import compose, loop_mark
from tests import builders
from tests.builders import last_of
from tests.conversations.model import Answer, Model, Plan, Sent, Ticket
from tests.conversations.moves import Moves, Ours, Past
from tests.conversations.people import MAILBOXES, STAFF, crowd

TOML = builders.mailbox_toml("sales", MAILBOXES["sales"], plus=False) + builders.mailbox_toml(
    "help", MAILBOXES["help"], confirm=False
)


class Misjudged(AssertionError):
    """The desk and the model do not agree on a letter."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database says of a letter that was taken."""

    taken: Taken
    event: tuple[str, dict[str, Any]]
    private: bool
    note: bool
    body: str
    previous: int | None


class World:
    """One desk and its conversations."""

    def __init__(self, desk: Desk, seed: int, people: int = 24) -> None:
        self.desk, self.seed, self.rng = desk, seed, random.Random(seed)
        self.people = crowd(self.rng, people)
        self.model = Model(set(MAILBOXES.values()), set(STAFF), {"support", "sales"})
        self.past = Past()
        self.moves = Moves(self.rng, self.people, self.model, self.past)
        self.outcomes: Counter[str] = Counter()
        self.by_number: dict[int, Ticket] = {}
        self.asked: set[str] = set()
        """Where letters asked to be answered."""
        self._found_again: set[tuple[str, bytes]] = set()
        self._late: list[tuple[int, Plan]] = []
        self._uid = self._batch = 0
        self._root = builders.who(desk, "root")
        self._know_people()

    def _know_people(self) -> None:
        """Some people's addresses are known to be one client's."""
        with self.desk.write() as session:
            for person in self.people:
                if not person.known_together:
                    continue
                first = contacts.address_for(session, person.addresses[0], person.name, clock.now())
                for other in person.addresses[1:]:
                    contacts.address_for(
                        session, other, person.name, clock.now()
                    ).contact_id = first.contact_id
                    self.model.contacts[other.lower()] = person.addresses[0].lower()

    def play(self, count: int) -> None:
        """So many letters, in batches, with what agents do in between."""
        done = 0
        while done < count:
            self._batch += 1
            self.deliver(self._due(min(self.rng.randint(1, 14), count - done)))
            done = sum(self.outcomes.values())
            for _ in range(self.rng.randint(1, 5)):
                self.act()
            self.send()
        self.deliver([plan for _batch, plan in self._late])

    def _due(self, count: int) -> list[Plan]:
        """The batch's letters: some are held up on their way and come later, out of order; some come twice."""
        rng = self.rng
        plans = [plan for batch, plan in self._late if batch <= self._batch]
        self._late = [(batch, plan) for batch, plan in self._late if batch > self._batch]
        while len(plans) < count:
            plan = self.moves.next()
            if rng.random() < 0.06 and not plan.repeated:
                self._late.append((self._batch + rng.randint(1, 4), replace(plan, what=f"late: {plan.what}")))
                continue
            plans.append(plan)
            if rng.random() < 0.08 and plan.message_id and plan.kind == "letter" and not plan.own:
                twice = f"a second copy of: {plan.what}"
                plans.append(replace(plan, what=twice, mailbox=rng.choice(tuple(MAILBOXES)), repeated=False))
        return plans

    def deliver(self, plans: Sequence[Plan]) -> None:
        """Letters come in together, and the desk must do with each what the model says."""
        if not plans:
            return
        pairs = []
        plans = [self._as_ledger_sees(plan) for plan in plans]
        for plan in plans:
            (ledger_id,) = ledger.record(
                self.desk, plan.mailbox, 2 if plan.repeated else 1, [self._fetched(plan)]
            )
            pairs.append((ledger_id, read(plan.raw)))
        answers = [self.model.expect(plan) for plan in plans]
        taken = intake.take(self.desk, pairs)
        seen = self._look(taken)
        for plan, answer, one in zip(plans, answers, seen, strict=True):
            self.outcomes[one.taken.outcome] += 1
            self._compare(plan, answer, one)
            if answer.ticket is not None and answer.outcome in ("opened", "joined"):
                # Where nobody could tell which ticket was meant, nobody can tell it of the answers either.
                if answer.outcome == "opened" or (plan.meant and plan.meant.comes_from(answer.ticket)):
                    self.past.theirs.append((plan, answer.ticket))
                self.asked |= {one.addr.lower() for one in read(plan.raw).reply_to}

    def _as_ledger_sees(self, plan: Plan) -> Plan:
        """The same bytes in a folder that was found again once count as found again, however they come."""
        copy = (plan.mailbox, plan.raw)
        if plan.repeated:
            self._found_again.add(copy)
        return replace(plan, repeated=plan.repeated or copy in self._found_again)

    def _fetched(self, plan: Plan) -> Fetched:
        self._uid += 1
        return Fetched(self._uid, self.desk.blobs.put(plan.raw), len(plan.raw), "", plan.message_id)

    def _look(self, taken: Sequence[Taken]) -> list[Seen]:
        events = self._rows("event", "kind, data", [one.event_id for one in taken])
        messages = self._rows("message", "private, kind, body", [one.message_id or 0 for one in taken])
        numbers = self._rows("ticket", "previous_id", [one.ticket_id or 0 for one in taken])
        seen = []
        for one in taken:
            kind, data = events.get(one.event_id, ("", "{}"))
            private, message_kind, body = messages.get(one.message_id or 0, (False, "", ""))
            (previous,) = numbers.get(one.ticket_id or 0, (None,))
            facts = json.loads(data) if isinstance(data, str) else data
            seen.append(Seen(one, (kind, facts), bool(private), message_kind == "note", body, previous))
        return seen

    def _rows(self, table: str, columns: str, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        listed = ", ".join(str(int(one)) for one in ids)
        found = builders.rows(self.desk, f"SELECT id, {columns} FROM {table} WHERE id IN ({listed})")
        return {row[0]: tuple(row[1:]) for row in found}

    def _compare(self, plan: Plan, answer: Answer, seen: Seen) -> None:
        taken, ticket = seen.taken, answer.ticket
        if answer.outcome == "opened" and ticket is not None and taken.outcome == "opened":
            if taken.ticket_id is None or taken.ticket_id in self.by_number:
                self._fail(plan, answer, seen, "the new ticket is not new")
            else:
                ticket.number = taken.ticket_id
                self.by_number[ticket.number] = ticket
        wanted = self._wanted(answer)
        found = self._found(answer, seen)
        if wanted != found:
            self._fail(plan, answer, seen, f"expected {wanted}\n   found {found}")
        if answer.outcome in ("opened", "joined", "bounce") and plan.marker not in seen.body:
            self._fail(plan, answer, seen, f"its words ({plan.marker}) are not on the ticket: {seen.body!r}")
        if answer.outcome == "joined" and ticket is not None and not _belongs(plan, answer, ticket):
            self._fail(plan, answer, seen, f"it was written in the conversation {plan.meant}")
        if ticket is not None:
            ticket.story.append(
                f"{taken.outcome} {answer.by}: {plan.what}, from {plan.sender} → {answer.status}"
            )

    @staticmethod
    def _wanted(answer: Answer) -> tuple[Any, ...]:
        ticket = answer.ticket.number if answer.ticket else None
        if answer.outcome not in ("opened", "joined", "bounce"):
            return (answer.outcome, ticket) if answer.outcome != "repeated" else ("repeated",)
        previous = answer.previous.number if answer.previous else None
        return (
            answer.outcome, ticket, answer.by, answer.event, answer.status, answer.private, answer.note, previous
        )  # fmt: skip

    @staticmethod
    def _found(answer: Answer, seen: Seen) -> tuple[Any, ...]:
        taken = seen.taken
        if taken.outcome not in ("opened", "joined", "bounce"):
            return (taken.outcome, taken.ticket_id) if taken.outcome != "repeated" else ("repeated",)
        by = taken.why if taken.outcome == "joined" else ""
        kind, data = seen.event
        previous = seen.previous if taken.outcome == "opened" else None
        status = data.get("to", answer.status)
        return (taken.outcome, taken.ticket_id, by, kind, status, seen.private, seen.note, previous)

    def _fail(self, plan: Plan, answer: Answer, seen: Seen, why: str) -> None:
        concerned = [answer.ticket, plan.meant, self.by_number.get(seen.taken.ticket_id or 0)]
        lines = [f"seed {self.seed}, letter {sum(self.outcomes.values())}: {plan.what}", why]
        for ticket in dict.fromkeys(one for one in concerned if one is not None):
            lines += [f"{ticket}, {', '.join(ticket.people)}:", *(f"  {line}" for line in ticket.story)]
        head = plan.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n  ")
        raise Misjudged("\n".join([*lines, "the letter:", f"  {head}", f"answer of the desk: {seen.taken}"]))

    def act(self) -> None:
        """An agent does something to a ticket."""
        numbered = [ticket for ticket in self.model.tickets if ticket.number]
        if not numbered:
            return
        rng = self.rng
        ticket = rng.choice(numbered[-30:] if rng.random() < 0.8 else numbered)
        if ticket.status == "deleted":
            return
        what = rng.choices(
            ("reply", "solve", "close", "long ago", "delete", "accept", "move"), (60, 8, 8, 8, 2, 8, 3)
        )[0]
        act = getattr(self, f"_{what.replace(' ', '_')}")
        if act(ticket):
            ticket.story.append(f"agent: {what} → {ticket.status}")

    def _reply(self, ticket: Ticket) -> bool:
        if ticket.status == "closed" or not ticket.requester:
            return False
        solve = self.rng.random() < 0.1
        words = f"Проверьте ещё раз.\n\nПисьмо номер {self.rng.randint(1, 10**6)}."
        seen = last_of(self.desk, ticket.number)
        replies.reply(self.desk, self._root, ticket.number, words, seen, solve=solve)
        ticket.status, ticket.owned = "solved" if solve else "waiting", True
        return True

    def _solve(self, ticket: Ticket) -> bool:
        if ticket.status == "closed":
            return False
        tickets.solve(self.desk, self._root, ticket.number)
        ticket.status = "solved"
        return True

    def _close(self, ticket: Ticket) -> bool:
        tickets.close(self.desk, self._root, ticket.number)
        ticket.status = "closed"
        return True

    def _long_ago(self, ticket: Ticket) -> bool:
        self._close(ticket)
        builders.closed_at(self.desk, ticket.number, clock.now() - timedelta(days=8))
        ticket.long_closed = True
        return True

    def _delete(self, ticket: Ticket) -> bool:
        tickets.delete(self.desk, self._root, ticket.number)
        ticket.status = "deleted"
        return True

    def _accept(self, ticket: Ticket) -> bool:
        if ticket.status != "new":
            return False
        tickets.accept(self.desk, self._root, ticket.number)
        ticket.status, ticket.owned = "needs_reply", True
        return True

    def _move(self, ticket: Ticket) -> bool:
        group = builders.group_id(self.desk, self.rng.choice(("first", "north", "south")))
        builders.change(self.desk, ticket.number, group_id=group)
        return True

    def send(self) -> None:
        """Everything in the outbox is composed, and goes to its recipients."""
        with self.desk.write() as session:
            session.connection().execute(text("UPDATE outbox SET due_at = created_at WHERE state = 'queued'"))
        mark = loop_mark(self.desk.secret)
        for item in outbox.due(self.desk, "world", 500):
            raw = compose(item.letter, self.desk.blobs.read, mark)
            outbox.phase(self.desk, item.id, "data", "world")
            done = {address: Delivery("sent", 250, "ok") for address in item.recipients}
            outbox.finish(self.desk, item.id, done, "world")
            self._received(
                raw, self.by_number[item.ticket_id], item.recipients, automatic=item.letter.automatic
            )

    def _received(self, raw: bytes, ticket: Ticket, recipients: tuple[str, ...], *, automatic: bool) -> None:
        letter = email.message_from_bytes(raw)
        sender = parseaddr(letter["From"])[1]
        reply_to = parseaddr(letter.get("Reply-To", ""))[1] or sender
        subject = str(email.header.make_header(email.header.decode_header(letter["Subject"])))
        wrong = {one.lower() for one in recipients} - set(ticket.people) - self.asked
        if wrong:
            raise Misjudged(
                f"seed {self.seed}: our letter on {ticket} goes to {wrong}\n" + "\n".join(ticket.story)
            )
        references = re.findall(r"<[^<>]+>", letter.get("References", ""))
        for one in references:
            # The name that the desk gave to a letter without one is as good as the sender's own.
            if one.endswith("@derived.glazok.invalid>"):
                self.model.keep_id(one, ticket)
        self.past.ours.append(
            Ours(raw, letter["Message-ID"], tuple(references), subject, sender, reply_to, recipients, ticket)
        )
        copies = {one.lower() for _name, one in getaddresses(letter.get_all("Cc", []))}
        copies -= {one.lower() for _name, one in getaddresses(letter.get_all("To", []))}
        sent = Sent(letter["Message-ID"], ticket, reply=not automatic, copies=frozenset(copies))
        self.model.went_out(sent, reply_to)
        ticket.story.append(f"{'confirmation' if automatic else 'our letter'} to {', '.join(recipients)}")


def _belongs(plan: Plan, answer: Answer, ticket: Ticket) -> bool:
    """Whether the letter was written in the ticket's conversation, as far as anybody could tell."""
    meant = plan.meant
    if meant is None or meant.comes_from(ticket):
        return meant is not None
    sender = plan.sender.lower()
    undecided = answer.by == "own-id" or (sender in ticket.people) == (sender in meant.people)
    return meant.namesake and undecided
