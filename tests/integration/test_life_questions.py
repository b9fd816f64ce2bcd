"""Questions to colleagues and heads: whom they let in, for how long, and what closing and undoing make of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from core import clock
from core.domain.permissions import Role
from core.domain.tickets import Lane
from core.errors import Forbidden, NotFound
from core.services import (
    agents,
    asking,
    clients,
    identity,
    lines,
    notices,
    reading,
    replies,
    robot,
    tickets,
    undoing,
)
from core.services.desk import Desk
from tests.builders import (
    CLIENT,
    board,
    may_enter,
    seen_by_all,
    who,
)
from tests.integration.lives import NOON, taken, told


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


# A head is asked


@pytest.fixture
def asked(desk: Desk) -> asking.Asked:
    """A question to the head of south on a ticket of anna's in north."""
    agents.add(desk, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    return asking.ask(desk, who(desk, "anna"), taken(desk), "Можно скидку?", head_of="south")


def test_who_heads_the_group_after_the_question_sees_the_ticket_everywhere_and_answers(
    desk: Desk, asked: asking.Asked
) -> None:
    agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
    late, ticket = who(desk, "late"), asked.ticket_id
    assert [one.text for one in asking.open_asks(desk, late)] == ["Можно скидку?"]
    assert [row.id for row in reading.list_tickets(desk, late)] == [ticket]
    assert [one.subject for one in notices.mine(desk, late)] == ["Не могу войти"]
    assert [one.id for one in clients.card(desk, late, CLIENT).tickets] == [ticket]
    assert may_enter(identity.Identity(desk), late.id or 0, f"t{ticket}")
    with closing(board(desk, "late")) as reader:
        assert [entry.id for entry in reader.entries(Lane.HELP_WANTED)] == [ticket]
        assert set(reader.cards([ticket])) == {ticket}
        assert reader.counts(NOON)[Lane.HELP_WANTED].total == 1
    asking.answer(desk, late, asked.id, "Можно.")
    assert reading.view(desk, late, ticket).id == ticket, "who answered goes on seeing what came of it"


def test_a_head_who_is_asked_reads_which_ticket_came_before_where_they_are_asked_there_too(
    desk: Desk, asked: asking.Asked
) -> None:
    later = taken(desk)
    asking.ask(desk, who(desk, "anna"), later, "И тут?", head_of="south")
    agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
    late = who(desk, "late")
    assert reading.view(desk, late, later).previous_id == asked.ticket_id
    assert {row.id: row.previous for row in reading.list_tickets(desk, late)}[later] == asked.ticket_id


def test_a_question_lets_in_the_heads_alone_and_only_while_it_is_open(
    desk: Desk, asked: asking.Asked
) -> None:
    for login in ("sonya", "late"):
        if login == "late":
            asking.answer(desk, who(desk, "dora"), asked.id, "Нет.")
            agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
        someone = who(desk, login)
        assert not asking.open_asks(desk, someone)
        assert not reading.list_tickets(desk, someone)
        with pytest.raises(NotFound):
            reading.view(desk, someone, asked.ticket_id)
        assert not may_enter(identity.Identity(desk), someone.id or 0, f"t{asked.ticket_id}")
        with closing(board(desk, login)) as reader:
            assert reader.cards([asked.ticket_id]) == {}


def test_a_heads_question_is_answered_by_the_heads_and_the_admins_alone(
    desk: Desk, asked: asking.Asked
) -> None:
    replies.note(desk, who(desk, "anna"), asked.ticket_id, "@sonya")
    for login in ("anna", "boris", "nadia", "sonya"):
        with pytest.raises(Forbidden):
            asking.answer(desk, who(desk, login), asked.id, "Да")
    asking.answer(desk, who(desk, "root"), asked.id, "Нет")


def test_nobody_reads_their_own_question_on_a_ticket_that_they_may_not_see_any_more(desk: Desk) -> None:
    ticket = taken(desk, "boris")
    asking.ask(desk, who(desk, "anna"), ticket, "Секрет?", login="boris")
    agents.edit(desk, "anna", remove_groups=["north"], add_groups={"south": Role.AGENT})
    assert asking.open_asks(desk, who(desk, "anna")) == []


# How long a question lets somebody in


def sees(desk: Desk, login: str, ticket: int) -> bool:
    """Whether somebody sees a ticket: in lists, by itself, on the board and by the eye, the same in all."""
    actor = who(desk, login)
    found = {ticket in [row.id for row in reading.list_tickets(desk, actor, statuses=())]}
    found.add(may_enter(identity.Identity(desk), actor.id or 0, f"t{ticket}"))
    with closing(board(desk, login)) as reader:
        found.add(ticket in reader.cards([ticket]))
    try:
        reading.view(desk, actor, ticket)
        found.add(True)
    except NotFound:
        found.add(False)
    (answer,) = found
    return answer


def ask(desk: Desk, ticket: int, login: str) -> int:
    return asking.ask(desk, who(desk, "anna"), ticket, "Видел такое?", login=login).id


def test_a_question_that_is_taken_back_lets_nobody_in_any_more(desk: Desk) -> None:
    ticket = taken(desk)
    number = ask(desk, ticket, "sonya")
    assert sees(desk, "sonya", ticket)
    asking.withdraw(desk, who(desk, "anna"), number)
    assert not sees(desk, "sonya", ticket)
    ask(desk, ticket, "sonya")
    assert sees(desk, "sonya", ticket)
    tickets.close(desk, who(desk, "anna"), ticket)
    assert not sees(desk, "sonya", ticket), "closing takes it back as well"


def test_a_question_that_somebody_else_answered_lets_nobody_in_any_more(desk: Desk) -> None:
    ticket = taken(desk)
    asking.answer(desk, who(desk, "root"), ask(desk, ticket, "sonya"), "Видел.")
    assert not sees(desk, "sonya", ticket)


@pytest.mark.parametrize("reason", ["follows", "mentioned", "answered", "asked again", "in the group"])
def test_who_sees_a_ticket_for_another_reason_goes_on_seeing_it(desk: Desk, reason: str) -> None:
    ticket, anna = taken(desk), who(desk, "anna")
    if reason == "mentioned":
        replies.note(desk, anna, ticket, "@sonya, взгляни")
    first = ask(desk, ticket, "sonya")
    if reason == "follows":
        lines.follow(desk, who(desk, "sonya"), ticket)
    if reason == "answered":
        asking.answer(desk, who(desk, "sonya"), first, "Видела.")
        first = ask(desk, ticket, "sonya")
    if reason == "asked again":
        ask(desk, ticket, "sonya")
    if reason == "in the group":
        agents.edit(desk, "sonya", add_groups={"north": Role.AGENT})
    asking.withdraw(desk, anna, first)
    assert sees(desk, "sonya", ticket)


def test_a_heads_question_that_is_taken_back_lets_no_head_in_any_more(
    desk: Desk, asked: asking.Asked
) -> None:
    assert sees(desk, "dora", asked.ticket_id)
    asking.withdraw(desk, who(desk, "anna"), asked.id)
    assert not sees(desk, "dora", asked.ticket_id)


# A ticket that was closed by mistake


CLOSING = {
    "close": lambda desk, t: tickets.close(desk, who(desk, "anna"), t),
    "status": lambda desk, t: tickets.move_to(desk, who(desk, "anna"), t, "closed"),
}


@pytest.mark.parametrize("by", CLOSING)
def test_undoing_what_closed_a_ticket_brings_its_questions_back(desk: Desk, by: str) -> None:
    clock.set_to(NOON)
    ticket, anna = taken(desk), who(desk, "anna")
    answered, withdrawn, open_one = (ask(desk, ticket, login) for login in ("root", "sonya", "sonya"))
    asking.answer(desk, who(desk, "root"), answered, "Да")
    asking.withdraw(desk, anna, withdrawn)
    clock.set_to(NOON + timedelta(minutes=10))
    CLOSING[by](desk, ticket)
    assert (told(desk, "sonya", ticket), sees(desk, "sonya", ticket)) == ([], False)
    clock.set_to(NOON + timedelta(minutes=20))
    undoing.undo(desk, anna, ticket)
    states = {one.id: (one.state, one.closed_at) for one in seen_by_all(desk, ticket).asks}
    assert states[open_one] == ("open", None)
    assert (states[answered][0], states[withdrawn][0]) == ("answered", "withdrawn")
    assert [one.id for one in asking.open_asks(desk, who(desk, "sonya"))] == [open_one]
    assert (told(desk, "sonya", ticket), sees(desk, "sonya", ticket)) == (["asked"], True)
    with closing(board(desk, "sonya")) as reader:
        assert [entry.id for entry in reader.entries(Lane.HELP_WANTED)] == [ticket]
    # The question's own clock counts from when it was asked; the silent owner's stands still.
    clock.set_to(NOON + timedelta(minutes=29))
    assert robot.run_once(desk) == []
    clock.set_to(NOON + timedelta(minutes=31))
    assert [one.scenario for one in robot.run_once(desk)] == [f"ask:{open_one}"]
    undone_again = tickets.close(desk, anna, ticket)
    assert undone_again.status == "closed"
    undoing.undo(desk, anna, ticket)
    assert robot.run_once(desk) == [], "nobody is told twice of one question"


def test_a_question_of_who_has_left_meanwhile_stays_withdrawn(desk: Desk) -> None:
    ticket = taken(desk)
    ask(desk, ticket, "sonya")
    kept = ask(desk, ticket, "boris")
    tickets.close(desk, who(desk, "anna"), ticket)
    agents.edit(desk, "sonya", active=False)
    undoing.undo(desk, who(desk, "anna"), ticket)
    assert [one.id for one in seen_by_all(desk, ticket).asks if one.state == "open"] == [kept]
