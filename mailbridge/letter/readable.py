"""Sanitised HTML into readable lines: links with their targets, lists, tables, quotes; hidden text left out.

A plain tokeniser, linear in the markup: it relies on the sanitiser's output being well formed. Imports nothing of ours
but this package.
"""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

from mailbridge.letter import marks, phrases
from mailbridge.letter.lines import Line, Mark

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s=>"/]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s=>"/]+)="([^"]*)"')
_SPACES = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile("[\u200b\u2060-\u2063\ufeff\u034f\u00ad\u200e\u200f]+|(?<!\\w)\u200c+|\u200c+(?!\\w)")
"""Spacing tricks; a ZWNJ between two letters is spelling, in Persian say."""
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden|max-height:\s*0(?![.\d])|opacity:\s*0(?![.\d])")
_BLOCK = {
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dir", "div", "dl", "dt",
    "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "menu", "nav",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table", "blockquote"}
_CELLS = {"td", "th"}
_BETWEEN_CELLS = " | "
_BULLETS = {"ul", "menu", "dir"}
_NAMES_SOMETHING = re.compile(r"(?<![\d.])\d{1,2}[:.]\d\d(?![\d.])|@")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEHIND_COLON = " >*\u200e\u200f\u202a\u202b\u202c\u2069"
"""What may stand behind the colon of an attribution: marks of direction and of emphasis."""
_BARS = {"1", "2", "3", "4"}
"""Widths of a cell that is nothing but a line."""
_VOID = {"br", "hr", "img", "wbr", "col"}


class _Open(NamedTuple):
    """An open element, and what to go back to where it closes."""

    tag: str
    depth: int
    mark: Mark
    lists: int


class Reader:
    """Tags and text in, lines out."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.marked = False
        """Whether a mail program's own quote marks were seen."""
        self.signed = False
        """Whether a mail program marked a signature."""
        self._announced = False
        """Whether a quote without marks was introduced: its like further down are the rest of it."""
        self._current: list[str] = []
        self._bar = False
        """Whether the cell before was the coloured bar that The Bat! draws beside what it quotes."""
        self._space_due = False
        self._blank_due = False
        self._depth = 0
        self._mark = Mark.NONE
        self._pre = 0
        self._bullet = ""
        self._open: list[_Open] = []
        self._lists: list[int] = []
        self._links: list[tuple[str, int]] = []

    def flush(self, *, force: bool = False) -> None:
        """End the line, if there is one or `force` says that an empty one is meant."""
        self._space_due = False
        while self._current and self._current[-1] == _BETWEEN_CELLS:
            self._current.pop()
        text = "".join(self._current).rstrip() if self._current else ""
        self._current.clear()
        if not text.strip() and not force:
            return
        if self._blank_due:
            self._blank_due = False
            if self.lines and self.lines[-1].text and self.lines[-1].mark != Mark.CUT:
                self.lines.append(Line("", min(self._depth, self.lines[-1].depth)))
        self.lines.append(Line(text, self._depth, self._mark))

    def text(self, raw: str) -> None:
        """A run of text between two tags."""
        if "&" in raw:
            raw = unescape(raw)
        if self._pre:
            self._preformatted(raw)
            return
        if raw.isspace():
            self._space_due = self._space_due or bool(self._current)
            return
        if not raw.isascii():
            raw = _INVISIBLE.sub("", raw.replace("\u00a0", " "))
        words = _SPACES.sub(" ", raw)
        if words[:1] == " ":
            self._space_due = bool(self._current)
            words = words[1:]
        if not words:
            return
        if self._space_due and self._current and not self._current[-1].endswith(" "):
            self._current.append(" ")
        if not self._current and self._bullet:
            self._current.append(self._bullet)
            self._bullet = ""
        self._space_due = words[-1:] == " "
        self._current.append(words[:-1] if self._space_due else words)

    def _preformatted(self, raw: str) -> None:
        for number, line in enumerate(raw.split("\n")):
            if number:
                self.flush(force=True)
            if line:
                self._current.append(line.expandtabs())

    def open(self, tag: str, attributes: dict[str, str]) -> None:
        """An element starts."""
        if tag == "br":
            self.flush(force=True)
        elif tag == "img":
            self._image(unescape(attributes.get("alt", "")).strip(), inside="src" in attributes)
        elif tag == "a":
            self._links.append((unescape(attributes.get("href", "")), len(self._current)))
        else:
            self._element(tag, attributes)

    def _image(self, alt: str, *, inside: bool) -> None:
        if alt and inside:
            self.text(f"[{alt}]")
        elif len(alt) > 1:
            self.text(alt)

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        klass, style = attributes.get("class", ""), attributes.get("style", "")
        if tag in _CELLS and "".join(self._current).strip(" |"):
            self._current.append(_BETWEEN_CELLS)
            self._space_due = False
        if tag in _BLOCK:
            self.flush()
            outlook = "MsoNormal" in klass or "MsoPlainText" in klass
            if tag in _SPACED and not outlook and not (tag == "p" and "margin:0" in style.replace(" ", "")):
                self._blank_due = True
        if tag not in _VOID:
            self._open.append(_Open(tag, self._depth, self._mark, len(self._lists)))
        if tag == "blockquote":
            self._quote(klass, style, attributes)
        elif tag == "td" and (self._bar or "bgcolor" in attributes):
            self._beside(attributes)
        elif klass or style or "id" in attributes or "name" in attributes:
            self._say(marks.of(tag, klass, attributes.get("id", ""), attributes.get("name", ""), style))
        if tag == "hr" and not (self.lines and self.lines[-1].mark == Mark.CUT):
            self.lines.append(Line("-" * 20, self._depth, self._mark))
        elif tag == "pre":
            self._pre += 1
        elif tag in _BULLETS:
            self._lists.append(-1)
        elif tag == "ol":
            start = attributes.get("start", "1")
            self._lists.append(int(start) if start.isdecimal() and len(start) < 6 else 1)
        elif tag == "li":
            self._item()

    def _item(self) -> None:
        indent = "  " * max(0, min(len(self._lists), 8) - 1)
        if self._lists and self._lists[-1] >= 0:
            self._bullet = f"{indent}{self._lists[-1]}. "
            self._lists[-1] += 1
        else:
            self._bullet = f"{indent}- "

    def _quote(self, klass: str, style: str, attributes: dict[str, str]) -> None:
        if marks.is_quote(klass, style, attributes):
            self.marked = True
        elif marks.is_indent(klass, style) or not (self._announced or self._is_announced()):
            return
        else:
            self._announced = True
        self._depth += 1
        self._blank_due = False

    def _beside(self, attributes: dict[str, str]) -> None:
        """A cell that is such a bar, or stands behind one."""
        if self._bar:
            self._bar = False
            self.flush()
            self._depth += 1
            self._blank_due = False
            self.marked = True
        else:
            self._bar = attributes.get("width", "") in _BARS and (self._announced or self._is_announced())
            self._announced = self._announced or self._bar

    def _is_announced(self) -> bool:
        """Whether the line above ends in a colon and names a time or an address, as in Yandex's letters, or who wrote
        in which year; people announce what they show in such lines as well."""
        above = next((line.text for line in reversed(self.lines) if line.text), "")
        if not above.rstrip(_BEHIND_COLON).endswith((":", "：")):
            return False
        wrote = phrases.VERB.search(above) is not None and _YEAR.search(above) is not None
        return wrote or _NAMES_SOMETHING.search(above) is not None

    def _say(self, mark: Mark) -> None:
        if mark == Mark.NONE or (mark == Mark.CUT and self._depth):
            return
        self.flush()
        if mark == Mark.CUT:
            self.lines.append(Line("", self._depth, mark))
        elif mark == Mark.QUOTE:
            self._depth += 1
            self._blank_due = False
        else:
            self._mark = mark
        self.marked = self.marked or mark != Mark.SIGNATURE
        self.signed = self.signed or mark == Mark.SIGNATURE

    def close(self, tag: str) -> None:
        """An element ends."""
        if tag == "a":
            if self._links:
                self._target(*self._links.pop())
            return
        if tag in _BLOCK:
            self.flush()
            self._blank_due = self._blank_due or (tag in _SPACED and tag != "p")
        while self._open:
            was = self._open.pop()
            if was.mark != self._mark or was.depth != self._depth:
                self.flush()
                self._depth, self._mark = was.depth, was.mark
            if was.tag == "pre":
                self._pre = max(0, self._pre - 1)
            elif was.tag == "li":
                self._bullet = ""
            del self._lists[was.lists :]
            if was.tag == tag:
                break

    def _target(self, href: str, start: int) -> None:
        """`text <url>`, unless the text already says where the link goes."""
        if not href or href.startswith(("#", "cid:")):
            return
        shown = "".join(self._current[start:]).strip()
        if not shown:
            return
        bare = href.removeprefix("mailto:").removeprefix("tel:")
        if _core(shown) != _core(bare) and bare.split("?")[0] != shown:
            self._current.append(f" <{bare}>")


def _core(link: str) -> str:
    return link.split("://", 1)[-1].removeprefix("www.").rstrip("/").lower()


def readable(clean: str, *, hiding: bool = True) -> Reader:
    """Sanitised markup, read: its lines, and whether a mail program marked quotes or a signature in it. Without
    `hiding`, what nobody sees is read as well."""
    reader = Reader()
    unseen: list[str] = []
    position = 0
    for match in _TAG.finditer(clean):
        start, end = match.span()
        if start > position and not unseen:
            reader.text(clean[position:start])
        position = end
        closing, tag, written = match.groups()
        if unseen:
            if tag == unseen[0] and tag not in _VOID:
                unseen.pop() if closing else unseen.append(tag)
        elif closing:
            reader.close(tag)
        else:
            attributes = dict(_ATTRIBUTE.findall(written)) if written else {}
            if hiding and attributes and tag not in _VOID and _is_hidden(attributes):
                unseen.append(tag)
            else:
                reader.open(tag, attributes)
    if position < len(clean) and not unseen:
        reader.text(clean[position:])
    reader.flush()
    return reader


def _is_hidden(attributes: dict[str, str]) -> bool:
    """Preheaders and the like. A font size of zero alone is a spacing trick of wrappers, and hides nothing."""
    return "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")) is not None
