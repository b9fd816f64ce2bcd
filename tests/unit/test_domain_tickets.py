"""Statuses, the ball and the lanes: the whole table, and what no sequence of acts can break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.tickets import (
    LANES,
    OPEN,
    Act,
    Lane,
    SendGuard,
    Status,
    ball_of,
    board_of,
    lane_of,
    next_status,
)

# Rows are acts, columns are statuses; a dot says that the act is not allowed.
TABLE = """
                  new          needs_reply  waiting      solved       closed       deleted
accept            needs_reply  .            .            .            .            .
resume            waiting      .            .            .            .            .
release           .            new          new          .            .            .
reply             waiting      waiting      waiting      waiting      .            .
note              new          needs_reply  waiting      solved       closed       .
solve             solved       solved       solved       .            .            .
close             closed       closed       closed       closed       .            .
reopen            .            .            .            needs_reply  needs_reply  .
client_wrote      new          needs_reply  needs_reply  needs_reply  .            .
automatic         new          needs_reply  waiting      solved       closed       deleted
delivery_failed   new          needs_reply  needs_reply  needs_reply  closed       deleted
"""


def _cells() -> list[tuple[Status, Act, Status | None]]:
    head, *lines = TABLE.strip().splitlines()
    cells = []
    for line in lines:
        act, *afters = line.split()
        for status, after in zip(head.split(), afters, strict=True):
            cells.append((Status(status), Act(act), None if after == "." else Status(after)))
    return cells


def test_the_table_here_names_every_status_and_every_act() -> None:
    assert {(status, act) for status, act, _after in _cells()} == {(s, a) for s in Status for a in Act}


@pytest.mark.parametrize(("status", "act", "after"), _cells())
def test_each_act_moves_each_status_as_the_table_says(status: Status, act: Act, after: Status | None) -> None:
    assert next_status(status, act, owned=True) == after


@given(st.sampled_from(Status), st.sampled_from(Act))
def test_what_nobody_owns_is_never_in_work_and_never_waits(status: Status, act: Act) -> None:
    owned, unowned = (next_status(status, act, owned=owned) for owned in (True, False))
    assert unowned not in (Status.NEEDS_REPLY, Status.WAITING)
    assert (owned is None) == (unowned is None), "owning changes where it goes, never whether it may"


@given(st.lists(st.tuples(st.sampled_from(Act), st.booleans()), max_size=30))
def test_no_sequence_of_acts_leaves_the_trash_or_the_table(acts: list[tuple[Act, bool]]) -> None:
    status, owned = Status.NEW, False
    for act, somebody in acts:
        owns = act in (Act.ACCEPT, Act.RESUME) or (owned and act is not Act.RELEASE)
        after = next_status(status, act, owned=owns and somebody)
        if after is None:
            continue
        status, owned = after, owns and somebody
        assert status is not Status.DELETED
        assert (board_of(status) is not None) == (status in OPEN)
        if status in (Status.NEEDS_REPLY, Status.WAITING):
            assert owned


@pytest.mark.parametrize(
    ("status", "ball"),
    [
        (Status.NEW, "ours"),
        (Status.NEEDS_REPLY, "ours"),
        (Status.WAITING, "client"),
        (Status.SOLVED, None),
        (Status.CLOSED, None),
        (Status.DELETED, None),
    ],
)
def test_whose_ball_it_is(status: Status, ball: str | None) -> None:
    assert ball_of(status) == ball


def test_the_lanes_stand_in_the_order_of_the_board() -> None:
    assert LANES == (Lane.NEW, Lane.MINE, Lane.WAITING, Lane.NEEDS_REPLY, Lane.HELP_WANTED)


@pytest.mark.parametrize(
    ("board", "owner", "asked", "lane"),
    [
        ("new", None, False, Lane.NEW),
        ("needs_reply", 1, False, Lane.MINE),
        ("waiting", 1, False, Lane.MINE),
        ("needs_reply", 2, False, Lane.NEEDS_REPLY),
        ("waiting", 2, False, Lane.WAITING),
        (None, 1, False, None),
        (None, None, False, None),
        ("new", None, True, Lane.HELP_WANTED),
        ("needs_reply", 1, True, Lane.MINE),
        ("needs_reply", 2, True, Lane.HELP_WANTED),
        ("waiting", 2, True, Lane.HELP_WANTED),
        (None, 1, True, Lane.HELP_WANTED),
        (None, 2, True, Lane.HELP_WANTED),
    ],
)
def test_a_ticket_stands_in_the_first_lane_that_fits(
    board: str | None, owner: int | None, asked: bool, lane: Lane | None
) -> None:
    assert lane_of(board, owner, 1, asked=asked) == lane


@given(st.integers(0, 9), st.integers(0, 9))
def test_the_send_guard_holds_exactly_for_what_came_after_the_look(latest: int, seen: int) -> None:
    assert SendGuard(latest, seen).holds == (latest > seen)
