"""Bytes into text: valid UTF-8 first, then what the letter declares, then a guess.

The order is that of docs/mail-parsing.md. The detector library is loaded only when a guess is needed. Imports
nothing of ours but this package.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from mailbridge.letter import cyrillic
from mailbridge.letter.alphabets import greek_or_hebrew

_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso2022_jp": "iso2022_jp_ext",
    "big5": "cp950",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "koi8-r": "koi8-u",
}
_ALIASES = {
    "x-sjis": "cp932",
    "x-ms-cp932": "cp932",
    "windows-31j": "cp932",
    "shift-jis": "cp932",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ks_c_5601_1987": "cp949",
    "ksc5601": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "windows-874": "cp874",
    "x-windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "x-macintosh": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "cp-850": "cp850",
    "cp-866": "cp866",
    "cp-1251": "cp1251",
    "cp-1252": "cp1252",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "windows1251": "cp1251",
    "windows-cp1251": "cp1251",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-windows-1251": "cp1251",
    "ansi_x3.4-1968": "ascii",
    "ansi": "cp1252",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-euc-kr": "cp949",
    "x-big5": "cp950",
    "x-x-big5": "cp950",
    "big5-hkscs": "big5hkscs",
    **dict.fromkeys(("cn-gb", "cn-gb2312", "gb_2312-80", "gb2312_charset"), "gb18030"),
    "chinesebig5": "cp950",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "hz-gb-2312": "hz",
    "koi8-ru": "koi8_u",
    "koi8r": "koi8_r",
    "koi-8": "koi8_r",
    "koi8": "koi8_r",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "x-utf-8": "utf-8",
    "unicode": "utf-8",
    "iso-8859-8i": "iso8859-8",
    "dos-866": "cp866",
    "ibm866": "cp866",
    **dict.fromkeys((
        "x-user-defined", "unknown-8bit", "x-unknown", "unknown", "default", "default_charset", "8bit",
        "7bit", "binary", "none",
    ), ""),
}  # fmt: skip
_SEVEN_BIT = {
    "iso2022_jp_ext",
    "iso2022_jp",
    "iso2022_jp_1",
    "iso2022_jp_2",
    "iso2022_jp_3",
    "iso2022_kr",
    "hz",
    "utf-7",
}
_MULTIBYTE = {"gb18030", "cp949", "cp932", "cp950", "big5hkscs", "euc_jp", "johab", "euc_jis_2004"}
_WIDE = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
_WIDE_SIGNS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
"""Halves of letters beyond Latin: what no plain text has."""
_LONE = re.compile("[\ud800-\udfff]")
_TEXT_ONLY = re.compile(r"[A-Za-z0-9_.:+ ()-]{1,60}\Z")
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_CELLS = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xfe]{2})+")
"""What GB 2312 and KS X 1001 consist of, the charsets that were declared before their supersets were made."""
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3}")
_LATIN_NEIGHBOURS = re.compile(
    rb"(?<=[A-Za-z])[\x80-\xff]{1,2}(?![\x80-\xff])|(?<![\x80-\xff])[\x80-\xff]{1,2}(?=[A-Za-z])"
)
_INSIDE = re.compile("[a-z][¹³¼¾¶±¿][a-z]")
"""Letters of another charset: signs that no word has inside."""
_LATIN = (
    ("cp1252", "äöüß"),
    ("cp1252", "àâæçéèêëîïôœùûüÿ"),
    ("cp1252", "áéíóúñüçªº"),
    ("cp1252", "àáâãçéêíóôõúªº"),
    ("cp1252", "àèéìíòóùúî"),
    ("cp1252", "åäöæøéüà"),
    ("cp1250", "ąćęłńóśźż"),
    ("iso8859-2", "ąćęłńóśźż"),
    ("cp1250", "áčďéěíňóřšťúůýžľĺŕôä"),
    ("iso8859-2", "áčďéěíňóřšťúůýžľĺŕôä"),
    ("cp1250", "áéíóöőúüű"),
    ("cp1250", "čćđšž"),
    ("cp1254", "çğıöşüâî"),
    ("iso8859-2", "ăâîşţ"),
)
"""Codecs by the letters of a language in them, German and French first; then Polish, Czech and Slovak, Hungarian,
Croatian, Turkish, Romanian."""


@lru_cache(maxsize=512)
def codec_name(declared: str) -> str:
    """Python's codec for a declared charset through aliases and supersets, or empty where it knows none."""
    name = declared.strip().strip("\"'").lower().split("*")[0].strip()
    name = name.removeprefix("charset=").strip("\"' ;,")
    if not name or not _TEXT_ONLY.match(name):
        return ""
    if name in _ALIASES:
        name = _ALIASES[name]
        if not name:
            return ""
    for attempt in (name, name.replace("_", "-"), name.replace(" ", "-"), re.sub(r"\Ax-", "", name)):
        try:
            info = codecs.lookup(attempt)
        except (LookupError, ValueError, UnicodeError):
            continue
        if not getattr(info, "_is_text_encoding", True) or info.name in (
            "idna",
            "punycode",
            "unicode_escape",
        ):
            return ""
        if info.name in ("raw_unicode_escape", "undefined", "mbcs", "oem"):
            return ""
        return _SUPERSETS.get(info.name, info.name)
    return ""


def decode(data: bytes, declared: str = "", hint: str = "") -> tuple[str, str]:
    """`data` as text without lone surrogates, which some codecs make (UTF-7) and nothing can store; see `_decode`."""
    text, guessed = _decode(data, declared, hint)
    return _LONE.sub("\ufffd", text), guessed


def _decode(data: bytes, declared: str, hint: str) -> tuple[str, str]:
    """`data` as text, and the codec that had to be guessed (empty where the declared one or UTF-8 was right).

    `hint` is a second charset worth trying, such as the body's for a raw header.
    """
    codec = codec_name(declared) if declared else ""
    if data.isascii():
        if codec in _SEVEN_BIT:
            text = _strict(data, codec)
            if text is None and codec.startswith("iso2022_jp"):
                # Circled numbers and the like are of JIS X 0213, which Windows writes under the old name.
                text = _strict(data.replace(b"\x1b$B", b"\x1b$(Q"), "iso2022_jp_2004")
            return (text, "") if text is not None else (data.decode(codec, "replace"), "")
        if b"\x1b$" in data:
            # Japanese and Korean in seven bits, which nobody has declared: nothing else shifts so.
            shifted = "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_ext"
            text = _strict(data, shifted)
            if text is not None:
                return text, shifted
        if codec in _WIDE and (b"\0" in data or _WIDE_SIGNS.search(data)):
            return data.decode(codec, "replace"), ""
        return data.decode("ascii"), ""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") and (codec in _WIDE or (b"\0" in data and not codec)):
        return data.decode("utf-16", "replace"), ("" if codec in _WIDE else "utf-16")
    if codec in _MULTIBYTE and len(data) < 40:
        # A few two-byte letters can happen to be valid UTF-8 as well.
        text = _strict(data, codec)
        if text is not None and not _looks_utf8(data, codec):
            return text, ""
    text = _strict(data, "utf-8") or _paired(data)
    if text is not None:
        return text.removeprefix("\ufeff"), ("" if codec in ("utf-8", "cp1252", "") else "utf-8")
    return _not_utf8(data, declared, codec, hint)


def _not_utf8(data: bytes, declared: str, codec: str, hint: str) -> tuple[str, str]:
    weak = codec in ("", "cp1252", "utf-8")
    if weak:
        text = data.decode("utf-8", "replace")
        high, bad = _slips(text)
        # A cut or a slip in good UTF-8 stays UTF-8, where nobody declared it too.
        cut = codec == "utf-8" and (
            (bad <= 2 and high > bad * 3) or (bad == 1 < high and text[-1] == "\ufffd")
        )
        if cut or (bad * 4 <= high and high > 6):
            return text, "utf-8 with errors"
    else:
        text2 = _strict(data, codec)
        if text2 is not None:
            other = cyrillic.declared_wrongly(text2, data, codec)
            return (data.decode(other, "replace"), other) if other else (text2, "")
        if codec in _MULTIBYTE or codec in _SEVEN_BIT:
            text = data.decode(codec, "replace")
            high, bad = _slips(text)
            if bad * 20 <= len(text) or (bad <= 2 and high > bad * 3):
                return text, f"{codec} with errors"
    ascii_only = declared.lower().strip() in ("us-ascii", "ascii")
    if codec == "cp1252" and not ascii_only and (_is_latin(data) or not _HIGH_RUN.search(data)):
        # Accents among Latin letters are what was declared, whatever the body is written in.
        return _western(data), ""
    hinted = codec_name(hint) if hint else ""
    if hinted and hinted not in ("utf-8", "cp1252", codec):
        text2 = _strict(data, hinted)
        if text2 is not None:
            other = cyrillic.declared_wrongly(text2, data, hinted) or hinted
            return data.decode(other, "replace"), other
    if codec == "cp1252" and not _mostly_high(data):
        return _western(data), ("cp1252" if ascii_only else "")
    if not weak and codec not in _MULTIBYTE and codec not in _SEVEN_BIT and codec not in _WIDE:
        text = data.decode(codec, "replace")
        if text.count("\ufffd") * 20 <= len(text):
            return text, f"{codec} with errors"
    return guess(data)


def _slips(text: str) -> tuple[int, int]:
    """How many letters are beyond ASCII, and how many of these could not be read."""
    return sum(1 for c in text if c > "\x7f"), text.count("\ufffd")


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _paired(data: bytes) -> str | None:
    """UTF-8 in which letters beyond the first plane are two surrogates, as Java and some databases write it."""
    if _PAIR.search(data) is None:
        return None
    try:
        halves = data.decode("utf-8", "surrogatepass")
        return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except UnicodeError:
        return None


def _looks_utf8(data: bytes, codec: str) -> bool:
    text = _strict(data, "utf-8")
    if text and max(text) <= "\u04ff" and codec in ("gb18030", "cp949") and _CELLS.fullmatch(data):
        # "谢谢" is "лл" as well; hardly a word of Cyrillic has letters alone that these charsets have cells for.
        return False
    return text is not None and all("\u0400" <= c <= "\u04ff" or c >= "\u3000" or c < "\x80" for c in text)


def _western(data: bytes) -> str:
    return _strict(data, "cp1252") or data.decode("latin-1")


def _mostly_high(data: bytes) -> bool:
    """True where most letters are above ASCII: Western European text never is, Cyrillic always."""
    sample = data[:4000]
    high = sum(1 for byte in sample if byte >= 0xC0 or byte in (0xA8, 0xB8))
    low = sum(1 for byte in sample if 65 <= byte <= 90 or 97 <= byte <= 122)
    return high > 2 and high > low


def guess(data: bytes) -> tuple[str, str]:
    """Text in an unknown charset that is no valid UTF-8, and the codec that was chosen."""
    latin = _LATIN_NEIGHBOURS.search(data) is not None and _is_latin(data[:4000])
    best, score = _latin(data) if latin else "", 0.0
    if best:
        return data.decode(best, "replace"), best
    other = "" if latin else greek_or_hebrew(data[:4000])
    if other:
        return data.decode(other, "replace"), other
    for codec in () if latin else cyrillic.CODECS:
        value = cyrillic.score(_strict(data[:4000], codec) or "")
        if value > score:
            best, score = codec, value
    capitals = cyrillic.in_capitals(data, best) if score > (0.5 if len(data) > 12 else 0.75) else ""
    if score > 0.75 or capitals not in ("", best):
        return data.decode(capitals, "replace"), capitals
    found = _detected(data)
    if found:
        text2 = _strict(data, found)
        if text2 is not None:
            return text2, found
    if _mostly_high(data):
        return data.decode("cp1251", "replace"), "cp1251"
    return _western(data), "cp1252"


def _is_latin(data: bytes) -> bool:
    """Whether the bytes above ASCII stand by one or two among Latin letters, as accents do: other scripts have runs."""
    high = len(_HIGH.findall(data))
    return len(b"".join(_LATIN_NEIGHBOURS.findall(data))) * 5 >= high * 2


def _latin(data: bytes) -> str:
    """Which codec Latin letters with accents are in: the first in which all of them are of one language, or empty."""
    for codec, letters in _LATIN:
        text = data[:4000].decode(codec, "replace").lower()
        if not _INSIDE.search(text) and all(
            c in letters for c in text if c > "\x7f" and (c.isalpha() or c < "\xa0")
        ):
            return codec
    return ""


def _detected(data: bytes) -> str:
    from charset_normalizer import from_bytes

    try:
        best = from_bytes(data[:6000], steps=5, chunk_size=512).best()
    except Exception:  # noqa: BLE001  a third-party guess on hostile bytes must never cost the letter
        return ""
    return codec_name(best.encoding) if best is not None else ""
