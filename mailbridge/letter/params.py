"""Parameters of Content-Type and Content-Disposition (RFC 2045, RFC 2231), as letters really write them.

Imports nothing of ours but this package.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_PARAMETER = re.compile(r';\s*([^=;\s"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)("?)([^;]*)|([^;]*))', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_SECTION = re.compile(r"(.+?)\*(\d{1,4})(\*)?\Z", re.DOTALL)
_UNDIVIDED = re.compile(r"(?<=[\w\"'])[\s,]+(?=[A-Za-z][A-Za-z0-9-]{0,30}(?:\*\d{0,3}\*?)?=)")
"""Before a parameter whose semicolon was forgotten or written as a comma: `attachment filename=…`."""
_EXTENDED = re.compile(r"[A-Za-z][\w-]{2,40}'[A-Za-z-]{0,20}'(?:%[0-9A-Fa-f]{2}|[!-~])+\Z")
_NAMED = re.compile(r"[\s,]+[A-Za-z][A-Za-z-]{0,30}=")
_COMMENT = re.compile(r"\s\([^()\"]*\)\s*\Z")


def parameters(header: str) -> dict[str, str]:
    """Parameters of a header, names lower-cased.

    `header` is the raw value decoded as UTF-8 with surrogateescape, so that raw 8-bit names survive for a later
    guess. RFC 2231 values come back as ``charset''percent`` decoded where the charset is known; encoded-words
    are left for `headers.decode_text`.
    """
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    value, divided, rest = header.partition(";")
    if "=" in value:
        header = _UNDIVIDED.sub(";", value, count=1) + divided + rest
    for match in _PARAMETER.finditer(header):
        name = match[1].lower()
        if match[2] is not None:
            value = match[2] if match[3] else match[2].rstrip()
            if "\\" in value:
                value = _ESCAPED.sub(r"\1", value)
            tail = match[4].strip()
            if tail and match[3] and not tail.startswith("(") and not _NAMED.match(match[4]):
                value += ('"' if '"' in tail else "") + match[4].rstrip().rstrip('"')
        else:
            value = _COMMENT.sub("", match[5].strip()).strip().strip("'" if name == "boundary" else "")
        section = _SECTION.match(name)
        if section:
            sections.setdefault(section[1], {}).setdefault(int(section[2]), (bool(section[3]), value))
        elif name.endswith("*") or ("'%" in value and _EXTENDED.match(value)):
            # Some forget the star behind the name of an extended value.
            sections.setdefault(name.rstrip("*"), {}).setdefault(0, (True, value))
        else:
            plain.setdefault(name, value)
    for name, parts in sections.items():
        joined = _joined(parts)
        if joined:
            plain[name] = joined
    return plain


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    """RFC 2231 section 3 and 4: continuations in order; those with a star are percent-encoded."""
    charset, data, coded, any_encoded = "", b"", b"", False
    for place, (_, (encoded, value)) in enumerate(sorted(parts.items())):
        if encoded:
            any_encoded = True
            if place == 0 and value.count("'") >= 2:
                charset, _, value = value.split("'", 2)
            # Some cut their lines inside of "%D0": what stands side by side is decoded as one.
            coded += value.encode("utf-8", "surrogateescape")
        else:
            data += unquote_to_bytes(coded) + value.encode("utf-8", "surrogateescape")
            coded = b""
    data += unquote_to_bytes(coded)
    if not any_encoded:
        return data.decode("utf-8", "surrogateescape")
    from mailbridge.letter.charsets import decode

    return decode(data, charset)[0]
