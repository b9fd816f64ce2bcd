"""What is known and said of a stored letter beside its bytes: plain values and files in, plain values out.

Imports nothing of core.db.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from core.clock import now
from core.domain.letters import Letter, LetterAttachment, LetterKind, derived_id
from core.i18n import _
from core.names import letter_problems
from core.services.ledger import Fetched, Pending
from core.services.stored_letters import body_sha256
from mailbridge.source import Metadata

MEGABYTE = 1024 * 1024
BATCH_BYTES = 16 * MEGABYTE
"""Raw bytes of one transaction's letters at most, unless one alone is bigger."""
HEADER_BYTES = 256 * 1024
"""Of a letter over the limit only so much is read."""
_MESSAGE_ID = re.compile(rb"^message-id:\s*([^\r\n]{1,900})", re.IGNORECASE | re.MULTILINE)


def light(rows: Sequence[Pending]) -> list[Pending]:
    """The first of the rows, as many as fit into memory together."""
    total = 0
    for number, row in enumerate(rows):
        total += row.size
        if number and total > BATCH_BYTES:
            return list(rows[:number])
    return list(rows)


def fetched(letter: Metadata, sha256: str, raw: bytes) -> Fetched:
    """The ledger's row for a letter whose bytes, or the first of them, are `raw`."""
    end = raw.find(b"\r\n\r\n", 0, HEADER_BYTES)
    found = _MESSAGE_ID.search(raw, 0, end if end >= 0 else HEADER_BYTES)
    message_id = found.group(1).decode("utf-8", "replace").strip() if found else ""
    return Fetched(
        uid=letter.uid,
        sha256=sha256,
        size=letter.size,
        internal_date=letter.internal_date.isoformat(),
        message_id=message_id,
    )


def told_apart(letter: Letter, mark: str) -> Letter:
    """Our own letter come back is a machine's doing; another desk's says by its own headers what it is."""
    own = mark in letter.loop_marks
    if own == letter.loop and not own:
        return letter
    kind = LetterKind.AUTOMATIC if own and letter.kind is LetterKind.LETTER else letter.kind
    return replace(letter, loop=own, kind=kind)


def lag(letter: Fetched) -> float:
    """Seconds since the server took the letter."""
    return (now() - datetime.fromisoformat(letter.internal_date)).total_seconds()


def is_too_large(size: int, limit: int) -> bool:
    """Whether a letter of so many bytes is above the limit, in megabytes."""
    return size > limit * MEGABYTE


def to_be_read(path: Path, row: Pending, limit: int) -> bytes | Path:
    """What is to be read of a stored letter: the file, or its head where it is too large. Raises OSError."""
    if is_too_large(row.size, limit):
        return head(path)
    path.stat()
    return path


def in_part(letter: Letter, file: BinaryIO, size: int, sha256: str, limit: int) -> Letter:
    """A letter that is too large or could not be read in full: known again by its bytes when it comes another way.

    `file` is the raw letter, of so many bytes and with this digest; it is read from its beginning. Raises OSError.
    """
    digest = body_sha256(file)
    large = is_too_large(size, limit)
    shown = replace(too_large(letter, size, sha256, limit) if large else letter, body_sha256=digest)
    if not letter.message_id_derived:
        return shown
    date = letter.date.isoformat() if letter.date else ""
    written = f"{letter.from_addr}\0{letter.subject}\0{date}\0{digest}"
    return replace(
        shown, message_id=derived_id(hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest())
    )


def head(path: Path) -> bytes:
    """The headers of a stored letter, and what fits behind them. Raises OSError."""
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)


def explained(letter: Letter) -> Letter:
    """A letter that could not be read and is known by its headers says so where its words would stand."""
    if not letter.error or letter.body_text or letter.html:
        return letter
    text = _("This letter could not be read; its raw file is attached. Reason: {error}")
    text = text.format(error=letter_problems(letter.error))
    return replace(letter, body_text=text, reply_text=text)


def too_large(letter: Letter, size: int, sha256: str, limit: int) -> Letter:
    """A letter over the limit: its headers, a sentence, and the raw file."""
    text = _("This letter is too large to be shown: {size} MB, and the limit is {limit} MB.")
    text = text.format(size=f"{size / MEGABYTE:.1f}", limit=limit)
    text += "\n" + _("Its headers are shown; the whole letter is attached as a file.")
    file = LetterAttachment(
        name="letter.eml", content_type="message/rfc822", size=size, sha256=sha256, inline=False
    )
    return replace(
        letter, body_text=text, reply_text=text, html="", html_text=None, quote_text="", attachments=(file,)
    )
