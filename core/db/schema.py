"""Bringing a database to this program's schema: one process under a lock, a backup first, foreign keys off.

Imports Alembic only inside `upgrade`, which consoles never call; they ask `core.db.version`.
"""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from core.db.engine import sqlite_path, translate
from core.db.sqlite import explain
from core.db.version import HEAD, check_not_newer, sqlite_version_of
from core.errors import Unavailable
from core.i18n import _
from core.names import system_words

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, now: datetime) -> str | None:
    """Create the database or bring it up to date; returns the path of the backup that was made, if any.

    Raises Unavailable where the database is newer than the program, or cannot be opened or written.
    """
    path = sqlite_path(str(engine.url))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = sqlite_version_of(path)
            if found == HEAD:
                return None
            check_not_newer(found, str(path))
            backup = _back_up(path, found, now) if found else None
            _migrate(engine)
            return backup
    except OSError as error:
        raise Unavailable(
            _("The database {path} cannot be made: {reason}.").format(path=path, reason=system_words(error)),
            hint=_("See that the folder exists and that you may write there."),
        ) from error
    except sqlite3.Error as error:
        raise explain(error, str(path)) or error from error
    except DatabaseError as error:
        raise translate(error, engine) from error


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        # A batch migration copies and drops tables: with foreign keys on, every child row would go with them.
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
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
