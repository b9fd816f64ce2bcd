"""The clocks of all living tickets are set anew when the settings that they depend on have changed: page by page, so
that nobody waits for it, and from where it was left when it is interrupted."""

from __future__ import annotations

from sqlmodel import Session

from core.db import clocks as db
from core.db.tables import TicketRow
from core.logs import get as get_log
from core.services import clock_settings, life
from core.services.desk import Desk
from core.services.robot_types import CANNOT

PAGE = 20
"""Tickets in one transaction: whoever wants to write meanwhile waits no longer than these take."""

PLACE = "robot.rearming"
"""The settings by which clocks are being set, and the last ticket that has them."""

log = get_log("robot")


def waits(desk: Desk) -> bool:
    """Whether there are tickets whose clocks are still to be set anew; a cheap question."""
    with desk.read() as session:
        return db.remembered(session, clock_settings.DONE) != clock_settings.fingerprint(desk)


def step(desk: Desk) -> bool:
    """Set the clocks of one more page of tickets; False where none is left. How far it came is written with them."""
    wanted = clock_settings.fingerprint(desk)
    with desk.write() as session:
        if db.remembered(session, clock_settings.DONE) == wanted:
            return False
        by, _colon, after = db.remembered(session, PLACE).partition(":")
        page = db.living_tickets(session, int(after) if by == wanted else 0, PAGE)
        if not page:
            db.remember(session, clock_settings.DONE, wanted)
            db.remember(session, PLACE, "")
            return False
        for ticket in page:
            set_anew(session, ticket)
        db.remember(session, PLACE, f"{wanted}:{page[-1].id}")
        return True


def set_anew(session: Session, ticket: TicketRow) -> None:
    """Set one ticket's clocks; where they cannot be reckoned they stay as they were, and the log says so."""
    try:
        # They are reckoned before any is written.
        life.rearm(session, ticket)
    except CANNOT as error:
        log.warning("no clocks", ticket=ticket.id, error=type(error).__name__)
