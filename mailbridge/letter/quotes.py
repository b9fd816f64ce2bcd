"""The new words of a reply, split from what is quoted below, above or between them, and from the signature.

The rule behind every choice: losing a word of the reply is a bug, leaking a quoted one is a blemish. So a quote
needs evidence, and where nothing new would be left, nothing is cut. Imports nothing of ours but this package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbridge.letter import introductions, phrases
from mailbridge.letter.guard import MAX_INTRODUCTIONS, MAX_SPLIT_LINES
from mailbridge.letter.lines import Line, Mark, to_text, with_initials
from mailbridge.letter.signatures import without_signatures

_NAMED = re.compile(r"\s*[\[<(]([^\W\d_]{2,20})(?::?[\])>]:?|:)\s*\S")
_WORDS = re.compile(r"[^\W\d_]{2,20}")


@dataclass(frozen=True, slots=True)
class Reply:
    """A body in two."""

    new: str
    """The writer's own words; the whole body where no split can be trusted."""
    quote: str
    """What was split off, in order."""
    cut: bool
    """Whether any quote was found."""


def split(lines: list[Line], *, forward: bool = False, fresh: bool = False) -> Reply:
    """Split a body. `forward` says that the subject calls it a forward: then what is forwarded is the message.
    `fresh`, that it answers nothing: then ">" that nothing introduces is a prompt or an emphasis, and no quote."""
    if len(lines) > MAX_SPLIT_LINES:
        return Reply(to_text(lines), "", False)
    lines = with_initials(lines)
    quoted = _quoted(lines, forward=forward, answers=not fresh)
    if fresh and all(line.depth for line, gone in zip(lines, quoted, strict=True) if gone):
        quoted = [False] * len(lines)
    if _answers_inside(lines, quoted):
        quoted = [False] * len(lines)
    for out in (without_signatures(lines, quoted), quoted):
        new = to_text([line for line, gone in zip(lines, out, strict=True) if not gone])
        if new.strip():
            gone = [
                line for line, gone in zip(lines, out, strict=True) if gone and (line.text or not line.mark)
            ]
            return Reply(new, to_text(gone), any(quoted))
    return Reply(to_text([line for line in lines if line.text or not line.mark]), "", False)


def _answers_inside(lines: list[Line], quoted: list[bool]) -> bool:
    """Whether the words above the quote announce answers in it, and none of them can be told from the quote: they
    differ by colour at most."""
    first = next((i for i, gone in enumerate(quoted) if gone), len(lines))
    if any(line.text.strip() and not gone for line, gone in zip(lines[first:], quoted[first:], strict=True)):
        return False
    if _names_answers(lines, first):
        return True
    return any(phrases.ANSWERS_INSIDE.search(line.text[:400]) for line in lines[max(0, first - 30) : first])


def _names_answers(lines: list[Line], first: int) -> bool:
    """Whether lines below the start of a quote bear in brackets a name that stands above it: "[Anna] Yes." """
    named = {match[1] for line in lines[first:] if not line.depth and (match := _NAMED.match(line.text))}
    if not named:
        return False
    above = {word for line in lines[max(0, first - 30) : first] for word in _WORDS.findall(line.text[:400])}
    return bool(named & above)


def _quoted(lines: list[Line], *, forward: bool, answers: bool) -> list[bool]:
    """Which lines belong to a quote."""
    quoted = [False] * len(lines)
    if forward:
        return quoted
    last = len(lines)
    marks = sum(1 for line in lines if line.depth)
    marker = next(
        (
            i
            for i, line in enumerate(lines)
            # Where more than it is marked as quoted, the marks say where the quote ends: answers stand below it.
            if "##" in line.text
            and not (line.depth and marks > 1)
            and phrases.MARKER.search(line.text[:1000])
        ),
        -1,
    )
    if marker >= 0:
        above = _quoted_until(lines, marker, [False] * len(lines), answers=answers)
        if any(not above[i] and lines[i].text.strip() for i in range(marker)):
            for i in range(marker):
                quoted[i] = above[i]
            quoted[marker:] = [True] * (last - marker)
            return quoted
    return _quoted_until(lines, last, quoted, answers=answers)


def _above_rules(lines: list[Line], i: int) -> int:
    """Where the title ("Original message"), the drawn lines and blank ones that end at line `i` begin."""
    if i and introductions.is_title(lines[i - 1].text):
        i -= 1
    while i and not lines[i - 1].text.strip(phrases.RULE):
        i -= 1
    return i


def _with_rest(lines: list[Line], i: int, last: int, quoted: list[bool]) -> list[bool]:
    """What is quoted where all is from line `i` on, and from the rules drawn above it."""
    start = _above_rules(lines, i)
    quoted[start:last] = [True] * (last - start)
    return quoted


def _only_greets(lines: list[Line], i: int) -> bool:
    """Whether nothing but "Hello, Anna!" stands above line `i`: who writes so answers below what is quoted."""
    written = [line.text for line in lines[:i] if line.text.strip()]
    return len(written) == 1 and phrases.GREETING.match(written[0][:200]) is not None


def _quoted_until(lines: list[Line], last: int, quoted: list[bool], *, answers: bool) -> list[bool]:
    has_new = pasted = False
    colons = [introductions.ends_in_colon(line) for line in lines]
    i = looks = 0
    while i < last:
        line = lines[i]
        if line.depth:
            if line.depth == 3 and line.text.endswith(">>>") and has_new and phrases.DATE.search(line.text):
                # GroupWise: ">>> Name 12.03.2025 14:05 >>>", and nothing is marked after it.
                quoted[i:last] = [True] * (last - i)
                return quoted
            opens = i == 0 or not (lines[i - 1].depth or quoted[i - 1])
            if opens and introductions.starts_forward(lines, i, last):
                return quoted
            if opens and i and set(lines[i - 1].text) == {"_"}:
                # Drawn by some programs above what they quote, and no word.
                quoted[i - 1] = True
            quoted[i] = True
            i += 1
            continue
        marked = line.mark in (Mark.ATTRIBUTION, Mark.CUT)
        if marked and introductions.starts_forward(lines, i, last):
            return quoted
        if line.mark == Mark.ATTRIBUTION:
            quoted[i] = True
            i += 1
            continue
        if line.mark == Mark.CUT:
            if has_new:
                return _with_rest(lines, i, last, quoted)
            i += 1
            continue
        text = line.text.strip()
        if not text:
            i += 1
            continue
        if introductions.says_forwarded(text):
            return quoted
        likely = looks < MAX_INTRODUCTIONS and introductions.may_introduce(
            line, colons[i : i + introductions.LINES]
        )
        looks += likely
        end, hard = introductions.introduction(lines, i, last, answers=answers) if likely else (i, False)
        pasted = pasted or (hard and end == i)
        if end > i and not (pasted and hard and not introductions.next_is_quoted(lines, end, last)):
            if not hard or introductions.next_is_quoted(lines, end, last):
                quoted[i:end] = [True] * (end - i)
                i = end
                continue
            if has_new and not (colons[end - 1] and _only_greets(lines, i)):
                return _with_rest(lines, i, last, quoted)
            i = end
            has_new = True
            continue
        has_new = True
        i += 1
    return quoted
