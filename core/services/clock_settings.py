"""By which settings the clocks of all tickets are set, and who has set some of them by others."""

from __future__ import annotations

import hashlib

from sqlmodel import Session

from core.db import clocks as db
from core.services.desk import Desk, desk_of

DONE = "robot.settings"
"""Under what the database remembers the settings by which all clocks are set, as a fingerprint."""

ANEW = "anew"
"""The clock, due at once, of a ticket whose clocks were set by other settings: the robot sets them anew."""

_SETTLED = "clocks"
"""Key in a session's `info`: whether what it sets needs nobody's second look."""


def are_others(session: Session) -> bool:
    """Whether this program sets clocks by other settings than all of them are set by: its configuration is older,
    newer, or of another machine. The robot has to look at what it sets, even if it never sees these settings: a number
    that is changed and changed back before its next pass leaves no clock behind.

    A program whose settings are the same asks once.
    """
    desk = desk_of(session)
    if desk.clocks_by is desk.settings:
        return False
    if _SETTLED not in session.info:
        session.info[_SETTLED] = db.remembered(session, DONE) in ("", fingerprint(desk))
        if session.info[_SETTLED]:
            desk.clocks_by = desk.settings
    return not session.info[_SETTLED]


def settle(session: Session) -> None:
    """What this transaction sets needs no second look: it is taken back in the end."""
    session.info[_SETTLED] = True


def fingerprint(desk: Desk) -> str:
    """What the clocks depend on, as one short text."""
    settings = desk.settings
    parts = [settings.model_dump_json(include={"robot", "scenarios", "calendars", "statuses", "processes"})]
    parts += [
        f"{key} {group.hours} {group.robot.model_dump_json(exclude_unset=True)}"
        for key, group in sorted(settings.groups.items())
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
