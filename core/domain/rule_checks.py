"""Rules that can never fire, as far as that can be decided from the rules alone, and texts that try a pattern. Pure.

Said is only what is certain: a rule is shadowed where an earlier one catches everything that it catches. Two earlier
ones that do so together, and patterns that mean the same in other words, are not found out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase

from core.domain.routing import Conditions, Rule

_EXACT = ("region", "channel", "mailbox", "form", "subject", "body")
"""Conditions of which one value catches another only where both are equal; of a pattern, its text."""

SHORT_PROBE = 40
"""Characters after which a pattern that doubles its work with each will not come to an end."""


def shadows(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
    """Pairs of a rule and an earlier one that catches all that it catches, the first of those."""
    for index, later in enumerate(rules):
        earlier = next((one for one in rules[:index] if is_wider(one, later)), None)
        if earlier is not None:
            yield earlier, later


def is_wider(wide: Conditions, narrow: Conditions) -> bool:
    """Whether `wide` certainly holds for every letter for which `narrow` holds."""
    for name in _EXACT:
        mine, theirs = getattr(wide, name), getattr(narrow, name)
        if mine and not (theirs and set(theirs) <= set(mine)):
            return False
    if wide.recipient and not _all_like(narrow.recipient, wide.recipient):
        return False
    if wide.sender and not _all_like(narrow.sender, wide.sender):
        return False
    if wide.domain and not _all_within(narrow, wide.domain):
        return False
    return set(wide.header) <= set(narrow.header)


def contradicts_itself(conditions: Conditions) -> bool:
    """Whether no sender can fit both `sender` and `domain`."""
    if not conditions.sender or not conditions.domain:
        return False
    hosts = [one.rpartition("@")[2].lower() for one in conditions.sender]
    if any("*" in host or "?" in host or "[" in host for host in hosts):
        return False
    return not any(_within(host, domain) for host in hosts for domain in conditions.domain)


def _all_like(narrow: Collection[str], wide: Collection[str]) -> bool:
    return bool(narrow) and all(any(_covers(pattern, one) for pattern in wide) for one in narrow)


def _covers(wide: str, narrow: str) -> bool:
    """Whether an address pattern catches all that another one catches. Sure for `*` alone."""
    wide, narrow = wide.lower(), narrow.lower()
    if wide == narrow:
        return True
    if any(sign in wide + narrow for sign in "?["):
        return False
    # A star of the narrow one is caught by stars only: no other sign of the wide one equals it.
    return fnmatchcase(narrow, wide)


def _all_within(narrow: Conditions, domains: Collection[str]) -> bool:
    if narrow.domain and all(any(_within(one, domain) for domain in domains) for one in narrow.domain):
        return True
    hosts = [one.rpartition("@")[2] for one in narrow.sender]
    plain = hosts and all(host and not set(host) & set("*?[") for host in hosts)
    return bool(plain) and all(any(_within(host, domain) for domain in domains) for host in hosts)


def _within(host: str, domain: str) -> bool:
    host, domain = host.lower().lstrip("@."), domain.lower().lstrip("@.")
    return host == domain or host.endswith("." + domain)


def probes(pattern: str, longest: int) -> Iterator[str]:
    """Texts of up to `longest` characters on which a pattern that goes over the same signs again and again betrays
    itself: each sign, and each word of the pattern, repeated, with an end that does not fit."""
    signs = dict.fromkeys([*"a1 .-_@\n", "я", *(sign for sign in pattern if sign not in "\\^$()[]{}|?*+")])
    words = dict.fromkeys(word for word in _words(pattern) if len(word) > 1)
    for length in (SHORT_PROBE, longest):
        for unit in (*signs, *words):
            yield (unit * (length // len(unit) + 1))[:length] + "\x00"


def _words(pattern: str) -> Iterator[str]:
    word = ""
    for sign in pattern:
        if sign.isalnum() or sign in " -_@.":
            word += sign
        else:
            yield word
            word = ""
    yield word
