"""HTML parts: an allow-list sanitiser (nh3), and readable text from what it leaves.

Nothing is ever loaded from elsewhere: of images only those inside the letter (`cid:`) stay. The sanitiser's output
is well formed, which is what lets `readable` be a plain tokeniser. Imports nothing of ours but this package.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import nh3

from mailbridge.letter.lines import from_text, to_text
from mailbridge.letter.plain import newlines
from mailbridge.letter.readable import readable

_TAGS = {
    "a", "abbr", "acronym", "address", "article", "aside", "b", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main",
    "mark", "menu", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong",
    "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_CONTENT_DROPPED = {
    "script", "style", "title", "template", "noscript", "iframe", "svg", "math", "select", "noframes", "noembed",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"class", "id", "dir", "lang", "title", "style", "hidden"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "blockquote": {"cite", "type"},
    "ol": {"start", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan", "align", "valign", "width", "bgcolor"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "table": {"border", "cellpadding", "cellspacing", "align"},
    "font": {"color", "size"},
    "hr": {"align"},
    "div": {"name"},
}
_STYLES = {
    "border", "border-top", "border-left", "border-left-width", "border-left-style", "border-top-style", "color",
    "display", "font-size", "font-style", "font-weight", "max-height", "margin", "margin-left", "padding",
    "padding-top", "text-align", "text-decoration", "visibility", "line-height", "opacity", "overflow",
    "white-space", "vertical-align",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "ftp", "sip", "xmpp"}

_MAX_NESTING = 300
_NOT_NESTING = {
    "p", "li", "td", "th", "tr", "dd", "dt", "option", "tbody", "thead", "tfoot", "br", "hr", "img", "wbr", "col",
    "input",
    "meta", "link", "html", "head", "body", "o",
}  # fmt: skip
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_IMAGE = re.compile(r'<img((?: [^\s=>"/]+="[^"]*")*)>')
_REMOTE = re.compile(r' src="(?!cid:)[^"]*"', re.IGNORECASE)
_NO_TAG = re.compile(r"<((?:[^\s<>\"'=/@]{1,80}+@|https?://)[^\s<>\"'@]{1,2000}+)>", re.IGNORECASE)
"""An address between angle brackets that somebody forgot to escape: no tag, though a browser takes it for one."""
_MARKUP = re.compile(r"<(?:[a-z][a-z0-9]{0,20}[\s>/]|/[a-z]|!)", re.IGNORECASE)
_SWALLOWING = ("<style", "</style"), ("<script", "</script"), ("<title", "</title"), ("<!--", "-->")
"""What takes in all markup until it is closed."""
_WORDS_BEGIN = re.compile(r"</head|<(?:body|p|div|table|span|font|br)\b", re.IGNORECASE)


class Html:
    """One HTML part: sanitised markup, readable lines, and the cids it refers to."""

    __slots__ = ("cids", "clean", "lines", "marked", "signed")

    def __init__(self, source: str) -> None:
        self.cids = cids(source)
        """Content-IDs (lower case, without brackets) that the markup refers to."""
        clean = sanitised(source)
        read = readable(clean)
        if not any(line.text for line in read.lines):
            # Words that nobody sees are more than none: all of them hidden, or behind what was never closed.
            clean = sanitised(without_unclosed(source))
            read = readable(clean, hiding=False)
        self.clean = clean
        """Safe markup."""
        plain = source.count("\n") > 2 and _MARKUP.search(source) is None
        # Plain words that only claim to be markup keep their lines.
        self.lines = from_text(unescape(newlines(source))) if plain else read.lines
        """Readable lines."""
        self.marked, self.signed = read.marked, read.signed
        """Whether a mail program's own marks of a quote and of a signature were seen in them."""

    def text(self) -> str:
        """The whole readable text."""
        return to_text([line for line in self.lines if line.text or not line.mark])


_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


def cids(source: str) -> frozenset[str]:
    """Content-IDs that the markup refers to, unquoted, lower-cased."""
    if "cid:" not in source and "CID:" not in source and "Cid:" not in source:
        return frozenset()
    from urllib.parse import unquote

    return frozenset(unquote(unescape(found)).strip("<>").lower() for found in _CID.findall(source))


def without_unclosed(source: str) -> str:
    """The markup without the styles, script, title or comment that is never closed, so that the words behind it are
    read."""
    for opening, closing in _SWALLOWING:
        low = source.lower()
        start = low.find(opening, low.rfind(closing) + 1)
        if start >= 0 and len(low) == len(source):
            words = _WORDS_BEGIN.search(source, start)
            end = source.find(">", start) + 1 or start + len(opening)
            source = source[:start] + source[words.start() if words and opening != "<title" else end :]
    return source


def sanitised(source: str) -> str:
    """Markup through the allow-list: no scripts, forms, styles sheets, remote images or unknown schemes."""
    source = _NO_TAG.sub(r"&lt;\1&gt;", source.replace("\0", ""))
    clean = _cleaned(source)
    for mark in "\"'":
        closed = _without_open(source, mark)
        other = _cleaned(closed) if closed else ""
        if len(other) > len(clean):
            source, clean = closed, other
    return clean


def _cleaned(source: str) -> str:
    if source.count("<") > _MAX_NESTING:
        source = flattened(source)
    clean = nh3.clean(
        source,
        tags=_TAGS,
        clean_content_tags=_CONTENT_DROPPED,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        filter_style_properties=_STYLES,
    )
    if "<img" in clean:
        clean = _IMAGE.sub(lambda match: "<img" + _REMOTE.sub("", match[1]) + ">", clean)
    return clean


def _without_open(source: str, mark: str) -> str:
    """The markup without its last quotation mark, where that seems to open a value that nothing closes: all words
    behind would be lost in the tag. Empty where it does not.

    One that closes a value may stand behind "=" too, as in `href="…?token=YQ=="`: the marks before it in its tag tell,
    and where they are of both kinds, which markup keeps more.
    """
    last = source.rfind(mark)
    if last < 1 or source[last - 1] != "=":
        return ""
    behind = source.rfind(">", 0, last) + 1
    in_tag = source.find("<", behind, last) >= 0
    return source[:last] + source[last + 1 :] if in_tag and source.count(mark, behind, last) % 2 == 0 else ""


def flattened(source: str) -> str:
    """The markup without the tags that would nest deeper than `_MAX_NESTING`: HTML parsers are quadratic there."""
    depth = 0
    # By name, since a tag that closes another one than is open leaves that open.
    opened: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    out: list[str] = []
    position = 0
    for match in _ANY_TAG.finditer(source):
        tag = match[2].lower()
        if tag in _NOT_NESTING:
            continue
        if match[1]:
            if not dropped[tag]:
                depth -= opened[tag] > 0
                opened[tag] -= opened[tag] > 0
                continue
            dropped[tag] -= 1
        elif depth < _MAX_NESTING:
            depth += 1
            opened[tag] += 1
            continue
        else:
            dropped[tag] += 1
        out.append(source[position : match.start()])
        position = source.find(">", match.end()) + 1 or len(source)
    out.append(source[position:])
    return "".join(out)
