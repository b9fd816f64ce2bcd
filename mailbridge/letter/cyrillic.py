"""Which of the Cyrillic charsets bytes are in: by the case of their words and by how frequent their letters are.

KOI8-R has small letters where Windows-1251 has capitals: either charset read as the other makes words of the wrong
case and of rare letters. Imports nothing of ours.
"""

from __future__ import annotations

import re

CODECS = ("cp1251", "koi8_r", "cp866", "iso8859-5", "mac_cyrillic")
# Letters by how often Russian and Ukrainian use them: enough to tell the charsets apart where the case does.
_FREQUENT = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжюі")
_OTHER = {"cp1251": "koi8_r", "koi8_r": "cp1251", "koi8-u": "cp1251"}
_LIKELY = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъ",
        (2.4, 2.1, 2.1, 2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.5, 1.2, 1.2, 1.1, 1.0, 1.0, 0.7, 0.6, 0.6, 0.5, 0.5, 0.5,
         0.4, 0.2, 0.0, -0.1, -0.3, -0.4, -0.7, -1.0, -1.1, -1.3, -3.2),
        strict=True,
    )
)  # fmt: skip
"""Logarithm of how many per cent of the letters of Russian texts each is."""
_MARGIN = 2.0
"""By so much likelier a reading in capitals must be: most people write in small letters."""
_TURNED = re.compile(r"(?<![^\W\d_])[а-я][А-Я]{2,}(?![^\W\d_])")
_USUAL = re.compile(r"(?<![^\W\d_])[А-Яа-я][а-я]{2,}(?![^\W\d_])")
_LOOKED_AT = 4_000


def score(text: str) -> float:
    """How much the letters above ASCII look like ordinary lower-case Cyrillic words, 0 to 1."""
    high = [c for c in text if c > "\x7f" and c not in "\u00a0«»—–„“”№…"]
    if not high:
        return 0.0
    frequent = sum(1 for c in high if c in _FREQUENT)
    upper = sum(1 for c in high if "А" <= c <= "Я" or c == "Ё")
    # Capitals are frequent only where they start words.
    starts = sum(1 for a, b in zip(" " + text, text, strict=False) if "А" <= b <= "Я" and not a.isalpha())
    return (frequent + min(upper, starts)) / len(high)


def in_capitals(data: bytes, codec: str) -> str:
    """The codec of a text that `codec` reads as small letters, if all of it is capitals in another and means more
    there; else `codec`."""
    other = _OTHER.get(codec, "")
    text, turned = _letters(data, codec), _letters(data, other)
    if (
        text
        and text == text.lower()
        and turned == turned.upper()
        and _likely(turned) > _likely(text) + _MARGIN
    ):
        return other
    return codec


def declared_wrongly(text: str, data: bytes, codec: str) -> str:
    """The codec of `data`, if every word of its `text` in the declared one has "wORDS" for "Words" and the other
    charset makes likelier words of the usual case; else empty. With the Caps Lock key on people write so, too."""
    text = text[:_LOOKED_AT]
    if codec not in _OTHER or _USUAL.search(text) or not _TURNED.search(text):
        return ""
    other = _OTHER[codec]
    usual = data[:_LOOKED_AT].decode(other, "replace")
    if not _USUAL.search(usual) or _TURNED.search(usual):
        return ""
    return other if _likely(_letters(data, other)) > _likely(_letters(data, codec)) + _MARGIN else ""


def _letters(data: bytes, codec: str) -> str:
    if not codec:
        return ""
    return "".join(c for c in data[:_LOOKED_AT].decode(codec, "replace") if "А" <= c <= "я")


def _likely(letters: str) -> float:
    return sum(_LIKELY[c] for c in letters.lower())
