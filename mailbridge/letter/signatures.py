"""Signatures at the end of new words: the "-- " of RFC 3676 section 4.3, and what mobile programs add.

Imports nothing of ours but this package.
"""

from __future__ import annotations

from mailbridge.letter import phrases
from mailbridge.letter.lines import Line, Mark

_MOST_LINES = 8
"""A "--" that lost its space starts a signature only where little follows."""
_WIDEST = 90
_RULES = frozenset("_-=*—–─ ")


def without_signatures(lines: list[Line], quoted: list[bool]) -> list[bool]:
    """`quoted` with the signature at the end of every stretch of new lines taken out as well."""
    out = list(quoted)
    i, count = 0, len(lines)
    while i < count:
        if quoted[i]:
            i += 1
            continue
        end = i
        while end < count and not quoted[end]:
            end += 1
        start = _signature_start(lines, i, end)
        if start < end:
            out[start:end] = [True] * (end - start)
        i = end
    return out


def _signature_start(lines: list[Line], first: int, end: int) -> int:
    for i in range(first, end):
        text = lines[i].text
        if text.rstrip() not in ("--", "—", "–", "-- ") or not text:
            continue
        below = [line for line in lines[i + 1 : end] if line.text.strip()]
        strict = text == "-- "
        short = len(below) <= _MOST_LINES and all(len(line.text) <= _WIDEST for line in below)
        if below and (strict or short):
            return _mobile_start(lines, first, i)
    return _mobile_start(lines, first, end)


def _mobile_start(lines: list[Line], first: int, end: int) -> int:
    """The start of trailing lines that are blank, marked as a signature, or a mobile program's advertisement."""
    start = end
    i = end - 1
    while i >= first:
        line = lines[i]
        text = line.text.strip()
        if not text or (start < end and not set(text) - _RULES):
            i -= 1
            continue
        if line.mark == Mark.SIGNATURE or _is_mobile(text, lines[i - 1] if i > first else None):
            start = i
            i -= 1
            continue
        break
    if start < end:
        while start - 1 > first and (
            not lines[start - 1].text.strip() or not set(lines[start - 1].text.strip()) - _RULES
        ):
            start -= 1
    return start


def _is_mobile(text: str, above: Line | None) -> bool:
    """Whether a line is a program's advertisement: one that stands in a paragraph of words is short at least."""
    if len(text) > 160 or phrases.MOBILE_SIGNATURE.match(text) is None:
        return False
    alone = above is None or above.mark == Mark.SIGNATURE or not set(above.text.strip()) - _RULES
    return alone or len(text) <= 45
