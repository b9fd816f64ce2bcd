"""What is SQLite's own: settings of a connection and the meaning of its errors. Loads no SQLAlchemy."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.errors import ConfigError, GlazokError, Unavailable
from core.i18n import _

BUSY_MS = 5000
"""How long a writer waits for another one."""

PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=67108864",
)


def connect_reader(path: str) -> sqlite3.Connection:
    """A plain read-only connection for lists and the change feed; usable from any one thread at a time."""
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )
    connection.execute("PRAGMA query_only=ON")
    return connection


def explain(error: sqlite3.Error, path: str) -> GlazokError | None:
    """A sentence for what a person can mend; None for what is a bug of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unavailable(
                _(
                    "The database {path} is busy: another program has been writing to it for {seconds} s."
                ).format(path=path, seconds=BUSY_MS // 1000),
                hint=_("Try again; if it stays so, look for a program that holds the file open."),
            )
        case sqlite3.SQLITE_FULL:
            return Unavailable(
                _("The disk of the database {path} is full.").format(path=path),
                hint=_("Make room and try again; nothing that was saved before is lost."),
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return Unavailable(
                _("The database {path} may not be written.").format(path=path),
                hint=_("Run the command as the user to whom the database belongs."),
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            return Unavailable(
                _("The database {path} cannot be opened.").format(path=path),
                hint=_("See that the file is there and readable, or make a desk with: glazok init"),
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return Unavailable(
                _("{path} is not a sound SQLite database.").format(path=path),
                hint=_("Restore it from a backup, or name another file under desk.database."),
            )
    return None


def _quoted(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def database_path(url: str, folder: Path) -> Path:
    """The file that `sqlite:///…` names; relative ones lie beside the configuration.

    Raises ConfigError for another kind of database.
    """
    scheme, separator, rest = url.partition(":///")
    if scheme != "sqlite" or not separator or not rest:
        raise ConfigError(
            _("desk.database is {url}; this version knows only sqlite:///FILE.").format(
                url=url.rsplit("@", 1)[-1]
            ),
            hint=_('Write for example: database = "sqlite:///glazok.db"'),
        )
    return folder / rest
