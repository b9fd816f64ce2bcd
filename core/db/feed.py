"""A program's own place in the feed of events: a text to keep, from which reading goes on later.

SQLite has one writer at a time, so ids are enough. On PostgreSQL a place is a transaction and an id; what belongs to
transactions that still run waits until they end (`core.db.feed_postgres`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, func, literal_column, select, tuple_
from sqlmodel import Session, col

from core.db.bulk import on_postgres
from core.db.feed_postgres import XMIN
from core.db.tables import EventRow

_TXID = literal_column("event.txid", BigInteger)
_XMIN = literal_column(XMIN, BigInteger)


def here(session: Session) -> str:
    """Where the feed stands now: everything so far lies before it."""
    if not on_postgres(session):
        return str(session.execute(select(func.max(col(EventRow.id)))).scalar_one() or 0)
    xmin = session.execute(select(_XMIN)).scalar_one()
    return f"{xmin}:0"


def after(session: Session, place: str, limit: int) -> tuple[Sequence[EventRow], str]:
    """The next events of tickets after a place, in their order, and the place behind them."""
    query = select(EventRow).where(col(EventRow.ticket_id).is_not(None)).limit(limit)
    if not on_postgres(session):
        found = (
            session.execute(query.where(col(EventRow.id) > int(place)).order_by(col(EventRow.id)))
            .scalars()
            .all()
        )
        return found, str(found[-1].id) if found else place
    txid, _colon, number = place.partition(":")
    rows = session.execute(
        query.add_columns(_TXID)
        .where(tuple_(_TXID, col(EventRow.id)) > tuple_(int(txid), int(number or 0)), _TXID < _XMIN)
        .order_by(_TXID, col(EventRow.id))
    ).all()
    return [row[0] for row in rows], f"{rows[-1][1]}:{rows[-1][0].id}" if rows else place


def of_tickets(session: Session, tickets: Collection[int], behind: int) -> Sequence[EventRow]:
    """The events of some tickets with a higher id, in their order, this transaction's own among them."""
    return (
        session.execute(
            select(EventRow)
            .where(col(EventRow.ticket_id).in_(tickets), col(EventRow.id) > behind)
            .order_by(col(EventRow.id))
        )
        .scalars()
        .all()
    )
