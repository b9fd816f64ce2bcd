"""Which group gets a letter, and why: an ordered list of rules, first match wins, nothing stays unrouted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

DEFAULT_RULE = "default"
"""The name that stands on a ticket that no rule caught."""

MAX_TEXT = 10_000
"""Characters of a letter's text in which patterns are searched: what a slow one costs has an end."""
MAX_LINE = 2_000
"""The same of a subject and of a header."""

_REGION_LINE = re.compile(
    # Blanks, but no line ends: those would make a letter of empty lines slow to search.
    r"^(?:[^\S\n]|[>*])*(?:регион|region|область)[^\S\n]*[:：=][^\S\n]*(\S.{0,80}?)[^\S\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_REGION_REACH = 4000
"""Characters of a letter in which a "Region: …" line is looked for."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where clients live; one region is usually one rule."""

    key: str
    name: str
    words: tuple[str, ...] = ()
    """How a form or a "Region: …" line may spell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a letter must be like. Every given condition must hold; several values are alternatives."""

    region: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()
    """Address or pattern with `*`, any recipient of the letter."""
    sender: tuple[str, ...] = ()
    """Address or pattern with `*`."""
    domain: tuple[str, ...] = ()
    """Domain of the sender, its subdomains included."""
    header: tuple[tuple[str, str], ...] = ()
    """(name, regular expression) pairs, all of which must hold."""
    subject: tuple[str, ...] = ()
    """Regular expressions, searched without case."""
    body: tuple[str, ...] = ()
    """Regular expressions, searched without case."""
    channel: tuple[str, ...] = ()
    mailbox: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    """Name of the form by which the letter came."""


@dataclass(frozen=True, slots=True)
class Rule(Conditions):
    """One line of the routing list."""

    name: str
    group: str
    """Key of the group that gets the ticket."""
    priority: str = ""
    language: str = ""
    template: str = ""
    """Key of the ticket template; empty for none."""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    region: str = ""
    """Key of the region, empty where it is unknown."""
    recipients: tuple[str, ...] = ()
    sender: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    body: str = ""
    channel: str = "mail"
    mailbox: str = ""
    form: str = ""
    """Name of the form that the letter is; empty for none."""


@dataclass(frozen=True, slots=True)
class Held:
    """What became of conditions."""

    reasons: tuple[str, ...] = ()
    """Those that held, such as "region=siberia"."""
    failed: str = ""
    """The first that did not, such as "sender=*@partner.example"; empty where all held."""


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a ticket goes, and the reason that stands on it."""

    group: str
    rule: str
    why: str
    """Which conditions held, such as "region=siberia, mailbox=support"; empty for the default."""
    priority: str = ""
    language: str = ""
    template: str = ""
    """Key of the ticket template; empty for none."""
    tags: tuple[str, ...] = ()


def route(rules: Sequence[Rule], facts: Facts, default_group: str) -> Routed:
    """The first rule that holds, else the default group."""
    for rule in rules:
        held = check(rule, facts)
        if not held.failed:
            why = ", ".join(held.reasons)
            return Routed(rule.group, rule.name, why, rule.priority, rule.language, rule.template, rule.tags)
    return Routed(default_group, DEFAULT_RULE, "")


def find_region(regions: Iterable[Region], *, given: str, text: str, known: str) -> str:
    """The key of a client's region: what the form gave, else a "Region: …" line of the letter, else what is
    known.

    An unknown spelling counts as nothing: better the known region than a guess.
    """
    spellings = {
        spelling.casefold(): region.key
        for region in regions
        for spelling in (region.key, region.name, *region.words)
    }
    candidates = [given, *(match[1] for match in _REGION_LINE.finditer(text[:_REGION_REACH]))]
    for candidate in candidates:
        key = spellings.get(candidate.strip().strip(".*_«»\"'").casefold())
        if key:
            return key
    return known


def check(conditions: Conditions, facts: Facts) -> Held:
    """Whether conditions hold, and why or why not. Without any they hold always."""
    reasons: list[str] = []
    checks = (
        ("form", conditions.form, lambda value: value == facts.form),
        ("region", conditions.region, lambda value: value == facts.region),
        ("channel", conditions.channel, lambda value: value == facts.channel),
        ("mailbox", conditions.mailbox, lambda value: value == facts.mailbox),
        ("recipient", conditions.recipient, lambda value: any(_like(to, value) for to in facts.recipients)),
        ("sender", conditions.sender, lambda value: _like(facts.sender, value)),
        ("domain", conditions.domain, lambda value: _in_domain(facts.sender, value)),
        ("subject", conditions.subject, lambda value: _found(value, facts.subject[:MAX_LINE])),
        ("body", conditions.body, lambda value: _found(value, facts.body[:MAX_TEXT])),
    )
    for name, values, holds in checks:
        if not values:
            continue
        match = next((value for value in values if holds(value)), None)
        if match is None:
            return Held(tuple(reasons), f"{name}={' | '.join(values)}")
        reasons.append(f"{name}={match}")
    for name, pattern in conditions.header:
        values_here = (value for header, value in facts.headers if header.lower() == name.lower())
        if not any(_found(pattern, value[:MAX_LINE]) for value in values_here):
            return Held(tuple(reasons), f"header {name}={pattern}")
        reasons.append(f"header {name}={pattern}")
    return Held(tuple(reasons))


def _like(address: str, pattern: str) -> bool:
    return fnmatchcase(address.lower(), pattern.lower())


def _in_domain(address: str, domain: str) -> bool:
    mine, domain = address.rpartition("@")[2].lower(), domain.lower().lstrip("@.")
    return mine == domain or mine.endswith("." + domain)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def _found(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None
