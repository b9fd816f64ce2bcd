"""Who is told, who may act, and to whom tickets go: the rules of a ticket's life, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.db.tables import TicketRow
from core.domain.notices import NoticeKind
from core.domain.permissions import Role
from core.errors import BadInput, Conflict, Forbidden, NotFound, SendGuardHeld
from core.services import (
    agents,
    asking,
    clients,
    drafts,
    identity,
    lines,
    notices,
    reading,
    replies,
    robot,
    shifts,
    tickets,
    undoing,
)
from core.services.access import OPERATOR
from core.services.desk import Desk
from tests.builders import (
    CLIENT,
    agent,
    board,
    desk_in,
    everything,
    last_of,
    may_enter,
    opened,
    rows,
    who,
)
from tests.integration.lives import NOON, taken, told, where


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


# What is told outlives the right to see


def test_a_notice_says_nothing_and_is_not_mailed_where_the_reader_may_not_see_the_ticket(desk: Desk) -> None:
    ticket = opened(desk)
    with desk.write() as session:
        row = session.get_one(TicketRow, ticket)
        notices.post(
            session, row, NoticeKind.OWN, row.last_event, NOON, audience="agent",
            agent_id=agent(desk, "sonya").id, data={"text": "Иван: Не могу войти"}, by_mail=True,
        )  # fmt: skip
    (notice,) = notices.mine(desk, who(desk, "sonya"))
    assert (notice.subject, notice.text) == ("", "You may not see this ticket any more.")
    assert notices.mail(desk) == 0


def test_nobody_acknowledges_the_notices_of_others_not_even_an_admin(desk: Desk) -> None:
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, login="boris")
    (notice,) = notices.mine(desk, who(desk, "boris"))
    for login in ("root", "anna"):
        with pytest.raises(NotFound):
            notices.acknowledge(desk, who(desk, login), notice.id)
    notices.acknowledge(desk, who(desk, "boris"), notice.id)


def test_what_a_group_without_a_head_should_know_the_admins_hear(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk") as desk:
        clock.set_to(NOON)
        ticket = opened(desk, region="Caucasus")
        headed = opened(desk)
        clock.set_to(NOON + timedelta(minutes=31))
        robot.run_once(desk)
        assert told(desk, "root", ticket) == ["unaccepted"]
        assert told(desk, "root", headed) == []


def test_whom_a_scenario_tells_by_name_sees_the_ticket(tmp_path: Path) -> None:
    tell = '[[scenarios]]\nname = "n"\nwhen = {event = "opened"}\nthen = [{notify = "agent:sonya"}]\n'
    with desk_in(tmp_path / "desk", toml=tell) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        robot.run_once(desk)
        assert told(desk, "sonya", ticket) == ["own"]
        assert reading.view(desk, who(desk, "sonya"), ticket).id == ticket


# Groups that follow


def test_a_group_that_passed_a_ticket_on_sees_it_in_lists_on_cards_and_by_client(desk: Desk) -> None:
    ticket = opened(desk)
    lines.pass_on(desk, who(desk, "nadia"), ticket, group_key="south")
    boris = who(desk, "boris")
    assert [row.id for row in reading.list_tickets(desk, boris)] == [ticket]
    assert [one.id for one in clients.card(desk, boris, CLIENT).tickets] == [ticket]
    assert may_enter(identity.Identity(desk), boris.id or 0, f"t{ticket}")
    with closing(board(desk, "boris")) as reader:
        assert set(reader.cards([ticket])) == {ticket}


ASSIGN = '[[scenarios]]\nname = "a"\nwhen = {event = "opened"}\nthen = [{assign = "sonya"}]\n'


def test_a_group_from_which_a_scenario_gives_a_ticket_away_goes_on_seeing_it(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=ASSIGN) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        robot.run_once(desk)
        assert where(desk, ticket) == ("needs_reply", "south", "sonya")
        assert [row.id for row in reading.list_tickets(desk, who(desk, "anna"))] == [ticket]
        lines.pass_back(desk, who(desk, "sonya"), ticket)
        assert where(desk, ticket) == ("new", "north", "")


# The robot's hand


CANNED = """[robot.silent_owner]
enabled = false
[[scenarios]]
name = "c"
when = {status = "needs_reply", for = "1m"}
then = [{reply = "Мы помним о вас."}]
"""


def test_a_canned_letter_of_a_scenario_holds_back_an_answer_that_has_not_seen_it(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=CANNED) as desk:
        clock.set_to(NOON)
        ticket = taken(desk)
        seen = last_of(desk, ticket)
        clock.set_to(NOON + timedelta(minutes=2))
        robot.run_once(desk)
        with pytest.raises(SendGuardHeld):
            replies.reply(desk, who(desk, "anna"), ticket, "Ответ", seen)


MOVES = '[[scenarios]]\nname = "m"\nwhen = {event = "noted"}\nthen = [{status = "needs_reply"}]\n'


def test_a_scenario_that_cannot_move_a_ticket_leaves_its_owner(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=MOVES) as desk:
        robot.run_once(desk)
        ticket = taken(desk, "boris")
        tickets.close(desk, who(desk, "boris"), ticket)
        agents.edit(desk, "boris", active=False)
        replies.note(desk, who(desk, "anna"), ticket, "Заметка")
        robot.run_once(desk)
        assert where(desk, ticket) == ("closed", "north", "boris")


# Passing, handing over, leaving


RENEWS = '[[scenarios]]\nname = "r"\nwhen = {event = "noted"}\nthen = [{status = "new"}]\n'


def test_what_a_scenario_makes_new_has_no_owner(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=RENEWS) as desk:
        robot.run_once(desk)
        ticket = taken(desk)
        replies.note(desk, who(desk, "anna"), ticket, "Заметка")
        robot.run_once(desk)
        assert where(desk, ticket) == ("new", "north", "")


def test_what_nobody_owns_is_handed_over_by_supervisors_alone(desk: Desk) -> None:
    ticket = opened(desk)
    before = everything(desk)
    with pytest.raises(Forbidden):
        shifts.hand_over(desk, who(desk, "boris"), [ticket], group_key="south")
    assert everything(desk) == before
    shifts.hand_over(desk, who(desk, "nadia"), [ticket], group_key="south")
    assert where(desk, ticket) == ("new", "south", "")


def test_a_ticket_does_not_go_back_to_an_owner_who_has_left_the_group(desk: Desk) -> None:
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    agents.edit(desk, "anna", remove_groups=["north"], add_groups={"first": Role.AGENT})
    tickets.accept(desk, who(desk, "sonya"), ticket)
    lines.pass_back(desk, who(desk, "sonya"), ticket)
    assert where(desk, ticket) == ("new", "north", "")


def test_the_way_back_goes_step_by_step_and_an_undo_gives_a_step_back(desk: Desk) -> None:
    agents.add(desk, "fedya", "Fedya", groups={"first": Role.AGENT})
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    tickets.accept(desk, who(desk, "sonya"), ticket)
    lines.pass_on(desk, who(desk, "sonya"), ticket, group_key="first")
    undoing.undo(desk, who(desk, "sonya"), ticket)
    lines.pass_on(desk, who(desk, "sonya"), ticket, group_key="first")
    tickets.accept(desk, who(desk, "fedya"), ticket)
    lines.pass_back(desk, who(desk, "fedya"), ticket)
    assert where(desk, ticket) == ("needs_reply", "south", "sonya")
    lines.pass_back(desk, who(desk, "sonya"), ticket)
    assert where(desk, ticket) == ("needs_reply", "north", "anna")
    with pytest.raises(Conflict, match="not passed on"):
        lines.pass_back(desk, who(desk, "anna"), ticket)


def test_an_operator_who_returns_a_ticket_follows_nothing(desk: Desk) -> None:
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    lines.pass_back(desk, OPERATOR, ticket)
    assert rows(desk, "SELECT id FROM involved WHERE agent_id IS NULL AND group_id IS NULL") == []


def test_who_has_left_is_on_no_shift_when_they_come_back(desk: Desk) -> None:
    shifts.start(desk, who(desk, "anna"))
    agents.edit(desk, "anna", active=False)
    agents.edit(desk, "anna", active=True)
    assert {one.login: one.state for one in shifts.board(desk, who(desk, "nadia"))}["anna"] == "gone"


def test_the_shift_board_counts_only_what_its_reader_may_see(desk: Desk) -> None:
    agents.edit(desk, "boris", add_groups={"south": Role.AGENT})
    taken(desk, "boris")
    taken(desk, "boris", region="Caucasus", sender="b@x.example")

    def in_hand(login: str) -> int:
        return {one.login: one.in_hand for one in shifts.board(desk, who(desk, login))}["boris"]

    assert (in_hand("anna"), in_hand("sonya"), in_hand("root"), in_hand("boris")) == (1, 1, 2, 2)


@pytest.mark.parametrize("event", [10**6, 10**19, -1, -(10**19)])
def test_an_event_that_is_yet_to_come_cannot_be_marked_as_seen(desk: Desk, event: int) -> None:
    ticket = opened(desk)
    anna = who(desk, "anna")
    with pytest.raises(BadInput, match="has no event"):
        tickets.mark_seen(desk, anna, ticket, event)
    with pytest.raises(BadInput, match="has no event"):
        drafts.save(desk, anna, ticket, "reply", "Текст", event)
    tickets.mark_seen(desk, who(desk, "anna"), ticket, last_of(desk, ticket))


# Words that go along


GOES_ALONG: dict[str, Callable[[Desk, int], tuple[str, ...]]] = {
    "pass": lambda desk, t: (
        lines.pass_on(desk, who(desk, "anna"), t, login="boris", text="@sonya, @boris").mentioned_outside
    ),
    "back": lambda desk, t: lines.pass_back(desk, who(desk, "anna"), t, text="@sonya").mentioned_outside,
    "ask": lambda desk, t: (
        asking.ask(desk, who(desk, "anna"), t, "@sonya, @boris?", login="boris").mentioned_outside
    ),
    "answer": lambda desk, t: (
        asking.answer(
            desk, who(desk, "anna"), asking.ask(desk, who(desk, "nadia"), t, "?", login="anna").id, "@sonya"
        ).mentioned_outside
    ),
    "hand over": lambda desk, t: (
        shifts.hand_over(desk, who(desk, "anna"), [t], next_shift=True, text="@sonya")[0].mentioned_outside
    ),
}


@pytest.mark.parametrize("act", GOES_ALONG)
def test_whoever_is_mentioned_in_the_words_of_an_act_is_told_and_let_in(desk: Desk, act: str) -> None:
    ticket = taken(desk, "nadia" if act == "back" else "anna")
    if act == "back":
        lines.pass_on(desk, who(desk, "nadia"), ticket, login="anna")
    assert GOES_ALONG[act](desk, ticket) == ("Sonya Belova",)
    assert told(desk, "sonya", ticket) == ["mentioned"]
    assert reading.view(desk, who(desk, "sonya"), ticket).id == ticket
    assert "mentioned" not in told(desk, "boris", ticket), "who is passed or asked it is told so already"
