"""Content-Transfer-Encoding undone (RFC 2045 section 6), with what is broken in it left readable.

Imports nothing of ours.
"""

from __future__ import annotations

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_SPACE = b" \t\r\n\x0b\x0c"
_PADDING_INSIDE = re.compile(rb"=+")
_SOFT_BREAK_SPACES = re.compile(rb"=[ \t]+(?=\r?\n)")
_SOFT_CR = re.compile(rb"=\r(?!\n)")
_UU_BEGIN = re.compile(rb"(?:\A|[\r\n])begin(?:-base64)? [0-7]{3,4} [^\r\n]*\r?\n")
_UU_FILE = re.compile(rb"(?:\A|[\r\n])begin [0-7]{3,4} ([^\r\n]{1,255})(?=[\r\n])")
_UU_LINE = re.compile(rb"(?:\r\n|\n|\r)(end(?=[ \t]*(?:[\r\n]|\Z))|[ -`]{0,70}(?=[\r\n]))")
_FOOTER = re.compile(rb"[\r\n][^\r\n]{0,200}[A-Za-z]{2} [A-Za-z]{2}")
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_SHORT = 40
_LONG = 16
"""Of a line with which base64 may begin."""
_WIDE = 60
"""Characters of a line that is cut off, and no word."""
_WORDS = re.compile(rb"[A-Za-z]{2,}[ ,.!?]+[A-Za-z]{2,} ")


def decoded(data: bytes, encoding: str, *, text: bool) -> bytes:
    """The bytes behind a transfer encoding; an unknown one changes nothing.

    `text` says that the part is meant to be read: then what was never encoded is passed through as it is.
    """
    if encoding == "base64":
        return base64(data, text=text)
    if encoding in ("quoted-printable", "quoted_printable", "quotedprintable"):
        return quoted_printable(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return uuencode(data)
    return data


def base64(data: bytes, *, text: bool) -> bytes:
    """Base64 with junk, missing padding, padding in the middle, or a footer in plain words behind it."""
    squeezed = data.translate(None, _SPACE)
    junk = squeezed.translate(None, _NOT_BASE64)
    if len(junk) != len(squeezed):
        strange = len(squeezed) - len(junk)
        if text and (strange * 20 > len(squeezed) or _has_words(data)):
            return _with_plain_lines(data) or data
        if b"=" in junk.rstrip(b"="):
            # A footer in plain words behind the padding is no data.
            return _chunks(squeezed, strict=True)
        squeezed = _before_words(data).translate(None, _SPACE + _NOT_BASE64)
    elif text and _has_words(data):
        if max(map(len, data.split()), default=0) < 40:
            return data
        mixed = _with_plain_lines(data)
        if mixed:
            return mixed
    if b"=" in squeezed.rstrip(b"="):
        return _chunks(squeezed, strict=False)
    result = _quantum(squeezed)
    if text and len(squeezed) < _SHORT and squeezed.isalpha() and _NO_TEXT.search(result):
        # "Thanks", never encoded, has no sign that base64 has not.
        return data
    return result


def _before_words(data: bytes) -> bytes:
    """The lines above a footer in plain words; all of them where that would leave none."""
    words = _FOOTER.search(data)
    lines = data[: words.start()].splitlines() if words else []
    while lines and lines[-1].strip().translate(None, _NOT_BASE64) != lines[-1].strip():
        lines.pop()
    return b"\n".join(lines).strip() or data


def _has_words(data: bytes) -> bool:
    start = data[:2000]
    return b" " in start and _WORDS.search(start) is not None


def _quantum(data: bytes) -> bytes:
    data = data.rstrip(b"=")
    rest = len(data) % 4
    if rest == 1:
        data = data[:-1]
    elif rest:
        data += b"=" * (4 - rest)
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        return b""


def _chunks(data: bytes, *, strict: bool) -> bytes:
    """Base64 with padding in the middle: each stretch for itself. `strict` ends before a stretch with junk in it."""
    result = []
    start = 0
    junk_until = len(data.rstrip(_ALPHABET)) if strict else 0
    for match in _PADDING_INSIDE.finditer(data):
        result.append(_quantum(data[start : match.start()].translate(None, _NOT_BASE64)))
        start = match.end()
        if start < junk_until:
            return b"".join(result)
    result.append(_quantum(data[start:].translate(None, _NOT_BASE64)))
    return b"".join(result)


def _with_plain_lines(data: bytes) -> bytes | None:
    """Base64 text above, below or between which gateways and list servers put words unencoded: all is kept. None where
    nothing is base64."""
    lines = data.splitlines(keepends=True)
    out: list[bytes] = []
    found = False
    number = 0
    while number < len(lines):
        bare = lines[number].strip()
        stop = number
        if _is_base64(bare) and (
            len(bare) >= _LONG or (found and bare.endswith(b"=") and len(bare) % 4 == 0)
        ):
            stop = _end_of_base64(lines, number)
        plain = base64(b"".join(lines[number:stop]), text=False)
        # A key among words looks like base64, too, and says nothing.
        if stop == number or (number and _NO_TEXT.search(plain)):
            stop = max(stop, number + 1)
            out += lines[number:stop]
        else:
            found = True
            out += [plain, b"\n"]
        number = stop
    return b"".join(out) if found else None


def _end_of_base64(lines: list[bytes], first: int) -> int:
    """Behind the last line of base64 that starts at line `first`."""
    for number in range(first, len(lines)):
        bare = lines[number].strip()
        if not _is_base64(bare) or (bare and len(bare) % 4 and len(bare) < _WIDE):
            return number
        if bare.endswith(b"="):
            return number + 1
    return len(lines)


def _is_base64(bare: bytes) -> bool:
    return bare.translate(None, _NOT_BASE64) == bare


def quoted_printable(data: bytes) -> bytes:
    """Quoted-printable; a broken escape stays as it is written."""
    if b"=" not in data:
        return data
    if b"=\r" in data:
        # The C decoder skips to the next line feed after "=" and a lone carriage return.
        data = _SOFT_CR.sub(b"=\n", data)
    if b"= " in data or b"=\t" in data:
        data = _SOFT_BREAK_SPACES.sub(b"=", data)
    return binascii.a2b_qp(data)


def without_uu(data: bytes, most: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Text without the first `most` uuencoded files in it, and (name, content) of each. What is not whole, from `begin`
    to `end` with nothing but encoded lines between, stays in the text."""
    kept: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    done = 0
    begin = _UU_FILE.search(data)
    while begin and len(files) < most:
        stop = _uu_end(data, begin.end())
        start = begin.start() if begin.start() == 0 else begin.start() + 1
        content = uuencode(data[start:stop]) if stop else b""
        if content:
            kept.append(data[done:start])
            files.append((begin[1].strip(), content))
            done = stop
        begin = _UU_FILE.search(data, max(stop - 1, begin.end() - 1))
    return (b"".join([*kept, data[done:]]), files) if files else (data, [])


def _uu_end(data: bytes, position: int) -> int:
    """The offset behind the `end` line of the encoded lines that start at `position`, or 0."""
    while True:
        line = _UU_LINE.match(data, position)
        if line is None:
            return 0
        text = line[1]
        if text == b"end":
            return line.end()
        if text.strip(b"` "):
            need = -(-((text[0] - 32) & 63) // 3) * 4
            # Spaces at the end of a line get lost, and some encoders write a checksum behind it.
            if not 1 <= len(text) <= need + 3 or len(text.rstrip(b" ")) - 1 > need + 2:
                return 0
            if need - (len(text) - 1) > 8:
                return 0
        position = line.end()


def uuencode(data: bytes) -> bytes:
    """The file between `begin` and `end`; the data unchanged where there is none."""
    begin = _UU_BEGIN.search(data)
    if not begin:
        return data
    result = []
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`end", b""):
            if line.strip():
                break
            continue
        try:
            result.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders write a wrong length: decode as much as the length byte says.
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                result.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                continue
    return b"".join(result)
