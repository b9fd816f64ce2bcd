"""From a URL to an engine with the settings that each database needs; driver errors to plain sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from core.db.sqlite import BUSY_MS, PRAGMAS, explain
from core.errors import Conflict, GlazokError
from core.i18n import _

WRITER = "glazok_writer"
"""Execution option of connections that will write: SQLite takes the write lock at their BEGIN."""


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///absolute/path`, ready for several threads and processes."""
    engine = create_engine(
        make_url(url),
        pool_size=2,
        max_overflow=4,
        # An error's text goes into logs, and parameters are letters.
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writer = connection.get_execution_options().get(WRITER, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///` URL."""
    return Path(make_url(url).database or "")


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Iterator[Session]:
    """One transaction: committed where the block ends well, rolled back where it raises.

    Raises Unavailable, with a sentence, for a locked database, a full disk and the like.
    """
    bound: Any = engine.execution_options(**{WRITER: True}) if write else engine
    try:
        with Session(bound, expire_on_commit=False) as session, session.begin():
            yield session
    except StaleDataError as error:
        raise Conflict(
            _("Somebody changed the ticket at the same moment."),
            hint=_("Look at it again and repeat the command."),
        ) from error
    except DatabaseError as error:
        raise translate(error, engine) from error


def translate(error: DatabaseError, engine: Engine) -> GlazokError | DatabaseError:
    """What a driver's error means for a person; the error itself where it is a bug of ours.

    A full disk ends the whole transaction by itself, and then the savepoint that is missed hides why: so the
    errors behind this one are looked at too.
    """
    behind: BaseException | None = error
    while behind is not None:
        origin = behind.orig if isinstance(behind, DatabaseError) else None
        known = explain(origin, engine.url.database or "") if isinstance(origin, sqlite3.Error) else None
        if known is not None:
            return known
        behind = behind.__context__
    return error
