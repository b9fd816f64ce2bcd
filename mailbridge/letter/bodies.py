"""The tree of parts into what is read and what is kept: body texts, HTML, attachments. No part is ever dropped.

docs/mail-parsing.md has the table of which part becomes what. Imports core.domain and this package.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

from core.domain.letters import LetterAttachment
from mailbridge.letter import attachments as files
from mailbridge.letter.charsets import decode
from mailbridge.letter.guard import MAX_HTML_CHARS, MAX_PARTS, Budget
from mailbridge.letter.html import Html
from mailbridge.letter.lines import Line, from_text
from mailbridge.letter.plain import flowed, joined, newlines
from mailbridge.letter.structure import Part
from mailbridge.letter.transfer import decoded, without_uu

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_FOR_OLD_PROGRAMS = re.compile(r"MIME|multi-?part|mail (?:reader|client|program)|encapsulated", re.IGNORECASE)
_RICH_TAG = re.compile(r"<<|</?[A-Za-z][A-Za-z0-9-]{0,59}>")
_RICH_PARAMETER = re.compile(r"<param>[^<]{0,2000}</param>", re.IGNORECASE)
_RICH_BREAKS = re.compile(r"\n+")
_BODY_TYPES = {
    "text/plain",
    "text/html",
    "text/enriched",
    "text/richtext",
    "text/markdown",
    "text/x-markdown",
    "text/text",
}


@dataclass(slots=True)
class Segment:
    """A stretch of the body: its text, its HTML, or both as alternatives of each other."""

    text: str = ""
    htmls: list[Html] = field(default_factory=list)
    rich: list[Segment] = field(default_factory=list)
    """Where the richer alternative is itself several parts."""

    def has_html(self) -> bool:
        """Whether any HTML belongs to the segment."""
        return bool(self.htmls) or any(inner.has_html() for inner in self.rich)

    def readable(self) -> str:
        """The text; of HTML alone its readable text."""
        return self.text if self.text.strip() else self.rich_text()

    def rich_text(self) -> str:
        """Readable text of the HTML, with the plain parts that stand between."""
        return joined(
            [html.text() for html in self.htmls] + [inner.rich_text() or inner.text for inner in self.rich]
        )

    def all_html(self) -> list[Html]:
        """Every HTML part in order."""
        return self.htmls + [html for inner in self.rich for html in inner.all_html()]

    def rich_lines(self) -> list[Line]:
        """The HTML as lines with what the mail program marked in it."""
        lines: list[Line] = []
        for html in self.htmls:
            lines += [*html.lines, Line("")]
        for inner in self.rich:
            lines += inner.rich_lines() if inner.has_html() else from_text(inner.text)
            lines.append(Line(""))
        return lines


@dataclass(slots=True)
class Body:
    """What the tree came down to."""

    segments: list[Segment] = field(default_factory=list)
    kept: list[Part] = field(default_factory=list)
    """Parts that become files, in order."""
    extra: list[LetterAttachment] = field(default_factory=list)
    charset: str = ""
    """The first declared charset of a text part, else what its words turned out to be in: a hint for raw headers."""

    def text(self) -> str:
        """`Letter.body_text`."""
        return joined([segment.readable() for segment in self.segments])

    def htmls(self) -> list[Html]:
        """Every HTML part in order."""
        return [html for segment in self.segments for html in segment.all_html()]

    def html_text(self) -> str | None:
        """`Letter.html_text`."""
        if not any(segment.has_html() for segment in self.segments):
            return None
        return joined([segment.rich_text() for segment in self.segments if segment.has_html()])

    def marked_lines(self) -> list[Line] | None:
        """The body by its HTML where a mail program marked quotes or a signature in it, else None."""
        return self.rich_lines() if any(html.marked or html.signed for html in self.htmls()) else None

    def rich_lines(self) -> list[Line]:
        """The body by its HTML."""
        lines: list[Line] = []
        for segment in self.segments:
            lines += segment.rich_lines() if segment.has_html() else from_text(segment.text)
            lines.append(Line(""))
        return lines


def charset_hint(root: Part) -> str:
    """The first charset that a text part declares, wherever it stands: what raw headers are most likely in."""
    stack = [root]
    while stack:
        part = stack.pop()
        charset = part.type_params.get("charset", "")
        if charset and part.content_type.startswith("text/"):
            return charset
        stack.extend(reversed(part.children))
    return ""


def collect(root: Part, budget: Budget, hint: str) -> Body:
    """Sort the parts of a letter into body and files."""
    body = Body(charset=hint)
    if not root.children and _is_body(root, top=True):
        body.segments.append(_segment(root, body, budget))
    else:
        body.segments = _walk(root, body, budget)
        if not body.segments and not root.content_type.startswith("message/"):
            _promote(body, budget)
        if root.children and not body.segments:
            body.segments += _above_parts(root)
    return body


def _above_parts(root: Part) -> list[Segment]:
    """What a letter without any text says above its first part, as some scripts write it; no word to old programs."""
    lines = root.body.splitlines(keepends=True)[:-1]
    text = newlines(decode(b"".join(lines), "", "")[0])
    return [] if not text.strip() or _FOR_OLD_PROGRAMS.search(text) else [Segment(text=text)]


def _promote(body: Body, budget: Budget) -> None:
    """A letter whose only text has a name in its Content-Type, but is no attachment by its own word, shows it."""
    for number, part in enumerate(body.kept):
        if part.content_type in ("text/plain", "text/html") and not part.disposition:
            del body.kept[number]
            body.segments.append(_segment(part, body, budget))
            return


def _is_body(part: Part, *, top: bool, alternative: bool = False) -> bool:
    if part.disposition == "attachment":
        return False
    if top and part.content_type.startswith("text/"):
        kept = (
            "text/calendar",
            "text/x-vcard",
            "text/vcard",
            "text/directory",
            "text/csv",
            "text/rfc822-headers",
            "text/rtf",
        )
        return part.content_type not in kept
    if part.content_type not in _BODY_TYPES:
        return False
    if alternative and part.content_type in ("text/plain", "text/html"):
        return not part.disposition_params.get("filename")
    return not (part.disposition_params.get("filename") or part.type_params.get("name"))


def _walk(part: Part, body: Body, budget: Budget, *, alternative: bool = False) -> list[Segment]:
    if not part.children:
        if part.content_type.startswith("multipart/"):
            return []
        if _is_body(part, top=False, alternative=alternative):
            return [_segment(part, body, budget)]
        body.kept.append(part)
        return []
    if part.content_type == "multipart/alternative":
        return _alternative(part, body, budget)
    segments: list[Segment] = []
    for child in part.children:
        segments += _walk(child, body, budget)
    return segments


def _alternative(part: Part, body: Body, budget: Budget) -> list[Segment]:
    """RFC 2046 5.1.4: the same content several times. Plain children give the text, the others the HTML."""
    plain: list[str] = []
    rich: list[Segment] = []
    for child in part.children:
        segments = _walk(child, body, budget, alternative=True)
        if any(segment.has_html() for segment in segments):
            rich += segments
        else:
            plain += [segment.readable() for segment in segments]
    if not plain and not rich:
        return []
    if len(rich) == 1 and not rich[0].text:
        return [Segment(joined(plain), rich[0].htmls, rich[0].rich)]
    return [Segment(joined(plain), [], rich)]


def _segment(part: Part, body: Body, budget: Budget) -> Segment:
    data = decoded(part.body, part.encoding, text=True)
    declared = part.type_params.get("charset", "")
    is_html = part.content_type == "text/html"
    if is_html and not data.isascii():
        meta = _META_CHARSET.search(data[:4096])
        if meta and not declared:
            declared = meta[1].decode("ascii")
    elif not is_html and (b"\nbegin " in data or data[:6] == b"begin " or b"\rbegin " in data):
        data = _without_files(data, body, budget)
    text, guessed = decode(data, declared)
    if guessed:
        budget.fallback("html" if is_html else "body", guessed, declared)
    if not body.charset and not data.isascii():
        body.charset = declared or guessed
    if is_html:
        if len(text) > MAX_HTML_CHARS:
            budget.problem("the HTML is longer than 4 MB: kept as a file, and shown cut off")
            body.kept.append(part)
            text = text[:MAX_HTML_CHARS]
        return Segment(htmls=[Html(text)])
    text = newlines(text)
    if part.content_type in ("text/enriched", "text/richtext"):
        # RFC 1896: one line break is a space; parameters are no text.
        text = _RICH_BREAKS.sub(
            lambda match: "\n" * (len(match[0]) - 1) or " ", _RICH_PARAMETER.sub("", text)
        )
        text = _RICH_TAG.sub(lambda match: "<" if match[0] == "<<" else "", text)
    if part.type_params.get("format", "").lower().strip("\"'") == "flowed":
        text = flowed(text, delsp=part.type_params.get("delsp", "").lower() == "yes")
    return Segment(text=text)


def _without_files(data: bytes, body: Body, budget: Budget) -> bytes:
    """The text without the uuencoded files in it, which become files as if they were parts, and count as such."""
    data, found = without_uu(data, MAX_PARTS - budget.parts)
    budget.parts += len(found)
    for name, content in found:
        guessed = mimetypes.guess_type(name.decode("latin-1"))[0] or "application/octet-stream"
        fields = [
            ("Content-Type", guessed.encode()),
            ("Content-Disposition", b"attachment; filename*=''" + quote_from_bytes(name).encode()),
        ]
        body.kept.append(Part(fields, content))
    return data


def kept_files(body: Body) -> tuple[LetterAttachment, ...]:
    """Every part that is no body text, as a file."""
    cids: frozenset[str] = frozenset().union(*(html.cids for html in body.htmls()))
    result: list[LetterAttachment] = []
    for part in body.kept:
        result += files.made(part, cids, body.charset)
    return tuple(result)
