"""By which settings the clocks of all tickets are set, and who has set some of them by others."""

from __future__ import annotations

import hashlib

from sqlmodel import Session

from core.db import clocks as db
from core.services.desk import Desk, desk_of

DONE = "robot.settings"
"""Under what the database remembers the settings by which all clocks are set, as a fingerprint; empty where some have
been set by others since."""

_NOTED = "clocks"
"""Key in a session's `info`: this transaction has looked."""


def note(session: Session) -> None:
    """Called where a clock is set: where the settings are others than those of all clocks, the robot has to set them
    anew, even if it never sees these: a number that is changed and changed back before its next pass leaves no clock
    behind.

    A program asks once for the settings that it has, or until what it found to write down has been written.
    """
    desk = desk_of(session)
    if desk.clocks_by is desk.settings or session.info.get(_NOTED):
        return
    session.info[_NOTED] = True
    if db.remembered(session, DONE) in ("", fingerprint(desk)):
        desk.clocks_by = desk.settings
    else:
        db.remember(session, DONE, "")


def fingerprint(desk: Desk) -> str:
    """What the clocks depend on, as one short text."""
    settings = desk.settings
    parts = [settings.model_dump_json(include={"robot", "scenarios", "calendars", "statuses", "processes"})]
    parts += [
        f"{key} {group.hours} {group.robot.model_dump_json(exclude_unset=True)}"
        for key, group in sorted(settings.groups.items())
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
