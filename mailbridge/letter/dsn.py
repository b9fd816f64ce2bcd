"""Delivery reports: one result per recipient, and the Message-ID of the letter that came back (RFC 3464, RFC 3463).

The machine-readable part counts first; then what programs write in prose. Imports core.domain and this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from core.domain.letters import DeliveryStatus
from mailbridge.letter import prose
from mailbridge.letter.attachments import NESTED
from mailbridge.letter.codes import ADDRESS, SMTP, code_in, failure_in, from_smtp
from mailbridge.letter.guard import MAX_RECIPIENTS
from mailbridge.letter.headers import header_text, message_ids
from mailbridge.letter.structure import Headers, Part, split_headers
from mailbridge.letter.transfer import decoded

_BLANK = re.compile(rb"(?:\r?\n[ \t]*){2,}|\r\r")
_RETURNED_ID = re.compile(
    r"^[ \t>]*message-id:[ \t]*(?:\n[ \t>]+)?(<[^<>\n]{3,500}>)", re.IGNORECASE | re.MULTILINE
)
_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_LOOKED_AT = 20_000
_NAMES = re.compile(rb"(?im)^[ \t]*(?:final|original|x-actual)-recipient[ \t]*:")
_FINAL = re.compile(rb"(?im)^final-recipient[ \t]*:")
_TELLS = re.compile(rb"(?im)^[ \t]*(?:action|status)[ \t]*:")
_INDENTED = re.compile(
    rb"(?im)^[ \t]+(?=(?:action|status|(?:final|original)-recipient|diagnostic-code|remote-mta)[ \t]*:)"
)
"""Fields that are no continuations, though they are indented."""
_STARTS = re.compile(
    rb"(?i)\s*(?:reporting-mta|final-recipient|original-recipient|original-envelope-id)[ \t]*:"
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){1,300}"@[^\s<>"]{1,300}')


def _reports(root: Part) -> Iterator[bytes]:
    """The machine-readable parts; where none is declared, those that are one by their words."""
    declared: list[bytes] = []
    alike: list[bytes] = []
    stack = [root]
    while stack:
        part = stack.pop()
        stack.extend(reversed(part.children))
        if part.content_type in _REPORTS:
            declared.append(decoded(part.body, part.encoding, text=True))
        elif not part.children and part.content_type not in NESTED and not declared:
            data = decoded(part.body[:_LOOKED_AT], part.encoding, text=True)
            if _STARTS.match(data) and _NAMES.search(data):
                alike.append(data)
    yield from declared or alike


def results(
    root: Part, headers: Mapping[str, list[str]], subject: str, body: str
) -> tuple[DeliveryStatus, ...]:
    """One result per recipient of a bounce: from its machine-readable parts, else from its words."""
    found: dict[str, DeliveryStatus] = {}
    for report in _reports(root):
        for status in _machine(report):
            found.setdefault(status.recipient.lower(), status)
    if not found:
        spoken = prose.results(headers, subject, body)
        if spoken or not (written := _returned_to(root, body)):
            return spoken
        return prose.results({**headers, "x-failed-recipients": [written]}, subject, body)
    if any(not status.status and status.action != "delivered" for status in found.values()):
        _complete(found, prose.results(headers, subject, body))
    elif any(_is_vague(status.status) for status in found.values()):
        _complete(found, prose.results(headers, subject, body, said=True))
    return tuple(found.values())


def _returned_to(root: Part, body: str) -> str:
    """The only address that the returned letter was written to, for reports that name none; or empty."""
    parts = [part for part in root.children if part.content_type in NESTED]
    if parts:
        data = decoded(parts[0].body, parts[0].encoding, text=False).lstrip(b"\r\n")
    else:
        at = _RETURNED_ID.search(body)
        start = body.rfind("\n\n", 0, at.start()) + 2 if at else 0
        data = body[start : start + _LOOKED_AT].encode() if start > 1 else b""
    headers, _ = split_headers(data[:_LOOKED_AT] + b"\n\n")
    named = {
        address.lower(): address
        for name, value in headers
        if name.lower() in ("to", "cc")
        for address in ADDRESS.findall(header_text(value))
    }
    return next(iter(named.values())) if len(named) == 1 else ""


def _is_vague(code: str) -> bool:
    return code.endswith(".0.0") and not code.startswith("2")


def _complete(found: dict[str, DeliveryStatus], spoken: tuple[DeliveryStatus, ...]) -> None:
    """The codes that are missing, or say nothing but "failed", from what the words say of the same recipient."""
    by_address = {status.recipient.lower(): status.status for status in spoken}
    alone = spoken[0].status if len(spoken) == len(found) == 1 else ""
    for key, status in found.items():
        said = by_address.get(key) or alone
        if said and (not status.status or (_is_vague(status.status) and said[0] == status.status[0])):
            found[key] = replace(status, status=said)


def _fields(block: bytes) -> dict[str, str]:
    headers: Headers
    headers, _ = split_headers(block + b"\n\n")
    result: dict[str, str] = {}
    for name, value in headers:
        result.setdefault(name.lower(), header_text(value))
    return result


def _machine(data: bytes) -> list[DeliveryStatus]:
    """The per-recipient groups of a message/delivery-status body, RFC 3464 section 2.3."""
    blocks: list[bytes] = []
    for block in _BLANK.split(data.strip(b"\r\n")):
        block = _INDENTED.sub(b"", block.strip(b"\r\n"))
        if blocks and _TELLS.search(block) and not _NAMES.search(block) and _NAMES.search(blocks[-1]):
            # A blank line inside a group.
            blocks[-1] += b"\n" + block
        else:
            blocks.append(block)
    found: list[DeliveryStatus] = []
    for block in blocks:
        if len(found) >= MAX_RECIPIENTS:
            break
        found += _group(block)
    return found


def _group(block: bytes) -> list[DeliveryStatus]:
    # Some systems forget the blank line between recipients: a second Final-Recipient starts a new group, and so
    # does the field that the first group began with.
    starts = [m.start() for m in _FINAL.finditer(block)]
    if len(starts) > 1:
        for field in (b"original-recipient", b"action"):
            firsts = [m.start() for m in re.finditer(rb"(?im)^" + field + rb"[ \t]*:", block)]
            if len(firsts) == len(starts) and all(a < b for a, b in zip(firsts, starts, strict=True)):
                starts = firsts
                break
        ends = [*starts[1:], len(block)]
        pieces = [block[: ends[0]], *(block[a:b] for a, b in zip(starts[1:], ends[1:], strict=True))]
        return [status for piece in pieces for status in _one(piece)]
    return _one(block)


def _one(block: bytes) -> list[DeliveryStatus]:
    fields = _fields(block)
    original = _address(fields.get("original-recipient", ""))
    recipient = _address(fields.get("final-recipient", "")) or original
    recipient = recipient or _address(fields.get("x-actual-recipient", ""))
    if not recipient and not (fields.get("action") and fields.get("status")):
        return []
    if "@" not in recipient and "@" in original:
        recipient = original
    diagnostic = fields.get("diagnostic-code", "")
    action = fields.get("action", "").split("(")[0].split(";")[0].strip().lower()
    status = code_in(fields.get("status", ""))
    better = failure_in(diagnostic) or code_in(diagnostic)
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
    match = _QUOTED.search(text) or ADDRESS.search(text)
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
            data = decoded(part.body, part.encoding, text=True)
            headers, _ = split_headers(data.lstrip(b"\r\n") + b"\n\n")
            for name, value in headers:
                if name.lower() == "original-message-id":
                    found = message_ids(value)
                    if found:
                        return found[0]
        stack.extend(reversed(part.children))
    match = _RETURNED_ID.search(body)
    return match[1] if match else ""
