"""Where a desk's data lies: one SQLite file, or a PostgreSQL database. Loads neither driver nor SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.db.sqlite import database_path

if TYPE_CHECKING:
    from core.settings import Settings


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Place:
    """Exactly one of `path` and `dsn` is given. Its text is what a person is shown; it holds no password."""

    path: Path = Path()
    """The SQLite file, absolute."""
    dsn: str = ""
    """`postgresql://user@host/database`, as libpq reads it, without a password."""
    password: Callable[[], str] = field(default=_nothing, repr=False, compare=False)
    """Reads the password each time it is needed; empty where libpq finds its own, or none is wanted."""

    @property
    def on_postgres(self) -> bool:
        """Whether it is a PostgreSQL database."""
        return bool(self.dsn)

    def __str__(self) -> str:
        return self.dsn or str(self.path)


def place_of(settings: Settings) -> Place:
    """The place that a configuration names. Raises ConfigError where that is neither of the two."""
    url = settings.desk.database
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        return Place(path=database_path(url, settings.folder))
    secret = settings.desk.database_password
    return Place(
        dsn=url.replace("postgresql+psycopg://", "postgresql://", 1),
        password=secret.reveal if secret.given else _nothing,
    )
