"""What our own mail server found out about a letter's sender: Authentication-Results, RFC 8601.

Anybody can write that header. It counts only where it names the server that the configuration names, and of those
the topmost alone: what stands below came with the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

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
            (server, *results), whole = _split(value)
            # A version may follow the name.
            words = server.split()
            if words and words[0].strip('"').casefold() == authserv_id.casefold():
                return _dmarc(results, whole)
    return Proof.OPEN


def _split(value: str) -> tuple[list[str], bool]:
    """The parts between semicolons, the server's name first, without comments; and whether it could all be read.

    By RFC 8601 section 2.2: a semicolon in a quoted string or a comment parts nothing. Both may hold what the
    letter's sender has chosen, such as the envelope's address.
    """
    parts: list[list[str]] = [[]]
    depth, quoted, escaped = 0, False, False
    for char in value[:_MAX_HEADER]:
        if escaped:
            escaped = False
        elif char == "\\" and (quoted or depth):
            escaped = True
        elif quoted or (char == '"' and not depth):
            quoted ^= char == '"'
            parts[-1].append(char)
        elif char == "(":
            depth += 1
            parts[-1].append(" ")
        elif depth:
            depth -= char == ")"
        elif char == ";":
            parts.append([])
        else:
            parts[-1].append(char)
    return ["".join(part) for part in parts], not (depth or quoted or len(value) > _MAX_HEADER)


def _dmarc(results: Iterable[str], whole: bool) -> Proof:
    """One failure is enough to fail; to pass, nothing may say otherwise, and all must have been readable."""
    found = {match[1].lower() for result in results if (match := _DMARC.match(result))}
    if "fail" in found:
        return Proof.FAILED
    return Proof.PASSED if whole and found == {"pass"} else Proof.OPEN
