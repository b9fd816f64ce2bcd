"""Stories of tickets: who wrote about what, who answered, and how it stands now.

Randomness and the clock come in from outside. A plan (how it ends, how long ago, how many letters) is drawn
first, cheaply; telling it makes the words.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from cli.demo import texts_en, texts_ru
from cli.demo.cast import BILLING, SUPPORT, Place
from cli.demo.topics import Phrases, Topic
from core.domain.routing import Facts, route
from core.services.histories import Client, History, Step, StepKind

if TYPE_CHECKING:
    from core.settings import Settings

Ending = Literal["new", "needs_reply", "waiting", "solved", "closed"]

BILLING_TOPICS = frozenset({"billing", "papers"})
_MONTHS = {
    "ru": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "en": "January February March April May June July August September October November December",
}
NOUNS = (
    "web",
    "db",
    "app",
    "mail",
    "shop",
    "crm",
    "erp",
    "gw",
    "api",
    "cache",
    "ci",
    "wiki",
    "grafana",
    "kafka",
)
ZONES = ("nsk-1", "nsk-2", "msk-1", "msk-3", "spb-1", "ekb-1", "vvo-1", "fra-1", "ams-1")
DOMAINS = ("tayga", "kedr", "fjord", "zerno", "orbita", "granit", "alpen", "meridian")
PROJECTS = (
    "prod",
    "staging",
    "analytics",
    "shop-prod",
    "retail",
    "backoffice",
    "landing",
    "mobile-api",
    "dwh",
)


@dataclass(frozen=True, slots=True)
class Matter:
    """What one ticket is about."""

    topic: Topic
    case: int
    values: Mapping[str, str]
    """Names and numbers for the placeholders."""
    subject: str
    language: str

    def answer(self, number: int) -> str:
        """What an agent answers the n-th time: first to the point, then what fits anything."""
        texts = (*self.topic.answers[self.case : self.case + 1], *phrases_of(self.language).answers)
        return texts[number % len(texts)].format_map(self.values)

    def followup(self, number: int) -> str:
        """What the client writes after the n-th answer."""
        phrases = phrases_of(self.language)
        texts = (*self.topic.followups[self.case : self.case + 1], *phrases.followups, *phrases.thanks)
        return texts[number % len(texts)].format_map(self.values)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a story goes, without its words."""

    ending: Ending
    age: timedelta
    """How long ago its last turn was."""
    span: timedelta
    """From the first letter to the last turn."""
    letters: int
    """Letters of both sides together, 1 or more."""

    @property
    def start(self) -> timedelta:
        """How long ago the first letter came."""
        return self.age + self.span


def draw_plan(rng: random.Random, ending: Ending, messages: float) -> Plan:
    """A plan whose letters are about `messages` on average; its age fits its ending."""
    letters = 1 + round(rng.expovariate(1 / max(messages - 1, 0.01)))
    match ending:
        case "new":
            return Plan(ending, _minutes(rng, 14), timedelta(), 1)
        case "needs_reply":
            letters |= 1
            span = _minutes(rng, 600) if letters > 1 else timedelta()
            return Plan(ending, _minutes(rng, 55), span, letters)
        case "waiting":
            return Plan(ending, _minutes(rng, 700), _minutes(rng, 240), max(2, letters + letters % 2))
    months = timedelta(days=rng.uniform(0.2, 330) if ending == "closed" else rng.uniform(0.02, 6))
    return Plan(ending, months, _minutes(rng, 1500), max(2, letters))


def _minutes(rng: random.Random, median: float) -> timedelta:
    return timedelta(minutes=min(median * rng.lognormvariate(0, 1.1), median * 40))


class Storyteller:
    """Turns plans into histories for one desk."""

    def __init__(
        self,
        settings: Settings,
        groups: Mapping[str, int],
        agents: Mapping[str, Sequence[tuple[int, str]]],
        now: datetime,
    ) -> None:
        self.now = now
        self._groups = groups
        """Group ids by key."""
        self._agents = agents
        """(id, name) of whoever answers in a group, by the group's key."""
        self._rules = settings.routing_rules
        self._default = settings.desk.default_group
        self._lately: deque[tuple[str, int]] = deque(maxlen=8)

    def tell(
        self, rng: random.Random, plan: Plan, client: Client, *, owner: tuple[int, str] | None = None
    ) -> History:
        """The whole story; `owner` is who answers, by default anyone of the group."""
        matter = self._matter(rng, client.language)
        topic, subject = matter.topic, matter.subject
        billing = topic.key in BILLING_TOPICS
        mailbox = "billing" if billing else "support"
        routed = route(
            self._rules,
            Facts(
                region=client.region,
                recipients=(BILLING if billing else SUPPORT,),
                sender=client.email,
                subject=subject,
                mailbox=mailbox,
            ),
            self._default,
        )
        agent = owner or rng.choice(self._agents[routed.group])
        kinds = list(_turns(rng, plan))
        times = _times(rng, plan, kinds, self.now)
        words = _Words(rng, matter, client, agent[1])
        steps = tuple(
            Step(kind, at, agent[0] if kind in _OURS else None, words.of(kind, first=number == 0))
            for number, (kind, at) in enumerate(zip(kinds, times, strict=True))
        )
        readers = frozenset(
            one
            for one, _name in self._agents[routed.group]
            if rng.random() < (0.3 if plan.ending == "new" else 0.6)
        )
        return History(
            subject, client, self._groups[routed.group], mailbox, steps,
            rule=routed.rule, why=routed.why, priority=routed.priority or "normal",
            seen_by=readers - ({agent[0]} if plan.ending == "needs_reply" and rng.random() < 0.6 else set()),
        )  # fmt: skip

    def _matter(self, rng: random.Random, language: str) -> Matter:
        """What it is about; not what several others wrote about just before."""
        for _attempt in range(6):
            matter = draw_matter(rng, language, self.now)
            if (matter.topic.key, matter.case) not in self._lately:
                break
        self._lately.append((matter.topic.key, matter.case))
        return matter


_OURS = frozenset({"accepted", "noted", "replied", "solved", "closed"})


def _turns(rng: random.Random, plan: Plan) -> Iterator[StepKind]:
    """The kinds of the steps; they end as the plan says."""
    yield "client"
    yield "confirmed"
    if plan.ending == "new":
        return
    yield "accepted"
    for number in range(1, plan.letters):
        if number % 2 and rng.random() < 0.18:
            yield "noted"
        yield "replied" if number % 2 else "client"
    if plan.ending in ("solved", "closed"):
        yield "solved"
    if plan.ending == "closed":
        yield "closed"


_PACE: Mapping[str, float] = {
    "client": 6,
    "accepted": 1,
    "noted": 0.5,
    "replied": 2,
    "solved": 1,
    "closed": 8,
}


def _times(rng: random.Random, plan: Plan, kinds: Sequence[StepKind], now: datetime) -> list[datetime]:
    """When each step was: the first at the plan's start, the one that moved the ball last at its age."""
    start = now - plan.start
    # Accepting alone moves no ball, so a ticket that nobody has answered is as old as its letter.
    end = now - plan.age if plan.letters > 1 else start + plan.age * rng.uniform(0.1, 0.6)
    gaps = [
        0.0,
        *(0.0 if kind == "confirmed" else rng.expovariate(1) * _PACE[kind] + 0.05 for kind in kinds[1:]),
    ]
    whole = sum(gaps) or 1.0
    times, done = [], 0.0
    for gap in gaps:
        done += gap
        times.append(start + (end - start) * (done / whole))
    times[1] = min(times[0] + timedelta(seconds=3), times[2] if len(times) > 2 else now)
    assert all(earlier <= later for earlier, later in pairwise(times))
    return times


class _Words:
    """What is said in one story."""

    def __init__(self, rng: random.Random, matter: Matter, client: Client, agent: str) -> None:
        self._rng = rng
        self._matter = matter
        self._client = client
        self._agent = agent
        self._used = {"client": 0, "noted": 0, "replied": 0}

    def of(self, kind: StepKind, *, first: bool) -> str:
        """The text of a step, empty for moves."""
        if kind not in self._used:
            return ""
        if first:
            return opening(self._rng, self._matter, self._client)
        number = self._used[kind]
        self._used[kind] += 1
        if kind == "noted":
            return self._rng.choice(self._matter.topic.notes).format_map(self._matter.values)
        if kind == "replied":
            return answer(self._rng, self._matter.answer(number), self._client, self._agent)
        return self._matter.followup(number)


def topics_of(language: str) -> tuple[Topic, ...]:
    """Everything that clients write about in a language."""
    return texts_ru.TOPICS if language == "ru" else texts_en.TOPICS


def phrases_of(language: str) -> Phrases:
    """Greetings and the like."""
    return texts_ru.PHRASES if language == "ru" else texts_en.PHRASES


def pick_topic(rng: random.Random, language: str) -> Topic:
    """What somebody writes about; servers and money more often than the rest."""
    topics = topics_of(language)
    return rng.choices(topics, [2.5, 1.5, *([1.0] * (len(topics) - 2))])[0]


def draw_matter(rng: random.Random, language: str, now: datetime, topic: Topic | None = None) -> Matter:
    """Something to write about, on a topic or on any."""
    topic, values = topic or pick_topic(rng, language), facts(rng, language, now)
    number = rng.randrange(len(topic.subjects))
    return Matter(topic, topic.case_of(number), values, topic.subjects[number].format_map(values), language)


def opening(rng: random.Random, matter: Matter, client: Client, place: Place | None = None) -> str:
    """A client's first letter, with a line that tells the region where a place is given."""
    phrases = phrases_of(client.language)
    parts = [rng.choice(phrases.greetings), matter.topic.openings[matter.case].format_map(matter.values)]
    if place is not None:
        parts.append(phrases.region_line.format(region=place.ru if client.language == "ru" else place.en))
    parts.append(f"{rng.choice(phrases.farewells)}\n{client.name}")
    return "\n\n".join(parts)


def answer(rng: random.Random, text: str, client: Client, agent: str) -> str:
    """An agent's answer around its text."""
    phrases = phrases_of(client.language)
    greeting = rng.choice(phrases.agent_greetings).format(client=client.name.split()[0])
    return f"{greeting}\n\n{text}\n\n{rng.choice(phrases.agent_farewells).format(agent=agent)}"


def facts(rng: random.Random, language: str, now: datetime) -> dict[str, str]:
    """Names, numbers and times that fill the placeholders of one story."""
    day = now - timedelta(days=rng.randint(1, 20))
    noun, number = rng.choice(NOUNS), rng.randint(1, 48)
    amount = rng.randint(12, 900) * 10 if language == "en" else rng.randint(120, 9900) * 10
    return {
        "vm": f"{noun}-{number:02}",
        "ip": f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(2, 254)}",
        "domain": f"{rng.choice(NOUNS)}.{rng.choice(DOMAINS)}.example",
        "volume": f"vol-{rng.getrandbits(24):06x}",
        "bucket": f"{rng.choice(PROJECTS)}-{rng.choice(('media', 'backup', 'logs', 'static', 'exports'))}",
        "zone": rng.choice(ZONES),
        "project": rng.choice(PROJECTS),
        "invoice": f"INV-{rng.randint(10000, 99999)}",
        "amount": f"{amount:,}".replace(",", "\u00a0" if language == "ru" else ","),
        "month": _MONTHS[language].split()[(now.month - 2) % 12],
        "date": f"{day:%d.%m}"
        if language == "ru"
        else f"{day.day} {_MONTHS['en'].split()[day.month - 1][:3]}",
        "time": f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}",
        "percent": str(rng.randint(11, 98)),
        "n": str(rng.randint(4, 96)),
        "user": f"{rng.choice(('admin', 'ops', 'it', 'root', 'finance'))}@{rng.choice(PROJECTS)}",
    }
