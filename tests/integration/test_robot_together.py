"""Robots beside each other and beside people: nothing twice, nobody waits, and one trouble stops nothing else."""

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
from core.errors import Unavailable
from core.services import answering, ledger, life, notices, rearming, replies, robot, robot_runner, tickets
from core.services.desk import Desk
from core.services.robot_types import Acted, Pass
from tests.builders import change, desk_in, make_settings, opened, rows, seen_by_all, who

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY_MAIL = "[robot.unaccepted]\nby_mail = true\n"
CONFIRM = '[[scenarios]]\nname = "auto"\nwhen = { event = "noted" }\nthen = [{ reply = "We are on it" }]\n'


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def at(**after_noon: float) -> None:
    clock.set_to(NOON + timedelta(**after_noon))


def both(first: Desk, second: Desk, act: Callable[[Desk], Any]) -> list[Any]:
    """The same on two desks of one database, at the same moment."""
    barrier = threading.Barrier(2)

    def go(desk: Desk) -> Any:
        barrier.wait()
        return act(desk)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(go, (first, second)))


def count(desk: Desk, what: str) -> int:
    return int(rows(desk, f"SELECT count(*) FROM {what}")[0][0])


def test_two_robots_at_once_write_to_each_client_once(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=CONFIRM) as desk, closing(Desk.open(desk.settings)) as other:
        robot.run_once(desk)
        for number in range(15):
            ticket = opened(desk, sender=f"c{number}@x.example")
            replies.note(desk, who(desk, "anna"), ticket, "?")
        before = count(desk, "message WHERE kind = 'confirmation'")
        both(desk, other, robot.run_once)
        robot.run_once(desk)
        assert count(desk, "message WHERE kind = 'confirmation'") - before == 15


def test_two_that_mail_notices_at_once_write_one_letter(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=BY_MAIL) as desk, closing(Desk.open(desk.settings)) as other:
        for number in range(20):
            opened(desk, sender=f"c{number}@x.example")
        at(hours=1)
        robot._pass(Pass(desk, lambda: True), None)
        assert sorted(both(desk, other, notices.mail)) == [0, 1]
        assert count(desk, "outbox WHERE message_id IS NULL") == 1


def test_a_robot_that_was_down_writes_one_letter_however_much_there_is_to_tell(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=BY_MAIL) as desk:
        ticket = opened(desk)
        at(minutes=31)
        robot.run_once(desk)
        with desk.write() as session:
            session.connection().exec_driver_sql("DELETE FROM outbox WHERE message_id IS NULL")
            session.connection().exec_driver_sql("UPDATE notice SET mailed_at = NULL WHERE by_mail")
            columns = "audience, agent_id, group_id, ticket_id, kind, data, by_mail, created_at"
            for cause in range(10_000, 10_600):
                session.connection().exec_driver_sql(
                    f"INSERT INTO notice ({columns}, cause) SELECT {columns}, {cause} FROM notice WHERE by_mail LIMIT 1"
                )
        robot.run_once(desk)
        robot.run_once(desk)
        (letter,) = rows(desk, "SELECT notice FROM outbox WHERE message_id IS NULL")
        assert "601" in str(letter)
        assert "501 more" in str(letter)
        assert f"#{ticket}" in str(letter)


def test_a_robot_whose_lease_is_lost_in_the_middle_stops(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at()
    ids = [opened(desk, sender=f"c{number}@x.example") for number in range(3)]
    at(minutes=31)
    real = robot._act

    def slow(*args: Any) -> Acted | None:
        acted = real(*args)
        clock.set_to(clock.now() + timedelta(seconds=robot_runner.LEASE_SECONDS + 1))
        ledger.lease(desk, robot_runner.LEASE, "another", robot_runner.LEASE_SECONDS)
        return acted

    monkeypatch.setattr(robot, "_act", slow)
    assert [one.ticket_id for one in robot_runner.beat(desk, "me")] == ids[:1]
    assert ledger.lease_holder(desk, robot_runner.LEASE) == "another"


def test_a_long_pass_keeps_its_lease(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at()
    ids = [opened(desk, sender=f"c{number}@x.example") for number in range(5)]
    at(minutes=31)
    real = robot._act

    def slow(*args: Any) -> Acted | None:
        assert not ledger.lease(desk, robot_runner.LEASE, "another", robot_runner.LEASE_SECONDS)
        clock.set_to(clock.now() + timedelta(seconds=robot_runner.LEASE_SECONDS - 3))
        return real(*args)

    monkeypatch.setattr(robot, "_act", slow)
    assert [one.ticket_id for one in robot_runner.beat(desk, "me")] == ids


def test_a_robot_that_is_told_to_stop_ends_after_the_ticket_in_hand(desk: Desk) -> None:
    at()
    for number in range(3):
        opened(desk, sender=f"c{number}@x.example")
    robot.run_once(desk)
    at(minutes=31)
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert len(robot_runner.beat(desk, "me", stopped)) == 2
    assert len(robot_runner.beat(desk, "me")) == 1


def test_an_unexpected_error_does_not_end_the_robot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    orders, passes = robot_runner.Orders(), []

    def stumble(*_args: object, **_how: object) -> list[Acted]:
        passes.append(1)
        if len(passes) == 3:
            orders.give(stop=True)
        raise KeyError("a bug")

    monkeypatch.setattr(robot, "run_once", stumble)
    monkeypatch.setattr(robot_runner, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(robot_runner, "LONGEST_PAUSE", 0)
    robot_runner.run_for_ever(desk.settings, lambda: desk.settings, orders)
    assert len(passes) == 3
    assert ledger.lease_holder(desk, robot_runner.LEASE) == "", "given back"


def test_a_ticket_that_somebody_has_in_hand_does_not_stop_the_pass(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at()
    busy, free = opened(desk), opened(desk, sender="b@x.example")
    at(minutes=31)
    real = robot._decide

    def held(session: Any, ticket: int, *rest: Any) -> Acted | None:
        if ticket == busy:
            raise Unavailable("somebody has it")
        return real(session, ticket, *rest)

    monkeypatch.setattr(robot, "_decide", held)
    assert [one.ticket_id for one in robot_runner.beat(desk, "me")] == [free]
    monkeypatch.setattr(robot, "_decide", real)
    assert [one.ticket_id for one in robot_runner.beat(desk, "me")] == [busy], "with the next pass"


def test_an_event_whose_ticket_somebody_has_in_hand_is_answered_with_the_next_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at()
    with desk_in(tmp_path / "desk", toml='[[scenarios]]\nname = "x"\nwhen = { event = "opened" }\n'
                 'then = [{ priority = "high" }]\n') as desk:  # fmt: skip
        robot.run_once(desk)
        ids = [opened(desk, sender=f"c{number}@x.example") for number in range(2)]
        real = answering._answer
        monkeypatch.setattr(answering, "_answer", _raise_unavailable)
        assert robot.run_once(desk) == []
        monkeypatch.setattr(answering, "_answer", real)
        assert [one.ticket_id for one in robot.run_once(desk)] == ids


def _raise_unavailable(*_args: object) -> list[Acted]:
    raise Unavailable("somebody has it")


# Changed settings


def test_a_changed_setting_is_brought_to_all_tickets_bit_by_bit_and_from_where_it_was_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at()
    monkeypatch.setattr(rearming, "PAGE", 2)
    ids = [opened(desk, sender=f"c{number}@x.example") for number in range(6)]
    robot.run_once(desk)
    desk.settings = make_settings(Path(str(desk.settings.folder)), toml='[robot.unaccepted]\nafter = "5m"\n')
    looked: list[int] = []
    real = life.rearm

    def counted(session: Any, ticket: Any, **how: Any) -> None:
        looked.append(ticket.id)
        real(session, ticket, **how)

    monkeypatch.setattr(life, "rearm", counted)
    assert rearming.waits(desk)
    assert rearming.step(desk)
    assert looked == ids[:2]
    while rearming.step(desk):
        pass
    assert looked == ids, "each once, and in two goes"
    assert not rearming.waits(desk)
    at(minutes=6)
    assert [one.ticket_id for one in robot.run_once(desk)] == ids


def test_what_is_due_is_done_while_clocks_are_set_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    at()
    ids = [opened(desk, sender=f"c{number}@x.example") for number in range(4)]
    robot.run_once(desk)
    monkeypatch.setattr(rearming, "PAGE", 1)
    desk.settings = make_settings(Path(str(desk.settings.folder)), toml='[robot.unaccepted]\nafter = "40m"\n')
    change(desk, ids[-1], status_since=NOON - timedelta(hours=1))
    at(minutes=31)
    # Nothing is left of the time for setting clocks after the first page.
    assert [one.ticket_id for one in robot.run_once(desk, rearm_for=0)] == [ids[-1]], "by the number in force"
    assert rearming.waits(desk)
    assert robot_runner.pause(desk) < robot_runner.PAUSE_SECONDS
    assert robot.run_once(desk) == []
    assert not rearming.waits(desk)
    assert robot_runner.pause(desk) == robot_runner.PAUSE_SECONDS
    tickets.accept(desk, who(desk, "anna"), ids[0])
    at(minutes=41)
    acted = {one.ticket_id for one in robot.run_once(desk)}
    assert acted == set(ids[1:3])
    assert seen_by_all(desk, ids[0]).status == "needs_reply"
