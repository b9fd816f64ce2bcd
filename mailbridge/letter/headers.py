"""Header values into text (RFC 2047), Message-IDs and dates (RFC 5322), in the forms that letters really use.

Imports nothing of ours but this package.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_tz

from mailbridge.letter.charsets import codec_name, decode

_WORD = re.compile(
    r"=\?([^?\s]{0,60})\?([bBqQ])\?((?:(?!=\?[^?\s]{0,60}\?[bBqQ]\?).)*?)(?:\?=|\??\Z|(?==\?[^?\s]{1,60}\?[bBqQ]\?))",
    re.DOTALL,
)
_SPACES = re.compile(r"[\s\x00]+")
_BREAKS = re.compile(r"[\t\r\n\x0b\x0c]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MESSAGE_ID = re.compile(r"<\s*([^<>]{1,2000}?)\s*>")
_BARE_ID = re.compile(r"[^\s<>,;\"()]{1,500}@[^\s<>,;\"()]{1,500}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
"""Some programs write the other alphabet of RFC 4648."""
_BRACKETS = {ord("<"): " ", ord(">"): " "}
_ZONE_NAME = re.compile(r"\b(?:GMT|UTC|UT)(?=[+-]\d{4}\b)")
_COMMENTS = re.compile(r"\([^()]*\)")


def raw_text(value: bytes, hint: str = "") -> tuple[str, str]:
    """A raw header value as text with its encoded-words untouched, and the codec that was guessed, if any."""
    if value.isascii():
        if b"\x1b$" in value:
            return decode(value, hint if codec_name(hint).startswith("iso2022") else "")[0], ""
        return value.decode("ascii"), ""
    text, used = decode(value, "", hint)
    return text, used


def decode_text(text: str, hint: str = "") -> str:
    """`text` with its encoded-words decoded: adjacent ones join, also where a letter is split between them."""
    if "=?" not in text:
        return text
    out: list[str] = []
    position = 0
    pending: list[tuple[str, bytes]] = []
    carry = ""
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        if between.strip() or not pending:
            if pending:
                out.append(_words(pending, hint))
                pending, carry = [], ""
            out.append(between)
        charset, how, content = match[1], match[2], match[3]
        if how in "bB":
            content = "".join(content.split())
            if pending and carry and pending[-1][0].lower() == charset.lower():
                # One base64 stream cut into words in the middle of a quantum.
                content = carry + content
                pending.pop()
            data = _b(content)
            carry = content if len(content) % 4 and not content.endswith("=") else ""
        else:
            data, carry = _q(content), ""
        pending.append((charset, data))
        position = match.end()
    if pending:
        out.append(_words(pending, hint))
    out.append(text[position:])
    return "".join(out)


def _words(words: list[tuple[str, bytes]], hint: str) -> str:
    result: list[str] = []
    charset, data = words[0]
    for other, more in words[1:]:
        if other.lower() == charset.lower():
            data += more
        else:
            result.append(decode(data, charset, hint)[0])
            charset, data = other, more
    result.append(decode(data, charset, hint)[0])
    return "".join(result)


def _b(content: str) -> bytes:
    data = content.encode("utf-8", "surrogateescape").rstrip(b"=").translate(_URL_SAFE)
    if len(data) % 4 == 1:
        data = data[:-1]
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return content.encode("utf-8", "surrogateescape")


def _q(content: str) -> bytes:
    return binascii.a2b_qp(
        content.replace("\r", "").replace("\n", "").encode("utf-8", "surrogateescape"), header=True
    )


def header_text(value: bytes, hint: str = "") -> str:
    """A raw header value as one line of text: decoded, unfolded, without control characters."""
    text = decode_text(raw_text(value, hint)[0], hint)
    return tidy(text)


def tidy(text: str) -> str:
    """One line: line breaks and tabs become spaces, control characters go, the ends are stripped."""
    if not text.isprintable():
        text = _CONTROL.sub("", _BREAKS.sub(" ", text))
    return text.strip()


def message_ids(value: bytes) -> tuple[str, ...]:
    """The Message-IDs of a header, with angle brackets, in order and without repetition.

    What stands between the brackets stays as it is, spaces too: some systems emit them, and answers repeat them.
    """
    text = raw_text(value)[0]
    if "=?" in text:
        text = decode_text(text)
    found = [f"<{_SPACES.sub(' ', inner)}>" for inner in _MESSAGE_ID.findall(text)]
    if not found:
        found = [
            f"<{bare}>"
            for bare in _BARE_ID.findall(_COMMENTS.sub(" ", _CONTROL.sub("", text).translate(_BRACKETS)))
        ]
    return tuple(dict.fromkeys(found))


def message_id(value: bytes) -> str:
    """The Message-ID of a letter with angle brackets, or empty; one without brackets or an `@` gets brackets."""
    found = message_ids(value)
    if found:
        return found[0]
    bare = tidy(raw_text(value)[0]).strip("<> ")
    return f"<{_SPACES.sub(' ', bare)}>" if bare else ""


def date(value: bytes) -> datetime | None:
    """A Date header as aware UTC, or None where it cannot be read or lies before 1971 or after 2200."""
    text = _ZONE_NAME.sub("", tidy(decode_text(raw_text(value)[0])))
    if not text:
        return None
    try:
        parsed = parsedate_tz(text)
        if parsed is None:
            return _iso(text)
        year, month, day, hour, minute, second = parsed[:6]
        # Programs that counted years from 1900.
        year += 1900 if 100 <= year < 200 else 0
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timestamp() - (
            parsed[9] or 0
        )
        result = datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, IndexError, TypeError, OSError):
        return None
    return result if 1971 <= result.year <= 2200 else None


def _iso(text: str) -> datetime | None:
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        return None
    result = result.replace(tzinfo=UTC) if result.tzinfo is None else result.astimezone(UTC)
    return result if 1971 <= result.year <= 2200 else None
