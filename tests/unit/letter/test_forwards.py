"""A forwarded letter is taken apart as mail programs write it: who wrote it, about what, which words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailbridge.letter import read
from tests.unit.letter import builders

GMAIL = """\
Посмотри, пожалуйста.

---------- Forwarded message ---------
От: Иван Петров <ivan@client.example>
Date: ср, 12 мар. 2025 г. в 14:30
Subject: Не могу войти
To: <anna@desk.example>


Здравствуйте!
Кабинет не пускает.
"""
OUTLOOK = """\
Please take this one.

--
Anna Kotova
________________________________
From: Ivan Petrov [mailto:ivan@client.example]
Sent: Wednesday, March 12, 2025 2:30 PM
To: Anna Kotova
Subject: Не могу войти

Здравствуйте!
Кабинет не пускает.
"""
OUTLOOK_RU = """\
Это к нам

-----Исходное сообщение-----
От: Иван Петров <ivan@client.example>
Отправлено: 12 марта 2025 г. 14:30
Кому: Анна Котова <anna@desk.example>
Тема: Не могу войти

Здравствуйте!
Кабинет не пускает.
"""
APPLE = """\
К нам

Начало переадресованного сообщения:

> От: Иван Петров <ivan@client.example>
> Тема: Не могу войти
> Дата: 12 марта 2025 г. в 14:30:00 GMT+3
> Кому: anna@desk.example
>
> Здравствуйте!
> Кабинет не пускает.
"""
THUNDERBIRD = """\
К нам


-------- Пересылаемое сообщение --------
Тема: \tНе могу войти
Дата: \tWed, 12 Mar 2025 14:30:00 +0300
От: \tИван Петров <ivan@client.example>
Кому: \tanna@desk.example



Здравствуйте!
Кабинет не пускает.
"""
YANDEX = """\
К нам

-------- Пересылаемое сообщение --------
12.03.2025, 14:30, "Иван Петров" <ivan@client.example>:

Здравствуйте!
Кабинет не пускает.

-------- Завершение пересылаемого сообщения --------
"""
MAILRU = """\
К нам


-------- Пересылаемое сообщение --------
От кого: Иван Петров <ivan@client.example>
Кому: anna@desk.example
Дата: Среда, 12 марта 2025, 14:30 +03:00
Тема: Не могу войти

Здравствуйте!
Кабинет не пускает.
"""
WORDS = "Здравствуйте!\nКабинет не пускает."


@pytest.mark.parametrize(
    "text",
    [GMAIL, OUTLOOK, OUTLOOK_RU, APPLE, THUNDERBIRD, YANDEX, MAILRU],
    ids=["gmail", "outlook", "outlook-ru", "apple", "thunderbird", "yandex", "mailru"],
)
@pytest.mark.parametrize("how", ["text", "html"])
def test_a_pasted_letter_is_the_original_senders(text: str, how: str) -> None:
    subject = "Fwd: Не могу войти"
    raw = (
        builders.plain(text, subject=subject)
        if how == "text"
        else builders.markup(builders.paragraphs(text), subject=subject)
    )
    letter = read(raw)
    inner = letter.forwarded
    assert inner is not None
    assert (inner.from_addr, inner.from_name) == (
        "ivan@client.example",
        "Ivan Petrov" if text is OUTLOOK else "Иван Петров",
    )
    assert (inner.subject, inner.reply_text) == ("Не могу войти", WORDS)
    assert letter.preface == text.split("\n", 1)[0]


def test_the_date_is_read_where_it_is_one() -> None:
    inner = read(builders.plain(THUNDERBIRD, subject="Fwd: x")).forwarded
    assert inner is not None
    assert inner.date == datetime(2025, 3, 12, 11, 30, tzinfo=UTC)


def test_a_letter_that_is_attached_is_read_as_a_letter() -> None:
    inner = builders.plain("Кабинет не пускает.", subject="Не могу войти")
    raw = (
        b"From: Anna <anna@desk.example>\r\nTo: support@desk.example\r\nSubject: client\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b--\r\n"
    )
    letter = read(raw)
    assert letter.forwarded is not None
    assert (letter.forwarded.from_addr, letter.forwarded.message_id) == (
        "ivan@client.example",
        "<r1@client.example>",
    )
    assert (letter.forwarded.reply_text, letter.preface) == ("Кабинет не пускает.", "See below")
    assert [file.content_type for file in letter.attachments] == ["message/rfc822"], "and kept as a file"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Не могу войти", GMAIL.replace("\n", "\n> ")),
        ("Re: Не могу войти", OUTLOOK_RU),
        ("Question", "From: the beginning\nSubject: it never worked\n\nHelp"),
        ("Fwd: Question", "---------- Forwarded message ---------\nFrom: Ivan Petrov\nSubject: x\n\nHelp"),
        ("Fwd: Question", "Just words"),
    ],
    ids=["answer-quotes-a-forward", "answer", "words", "no-address", "nothing"],
)
def test_what_is_no_forward_or_names_nobody_is_left_alone(subject: str, text: str) -> None:
    letter = read(builders.plain(text, subject=subject))
    assert (letter.forwarded, letter.preface) == (None, "")


def test_two_attached_letters_are_nobodys_alone() -> None:
    part = b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n"
    raw = (
        b"From: a@desk.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 2 + b"--b--\r\n"
    )
    assert read(raw).forwarded is None


@pytest.mark.parametrize("text", [GMAIL, APPLE, YANDEX])
def test_the_mark_is_enough_where_the_subject_was_rewritten(text: str) -> None:
    inner = read(builders.plain(text, subject="Client in trouble")).forwarded
    assert inner is not None
    assert inner.from_addr == "ivan@client.example"
