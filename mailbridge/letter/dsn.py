"""Delivery reports: one result per recipient, and the Message-ID of the letter that came back (RFC 3464, RFC 3463).

The machine-readable part counts first; then what programs write in prose. Imports core.domain and this package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.domain.letters import DeliveryStatus
from mailbridge.letter import prose
from mailbridge.letter.attachments import NESTED
from mailbridge.letter.codes import ADDRESS, SMTP, code_in, from_smtp
from mailbridge.letter.headers import header_text, message_ids
from mailbridge.letter.structure import Headers, Part, split_headers
from mailbridge.letter.transfer import decoded

_BLANK = re.compile(rb"(?:\r?\n[ \t]*){2,}|\r\r")
_RETURNED_ID = re.compile(
    r"^[ \t>]*message-id:[ \t]*(?:\n[ \t>]+)?(<[^<>\n]{3,500}>)", re.IGNORECASE | re.MULTILINE
)
_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
_MAX_RECIPIENTS = 2_000


def _reports(root: Part) -> list[Part]:
    found, stack = [], [root]
    while stack:
        part = stack.pop()
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            found.append(part)
        stack.extend(reversed(part.children))
    return found


def results(
    root: Part, headers: Mapping[str, list[str]], subject: str, body: str
) -> tuple[DeliveryStatus, ...]:
    """One result per recipient of a bounce: from its machine-readable parts, else from its words."""
    found: dict[str, DeliveryStatus] = {}
    for part in _reports(root):
        for status in _machine(decoded(part.body, part.encoding, text=True)):
            found.setdefault(status.recipient.lower(), status)
    if found and all(status.status or status.action == "delivered" for status in found.values()):
        return tuple(found.values())
    spoken = prose.results(headers, subject, body)
    if not found:
        return spoken
    by_address = {status.recipient.lower(): status for status in spoken}
    fallback = spoken[0].status if len(spoken) == 1 else ""
    return tuple(
        status
        if status.status
        else DeliveryStatus(
            status.recipient, status.action, getattr(by_address.get(key), "status", "") or fallback
        )
        for key, status in found.items()
    )


def _fields(block: bytes) -> dict[str, str]:
    headers: Headers
    headers, _ = split_headers(block + b"\n\n")
    result: dict[str, str] = {}
    for name, value in headers:
        result.setdefault(name.lower(), header_text(value))
    return result


def _machine(data: bytes) -> list[DeliveryStatus]:
    """The per-recipient groups of a message/delivery-status body, RFC 3464 section 2.3."""
    found: list[DeliveryStatus] = []
    for block in _BLANK.split(data.strip()):
        if len(found) >= _MAX_RECIPIENTS:
            break
        found += _group(block.strip(b"\r\n"))
    return found


def _group(block: bytes) -> list[DeliveryStatus]:
    # Some systems forget the blank line between recipients: a second Final-Recipient starts a new group.
    starts = [m.start() for m in re.finditer(rb"(?im)^final-recipient[ \t]*:", block)]
    if len(starts) > 1:
        pieces = [
            block[: starts[1]],
            *(block[a:b] for a, b in zip(starts[1:], [*starts[2:], len(block)], strict=True)),
        ]
        return [status for piece in pieces for status in _group(piece)]
    fields = _fields(block)
    recipient = _address(fields.get("final-recipient", "")) or _address(fields.get("original-recipient", ""))
    original = _address(fields.get("original-recipient", ""))
    if not recipient and not (fields.get("action") and fields.get("status")):
        return []
    if "@" not in recipient and "@" in original:
        recipient = original
    diagnostic = fields.get("diagnostic-code", "")
    action = fields.get("action", "").split("(")[0].split(";")[0].strip().lower()
    status = code_in(fields.get("status", ""))
    better = code_in(diagnostic)
    if better and (not status or status.endswith(".0.0")) and better[0] == (status or better)[0]:
        status = better
    if not status:
        smtp = SMTP.search(diagnostic) or SMTP.search(fields.get("status", ""))
        if smtp:
            status = from_smtp(smtp[1], diagnostic)
    if action not in _ACTIONS:
        action = {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")
    return [DeliveryStatus(recipient, action, status)]


def _address(value: str) -> str:
    """`rfc822; a@b` in its many spellings, without the type."""
    _, semicolon, rest = value.partition(";")
    text = (rest if semicolon else value).strip()
    match = ADDRESS.search(text)
    if match:
        return match.group().strip("<>")
    return text.strip("<> \"'")


def returned_message_id(root: Part, body: str) -> str:
    """Message-ID of the letter that a report is about, from the returned part, else from the words; or empty."""
    stack = list(reversed(root.children))
    while stack:
        part = stack.pop()
        if part.content_type in NESTED or part.content_type in (
            "text/rfc822-headers",
            "message/global-headers",
        ):
            data = decoded(part.body, part.encoding, text=False).lstrip(b"\r\n")
            headers, _ = split_headers(data[:400_000] + b"\n\n")
            for name, value in headers:
                if name.lower() == "message-id":
                    found = message_ids(value)
                    if found:
                        return found[0]
        elif part.content_type in ("message/disposition-notification", "message/feedback-report"):
            headers, _ = split_headers(part.body.lstrip(b"\r\n") + b"\n\n")
            for name, value in headers:
                if name.lower() == "original-message-id":
                    found = message_ids(value)
                    if found:
                        return found[0]
        stack.extend(reversed(part.children))
    match = _RETURNED_ID.search(body)
    return match[1] if match else ""
