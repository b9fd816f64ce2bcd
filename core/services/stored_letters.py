"""Letters whose files are in the blob store, and by what two of them are told apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import BinaryIO

from core.domain.letters import Letter
from core.services.desk import Desk

LINE_BYTES = 64 * 1024
"""Of a header's line at a time: some letters are one line of many megabytes."""
CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A letter whose attachments and HTML are in the blob store."""

    letter: Letter
    html_sha256: str | None
    content_hash: str


def store(desk: Desk, letter: Letter) -> Stored:
    """Put a letter's files into the blob store. Raises Unavailable."""
    for attachment in (*letter.attachments, *(letter.forwarded.attachments if letter.forwarded else ())):
        if attachment.content or not attachment.size:
            desk.blobs.put(attachment.content)
    html = desk.blobs.put(letter.html.encode("utf-8", "replace")) if letter.html else None
    return Stored(_light(letter), html, content_hash(letter))


def _light(letter: Letter) -> Letter:
    """A letter without what is in the blob store."""
    if not letter.attachments and not letter.html and letter.forwarded is None:
        return letter
    files = tuple(replace(file, content=b"") for file in letter.attachments)
    inner = _light(letter.forwarded) if letter.forwarded else None
    return replace(letter, attachments=files, html="", forwarded=inner)


def content_hash(letter: Letter) -> str:
    """By what two letters of one Message-ID are told apart: sender, subject, text and files."""
    digest = hashlib.sha256()
    written = (letter.body_text, *(file.sha256 for file in letter.attachments))
    for part in (
        letter.from_addr.lower(),
        letter.subject,
        *((letter.body_sha256,) if letter.body_sha256 else written),
    ):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.hexdigest()


def body_sha256(file: BinaryIO) -> str:
    """The sha256 of what stands below the headers, the same however a line ends: headers tell the way that a letter
    took, and are others in each mailbox. Where they have no end it is that of the whole. Raises OSError."""
    digest = hashlib.sha256()
    file.seek(0)
    at_start = True
    while line := file.readline(LINE_BYTES):
        if at_start and not line.strip(b"\r\n"):
            break
        at_start = line.endswith(b"\n")
    else:
        file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk.replace(b"\r", b""))
    return digest.hexdigest()
