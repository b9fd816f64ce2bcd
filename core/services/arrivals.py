"""What is known about a batch of letters while it is filed: looked up once for all, kept up to date with what is
added. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

from sqlmodel import Session

from core.db import arrivals as db
from core.db import clocks, people
from core.db.tables import AddressRow, ContactRow, GroupRow, LedgerRow, MessageRow, Row, TicketRow
from core.domain import joining
from core.domain.letters import Letter

MAX_NAMED = 200
"""Recipients of one letter that are looked at and kept; some letters name ten thousand."""

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", bound=Row)


class Lookup(Generic[K, V]):
    """Values by key, read in one go where they are prepared, one by one where not; what is missing is remembered."""

    def __init__(self, load: Callable[[Collection[K]], Mapping[K, V]]) -> None:
        self._load = load
        self._known: dict[K, V | None] = {}

    def prepare(self, keys: Iterable[K]) -> None:
        """Read what will be asked for."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._known]
        if wanted:
            found = self._load(wanted)
            self._known |= {key: found.get(key) for key in wanted}

    def get(self, key: K) -> V | None:
        """The value, None where there is none."""
        if key not in self._known:
            self.prepare((key,))
        return self._known[key]

    def put(self, key: K, value: V | None) -> None:
        """Something new, or newer; None where there is nothing yet."""
        self._known[key] = value


class Arrivals:
    """The tables as one writing transaction sees them, its own unwritten rows included."""

    def __init__(self, session: Session, ledger_ids: Iterable[int], letters: Collection[Letter]) -> None:
        self.session = session
        self.ledger: Lookup[int, LedgerRow] = Lookup(lambda ids: db.ledger_rows(session, ids))
        self.tickets: Lookup[int, TicketRow] = Lookup(lambda ids: db.tickets(session, ids))
        self.groups: Lookup[str, GroupRow] = Lookup(
            lambda _keys: {row.key: row for row in people.groups(session)}
        )
        self.contacts: Lookup[int, ContactRow] = Lookup(lambda ids: db.contacts(session, ids))
        self.newest: Lookup[int, int] = Lookup(lambda ids: db.newest_tickets(session, ids))
        """A contact's newest ticket."""
        self.sequels: Lookup[int, int] = Lookup(lambda ids: db.sequels(session, ids))
        """The newest ticket that continues another."""
        self._messages: Lookup[str, list[MessageRow]] = Lookup(lambda ids: db.messages(session, ids))
        self._addresses: Lookup[str, AddressRow] = Lookup(lambda emails: db.addresses(session, emails))
        self._staff: Lookup[str, int] = Lookup(lambda emails: people.agents_by_email(session, emails))
        self._participants: Lookup[int, dict[str, int]] = Lookup(lambda ids: db.participants(session, ids))
        self._prepare(ledger_ids, letters)

    def _prepare(self, ledger_ids: Iterable[int], letters: Collection[Letter]) -> None:
        self.ledger.prepare(ledger_ids)
        rfc_ids = {
            rfc_id for one in letters for rfc_id in (one.message_id, *joining.referenced_ids(one)) if rfc_id
        }
        self._messages.prepare(rfc_ids)
        joined = {row.ticket_id for rfc_id in rfc_ids for row in self._messages.get(rfc_id) or ()}
        self.tickets.prepare(joined)
        self._participants.prepare(joined)
        clocks.hold(self.session, joined)
        named = {addr.addr.lower() for one in letters for addr in (*one.to, *one.cc)[:MAX_NAMED]}
        emails = named | {one.from_addr.strip().lower() for one in letters}
        self._staff.prepare(emails)
        self._addresses.prepare(emails)
        contacts = {row.contact_id for row in map(self._addresses.get, emails) if row is not None}
        self.contacts.prepare(contacts)
        self.newest.prepare(contacts)

    def messages(self, rfc_ids: Iterable[str]) -> dict[str, list[MessageRow]]:
        """Stored messages by Message-ID, oldest first; only those that are there."""
        rfc_ids = tuple(rfc_ids)
        self._messages.prepare(rfc_ids)
        return {rfc_id: rows for rfc_id in rfc_ids if (rows := self._messages.get(rfc_id))}

    def staff(self, emails: Iterable[str]) -> dict[str, int]:
        """Active agents' ids by their lower-cased addresses, of those who are staff."""
        found = {email: self._staff.get(email) for email in emails if email}
        return {email: agent_id for email, agent_id in found.items() if agent_id is not None}

    def address_of(self, email: str) -> AddressRow | None:
        """A client's address, if it is known."""
        return self._addresses.get(email.lower())

    def contact_of(self, email: str) -> ContactRow | None:
        """The client whose address it is, if it is known."""
        address = self.address_of(email)
        return self.contacts.get(address.contact_id) if address is not None else None

    def address_for(self, email: str, name: str, at: datetime) -> AddressRow:
        """The address, with a contact of its own where it is new. A better name replaces a bare address."""
        email, name = email.strip().lower(), " ".join(name.split())[:200]
        row = self._addresses.get(email)
        if row is None:
            contact = self.add(ContactRow(name=name or email, created_at=at))
            self.contacts.put(contact.id or 0, contact)
            self.newest.put(contact.id or 0, None)
            row = self.add(AddressRow(contact_id=contact.id or 0, email=email, created_at=at))
            self._addresses.put(email, row)
        elif name:
            known = self.contacts.get(row.contact_id)
            if known is not None and known.name == email:
                known.name = name
        return row

    def participants(self, ticket_id: int) -> dict[str, int]:
        """The clients' side of a ticket: address ids by e-mail. Whoever adds a participant adds them here too."""
        found = self._participants.get(ticket_id)
        if found is None:
            found = {}
            self._participants.put(ticket_id, found)
        return found

    def add_ticket(self, ticket: TicketRow) -> TicketRow:
        """A new ticket, without participants yet."""
        self.add(ticket)
        self.tickets.put(ticket.id or 0, ticket)
        self._participants.put(ticket.id or 0, {})
        clocks.hold_new(self.session, ticket.id or 0)
        if ticket.contact_id is not None:
            self.newest.put(ticket.contact_id, ticket.id or 0)
        if ticket.continues_id is not None:
            self.sequels.put(ticket.continues_id, ticket.id or 0)
        return ticket

    def add_message(self, message: MessageRow) -> MessageRow:
        """A new message."""
        self.add(message)
        if message.rfc_id:
            self._messages.put(message.rfc_id, [*(self._messages.get(message.rfc_id) or ()), message])
        return message

    def add(self, row: R) -> R:
        """A new row; it has its id at once."""
        known = db.number(self.session, row)
        self.session.add(row)
        if not known:
            self.session.flush()
        return row

    def write(self) -> None:
        """Write what was added, for a query that does not go through here."""
        self.session.flush()

    def finish(self) -> None:
        """Write what was added and changed; nothing is done with the rows after this."""
        db.insert_new(self.session)
        self.session.flush()
