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
UID = re.compile(rb"\bUID (\d+)")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_RECORD = re.compile(rb"\d+ FETCH \(")
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.DOTALL)


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
    """The FETCH answers among response lines: (text without literals, the literal or None)."""
    text: bytes | None = None
    body: bytes | None = None
    for line in lines:
        if isinstance(line, bytearray):
            if body is None:
                body = bytes(line)
        elif _RECORD.match(line):
            if text is not None:
                yield text, body
            text, body = line, None
        elif text is not None:
            text += line
    if text is not None:
        yield text, body


def body_of(text: bytes, literal: bytes | None) -> bytes | None:
    """A letter's bytes: a literal as a rule, a quoted string from some servers where it is short."""
    if literal is not None:
        return literal
    found = _QUOTED_BODY.search(text)
    return re.sub(rb"\\(.)", rb"\1", found.group(1)) if found else None
