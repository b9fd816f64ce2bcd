"""The only clock: everything that asks for the time asks here. A rehearsal can set it; a real desk cannot."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from core.errors import ConfigError
from core.i18n import _

VARIABLE = "GLAZOK_NOW"
"""The environment variable that sets the clock of a rehearsal desk: ISO 8601, UTC where it names no zone. The
clock stands still; with a "+" at the end it runs on from there."""

_standing: datetime | None = None
_ahead: timedelta | None = None
_given = ""
"""What the environment set it to: a running clock must not be set back when it is read once more."""


def now() -> datetime:
    """The present, aware and in UTC; in a rehearsal, what the clock was set to."""
    if _standing is not None:
        return _standing
    present = datetime.now(UTC)
    return present if _ahead is None else present + _ahead


def set_to(moment: datetime | None, *, runs: bool = False) -> None:
    """Set this process's clock to an aware moment, where it stands still or `runs` on; None: the real time."""
    global _standing, _ahead, _given
    _standing, _ahead, _given = None, None, ""
    if moment is None:
        return
    if runs:
        _ahead = moment - datetime.now(UTC)
    else:
        _standing = moment.astimezone(UTC)


def from_environment(allowed: bool) -> None:
    """Set the clock as $GLAZOK_NOW says; nothing where it is not set, or the clock was set to that already.

    Raises ConfigError where the desk is no rehearsal (`allowed` is false) or the moment cannot be read.
    """
    global _given
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return
    if not allowed:
        raise ConfigError(
            _("{name} is set, but this desk is a real one, whose clock nobody sets.").format(name=VARIABLE),
            hint=_('Take it out of the environment; a desk for rehearsals has "rehearsal = true" in [desk].'),
        )
    if given != _given:
        moment, runs = _moment(given)
        set_to(moment, runs=runs)
        _given = given


def _moment(given: str) -> tuple[datetime, bool]:
    try:
        found = datetime.fromisoformat(given.removesuffix("+"))
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            _('{name} holds no moment: "{found}".').format(name=VARIABLE, found=given[:60]),
            hint=_('Write it as 2026-03-01T09:30:00Z; with a "+" at the end the clock runs on from there.'),
        ) from None
    return found, given.endswith("+")
