"""Bytes into a tree of parts (RFC 5322, RFC 2045, RFC 2046), whatever is broken in them.

Works on slices of the raw bytes and never decodes them: decoding comes after, part by part. A part's body is
split by its own boundary only, so an inner multipart that forgot to close ends where the outer one goes on.
Imports nothing of ours but this package.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailbridge.letter.boundaries import PART_FIELD, lonely_boundary, split_multipart
from mailbridge.letter.guard import MAX_DEPTH, MAX_HEADER_BYTES, MAX_HEADERS, MAX_PARTS, Budget
from mailbridge.letter.params import parameters
from mailbridge.letter.transfer import decoded

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r(?!\n)")
_FIELD = re.compile(rb"([!#-'*+.0-9A-Z^_`a-z|~-]{1,200})[ \t]*:(?!//)")
"""A token of RFC 9110 and no more: markup and addresses of pages have colons, too."""
_BLANK_LINES = re.compile(rb"[\r\n]+")
_KNOWN_FIELD = re.compile(
    rb"(?:From|To|Cc|Bcc|Subject|Date|Message-ID|In-Reply-To|References|Reply-To|Return-Path|Received|Sender|"
    rb"MIME-Version|Content-[A-Za-z-]+|Delivered-To|Auto-Submitted|Precedence|List-[A-Za-z-]+|DKIM-Signature|"
    rb"Authentication-Results|ARC-[A-Za-z-]+|X-[A-Za-z0-9-]+|Thread-[A-Za-z]+|User-Agent|Importance|Organization)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
_MOST_DASHED = 20
"""Lines of one header block that are compared with the boundaries that it declares."""
_DIVIDED = re.compile(rb"\s*multipart/.*boundary", re.IGNORECASE | re.DOTALL)
_MIME_FIELD = re.compile(rb"(?:MIME-Version|Content-(?:Type|Transfer-Encoding))[ \t]*:", re.IGNORECASE)
_STARTS_DIVIDED = re.compile(
    rb"\s*(?:This is a multi-?part message[^\r\n]{0,200}\s+)?(?P<line>--\S{1,200}[ \t]*[\r\n])", re.IGNORECASE
)
_DISPOSITION = re.compile(r"(attachment|inline)[\s,]")
_ENCODED = frozenset(("base64", "quoted-printable"))
_LONGEST_ENCODING = 100
_TYPE = re.compile(r"\s*\"?\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*/\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)")

Headers = list[tuple[str, bytes]]


@lru_cache(maxsize=64)
def _encoding(value: bytes) -> str:
    word = value.decode("ascii", "replace").lower().split("(")[0]
    return word.replace(" ", "").strip("\t\r\n;\"'")


class Part:
    """One node: headers, the raw body behind them, or children where it is a multipart."""

    __slots__ = (
        "_by_name",
        "body",
        "children",
        "content_type",
        "disposition",
        "disposition_params",
        "encoding",
        "headers",
        "index",
        "type_params",
    )

    def __init__(self, headers: Headers, body: bytes, default_type: str = "text/plain") -> None:
        self._by_name: dict[str, list[bytes]] = {}
        for key, value in headers:
            self._by_name.setdefault(key.lower(), []).append(value)
        self.headers = headers
        """(name as written, raw unfolded value) in order."""
        self.body = body
        """Transfer-encoded bytes behind the blank line; where the letter is divided, what stands above its parts."""
        self.children: list[Part] = []
        self.index = 0
        """Place in the letter, counted from 1 in reading order."""
        self.content_type, self.type_params = self._typed(default_type)
        """Lower-cased `type/subtype`, and its parameters."""
        self.disposition, self.disposition_params = self._disposed()
        """`inline`, `attachment`, another word, or empty, and its parameters."""
        self.encoding = self._encoded()
        """Lower-cased Content-Transfer-Encoding."""

    def first(self, name: str) -> bytes:
        """Raw value of the first header `name` (lower case), or empty."""
        values = self._by_name.get(name)
        return values[0] if values else b""

    def all(self, name: str) -> list[bytes]:
        """Raw values of every header `name` (lower case)."""
        return self._by_name.get(name, [])

    def _encoded(self) -> str:
        values = self.all("content-transfer-encoding")
        if len(values) < 2:
            return _encoding(values[0][:_LONGEST_ENCODING]) if values else ""
        names = [_encoding(value[:_LONGEST_ENCODING]) for value in values]
        # Declared twice, the one that says more is right: gateways add "7bit".
        return next((name for name in names if name in _ENCODED), names[0])

    def _typed(self, default: str) -> tuple[str, dict[str, str]]:
        values = self.all("content-type")
        value = values[0] if values else b""
        if len(values) > 1:
            # Gateways add one of their own: the one that says how the body is divided is right.
            value = next((one for one in values if _DIVIDED.match(one)), value)
        if not value.strip():
            return default, {}
        text = value.decode("utf-8", "surrogateescape")
        match = _TYPE.match(text)
        if match:
            return f"{match[1]}/{match[2]}".lower(), parameters(text)
        word = text.split(";")[0].strip().lower()
        # RFC 2045 5.2 wants text/plain for a type that cannot be read; a bare word says a bit more than that.
        known = {
            "text": "text/plain",
            "html": "text/html",
            "plain": "text/plain",
            "multipart": "multipart/mixed",
        }
        params = parameters(text)
        if word in known:
            return known[word], params
        return ("multipart/mixed" if params.get("boundary") else "text/plain"), params

    def _disposed(self) -> tuple[str, dict[str, str]]:
        values = self.all("content-disposition")
        if not values:
            return "", {}
        value = next((one for one in values if b"name" in one.lower()), values[0])
        text = value.decode("utf-8", "surrogateescape")
        word = text.split(";")[0].strip().strip('"').lower()
        if "=" not in word:
            return word, parameters(text)
        first = _DISPOSITION.match(word)
        return (first[1], parameters(text)) if first else ("", parameters(";" + text))


def split_headers(raw: bytes, budget: Budget | None = None) -> tuple[Headers, int]:
    """The header fields at the start of `raw`, and the offset of the body.

    A line that is no header is skipped while known fields still follow before the blank line; else the body
    starts there, so that a letter without a blank line loses no word.
    """
    found = _END_OF_HEADERS.search(raw)
    if raw[:1] in (b"\n", b"\r"):
        blank = _BLANK_LINES.match(raw)
        return [], (2 if raw[:2] == b"\r\n" else 1) if blank else 0
    end, body_at = (found.start(), found.end()) if found else (len(raw), len(raw))
    if end > MAX_HEADER_BYTES:
        end = body_at = MAX_HEADER_BYTES
        if budget:
            budget.problem("the header block is longer than 8 MB")
    fields: list[tuple[str, list[bytes]]] = []
    lines = raw[:end].splitlines(keepends=True)
    position, skipped_all = 0, True
    last_known, dashed = -1, 0
    for number, line in enumerate(lines):
        start = line[:1]
        dashed += line[:2] == b"--"
        if start in (b" ", b"\t"):
            if fields and not line.strip() and not _header_follows(lines, number + 1):
                return _unfolded(fields), position + len(line)
            if fields:
                fields[-1][1].append(line)
        else:
            match = _FIELD.match(line)
            if match:
                skipped_all = False
                if len(fields) < MAX_HEADERS:
                    fields.append((match[1].decode("ascii"), [line[match.end() :]]))
                elif budget:
                    budget.problem("more than 5,000 header fields")
            elif dashed < _MOST_DASHED and _is_delimiter(line, fields):
                return _unfolded(fields), position
            elif not (number == 0 and line[:5] in (b"From ", b">From")):
                last_known = last_known if last_known >= 0 else _last_known(lines)
                if last_known <= number:
                    if skipped_all:
                        return [], 0
                    return _unfolded(fields), position
        position += len(line)
    return _unfolded(fields), body_at


def _last_known(lines: list[bytes]) -> int:
    return max((number for number, line in enumerate(lines) if _KNOWN_FIELD.match(line)), default=0)


def _is_delimiter(line: bytes, fields: list[tuple[str, list[bytes]]]) -> bool:
    """Whether a line among the headers is the boundary that they declare: the blank line was forgotten."""
    if line[:2] != b"--" or len(line.strip()) < 4:
        return False
    types = (b"".join(pieces) for name, pieces in fields if name.lower() == "content-type")
    return any(line[2:].strip() in value for value in types)


def _header_follows(lines: list[bytes], number: int) -> bool:
    return number < len(lines) and bool(_FIELD.match(lines[number]) or lines[number][:1] in (b" ", b"\t"))


def _unfolded(fields: list[tuple[str, list[bytes]]]) -> Headers:
    result: Headers = []
    for name, pieces in fields:
        value = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        result.append((name, value.replace(b"\r", b"").replace(b"\n", b"").strip(b" \t")))
    return result


def parse(raw: bytes, budget: Budget) -> Part:
    """The tree of a whole letter. Never raises on any bytes."""
    raw = _cleaned(raw)
    return _part(raw, 0, len(raw), budget, 0, "text/plain")


def _cleaned(raw: bytes) -> bytes:
    if raw[:3] == b"\xef\xbb\xbf":
        raw = raw[3:]
    elif raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # A letter that an editor of Windows has saved as "Unicode".
        raw = raw.decode("utf-16", "replace").encode()
    if raw[:1] in (b"\r", b"\n"):
        stripped = raw.lstrip(b"\r\n")
        if _FIELD.match(stripped) or stripped[:5] == b"From ":
            raw = stripped
    if b"\r" in raw:
        newline = raw.find(b"\n")
        if newline < 0:
            raw = raw.replace(b"\r", b"\n")
        elif raw[newline - 2 : newline] == b"\r\r":
            raw = raw.replace(b"\r\r\n", b"\r\n")
    return raw


def _part(data: bytes, start: int, end: int, budget: Budget, depth: int, default_type: str) -> Part:
    """The part between two offsets. Only headers and leaves are copied, so a big letter is in memory twice at most."""
    found = _END_OF_HEADERS.search(data, start, end)
    headers, offset = split_headers(data[start : found.end() if found else end], budget)
    if depth:
        ended = found is not None and start + offset >= found.end()
        in_digest = default_type != "text/plain"
        if headers and not _describes(headers, in_digest=in_digest) and (in_digest or not ended):
            # No headers but the first words of a part, or the letter in a digest: the blank line above was forgotten.
            headers, offset = [], 0
    part = Part(headers, b"", default_type)
    if not depth and not part.all("content-type"):
        more, further = _further_headers(data, start + offset, end, budget)
        part = Part(headers + more, b"", default_type)
        offset += further
        if not more and _is_undeclared(data, start + offset, end):
            part.content_type = "multipart/mixed"
    budget.parts += 1
    part.index = budget.parts
    if "boundary" in part.type_params and _is_divided(part, data, start + offset, end):
        part.content_type = "multipart/mixed"
    if part.content_type.startswith("multipart/"):
        if depth >= MAX_DEPTH:
            budget.problem(f"parts nested deeper than {MAX_DEPTH}")
            part.content_type = "application/octet-stream"
        else:
            _branch(part, data, start + offset, end, budget, depth)
    if not part.children:
        part.body = data[start + offset : end]
    return part


def _is_undeclared(data: bytes, start: int, end: int) -> bool:
    """Whether a letter that says nothing of its type begins with a part all the same."""
    first = _STARTS_DIVIDED.match(data, start, end)
    return first is not None and bool(
        lonely_boundary(data, first.start("line"), min(end, first.end() + 2_000))
    )


def _damaged(data: bytes, start: int, first: int) -> list[tuple[int, int]]:
    """The parts above the first delimiter, which ends at `first`, where one there is misspelt and has a part's fields
    behind it."""
    end = data.rfind(b"\n", start, first - 1) + 1
    if data.find(b"--", start, end) < 0:
        return []
    return split_multipart(data, lonely_boundary(data, start, end), start, end) or []


def _describes(headers: Headers, *, in_digest: bool) -> bool:
    """Whether fields are those of a part, and not those of the letter that it is."""
    if in_digest and any(name.lower() in ("from", "subject", "date") for name, _ in headers):
        return False
    return any(name.lower().startswith(("content-", "mime-version")) for name, _ in headers)


def _further_headers(data: bytes, start: int, end: int, budget: Budget) -> tuple[Headers, int]:
    """The fields of MIME that a letter has below a blank line too many, as some scripts write it, and their length."""
    blank = _BLANK_LINES.match(data, start, end)
    first = blank.end() if blank else start
    if _MIME_FIELD.match(data, first, end) is None:
        return [], 0
    found = _END_OF_HEADERS.search(data, first, end)
    headers, offset = split_headers(data[first : found.end() if found else end], budget)
    typed = any(name.lower() == "content-type" and b"/" in value for name, value in headers)
    return (headers, first - start + offset) if typed and found else ([], 0)


def _is_divided(part: Part, data: bytes, start: int, end: int) -> bool:
    """Whether a part that calls itself text, say, and declares a boundary has parts with fields behind it."""
    if part.content_type.startswith(("multipart/", "message/")):
        return False
    boundary = part.type_params["boundary"].encode("utf-8", "surrogateescape")
    pieces = split_multipart(data, boundary, start, end) or []
    return any(PART_FIELD.match(data, first, last) for first, last in pieces)


def _branch(part: Part, data: bytes, start: int, end: int, budget: Budget, depth: int) -> None:
    boundary = part.type_params.get("boundary", "").encode("utf-8", "surrogateescape")
    pieces = split_multipart(data, boundary, start, end)
    if pieces is None and part.encoding in ("base64", "quoted-printable", "x-uuencode"):
        # RFC 2045 6.4 forbids it, and gateways do it; where the delimiters can be seen they only say it.
        data = decoded(data[start:end], part.encoding, text=False)
        start, end = 0, len(data)
        pieces = split_multipart(data, boundary, start, end)
    if pieces is None:
        pieces = split_multipart(data, lonely_boundary(data, start, end), start, end)
        if pieces is None:
            part.content_type = "text/plain"
            return
    pieces = _damaged(data, start, pieces[0][0]) + pieces
    if depth == 0:
        part.body = data[start : pieces[0][0]]
    inner = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    for number, (first, last) in enumerate(pieces):
        if budget.parts >= MAX_PARTS and number < len(pieces) - 1:
            budget.problem(f"more than {MAX_PARTS} parts")
            rest = Part([("Content-Type", b"application/octet-stream")], data[first : pieces[-1][1]])
            budget.parts += 1
            rest.index = budget.parts
            part.children.append(rest)
            return
        part.children.append(_part(data, first, last, budget, depth + 1, inner))
