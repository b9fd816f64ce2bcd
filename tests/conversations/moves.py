"""What happens next in the conversations: each move writes one letter and says what it is meant to be."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.conversations import letters, reports
from tests.conversations.model import Model, Plan, Ticket
from tests.conversations.people import LIST, MAILBOXES, STAFF, Person, mailbox_of, stranger

SUBJECTS = ("Не могу войти", "Invoice 42", "Печать документов", "Login", "Re: Login", "", "Срочно!!! [SPAM]")


@dataclass(frozen=True, slots=True)
class Ours:
    """A letter of the desk as its recipients have it."""

    raw: bytes
    message_id: str
    references: tuple[str, ...]
    subject: str
    sender: str
    reply_to: str
    recipients: tuple[str, ...]
    ticket: Ticket


@dataclass(slots=True)
class Past:
    """What people can answer, forward, repeat or quote."""

    ours: list[Ours] = field(default_factory=list)
    theirs: list[tuple[Plan, Ticket]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is left of In-Reply-To and References: as written, and what can be read of it."""

    what: str
    in_reply_to: str = ""
    references: str = ""
    answered: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()


class Moves:
    """Letters of one seed."""

    def __init__(self, rng: random.Random, people: Sequence[Person], model: Model, past: Past) -> None:
        self.rng, self.people, self.model, self.past = rng, people, model, past
        self._count = 0

    def marks(self, ids: Sequence[str]) -> Marks:
        """The ids of a conversation, oldest first, as a mail program or a gateway leaves them."""
        rng = self.rng
        ids = list(dict.fromkeys(one for one in ids if one))
        if not ids:
            return Marks("no ids")
        last = ids[-1]
        how = rng.choice(("all", "all", "answered", "listed", "cut", "mixed up", "lower", "folded", "none"))
        match how:
            case "all":
                return Marks("all ids", last, letters.ids_as_written(rng, ids), (last,), tuple(ids))
            case "answered":
                return Marks("In-Reply-To alone", last, "", (last,))
            case "listed":
                return Marks("References alone", "", letters.ids_as_written(rng, ids), (), tuple(ids))
            case "cut":
                end = min(len(last) // 3, last.index("@") - 1)
                cut = " ".join([*ids[:-1], last[:end]])
                return Marks("References cut short", "", cut, (), tuple(ids[:-1]))
            case "mixed up":
                rng.shuffle(ids)
                return Marks("ids in any order", "", letters.ids_as_written(rng, ids), (), tuple(ids))
            case "lower":
                low = [one.lower() for one in ids]
                return Marks("lower-cased ids", low[-1], "\r\n ".join(low), (low[-1],), tuple(low))
            case "folded":
                broken = f"{last[:20].rstrip()}\r\n {last[20:].lstrip()}"
                return Marks("an id folded inside", broken, "", (broken.replace("\r\n ", " "),))
        return Marks("no ids")

    def write(
        self, what: str, sender: str, *, named: Sequence[str], subject: str, marks: Marks | None = None,
        quote: Sequence[str] = (), meant: Ticket | None = None, message_id: str | None = None,
        extra: Sequence[tuple[str, str]] = (), kind: str = "letter", delivered: Sequence[str] = (),
        mailbox: str = "", name: str = "", program: str = "",
    ) -> Plan:  # fmt: skip
        """A letter with everything that was chosen."""
        rng, marks = self.rng, marks or Marks("no ids")
        if message_id is None:
            message_id = "" if rng.random() < 0.04 else letters.foreign_id(rng)
        marker = self.marker()
        program = program or rng.choice(tuple(letters.PROGRAMS))
        ours = next((one for one in (*named, *delivered) if one.lower().endswith("@desk.example")), "")
        mailbox = mailbox or mailbox_of(ours)
        address = MAILBOXES[mailbox]
        to, cc = (named[:1], named[1:]) if rng.random() < 0.7 else (named, ())
        fields = [
            *(("Delivered-To", one) for one in delivered),
            ("From", f"{name} <{sender}>" if name.isalpha() or not name.isascii() else sender),
            ("To", ",\r\n ".join(to)), ("Cc", ", ".join(cc)), ("Subject", subject),
            ("Date", "Wed, 12 Mar 2025 14:30:00 +0300"), ("Message-ID", message_id),
            ("In-Reply-To", marks.in_reply_to), ("References", marks.references), *extra,
        ]  # fmt: skip
        words = (
            f"Здравствуйте, слово {marker} здесь."
            if rng.random() < 0.6
            else f"Hello, my word is {marker} today."
        )
        return Plan(
            what=f"{what}; {marks.what}; {program if quote else 'plain'}; id {message_id or 'none'}",
            raw=letters.trace(rng, address) + letters.head(fields) + letters.body(program, words, quote),
            sender=sender, marker=marker, mailbox=mailbox, named=tuple(named),
            delivered=(address, *delivered), subject=subject, message_id=message_id,
            in_reply_to=marks.answered, references=marks.listed, kind=kind, meant=meant, content=marker,
        )  # fmt: skip

    def marker(self) -> str:
        """A word that stands in one letter alone."""
        self._count += 1
        return f"zq{self._count}x{self.rng.randint(1000, 9999)}"

    def fresh(self) -> Plan:
        """A new matter; the subject of an old one says nothing, nor does a number that is not theirs."""
        rng, person = self.rng, self.rng.choice(self.people)
        named = [rng.choice(tuple(MAILBOXES.values()))]
        if rng.random() < 0.35:
            named += [rng.choice(rng.choice(self.people).addresses) for _ in range(rng.randint(1, 3))]
        subject, what = rng.choice(SUBJECTS), "a new matter"
        quote: tuple[str, ...] = ("> old",)
        sender = rng.choice(person.addresses)
        if self.past.ours and rng.random() < 0.35:
            other = rng.choice(self.past.ours)
            what = "a new matter that quotes another ticket"
            quote = reports.text_of(other.raw)
            if sender.lower() not in other.ticket.people:
                subject = rng.choice((other.subject, f"About [GLZ-{other.ticket.number}]"))
        marks = Marks("no ids")
        if rng.random() < 0.15:
            unknown = letters.foreign_id(rng)
            marks = Marks("ids of others", unknown, unknown, (unknown,), (unknown,))
            subject, what = f"Fwd: {rng.choice(SUBJECTS)}", "somebody else's letter, forwarded"
        extra = [("Reply-To", person.addresses[-1])] if rng.random() < 0.15 else []
        return self.write(
            what, sender, named=named, subject=subject, quote=quote if rng.random() < 0.5 else (),
            marks=marks, extra=extra, name=person.name,
        )  # fmt: skip

    def _answer(self, what: str, ours: Ours, sender: str, **more: object) -> Plan:
        rng = self.rng
        to = rng.choice((ours.reply_to, ours.reply_to, ours.reply_to.upper(), ours.sender, ours.sender))
        delivered: list[str] = []
        if rng.random() < 0.15 and ours.reply_to != ours.sender:
            to, delivered = ours.sender, [ours.reply_to]
        if rng.random() < 0.1:
            to, delivered = rng.choice(tuple(MAILBOXES.values())), []
        named = [to]
        if rng.random() < 0.2:
            named.append(rng.choice(rng.choice(self.people).addresses))
        bare = ours.subject.rpartition(" [GLZ-")[0]
        subject = rng.choice(
            (f"Re: {ours.subject}", ours.subject, ours.subject.lower(), f"Re: {bare}", "Quite another thing",
             f"Fwd: {ours.subject}", f"[GLZ-{ours.ticket.number}]", f"[Ext] [GLZ-7000000] {ours.subject}"),
        )  # fmt: skip
        if rng.random() < 0.08:
            subject = f"[GLZ-{ours.ticket.number}] as in [GLZ-8000000]"
        return self.write(
            what, sender, named=named, delivered=delivered, subject=subject,
            marks=self.marks([*ours.references, ours.message_id]), quote=reports.text_of(ours.raw),
            meant=ours.ticket, **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def answer(self) -> Plan:
        """One of those to whom we wrote answers."""
        ours = self.recent()
        return self._answer("an answer", ours, self.rng.choice(ours.recipients))

    def alias(self) -> Plan:
        """A client answers from another address of theirs."""
        ours = self.recent()
        asked = self.rng.choice(ours.recipients).lower()
        own = next((p.addresses for p in self.people if asked in map(str.lower, p.addresses)), (asked,))
        return self._answer("an answer from another address", ours, self.rng.choice(own))

    def strange(self) -> Plan:
        """Somebody to whom our letter was passed on answers."""
        return self._answer("a stranger's answer", self.recent(), stranger(self.rng))

    def colleague(self) -> Plan:
        """One of the staff answers by mail."""
        return self._answer("an agent's answer by mail", self.recent(), self.rng.choice(STAFF))

    def absent(self) -> Plan:
        """Out of office."""
        rng, ours = self.rng, self.recent()
        field = rng.choice(
            (("Auto-Submitted", "auto-replied"), ("X-Autoreply", "yes"), ("Precedence", "bulk"))
        )
        who = rng.choice(ours.recipients) if rng.random() < 0.8 else stranger(rng)
        return self._answer("out of office", ours, who, kind="automatic", extra=[field])

    def listed(self) -> Plan:
        """An answer that went over a mailing list, which rewrote its From."""
        ours = self.recent()
        if self.rng.random() < 0.3:
            return self._answer("an answer under a list's address", ours, LIST)
        extra = [("List-Id", "<users.lists.example>"), ("Reply-To", ours.recipients[0])]
        return self._answer("an answer over a list", ours, LIST, kind="automatic", extra=extra)

    def among_themselves(self) -> Plan:
        """Somebody answers a client's letter, with us in copy: only its foreign id leads to the ticket."""
        rng = self.rng
        theirs, ticket = rng.choice(self.past.theirs[-60:])
        who = rng.choice((theirs.sender, *tuple(ticket.people), stranger(rng)))
        # The number of another ticket in the subject would leave open which one is meant.
        subject = re.sub(rf"\[GLZ-(?!{ticket.number}\])\d+\]", "", theirs.subject, flags=re.IGNORECASE)
        return self.write(
            "an answer to a client's letter", who, named=[theirs.sender, MAILBOXES[theirs.mailbox]],
            subject=f"Re: {subject}", marks=self.marks([*theirs.references, theirs.message_id]),
            quote=("the client's words",), meant=ticket, mailbox=theirs.mailbox,
        )  # fmt: skip

    def forged(self) -> Plan:
        """Tokens and ids that we never gave out."""
        rng, ours = self.rng, self.recent()
        number, bad = ours.ticket.number, rng.choice(("aaaaaaaaaa", "2222222222"))
        fake = f"<glz.{number}.abcdef123456.{'a' * 16}@desk.example>"
        other = ours.message_id.replace(f"glz.{number}.", f"glz.{number + 1}.")
        marks = Marks("forged ids", fake, f"{fake} {other}", (fake,), (fake, other))
        named = [rng.choice((f"support+t{number}.{bad}@desk.example", "support@desk.example"))]
        return self.write("a forgery", stranger(rng), named=named, subject=ours.subject, marks=marks)

    def again(self) -> Plan:
        """A letter that came before comes once more: another way, another mailbox, or found again."""
        rng = self.rng
        earlier, _ticket = rng.choice(self.past.theirs)
        if rng.random() < 0.3:
            found = rng.random() < 0.5
            return replace(earlier, what=f"once more: {earlier.what}", repeated=found)
        mailbox = rng.choice(tuple(MAILBOXES))
        return replace(
            earlier, what=f"another delivery of: {earlier.what}", mailbox=mailbox,
            raw=letters.trace(rng, MAILBOXES[mailbox]) + earlier.raw,
        )  # fmt: skip

    def reused(self) -> Plan:
        """An id that somebody has used before, with other words."""
        rng = self.rng
        used = rng.choice(self.past.ours).message_id if rng.random() < 0.4 else letters.foreign_id(rng)
        if rng.random() < 0.5:
            used = rng.choice(self.past.theirs)[0].message_id or used
        sender = rng.choice(self.people).addresses[0]
        return self.write(
            "an id used again", sender, named=["support@desk.example"], subject="Again", message_id=used
        )

    def ours_again(self) -> Plan:
        """Our own letter comes back: by a copy to ourselves, or over a list."""
        ours = self.recent()
        raw = letters.trace(self.rng, "support@desk.example") + ours.raw
        if self.rng.random() < 0.3:
            raw = b"List-Id: <users.lists.example>\r\n" + raw.replace(
                b"\r\nFrom: ", b"\r\nFrom: users@lists.example\r\nX-Original-From: ", 1
            )
        return Plan(
            "our own letter, back", raw, ours.sender, "", mailbox="support", message_id=ours.message_id,
            own=True, meant=ours.ticket,
        )  # fmt: skip

    def bounced(self) -> Plan:
        """A server could not deliver our letter, or not yet."""
        rng, ours = self.rng, self.recent()
        form = rng.choice(tuple(reports.FINAL))
        final = form != "Postfix" or rng.random() < 0.7
        failed = rng.choice(ours.recipients)
        back = self._returned(ours, failed, final=final)
        plan = self._machine(f"a bounce by {form}{'' if final else ', of a delay'}", back, ours)
        knows = form != "a nameless server"
        listed = (ours.message_id,) if form == "Gmail" else ()
        return replace(
            plan, raw=reports.FINAL[form](back), kind="bounce" if final else "delay", failed=failed,
            sender=f"mailer-daemon@{back.host}", returned=ours.message_id if knows else "",
            in_reply_to=listed, references=listed, meant=ours.ticket if knows else None,
        )  # fmt: skip

    def receipt(self) -> Plan:
        """Somebody's program says that our letter was read."""
        ours = self.recent()
        back = self._returned(ours, self.rng.choice(ours.recipients))
        raw = reports.receipt(back, f"In-Reply-To: {ours.message_id}\r\n")
        plan = self._machine("a receipt", back, ours)
        return replace(plan, raw=raw, kind="receipt", in_reply_to=(ours.message_id,))

    def _returned(self, ours: Ours, recipient: str, *, final: bool = True) -> reports.Returned:
        own_id = letters.foreign_id(self.rng).replace(" ", "")
        return reports.Returned(
            ours.raw, ours.message_id, recipient, ours.sender, own_id, self.marker(), final=final
        )

    @staticmethod
    def _machine(what: str, back: reports.Returned, ours: Ours) -> Plan:
        return Plan(
            what, b"", back.recipient, back.marker, mailbox=mailbox_of(ours.sender), named=(ours.sender,),
            message_id=back.own_id, meant=ours.ticket, content=back.marker,
        )  # fmt: skip

    def recent(self) -> Ours:
        """One of our letters, rather a late one."""
        window = self.past.ours[-40:] if self.rng.random() < 0.8 else self.past.ours
        return self.rng.choice(window)

    def next(self) -> Plan:
        """A letter of any sort."""
        if not self.past.ours or self.rng.random() < 0.22:
            return self.fresh()
        moves = (
            (self.answer, 30), (self.alias, 7), (self.strange, 6), (self.colleague, 6), (self.absent, 5),
            (self.listed, 5), (self.among_themselves, 8), (self.forged, 4), (self.again, 8), (self.reused, 5),
            (self.ours_again, 4), (self.bounced, 9), (self.receipt, 2),
        )  # fmt: skip
        (move,) = self.rng.choices([one for one, _weight in moves], [weight for _one, weight in moves])
        return move()
