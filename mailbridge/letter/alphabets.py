"""Greek and Hebrew that nobody has declared: they take the range of bytes that Cyrillic takes.

Pure functions over bytes; the shares are those of ordinary prose. Imports nothing of ours.
"""

from __future__ import annotations

_FEWEST = 20
"""Letters below which shares say nothing."""
_HEBREW = b"\xe9\xf9\xfa\xf8"
"""Yod, shin, tav and resh: a quarter of Hebrew; in cp1251 the й, щ, ъ and ш, which are rare in every language."""
_GREEK = b"\xe1\xef\xe9\xf4\xf3"
"""Alpha, omicron, iota, tau and sigma: a third of Greek; in cp1251 the б, п, й, ф and у."""
_ACCENTED = b"\xdc\xdd\xde\xdf\xfc\xfd\xfe"
"""Greek vowels with an accent, which all but the shortest words have one of."""
_FINAL_NUN = b"\xef"
"""Rare in Hebrew; in koi8-r a capital О, where capitals take the range of Hebrew's letters."""


def greek_or_hebrew(data: bytes) -> str:
    """The codec of bytes that are Greek or Hebrew, or empty."""
    high = [byte for byte in data if byte >= 0xC0]
    if len(high) < _FEWEST:
        return ""
    if min(high) >= 0xE0 and max(high) <= 0xFA and 100 * _count(high, _FINAL_NUN) < 5 * len(high):
        return "cp1255" if 100 * _count(high, _HEBREW) > 18 * len(high) else ""
    accented = 100 * _count(high, _ACCENTED) > 6 * len(high) and min(high) < 0xE0
    # Of the codecs for Greek they differ in one letter, the capital alpha with an accent, and in quotation marks.
    return "cp1253" if accented and 100 * _count(high, _GREEK) > 25 * len(high) else ""


def _count(letters: list[int], wanted: bytes) -> int:
    return sum(1 for byte in letters if byte in wanted)
