"""What the robot remembers exactly: working hours that change, tickets that it stumbles over, notices that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.services import lines, notices, outbox, rearming, replies, robot, tickets
from core.services.desk import Desk
from core.services.models.outbox import Delivery
from core.settings import read
from tests.builders import desk_in, last_of, opened, seen_by_all, who

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""
EVENINGS = '[calendars.evening]\nmonday = "18:00-20:00"\n'


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def at(**after_noon: float) -> None:
    clock.set_to(NOON + timedelta(**after_noon))


def test_other_working_hours_of_a_group_set_its_clocks_anew(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml=EVENINGS) as desk:
        ticket = opened(desk)
        robot.run_once(desk)
        text = desk.settings.path.read_text("utf-8").replace(
            "[groups.north]\n", '[groups.north]\nhours = "evening"\n'
        )
        desk.settings = read(text, desk.settings.path)
        assert rearming.waits(desk)
        robot.run_once(desk)
        at(hours=6, minutes=29)
        assert robot.run_once(desk) == []
        at(hours=6, minutes=31)
        assert [one.ticket_id for one in robot.run_once(desk)] == [ticket]


def test_a_ticket_on_which_the_robot_stumbles_is_not_tried_with_every_pass(desk: Desk) -> None:
    at()
    ticket = opened(desk)
    at(minutes=31)
    with desk.write() as session:
        session.connection().exec_driver_sql("UPDATE ticket SET kind = 'nonsense'")
    assert robot.run_once(desk) == []
    with desk.write() as session:
        session.connection().exec_driver_sql("UPDATE ticket SET kind = 'new'")
    at(minutes=35)
    assert robot.run_once(desk) == []
    at(minutes=37)
    assert [one.ticket_id for one in robot.run_once(desk)] == [ticket]


def test_a_delivery_that_fails_moves_no_ball_where_that_is_switched_off(tmp_path: Path) -> None:
    at()
    with desk_in(tmp_path / "desk", toml="[robot]\nmoves_ball = false\n") as desk:
        ticket, anna = opened(desk), who(desk, "anna")
        replies.reply(desk, anna, ticket, "?", last_of(desk, ticket))
        tickets.move_to(desk, anna, ticket, "waiting")
        for item in outbox.due(desk, "sender"):
            refused = dict.fromkeys(item.recipients, Delivery("failed", 550, "no"))
            outbox.finish(desk, item.id, refused, "sender")
        assert seen_by_all(desk, ticket).status == "waiting"


def test_what_was_said_of_an_earlier_passing_does_not_come_back_with_the_ticket(desk: Desk) -> None:
    at()
    ticket = opened(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, login="boris")
    lines.pass_on(desk, who(desk, "boris"), ticket, login="anna")
    lines.pass_back(desk, who(desk, "anna"), ticket)
    assert [one.kind for one in notices.mine(desk, who(desk, "boris"))].count("passed") == 1
