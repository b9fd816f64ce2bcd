"""Letters that lie in files: a Maildir, an mbox, a folder of .eml files, one letter. One at a time is in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import BadInput
from core.i18n import _
from core.names import system_words

MAX_LETTER = 64 * 1024 * 1024
"""Bytes of a letter of an mbox that are read; what is behind them is left out."""

_QUOTED_FROM = re.compile(rb"^>(>*From )")


def letters_in(source: Path) -> Iterator[tuple[str, bytes | Path]]:
    """Names and letters: a path in a folder, `file:3` in an mbox. Raises BadInput where there is nothing to read."""
    try:
        if source.is_dir():
            yield from _folder(source)
            return
        with source.open("rb") as file:
            start = file.read(5)
        if start == b"From ":
            yield from _mbox(source)
        else:
            yield source.name, source
    except OSError as error:
        raise BadInput(
            _("{file}: {reason}").format(file=source, reason=system_words(error)),
            hint=_("Name a Maildir, an mbox, a folder of .eml files, or: stored"),
        ) from None


def _folder(source: Path) -> Iterator[tuple[str, Path]]:
    """Of a Maildir all that is delivered, its subfolders included; elsewhere the .eml files."""
    found = False
    for here, folders, files in os.walk(source):
        folders.sort()
        folder = Path(here)
        is_maildir = folder.name in ("cur", "new")
        for name in sorted(files):
            if is_maildir or name.lower().endswith(".eml"):
                found = True
                yield str((folder / name).relative_to(source)), folder / name
    if not found:
        raise BadInput(
            _("{file} holds no letters.").format(file=source),
            hint=_("Name a Maildir, an mbox, a folder of .eml files, or: stored"),
        )


def _mbox(source: Path) -> Iterator[tuple[str, bytes]]:
    """RFC 4155, with `>From ` unquoted; a `From ` line begins a letter where an empty line stands before it."""
    lines: list[bytes] = []
    size = number = 0
    blank = True
    with source.open("rb") as file:
        # A line of a binary file without line ends must not fill the memory.
        while line := file.readline(MAX_LETTER):
            if blank and line.startswith(b"From "):
                if number:
                    yield f"{source.name}:{number}", b"".join(lines)
                lines, size, number = [], 0, number + 1
                continue
            blank = line in (b"\n", b"\r\n")
            size += len(line)
            if size <= MAX_LETTER:
                lines.append(_QUOTED_FROM.sub(rb"\1", line))
    if number:
        yield f"{source.name}:{number}", b"".join(lines)
