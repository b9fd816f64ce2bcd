"""The clocks of all living tickets are set anew when the settings that they depend on have changed: page by page, so
that nobody waits for it, and from where it was left when it is interrupted."""

from __future__ import annotations

import hashlib

from core.db import clocks as db
from core.logs import get as get_log
from core.services import life
from core.services.desk import Desk
from core.services.robot_types import CANNOT, Begin

PAGE = 20
"""Tickets in one transaction: whoever wants to write meanwhile waits no longer than these take."""

DONE = "robot.settings"
"""The settings by which all clocks are set, as a fingerprint."""

PLACE = "robot.rearming"
"""The settings by which clocks are being set, and the last ticket that has them."""

log = get_log("robot")


def waits(desk: Desk, begin: Begin | None = None) -> bool:
    """Whether there are tickets whose clocks are still to be set anew; a cheap question."""
    with (begin or desk.read)() as session:
        return db.remembered(session, DONE) != _fingerprint(desk)


def step(desk: Desk, begin: Begin | None = None) -> bool:
    """Set the clocks of one more page of tickets; False where none is left. How far it came is written with them."""
    begin, wanted = begin or desk.write, _fingerprint(desk)
    with begin() as session:
        if db.remembered(session, DONE) == wanted:
            return False
        by, _colon, after = db.remembered(session, PLACE).partition(":")
        page = db.living_tickets(session, int(after) if by == wanted else 0, PAGE)
        if not page:
            db.remember(session, DONE, wanted)
            db.remember(session, PLACE, "")
            return False
        for ticket in page:
            # Clocks are reckoned before any is written: where that fails the ticket's are as they were.
            try:
                life.rearm(session, ticket)
            except CANNOT as error:
                log.warning("no clocks", ticket=ticket.id, error=type(error).__name__)
        db.remember(session, PLACE, f"{wanted}:{page[-1].id}")
        return True


def _fingerprint(desk: Desk) -> str:
    """What the clocks depend on, as one short text."""
    settings = desk.settings
    parts = [settings.model_dump_json(include={"robot", "scenarios", "calendars", "statuses", "processes"})]
    parts += [
        f"{key} {group.hours} {group.robot.model_dump_json(exclude_unset=True)}"
        for key, group in sorted(settings.groups.items())
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
