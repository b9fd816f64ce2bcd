"""Text on its way to PostgreSQL, which knows no NUL character; letters may hold some. Loads the driver."""

from __future__ import annotations

from psycopg.abc import Buffer
from psycopg.types.string import StrDumperUnknown


class StrWithoutNul(StrDumperUnknown):
    """Leaves NUL characters out of every text, also of one that is only looked for."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "") if "\0" in obj else obj)
