"""Tags: short words by which a team sorts its tickets. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 40
"""Characters of a tag."""

MOST = 30
"""Tags of one ticket."""

SIGNS = "-_./"
"""What a tag may have in it besides letters and digits."""


def parse(text: str) -> str:
    """A tag as it is kept: trimmed, in lower case, composed (NFC); empty where the text is no tag.

    A tag has 1 to LONGEST letters of any script, digits and SIGNS, and begins with a letter or a digit: so it shows as
    one plain word on any terminal, and no sign before it can be taken for its own.
    """
    word = unicodedata.normalize("NFC", text.strip().lower())
    if not 1 <= len(word) <= LONGEST or not word[0].isalnum():
        return ""
    return word if all(_fits(sign) for sign in word) else ""


def _fits(sign: str) -> bool:
    # Marks belong to the letters of many scripts: Devanagari, Thai, Arabic.
    return sign in SIGNS or unicodedata.category(sign)[0] in "LNM"


def changed(present: frozenset[str], add: frozenset[str], remove: frozenset[str]) -> frozenset[str]:
    """The tags of a ticket after some were added and others taken away."""
    return (present | add) - remove
