"""What can be taken back, until when, and what comes back with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import Conflict
from core.services import (
    asking,
    drafts,
    lines,
    outbox,
    replies,
    undoing,
)
from core.services.desk import Desk
from tests.builders import (
    everything,
    last_of,
    opened,
    who,
)
from tests.integration.lives import say, taken, where


def test_an_act_stands_once_a_colleague_has_gone_on_with_the_ticket(desk: Desk) -> None:
    anna, boris = who(desk, "anna"), who(desk, "boris")
    goes_on: tuple[Callable[[int], object], ...] = (
        lambda t: replies.note(desk, boris, t, "Занимаюсь"),
        lambda t: asking.ask(desk, boris, t, "?", login="nadia"),
    )
    for n, act in enumerate(goes_on):
        ticket = taken(desk, sender=f"{n}@x.example")
        lines.pass_on(desk, anna, ticket, login="boris")
        lines.follow(desk, boris, ticket)
        act(ticket)
        before = everything(desk)
        with pytest.raises(Conflict, match="Boris Orlov has gone on"):
            undoing.undo(desk, anna, ticket)
        assert everything(desk) == before


def test_an_answer_that_accepted_is_one_act_and_its_text_is_a_draft_again(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    replies.reply(desk, anna, ticket, "Длинный ответ", last_of(desk, ticket))
    undoing.undo(desk, anna, ticket)
    assert where(desk, ticket) == ("new", "north", "")
    draft = drafts.load(desk, anna, ticket, "reply")
    assert draft is not None
    assert draft.text == "Длинный ответ"
    replies.reply(desk, anna, ticket, draft.text, draft.seen)
    undoing.undo(desk, anna, ticket)
    with pytest.raises(Conflict, match="nothing of yours"):
        undoing.undo(desk, anna, ticket)


def test_a_draft_that_was_begun_since_is_not_overwritten_by_an_undone_answer(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    say(desk, "anna", ticket)
    drafts.save(desk, anna, ticket, "reply", "Уже другое", last_of(desk, ticket))
    undoing.undo(desk, anna, ticket)
    draft = drafts.load(desk, anna, ticket, "reply")
    assert draft is not None
    assert draft.text == "Уже другое"


def test_a_letter_that_a_relay_may_have_seen_is_not_taken_back(desk: Desk) -> None:
    ticket = taken(desk)
    say(desk, "anna", ticket)
    for item in outbox.due(desk, "w", 100):
        outbox.retry_later(desk, item.id, "busy", "w", 60)
    with pytest.raises(Conflict, match="on its way"):
        undoing.undo(desk, who(desk, "anna"), ticket)
