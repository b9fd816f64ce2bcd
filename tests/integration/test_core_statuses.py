"""Tickets follow what the configuration says of their statuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.domain.tickets import Lane
from core.errors import ConfigError
from core.services import replies, robot, robot_runner, setup, statuses, tickets
from core.services.desk import Desk
from tests.builders import (
    board,
    change,
    desk_in,
    everything,
    last_of,
    make_settings,
    opened,
    rows,
    seen_by_all,
    who,
)

VENDOR = '[statuses.vendor]\nname = "At the vendor"\nkind = "{kind}"\n'


@contextmanager
def configured(folder: Path, toml: str) -> Iterator[Desk]:
    """The same desk, started with another configuration."""
    with closing(Desk.open(make_settings(folder, toml=toml))) as desk:
        yield desk


def at_the_vendor(desk: Desk, status: str = "vendor") -> int:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket)
    tickets.move_to(desk, who(desk, "anna"), ticket, status)
    return ticket


def kind_of(desk: Desk, ticket: int) -> tuple[str, str, str | None]:
    ((status, kind, shown),) = rows(desk, "SELECT status, kind, board FROM ticket WHERE id = :id", id=ticket)
    return status, kind, shown


def test_tickets_become_of_the_kind_that_their_status_has_now(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="waiting")) as desk:
        setup.follow_settings(desk)
        ticket, other = at_the_vendor(desk), opened(desk)
        before = everything(desk)
        setup.follow_settings(desk)
        assert everything(desk) == before, "nothing has changed, so nothing is done"
    with configured(tmp_path / "desk", VENDOR.format(kind="needs_reply")) as desk:
        setup.follow_settings(desk)
        view = seen_by_all(desk, ticket)
        assert kind_of(desk, ticket) == ("vendor", "needs_reply", "needs_reply")
        assert [item.event.kind for item in view.timeline][-1] == "redefined"
        assert view.owner is not None
        assert view.since == view.timeline[-1].event.at, "the ball has moved"
        with closing(board(desk, "boris")) as reader:
            assert [entry.id for entry in reader.entries(Lane.NEEDS_REPLY)] == [ticket]
            assert reader.entries(Lane.WAITING) == []
        due = rows(desk, "SELECT scenario FROM timer WHERE ticket_id = :id AND fired_at IS NULL", id=ticket)
        assert {"in_work_owner", "in_work_head"} <= {row[0] for row in due}
        assert len(seen_by_all(desk, other).timeline) == 2, "others are left alone"
        before = everything(desk)
        setup.follow_settings(desk)
        assert everything(desk) == before


def test_nobody_is_told_at_once_of_a_limit_that_was_none_a_moment_ago(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="waiting")) as desk:
        ticket = at_the_vendor(desk)
        change(desk, ticket, status_since=clock.now() - timedelta(days=5))
    with configured(tmp_path / "desk", VENDOR.format(kind="needs_reply")) as desk:
        assert statuses.follow(desk) == 1
        assert robot.run_once(desk) == []


def test_more_tickets_than_one_page_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "PAGE", 2)
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="waiting")) as desk:
        found = [at_the_vendor(desk) for _ in range(5)]
    with configured(tmp_path / "desk", VENDOR.format(kind="solved")) as desk:
        assert statuses.follow(desk) == 5
        assert {kind_of(desk, ticket) for ticket in found} == {("vendor", "solved", None)}
        ((stamped,),) = rows(desk, "SELECT count(*) FROM ticket WHERE solved_at IS NOT NULL")
        assert stamped == 5
        assert statuses.follow(desk) == 0


def test_what_becomes_new_has_no_owner_and_what_has_none_is_new(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="solved")) as desk:
        owned, unowned = at_the_vendor(desk), at_the_vendor(desk)
        change(desk, unowned, owner_id=None)
    with configured(tmp_path / "desk", VENDOR.format(kind="waiting")) as desk:
        setup.follow_settings(desk)
        assert kind_of(desk, owned) == ("vendor", "waiting", "waiting")
        assert kind_of(desk, unowned) == ("new", "new", "new")
    with configured(tmp_path / "desk", VENDOR.format(kind="new")) as desk:
        setup.follow_settings(desk)
        assert kind_of(desk, owned) == ("vendor", "new", "new")
        assert seen_by_all(desk, owned).owner is None


def test_a_status_in_use_cannot_be_taken_out_and_nothing_changes(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="waiting")) as desk:
        ticket = at_the_vendor(desk)
        before = everything(desk)
    with configured(tmp_path / "desk", "") as desk:
        with pytest.raises(
            ConfigError, match=f"vendor is not in the configuration, and 1 ticket .*#{ticket}"
        ) as told:
            setup.follow_settings(desk)
        assert "[statuses.vendor]" in told.value.hint
        assert everything(desk) == before
        tickets.move_to(desk, who(desk, "anna"), ticket, "waiting")
        setup.follow_settings(desk)


def test_closed_tickets_do_not_hold_a_status_in_the_configuration(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="closed")) as desk:
        ticket = at_the_vendor(desk)
        replies.note(desk, who(desk, "anna"), ticket, "Закрыто у поставщика.")
    with configured(tmp_path / "desk", "") as desk:
        setup.follow_settings(desk)
        assert kind_of(desk, ticket) == ("closed", "closed", None)
        assert last_of(desk, ticket)
        tickets.reopen(desk, who(desk, "anna"), ticket)


def test_a_robot_alone_follows_them_too(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="waiting")) as desk:
        robot_runner.once(desk)
        ticket = at_the_vendor(desk)
    with configured(tmp_path / "desk", VENDOR.format(kind="needs_reply")) as desk:
        robot_runner.once(desk)
        assert kind_of(desk, ticket) == ("vendor", "needs_reply", "needs_reply")
    with configured(tmp_path / "desk", "") as desk, pytest.raises(ConfigError, match="vendor"):
        robot_runner.once(desk)
