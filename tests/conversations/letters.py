"""A client's letter as bytes: every mail program's own headers and way to quote. Pure."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Sequence

from tests.unit.letter import builders as programs

ENGLISH = ("From", "Sent", "To", "Subject")
RUSSIAN = ("От", "Отправлено", "Кому", "Тема")

_Program = Callable[[str, str, tuple[str, ...]], bytes]

PROGRAMS: dict[str, _Program] = {
    "gmail": programs.gmail,
    "outlook": lambda new, _said, quote: programs.outlook(new, ENGLISH, quote),
    "outlook in Russian": lambda new, _said, quote: programs.outlook(new, RUSSIAN, quote),
    "outlook web, HTML only": lambda new, _said, quote: programs.outlook_web(new, RUSSIAN, quote),
    "thunderbird": programs.thunderbird,
    "thunderbird, below the quote": lambda new, said, quote: programs.thunderbird("", said, quote, below=new),
    "apple": programs.apple,
    "yandex, HTML only": programs.yandex,
    "mail.ru": programs.mail_ru,
    "proton, HTML only": programs.proton,
    "yahoo, HTML only": programs.yahoo,
    "plain": lambda new, said, quote: programs.plain(f"{new}\n\n{said}\n{programs.marked(quote)}\n"),
    "plain, below the quote": lambda new, said, quote: programs.plain(
        f"{said}\n{programs.marked(quote)}\n\n{new}\n"
    ),
    "plain, no quote": lambda new, _said, _quote: programs.plain(new),
}
SAID = "On Wed, Mar 12, 2025 at 2:05 PM Support <support@desk.example> wrote:"


def body(program: str, new: str, quote: Sequence[str] = ()) -> bytes:
    """Content fields, a blank line, and the encoded body."""
    raw = PROGRAMS[program](new, SAID, tuple(quote)) if quote else programs.plain(new)
    return raw.split(b"MIME-Version: 1.0\r\n", 1)[1]


def head(fields: Sequence[tuple[str, str]]) -> bytes:
    """Header fields as lines; words of other letters than ASCII become encoded-words."""
    lines = [f"{name}: {value if value.isascii() else encoded(value)}" for name, value in fields if value]
    return "\r\n".join([*lines, "MIME-Version: 1.0\r\n"]).encode()


def encoded(text: str) -> str:
    """Encoded-words; an address in angle brackets stays."""
    words, bracket, address = text.partition(" <") if text.endswith(">") else (text, "", "")
    pieces = [words[start : start + 15] for start in range(0, len(words), 15)]
    coded = "\r\n ".join(f"=?utf-8?B?{base64.b64encode(piece.encode()).decode()}?=" for piece in pieces)
    return coded + bracket + address


def trace(rng: random.Random, address: str) -> bytes:
    """What servers on the way put before a letter: other ones for each delivery."""
    host = f"mx{rng.randint(1, 99)}.desk.example"
    return (
        f"Return-Path: <bounce-{rng.randint(1, 9999)}@relay.example>\r\nDelivered-To: {address}\r\n"
        f"Received: from relay.example by {host} with ESMTP id {rng.getrandbits(32):08x}\r\n"
        f"\tfor <{address}>; Wed, 12 Mar 2025 14:{rng.randint(10, 59)}:11 +0300\r\n"
    ).encode()


def ids_as_written(rng: random.Random, ids: Sequence[str]) -> str:
    """Message-IDs as programs list them: folded, on one line, with commas, or with nothing between."""
    return rng.choice(("\r\n ", " ", " ", ", ", "", "\r\n\t")).join(ids)


def foreign_id(rng: random.Random) -> str:
    """A Message-ID of some client's program."""
    number, domain = rng.getrandbits(64), rng.choice(("client.example", "mail.gmail.com", "Corp.Example"))
    return rng.choice(
        (
            f"<CA+{number:x}=Ab{number % 9999:x}@{domain}>",
            f"<{number:016X}.{rng.getrandbits(32):X}@{domain}>",
            f"<{number}.Weird id with blanks.{number % 97}@{domain}>",
            f"<[{number:x}/{number % 7}]@{domain}>",
        )
    )
