"""What `doctor` asks a database: its schema, its journal, its soundness. Loads no SQLAlchemy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.db import postgres
from core.db.feed_postgres import AHEAD
from core.db.place import place_of
from core.db.sqlite import connect_reader, explain
from core.db.version import HEAD, server_version_of, sqlite_version_of

if TYPE_CHECKING:
    from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Checkup:
    """How a database file fares."""

    schema: str
    """Its revision, empty where there is no database."""
    wanted: str
    """The revision that this program needs."""
    journal: str = ""
    """Its journal mode, which has to be "wal"."""
    damage: str = ""
    """What SQLite's own check complains about first, empty where the file is sound."""


def check_database(path: Path) -> Checkup:
    """Look at a database without changing it. Raises Unavailable where it cannot be read at all."""
    schema = sqlite_version_of(path)
    if not schema:
        return Checkup("", HEAD)
    try:
        with closing(connect_reader(str(path))) as connection:
            journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise explain(error, str(path)) or error from error
    return Checkup(schema, HEAD, journal, "" if verdict == "ok" else verdict)


def sqlite_version() -> tuple[int, int, int]:
    """The version of the SQLite library in this process."""
    return sqlite3.sqlite_version_info[:3]


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """True for libraries that can, rarely, corrupt a WAL database that several processes checkpoint."""
    return (3, 7, 0) <= version <= (3, 51, 2)


@dataclass(frozen=True, slots=True)
class ServerCheckup:
    """How a database on a PostgreSQL server fares."""

    schema: str
    """Its revision, empty where there is no desk in it yet."""
    wanted: str
    """The revision that this program needs."""
    version: int
    """The server's major version."""
    oldest: int
    """The oldest major version that will do."""
    encrypted: bool
    """Whether the connection is, or needs not be, since it leaves this machine nowhere."""
    restored: bool
    """Whether it was restored from another server's dump, and its feed stands still."""


def check_server(settings: Settings) -> ServerCheckup:
    """Look at a desk on a server without changing it. Raises Unavailable where it cannot be reached or read."""
    place = place_of(settings)
    connection = postgres.connect(place, read_only=True)
    try:
        schema = server_version_of(connection)
        version = connection.info.server_version // 10000
        ahead = (
            connection.execute(f"SELECT EXISTS (SELECT 1 FROM event WHERE txid > {AHEAD})").fetchone()  # noqa: S608
            if schema == HEAD
            else None
        )
        local = connection.info.host.startswith("/") or connection.info.hostaddr in ("127.0.0.1", "::1")
        encrypted = local or bool(connection.pgconn.ssl_in_use)
    except postgres.driver().Error as error:
        raise postgres.explain(error, str(place)) or error from error
    finally:
        connection.close()
    return ServerCheckup(schema, HEAD, version, postgres.OLDEST, encrypted, bool(ahead and ahead[0]))
