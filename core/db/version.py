"""Which schema a database has, read without SQLAlchemy or Alembic, so that every program can ask at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from core.db import postgres
from core.db.place import Place
from core.db.sqlite import connect_reader, explain
from core.errors import Unavailable
from core.i18n import _

HEAD = "0010"
"""The newest revision under `core/db/migrations/versions`; revisions are numbered, so they compare as
text."""


def sqlite_version_of(path: Path) -> str:
    """The revision of an SQLite database, empty where there is no database or no schema yet."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    try:
        with closing(connect_reader(str(path))) as connection:
            known = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone()
            found = (
                connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
            )
    except sqlite3.Error as error:
        raise explain(error, str(path)) or error from error
    return found[0] if found else ""


def check_not_newer(found: str, path: str) -> None:
    """Raises Unavailable where a newer program made the database."""
    if found > HEAD:
        raise Unavailable(
            _("The database {path} is newer ({found}) than this program ({ours}).").format(
                path=path, found=found, ours=HEAD
            ),
            hint=_("Install the version of Glazok that the other machines use."),
        )


def server_version_of(connection: Any) -> str:
    """The revision of the PostgreSQL database that a driver's connection leads to, empty without a schema."""
    known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()[0]
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return found[0] if found else ""


def version_of(place: Place) -> str:
    """The revision of a desk's database, empty where there is no desk yet."""
    if not place.on_postgres:
        return sqlite_version_of(place.path)
    connection = postgres.connect(place, read_only=True)
    try:
        return server_version_of(connection)
    except postgres.driver().Error as error:
        raise postgres.explain(error, str(place)) or error from error
    finally:
        connection.close()


def check_current(place: Place) -> None:
    """Raises Unavailable unless the database has exactly this program's schema."""
    check_revision(version_of(place), place)


def check_revision(found: str, place: Place) -> None:
    """Raises Unavailable unless a revision that was found is this program's."""
    if not found:
        raise Unavailable(
            _("There is no desk in {path} yet.").format(path=place),
            hint=_("Check desk.database, or make it with: glazok db upgrade"),
        )
    check_not_newer(found, str(place))
    if found != HEAD:
        raise Unavailable(
            _("The database {path} is older ({found}) than this program ({ours}).").format(
                path=place, found=found, ours=HEAD
            ),
            hint=_("Make a backup with pg_dump, then bring it up to date by: glazok db upgrade")
            if place.on_postgres
            else _("Bring it up to date, with a backup made first, by: glazok db upgrade"),
        )
