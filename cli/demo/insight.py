"""What simulated people make of a ticket that they open: what it is about, and what to answer."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import TYPE_CHECKING

from cli.demo.stories import DOMAINS, NOUNS, PROJECTS, ZONES, Matter, answer, facts, phrases_of, topics_of
from cli.demo.topics import Topic
from core.services.histories import Client

if TYPE_CHECKING:
    from core.services.models.ticket import TicketView

_MENTIONED = {
    "vm": rf"\b(?:{'|'.join(NOUNS)})-\d\d\b",
    "ip": r"\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\b",
    "domain": rf"\b(?:{'|'.join(NOUNS)})\.(?:{'|'.join(DOMAINS)})\.example\b",
    "volume": r"\bvol-[0-9a-f]{6}\b",
    "invoice": r"\bINV-\d{5}\b",
    "zone": rf"\b(?:{'|'.join(ZONES)})\b",
    "bucket": rf"\b(?:{'|'.join(PROJECTS)})-(?:media|backup|logs|static|exports)\b",
}
"""How the names of a story look."""


def recognise(rng: random.Random, ticket: TicketView) -> Matter | None:
    """What a ticket is about, by its subject, with the names that its letters mention; None for anything else."""
    language = ticket.language or "en"
    values = facts(rng, language, ticket.created_at)
    words = " ".join([ticket.subject, *(item.message.body for item in ticket.timeline if item.message)])
    for key, pattern in _MENTIONED.items():
        found = re.search(pattern, words)
        if found:
            values[key] = found[0]
    for topic in topics_of(language):
        for number, expression in enumerate(_subjects(topic)):
            if expression.match(ticket.subject):
                return Matter(topic, topic.case_of(number), values, ticket.subject, language)
    return None


def reply_to(rng: random.Random, ticket: TicketView, agent: str) -> str:
    """An agent's next answer on a ticket: one that was not given there yet."""
    language = ticket.language or "en"
    matter = recognise(rng, ticket)
    given = sum(1 for item in ticket.timeline if item.message and item.message.kind == "reply")
    plain = phrases_of(language).answers
    text = matter.answer(given) if matter else plain[given % len(plain)]
    return answer(rng, text, Client("", ticket.client.name or "—", "", language), agent)


def note_on(rng: random.Random, ticket: TicketView) -> str:
    """What a colleague remarks."""
    matter = recognise(rng, ticket)
    return rng.choice(matter.topic.notes).format_map(matter.values) if matter else "+1"


@cache
def _subjects(topic: Topic) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(subject))) for subject in topic.subjects)
