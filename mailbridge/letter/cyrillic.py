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
_ENOUGH, _FEW, _MORE = 2, 40, 0.4
"""So many different words, letters, and so much likelier for each letter it takes to go against what is declared."""
_BOTH_CASES = re.compile("[а-я][А-Я]|[А-Я][а-я]")
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
    """The codec of a text without a word such as "Word" in either charset: all its words are capitals in one of them
    where they are small letters in the other, and the likelier ones are taken; else `codec`."""
    other = _OTHER.get(codec, "")
    if not other or any(
        _BOTH_CASES.search(data[:_LOOKED_AT].decode(one, "replace")) for one in (codec, other)
    ):
        return codec
    text, turned = _letters(data, codec), _letters(data, other)
    return other if text and _likely(turned) > _likely(text) + _MARGIN else codec


def declared_wrongly(text: str, data: bytes, codec: str) -> str:
    """The codec of `data`, if every word of its `text` in the declared one has "wORDS" for "Words" and the other
    charset makes likelier words of the usual case; else empty. With the Caps Lock key on people write so, too."""
    text = text[:_LOOKED_AT]
    if codec not in _OTHER or _USUAL.search(text) or len(set(_TURNED.findall(text))) < _ENOUGH:
        return ""
    other = _OTHER[codec]
    usual = data[:_LOOKED_AT].decode(other, "replace")
    if not _USUAL.search(usual) or _TURNED.search(usual):
        return ""
    letters = _letters(data, codec)
    likelier = _likely(_letters(data, other)) - _likely(letters)
    return other if likelier > _MORE * max(len(letters), _FEW) else ""


def _letters(data: bytes, codec: str) -> str:
    if not codec:
        return ""
    return "".join(c for c in data[:_LOOKED_AT].decode(codec, "replace") if "А" <= c <= "я")


def _likely(letters: str) -> float:
    return sum(_LIKELY[c] for c in letters.lower())
