"""What our own mail server found out about a letter's sender: Authentication-Results, RFC 8601.

Anybody can write that header. It counts only where it names the server that the configuration names, and of those
the topmost alone: what stands below came with the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

_COMMENT = re.compile(r"\([^()]*\)")
_DMARC = re.compile(r"\A\s*dmarc\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_MAX_HEADER = 20_000


class Proof(StrEnum):
    """Whether the address in From is the sender's own, as DMARC (RFC 7489) sees it."""

    UNASKED = ""
    """No server of ours is named in the configuration: nobody has looked."""
    PASSED = "pass"
    FAILED = "fail"
    OPEN = "none"
    """Our server says neither: the domain has no policy, or the question failed."""


def proof_of(headers: Iterable[tuple[str, str]], authserv_id: str) -> Proof:
    """The verdict of the server that calls itself `authserv_id` (empty: none does) in a letter's headers."""
    if not authserv_id:
        return Proof.UNASKED
    for name, value in headers:
        if name.lower() == "authentication-results":
            server, results = _split(value)
            if server.casefold() == authserv_id.casefold():
                return _dmarc(results)
    return Proof.OPEN


def _split(value: str) -> tuple[str, list[str]]:
    """The server's name, and the results, without comments."""
    value, before = value[:_MAX_HEADER], ""
    while value != before:
        before, value = value, _COMMENT.sub(" ", value)
    first, *results = value.split(";")
    # A version may follow the name.
    words = first.split()
    return (words[0].strip('"') if words else ""), results


def _dmarc(results: Iterable[str]) -> Proof:
    found = {match[1].lower() for result in results if (match := _DMARC.match(result))}
    if "fail" in found:
        return Proof.FAILED
    return Proof.PASSED if "pass" in found else Proof.OPEN
