"""Bringing a database to this program's schema: one process under a lock, foreign keys off and a backup first on
SQLite, all or nothing on both.

Imports Alembic only inside `upgrade`, which consoles never call; they ask `core.db.version`.
"""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from core.db import feed_postgres
from core.db.bulk import on_postgres
from core.db.engine import place_of_engine, translate
from core.db.sqlite import explain
from core.db.version import HEAD, check_not_newer, sqlite_version_of
from core.errors import Unavailable
from core.i18n import _
from core.names import system_words

MIGRATIONS = Path(__file__).parent / "migrations"

LOCK = 0x676C617A6F6B
"""Key of PostgreSQL's advisory lock under which one program migrates and the others wait: "glazok" in ASCII."""


def alone(session: Session) -> None:
    """Let one program at a time go on, where a writing transaction is not alone anyway: several start at once."""
    if on_postgres(session):
        session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def upgrade(engine: Engine, now: datetime) -> str | None:
    """Create the schema or bring it up to date; returns the path of the backup that was made, if any.

    Raises Unavailable where the database is newer than the program, or cannot be opened or written.
    """
    place = place_of_engine(engine)
    try:
        if place.on_postgres:
            _upgrade_server(engine, str(place))
            return None
        return _upgrade_file(engine, place.path, now)
    except OSError as error:
        raise Unavailable(
            _("The database {path} cannot be made: {reason}.").format(path=place, reason=system_words(error)),
            hint=_("See that the folder exists and that you may write there."),
        ) from error
    except sqlite3.Error as error:
        raise explain(error, str(place)) or error from error
    except DatabaseError as error:
        raise translate(error, engine) from error


def _upgrade_file(engine: Engine, path: Path, now: datetime) -> str | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = sqlite_version_of(path)
        if found == HEAD:
            return None
        check_not_newer(found, str(path))
        backup = _back_up(path, found, now) if found else None
        _migrate_file(engine)
        return backup


def _upgrade_server(engine: Engine, shown: str) -> None:
    with engine.connect() as connection, connection.begin():
        # Whoever comes second waits for the first one's migration, however long that takes.
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        known = connection.exec_driver_sql("SELECT to_regclass('alembic_version') IS NOT NULL").scalar_one()
        found = (
            connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
            if known
            else None
        )
        check_not_newer(found or "", shown)
        if found != HEAD:
            _run_migrations(connection)
        feed_postgres.mend_after_restore(connection)


def _run_migrations(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _migrate_file(engine: Engine) -> None:
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        # A batch migration copies and drops tables: with foreign keys on, every child row would go with them.
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                _run_migrations(connection)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise Unavailable(
                        _(
                            "The upgrade of the database was given up: {count} rows lost their parents."
                        ).format(count=len(broken)),
                        hint=_("Nothing was changed. Please report this with the output of: glazok doctor"),
                    )
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def _back_up(path: Path, found: str, now: datetime) -> str:
    target = path.with_name(f"{path.name}.{found}.{now:%Y%m%d-%H%M%S}.backup")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return str(target)
