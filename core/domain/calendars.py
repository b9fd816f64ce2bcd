"""Working hours: when the clocks of promises run, in local wall time, daylight saving included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)

HORIZON = 370
"""Days looked ahead for working time; a calendar without any within them never comes due."""

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

    None where the calendar has no such time within HORIZON days.
    """
    if calendar.is_round_the_clock:
        return start + duration
    left = duration
    for begins, ends in _spans(start, calendar):
        begins = max(begins, start)
        if ends <= begins:
            continue
        if begins + left <= ends:
            return begins + left
        left -= ends - begins
    return None


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much working time lies between two moments."""
    if calendar.is_round_the_clock:
        return max(end - start, timedelta(0))
    total = timedelta(0)
    for begins, ends in _spans(start, calendar):
        if begins >= end:
            break
        total += max(min(ends, end) - max(begins, start), timedelta(0))
    return total


def is_working(at: datetime, calendar: Calendar) -> bool:
    """Whether the clocks run at a moment."""
    if calendar.is_round_the_clock:
        return True
    return any(begins <= at < ends for begins, ends in _spans(at, calendar, days=2))


def _spans(start: datetime, calendar: Calendar, days: int = HORIZON) -> Iterator[tuple[datetime, datetime]]:
    """Working spans in UTC, from the day before `start` on, in order."""
    zone = ZoneInfo(calendar.zone)
    first = start.astimezone(zone).date() - DAY
    for offset in range(days + 1):
        day = first + offset * DAY
        if day in calendar.holidays:
            continue
        for begins, ends in calendar.week.get(day.weekday(), ()):
            last = day + DAY if ends == time(0) else day
            # Wall times that the clock skips or repeats are read with fold 0, as Python does.
            yield (
                datetime.combine(day, begins, zone).astimezone(UTC),
                datetime.combine(last, ends, zone).astimezone(UTC),
            )
