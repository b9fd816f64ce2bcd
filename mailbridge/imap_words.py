"""The words of IMAP (RFC 3501) that aioimaplib leaves to its caller: sets, names, dates, answers of FETCH.

Pure functions; imports the standard library alone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for an INTERNALDATE that cannot be read: fixed, since duplicates are recognised by it."""


def chunks(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Consecutive slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def uid_set(uids: Sequence[int]) -> str:
    """UIDs as a sequence set (RFC 3501 section 9): `1:3,7`."""
    parts: list[str] = []
    first = last = 0
    for uid in sorted(uids):
        if last and uid == last + 1:
            last = uid
            continue
        if last:
            parts.append(f"{first}:{last}" if last > first else str(first))
        first = last = uid
    if last:
        parts.append(f"{first}:{last}" if last > first else str(first))
    return ",".join(parts)


def quoted(text: str) -> str:
    """A quoted string of RFC 3501: without it `SELECT Done items` selects "Done"."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(name: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501 section 5.1.3)."""
    out: list[str] = []
    foreign: list[str] = []

    def flush() -> None:
        if foreign:
            coded = base64.b64encode("".join(foreign).encode("utf-16-be", "surrogatepass"))
            out.append("&" + coded.decode("ascii").rstrip("=").replace("/", ",") + "-")
            foreign.clear()

    for character in name:
        if " " <= character <= "~":
            flush()
            out.append("&-" if character == "&" else character)
        else:
            foreign.append(character)
    flush()
    return "".join(out)


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_INTERNALDATE = re.compile(
    rb'INTERNALDATE "([ \d]?\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
MAX_NUMBER = 2**32 - 1
"""The highest UID and UIDVALIDITY (RFC 3501 section 2.3.1.1): what is beyond it is no number of a letter."""
_UID = re.compile(rb"\bUID (\d{1,10})(?!\d)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})(?!\d)")
# One that does not end goes to the end: looking for the next one inside it would take the square of its length.
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NUMBER = re.compile(rb"(?<!\S)\d{1,10}(?!\S)")
_ORIGIN = re.compile(rb"BODY\[\]<(\d{1,15})>")
_RECORD = re.compile(rb"\d+ FETCH \(")
_AFTER_LITERAL = re.compile(
    rb"\)$|\s+(?:UID|FLAGS|MODSEQ|INTERNALDATE|RFC822|BODY|BINARY|EMAILID|THREADID|SAVEDATE|X-)",
    re.IGNORECASE,
)
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.DOTALL)


def uid_of(text: bytes) -> int | None:
    """The UID in a FETCH answer; None without a possible one. Quoted strings are a letter's own words."""
    found = _UID.search(_QUOTED.sub(b'""', text))
    return number(found.group(1)) if found else None


def size_of(text: bytes) -> int | None:
    """The RFC822.SIZE in a FETCH answer, in bytes."""
    found = _SIZE.search(_QUOTED.sub(b'""', text))
    return int(found.group(1)) if found else None


def origin_of(text: bytes) -> int | None:
    """From which byte on the part of a letter comes, where the answer says so."""
    found = _ORIGIN.search(text)
    return int(found.group(1)) if found else None


def number(digits: bytes) -> int | None:
    """A UID or UIDVALIDITY; None where it is none."""
    value = int(digits) if digits.isdigit() and len(digits) <= 10 else 0
    return value if 1 <= value <= MAX_NUMBER else None


def numbers(line: bytes) -> Iterator[int]:
    """The UIDs in an answer of SEARCH, in the server's order."""
    for found in _NUMBER.finditer(line):
        value = number(found.group())
        if value is not None:
            yield value


def internal_date(text: bytes) -> datetime:
    """The INTERNALDATE in a FETCH answer, in UTC; `UNDATED` where there is no sensible one."""
    found = _INTERNALDATE.search(text)
    if not found:
        return UNDATED
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset)
        number = _MONTHS.index(month.decode("ascii").title()) + 1
        local = datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return UNDATED


def records(lines: Sequence[bytes | bytearray]) -> Iterator[tuple[bytes, bytes | None]]:
    """The FETCH answers among response lines: (text without literals, the literal or None).

    Raises ValueError where what follows a literal cannot: its length was a lie, and its bytes are not the letter's.
    """
    texts: list[bytes] = []
    body: bytes | None = None
    after_literal = False
    for line in lines:
        if isinstance(line, bytearray):
            if body is None:
                body = bytes(line)
            after_literal = True
            continue
        if after_literal and not _AFTER_LITERAL.match(line):
            raise ValueError("a literal of another length than said")
        after_literal = False
        if _RECORD.match(line):
            if texts:
                yield b"".join(texts), body
            texts, body = [line], None
        elif texts:
            texts.append(line)
    if texts:
        yield b"".join(texts), body


def body_of(text: bytes, literal: bytes | None) -> bytes | None:
    """A letter's bytes: a literal as a rule, a quoted string from some servers where it is short."""
    if literal is not None:
        return literal
    found = _QUOTED_BODY.search(text)
    return re.sub(rb"\\(.)", rb"\1", found.group(1)) if found else None


def fits(said: int, came: int) -> bool:
    """Whether a letter is about as long as its RFC822.SIZE; some servers reckon line ends otherwise. One that is
    not comes again by itself, in parts."""
    return abs(said - came) <= 1024 + said // 8


def named_number(pattern: bytes, text: bytes) -> int | None:
    """The number behind a word of the server's, where it is a possible one."""
    found = re.search(pattern, text, re.IGNORECASE)
    return number(found.group(1)) if found else None


def last_words(lines: Sequence[bytes | bytearray]) -> str:
    """The server's last words, for a sentence."""
    return bytes(lines[-1]).decode("utf-8", "replace") if lines else ""
