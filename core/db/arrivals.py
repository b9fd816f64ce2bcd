"""What a batch of arriving letters reads and writes, in few statements: looked up once, inserted together.

For the one writing transaction of a batch. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import event, func, insert, inspect, select
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session, col

from core.db import bulk
from core.db.tables import (
    AddressRow,
    ContactRow,
    EventRow,
    LedgerRow,
    MessageRow,
    ParticipantRow,
    Row,
    TicketRow,
    metadata,
)

CHUNK = 500
"""Values in one IN list."""

STOCK = 20
"""Ids taken from a sequence of PostgreSQL at once; those that are left over are gaps."""

LOCK = 0x617272697665
"""Key of the lock under which letters are filed on PostgreSQL: "arrive" in ASCII."""

R = TypeVar("R", bound=Row)
_COUNTERS = "next ids"


def choose_ids(session: Session) -> None:
    """From now on rows of this writing transaction get their ids here, before they are inserted.

    So many rows are one statement, and none is flushed for its id alone. On SQLite there is one writer, who holds
    the lock: nobody else takes these ids; on PostgreSQL they come from the sequences. Foreign keys are checked at
    the end, since rows come table by table.
    """
    session.autoflush = False
    session.info[_COUNTERS] = {}
    session.connection().exec_driver_sql(
        "SET CONSTRAINTS ALL DEFERRED" if bulk.on_postgres(session) else "PRAGMA defer_foreign_keys=ON"
    )
    event.listen(session, "before_flush", _number_the_new)


def number(session: Session, row: R) -> bool:
    """Give a new row its id, where ids are chosen beforehand; False where the database gives them."""
    counters = session.info.get(_COUNTERS)
    if counters is None:
        return False
    kind = type(row)
    if bulk.on_postgres(session):
        promised = counters.setdefault(kind, [])
        if not promised:
            # An event's number has to follow those that its ticket had when it was loaded: none is kept in stock.
            promised += bulk.reserve_ids(session, kind, 1 if kind is EventRow else STOCK)
        row.id = promised.pop(0)
        return True
    chosen = counters.get(kind) or bulk.next_id(session, kind)
    counters[kind] = chosen + 1
    row.id = chosen
    return True


def _number_the_new(session: AnySession, *_others: Any) -> None:
    """Rows that other services add get theirs too, or the database would give one that is promised."""
    assert isinstance(session, Session)
    for row in session.new:
        if isinstance(row, Row) and getattr(row, "id", 0) is None:
            number(session, row)


def insert_new(session: Session) -> None:
    """Insert the new rows of a batch that is done, table by table; they are not to be changed any more.

    Past the unit of work, which would need more than twice the time to prepare each row, and to remember it as written.
    What is referred to comes first: while a reference hangs in the air, SQLite looks through whole tables at each row.
    """
    _number_the_new(session)
    new = [row for row in session.new if isinstance(row, Row)]
    kinds = {type(row).__tablename__: type(row) for row in new}
    for table in metadata.sorted_tables:
        kind = kinds.get(table.name)
        if kind is not None:
            names = [(attribute.key, attribute.columns[0].name) for attribute in inspect(kind).column_attrs]
            rows = [row.__dict__ for row in new if type(row) is kind]
            values = [{name: row.get(key) for key, name in names} for row in rows]
            session.connection().execute(insert(table), values)
    for row in new:
        session.expunge(row)


def ledger_rows(session: Session, ids: Collection[int]) -> dict[int, LedgerRow]:
    """Ledger rows by id: the first thing that a batch reads.

    On PostgreSQL batches of several mailboxes wait for each other here: one client's letters may come by both.
    """
    if bulk.on_postgres(session):
        session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    rows = _by_chunks(session, LedgerRow, LedgerRow.id, ids)
    return {row.id: row for row in rows if row.id is not None}


def messages(session: Session, rfc_ids: Collection[str]) -> dict[str, list[MessageRow]]:
    """Stored messages by Message-ID, oldest first."""
    found: dict[str, list[MessageRow]] = {}
    for row in sorted(
        _by_chunks(session, MessageRow, MessageRow.rfc_id, rfc_ids), key=lambda row: row.id or 0
    ):
        found.setdefault(row.rfc_id or "", []).append(row)
    return found


def addresses(session: Session, emails: Collection[str]) -> dict[str, AddressRow]:
    """Clients' addresses by lower-cased e-mail."""
    return {row.email: row for row in _by_chunks(session, AddressRow, AddressRow.email, emails)}


def contacts(session: Session, ids: Collection[int]) -> dict[int, ContactRow]:
    """Contacts by id."""
    return {row.id: row for row in _by_chunks(session, ContactRow, ContactRow.id, ids) if row.id is not None}


def tickets(session: Session, ids: Collection[int]) -> dict[int, TicketRow]:
    """Tickets by id."""
    return {row.id: row for row in _by_chunks(session, TicketRow, TicketRow.id, ids) if row.id is not None}


def participants(session: Session, ticket_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """The clients' side of each ticket: address ids by e-mail."""
    found: dict[int, dict[str, int]] = {ticket_id: {} for ticket_id in ticket_ids}
    wanted = list(ticket_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(col(ParticipantRow.ticket_id), col(AddressRow.email), col(AddressRow.id))
            .join(AddressRow, col(ParticipantRow.address_id) == col(AddressRow.id))
            .where(col(ParticipantRow.ticket_id).in_(wanted[start : start + CHUNK]))
        )
        for ticket_id, email, address_id in rows:
            found[ticket_id][email] = address_id or 0
    return found


def newest_tickets(session: Session, contact_ids: Collection[int]) -> dict[int, int]:
    """Each contact's newest ticket, of those who have one."""
    found: dict[int, int] = {}
    wanted = list(contact_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(col(TicketRow.contact_id), func.max(col(TicketRow.id)))
            .where(col(TicketRow.contact_id).in_(wanted[start : start + CHUNK]))
            .group_by(col(TicketRow.contact_id))
        )
        found |= {contact: ticket for contact, ticket in rows if contact is not None}
    return found


def sequels(session: Session, ticket_ids: Collection[int]) -> dict[int, int]:
    """The newest ticket that continues each, of those that have one."""
    found: dict[int, int] = {}
    for ticket_id in ticket_ids:
        # One by one: SQLite leaves a partial index aside for an IN list, and asked is about closed tickets alone.
        newest = session.execute(
            select(func.max(col(TicketRow.id))).where(col(TicketRow.continues_id) == ticket_id)
        ).scalar_one()
        if newest is not None:
            found[ticket_id] = newest
    return found


def _by_chunks(session: Session, kind: type[R], column: Any, values: Iterable[Any]) -> Sequence[R]:
    wanted, found = list(values), list[R]()
    for start in range(0, len(wanted), CHUNK):
        found += session.execute(select(kind).where(col(column).in_(wanted[start : start + CHUNK]))).scalars()
    return found
