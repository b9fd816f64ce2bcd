"""One letter that comes twice is one message; two letters are two, however much alike they look."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core import clock
from core.db.tables import MessageRow
from core.domain.letters import Letter
from core.services.desk import Desk
from mailbridge.letter import read
from tests.builders import arrive, desk_in, letter, mailbox_toml, rows

LETTER = (
    "Received: from a.example by mx.desk.example for <{to}>; Wed, 12 Mar 2025 14:30:0{n} +0300\r\n"
    "Delivered-To: {to}\r\nReturn-Path: <ivan@client.example>\r\n{verdict}"
    "From: Ivan <ivan@client.example>\r\nTo: support@desk.example, sales@desk.example\r\n"
    "Subject: {subject}\r\n{date}\r\n{words}\r\n"
)
DATE = "Date: Wed, 12 Mar 2025 14:30:00 +0300\r\n"


def raw(n: int, *, words: str = "Help", subject: str = "x", date: str = DATE) -> bytes:
    """A letter without a Message-ID as it lies in one of two mailboxes."""
    to = ("support@desk.example", "sales@desk.example")[n]
    verdict = f"Authentication-Results: mx{n}.desk.example; dmarc=pass\r\n" if n else ""
    return LETTER.format(to=to, n=n, verdict=verdict, words=words, subject=subject, date=date).encode()


@pytest.mark.parametrize("date", [DATE, ""])
def test_a_letter_without_an_id_that_comes_to_two_of_our_mailboxes_is_one_ticket(
    tmp_path: Path, date: str
) -> None:
    sales = mailbox_toml("sales", "sales@desk.example")
    with desk_in(tmp_path / "desk", toml=sales) as desk:
        first = arrive(desk, read(raw(0, date=date)))
        second = arrive(desk, read(raw(1, date=date)), mailbox="sales")
        assert (first.outcome, second.outcome) == ("opened", "duplicate")
        assert second.ticket_id == first.ticket_id
        assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'inbound'") == [(1,)]


@pytest.mark.parametrize(
    "other",
    [
        {"words": "Help me"},
        {"subject": "y"},
        {"date": DATE.replace("14:30:00", "14:30:01")},
    ],
)
def test_two_letters_without_an_id_are_two(desk: Desk, other: dict[str, str]) -> None:
    first, second = read(raw(0)), read(raw(0, **other))
    assert first.message_id != second.message_id
    assert [arrive(desk, one).outcome for one in (first, second)] == ["opened", "opened"]


def test_words_and_borders_do_not_run_into_one_another() -> None:
    """A word that moves from the subject into the text makes another letter."""
    assert (
        read(raw(0, subject="a b", words="c")).message_id != read(raw(0, subject="a", words="b c")).message_id
    )


def test_a_script_that_says_the_same_another_day_is_heard_again(desk: Desk) -> None:
    one = read(raw(0, date=""))
    arrive(desk, one)
    with desk.write() as session:
        session.execute(update(MessageRow).values(created_at=clock.now() - timedelta(days=1, minutes=1)))
    assert arrive(desk, one).outcome == "opened"
    assert arrive(desk, one).outcome == "duplicate"


def test_a_damaged_letter_without_an_id_keeps_apart_from_others_of_the_same_headers() -> None:
    from mailbridge.letter.reading import salvaged

    same = [salvaged(raw(n), "broken").message_id for n in (0, 1)]
    other = salvaged(raw(0, words="Another"), "broken").message_id
    assert same[0] == same[1] != other


def test_two_letters_of_one_id_are_both_kept(desk: Desk) -> None:
    arrive(desk, letter("Одно", message_id="<same@client.example>"))
    arrive(desk, letter("Другое", message_id="<same@client.example>"))
    assert rows(desk, "SELECT body FROM message WHERE kind = 'inbound' ORDER BY id") == [
        ("Одно",),
        ("Другое",),
    ]


@pytest.mark.parametrize("one", [letter("Одно"), read(raw(0))], ids=["id", "date"])
def test_a_letter_that_says_which_one_it_is_is_the_same_whenever_it_comes(desk: Desk, one: Letter) -> None:
    arrive(desk, one)
    with desk.write() as session:
        session.execute(update(MessageRow).values(created_at=clock.now() - timedelta(days=90)))
    assert arrive(desk, one).outcome == "duplicate"
