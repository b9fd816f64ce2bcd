"""What `doctor` asks a database file: its schema, its journal, its soundness. Loads no SQLAlchemy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.db.sqlite import connect_reader, explain
from core.db.version import HEAD, sqlite_version_of


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
