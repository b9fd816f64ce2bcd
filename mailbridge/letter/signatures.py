"""Signatures at the end of new words: below the "-- " of RFC 3676 section 4.3, and what mobile programs add.

Imports nothing of ours but this package.
"""

from __future__ import annotations

import re

from mailbridge.letter import phrases
from mailbridge.letter.lines import Line, Mark

_MOST_LINES = 8
"""A signature has no more."""
_MOST_WORDS = 8
_FAREWELL = re.compile(
    r"(?:с уважением|с наилучшими|всего (?:доброго|хорошего)|з повагою|(?:best|kind|warm)?\s*regards|best wishes|best|"
    r"sincerely|yours|cheers|mit freundlichen|mit besten|viele grüße|cordialement|bien à vous|saludos|atentamente|"
    r"atenciosamente|cordiali saluti|distinti saluti|pozdrawiam|z poważaniem|s pozdravem)\b[^.?!]{0,40}[.!,]?\Z",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"[^\s@]@[^\s@]+\.\w|https?://|www\.|\+\d[\d ()-]{4,}|\A\W*0\d(?:[ ./-]?\d){6,12}\W*\Z|"
    r"(?:тел|моб|tel|phone|mob|fax|факс|skype|telegram|"
    r"whatsapp|e-?mail)[.:]",
    re.IGNORECASE,
)
_SHORTENED = ("Inc.", "Ltd.", "Co.", "Corp.", "Jr.", "Sr.", "S.A.", "s.r.o.", "г.")
_NUMBERED = re.compile(r"\b(?:number|номер\w*|nummer)\b|№", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_NAME = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{2,20})?")
_MOST_WORDS_OF_POST = 9
_WIDEST = 90
_SHORT = 45
"""Of an advertisement that stands in a paragraph of words; the address of its link aside."""
_LINK = re.compile(r"[<(\[]?\s?https?://[^\s<>]{1,300}[)\]>]?")
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
    for i in range(_highest_start(lines, first, end), end):
        text = lines[i].text
        if text.rstrip() not in ("--", "—", "–", "-- ") or not text:
            continue
        below = [line for line in lines[i + 1 : end] if line.text.strip()]
        if below and _looks_signed(below, drawn=text == "-- "):
            return _mobile_start(lines, first, i)
    return _mobile_start(lines, first, end)


def _highest_start(lines: list[Line], first: int, end: int) -> int:
    """The first line below which no more stand than a signature has."""
    i, left = end, _MOST_LINES + 1
    while i > first and left:
        i -= 1
        left -= bool(lines[i].text.strip())
    return i


def _looks_signed(below: list[Line], *, drawn: bool) -> bool:
    """Whether lines have the shape of a signature: few and short, each a farewell, a contact, or a name; a post or a
    firm in small letters may stand between them. Below the line `drawn` by RFC 3676 a name may be in small letters.

    Even that line divides one thought from the next in some letters: words that say something are words.
    """
    if len(below) > _MOST_LINES or any(len(line.text) > _WIDEST for line in below):
        return False
    signing = [line.mark == Mark.SIGNATURE or _is_signing(line.text.strip()) for line in below]
    if all(signing):
        return True
    if drawn and len(below) == 1:
        return _NAME.fullmatch(below[0].text.strip()) is not None
    between = [line.text.strip() for line, plain in zip(below, signing, strict=True) if not plain]
    return (
        signing[0]
        and signing[-1]
        and 2 * len(between) <= len(below)
        and any(_CONTACT.search(line.text) for line in below)
        and all(map(_is_post, between))
    )


def _is_post(text: str) -> bool:
    """Whether a line may be somebody's post or department: a few words that are no sentence."""
    ended = text.endswith((".", "!", "?", ":", "…")) and not text.endswith(_SHORTENED)
    return text[0].isalpha() and not ended and len(text.split()) <= _MOST_WORDS_OF_POST


def _is_signing(text: str) -> bool:
    if not set(text) - _RULES or _FAREWELL.match(text) or _CONTACT.search(text):
        return "?" not in text or "://" in text
    if phrases.MOBILE_SIGNATURE.match(text):
        return True
    if text.endswith((".", "!", "?", ":", "…")) and not text.endswith(_SHORTENED):
        return False
    words = _WORD.findall(text)
    named = sum(1 for word in words if not word[0].islower())
    return len(words) <= _MOST_WORDS and len(words) <= 2 * named and (len(words) <= 2 or named >= 2)


def _mobile_start(lines: list[Line], first: int, end: int) -> int:
    """The start of trailing lines that are blank, marked as a signature, or a mobile program's advertisement."""
    start = end
    i = last = end - 1
    while i >= first:
        line = lines[i]
        text = line.text.strip()
        bare = start == end and i == last and _LINK.fullmatch(text)
        if not text or bare or (start < end and not set(text) - _RULES):
            # The address of an advertisement may stand on a line below it.
            i -= 1
            last = i if not text else last
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
    if len(text) > 160 or _NUMBERED.search(text) or phrases.MOBILE_SIGNATURE.match(text) is None:
        return False
    alone = above is None or above.mark == Mark.SIGNATURE or not set(above.text.strip()) - _RULES
    return alone or len(_LINK.sub("", text)) <= _SHORT
