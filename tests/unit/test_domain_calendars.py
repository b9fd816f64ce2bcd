"""Working hours: clocks run in local wall time, whatever the seasons do to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calendars import ALWAYS, Calendar, add_working_time, is_working, working_time

OFFICE = {day: ((time(9), time(18)),) for day in range(5)}
MOSCOW = Calendar("Europe/Moscow", OFFICE)
BERLIN = Calendar("Europe/Berlin", OFFICE)
ROUND = {day: ((time(0), time(0)),) for day in range(7)}
HOUR = timedelta(hours=1)


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    """A wall time of a zone, in UTC."""
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


def test_without_hours_the_clock_never_stops() -> None:
    start = local("Europe/Moscow", 2026, 3, 7, 23)
    assert add_working_time(start, 5 * HOUR, ALWAYS) == start + 5 * HOUR
    assert is_working(start, ALWAYS)


def test_what_the_day_has_no_room_for_goes_on_the_next_working_day() -> None:
    friday = local("Europe/Moscow", 2026, 3, 6, 17, 45)
    assert add_working_time(friday, timedelta(minutes=30), MOSCOW) == local(
        "Europe/Moscow", 2026, 3, 9, 9, 15
    )


def test_a_limit_that_fits_exactly_ends_with_the_day() -> None:
    start = local("Europe/Moscow", 2026, 3, 6, 17)
    assert add_working_time(start, HOUR, MOSCOW) == local("Europe/Moscow", 2026, 3, 6, 18)


def test_a_holiday_is_a_free_day() -> None:
    calendar = Calendar("Europe/Moscow", OFFICE, frozenset({date(2026, 3, 9)}))
    friday = local("Europe/Moscow", 2026, 3, 6, 17, 45)
    assert add_working_time(friday, HOUR, calendar) == local("Europe/Moscow", 2026, 3, 10, 9, 45)
    assert not is_working(local("Europe/Moscow", 2026, 3, 9, 12), calendar)


def test_a_break_does_not_count() -> None:
    calendar = Calendar("UTC", {0: ((time(9), time(13)), (time(14), time(18)))})
    assert add_working_time(local("UTC", 2026, 3, 2, 12, 30), HOUR, calendar) == local(
        "UTC", 2026, 3, 2, 14, 30
    )
    assert not is_working(local("UTC", 2026, 3, 2, 13), calendar)
    assert is_working(local("UTC", 2026, 3, 2, 14), calendar)


def test_hours_may_end_at_midnight() -> None:
    calendar = Calendar("Europe/Moscow", {0: ((time(20), time(0)),), 1: ((time(0), time(2)),)})
    monday = local("Europe/Moscow", 2026, 3, 2, 23)
    assert add_working_time(monday, 2 * HOUR, calendar) == local("Europe/Moscow", 2026, 3, 3, 1)
    assert is_working(local("Europe/Moscow", 2026, 3, 3, 0), calendar)


def test_the_hours_stay_on_the_wall_clock_when_summer_comes() -> None:
    friday = local("Europe/Berlin", 2026, 3, 27, 17)
    assert add_working_time(friday, 2 * HOUR, BERLIN) == datetime(2026, 3, 30, 8, tzinfo=UTC)


def test_the_hours_stay_on_the_wall_clock_when_winter_comes() -> None:
    friday = local("Europe/Berlin", 2026, 10, 23, 17)
    assert add_working_time(friday, 2 * HOUR, BERLIN) == datetime(2026, 10, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 7), 24)]
)
def test_a_whole_day_is_as_long_as_the_sun_says(day: date, hours: int) -> None:
    calendar = Calendar("Europe/Berlin", {6: ((time(0), time(0)),)})
    start = local("Europe/Berlin", day.year, day.month, day.day)
    assert working_time(start - 5 * HOUR, start + 40 * HOUR, calendar) == hours * HOUR


def test_the_hour_that_is_skipped_has_no_length() -> None:
    calendar = Calendar("Europe/Berlin", {6: ((time(2), time(3)), (time(3), time(4)))})
    three = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert working_time(three - 9 * HOUR, three + 9 * HOUR, calendar) == HOUR
    assert add_working_time(three - 9 * HOUR, timedelta(minutes=10), calendar) == three + timedelta(
        minutes=10
    )


def test_hours_that_begin_within_the_skipped_hour_begin_with_the_skip() -> None:
    calendar = Calendar("Europe/Berlin", {6: ((time(2, 30), time(4)),)})
    three = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert working_time(three - 9 * HOUR, three + 9 * HOUR, calendar) == HOUR
    assert is_working(three, calendar)
    assert not is_working(three - timedelta(seconds=1), calendar)


def test_hours_over_the_repeated_hour_count_both_showings() -> None:
    calendar = Calendar("Europe/Berlin", {6: ((time(2), time(4)),)})
    start = local("Europe/Berlin", 2026, 10, 25, 2)
    assert working_time(start, start + 9 * HOUR, calendar) == 3 * HOUR
    assert is_working(local("Europe/Berlin", 2026, 10, 25, 2, 30, fold=1), calendar)


def test_a_day_that_a_zone_left_out_is_no_day() -> None:
    calendar = Calendar("Pacific/Apia", ROUND)
    start = local("Pacific/Apia", 2011, 12, 29, 12)
    assert working_time(start, local("Pacific/Apia", 2011, 12, 31, 12), calendar) == 24 * HOUR


def test_a_calendar_whose_days_are_all_holidays_never_comes_due() -> None:
    days = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(500))
    assert add_working_time(datetime(2026, 1, 2, tzinfo=UTC), HOUR, Calendar("UTC", OFFICE, days)) is None


def test_a_limit_may_take_more_than_a_year() -> None:
    calendar = Calendar("UTC", {0: ((time(9), time(10)),)})
    monday = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert add_working_time(monday, 100 * HOUR, calendar) == monday + timedelta(weeks=99, hours=1)
    assert working_time(monday, monday + timedelta(weeks=100), calendar) == 100 * HOUR


def test_the_hour_that_summer_time_adds_may_begin_another_day() -> None:
    midnights = Calendar("Europe/Berlin", {0: ((time(0), time(0, 15)),)})
    start = local("Europe/Berlin", 2026, 3, 8, 23, 30)
    end = local("Europe/Berlin", 2026, 3, 30, 0, 10)
    assert (end - start).days == 20
    assert working_time(start, end, midnights) == timedelta(minutes=55)


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "Europe/Moscow", "America/New_York", "America/Havana", "Australia/Lord_Howe",
     "Africa/Casablanca", "Asia/Kathmandu", "Asia/Beirut"]
)  # fmt: skip


@st.composite
def days(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    marks = marks[: len(marks) // 2 * 2]

    def wall(quarter: int) -> time:
        return time(quarter // 4 % 24, quarter % 4 * 15)

    return tuple((wall(a), wall(b)) for a, b in zip(marks[::2], marks[1::2], strict=True))


CALENDARS = st.builds(
    Calendar,
    ZONES,
    st.dictionaries(st.integers(0, 6), days(), min_size=1).filter(lambda week: any(week.values())),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=9),
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
LIMITS = st.timedeltas(timedelta(seconds=1), timedelta(days=3)).map(
    lambda one: timedelta(seconds=one // timedelta(seconds=1))
)


@given(CALENDARS, MOMENTS, LIMITS)
def test_when_a_limit_is_due_exactly_so_much_work_has_passed(
    calendar: Calendar, start: datetime, limit: timedelta
) -> None:
    due = add_working_time(start, limit, calendar)
    assert due is not None
    assert due >= start + limit
    assert working_time(start, due, calendar) == limit
    assert is_working(due - timedelta(microseconds=1), calendar)


@given(CALENDARS, MOMENTS, LIMITS, LIMITS)
def test_two_limits_in_a_row_are_one(
    calendar: Calendar, start: datetime, one: timedelta, two: timedelta
) -> None:
    first = add_working_time(start, one, calendar)
    assert first is not None
    assert add_working_time(first, two, calendar) == add_working_time(start, one + two, calendar)


@given(CALENDARS, MOMENTS, LIMITS, LIMITS)
def test_working_time_adds_up_and_is_never_more_than_time(
    calendar: Calendar, start: datetime, one: timedelta, two: timedelta
) -> None:
    middle, end = start + one, start + one + two
    both = working_time(start, middle, calendar) + working_time(middle, end, calendar)
    assert working_time(start, end, calendar) == both <= end - start
    assert working_time(end, start, calendar) == timedelta(0)


@given(ZONES, MOMENTS, LIMITS)
def test_a_week_of_whole_days_is_round_the_clock(zone: str, start: datetime, limit: timedelta) -> None:
    assert add_working_time(start, limit, Calendar(zone, ROUND)) == start + limit
    assert is_working(start, Calendar(zone, ROUND))
