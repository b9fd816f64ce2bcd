"""Whatever the bytes are, reading never raises and loses no part."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.letter import read
from tests.unit.letter import bounces, builders
from tests.unit.letter.introductions import ATTRIBUTIONS

SEEDS = [
    builders.gmail("новые слова", ATTRIBUTIONS["ru"][0]),
    builders.outlook("words", ("From", "Sent", "To", "Subject")),
    builders.thunderbird("words", ATTRIBUTIONS["de"][0]),
    *(raw for raw, _ in bounces.CASES.values()),
]
TOKENS = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"--=_alt_1",
            b"--=_alt_1--",
            b"=?utf-8?B?",
            b"?=",
            b'"',
            b"<",
            b">",
            b"(",
            b":",
            b";",
        ),
        *(
            b"\0",
            b"\xff\xfe",
            b"charset=utf-16",
            b"charset=idna",
            b"charset=utf-7",
            b"\x1b$B",
            b"=\r",
            b"&#xD800;",
        ),
        *(
            b"<div hidden>",
            b"<blockquote type=cite>",
            b"filename*0*=x''%",
            b"Content-Transfer-Encoding: base64\r\n",
        ),
        b"Content-Type: multipart/mixed; boundary==_alt_1\r\n",
    ]
)
CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["insert", "delete", "replace"]), TOKENS),
    min_size=1,
    max_size=12,
)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    letter = read(raw)
    assert letter.message_id
    assert "Error" not in letter.error


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), CHANGES)
def test_damaged_letters_are_read(seed: bytes, changes: list[tuple[float, str, bytes]]) -> None:
    raw = bytearray(seed)
    for place, change, token in changes:
        at = int(place * len(raw))
        if change == "insert":
            raw[at:at] = token
        elif change == "delete":
            del raw[at : at + len(token) * 3]
        else:
            raw[at : at + len(token)] = token
    letter = read(bytes(raw))
    assert "Error" not in letter.error
    assert bool(letter.reply_text.strip()) == bool(letter.body_text.strip())


PARTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["text/plain", "text/html", "application/x", "image/png", "message/rfc822", "text/calendar"]
        ),
        st.integers(0, 10**9),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(
    PARTS,
    st.sampled_from(["mixed", "alternative", "related", "signed", "report", "appledouble", "x-unknown"]),
    st.booleans(),
)
def test_no_part_is_ever_dropped(parts: list[tuple[str, int, bool]], kind: str, closed: bool) -> None:
    raw = f"From: a@b.example\nContent-Type: multipart/{kind}; boundary=zz\n\n".encode()
    for content_type, number, attached in parts:
        disposition = "Content-Disposition: attachment\n" if attached else ""
        raw += f"--zz\nContent-Type: {content_type}\n{disposition}\nword{number}\n".encode()
    letter = read(raw + (b"--zz--\n" if closed else b""))
    kept = b"\n".join(one.content for one in letter.attachments)
    shown = letter.body_text + "\n" + letter.html
    for _, number, _ in parts:
        word = f"word{number}"
        assert word in shown or word.encode() in kept


@given(st.binary(max_size=3_000), st.booleans())
def test_every_byte_of_an_attachment_survives(data: bytes, encoded: bool) -> None:
    head = b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="=_zz"\r\n\r\n'
    head += b"--=_zz\r\nContent-Type: application/x\r\n"
    if encoded:
        part = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
    else:
        part = b"Content-Transfer-Encoding: binary\r\n\r\n" + data.replace(b"--=_zz", b"")
    (file,) = read(head + part + b"\r\n--=_zz--\r\n").attachments
    assert file.content == (data if encoded else data.replace(b"--=_zz", b""))
