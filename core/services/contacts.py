"""Clients and their addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from core.db.tables import AddressRow, ParticipantRow, TicketRow
from core.domain.domains import readable
from core.domain.joining import MAX_PARTICIPANTS
from core.domain.letters import Mailaddr
from core.services.arrivals import Arrivals
from core.text import well_formed


def address_for(session: Session, email: str, name: str, at: datetime) -> AddressRow:
    """The address, with a contact of its own where it is new. A better name replaces a bare address."""
    return Arrivals(session, (), ()).address_for(readable(email), well_formed(name), at)


def take_part(session: Session, ticket: TicketRow, people: Iterable[Mailaddr], at: datetime) -> list[int]:
    """Make people participants of a ticket, as `add_people` does."""
    return add_people(Arrivals(session, (), ()), ticket, people, at)


def leave(session: Session, ticket: TicketRow, address_ids: Iterable[int]) -> None:
    """Take back what `take_part` did, by what it returned."""
    for address_id in address_ids:
        row = session.get(ParticipantRow, (ticket.id or 0, address_id))
        if row is not None:
            session.delete(row)


def add_people(arrivals: Arrivals, ticket: TicketRow, people: Iterable[Mailaddr], at: datetime) -> list[int]:
    """Make people participants of a ticket: no staff, and no more than MAX_PARTICIPANTS in all; returns the ids of
    the addresses that were none before."""
    wanted = {readable(one.addr.strip().lower()): well_formed(one.name) for one in people}
    if not wanted:
        return []
    joined: list[int] = []
    staff, present = arrivals.staff(wanted), arrivals.participants(ticket.id or 0)
    for email, name in wanted.items():
        if len(present) >= MAX_PARTICIPANTS:
            break
        if email not in staff and email not in present:
            address = arrivals.address_for(email, name, at)
            let_in(arrivals, ticket, address)
            joined.append(address.id or 0)
    return joined


def let_in(arrivals: Arrivals, ticket: TicketRow, address: AddressRow, *, requester: bool = False) -> None:
    """Make an address a participant, unless it is one, or there are MAX_PARTICIPANTS."""
    present = arrivals.participants(ticket.id or 0)
    if address.email not in present and (requester or len(present) < MAX_PARTICIPANTS):
        arrivals.session.add(
            ParticipantRow(ticket_id=ticket.id or 0, address_id=address.id or 0, requester=requester)
        )
        present[address.email] = address.id or 0
