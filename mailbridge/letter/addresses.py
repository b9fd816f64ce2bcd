"""Address lists (RFC 5322 section 3.4), and what letters write instead of them. Linear in the number of addresses.

Imports core.domain and this package.
"""

from __future__ import annotations

import re
from html import unescape

from core.domain.letters import Mailaddr
from mailbridge.letter.headers import decode_text, raw_text, tidy

_SIMPLE = re.compile(r'\s*(?:"([^"\\<>=]*)"|([^"\\<>=,;:()@]*?))\s*<([^\s<>"(),;:=]+@[^\s<>"(),;:=]+)>\s*\Z')
_BARE = re.compile(r'\s*([^\s<>"(),;:=]+@[^\s<>"(),;:=]+)\s*\Z')
_WORD = r"(?P<word>=\?[^?\s]{0,60}\?[bBqQ]\?[^?]*\?=)"
_QUOTED = r'(?P<quoted>"(?:[^"\\]|\\.)*")'
_COMMENT = r"(?P<comment>\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\([^()]*\))*\))*\))"
_ANGLE = r"(?P<angle><\s*@[^<>:]*:[^<>]*>|<(?:\"(?:[^\"\\]|\\.){0,320}\"@)?[^<>]*>|<[^<>,;]*)"
_REST = r"(?P<comma>,)|(?P<semi>;)|(?P<colon>:)|(?P<literal>\[[^\]\s]{0,80}\])|(?P<text>[^\"(<,;:=\[]+|.)"
# A quote or a comment that never closes is a plain sign, and so are all later ones: without this the search for
# their ends would be quadratic.
_TOKENS = {
    (quotes, comments): re.compile(
        "|".join([_WORD, *([_QUOTED] if quotes else []), *([_COMMENT] if comments else []), _ANGLE, _REST]),
        re.DOTALL,
    )
    for quotes in (True, False)
    for comments in (True, False)
}
_ADDRESS = re.compile(
    r'(?:"(?:[^"\\]|\\.){0,320}"|[^\s<>"(),;:\[\]]{1,320})@(?:\[[^\]\s]{0,80}\]|[^\s<>"(),;:\[\]@]{1,320})'
)
_SWALLOWED = re.compile(r"<[^<>\s]+@[^<>\s]+>\s*,")
_OPEN_PHRASE = re.compile(r"[^@;<>,]{0,200}<[^@;<>]{1,320}@[^;<>]{1,320}>[^;<>]{0,2000}\Z")
"""Behind a colon that opens no group: a name goes on to its address, and no semicolon closes anything."""
_SCHEME = re.compile(r"\A(?:mailto|smtp):", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_LONG_RUN = re.compile(r"\s{4,}")
_ESCAPED = re.compile(r"\\([^A-Za-z0-9])")
"""Nobody quotes a letter or a digit: in `DOMAIN\\ivan` the backslash is part of the name."""
_EMPTIED = re.compile(r"\[\s{0,9}(?:(?:mailto|smtp):)?\s{0,9}\]|<\s{0,9}>", re.IGNORECASE)
"""What is left of `Ivan [mailto:ivan@…]` without the address."""
_AROUND_AT = re.compile(r"\s*([@.])\s*")


def parse(values: list[bytes], hint: str = "") -> tuple[Mailaddr, ...]:
    """The addresses of all headers of one name, in order."""
    found: list[Mailaddr] = []
    for value in values:
        if value.strip():
            found.extend(parse_text(raw_text(value, hint)[0], hint))
    return tuple(found)


def parse_text(text: str, hint: str = "") -> list[Mailaddr]:
    """The addresses in one header value whose encoded-words are not decoded yet."""
    if len(text) > 500:
        # The patterns below try every way to divide a run of spaces.
        text = _LONG_RUN.sub(" ", text)
    if "&lt;" in text and "<" not in text:
        # Forms of web pages put what was typed through a function for HTML.
        text = unescape(text)
    simple = _SIMPLE.match(text)
    if simple:
        return [_made(simple[3], _unquoted(tidy(simple[1] or simple[2] or "")))]
    bare = _BARE.match(text)
    if bare:
        return [_made(bare[1].strip("'"), "")]
    return [entry for entry in _tokens(text, hint) if entry.addr]


def _tokens(text: str, hint: str) -> list[Mailaddr]:
    found: list[Mailaddr] = []
    pieces: list[tuple[str, str]] = []
    names: list[tuple[str, str]] = []
    in_group = False
    position, end = 0, len(text)
    quotes_close = comments_close = True
    token = _TOKENS[True, True]
    while position < end:
        match = token.match(text, position)
        if match is None:
            break
        kind, value = str(match.lastgroup), match.group()
        position = match.end()
        if kind == "text" and value in ('"', "("):
            quotes_close = quotes_close and value != '"'
            comments_close = comments_close and value != "("
            token = _TOKENS[quotes_close, comments_close]
        if kind == "quoted" and _SWALLOWED.search(value):
            kind, value, position = "text", "", match.start() + 1
        if (kind == "comma" or (kind == "semi" and not in_group)) and _is_name(pieces):
            names += [*pieces, ("text", value)]
            pieces = []
        elif kind in ("comma", "semi"):
            found.extend(_with_names(names, pieces, hint))
            names, pieces = [], []
            in_group = in_group and kind == "comma"
        elif kind == "colon":
            addressed = any(piece == "angle" or "@" in part for piece, part in pieces)
            if addressed or _OPEN_PHRASE.match(text, position):
                pieces.append(("text", ":"))
            else:
                pieces, in_group = [], True
        else:
            pieces.append((kind, value))
    found.extend(_with_names(names, pieces, hint))
    return found


def _is_name(pieces: list[tuple[str, str]]) -> bool:
    """Whether what stands before a comma may be the first half of a name, "Petrov" or "Acme Corp", that wants
    quotation marks: no address, and no login in small letters."""
    if not pieces or any(kind not in ("text", "word") for kind, _ in pieces):
        return False
    text = "".join(value for _, value in pieces).strip()
    return bool(text) and "@" not in text and not (text.isascii() and text.islower() and " " not in text)


def _with_names(names: list[tuple[str, str]], pieces: list[tuple[str, str]], hint: str) -> list[Mailaddr]:
    """The addresses of `pieces`, behind a comma or several: the `names` belong to an address in angle brackets."""
    if names and any(kind == "angle" and "@" in value for kind, value in pieces):
        return _assembled([*names, *pieces], hint)
    found: list[Mailaddr] = []
    alone: list[tuple[str, str]] = []
    for piece in names:
        if piece[1] in (",", ";"):
            found.extend(_assembled(alone, hint))
            alone = []
        else:
            alone.append(piece)
    return [*found, *_assembled(pieces, hint)]


def _assembled(pieces: list[tuple[str, str]], hint: str) -> list[Mailaddr]:
    if not pieces:
        return []
    angles = [value.strip("<> \t") for kind, value in pieces if kind == "angle"]
    comments = [value[1:-1] for kind, value in pieces if kind == "comment"]
    if any(angles):
        return _with_angles(pieces, comments, hint)
    text = "".join(value for kind, value in pieces if kind not in ("comment", "angle"))
    apart = text.split()
    if len(apart) > 1 and all(map(_ADDRESS.fullmatch, apart)):
        return [_made(one, "") for one in apart]
    match = _ADDRESS.search(text) if "@" in text else None
    if match is None and "@" in text:
        match = _ADDRESS.search(_AROUND_AT.sub(r"\1", text))
        text = _AROUND_AT.sub(r"\1", text)
    if match:
        rest = _EMPTIED.sub("", text[: match.start()] + " " + text[match.end() :]).strip()
        name = _name(
            [("quoted" if rest[:1] == '"' and rest[-1:] == '"' and len(rest) > 1 else "text", rest)], hint
        )
        return [_made(match.group().strip("'"), name or _name([("text", " ".join(comments))], hint))]
    bare = text.strip()
    if "=?" in bare:
        # The whole address, brackets too, inside an encoded-word.
        plain = decode_text(bare, hint)
        return _tokens(plain, hint) if "@" in plain and "=?" not in plain else []
    if bare and not _SPACES.search(bare) and not bare.startswith('"'):
        return [_made(bare, _name([("text", " ".join(comments))], hint))]
    return []


def _with_angles(pieces: list[tuple[str, str]], comments: list[str], hint: str) -> list[Mailaddr]:
    """`Name <a@b>`; a forgotten comma between two gives two."""
    found: list[Mailaddr] = []
    phrase: list[tuple[str, str]] = []
    addressed = any(kind == "angle" and "@" in value for kind, value in pieces)
    for kind, value in pieces:
        if kind == "angle" and (not addressed or "@" in value or "=?" in value):
            inner = value.strip("<> \t")
            if "=?" in inner:
                inner = decode_text(inner, hint)
            inner = _SCHEME.sub("", inner).strip()
            if inner.startswith("@") and ":" in inner:
                inner = inner.split(":", 1)[1]
            if not inner or ("@" not in inner and inner.endswith(":;")):
                continue
            if "@" not in inner and found:
                continue
            if "@" in inner and not inner.startswith('"'):
                inner = _AROUND_AT.sub(r"\1", inner)
            found.append(_made(inner, _name(phrase, hint)))
            phrase = []
        elif kind != "comment":
            phrase.append((kind, value))
    if len(found) > 1:
        found = [entry for entry in found if "@" in entry.addr] or found[:1]
    if len(found) == 1 and not found[0].name:
        name = _name(phrase, hint) or _name([("text", " ".join(comments))], hint)
        found = [Mailaddr(found[0].addr, name)]
    if len(found) == 1 and "@" not in found[0].addr and _ADDRESS.fullmatch(found[0].name):
        # `ivan@… <Ivan Petrov>`: the wrong way round.
        found = [_made(found[0].name, found[0].addr)]
    return found


def _name(pieces: list[tuple[str, str]], hint: str) -> str:
    words = []
    for kind, value in pieces:
        if kind == "quoted":
            value = _ESCAPED.sub(r"\1", value[1:-1])
        words.append(value)
    text = tidy(decode_text("".join(words), hint))
    if text[:1] == "<" or text.count("<") != text.count(">"):
        text = text.strip("<> ")
    if (text[:1] == '"' and text.count('"') == 1) or (text[:1] == "(" and ")" not in text):
        text = text[1:]
    return _SPACES.sub(" ", _unquoted(text))


def _unquoted(name: str) -> str:
    """A name without the quotation marks around it, either kind: Outlook writes `'Ivan' <ivan@…>`."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        return name[1:-1].strip()
    return name


def _made(addr: str, name: str) -> Mailaddr:
    addr = tidy(addr).strip().rstrip(".,;")
    local, at, domain = addr.rpartition("@")
    return Mailaddr(f"{local}{at}{domain.lower()}" if at else addr, name)
