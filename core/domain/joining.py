"""Which ticket a letter belongs to, and in whose voice it speaks. The caller looks ids up; here is the order.

The order is the one that holds in practice: what we signed, then what we stored, then a tag in the
subject, and that only from somebody who takes part. Bare subject text never joins.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.letters import Letter
from core.domain.tokens import ticket_of_message_id, ticket_of_plus_address

MAX_REFERENCES = 30
"""How many ids of a letter are looked at; from the right, since the newest stand there."""

MAX_TAGS = 5
"""How many tags of one subject are looked at: people who quote a number or two beside their own."""

SIGNED = frozenset(("plus-token", "own-id"))
"""Ways to join by what only those can name to whom we wrote."""

MAX_PARTICIPANTS = 40
"""People of the client's side, the requester included, beyond whom nobody in copy becomes a participant."""

_TAG = re.compile(r"\[GLZ-(\d{1,12})\]", re.IGNORECASE)


class Voice(StrEnum):
    """Who speaks in a letter that joins a ticket."""

    CLIENT = "client"
    """A participant of the ticket."""
    AGENT = "agent"
    """One of the staff: a note, never taken for the client's."""
    STRANGER = "stranger"
    """A new voice: filed privately, confirmed by an agent, never made the requester."""


@dataclass(frozen=True, slots=True)
class Join:
    """The ticket that a letter joins."""

    ticket_id: int | None
    by: str
    """plus-token, own-id, known-id, subject-tag, or new."""
    evidence: str = ""
    """The address, Message-ID or tag that says so."""


NEW = Join(None, "new")
"""A letter that answers nothing that we know."""


def subject_tags(subject: str) -> tuple[int, ...]:
    """The ticket numbers of `[GLZ-123]` tags, the last one first; of a crowd of them only the last MAX_TAGS."""
    return tuple(dict.fromkeys(int(tag) for tag in reversed(_TAG.findall(subject)[-MAX_TAGS:])))


def untagged(subject: str) -> str:
    """A subject without the tags of this desk."""
    return _TAG.sub("", subject).strip()


def tagged(subject: str, ticket_id: int) -> str:
    """The subject of our letters: the client's own, with the tag once."""
    return f"{untagged(subject)} [GLZ-{ticket_id}]".strip()


def referenced_ids(letter: Letter) -> tuple[str, ...]:
    """The Message-IDs a letter answers, nearest first: the letter that a report is about, In-Reply-To, then
    References from the right, bounded."""
    nearest_first = (
        letter.returned_message_id,
        *letter.in_reply_to,
        *reversed(letter.references[-MAX_REFERENCES:]),
    )
    return tuple(dict.fromkeys(one for one in nearest_first if one))[:MAX_REFERENCES]


def bare_id(message_id: str) -> str:
    """One of our own Message-IDs as two spellings of it compare: gateways that fold a long one leave blanks, others
    change case. Ours have no capitals, and a signature that holds in spite of them.

    Other programs' ids are compared as they stand: two that differ in case alone are two letters (RFC 5536 section
    3.1.3, for what RFC 5322 section 3.6.4 leaves to each program).
    """
    return "".join(message_id.split()).lower()


def recipients_of(letter: Letter) -> tuple[str, ...]:
    """Every address at which a letter arrived, as far as its headers tell."""
    listed = (*letter.delivered_to, *(to.addr for to in letter.to), *(cc.addr for cc in letter.cc))
    return tuple(dict.fromkeys(listed))


def signed_tickets(secret: bytes, letter: Letter) -> Iterator[tuple[int, Join]]:
    """The tickets named by something that we signed: by plus-tokens first, then by our own Message-IDs.

    The caller takes the first that is there: a ticket may be gone for good, or have been made after the backup that
    the desk was restored from, and what else the letter names still says where it belongs.
    """
    for address in recipients_of(letter):
        ticket = ticket_of_plus_address(secret, address)
        if ticket is not None:
            yield ticket, Join(ticket, "plus-token", address)
    for reference in referenced_ids(letter):
        ticket = ticket_of_message_id(secret, bare_id(reference))
        if ticket is not None:
            yield ticket, Join(ticket, "own-id", reference)


def answers_notice(secret: bytes, letter: Letter) -> bool:
    """Whether a letter answers, or reports on, one of ours to the staff: their Message-IDs name ticket 0.

    Such a letter opens none: the staff would be told of it, an absent colleague answer that, and so on without end.
    Only the nearest id counts: who answers what an agent wrote below such a letter means the agent.
    """
    return ticket_of_message_id(secret, bare_id(next(iter(referenced_ids(letter)), ""))) == 0


def join(
    signed: Join | None,
    references: Sequence[str],
    known: Mapping[str, int],
    tag: int | None,
    tickets_of_sender: Collection[int],
) -> Join:
    """Decide. `known` maps stored Message-IDs of this desk to tickets; `tickets_of_sender` are those of
    which the sender is a participant (only the tagged one need be looked up)."""
    if signed is not None:
        return signed
    for reference in references:
        if reference in known:
            return Join(known[reference], "known-id", reference)
    if tag is not None and tag in tickets_of_sender:
        return Join(tag, "subject-tag", f"[GLZ-{tag}]")
    return NEW


def voice_of(sender: str, participants: Collection[str], staff: Collection[str]) -> Voice:
    """Who speaks: addresses are compared lower-cased."""
    sender = sender.lower()
    if sender in participants:
        return Voice.CLIENT
    if sender in staff:
        return Voice.AGENT
    return Voice.STRANGER
