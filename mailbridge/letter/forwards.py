"""A letter that passes another one on: attached as a whole, or pasted below a block of its headers.

Whose forwards count is decided elsewhere; here a letter is only taken apart. Imports core.domain and this package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.domain.letters import Letter, LetterKind, Mailaddr
from mailbridge.letter import introductions, phrases, quotes
from mailbridge.letter.headers import date as read_date
from mailbridge.letter.lines import Line, from_text, to_text
from mailbridge.letter.signatures import without_signatures
from mailbridge.letter.structure import Part

MAX_LINES = 5_000
"""So far down a pasted header block is looked for."""
_BLOCK_LINES = 24
_LONGEST_SUBJECT = 1_000
_NAME_EDGES = " \t\"'«»<>[](),;:*_"
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_VALUE = re.compile(r"[^:：՝]{0,40}[:：՝][*_]*\s*(.*)", re.DOTALL)
_ANSWER = re.compile(r"\s*(?:re|aw|sv|antw|отв|ответ|на)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_RULE = re.compile(r"[\s_=*—–-]{8,}\Z")
_KINDS = (
    ("from", phrases.FROM_FIELD),
    ("sent", phrases.SENT_FIELD),
    ("subject", phrases.SUBJECT_FIELD),
    ("to", phrases.TO_FIELD),
    ("other", phrases.COPY_FIELD),
)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A letter that was found pasted into another."""

    letter: Letter
    preface: str
    """What the one who forwards it wrote above."""


def attached(root: Part) -> Part | None:
    """The one letter that is attached as a whole; None where there is none, or more than one."""
    found: list[Part] = []
    stack = [root]
    while stack:
        part = stack.pop()
        if part.content_type in ("message/rfc822", "message/global"):
            found.append(part)
        stack += part.children
    return found[0] if len(found) == 1 and root.children else None


def pasted(text: str, subject: str) -> Pasted | None:
    """The letter below a line such as "Forwarded message", or below the headers alone where the subject says
    "Fwd:"; None where no sender with an address can be made out."""
    called = introductions.calls_forward(subject, text)
    if not called and (_ANSWER.match(subject) or not _has_mark(text)):
        return None
    lines = from_text(text)
    for start, line in enumerate(lines[:MAX_LINES]):
        words = line.text.strip()
        if not words:
            continue
        said = introductions.says_forwarded(words) or (called and introductions.says_original(words))
        if said and (called or not line.depth):
            # The first mark decides: what cannot be read there is not looked for in what it quotes.
            return _read(lines, start, start + 1, subject)
        if called and (phrases.FROM_FIELD.match(words) or phrases.SUBJECT_FIELD.match(words)):
            found = _read(lines, start, start, subject)
            if found is not None:
                return found
    return None


def _has_mark(text: str) -> bool:
    """Whether any line says that a letter was forwarded: a cheap look, since most letters are no forwards."""
    return any(
        introductions.says_forwarded(words)
        for line in text.splitlines()[:MAX_LINES]
        if (words := line.strip()) and (words[0] in "-=*—–_" or words[-1] in ":：")
    )


def _read(lines: list[Line], start: int, first: int, subject: str) -> Pasted | None:
    fields, end = _fields(lines, first)
    if "from" not in fields:
        fields, end = _attributed(lines, first)
    sender = _sender(fields.get("from", ""))
    if sender is None:
        return None
    body = _body(lines[end:])
    reply = quotes.split(body)
    letter = Letter(
        from_addr=sender.addr,
        from_name=sender.name,
        subject=fields.get("subject", "")[:_LONGEST_SUBJECT]
        or phrases.FORWARD_SUBJECT.sub("", subject).strip(),
        date=read_date(fields.get("sent", "").encode("utf-8", "replace")),
        kind=LetterKind.LETTER,
        body_text=to_text(body),
        reply_text=reply.new,
        quote_text=reply.quote,
    )
    return Pasted(letter, preface_of(lines[:start]))


def preface_of(lines: list[Line]) -> str:
    """The forwarder's own words without signature and drawn lines; empty where there are none."""
    gone = without_signatures(lines, [False] * len(lines))
    kept = [line for line, out in zip(lines, gone, strict=True) if not out and not _RULE.match(line.text)]
    return to_text(kept)


def _fields(lines: list[Line], first: int) -> tuple[dict[str, str], int]:
    """The header block at `first` by kind of field, and where it ends; a value may stand on the next line."""
    fields: dict[str, str] = {}
    end, pending, gap = first, "", 0
    for number in range(first, min(len(lines), first + _BLOCK_LINES)):
        text = lines[number].text.strip()
        if not text:
            gap, pending = gap + 1, ""
            if gap > 1 and fields:
                break
            continue
        kind = next((name for name, pattern in _KINDS if pattern.match(text)), "")
        if kind and not (kind in fields and kind in ("from", "subject")):
            value = _VALUE.match(text)
            fields[kind] = value[1].strip() if value else ""
            pending = kind if not fields[kind] else ""
        elif pending:
            fields[pending], pending = text, ""
        elif kind or gap or not fields or not lines[number].text[:1].isspace():
            break
        end, gap = number + 1, 0
    return (fields, end) if len(fields) >= 2 else ({}, first)


def _attributed(lines: list[Line], first: int) -> tuple[dict[str, str], int]:
    """Yandex's form: one line with date and address that ends in a colon."""
    for number in range(first, min(len(lines), first + 4)):
        text = lines[number].text.strip()
        if text.endswith((":", "：")) and phrases.ADDRESS.search(text) and phrases.DATE.search(text):
            address = phrases.ADDRESS.search(text)
            assert address is not None
            name = text[: address.start()].rpartition(",")[2]
            return {"from": f"{name}<{address.group()}>"}, number + 1
    return {}, first


def _sender(value: str) -> Mailaddr | None:
    """Name and address of a From line, in brackets of any kind, with or without `mailto:`."""
    plain = _MAILTO.sub("", value)
    found = phrases.ADDRESS.search(plain)
    if found is None:
        return None
    address = found.group().strip(_NAME_EDGES + ".")
    local, at, domain = address.rpartition("@")
    if not (local and at and domain):
        return None
    return Mailaddr(f"{local}@{domain.lower()}", plain[: found.start()].strip(_NAME_EDGES))


def _body(lines: list[Line]) -> list[Line]:
    """What was forwarded: one level of quote marks less where all of it has them, and no closing line."""
    rest = list(lines)
    while rest and not rest[-1].text.strip():
        rest.pop()
    if rest and introductions.says_forwarded(rest[-1].text.strip()):
        rest.pop()
    written = [line for line in rest if line.text.strip()]
    if written and all(line.depth for line in written):
        rest = [line._replace(depth=max(0, line.depth - 1)) for line in rest]
    while rest and not rest[0].text.strip():
        rest.pop(0)
    return rest
