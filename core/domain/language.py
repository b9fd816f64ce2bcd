"""Which of our languages a text is written in: enough to answer in it."""

from __future__ import annotations


def guess_language(text: str) -> str:
    """`ru` where at least a third of the letters are Cyrillic, `en` for other letters, empty without any."""
    letters = [character for character in text[:4000] if character.isalpha()]
    if not letters:
        return ""
    cyrillic = sum(1 for character in letters if "\u0400" <= character <= "\u04ff")
    return "ru" if cyrillic * 3 >= len(letters) else "en"
