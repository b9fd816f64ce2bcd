"""The breaker against loops: whatever the headers say, automatic letters to one address or on one ticket come to an
end, and the supervisors hear of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.db import mail as db
from core.db import notices as notice_db
from core.db import people
from core.db.tables import TicketRow
from core.domain import loops
from core.domain.notices import NoticeKind
from core.logs import get as get_log
from core.services import events, notices
from core.services.access import BRIDGE

log = get_log(__name__)


def lets(session: Session, address: str, at: datetime, ticket_id: int | None = None) -> bool:
    """Whether one more automatic letter may go to an address, on a ticket where that is there already."""
    since = at - loops.WINDOW
    # What this very transaction has queued counts too.
    session.flush()
    if not loops.may_answer_automatically(db.automatic_letters_since(session, since, email=address), at):
        return False
    return ticket_id is None or loops.may_answer_automatically(
        db.automatic_letters_since(session, since, ticket_id=ticket_id), at
    )


def trip(session: Session, ticket: TicketRow, address: str, at: datetime) -> int:
    """Note on the ticket that a letter was withheld, and tell the group's supervisors, at most once in the shortest
    window for one address; returns the event's id."""
    known = people.address_of(session, address)
    data = {"address": known.id if known else None}
    event = events.record(session, ticket, BRIDGE, "withheld", at, data=data)
    log.warning("automatic letter withheld: too many", extra={"ticket": ticket.id})
    recent = notice_db.recent_of_group(session, ticket.group_id, NoticeKind.LOOP, at - loops.LIMITS[0][0])
    if not any(row.data.get("address") == data["address"] for row in recent):
        notices.post(
            session,
            ticket,
            NoticeKind.LOOP,
            event,
            at,
            audience="supervisors",
            group_id=ticket.group_id,
            data=data,
        )
    return event
