"""Clients and their addresses."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.db import people
from core.db.tables import AddressRow, ContactRow


def address_for(session: Session, email: str, name: str, at: datetime) -> AddressRow:
    """The address, with a contact of its own where it is new. A better name replaces a bare address."""
    email = email.strip().lower()
    name = " ".join(name.split())[:200]
    row = people.address_of(session, email)
    if row is None:
        contact = ContactRow(name=name or email, created_at=at)
        session.add(contact)
        session.flush()
        row = AddressRow(contact_id=contact.id or 0, email=email, created_at=at)
        session.add(row)
        session.flush()
    elif name:
        contact_row = session.get(ContactRow, row.contact_id)
        if contact_row is not None and contact_row.name == email:
            contact_row.name = name
    return row
