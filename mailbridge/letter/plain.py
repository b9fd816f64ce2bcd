"""Plain text parts: line ends, format=flowed (RFC 3676). Imports nothing of ours but this package."""

from __future__ import annotations

import re

_QUOTE = re.compile(r">+")
_EXTRA_BLANK = re.compile(r"\n{4,}")


def newlines(text: str) -> str:
    """`text` with line feeds alone, without NULs, invisible byte order marks and our private marks."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    if "\f" in text:
        text = text.replace("\f", "\n")
    return text


def flowed(text: str, *, delsp: bool) -> str:
    """`text` (line feeds) with soft line breaks undone, RFC 3676 section 4. Quote marks become `"> "` per level."""
    out: list[str] = []
    paragraph: list[str] = []
    level = 0
    for line in text.split("\n"):
        depth = 0
        if line[:1] == ">":
            match = _QUOTE.match(line)
            depth = match.end() if match else 0
            line = line[depth:]
        if line[:1] == " ":
            line = line[1:]
        signature = line == "-- "
        if paragraph and (depth != level or signature):
            out.append("> " * level + "".join(paragraph))
            paragraph = []
        level = depth
        if line.endswith(" ") and not signature:
            paragraph.append(line[:-1] if delsp else line)
            continue
        paragraph.append(line)
        out.append("> " * level + "".join(paragraph))
        paragraph = []
    if paragraph:
        out.append("> " * level + "".join(paragraph).rstrip(" "))
    return "\n".join(out)


def joined(texts: list[str]) -> str:
    """Several text parts as one body: a blank line between them, blank ones left out."""
    kept = [text.strip("\n") for text in texts if text.strip()]
    return "\n\n".join(kept) if len(kept) != 1 else kept[0]
