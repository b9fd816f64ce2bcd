"""Parts that are kept as files: their names, and the container that Outlook hides files in.

Imports core.domain and this package.
"""

from __future__ import annotations

import hashlib
import re

from core.domain.letters import LetterAttachment
from mailbridge.letter.charsets import decode
from mailbridge.letter.headers import decode_text, header_text
from mailbridge.letter.structure import Part, split_headers
from mailbridge.letter.transfer import decoded

_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
_RAW_BYTES = re.compile("[\udc80-\udcff]")
_FILE_NAME = re.compile(r"[^/\\:*?\"<>|]{1,150}\.[A-Za-z][A-Za-z0-9]{1,4}")
"""A Content-Description that is one; most describe the file in words."""
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/ms-tnef": ".dat",
    "application/zip": ".zip",
    "application/json": ".json",
    "application/xml": ".xml",
    "application/msword": ".doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/rtf": ".rtf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/x-amp-html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/directory": ".vcf",
    "text/rtf": ".rtf",
    "text/xml": ".xml",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/partial": ".eml",
    "message/news": ".eml",
    "message/delivery-status": ".txt",
    "message/global-delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "message/external-body": ".txt",
}
_STEMS = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
    "text/rfc822-headers": "headers",
    "text/calendar": "invite",
    "application/ms-tnef": "winmail",
    "application/pgp-signature": "signature",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
    "application/pkcs7-mime": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/pgp-encrypted": "version",
}
NESTED = {"message/rfc822", "message/global", "message/news"}


def safe_name(name: str) -> str:
    """A file name without folders, control or direction characters, at most 200 bytes, its ending kept."""
    name = _FORBIDDEN.sub("", name.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))
    name = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip().strip("\u00a0")
    if name.strip(".") == "":
        return ""
    if len(name.encode("utf-8", "replace")) > 200:
        stem, dot, ending = name.rpartition(".")
        if not dot or len(ending) > 12:
            stem, ending = name, ""
        room = 200 - len(dot + ending) * 4
        stem = stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
        name = stem + ("." + ending if ending else "")
    return name


def declared_name(part: Part, hint: str) -> str:
    """The name that the part gives itself: Content-Disposition first, then Content-Type; empty without one."""
    for params, key in (
        (part.disposition_params, "filename"),
        (part.type_params, "name"),
        (part.type_params, "filename"),
    ):
        value = params.get(key, "")
        if value.strip():
            if not value.isascii() and _RAW_BYTES.search(value):
                value = decode(value.encode("utf-8", "surrogateescape"), "", hint)[0]
            name = safe_name(decode_text(value, hint))
            if name:
                return name
    return ""


def nested_subject(data: bytes, hint: str = "") -> str:
    """The Subject of a message/rfc822 body, or empty."""
    headers, _ = split_headers(data[:200_000].lstrip(b"\r\n"))
    for name, value in headers:
        if name.lower() == "subject":
            return header_text(value, hint)
    return ""


def made(part: Part, cids: frozenset[str], hint: str) -> list[LetterAttachment]:
    """The part as a file; a winmail.dat brings the files inside it along, itself included."""
    data = decoded(part.body, part.encoding, text=False)
    content_type = part.content_type
    name = declared_name(part, hint)
    if not name:
        description = header_text(part.first("content-description"), hint)
        name = safe_name(description) if _FILE_NAME.fullmatch(description) else ""
    if content_type in NESTED:
        subject = safe_name(nested_subject(data, hint).replace("/", "_").replace("\\", "_"))
        if not name:
            name = safe_name((subject[:150] or "message") + ".eml")
    if not name:
        stem = _STEMS.get(content_type, f"part-{part.index}")
        name = stem + _EXTENSIONS.get(content_type, ".txt" if content_type.startswith("text/") else ".bin")
    content_id = part.first("content-id").decode("utf-8", "replace").strip().strip("<>").strip()
    location = part.first("content-location").decode("utf-8", "replace").strip().lower()
    inline = bool(cids) and (
        content_id.lower() in cids or (bool(location) and location.removeprefix("cid:") in cids)
    )
    kept = [attachment(name, content_type, data, inline=inline, content_id=content_id)]
    if content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
        from mailbridge.letter.tnef import unpacked

        kept.extend(
            attachment(safe_name(inner) or f"winmail-{number}.bin", kind, content)
            for number, (inner, kind, content) in enumerate(unpacked(data), 1)
        )
    return kept


def attachment(
    name: str, content_type: str, data: bytes, *, inline: bool = False, content_id: str = ""
) -> LetterAttachment:
    """A file with its checksum."""
    return LetterAttachment(
        name=name,
        content_type=content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        inline=inline,
        content=data,
        content_id=content_id,
    )
