"""Working hours: when the clocks of promises run, in local wall time, daylight saving included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)

HORIZON = 370
"""Days without any working time after which nothing is looked for: such a calendar never comes due."""

LONGEST = 40 * 366
"""Days looked ahead at most."""

Span = tuple[time, time]
"""[from, to) of one day; `to` 00:00 means midnight at the day's end."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A team's week. Without any hours it runs round the clock."""

    zone: str = "UTC"
    """IANA name of the time zone in which the hours are meant."""
    week: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    """Spans by weekday, Monday is 0; days that are absent are free."""
    holidays: frozenset[date] = frozenset()

    @property
    def is_round_the_clock(self) -> bool:
        """Whether the clocks never stop."""
        return not self.week


ALWAYS = Calendar()


def add_working_time(start: datetime, duration: timedelta, calendar: Calendar) -> datetime | None:
    """When `duration` of working time has passed since `start`; both aware UTC.

    None where that much working time never comes: the calendar has none for HORIZON days, or too little.
    """
    if calendar.is_round_the_clock:
        return start + duration
    left = duration
    worked = start
    for begins, ends in _spans(start, calendar, LONGEST):
        if begins - worked > HORIZON * DAY:
            return None
        begins = max(begins, start)
        if ends <= begins:
            continue
        if begins + left <= ends:
            return begins + left
        left -= ends - begins
        worked = ends
    return None


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much working time lies between two moments."""
    if calendar.is_round_the_clock:
        return max(end - start, timedelta(0))
    total = timedelta(0)
    # From the day before on, a day begun more than the whole ones, and one that summer time may add.
    for begins, ends in _spans(start, calendar, (end - start).days + 3):
        total += max(min(ends, end) - max(begins, start), timedelta(0))
    return total


def is_working(at: datetime, calendar: Calendar) -> bool:
    """Whether the clocks run at a moment."""
    if calendar.is_round_the_clock:
        return True
    return any(begins <= at < ends for begins, ends in _spans(at, calendar, 2))


def _spans(start: datetime, calendar: Calendar, days: int) -> Iterator[tuple[datetime, datetime]]:
    """Working spans in UTC, from the day before `start` on, in order, none over another."""
    zone = ZoneInfo(calendar.zone)
    first = start.astimezone(zone).date() - DAY
    for offset in range(days + 1):
        day = first + offset * DAY
        if day in calendar.holidays:
            continue
        for begins, ends in calendar.week.get(day.weekday(), ()):
            last = day + DAY if ends == time(0) else day
            yield _moment(day, begins, zone), _moment(last, ends, zone)


def _moment(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When clocks on the wall show a time, in UTC.

    A time that they show twice is the first one. A time that they skip is the moment of the skip: so later wall
    times are never earlier moments, and spans keep their order.
    """
    local = datetime.combine(day, wall, zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    before, after = local.replace(fold=1).astimezone(UTC), found
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
