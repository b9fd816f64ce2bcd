"""On which database the desks of `tests.builders` stand: an SQLite file each, or a PostgreSQL database each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postgres import Postgres

SQLITE = "sqlite:///glazok.db"

_server: Postgres | None = None
_templates: dict[Postgres, str] = {}
_taken: dict[Path, str] = {}


@contextmanager
def on(server: Postgres) -> Iterator[None]:
    """Desks made inside stand on this cluster; their databases are dropped at the end."""
    global _server
    _server = server
    try:
        yield
    finally:
        _server = None
        for name in _taken.values():
            server.drop(name)
        _taken.clear()


def on_postgres() -> bool:
    """Whether desks stand on PostgreSQL now."""
    return _server is not None


def url_of(folder: Path) -> str:
    """What `desk.database` says for a desk in this folder; on PostgreSQL its database is made, empty at first."""
    if _server is None:
        return SQLITE
    if folder not in _taken:
        _taken[folder] = _server.database()
    return _server.url(_taken[folder])


def copy_into(folder: Path, make: Callable[[Path], object]) -> None:
    """Give a folder's desk a copy of the database that `make` once filled, with a folder of its own to do it in."""
    assert _server is not None
    if _server not in _templates:
        first = _server.folder / "template"
        url_of(first)
        make(first)
        _templates[_server] = _taken.pop(first)
    if folder not in _taken:
        _taken[folder] = _server.database(_templates[_server])
