"""Clients and their addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from core.db.tables import AddressRow, ParticipantRow, TicketRow
from core.domain.joining import MAX_PARTICIPANTS
from core.domain.letters import Mailaddr
from core.services.arrivals import Arrivals
from core.text import well_formed


def address_for(session: Session, email: str, name: str, at: datetime) -> AddressRow:
    """The address, with a contact of its own where it is new. A better name replaces a bare address."""
    return Arrivals(session, (), ()).address_for(email, well_formed(name), at)


def take_part(session: Session, ticket: TicketRow, people: Iterable[Mailaddr], at: datetime) -> None:
    """Make people participants of a ticket: no staff, and no more than MAX_PARTICIPANTS in all."""
    arrivals = Arrivals(session, (), ())
    wanted = {one.addr.strip().lower(): well_formed(one.name) for one in people}
    staff, present = arrivals.staff(wanted), arrivals.participants(ticket.id or 0)
    for email, name in wanted.items():
        if email in present or email in staff or len(present) >= MAX_PARTICIPANTS:
            continue
        address = arrivals.address_for(email, name, at)
        session.add(ParticipantRow(ticket_id=ticket.id or 0, address_id=address.id or 0))
        present[email] = address.id or 0
