"""A lane as an agent leafs through it, and the moment at which it is looked at."""

from __future__ import annotations

from datetime import UTC, datetime

from core.domain.tickets import Lane
from core.services.board import BoardReader

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shown(reader: BoardReader, lane: Lane, group: int | None, limit: int = 7) -> list[int]:
    """The lane page by page."""
    found: list[int] = []
    after = None
    while page := reader.entries(lane, after, limit, group):
        numbers = [entry.id for entry in page]
        assert len(page) <= limit
        assert not set(numbers) & set(found), "a page goes on where the last one ended"
        found += numbers
        after = page[-1].key
    return found
