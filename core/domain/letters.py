"""Letters as plain values: what the parser hands to intake, and what the outbox hands to the composer.

What is read comes through a pipe from another process: without slots, since a frozen class with them is pickled by a
slow function of Python's, field by field.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_REFERENCES_SENT = 20
"""How many ids the References of our letters carry at most, the newest."""


REPLY_MARKER = "## Пишите ответ выше этой строки / Please write above this line ##"
"""The line that a mailbox's answers may begin with (`reply_marker`): what a letter has below it is quoted."""


class LetterKind(StrEnum):
    """What a letter is, in the order in which it is tested (mail from machines is never a client's word)."""

    FEEDBACK = "feedback"
    """An abuse report, RFC 5965."""
    BOUNCE = "bounce"
    """A delivery status report, RFC 3464, or a daemon's prose."""
    RECEIPT = "receipt"
    """A read receipt, RFC 8098."""
    AUTOMATIC = "automatic"
    """Out of office, lists, newsletters, RFC 3834."""
    LETTER = "letter"


@dataclass(frozen=True)
class Mailaddr:
    """An address with its display name."""

    addr: str
    """Lower-cased domain, local part as written; may be malformed, never empty."""
    name: str = ""


@dataclass(frozen=True)
class LetterAttachment:
    """A part that is kept as a file."""

    name: str
    """Safe file name without folders or control characters."""
    content_type: str
    size: int
    sha256: str
    inline: bool
    """True only where the HTML body refers to it by cid."""
    content: bytes = field(repr=False, default=b"")
    content_id: str = ""


@dataclass(frozen=True)
class DeliveryStatus:
    """One recipient's result in a bounce, RFC 3464 section 2.3."""

    recipient: str
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    status: str
    """Enhanced code such as 5.1.1, or empty."""


@dataclass(frozen=True)
class Letter:
    """A letter as read: every field is present, whatever the letter looked like."""

    from_addr: str = ""
    from_name: str = ""
    reply_to: tuple[Mailaddr, ...] = ()
    to: tuple[Mailaddr, ...] = ()
    cc: tuple[Mailaddr, ...] = ()
    delivered_to: tuple[str, ...] = ()
    """Addresses of Delivered-To, X-Original-To, Envelope-To, X-Forwarded-To: where a plus-token may hide."""
    subject: str = ""
    message_id: str = ""
    """With angle brackets. Where the letter has none it is derived from a sha256 of what its writer made
    (`message_id_derived`): the same for every delivery."""
    message_id_derived: bool = False
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    """Aware UTC, or None where the header is absent or absurd."""
    kind: LetterKind = LetterKind.LETTER
    body_text: str = ""
    """The text part; of HTML-only mail its readable text."""
    html_text: str | None = None
    """Readable text of the HTML part, None without one."""
    html: str = ""
    """The HTML through the allow-list sanitiser, empty without one."""
    reply_text: str = ""
    """The new words: without quote and signature; never empty where the body is not."""
    quote_text: str = ""
    """What was split off `body_text`."""
    attachments: tuple[LetterAttachment, ...] = ()
    dsn: tuple[DeliveryStatus, ...] = ()
    returned_message_id: str = ""
    """Message-ID found in the returned part of a bounce."""
    charset_fallbacks: tuple[str, ...] = ()
    """What had to be guessed, such as "body: koi8-r instead of us-ascii"."""
    headers: tuple[tuple[str, str], ...] = ()
    """Decoded headers in order, own control headers (X-Glazok-*) stripped unless the mailbox is trusted."""
    loop: bool = False
    """True where the letter bears the loop header of Glazok desks; the bridge leaves it so for its own mark only."""
    loop_marks: tuple[str, ...] = ()
    """What stands in those headers: which desk's mark it is."""
    forwarded: Letter | None = None
    """The one letter that this one passes on, attached or pasted below its headers; where its files are attached
    to this one they are not repeated."""
    preface: str = ""
    """What the one who passes it on wrote above."""
    error: str = ""
    """Why the letter could not be read in full; what could be kept is in the other fields."""
    body_sha256: str = ""
    """Of a letter that is not shown in full: the sha256 of what stands below its headers, line ends aside. What is left
    to show may differ from one delivery to the next; by this the letter is told from others of its Message-ID."""
    cut_short: bool = False
    """True where reading it was ended from outside (time, memory): another try may read it."""


@dataclass(frozen=True, slots=True)
class OutgoingLetter:
    """Everything the composer needs; the same value always composes to the same bytes."""

    message_id: str
    from_addr: str
    from_name: str
    to: tuple[Mailaddr, ...]
    cc: tuple[Mailaddr, ...]
    subject: str
    body_text: str
    date: datetime
    reply_to: str = ""
    """Address with the plus-token, or empty."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = False
    """Confirmations and the robot's letters: they bear the RFC 3834 headers and the envelope sender <>."""
    attachments: tuple[tuple[str, str, str], ...] = ()
    """(name, content type, sha256 in the blob store)."""
    language: str = "en"


def no_sender(mailbox: str) -> str:
    """The address under which a mailbox's letters without a sender are filed; no mail can go there."""
    return f"unknown@{mailbox}"


def derived_id(digest: str) -> str:
    """The Message-ID of a letter that has none: from a sha256, so that reading it again gives the same."""
    return f"<{digest[:40]}@derived.glazok.invalid>"


def raw_file(raw: bytes) -> LetterAttachment:
    """A whole letter as a file."""
    digest = hashlib.sha256(raw).hexdigest()
    return LetterAttachment("letter.eml", "message/rfc822", len(raw), digest, inline=False, content=raw)


def unread(raw: bytes, why: str) -> Letter:
    """A letter of which nothing could be read: the file, and why."""
    file = raw_file(raw)
    return Letter(message_id=derived_id(file.sha256), message_id_derived=True, attachments=(file,), error=why)
