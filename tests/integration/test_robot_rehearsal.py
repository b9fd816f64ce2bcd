"""A dry run of the robot: it says what a pass would do, changes nothing, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.errors import Unavailable
from core.services import rearming, rehearsal, replies, robot, tickets
from core.services.desk import Desk
from core.services.robot_types import Acted
from tests.builders import change, desk_in, everything, last_of, make_settings, opened, rows, who

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFTEN = '[[scenarios]]\nname = "auto"\nwhen = { event = "noted" }\nthen = [{ reply = "We are on it" }]\n'
CHAIN = """
[[scenarios]]
name = "farewell"
when = { event = "closed" }
then = [{ note = "Bye" }]
[[scenarios]]
name = "echo"
when = { event = "noted" }
then = [{ priority = "low" }]
"""


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def at(**after_noon: float) -> None:
    clock.set_to(NOON + timedelta(**after_noon))


def compared(run: Sequence[Acted]) -> list[tuple[Any, ...]]:
    """What was done, as far as a dry run can know it."""
    return sorted((one.ticket_id, one.scenario, one.at, str(one.acts)) for one in run)


def agree(desk: Desk) -> list[Acted]:
    """A dry run changes nothing, and the pass after it does what it said; returns what was done."""
    before = everything(desk)
    would = rehearsal.run(desk)
    assert everything(desk) == before
    assert all(one.outcome == "would" and one.event_id is None for one in would)
    done = robot.run_once(desk)
    assert compared(would) == compared(done)
    return done


def many(desk: Desk, count: int) -> list[int]:
    return [opened(desk, sender=f"c{number}@x.example") for number in range(count)]


def test_after_a_changed_number_it_says_what_the_pass_will_do(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk") as desk:
        ids = many(desk, 2 * rearming.PAGE + 3)
        tickets.accept(desk, who(desk, "anna"), ids[0])
        robot.run_once(desk)
        at(minutes=20)
        assert agree(desk)[0].scenario == "silent_owner"
        desk.settings = make_settings(tmp_path / "desk", toml='[robot.unaccepted]\nafter = "10m"\n')
        # The first one is New again since this moment, and not yet due.
        assert [one.ticket_id for one in agree(desk)] == ids[1:]
        assert agree(desk) == []


@pytest.mark.parametrize("changed", [True, False])
def test_others_write_while_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    """Somebody writes before each of its steps; a writer that had to wait for it would be refused at the end."""
    at()
    with desk_in(tmp_path / "desk") as desk, closing(Desk.open(desk.settings)) as other:
        ids = many(desk, 4)
        robot.run_once(desk)
        at(minutes=31)
        if changed:
            desk.settings = make_settings(tmp_path / "desk", toml='[robot.unaccepted]\nafter = "29m"\n')
        between = opened(desk, sender="between@x.example")
        anna = who(desk, "anna")

        def first_somebody_writes(name: str) -> None:
            real = getattr(rehearsal, name)

            def step(*args: Any) -> Any:
                replies.note(other, anna, between, f"before {name}")
                return real(*args)

            monkeypatch.setattr(rehearsal, name, step)

        for name in ("_would_be_due", "_play", "_would"):
            first_somebody_writes(name)
        assert [one.ticket_id for one in rehearsal.run(desk)] == ids


def test_what_the_clocks_lead_to_is_answered_in_the_rehearsal_too(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=CHAIN) as desk:
        robot.run_once(desk)
        forgotten, closed = many(desk, 2)
        for ticket in (forgotten, closed):
            replies.reply(desk, who(desk, "anna"), ticket, "Готово", last_of(desk, ticket), solve=True)
        robot.run_once(desk)
        at(days=2)
        tickets.close(desk, who(desk, "anna"), closed)
        at(days=3, minutes=1)
        done = [(one.ticket_id, one.scenario) for one in agree(desk)]
        assert done == [
            (forgotten, "forgotten"),
            (closed, "own:farewell"),
            (forgotten, "own:farewell"),
            (closed, "own:echo"),
            (forgotten, "own:echo"),
        ]


def test_the_limit_on_letters_to_one_client_counts_in_the_rehearsal_too(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=OFTEN) as desk:
        robot.run_once(desk)
        ids = [opened(desk) for _number in range(12)]
        at(minutes=11)
        for ticket in (*ids, *many(desk, 1)):
            replies.note(desk, who(desk, "anna"), ticket, "?")
        done = agree(desk)
        assert [one.outcome for one in done] == [*["acted"] * 10, *["partly"] * 2, "acted"]


def test_a_ticket_that_the_database_does_not_give_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at()
    with desk_in(tmp_path / "desk") as desk:
        first, second = many(desk, 2)
        at(minutes=31)
        real = robot.act

        def act(session: Any, ticket: int, scenario: str) -> Acted | None:
            if ticket == first:
                raise Unavailable("held by somebody")
            return real(session, ticket, scenario)

        monkeypatch.setattr(robot, "act", act)
        assert [one.ticket_id for one in rehearsal.run(desk)] == [second]


def test_a_closed_ticket_whose_clock_was_left_behind_is_nothing_to_do(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk") as desk:
        (ticket,) = many(desk, 1)
        at(minutes=31)
        change(desk, ticket, status="closed", kind="closed", board=None)
        assert agree(desk) == []


def test_a_number_changed_and_changed_back_before_the_next_pass_leaves_no_clock_behind(
    tmp_path: Path,
) -> None:
    at()
    with desk_in(tmp_path / "desk") as desk:
        (ticket,) = many(desk, 1)
        assert agree(desk) == []
        desk.settings = make_settings(tmp_path / "desk", toml="[robot.unaccepted]\nenabled = false\n")
        replies.note(desk, who(desk, "anna"), ticket, "?")
        desk.settings = make_settings(tmp_path / "desk")
        at(minutes=31)
        assert [one.scenario for one in agree(desk)] == ["unaccepted"]


def test_a_console_with_an_older_configuration_costs_the_tickets_that_it_touches_one_look_each(
    tmp_path: Path,
) -> None:
    at()
    with desk_in(tmp_path / "desk") as desk:
        first, second = many(desk, 2)
        assert agree(desk) == []
        old = Desk.open(make_settings(tmp_path / "desk", toml="[robot.unaccepted]\nafter = '2h'\n"))
        with closing(old):
            replies.note(old, who(old, "anna"), first, "?")
            assert clocks(desk) == {(first, "anew"), (first, "unaccepted"), (second, "unaccepted")}
            assert not rearming.waits(desk), "the others are left alone"
            assert agree(desk) == []
            assert clocks(desk) == {(first, "unaccepted"), (second, "unaccepted")}
        at(minutes=31)
        assert sorted(one.ticket_id for one in agree(desk)) == sorted([first, second])


def clocks(desk: Desk) -> set[tuple[int, str]]:
    """(ticket, scenario) of all timers."""
    return {(row[0], row[1]) for row in rows(desk, "SELECT ticket_id, scenario FROM timer")}
