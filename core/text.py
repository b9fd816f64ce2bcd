"""Text on its way to a terminal: neutralised, measured and cut by cells."""

from __future__ import annotations

import json
import re

from rich.cells import cell_len, get_character_cell_size

_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
# C0, DEL, C1; bidi embeddings, overrides, isolates and marks; zero-width and other invisible
# formatting; surrogates, interlinear annotations, tags and noncharacters.
_HOSTILE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
# Terminals disagree about the width of what these glue together, so lists go without them.
_GLUE = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
_SPACES = re.compile(r"[ \t\n\u00a0\u2000-\u200a\u202f\u205f\u3000]+")


def terminal_safe(text: str, *, keep_newlines: bool = False) -> str:
    """`text` without anything that could steer a terminal or reorder what is read.

    Control characters and invisible or bidirectional formatting go; line breaks become "\\n", or a space
    unless `keep_newlines`; tabs become spaces.
    """
    text = _LINE_BREAKS.sub("\n", text)
    text = _HOSTILE.sub("", text).expandtabs(4)
    return text if keep_newlines else text.replace("\n", " ")


def one_line(text: str) -> str:
    """`text` for a row of a list: safe, without glue characters, white space folded."""
    return _SPACES.sub(" ", _GLUE.sub("", terminal_safe(text))).strip()


def well_formed(text: str) -> str:
    """`text` as UTF-8 can write it: half a surrogate pair becomes "?", NUL goes. Nothing else can be stored."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def json_safe(document: str) -> str:
    """A JSON text that means the same and cannot steer a terminal: what `terminal_safe` would drop is escaped.

    Half a surrogate pair, of which UTF-8 has no bytes, becomes "?".
    """
    document = document.encode("utf-8", "replace").decode("utf-8")
    return _HOSTILE.sub(lambda found: json.dumps(found[0])[1:-1], document)


def width(text: str) -> int:
    """Cells that `text` takes in a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, ending in "…" where something was cut off."""
    if width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    room, kept = cells - 1, 0
    for index, character in enumerate(text):
        size = get_character_cell_size(character)
        if kept + size > room:
            return text[:index] + "…"
        kept += size
    return text


def fit(text: str, cells: int) -> str:
    """`text` cut and padded to exactly `cells` cells."""
    text = cut(text, cells)
    return text + " " * (cells - width(text))
