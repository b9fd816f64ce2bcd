"""Text that its declared charset does not quite cover is read, and nothing unstorable comes out."""

from __future__ import annotations

import pytest

from mailbridge.letter import read
from mailbridge.letter.charsets import decode


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Добрый день".encode("utf-16-le").replace(b" \x00", b""), "utf-16le", "Добрыйдень"),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp", "\u2460"),
    ],
)
def test_a_declared_charset_is_believed(data: bytes, charset: str, text: str) -> None:
    assert decode(data, charset)[0] == text


def test_half_a_letter_of_utf_7_can_be_stored() -> None:
    raw = b"From: a@b.example\nSubject: =?utf-7?Q?+2AA-x?=\nContent-Type: text/plain; charset=utf-7\n\na +2AA- b"
    letter = read(raw)
    assert (letter.subject, letter.body_text) == ("\ufffdx", "a \ufffd b")
    assert "\ufffd".encode() in "".join(value for _name, value in letter.headers).encode()
