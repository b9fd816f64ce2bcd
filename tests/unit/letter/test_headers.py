"""Subjects, names, dates and Message-IDs as letters really write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailbridge.letter import read
from mailbridge.letter.headers import date, header_text, message_id, message_ids
from mailbridge.letter.params import parameters


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain words", "plain words"),
        (b"=?utf-8?B?0J/RgNC40LLQtdGC?=", "Привет"),
        (b"=?utf-8?Q?=D0=9F=D1=80=D0=B8?= =?utf-8?Q?=D0=B2=D0=B5=D1=82?=", "Привет"),
        (b"=?UTF-8?B?0J/RgNC4?=\r\n =?UTF-8?B?0LLQtdGC?=", "Привет"),
        # One letter split between two words, in either encoding.
        (b"=?utf-8?Q?=D0?= =?utf-8?Q?=9F?=", "П"),
        (b"=?utf-8?B?0A==?= =?utf-8?B?nw==?=", "П"),
        # One base64 stream cut in the middle of a quantum.
        (b"=?utf-8?B?0J/RgNC?= =?utf-8?B?40LLQtdGC?=", "Привет"),
        (b"=?utf-8?B?0J/RgNC40LLQtdGC", "Привет"),
        (b"=?utf-8?B?0J_RgNC40LLQtdGC?", "Привет"),
        (b"=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?= world", "Привет world"),
        (b"Re: =?windows-1251?B?z/Do4uXy?=", "Re: Привет"),
        (b"Re:=?windows-1251?B?z/Do4uXy?=!", "Re:Привет!"),
        (b"=?utf-8?q?two words?=", "two words"),
        (b"=?utf-8?q?under_score_s?=", "under score s"),
        (b"=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "日本語"),
        (b"=?utf-8*ru?Q?=D0=9F?=", "П"),
        (b"=?unknown-8bit?Q?=D0=9F=D1=80=D0=B8?=", "При"),
        (b"a =?utf-8?Q?b?= c", "a b c"),
        (b"=?broken", "=?broken"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("Привет сырой".encode(), "Привет сырой"),
        ("Привет сырой, как дела".encode("cp1251"), "Привет сырой, как дела"),
        ("Привет сырой, как дела".encode("koi8-r"), "Привет сырой, как дела"),
        (b"folded\r\n\tsubject", "folded subject"),
        (b"with \x00 and \x1b[31m", "with  and [31m"),
    ],
)
def test_a_subject_is_decoded(raw: bytes, text: str) -> None:
    assert header_text(raw.replace(b"\r\n", b"")) == text


def test_raw_bytes_in_a_header_are_read_in_the_charset_of_the_body() -> None:
    raw = b"From: a@b.example\r\nSubject: \xd0\xd2\xc9\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nx"
    letter = read(raw)
    assert letter.subject == "при"
    assert any("subject" in note for note in letter.charset_fallbacks)


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        (b"<a@b>", ("<a@b>",)),
        (b"<a@b> <c@d>\r\n <a@b>", ("<a@b>", "<c@d>")),
        (b"<a@b>,<c@d>", ("<a@b>", "<c@d>")),
        (b"Your letter of Monday <a@b>", ("<a@b>",)),
        (b"<a b c>", ("<a b c>",)),
        (b"<[f3b8@local]@exchange.example>", ("<[f3b8@local]@exchange.example>",)),
        (b"a@b c@d", ("<a@b>", "<c@d>")),
        (b"", ()),
    ],
)
def test_message_ids_keep_what_stands_between_the_brackets(raw: bytes, ids: tuple[str, ...]) -> None:
    assert message_ids(raw) == ids


def test_a_message_id_without_brackets_gets_them() -> None:
    assert message_id(b"abc") == "<abc>"


def test_a_letter_without_a_message_id_always_gets_the_same() -> None:
    first, second, other = read(b"Subject: x\n\ny"), read(b"Subject: x\n\ny"), read(b"Subject: x\n\nz")
    assert first.message_id_derived
    assert first.message_id == second.message_id != other.message_id


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (b"Wed, 12 Mar 2025 14:30:00 +0300", datetime(2025, 3, 12, 11, 30, tzinfo=UTC)),
        (b"12 Mar 25 14:30:00 GMT", datetime(2025, 3, 12, 14, 30, tzinfo=UTC)),
        (b"Wed, 12 Mar 2025 14:30:00 GMT+0300", datetime(2025, 3, 12, 11, 30, tzinfo=UTC)),
        (b"Wed, 12 Mar 125 14:30:00 +0000", datetime(2025, 3, 12, 14, 30, tzinfo=UTC)),
        (b"2025-03-12T14:30:00Z", datetime(2025, 3, 12, 14, 30, tzinfo=UTC)),
        (b"Wed, 12 Mar 2025 14:30:60 +0000", datetime(2025, 3, 12, 14, 30, 59, tzinfo=UTC)),
        (b"yesterday", None),
        (b"Wed, 12 Mar 1801 14:30:00 +0000", None),
        (b"Wed, 99 Mar 2025 14:30:00 +0000", None),
        (b"", None),
    ],
)
def test_a_date_is_utc_or_nothing(raw: bytes, moment: datetime | None) -> None:
    assert date(raw) == moment


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("attachment; filename=a.pdf", "a.pdf"),
        ('attachment; filename="a b;c.pdf"', "a b;c.pdf"),
        ("attachment; filename=my file.pdf", "my file.pdf"),
        ('attachment; filename="open', "open"),
        ("attachment; filename*=utf-8''%D0%BE.pdf", "о.pdf"),
        ('attachment; filename*0="long "; filename*1="name.pdf"', "long name.pdf"),
        ("attachment; filename*0*=utf-8''%D0; filename*1*=%BE; filename*2=.pdf", "о.pdf"),
        ("attachment; filename*1*=%BE.pdf; filename*0*=utf-8''%D0", "о.pdf"),
        ("attachment; filename=x.pdf; filename*=utf-8''y.pdf", "y.pdf"),
        ("attachment; filename=a.pdf (a comment)", "a.pdf"),
        ('attachment; filename="quo\\"te.pdf"', 'quo"te.pdf'),
        ('attachment; filename="the "real" name.pdf"', 'the "real" name.pdf'),
        ('attachment filename="a b.pdf"; size=3', "a b.pdf"),
        ("attachment, filename=a.pdf", "a.pdf"),
        ('attachment; filename="a.pdf" size=3', "a.pdf"),
    ],
)
def test_file_names_in_parameters(raw: str, name: str) -> None:
    assert parameters(raw)["filename"] == name


def test_control_headers_of_our_own_are_stripped_unless_trusted() -> None:
    raw = b"From: a@b.example\r\nX-Glazok-Ticket: 7\r\nX-Glazok-Loop: 1\r\n\r\nx"
    assert not any(name.lower().startswith("x-glazok") for name, _ in read(raw).headers)
    assert ("X-Glazok-Ticket", "7") in read(raw, trusted=True).headers
    assert read(raw).loop


@pytest.mark.parametrize("word", [b"=?utf-8?b?4pi6?=", b"!", b"Re: ", b"=?utf-8?q?_?="])
def test_a_subject_of_forty_thousand_words_hides_nobody(word: bytes) -> None:
    """Where a search grew with the square of the subject, this would take minutes."""
    letter = read(b"From: Eve <eve@c.example>\r\nSubject: " + word * 40_000 + b"\r\n\r\nHello")
    assert (letter.from_addr, letter.body_text.strip(), letter.error) == ("eve@c.example", "Hello", "")
