"""Text that its declared charset does not quite cover is read, and nothing unstorable comes out."""

from __future__ import annotations

import base64

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


@pytest.mark.parametrize(
    "field",
    [b"", b"Content-Type: text/plain; charset=us-ascii\n", b"Content-Type: text/plain; charset=utf-8\n"],
)
@pytest.mark.parametrize(("codec", "text"), [("iso2022_jp", "プリンター"), ("iso2022_kr", "프린터")])
def test_seven_bits_that_shift_are_read_though_nobody_declared_them(
    field: bytes, codec: str, text: str
) -> None:
    shifted = text.encode(codec)
    letter = read(
        b"From: " + shifted + b" <a@b.example>\nSubject: " + shifted + b"\n" + field + b"\n" + shifted
    )
    assert (letter.from_name, letter.subject, letter.body_text) == (text, text, text)
    assert "\x1b[1m$B" in read(b"From: a@b.example\n\n\x1b[1m$B").body_text


def test_accents_are_what_their_words_declare_whatever_the_body_is_written_in() -> None:
    field = b"=?iso-8859-1?Q?Gr=FC=DFe_aus_K=F6ln?="
    head = b"Subject: " + field + b"\nContent-Type: text/plain; charset="
    for charset in (b"koi8-r", b"iso-8859-7", b"gb2312", b"us-ascii"):
        assert read(head + charset + b"\n\nwords").subject == "Grüße aus Köln"
    # Old programs call everything Latin.
    mislabelled = "=?iso-8859-1?B?" + base64.b64encode("ошибка в Outlook".encode("koi8-r")).decode() + "?="
    assert read(
        b"Subject: " + mislabelled.encode() + b"\nContent-Type: text/plain; charset=koi8-r\n\nx"
    ).subject == ("ошибка в Outlook")


@pytest.mark.parametrize(
    ("data", "charset", "hint", "text"),
    [
        ("Привет мир".encode()[:-4] + b"@\xb8\xd1\x80", "", "koi8-r", "Привет м@\ufffdр"),
        ("ok 👍👍".encode()[:-2], "utf-8", "", "ok 👍\ufffd"),
        ("关于发票的问题请回复".encode("gbk")[:-1], "gbk", "", "关于发票的问题请回\ufffd"),
    ],
)
def test_a_slip_does_not_make_another_charset_of_it(data: bytes, charset: str, hint: str, text: str) -> None:
    assert decode(data, charset, hint)[0] == text


@pytest.mark.parametrize(
    "text", ["Viele Grüße", "Grüße aus München", "Größe?", "Créée à l'été", "Não à ação", "«Été»"]
)
def test_accents_that_stand_side_by_side_are_latin_where_nobody_declares_a_charset(text: str) -> None:
    assert decode(text.encode("latin-1"))[0] == text


@pytest.mark.parametrize("charset", ["cp1251", "koi8-r", "cp866"])
@pytest.mark.parametrize("text", ["Wi-Fi не работает", "Не могу войти в CRM", "PDFфайл не открывается"])
def test_russian_among_latin_words_stays_russian(text: str, charset: str) -> None:
    assert decode(text.encode(charset))[0] == text
