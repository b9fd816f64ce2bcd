"""Rows by the thousand, written by Core `executemany` with ids chosen beforehand: for desks made in one go.

The triggers that keep `board_count` see every row, as with any other insert.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlmodel import Session, col

from core.db.tables import AddressRow, Row, TicketRow

CHUNK = 500
"""Values in one IN list; SQLite's own limit lies far above."""


def next_id(session: Session, row: type[Row]) -> int:
    """The id after the highest; nobody else takes it while the writing transaction lasts."""
    table = _table(row)
    if on_postgres(session):
        session.connection().exec_driver_sql("SET LOCAL statement_timeout = 0")
        session.connection().exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
    return (session.execute(select(func.max(table.c.id))).scalar_one() or 0) + 1


def reserve_ids(session: Session, row: type[Row], count: int) -> list[int]:
    """The next ids of a table's sequence on PostgreSQL; nobody else gets them, used or not."""
    query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return list(session.execute(query, {"name": _table(row).name, "count": count}).scalars())


def insert_rows(session: Session, row: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows (by column name; what is left out has the row's default) into a row's table.

    On SQLite past SQLAlchemy's per-row preparation, which would take as long as all the rest; its types still
    convert.
    """
    if not rows:
        return
    table, connection = _table(row), session.connection()
    defaults = {
        name: field.default
        for name, field in row.model_fields.items()
        if name != "id" and not field.is_required() and field.default_factory is None
    }
    rows = [{**defaults, **one} for one in rows]
    if on_postgres(session):
        connection.execute(insert(table), rows)
        if "id" in table.c:
            # A sequence knows nothing of ids that it did not give out itself.
            last = {"name": table.name, "last": rows[-1]["id"]}
            session.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), last)
        return
    dialect = connection.dialect
    converters = [
        (column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in table.columns
    ]
    values = [
        tuple(convert(one[name]) if convert else one[name] for name, convert in converters) for one in rows
    ]
    connection.exec_driver_sql(str(insert(table).compile(dialect=dialect)), values)


def contacts_of(session: Session, emails: Collection[str]) -> dict[str, tuple[int, int, int | None]]:
    """By lower-cased address: (contact, address, the contact's newest ticket) of those that are known."""
    wanted, found = list(emails), dict[str, tuple[int, int, int | None]]()
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(col(AddressRow.email), col(AddressRow.contact_id), col(AddressRow.id)).where(
                col(AddressRow.email).in_(wanted[start : start + CHUNK])
            )
        ).all()
        # Asked contact by contact, PostgreSQL may look for each one's newest ticket from the end of the table.
        query = select(col(TicketRow.contact_id), func.max(col(TicketRow.id))).group_by(
            col(TicketRow.contact_id)
        )
        query = query.where(col(TicketRow.contact_id).in_([row.contact_id for row in rows]))
        newest = {row[0]: row[1] for row in session.execute(query)}
        for email, contact_id, address_id in rows:
            found[email] = (contact_id, address_id or 0, newest.get(contact_id))
    return found


def on_postgres(session: Session) -> bool:
    """Whether the session's database is PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def _table(row: type[Row]) -> Table:
    table = row.metadata.tables[str(row.__tablename__)]
    assert isinstance(table, Table)
    return table
