"""HTML parts: an allow-list sanitiser (nh3), and readable text from what it leaves.

Nothing is ever loaded from elsewhere: of images only those inside the letter (`cid:`) stay. The sanitiser's output
is well formed, which is what lets the reader below be a plain tokeniser. Imports nothing of ours but this package.
"""

from __future__ import annotations

import re
from html import unescape

import nh3

from mailbridge.letter.lines import Line, Mark, to_text

_TAGS = {
    "a", "abbr", "acronym", "address", "article", "aside", "b", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark",
    "menu", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_CONTENT_DROPPED = {
    "script", "style", "title", "template", "noscript", "object", "iframe", "svg", "math", "select", "audio", "video",
    "noframes", "noembed", "applet",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"class", "id", "dir", "lang", "title", "style", "hidden"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "blockquote": {"cite", "type"},
    "ol": {"start", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "table": {"border", "cellpadding", "cellspacing", "align"},
    "font": {"color", "size"},
    "hr": {"align"},
}
_STYLES = {
    "border", "border-top", "border-left", "border-left-width", "border-left-style", "border-top-style", "color",
    "display", "font-size", "font-style", "font-weight", "max-height", "margin", "margin-left", "padding",
    "padding-top", "text-align", "text-decoration", "visibility", "line-height", "opacity", "mso-hide", "overflow",
    "white-space", "vertical-align",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "ftp", "sip", "xmpp"}

_MAX_NESTING = 300
_NOT_NESTING = {
    "p", "li", "td", "th", "tr", "dd", "dt", "option", "tbody", "thead", "tfoot", "br", "hr", "img", "wbr", "col", "input",
    "meta", "link", "html", "head", "body", "o",
}  # fmt: skip
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s=>"/]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s=>"/]+)="([^"]*)"')
_IMAGE = re.compile(r'<img((?: [^\s=>"/]+="[^"]*")*)>')
_REMOTE = re.compile(r' src="(?!cid:)[^"]*"', re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile("[\u200b\u200c\u2060\ufeff\u034f\u00ad\u200e\u200f]+")
_HIDDEN = re.compile(
    r"display:\s*none|visibility:\s*hidden|mso-hide:\s*all|max-height:\s*0(?![.\d])|font-size:\s*0(?![.\d])|opacity:\s*0(?![.\d])"
)
_BLOCK = {
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dir", "div", "dl", "dt",
    "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "menu", "nav",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table", "blockquote"}
_VOID = {"br", "hr", "img", "wbr", "col"}

_QUOTE_CLASS = re.compile(
    r"gmail_quote|yahoo_quoted|protonmail_quote|moz-cite|cite\b|\bquote|zmail_extra|mail_android_quote|"
    r"tutanota_quote|tmail-quote|mailru-blockquote|front-blockquote|freshdesk_quote|zendesk_quote",
    re.IGNORECASE,
)
_ATTRIBUTION_CLASS = re.compile(r"\bgmail_attr\b|moz-cite-prefix|gmail_extra_attr|\bAppleMailQuoteHeader")
_CUT_CLASS = re.compile(
    r"\byahoo_quoted\b|protonmail_quote|\bgmail_quote_container\b|\bmail_android_quote|\bOutlookMessageHeader\b|"
    r"\bms-outlook-mobile-reference|\bzmail_extra\b|\bhs_reply\b|\bWordSectionReply\b|\bjs-helper-quote|"
    r"\bmailmate_quote|\btutanota_quote\b|\bmail-quote-collapse\b|\bmail_quote_",
    re.IGNORECASE,
)
_CUT_ID = re.compile(
    r"divRplyFwdMsg|appendonsend|yahoo_quoted|replySplit|reply-intro|isReplyContent|mail-editor-reference|"
    r"OLK_SRC_BODY_SECTION|OutlookMessageHeader|stopSpelling|3D\"?divRplyFwdMsg|zwchr|_rp_[0-9a-f]+_quoted",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\bgmail_signature\b|\bmoz-signature\b|protonmail_signature_block|ms-outlook-mobile-signature|\byahoo-signature\b|"
    r"\bmail_signature\b|\bjs-mail-signature|\btutanota_signature",
    re.IGNORECASE,
)
_BORDER_TOP = re.compile(r"border-top:\s*(?:solid|1(?:\.0)?p[tx] solid)\s*#?\w*", re.IGNORECASE)
_CITED = re.compile(r"border-left|border:\s*(?:none;)?\s*border-left", re.IGNORECASE)


class Html:
    """One HTML part: sanitised markup, readable lines, and the cids it refers to."""

    __slots__ = ("cids", "clean", "lines", "marked")

    def __init__(self, source: str) -> None:
        self.cids = cids(source)
        """Content-IDs (lower case, without brackets) that the markup refers to."""
        self.clean = sanitised(source)
        """Safe markup."""
        self.lines, self.marked = readable(self.clean)
        """Readable lines; and whether a mail program's own quote marks were seen in them."""

    def text(self) -> str:
        """The whole readable text."""
        return to_text([line for line in self.lines if line.text or not line.mark])


_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


def cids(source: str) -> frozenset[str]:
    """Content-IDs that the markup refers to, unquoted, lower-cased."""
    if "cid:" not in source and "CID:" not in source:
        return frozenset()
    from urllib.parse import unquote

    return frozenset(unquote(unescape(found)).strip("<>").lower() for found in _CID.findall(source))


def sanitised(source: str) -> str:
    """Markup through the allow-list: no scripts, forms, styles sheets, remote images or unknown schemes."""
    source = source.replace("\0", "")
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


def flattened(source: str) -> str:
    """The markup without the tags that would nest deeper than `_MAX_NESTING`: HTML parsers are quadratic there."""
    depth = 0
    dropped = 0
    out: list[str] = []
    position = 0
    for match in _ANY_TAG.finditer(source):
        if match[2].lower() in _NOT_NESTING:
            continue
        if match[1]:
            if dropped:
                dropped -= 1
            else:
                depth = max(0, depth - 1)
                continue
        elif depth < _MAX_NESTING:
            depth += 1
            continue
        else:
            dropped += 1
        out.append(source[position : match.start()])
        position = source.find(">", match.end()) + 1 or len(source)
    out.append(source[position:])
    return "".join(out)


class _Reader:
    """Tags and text in, lines out."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.current: list[str] = []
        self.space_due = False
        self.blank_due = False
        self.depth = 0
        self.mark = Mark.NONE
        self.pre = 0
        self.marked = False
        self.prefix = ""
        self.indents: list[tuple[str, int]] = []
        self.links: list[tuple[str, int]] = []

    def flush(self, *, force: bool = False) -> None:
        """End the line, if there is one or `force` says that an empty one is meant."""
        self.space_due = False
        text = "".join(self.current).rstrip(" |") if self.current else ""
        self.current.clear()
        if not text.strip() and not force:
            return
        if self.blank_due:
            self.blank_due = False
            if self.lines and self.lines[-1].text and self.lines[-1].mark != Mark.CUT:
                self.lines.append(Line("", min(self.depth, self.lines[-1].depth)))
        self.lines.append(Line(text, self.depth, self.mark))

    def cut(self, mark: Mark) -> None:
        """A mark of its own line."""
        self.flush()
        self.marked = True
        self.lines.append(Line("", self.depth, mark))

    def text(self, raw: str) -> None:
        """A run of text between two tags."""
        if "&" in raw:
            raw = unescape(raw)
        if self.pre:
            parts = raw.split("\n")
            for number, part in enumerate(parts):
                if number:
                    self.flush(force=True)
                if part:
                    self.current.append(part.expandtabs())
            return
        if raw.isspace():
            if self.current:
                self.space_due = True
            return
        raw = raw.replace("\u00a0", " ")
        if not raw.isascii():
            raw = _INVISIBLE.sub("", raw)
        words = _SPACES.sub(" ", raw)
        if words[:1] == " ":
            self.space_due = bool(self.current)
            words = words[1:]
        if not words:
            return
        if self.space_due and self.current and not self.current[-1].endswith(" "):
            self.current.append(" ")
        if not self.current and self.prefix:
            self.current.append(self.prefix)
        self.space_due = words[-1:] == " "
        self.current.append(words[:-1] if self.space_due else words)


def readable(clean: str) -> tuple[list[Line], bool]:
    """Sanitised markup as lines: links with their targets, lists, tables, quotes; hidden text left out."""
    reader = _Reader()
    closers: list[tuple[str, int, Mark, int]] = []
    lists: list[int] = []
    hidden: list[str] = []
    position = 0
    links: list[tuple[str, int]] = []
    for match in _TAG.finditer(clean):
        start, end = match.span()
        if start > position and not hidden:
            reader.text(clean[position:start])
        position = end
        closing, tag, attributes = match.groups()
        if hidden:
            if tag == hidden[0] and tag not in _VOID:
                if closing:
                    hidden.pop()
                else:
                    hidden.append(tag)
            continue
        if closing:
            _close(reader, tag, closers, lists, links)
            continue
        found = dict(_ATTRIBUTE.findall(attributes)) if attributes else {}
        style = found.get("style", "")
        if ("hidden" in found or (style and _HIDDEN.search(style))) and tag not in _VOID:
            if not _only_outlook_quirk(style):
                hidden.append(tag)
                continue
        _open(reader, tag, found, style, closers, lists, links)
    if position < len(clean) and not hidden:
        reader.text(clean[position:])
    reader.flush()
    return reader.lines, reader.marked


def _only_outlook_quirk(style: str) -> bool:
    """A size of zero on a wrapper that lays children out again is a spacing trick, not hiding."""
    return "font-size" in style and not re.search(r"display:\s*none|mso-hide|visibility|max-height", style)


def _open(
    reader: _Reader,
    tag: str,
    found: dict[str, str],
    style: str,
    closers: list[tuple[str, int, Mark, int]],
    lists: list[int],
    links: list[tuple[str, int]],
) -> None:
    if tag == "br":
        reader.flush(force=True)
        return
    if tag == "img":
        alt = unescape(found.get("alt", "")).strip()
        if alt and "src" in found:
            reader.text(f"[{alt}]")
        elif alt and len(alt) > 1:
            reader.text(alt)
        return
    if tag == "a":
        links.append((unescape(found.get("href", "")), len(reader.current)))
        return
    if tag in ("td", "th"):
        if "".join(reader.current).strip(" |"):
            reader.current.append(" | ")
            reader.space_due = False
    klass, ident = found.get("class", ""), found.get("id", "")
    if tag in _BLOCK:
        reader.flush()
        if tag in _SPACED and "MsoNormal" not in klass and "MsoPlainText" not in klass:
            margin = style.replace(" ", "")
            if not ("margin:0" in margin and tag == "p"):
                reader.blank_due = True
    if tag in _VOID:
        if tag == "hr":
            if _CUT_ID.search(ident) or ident == "zwchr":
                reader.cut(Mark.CUT)
            else:
                reader.lines.append(Line("-" * 20, reader.depth, reader.mark))
        return
    before = (reader.depth, reader.mark)
    _marks(reader, tag, klass, ident, style, found)
    closers.append((tag, before[0], before[1], len(lists)))
    if tag == "pre":
        reader.pre += 1
    elif tag in ("ul", "menu", "dir"):
        lists.append(-1)
    elif tag == "ol":
        start = found.get("start", "1")
        lists.append(int(start) if start.isdigit() and len(start) < 6 else 1)
    elif tag == "li":
        indent = "  " * max(0, min(len(lists), 8) - 1)
        if lists and lists[-1] >= 0:
            reader.prefix = f"{indent}{lists[-1]}. "
            lists[-1] += 1
        else:
            reader.prefix = f"{indent}- "


def _marks(reader: _Reader, tag: str, klass: str, ident: str, style: str, found: dict[str, str]) -> None:
    """What the element says about quotes and signatures: docs/mail-parsing.md has the table."""
    if tag == "blockquote":
        plain_indent = "border:none" in style.replace(" ", "") and "gmail_quote" not in klass
        quoted = (
            found.get("type", "").lower() == "cite"
            or "cite" in found
            or bool(klass and _QUOTE_CLASS.search(klass))
            or (bool(style) and bool(_CITED.search(style)) and not plain_indent)
        )
        if quoted:
            reader.marked = True
        elif not plain_indent:
            last = next((line for line in reversed(reader.lines) if line.text), None)
            quoted = last is not None and last.text.rstrip(" >*").endswith((":", "：")) and bool(
                re.search(r"\d|@", last.text)
            )
        if quoted:
            reader.depth += 1
            reader.blank_due = False
        return
    if klass:
        if _ATTRIBUTION_CLASS.search(klass):
            reader.flush()
            reader.marked = True
            reader.mark = Mark.ATTRIBUTION
            return
        if _CUT_CLASS.search(klass) and "gmail_quote" not in klass and not reader.depth:
            reader.cut(Mark.CUT)
            return
        if _SIGNATURE.search(klass):
            reader.flush()
            reader.mark = Mark.SIGNATURE
            return
    if ident:
        if _CUT_ID.search(ident) and not reader.depth:
            reader.cut(Mark.CUT)
            return
        if _SIGNATURE.search(ident):
            reader.flush()
            reader.mark = Mark.SIGNATURE
            return
    if style and tag == "div" and not reader.depth and "border-top" in style and _is_outlook_rule(style):
        reader.cut(Mark.CUT)


def _is_outlook_rule(style: str) -> bool:
    """The line that Outlook draws above the headers of the quoted letter: a top border, 3 pt padding, no others."""
    squeezed = style.replace(" ", "").lower()
    return (
        re.search(r"border-top:(?:solid|1(?:\.0)?p[tx]solid|#?\w+1(?:\.0)?p[tx]solid)", squeezed) is not None
        and ("padding:3" in squeezed or "padding-top:3" in squeezed)
        and ("border:none" in squeezed or "border-left" in squeezed or "border:" in squeezed or "padding:3" in squeezed)
    )


def _close(
    reader: _Reader,
    tag: str,
    closers: list[tuple[str, int, Mark, int]],
    lists: list[int],
    links: list[tuple[str, int]],
) -> None:
    if tag == "a":
        if links:
            href, start = links.pop()
            _target(reader, href, start)
        return
    if tag in _BLOCK:
        reader.flush()
        if tag in _SPACED:
            reader.blank_due = reader.blank_due or tag not in ("p",)
    while closers:
        name, depth, mark, level = closers.pop()
        if mark != reader.mark or depth != reader.depth:
            reader.flush()
            reader.depth, reader.mark = depth, mark
        if name == "pre":
            reader.pre = max(0, reader.pre - 1)
        elif name == "li":
            reader.prefix = ""
        del lists[level:]
        if name == tag:
            break


def _target(reader: _Reader, href: str, start: int) -> None:
    """`text <url>`, unless the text already says where the link goes."""
    if not href or href.startswith(("#", "cid:")):
        return
    shown = "".join(reader.current[start:]).strip()
    if not shown and not reader.current:
        return
    bare = href.removeprefix("mailto:").removeprefix("tel:")
    plain = bare.split("://", 1)[-1].removeprefix("www.").rstrip("/")
    said = shown.split("://", 1)[-1].removeprefix("www.").rstrip("/")
    if not shown or said == plain or said.lower() == plain.lower() or bare.split("?")[0] == shown:
        return
    reader.current.append(f" <{bare}>")
