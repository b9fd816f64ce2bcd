"""An OutgoingLetter composed into its final bytes: 7-bit, CRLF, and the same bytes for the same value.

What is stored is what is sent, also on the tenth attempt, so nothing here asks the clock or a random source.
Header injection is impossible by construction: every header passes `_header`, which folds white space and
drops control characters before it encodes. Imports nothing of core.db.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import hashlib
import hmac
import quopri
import re
from collections.abc import Callable, Iterable, Iterator

from core.domain.domains import to_ascii
from core.domain.letters import Mailaddr, OutgoingLetter

MAX_REFERENCES = 20
"""Message-IDs in References: the first, which names the thread, and the latest ones."""
MAX_ADDRESS = 320
"""Characters of an address: 64 + 1 + 255, RFC 5321 section 4.5.3.1."""
MAX_FILE_NAME = 200
"""Bytes of an attachment's name in UTF-8; a longer one is cut before its ending."""
LINE = 76
"""Columns after which a header folds; RFC 5322 section 2.1.1 asks for 78 at most."""

_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,900}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}", re.IGNORECASE)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
# What does not survive the way as it is: control characters, long lines, a line "From …" (mbox stores change
# it), blanks at the end of a line.
_FRAGILE = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|[^\n]{79}|[ \t]$|^From ", re.MULTILINE)
_UNSAFE_FILE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\\"]+")


def loop_mark(secret: bytes) -> str:
    """What this desk writes into X-Glazok-Loop: tells its letters from another desk's, gives away nothing."""
    return hmac.new(secret, b"glazok loop mark", hashlib.sha256).hexdigest()[:20]


def compose(letter: OutgoingLetter, read_blob: Callable[[str], bytes], mark: str) -> bytes:
    """The letter's bytes. `read_blob` gives an attachment by its sha256; `mark` is the desk's `loop_mark`."""
    headers = b"".join(_headers(letter, mark))
    text_headers, text = _text_part(letter)
    if not letter.attachments:
        return headers + text_headers + b"\r\n" + text
    parts = [text_headers + b"\r\n" + text]
    for name, content_type, sha256 in letter.attachments:
        parts.append(_attachment(name, content_type, read_blob(sha256)))
    boundary = _boundary(letter.message_id, parts)
    head = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n'
    middle = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return headers + head + middle + b"--" + boundary + b"--\r\n"


def _headers(letter: OutgoingLetter, mark: str) -> Iterator[bytes]:
    yield _header("From", [_address(Mailaddr(letter.from_addr, letter.from_name))])
    # A letter without any visible recipient still has a To line, RFC 5322 section 3.6.3.
    yield _header("To", _address_list(letter.to) or ["undisclosed-recipients:;"])
    if letter.cc:
        yield _header("Cc", _address_list(letter.cc))
    if letter.reply_to:
        yield _header("Reply-To", [_address(Mailaddr(letter.reply_to, letter.from_name))])
    yield _header("Subject", _text(letter.subject))
    yield _header("Date", [email.utils.format_datetime(letter.date)])
    yield _header("Message-ID", _message_ids([letter.message_id]))
    if answered := _message_ids([letter.in_reply_to]):
        yield _header("In-Reply-To", answered)
    if references := _message_ids(letter.references):
        if len(references) > MAX_REFERENCES:
            references = [references[0], *references[1 - MAX_REFERENCES :]]
        yield _header("References", references)
    if letter.automatic:
        yield _header("Auto-Submitted", ["auto-replied"])
        yield _header("X-Auto-Response-Suppress", ["All"])
        yield _header("Precedence", ["auto_reply"])
    yield _header("X-Glazok-Loop", [_token(mark)])
    if letter.language:
        yield _header("Content-Language", [_token(letter.language)])
    yield _header("MIME-Version", ["1.0"])


def _header(name: str, words: Iterable[str]) -> bytes:
    """One folded header line; a break stands between words only."""
    lines = [f"{name}:"]
    for word in words:
        word = _CONTROL.sub(" ", word)
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1].strip() and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii", "replace") + b"\r\n"


def _text(text: str) -> list[str]:
    """An unstructured header's value as words to fold between: plain where it can be, else encoded-words."""
    text = " ".join(_CONTROL.sub(" ", text).split())
    words = text.split(" ")
    if text.isascii() and "=?" not in text and all(len(word) < 200 for word in words):
        return words
    return _encoded_words(text)


def _encoded_words(text: str) -> list[str]:
    """RFC 2047 encoded-words of at most 75 characters; white space between two of them does not count."""
    out: list[str] = []
    chunk = b""
    # 45 bytes make 60 characters of base64, and with the frame of 12 still less than 75.
    for character in text:
        piece = character.encode("utf-8", "replace")
        if len(chunk) + len(piece) > 45:
            out.append(_encoded_word(chunk))
            chunk = b""
        chunk += piece
    if chunk:
        out.append(_encoded_word(chunk))
    return out


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="


def _phrase(name: str) -> str:
    """A display name: atoms, a quoted string, or encoded-words."""
    name = " ".join(_CONTROL.sub(" ", name).split())
    if not name.isascii() or "=?" in name or len(name) > 200:
        return " ".join(_encoded_words(name))
    if _ATOMS.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ascii_domain(address: str) -> str:
    """The address with its domain as A-labels (RFC 5890); as it is where that cannot be done."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return local + at + to_ascii(domain)
    except UnicodeError:
        return address


def _address(address: Mailaddr) -> str:
    """A mailbox of RFC 5322; what 7 bits cannot write becomes an empty group (RFC 6857 section 3.1.8)."""
    addr = ascii_domain(_CONTROL.sub("", address.addr).replace(" ", ""))
    local, at, domain = addr.rpartition("@")
    if not addr.isascii() or len(addr) > MAX_ADDRESS or re.search(r'[<>,;:"()\\]', domain):
        return f"{_phrase(address.name or address.addr)} :;"
    if at and not _DOT_ATOM.fullmatch(local):
        if not (local.startswith('"') and local.endswith('"') and len(local) > 1):
            local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
        addr = f"{local}@{domain}"
    return f"{_phrase(address.name)} <{addr}>" if address.name.strip() else addr


def _address_list(addresses: Iterable[Mailaddr]) -> list[str]:
    """Words of an address header, with commas."""
    written = [_address(address) for address in addresses]
    joined = [f"{one}," for one in written[:-1]] + written[-1:]
    # Encoded-words inside a display name may be folded between, so that no line grows too long.
    return [word for one in joined for word in (one.split(" ") if "=?utf-8?b?" in one else [one])]


def _message_ids(texts: Iterable[str]) -> list[str]:
    """What looks like Message-IDs in the given texts; the rest is somebody's mistake and is left out."""
    return list(dict.fromkeys(found for text in texts for found in _MESSAGE_ID.findall(text)))


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", text)


def _text_part(letter: OutgoingLetter) -> tuple[bytes, bytes]:
    """Headers and encoded body of the text: as it is, quoted-printable, or base64, whichever reads best."""
    body = letter.body_text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    if not body.endswith(b"\n"):
        body += b"\n"
    encoding, encoded = _encode_text(body)
    charset = b"us-ascii" if body.isascii() else b"utf-8"
    head = b"Content-Type: text/plain; charset=" + charset + b"\r\n"
    return head + b"Content-Transfer-Encoding: " + encoding + b"\r\n", encoded


def _encode_text(body: bytes) -> tuple[bytes, bytes]:
    lines = body.split(b"\n")
    if body.isascii() and not _FRAGILE.search(body):
        return b"7bit", b"\r\n".join(lines)
    foreign = sum(byte > 126 or byte == 61 for byte in body)
    if foreign * 6 > len(body):
        return b"base64", _base64(b"\r\n".join(lines))
    printable = quopri.encodestring(body, quotetabs=False)
    printable = re.sub(rb"(?m)^From ", b"=46=\nrom ", printable)
    return b"quoted-printable", printable.replace(b"\n", b"\r\n")


def _base64(data: bytes) -> bytes:
    lines = (data[start : start + 57] for start in range(0, len(data), 57))
    return b"".join(binascii.b2a_base64(line, newline=False) + b"\r\n" for line in lines)


def _attachment(name: str, content_type: str, data: bytes) -> bytes:
    """A part with its headers. Composite types may not be base64 (RFC 2046 section 5): they become files."""
    if not _TYPE.fullmatch(content_type) or content_type.lower().startswith(("multipart/", "message/")):
        content_type = "application/octet-stream"
    name = _file_name(name)
    if name.isascii():
        parameter, old = f'filename="{name}"', f'name="{name}"'
    else:
        coded = email.utils.encode_rfc2231(name, "utf-8")
        # Programs that know no RFC 2231 read the encoded-words.
        parameter, old = f"filename*={coded}", 'name="' + "\r\n ".join(_encoded_words(name)) + '"'
    head = (
        f"Content-Type: {content_type};\r\n {old}\r\n"
        f"Content-Disposition: attachment;\r\n {parameter}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + _base64(data)


def _file_name(name: str) -> str:
    name = _UNSAFE_FILE.sub("_", name).strip() or "file"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, ending = name, ""
    room = MAX_FILE_NAME - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + (dot if ending else "") + ending


def _boundary(message_id: str, parts: list[bytes]) -> bytes:
    """A line that occurs in no part, the same for the same letter."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{number} {message_id}".encode("utf-8", "replace")).hexdigest()[:24]
        boundary = f"=_{digest}".encode("ascii")
        if not any(boundary in part for part in parts):
            return boundary
        number += 1
