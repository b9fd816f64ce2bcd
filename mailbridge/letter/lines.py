"""A line of a body with what is known about it: how deep it is quoted, and what the writer's program marked.

Plain text and HTML both come down to these before replies are cut from quotes. Imports nothing of ours.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

_PREFIX = re.compile(r"[ \t]{0,2}(?:>[ \t]?)+")
_DATED = re.compile(r"(?:19|20)\d\d|\d[./-]\d{1,2}[./-]\d\d")
_INITIALS = re.compile(r" ?[^\W\d_]{1,4}>+(?: |\Z)")


class Mark(IntEnum):
    """What a mail program's HTML says about a line."""

    NONE = 0
    ATTRIBUTION = 1
    """"On … wrote:" in an element made for it."""
    CUT = 2
    """A quoted letter starts here and goes on to the end."""
    SIGNATURE = 3
    """In an element made for the signature."""
    QUOTE = 4
    """In an element that holds the quoted letter; lines in it are a level deeper instead of bearing this."""


class Line(NamedTuple):
    """One line without its quote prefix."""

    text: str
    depth: int = 0
    mark: Mark = Mark.NONE

    def shown(self) -> str:
        """The line with its quote prefix."""
        return "> " * self.depth + self.text if self.depth else self.text


def from_text(text: str) -> list[Line]:
    """Plain text as lines. A lone ">From " is what mbox files make of "From " and is no quote."""
    raw = text.split("\n")
    lines: list[Line] = []
    for number, line in enumerate(raw):
        if ">" in line[:3]:
            match = _PREFIX.match(line)
            if match:
                lonely = (
                    line.startswith(">From ")
                    and not (number and raw[number - 1].startswith(">"))
                    and not (number + 1 < len(raw) and raw[number + 1].startswith(">"))
                )
                if lonely:
                    lines.append(Line(line[1:]))
                    continue
                lines.append(Line(line[match.end() :].rstrip(), match.group().count(">")))
                continue
        lines.append(Line(line.rstrip() if line != "-- " else line))
    return lines


def with_initials(lines: list[Line]) -> list[Line]:
    """The lines with The Bat's quote marks, "IP> words", taken for what they are: where a line that names a
    day and ends in a colon has one below it, the initials of all its like further down are no words."""
    for number, line in enumerate(lines[:-1]):
        if line.depth or not line.text.rstrip().endswith(":") or not _DATED.search(line.text[-300:]):
            continue
        below = next((one for one in lines[number + 1 : number + 4] if one.text.strip()), None)
        if below is not None and not below.depth and _INITIALS.match(below.text):
            return [*lines[: number + 1], *map(_without_initials, lines[number + 1 :])]
    return lines


def _without_initials(line: Line) -> Line:
    match = None if line.depth else _INITIALS.match(line.text)
    if match is None:
        return line
    return line._replace(text=line.text[match.end() :], depth=match.group().count(">"))


def to_text(lines: list[Line]) -> str:
    """Lines as text without blank lines at the ends and with at most two in a row."""
    out: list[str] = []
    blanks = 0
    for line in lines:
        shown = line.shown().rstrip() if line.text != "-- " else line.shown()
        if shown.strip():
            blanks = 0
        else:
            blanks += 1
            if blanks > 2 or not out:
                continue
        out.append(shown)
    while out and not out[-1].strip():
        out.pop()
    return "\n".join(out)
