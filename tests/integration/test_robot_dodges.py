"""Nothing dodges a promise: what goes to and fro, what is closed and comes back, what moves to another group."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.db.tables import TicketRow
from core.domain.permissions import Role
from core.errors import Conflict, GlazokError
from core.services import agents, asking, lines, notices, replies, robot, shifts, tickets, undoing, voices
from core.services.desk import Desk
from tests.builders import (
    CLIENT,
    answer_to,
    arrive,
    change,
    desk_in,
    last_of,
    make_desk,
    opened,
    rows,
    seen_by_all,
    who,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUIET = "[robot.silent_owner]\nenabled = false\n"


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def quiet(tmp_path: Path, engine: str) -> Iterator[Desk]:
    """A desk whose owners may be silent for as long as they like."""
    at()
    with desk_in(tmp_path / "quiet", toml=QUIET) as made:
        yield made


def at(**after_noon: float) -> None:
    clock.set_to(NOON + timedelta(**after_noon))


def run(desk: Desk) -> list[str]:
    return [one.scenario for one in robot.run_once(desk)]


def kinds(desk: Desk, login: str) -> list[str]:
    return [one.kind for one in notices.mine(desk, who(desk, login))]


def test_accepting_and_giving_back_by_turns_does_not_put_the_promise_off(desk: Desk) -> None:
    at()
    ticket, anna = opened(desk), who(desk, "anna")
    for minute in (10, 24):
        at(minutes=minute)
        assert run(desk) == []
        tickets.accept(desk, anna, ticket)
        at(minutes=minute + 1)
        tickets.release(desk, anna, ticket)
    at(minutes=31)
    assert run(desk) == ["unaccepted"]
    at(minutes=40)
    tickets.accept(desk, anna, ticket)
    tickets.release(desk, anna, ticket)
    at(minutes=41)
    assert run(desk) == [], "whoever was told is told again after the whole time"
    at(minutes=71)
    assert run(desk) == ["unaccepted"]


def test_what_was_answered_meanwhile_waits_anew_when_it_is_given_back(desk: Desk) -> None:
    at()
    ticket, anna = opened(desk), who(desk, "anna")
    at(minutes=20)
    replies.reply(desk, anna, ticket, "?", last_of(desk, ticket))
    arrive(desk, answer_to(desk, ticket))
    at(minutes=25)
    tickets.release(desk, anna, ticket)
    at(minutes=31)
    assert run(desk) == []
    at(minutes=56)
    assert run(desk) == ["unaccepted"]


def test_a_ticket_is_not_passed_to_where_it_is(desk: Desk) -> None:
    at()
    ticket = opened(desk)
    at(minutes=20)
    with pytest.raises(Conflict, match="already"):
        lines.pass_on(desk, who(desk, "anna"), ticket, group_key="north")
    at(minutes=31)
    assert run(desk) == ["unaccepted"]


def test_a_passed_ticket_has_the_whole_time_in_its_new_group_though_it_was_new_before(desk: Desk) -> None:
    at()
    ticket = opened(desk)
    at(minutes=29)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    at(minutes=58)
    assert run(desk) == []
    at(minutes=60)
    assert run(desk) == ["unaccepted"]


def test_whoever_heads_the_group_to_which_a_ticket_long_in_work_goes_is_told_too(quiet: Desk) -> None:
    agents.add(quiet, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    ticket = opened(quiet)
    tickets.accept(quiet, who(quiet, "anna"), ticket)
    at(hours=3, minutes=1)
    assert sorted(run(quiet)) == ["in_work_head", "in_work_owner"]
    lines.pass_on(quiet, who(quiet, "anna"), ticket, login="sonya")
    assert kinds(quiet, "nadia") == []
    assert sorted(run(quiet)) == ["in_work_head", "in_work_owner"]
    assert "in_work_head" in kinds(quiet, "dora")
    assert "in_work_owner" in kinds(quiet, "sonya")
    assert kinds(quiet, "nadia") == [], "it is not theirs any more"
    at(hours=9)
    assert run(quiet) == []


def test_whoever_heads_the_group_to_which_a_ticket_long_in_work_goes_back_is_told(quiet: Desk) -> None:
    agents.add(quiet, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    ticket = opened(quiet)
    tickets.accept(quiet, who(quiet, "anna"), ticket)
    lines.pass_on(quiet, who(quiet, "anna"), ticket, login="sonya")
    at(hours=3, minutes=1)
    assert sorted(run(quiet)) == ["in_work_head", "in_work_owner"]
    lines.pass_back(quiet, who(quiet, "sonya"), ticket)
    assert sorted(run(quiet)) == ["in_work_head", "in_work_owner"]
    assert ("in_work_head" in kinds(quiet, "nadia"), kinds(quiet, "dora")) == (True, [])
    at(hours=9)
    assert run(quiet) == []


def test_a_ticket_goes_back_to_an_admin_who_belongs_to_no_group(quiet: Desk) -> None:
    ticket = opened(quiet)
    tickets.accept(quiet, who(quiet, "root"), ticket)
    lines.pass_on(quiet, who(quiet, "root"), ticket, login="boris")
    lines.pass_back(quiet, who(quiet, "boris"), ticket)
    owner = seen_by_all(quiet, ticket).owner
    assert owner is not None
    assert owner.login == "root"


def test_a_new_owner_in_the_same_group_is_told_and_its_head_not_again(quiet: Desk) -> None:
    ticket = opened(quiet)
    tickets.accept(quiet, who(quiet, "anna"), ticket)
    at(hours=3, minutes=1)
    run(quiet)
    lines.pass_on(quiet, who(quiet, "anna"), ticket, login="boris")
    assert run(quiet) == ["in_work_owner"]
    assert "in_work_owner" in kinds(quiet, "boris")
    assert kinds(quiet, "nadia").count("in_work_head") == 1
    undoing.undo(quiet, who(quiet, "anna"), ticket)
    assert run(quiet) == [], "nobody is told twice of one cause"


def test_what_was_asked_on_a_closed_ticket_stops_no_clock_when_it_comes_back(desk: Desk) -> None:
    at()
    ticket, anna = opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, ticket)
    asked = asking.ask(desk, anna, ticket, "?", login="boris")
    at(minutes=5)
    tickets.close(desk, anna, ticket)
    assert asking.open_asks(desk, who(desk, "boris")) == []
    assert "asked" not in kinds(desk, "boris")
    with pytest.raises(Conflict, match="closed"):
        asking.answer(desk, who(desk, "boris"), asked.id, "yes")
    at(minutes=50)
    assert run(desk) == [], "nor is anybody told that the question waits"
    arrive(desk, answer_to(desk, ticket))
    at(minutes=66)
    assert run(desk) == ["silent_owner"]


@pytest.mark.parametrize("sender", [CLIENT, "new@else.example"])
def test_a_letter_on_a_solved_ticket_is_not_closed_unread_where_the_ball_does_not_move(
    tmp_path: Path, sender: str
) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=QUIET + "[robot]\nmoves_ball = false\n") as desk:
        ticket, anna = opened(desk), who(desk, "anna")
        tickets.accept(desk, anna, ticket)
        tickets.solve(desk, anna, ticket)
        at(days=2)
        letter = answer_to(desk, ticket, "It does not work!", sender=sender)
        came = arrive(desk, letter).message_id or 0
        if sender != CLIENT:
            voices.accept(desk, anna, came)
        assert seen_by_all(desk, ticket).status == "solved"
        at(days=30)
        assert run(desk) == []
        replies.reply(desk, anna, ticket, "Try this", last_of(desk, ticket))
        at(days=32)
        assert run(desk) == []
        at(days=33, minutes=1)
        assert run(desk) == ["forgotten"]


# Both at once


def both(first: tuple[Desk, Callable[[Desk], Any]], second: tuple[Desk, Callable[[Desk], Any]]) -> list[str]:
    barrier = threading.Barrier(2)

    def go(one: tuple[Desk, Callable[[Desk], Any]]) -> str:
        barrier.wait()
        try:
            one[1](one[0])
        except GlazokError as error:
            return type(error).__name__
        return "ok"

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(go, (first, second)))


@pytest.mark.postgres
def test_an_answer_and_a_note_at_once_do_not_get_in_each_others_way(tmp_path: Path, engine: str) -> None:
    with closing(make_desk(tmp_path / "desk")) as desk, closing(Desk.open(desk.settings)) as other:
        anna, boris, ticket = who(desk, "anna"), who(desk, "boris"), opened(desk)
        tickets.accept(desk, anna, ticket)
        for _round in range(20):
            asked = asking.ask(desk, anna, ticket, "?", login="boris").id
            came = both(
                (desk, lambda one, asked=asked: asking.answer(one, boris, asked, "x")),  # type: ignore[misc]
                (other, lambda one: replies.note(one, anna, ticket, "n")),
            )
            assert came == ["ok", "ok"]


@pytest.mark.postgres
def test_two_hand_overs_in_opposite_order_end_both_in_an_answer(tmp_path: Path, engine: str) -> None:
    with closing(make_desk(tmp_path / "desk")) as desk, closing(Desk.open(desk.settings)) as other:
        anna = who(desk, "anna")
        ids = [opened(desk, sender=f"c{number}@x.example") for number in range(2)]
        for _round in range(8):
            for ticket in ids:
                tickets.accept(desk, anna, ticket)
            came = both(
                (desk, lambda one: shifts.hand_over(one, anna, ids, next_shift=True)),
                (other, lambda one: shifts.hand_over(one, anna, ids[::-1], next_shift=True)),
            )
            assert sorted(came) == ["Forbidden", "ok"], "the second one is told that they are gone"


@pytest.mark.postgres
def test_the_end_of_a_shift_and_a_hand_over_do_not_wait_for_each_other(tmp_path: Path, engine: str) -> None:
    with closing(make_desk(tmp_path / "desk")) as desk, closing(Desk.open(desk.settings)) as other:
        anna = who(desk, "anna")
        shifts.start(desk, anna)
        low, high = (opened(desk, sender=f"c{number}@x.example") for number in range(2))
        for ticket in (low, high):
            tickets.accept(desk, anna, ticket)
        change(desk, high, since=NOON - timedelta(days=1000))
        with ThreadPoolExecutor(1) as pool:
            with other.write() as session:
                session.get_one(TicketRow, low)
                ended = pool.submit(shifts.end, desk, anna, keep=True)
                while not rows(desk, "SELECT 1 FROM pg_locks WHERE NOT granted"):
                    assert not ended.done()
                session.get_one(TicketRow, high)
            ended.result()
        assert [one.state for one in shifts.board(desk, anna) if one.login == "anna"] == ["gone"]
