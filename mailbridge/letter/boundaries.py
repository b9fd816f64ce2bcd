"""Delimiter lines of multiparts (RFC 2046 section 5.1.1), as letters really write them. Imports nothing of ours."""

from __future__ import annotations

import re

_MAYBE_BOUNDARY = re.compile(rb"--([^\s](?:[^\r\n]{0,98}[^\s])?)[ \t]*\Z")
_ANY_FIELD = re.compile(rb"[!-9;-~]{1,200}:")
PART_FIELD = re.compile(rb"Content-(?:Type|Transfer-Encoding|Disposition)[ \t]*:", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]*")


def lonely_boundary(data: bytes, start: int, end: int) -> bytes:
    """The boundary that the first delimiter line of data[start:end] shows which has a part's headers behind it,
    or empty. In one pass over the lines: of two delimiter lines with only fields between them, the first counts."""
    boundary = b""
    while start < end:
        line = _LINE.match(data, start, end)
        stop = line.end() if line else end
        text = data[start : min(stop, start + 300)]
        if boundary and PART_FIELD.match(text):
            return boundary
        if not boundary or not (_ANY_FIELD.match(text) or text[:1] in (b" ", b"\t")):
            found = _MAYBE_BOUNDARY.match(text) if stop - start < 300 else None
            boundary = found[1] if found else b""
        start = stop + (2 if data[stop : stop + 2] == b"\r\n" else 1)
    return b""


def split_multipart(body: bytes, boundary: bytes, first: int, last: int) -> list[tuple[int, int]] | None:
    """Start and end of each part between delimiter lines (RFC 2046 5.1.1) of body[first:last], or None without any.

    The line end before a delimiter belongs to it. A closing delimiter ends a part; parts that follow it all the
    same are kept, and so is one whose own delimiter was written as a closing one.
    """
    if not boundary:
        return None
    marks = _delimiters(body, b"--" + boundary, first, last, strict=True)
    if not marks:
        marks = _delimiters(body, b"--" + boundary, first, last, strict=False)
        if not marks:
            return None
    pieces: list[tuple[int, int]] = []
    for number, (_, end, closing) in enumerate(marks):
        start = end
        if body[start : start + 2] == b"\r\n":
            start += 2
        elif body[start : start + 1] in (b"\n", b"\r"):
            start += 1
        if closing and not PART_FIELD.match(body, start, last):
            continue
        stop = marks[number + 1][0] if number + 1 < len(marks) else last
        pieces.append((start, max(start, stop)))
    if not pieces:
        # Nothing but a closing delimiter: what stands before it is all there is.
        return None
    return pieces


def _delimiters(
    body: bytes, delimiter: bytes, first: int, last: int, *, strict: bool
) -> list[tuple[int, int, bool]]:
    """(start, end, whether it closes) of each delimiter line, the line end before it included.

    `strict` allows nothing but white space behind it; otherwise anything, for boundaries that were cut off.
    """
    marks: list[tuple[int, int, bool]] = []
    found = body.find(delimiter, first, last)
    while found >= 0:
        end = found + len(delimiter)
        if found == first or body[found - 1] in b"\r\n":
            closing = body[end : end + 2] == b"--"
            stop = end + 2 if closing else end
            tail = _LINE.match(body, stop, last)
            line_end = tail.end() if tail else stop
            if not strict or not body[stop:line_end].strip(b" \t"):
                start = found
                if start > first:
                    start -= 2 if body[start - 2 : start] == b"\r\n" and start - 2 >= first else 1
                marks.append((start, line_end, closing))
            end = line_end
        found = body.find(delimiter, end, last)
    return marks
