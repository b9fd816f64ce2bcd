"""Kinds of values in a ticket's life: time zones, working hours, days, whom to tell. Reads no configuration."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from string import Formatter
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BeforeValidator

from core.domain.calendars import Span
from core.i18n import _
from core.settings.values import duration, several

LONGEST = timedelta(days=3650)

POLICIES = ("window", "always", "never")
CHANNELS = ("mail", "form")
AUDIENCES = ("supervisors", "group", "owner")

PLACEHOLDERS = ("minutes", "time", "ticket", "subject", "client", "owner", "group", "status")
"""What the texts of a team's own scenarios may name in braces."""

_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–—]\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)")


class NotThat(ValueError):
    """A value that cannot be used, in words that name it: nobody need say once more what was found."""


def limit(value: object) -> timedelta:
    """A duration of a second to ten years."""
    found = duration(value)
    if not timedelta(0) < found <= LONGEST:
        raise ValueError(_("allowed is a duration from a second to ten years (3650d)"))
    return found


def zone(value: str) -> str:
    """The IANA name of a time zone."""
    known = _zones()
    if value not in known.values():
        from core.settings.problems import nearest, quoted

        near = known.get(nearest(value, list(known)), "")
        text = _('allowed is the name of a time zone, such as "Europe/Moscow" or "UTC"')
        raise ValueError(text + ("; " + _("did you mean {near}?").format(near=quoted(near)) if near else ""))
    return value


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in sorted(available_timezones() | {"UTC"})}


def spans(value: object) -> tuple[Span, ...]:
    """`"09:00-18:00"` or a list of such spans, in order, none over another; "24:00" is the end of the day."""
    texts = several(value)
    if not isinstance(texts, tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError(_hours())
    found = [_span(text) for text in texts if not isinstance(value, str) or text.strip()]
    for (_begins, ends), (begins, _ends) in pairwise(found):
        if ends == time(0) or begins < ends:
            raise ValueError(_("the spans of a day stand in order, and none begins before the last one ends"))
    return tuple(found)


def _span(text: str) -> Span:
    from core.settings.problems import found_words

    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise NotThat(_("found {found}; {reason}").format(found=found_words(text), reason=_hours()))
    begins = time(int(match[1]), int(match[2]))
    ends = time(int(match[3]), int(match[4])) if match[3] else time(0)
    if ends != time(0) and ends <= begins:
        raise ValueError(_("a span ends after it begins; one over midnight is two, on two days"))
    return begins, ends


def _hours() -> str:
    return _('allowed are hours such as "09:00-18:00", or a list of them; "24:00" is the end of the day')


def days(value: object) -> tuple[date, ...]:
    """Dates, as TOML writes them or in quotes."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(_day(one) for one in values)


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    from core.settings.problems import found_words

    allowed = _('allowed is a list of days, such as ["2026-01-01", "2026-05-09"]')
    raise NotThat(_("found {found}; {reason}").format(found=found_words(value), reason=allowed))


def reopening(value: object) -> Any:
    """One policy for every channel, or a table of policies by channel."""
    if isinstance(value, dict):
        for channel, policy in value.items():
            _one_of(channel, CHANNELS)
            _one_of(policy, POLICIES)
        return value
    _one_of(value, POLICIES)
    return value


def _one_of(value: object, words: tuple[str, ...]) -> None:
    if value in words:
        return
    from core.settings.problems import found_words, listed, nearest, quoted

    near = nearest(value, words) if isinstance(value, str) else ""
    text = _("{found} is none of {words}").format(found=found_words(value), words=listed(words))
    raise NotThat(text + ("; " + _("did you mean {near}?").format(near=quoted(near)) if near else ""))


def audience(value: str) -> str:
    """`supervisors`, `group`, `owner` or `agent:LOGIN`."""
    if not re.fullmatch(r"agent:\S+", value):
        _one_of(value, (*AUDIENCES, "agent:LOGIN") if value != "agent:LOGIN" else AUDIENCES)
    return value


def audiences(value: object) -> object:
    """One audience or several."""
    found = several(value)
    if isinstance(found, tuple):
        for one in found:
            if isinstance(one, str):
                audience(one)
    return found


def words(value: str) -> str:
    """A text whose braces hold nothing but PLACEHOLDERS."""
    from core.settings.problems import listed

    try:
        names = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(value)]
    except ValueError:
        raise ValueError(_("a brace is not closed; a brace of the text's own is doubled: {{ or }}")) from None
    for name, spec, conversion in names:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            raise ValueError(
                _("what stands in braces is one of {words}; a brace of the text's own is doubled").format(
                    words=listed(PLACEHOLDERS)
                )
            )
    return value


Limit = Annotated[timedelta, BeforeValidator(limit)]
Spans = Annotated[tuple[Span, ...], BeforeValidator(spans)]
Days = Annotated[tuple[date, ...], BeforeValidator(days)]
Audiences = Annotated[tuple[str, ...], BeforeValidator(audiences)]
Reopen = Annotated[str | dict[str, str], BeforeValidator(reopening)]
