"""New voices: a stranger's letter stands privately on the ticket until an agent decides."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from core.db import voices as voice_db
from core.domain.letters import LetterKind
from core.errors import BadInput, Conflict, NotFound
from core.services import replies, tickets, undoing, voices
from core.services.access import Actor
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outcomes import Done
from core.services.models.ticket import TicketView
from tests.builders import answer_to, arrive, board, everything, last_of, opened, rows, seen_by_all, who
from tests.integration.test_core_plans import statements

STRANGER = "new@else.example"


def waiting(desk: Desk) -> int:
    """A ticket of anna's that waits for its client."""
    ticket = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", last_of(desk, ticket))
    return ticket


def strange(desk: Desk, ticket: int, words: str = "Я тоже с этим столкнулся.", sender: str = STRANGER) -> int:
    """A stranger's letter on a ticket; its number."""
    taken = arrive(desk, answer_to(desk, ticket, words, sender=sender, name="New"))
    assert (taken.outcome, taken.ticket_id) == ("joined", ticket)
    return taken.message_id or 0


def answer(desk: Desk, ticket: int) -> None:
    replies.reply(desk, who(desk, "anna"), ticket, "Ещё ответ", last_of(desk, ticket))


def messages(view: TicketView) -> dict[int, MessageView]:
    return {item.message.id: item.message for item in view.timeline if item.message}


def kinds(view: TicketView) -> list[str]:
    return [item.event.kind for item in view.timeline]


def test_who_is_let_in_counts_as_the_client_from_then_on(desk: Desk) -> None:
    ticket = waiting(desk)
    letter = strange(desk, ticket)
    answer(desk, ticket)
    assert seen_by_all(desk, ticket).status == "waiting"
    voices.accept(desk, who(desk, "anna"), letter)
    view = seen_by_all(desk, ticket)
    assert (view.status, kinds(view)[-1]) == ("needs_reply", "voice_accepted"), (
        "the ball is ours by their letter"
    )
    assert not messages(view)[letter].private
    assert {recipient.address for recipient in view.to} == {STRANGER, "ivan@client.example"}
    assert view.client.addresses == ("ivan@client.example",), "the requester stays"
    answer(desk, ticket)
    arrive(desk, answer_to(desk, ticket, "И ещё.", sender=STRANGER))
    view = seen_by_all(desk, ticket)
    assert (view.status, kinds(view)[-1]) == ("needs_reply", "client_wrote")


def test_all_that_they_wrote_is_decided_at_once_and_others_are_not(desk: Desk) -> None:
    ticket = waiting(desk)
    first, second = strange(desk, ticket), strange(desk, ticket, "И ещё.")
    other = strange(desk, ticket, "А я третий.", sender="third@else.example")
    assert [one.message_id for one in voices.open_voices(desk, who(desk, "boris"))] == [first, second, other]
    voices.accept(desk, who(desk, "anna"), second)
    found = messages(seen_by_all(desk, ticket))
    assert [found[one].private for one in (first, second, other)] == [False, False, True]
    assert [one.message_id for one in voices.open_voices(desk, who(desk, "boris"), ticket)] == [other]
    with pytest.raises(Conflict, match="does not wait"):
        voices.keep(desk, who(desk, "boris"), first)


def test_what_is_kept_private_asks_no_more_until_they_write_again(desk: Desk) -> None:
    ticket = waiting(desk)
    letter = strange(desk, ticket)
    status = seen_by_all(desk, ticket).status
    voices.keep(desk, who(desk, "anna"), letter)
    view = seen_by_all(desk, ticket)
    assert (view.status, messages(view)[letter].private, messages(view)[letter].undecided) == (
        status,
        True,
        False,
    )
    assert [recipient.address for recipient in view.to] == ["ivan@client.example"]
    assert voices.open_voices(desk, who(desk, "anna")) == []
    again = strange(desk, ticket, "Вы меня слышите?")
    assert [one.message_id for one in voices.open_voices(desk, who(desk, "anna"))] == [again]


def test_a_letter_becomes_a_ticket_of_its_own(desk: Desk) -> None:
    ticket = waiting(desk)
    first, second = strange(desk, ticket), strange(desk, ticket, "И ещё.")
    done = voices.split(desk, who(desk, "anna"), first)
    own, old = seen_by_all(desk, done.ticket_id), seen_by_all(desk, ticket)
    assert (own.status, own.group.key, own.owner, own.previous_id) == ("new", "north", None, ticket)
    assert own.client.addresses == (STRANGER,)
    assert own.subject == "Не могу войти", "without Re: and number"
    assert [number for number in messages(own) if number in (first, second)] == [first, second]
    assert not any(messages(own)[number].private for number in (first, second))
    assert not {first, second} & set(messages(old))
    assert kinds(old)[-1] == "voice_split"
    assert kinds(own)[-1] == "confirmed", "who opens a ticket is told so"
    taken = arrive(desk, answer_to(desk, own.id, "Спасибо!", sender=STRANGER))
    assert taken.ticket_id == own.id
    assert rows(desk, "SELECT ticket_id FROM mail_ledger WHERE message_id = :m", m=first) == [(own.id,)]


@pytest.mark.parametrize("decision", [voices.accept, voices.keep, voices.split])
def test_every_decision_can_be_taken_back(desk: Desk, decision: Callable[[Desk, Actor, int], Done]) -> None:
    ticket = waiting(desk)
    letter = strange(desk, ticket)
    answer(desk, ticket)
    before = seen_by_all(desk, ticket)
    decided = decision(desk, who(desk, "anna"), letter)
    undoing.undo(desk, who(desk, "anna"), ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner, view.to) == (before.status, before.owner, before.to)
    assert (messages(view)[letter].private, messages(view)[letter].undecided) == (True, True)
    assert [one.message_id for one in voices.open_voices(desk, who(desk, "anna"))] == [letter]
    if decided.ticket_id != ticket:
        assert seen_by_all(desk, decided.ticket_id).status == "deleted"


def test_a_ticket_that_somebody_has_taken_up_is_not_put_back(desk: Desk) -> None:
    ticket = waiting(desk)
    own = voices.split(desk, who(desk, "anna"), strange(desk, ticket)).ticket_id
    tickets.accept(desk, who(desk, "boris"), own)
    before = everything(desk)
    with pytest.raises(Conflict, match=f"gone on with ticket {own}"):
        undoing.undo(desk, who(desk, "anna"), ticket)
    assert everything(desk) == before


def test_a_decision_repeated_under_its_name_is_done_once(desk: Desk) -> None:
    ticket = waiting(desk)
    letter = strange(desk, ticket)
    first = voices.split(desk, who(desk, "anna"), letter, op_id="one")
    again = voices.split(desk, who(desk, "anna"), letter, op_id="one")
    assert (again.ticket_id, again.changed) == (first.ticket_id, False)
    other = strange(desk, ticket, sender="third@else.example")
    assert voices.accept(desk, who(desk, "anna"), other, op_id="two").changed
    assert not voices.accept(desk, who(desk, "anna"), other, op_id="two").changed


def test_thanks_of_who_is_let_in_are_thanks(desk: Desk) -> None:
    ticket = waiting(desk)
    voices.accept(desk, who(desk, "anna"), strange(desk, ticket, "Спасибо!"))
    assert seen_by_all(desk, ticket).thanks


def test_nobody_can_be_let_in_without_an_address_and_a_machine_asks_for_nothing(desk: Desk) -> None:
    ticket = waiting(desk)
    nameless = strange(desk, ticket, sender="")
    with pytest.raises(BadInput, match="names no sender"):
        voices.accept(desk, who(desk, "anna"), nameless)
    arrive(desk, answer_to(desk, ticket, sender=STRANGER, kind=LetterKind.AUTOMATIC))
    assert [one.message_id for one in voices.open_voices(desk, who(desk, "anna"))] == [nameless]
    own = voices.split(desk, who(desk, "anna"), nameless).ticket_id
    assert seen_by_all(desk, own).client.addresses == ()


def test_a_voice_on_a_ticket_that_one_may_not_see_is_none(desk: Desk) -> None:
    ticket = waiting(desk)
    letter = strange(desk, ticket)
    sonya = who(desk, "sonya")
    assert voices.open_voices(desk, sonya) == []
    for decide in (voices.accept, voices.keep, voices.split):
        with pytest.raises(NotFound):
            decide(desk, sonya, letter)
    with pytest.raises(NotFound):
        voices.open_voices(desk, sonya, ticket)


def test_the_card_says_that_a_decision_is_due(desk: Desk) -> None:
    ticket = waiting(desk)
    with closing(board(desk, "anna")) as reader:
        assert not reader.cards([ticket])[ticket].voice
        letter = strange(desk, ticket)
        assert reader.cards([ticket])[ticket].voice
        voices.keep(desk, who(desk, "anna"), letter)
        assert not reader.cards([ticket])[ticket].voice


def test_who_asks_is_found_without_reading_what_all_the_strangers_wrote(desk: Desk) -> None:
    ticket = waiting(desk)
    for sender in ("a@else.example", "b@else.example", "a@else.example"):
        strange(desk, ticket, sender=sender)
    with statements(desk) as said, desk.read() as session:
        asking = voice_db.asking(session, ticket)
    events = rows(desk, "SELECT id FROM event WHERE kind = 'new_voice' ORDER BY id")
    assert asking == [number for (number,) in events[:2]], "one for each stranger"
    assert said
    assert not [statement for statement, _ in said if "message.body" in statement]
