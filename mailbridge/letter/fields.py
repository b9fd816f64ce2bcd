"""Blocks of fields above a quote, "From: … Sent: … To: … Subject: …", and the heads of Lotus Notes.

Pure functions over lines; the words of each language stand in `phrases`. Imports nothing of ours but this package.
"""

from __future__ import annotations

import re

from mailbridge.letter import phrases
from mailbridge.letter.lines import Line

_LONGEST_OF_HEAD = 120
_LINES_OF_HEAD = 14
_LINES_OF_BLOCK = 24
_BOX = re.compile(r"\s*\|-{5,}>\s*\Z")
_LABEL_END = re.compile(r"\s*[:|]|\s{2,}|\t")
_NOTES_LABELS = {
    "to": frozenset(
        ("to", "an", "кому", "à", "a", "para", "per", "do", "aan", "till", "til", "komu", "宛先", "收件人")
    ),
    "subject": frozenset(
        ("subject", "thema", "betreff", "тема", "objet", "asunto", "assunto", "oggetto", "temat", "onderwerp",
         "ärende", "ämne", "emne", "předmět", "件名", "主题")
    ),
}  # fmt: skip
_MINUTE = re.compile(r"(?<![\d.])\d{1,2}\s?[:.hчж시时時点]\s?\d{2}(?![\d.])|\d\s?[ap]\.?m\b", re.IGNORECASE)


def has_sign(text: str) -> bool:
    """A cheap look for what may stand behind the name of a field."""
    start = text[:40]
    # Written out: it is asked of every line of a letter.
    return ":" in start or "|" in start or "：" in start or "՝" in start


_FIELDS = (phrases.SENT_FIELD, phrases.TO_FIELD, phrases.SUBJECT_FIELD, phrases.COPY_FIELD)


def header_block(lines: list[Line], i: int, last: int, *, enough: int) -> int:
    """The end of a block such as From, Sent, To, Subject starting at `i`, or 0. `enough` different fields make one;
    a value may go on on the next line."""
    if i >= last:
        return 0
    first = lines[i].text
    if not has_sign(first):
        return 0
    kinds: set[int] = set()
    if enough > 2 and not phrases.FROM_FIELD.match(first) and not phrases.SENT_FIELD.match(first):
        return 0
    end = 0
    gap = 0
    for j in range(i, min(last, i + _LINES_OF_BLOCK)):
        text = lines[j].text
        if lines[j].depth:
            break
        if not text.strip():
            # HTML blocks and Lotus put blank lines between the fields.
            gap += 1
            if gap > 1:
                break
            continue
        known = field_kind(text)
        if known < 0:
            if end != j or not _goes_on(lines, j, last, kinds):
                break
            end = j + 1
            continue
        if known in kinds and known == 0:
            break
        kinds.add(known)
        gap = 0
        end = j + 1
    named = 0 in kinds
    useful = len(kinds - {4})
    if enough > 2 and not is_a_programs(lines[i:end]):
        return 0
    ended = end >= last or not lines[end].text.strip() or bool(lines[end].depth)
    if named and useful >= enough and 1 in kinds and (ended or useful == len(_FIELDS)):
        return end
    if enough == 2 and useful >= 2:
        return end
    return 0


def is_a_programs(lines: list[Line]) -> bool:
    """Whether a field names an address, or the minute of sending; people write of journeys and orders in such lines,
    too."""
    return any(
        phrases.ADDRESS.search(line.text) is not None
        or (phrases.SENT_FIELD.match(line.text) is not None and _MINUTE.search(line.text) is not None)
        for line in lines
    )


def bare_block(lines: list[Line], i: int, last: int) -> int:
    """The end of eM Client's block, whose fields have no colons ('From "Anna" <anna@…>', 'Date …'), or 0."""
    end = i
    while end < min(last, i + _LINES_OF_HEAD) and not lines[end].depth:
        label, _, value = lines[end].text.strip().partition(" ")
        if not value or field_kind(f"{label}:") < 0:
            break
        end += 1
    return end if end - i > 2 else 0


def _goes_on(lines: list[Line], j: int, last: int, kinds: set[int]) -> bool:
    """Whether a line that names no field goes on with the value above: more of those to whom a letter went, or a long
    subject between two fields."""
    text = lines[j].text
    if kinds and text[0] in " \t" and ("@" in text or ";" in text):
        return True
    return len(kinds) < len(_FIELDS) and j + 1 < last and field_kind(lines[j + 1].text) >= 0


def field_kind(text: str) -> int:
    if not has_sign(text):
        return -1
    if phrases.FROM_FIELD.match(text):
        return 0
    for number, pattern in enumerate(_FIELDS, 1):
        if pattern.match(text):
            return number
    return -1


def is_notes_box(lines: list[Line], i: int, last: int) -> bool:
    """The frame that Lotus Notes draws in plain text around the fields of the letter that is answered."""
    if _BOX.match(lines[i].text) is None or i + 1 >= last or not lines[i + 1].text.startswith("|"):
        return False
    return field_kind(lines[i + 1].text) >= 0


def notes_head(lines: list[Line], i: int, last: int) -> int:
    """The end of Lotus Notes' head, or 0: the sender, the time, and names of fields without a colon on lines of their
    own, their values below or behind them."""
    if len(lines[i].text) > _LONGEST_OF_HEAD:
        return 0
    stop = min(last, i + 3)
    dated = next((j for j in range(i, stop) if _is_moment(lines[j].text)), stop)
    if dated == stop or any(field_kind(lines[j].text) >= 0 for j in range(i, dated + 1)):
        return 0
    named: set[str] = set()
    for j in range(dated + 1, min(last, dated + _LINES_OF_HEAD)):
        if field_kind(lines[j].text) == 0 or lines[j].text.startswith(("-----", "_____")):
            return 0
        label = _LABEL_END.split(lines[j].text.strip(), maxsplit=1)[0].lower()
        for kind, words in _NOTES_LABELS.items():
            if label in words and not lines[j].depth:
                named.add(kind)
                if kind == "subject" and "to" in named:
                    alone = len(lines[j].text.strip()) == len(label)
                    return min(last, j + 2 if alone else j + 1)
    return 0


def _is_moment(text: str) -> bool:
    """Whether a line is a date and a time of the day, and nothing else."""
    text = text.strip()
    return len(text) <= 40 and bool(phrases.DATE.search(text) and _MINUTE.search(text))
