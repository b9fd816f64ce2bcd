"""A letter that says nothing but thanks marks its ticket, until somebody says something else or it is over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from core.domain.letters import Letter, LetterKind
from core.services import reading, replies, tickets, undoing
from core.services.desk import Desk
from tests.builders import answer_to, arrive, board, last_of, opened, seen_by_all, who

THANKS = "Спасибо, всё заработало!"


def answered(desk: Desk) -> int:
    """A ticket of Anna's whose client has the ball."""
    ticket = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Проверьте ещё раз", last_of(desk, ticket))
    return ticket


def thanked(desk: Desk) -> int:
    """A ticket whose client then said thanks."""
    ticket = answered(desk)
    arrive(desk, answer_to(desk, ticket, THANKS))
    assert marked(desk, ticket)
    return ticket


def marked(desk: Desk, ticket: int) -> bool:
    """Whether card, list and ticket say that it is thanks; they agree."""
    with closing(board(desk, "anna")) as reader:
        card = reader.cards([ticket])[ticket].thanks
    listed = reading.all_tickets(desk, who(desk, "anna"), statuses=())
    (line,) = [line for line in listed if line.id == ticket]
    assert card is line.thanks is seen_by_all(desk, ticket).thanks
    return card


def test_thanks_mark_the_ticket_and_the_event_and_the_ball_is_still_ours(desk: Desk) -> None:
    ticket = thanked(desk)
    view = seen_by_all(desk, ticket)
    assert view.status == "needs_reply"
    assert view.timeline[-1].event.kind == "client_wrote"
    assert view.timeline[-1].event.data["thanks"] is True


def test_the_clients_next_words_take_the_mark_away(desk: Desk) -> None:
    ticket = thanked(desk)
    arrive(desk, answer_to(desk, ticket, "Нет, снова не пускает."))
    assert not marked(desk, ticket)
    assert "thanks" not in seen_by_all(desk, ticket).timeline[-1].event.data


@pytest.mark.parametrize(
    "other",
    [
        lambda desk, ticket: answer_to(desk, ticket, THANKS, files={"log.txt": b"error"}),
        lambda desk, ticket: answer_to(desk, ticket, THANKS, sender="stranger@elsewhere.example"),
        lambda desk, ticket: answer_to(desk, ticket, THANKS, error="cut short"),
    ],
    ids=["with-a-file", "from-a-stranger", "damaged"],
)
def test_thanks_with_a_file_of_a_stranger_or_damaged_are_an_ordinary_letter(
    desk: Desk, other: Callable[[Desk, int], Letter]
) -> None:
    ticket = answered(desk)
    arrive(desk, other(desk, ticket))
    assert not marked(desk, ticket)
    ticket = thanked(desk)
    arrive(desk, other(desk, ticket))
    assert not marked(desk, ticket)


def test_what_machines_and_colleagues_write_neither_sets_nor_clears_it(desk: Desk) -> None:
    ticket = answered(desk)
    arrive(desk, answer_to(desk, ticket, THANKS, kind=LetterKind.AUTOMATIC))
    arrive(desk, answer_to(desk, ticket, THANKS, sender="boris@desk.example"))
    assert not marked(desk, ticket)
    ticket = thanked(desk)
    arrive(desk, answer_to(desk, ticket, "Я в отпуске", kind=LetterKind.AUTOMATIC))
    arrive(desk, answer_to(desk, ticket, "Проверил у себя", sender="boris@desk.example"))
    replies.note(desk, who(desk, "anna"), ticket, "Закрываем?")
    assert marked(desk, ticket)


def test_our_answer_clears_it(desk: Desk) -> None:
    ticket = thanked(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Пожалуйста!", last_of(desk, ticket))
    assert not marked(desk, ticket)


def test_solving_or_closing_clears_it_and_an_undo_brings_it_back(desk: Desk) -> None:
    for finish in (tickets.solve, tickets.close):
        ticket = thanked(desk)
        finish(desk, who(desk, "anna"), ticket)
        assert not marked(desk, ticket)
        undoing.undo(desk, who(desk, "anna"), ticket)
        assert marked(desk, ticket)
