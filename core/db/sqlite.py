"""What is SQLite's own: settings of a connection and the meaning of its errors. Loads no SQLAlchemy."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ConfigError, GlazokError, Unavailable
from core.i18n import _

BUSY_MS = 5000
"""How long a writer waits for another one."""

QUEUE = ".queue"
"""Ending of the file beside the database at which writers wait for their turn; it holds one number."""

LOOK_SECONDS = 0.0005
"""Between two looks whether the write lock is free."""

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


def begin_writing(connection: sqlite3.Connection, path: str) -> bool:
    """BEGIN IMMEDIATE as soon as the write lock is free; False where it was not to be had in BUSY_MS.

    SQLite's own waiting sleeps longer each time, up to 100 ms, past many short transactions of others: under a crowd
    some would wait for seconds. Here whoever comes first is next (`core.db.turns`), and that one looks often.
    """
    from core.db import turns

    give_up_at = time.monotonic() + BUSY_MS / 1000
    with impatient(connection), turns.turn(path + QUEUE, BUSY_MS / 1000):
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up_at:
                    return False
                time.sleep(LOOK_SECONDS)
            else:
                return True


@contextmanager
def impatient(connection: sqlite3.Connection) -> Iterator[None]:
    """Inside, SQLite itself waits for no other writer."""
    connection.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


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
            why = _obstacle(path) or str(error)
            return Unavailable(
                _("The database {path} may not be written: {why}.").format(path=path, why=why),
                hint=_("Run the command as the user to whom the database belongs, where it can be written."),
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            if _is_missing(path):
                return Unavailable(
                    _("There is no database {path}.").format(path=path),
                    hint=_("Check desk.database, or make it with: glazok db upgrade"),
                )
            why = _obstacle(path) or str(error)
            return Unavailable(
                _("The database {path} is there and cannot be opened: {why}.").format(path=path, why=why),
                hint=_("SQLite also has to write beside it; look at the disk and at who owns the folder."),
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return Unavailable(
                _("{path} is not a sound SQLite database.").format(path=path),
                hint=_("Restore it from a backup, or name another file under desk.database."),
            )
    return None


def _is_missing(path: str) -> bool:
    try:
        Path(path).stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError | NotADirectoryError)
    return False


_EFFECTIVE = os.access in os.supports_effective_ids


def _obstacle(path: str) -> str:
    """Why this process cannot use an SQLite file, as far as the system tells; empty where it does not."""
    folder = Path(path).parent
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return _("its file system is read-only")
        Path(path).stat()
    except OSError as error:
        return error.strerror or ""
    if not os.access(path, os.R_OK, effective_ids=_EFFECTIVE):
        return _("this user may not read it")
    if not os.access(path, os.W_OK, effective_ids=_EFFECTIVE):
        return _("this user may not write it")
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
        return _("this user may not write into its folder")
    return ""


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
