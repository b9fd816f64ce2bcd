"""From a desk's place to an engine with the settings that each database needs; driver errors to plain sentences.

Both engines give a writer the same promise, each in its own way: what a transaction reads of a ticket still holds
when it writes. On SQLite there is one writer at a time. On PostgreSQL writers run side by side under READ COMMITTED,
and each ticket that a writing transaction loads is its own until it ends (`_hold_what_is_loaded`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from core.db import postgres
from core.db.place import Place
from core.db.sqlite import BUSY_MS, PRAGMAS, begin_writing, explain, impatient
from core.db.tables import AskRow, LedgerRow, OutboxRow, ShiftRow, TicketRow
from core.errors import Conflict, GlazokError
from core.i18n import _

WRITER = "glazok_writer"
"""Execution option of connections that will write (SQLite takes the write lock at their BEGIN), and key in the `info`
of their sessions."""

HELD = (TicketRow, AskRow, OutboxRow, LedgerRow, ShiftRow)
"""Rows on which several people or programs may decide at once."""

_PLACE = "glazok_place"
"""Execution option: the place that an engine was made for."""


def make_engine(place: Place) -> Engine:
    """An engine for a place, ready for several threads and processes. Its text holds no password.

    Raises ConfigError where PostgreSQL's driver is not installed.
    """
    return _postgres_engine(place) if place.on_postgres else _sqlite_engine(place)


def _sqlite_engine(place: Place) -> Engine:
    engine = create_engine(
        f"sqlite:///{place.path}",
        pool_size=2,
        max_overflow=4,
        # An error's text goes into logs, and parameters are letters.
        hide_parameters=True,
        execution_options={_PLACE: place},
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(WRITER, False):
            connection.exec_driver_sql("BEGIN")
            return
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        if not begin_writing(raw, str(place.path)):
            # The time is over, and the driver's own error says so, like that of any other statement.
            with impatient(raw):
                connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres_engine(place: Place) -> Engine:
    postgres.driver()
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.connect(place),
        pool_size=2,
        max_overflow=4,
        # A server that was restarted is noticed before a transaction begins, not in its middle.
        pool_pre_ping=True,
        hide_parameters=True,
        execution_options={_PLACE: place},
    )


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Iterator[Session]:
    """One transaction: committed where the block ends well, rolled back where it raises.

    Raises Unavailable, with a sentence, for a locked database, a full disk, a lost server and the like.
    """
    if write:
        bound: Any = engine.execution_options(**{WRITER: True})
    elif engine.dialect.name == "postgresql":
        # One consistent picture, as any reader has on SQLite.
        bound = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    else:
        bound = engine
    try:
        with Session(bound, expire_on_commit=False) as session, session.begin():
            if write:
                session.info[WRITER] = True
                event.listen(session, "do_orm_execute", _hold_what_is_loaded)
            yield session
    except StaleDataError as error:
        raise Conflict(
            _("Somebody changed the ticket at the same moment."),
            hint=_("Look at it again and repeat the command."),
        ) from error
    except DatabaseError as error:
        raise translate(error, engine) from error


def writes(session: Session) -> bool:
    """Whether it is a writing transaction's session."""
    return bool(session.info.get(WRITER))


def _hold_what_is_loaded(state: ORMExecuteState) -> None:
    """Make a writing transaction wait for whoever else has a ticket in hand, and read it as they left it.

    NO KEY UPDATE (`key_share`) leaves others free to add rows that refer to it. SQLite has no such clause, and needs
    none.
    """
    statement = state.statement
    if not isinstance(statement, Select) or not state.is_select:
        return
    wanted = statement.column_descriptions
    # A column compares into an expression, so only "is" tells a table's class.
    held = len(wanted) == 1 and any(wanted[0]["expr"] is row for row in HELD)
    if held and statement._for_update_arg is None:
        state.statement = statement.with_for_update(key_share=True)


def translate(error: DatabaseError, engine: Engine) -> GlazokError | DatabaseError:
    """What a driver's error means for a person; the error itself where it is a bug of ours.

    A full disk ends the whole transaction by itself, and then the savepoint that is missed hides why: so the
    errors behind this one are looked at too.
    """
    behind: BaseException | None = error
    while behind is not None:
        origin = behind.orig if isinstance(behind, DatabaseError) else None
        known = _explained(origin, engine)
        if known is not None:
            return known
        behind = behind.__context__
    return error


def _explained(origin: BaseException | None, engine: Engine) -> GlazokError | None:
    place = place_of_engine(engine)
    if isinstance(origin, sqlite3.Error):
        return explain(origin, str(place))
    if place.on_postgres and isinstance(origin, Exception):
        return postgres.explain(origin, str(place))
    return None


def place_of_engine(engine: Engine) -> Place:
    """The place that an engine of `make_engine` was made for."""
    place: Place = engine.get_execution_options()[_PLACE]
    return place
