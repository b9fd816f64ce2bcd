"""How tickets were opened, as their first event tells: read page by page, for whoever replays old letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from core.db import people
from core.db.tables import AddressRow, ContactRow, EventRow, MessageRow, TicketRow


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A ticket, the letter that opened it, and where the rules of that day led."""

    event_id: int
    ticket_id: int
    subject: str
    mailbox: str
    region: str
    """Key of the ticket's region; empty where it was unknown."""
    rule: str
    why: str
    group: str
    """Key of the group that got it then; empty where the event does not say."""
    form: str
    tags: tuple[str, ...]
    """Those that the rule gave."""
    raw_sha256: str
    """Empty where no letter opened it, or an agent passed the letter on."""


def openings(session: Session, after: int, limit: int) -> Sequence[OpeningRow]:
    """The next tickets behind an event, in the order of their opening."""
    rows = session.execute(
        select(EventRow, TicketRow)
        .join(TicketRow, col(TicketRow.id) == col(EventRow.ticket_id))
        .where(col(EventRow.kind) == "opened", col(EventRow.id) > after)
        .order_by(col(EventRow.id))
        .limit(limit)
    ).all()
    wanted = {int(event.data.get("message") or 0) for event, _ticket in rows}
    raw = session.execute(
        select(col(MessageRow.id), col(MessageRow.raw_sha256)).where(
            col(MessageRow.id).in_(wanted), col(MessageRow.kind) == "inbound"
        )
    )
    letters = {row[0]: row[1] for row in raw}
    groups = {row.id: row.key for row in people.groups(session)}
    return [
        OpeningRow(
            event_id=event.id or 0,
            ticket_id=ticket.id or 0,
            subject=ticket.subject,
            mailbox=ticket.mailbox,
            region=ticket.region,
            rule=str(event.data.get("rule") or ""),
            why=ticket.why,
            group=groups.get(event.data.get("group") or 0, ""),
            form=str(event.data.get("form") or ""),
            tags=tuple(event.data.get("tags") or ()),
            raw_sha256=""
            if event.data.get("forwarded_by") or not event.data.get("rule")
            else letters.get(int(event.data.get("message") or 0)) or "",
        )
        for event, ticket in rows
    ]


def region_of(session: Session, email: str) -> str:
    """Key of the region that is remembered on the contact with an address; empty where there is none."""
    return (
        session.execute(
            select(col(ContactRow.region))
            .join(AddressRow, col(AddressRow.contact_id) == col(ContactRow.id))
            .where(col(AddressRow.email) == email.strip().lower())
        ).scalar()
        or ""
    )
