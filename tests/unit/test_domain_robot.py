"""The robot's clocks: which run on a ticket, since when, and by which event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendars import Calendar
from core.domain.robot import Clocks, Life, Scenario, held_until, timers
from core.domain.tickets import Status

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
USUAL = Clocks()
NEW = Life(Status.NEW, None, NOON, 7)
MINE = Life(
    Status.NEEDS_REPLY, 1, NOON, 9, accepted_at=NOON, accepted_event=9, ball_since=NOON - timedelta(hours=1)
)


def due(life: Life, clocks: Clocks = USUAL) -> dict[str, tuple[timedelta, int]]:
    """Minutes after noon at which each clock is due, with its cause."""
    return {timer.scenario: (timer.due_at - NOON, timer.cause) for timer in timers(life, clocks)}


def test_a_new_ticket_has_half_an_hour() -> None:
    assert due(NEW) == {"unaccepted": (30 * MINUTE, 7)}


def test_an_accepted_ticket_has_three_clocks() -> None:
    assert due(MINE) == {
        "silent_owner": (15 * MINUTE, 9),
        "in_work_owner": (120 * MINUTE, 9),
        "in_work_head": (180 * MINUTE, 9),
    }


def test_without_an_owner_only_the_supervisors_are_told() -> None:
    assert list(due(replace(MINE, owner_id=None))) == ["in_work_head"]


def test_an_answer_to_the_client_stops_the_silent_owners_clock_only() -> None:
    assert set(due(replace(MINE, replied_at=NOON))) == {"in_work_owner", "in_work_head"}


def test_an_answer_from_before_the_accepting_does_not_count() -> None:
    assert "silent_owner" in due(replace(MINE, replied_at=NOON - MINUTE))


def test_an_open_ask_stops_the_silent_owners_clock_and_its_end_starts_it_anew() -> None:
    assert "silent_owner" not in due(replace(MINE, ask_open=True))
    assert due(replace(MINE, ask_closed_at=NOON + 40 * MINUTE))["silent_owner"] == (55 * MINUTE, 9)
    assert due(replace(MINE, ask_closed_at=NOON - 40 * MINUTE))["silent_owner"] == (15 * MINUTE, 9)


def test_a_change_of_status_does_not_put_the_silent_owners_clock_off() -> None:
    moved = replace(MINE, status_since=NOON + 10 * MINUTE, status_event=12)
    assert due(moved)["silent_owner"] == (15 * MINUTE, 9)
    assert due(moved)["in_work_owner"] == (130 * MINUTE, 12)


def test_a_ball_that_comes_back_gives_the_owner_the_whole_time() -> None:
    assert due(replace(MINE, ball_since=NOON + 600 * MINUTE))["silent_owner"] == (615 * MINUTE, 9)


@pytest.mark.parametrize("kind", [Status.WAITING, Status.CLOSED, Status.DELETED])
def test_nothing_runs_while_the_ball_is_not_ours(kind: Status) -> None:
    assert due(replace(MINE, kind=kind)) == {}


def test_what_is_solved_and_forgotten_is_closed_after_three_days() -> None:
    assert due(replace(MINE, kind=Status.SOLVED)) == {"forgotten": (timedelta(days=3), 9)}


def test_an_answer_after_the_solving_gives_it_its_time_anew() -> None:
    answered = replace(MINE, kind=Status.SOLVED, replied_at=NOON + 600 * MINUTE)
    assert due(answered) == {"forgotten": (timedelta(days=3) + 600 * MINUTE, 9)}


@pytest.mark.parametrize("gone", list(Scenario))
def test_a_scenario_that_is_switched_off_has_no_clock(gone: Scenario) -> None:
    after = {one: time for one, time in USUAL.after.items() if one is not gone}
    for kind in Status:
        life = replace(MINE, kind=kind)
        assert set(due(life, Clocks(after))) == set(due(life)) - {gone}


def test_with_everything_switched_off_nothing_runs() -> None:
    assert all(not timers(replace(MINE, kind=kind), Clocks({})) for kind in Status)


def test_promises_are_kept_in_the_groups_hours() -> None:
    office = Calendar("UTC", {day: ((time(9), time(12, 10)),) for day in range(5)})
    assert due(NEW, Clocks(calendar=office)) == {"unaccepted": (timedelta(days=1, minutes=-160), 7)}


def test_hours_that_never_come_never_come_due() -> None:
    assert due(NEW, Clocks(calendar=Calendar("UTC", {0: ()}))) == {}


def test_a_fresh_draft_holds_the_clock_until_it_is_no_longer_fresh() -> None:
    assert held_until(NOON, NOON - MINUTE, NOON) == NOON + MINUTE
    assert held_until(NOON, NOON - 3 * MINUTE, NOON) is None
    assert held_until(NOON, None, NOON) is None


def test_drafts_hold_for_a_quarter_of_an_hour_at_most() -> None:
    assert held_until(NOON, NOON + 14 * MINUTE, NOON + 14 * MINUTE) == NOON + 15 * MINUTE
    assert held_until(NOON, NOON + 15 * MINUTE, NOON + 15 * MINUTE) is None


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
MAYBE = st.none() | MOMENTS
EVENTS = st.integers(1, 99)
LIVES = st.builds(
    Life, st.sampled_from(Status), st.none() | st.integers(1, 3), MOMENTS, EVENTS, MAYBE, EVENTS, MAYBE,
    st.booleans(), MAYBE, MAYBE, client_waits=st.booleans(),
)  # fmt: skip


@given(LIVES)
def test_no_clock_runs_twice_and_each_has_its_time_from_its_cause(life: Life) -> None:
    found = timers(life, USUAL)
    assert len({timer.scenario for timer in found}) == len(found)
    for timer in found:
        since = life.accepted_at if timer.scenario == Scenario.SILENT_OWNER else life.status_since
        assert since is not None
        assert timer.due_at >= since + USUAL.after[Scenario(timer.scenario)]


@given(LIVES)
def test_what_waits_for_us_or_is_solved_is_never_without_a_clock(life: Life) -> None:
    watched = life.kind in (Status.NEW, Status.NEEDS_REPLY, Status.SOLVED)
    # Where the ball does not move by itself: the client wrote after it was solved, and must not be closed unread.
    unread = life.kind is Status.SOLVED and life.client_waits
    assert bool(timers(life, USUAL)) == (watched and not unread)


@given(MOMENTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(hours=2)))
def test_a_draft_never_holds_beyond_its_bounds(due_at: datetime, draft_at: datetime, late: timedelta) -> None:
    now = due_at + late
    until = held_until(due_at, draft_at, now)
    if until is not None:
        assert now < until <= due_at + 15 * MINUTE
