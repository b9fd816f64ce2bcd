"""What stands in a lane, in order, and where the eye of its agent rests. Pure: no widget, no I/O.

A lane holds the ids and sort keys of what has been loaded so far (a first page, more on demand), never the
cards. Changes are placed by comparing keys. The selection belongs to a ticket, not to a row: what moves above
it does not move it, and when its ticket leaves the lane the selection lands on the next row.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, TypeAlias

from core.domain.tickets import Lane

Key: TypeAlias = tuple[Any, ...]
"""A lane's sort key: ascending, unique by ending in the ticket's id."""


class LaneModel:
    """One lane of one agent's board."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.ids: array[int] = array("q")
        """Loaded tickets in the lane's order."""
        self.keys: list[Key] = []
        """Their sort keys, row by row."""
        self._key_of: dict[int, Key] = {}
        self.loaded = False
        """False until the first page has arrived."""
        self.complete = False
        """True where everything is loaded, not only the first pages."""
        self.total = 0
        """Tickets in the lane by the database's count, loaded or not."""
        self.late = 0
        """How many of them are beyond the second age limit."""
        self.cursor = 0
        """Row of the selected ticket."""
        self.top = 0
        """Row shown first."""

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, ticket_id: int) -> bool:
        return ticket_id in self._key_of

    @property
    def selected(self) -> int | None:
        """Id of the selected ticket, None in an empty lane."""
        return self.ids[self.cursor] if self.ids else None

    @property
    def last_key(self) -> Key | None:
        """Key of the last loaded row, from where the next page goes on."""
        return self.keys[-1] if self.keys else None

    def clear(self) -> None:
        """Back to "not loaded yet": the filter changed."""
        self.ids, self.keys, self._key_of = array("q"), [], {}
        self.loaded = self.complete = False
        self.cursor = self.top = 0

    def start(self, entries: Iterable[tuple[Key, int]], *, complete: bool) -> None:
        """Take the first page, keeping the selection on its ticket where that is still there."""
        selected, row = self.selected, self.cursor
        offset = self.cursor - self.top
        self.ids, self.keys, self._key_of = array("q"), [], {}
        self.extend(entries, complete=complete)
        found = self.row_of(selected) if selected is not None else None
        self.cursor = found if found is not None else row
        self.top = self.cursor - offset
        self._clamp()

    def extend(self, entries: Iterable[tuple[Key, int]], *, complete: bool) -> None:
        """Take a further page. Rows that a change has already placed are not doubled."""
        for key, ticket_id in entries:
            if ticket_id in self._key_of:
                continue
            if self.keys and key < self.keys[-1]:
                self._insert(ticket_id, key)
                continue
            self.ids.append(ticket_id)
            self.keys.append(key)
            self._key_of[ticket_id] = key
        self.loaded, self.complete = True, complete

    def row_of(self, ticket_id: int) -> int | None:
        """Row of a loaded ticket, None where it is not here."""
        key = self._key_of.get(ticket_id)
        return None if key is None else bisect_left(self.keys, key)

    def place(self, ticket_id: int, key: Key | None) -> bool:
        """Put a changed ticket where its key belongs, or take it out (`key` None); True where rows moved."""
        if not self.loaded:
            return False
        before = self._key_of.get(ticket_id)
        if before == key:
            return False
        selected = self.selected
        if before is not None:
            self._remove(ticket_id, before)
        # What belongs behind the loaded part comes with its page.
        if key is not None and (self.complete or (self.keys and key <= self.keys[-1])):
            self._insert(ticket_id, key)
        elif before is None:
            return False
        if selected is not None:
            self._follow(selected)
        self._clamp()
        return True

    def move(self, rows: int) -> None:
        """Move the selection by rows, at most to the ends of what is loaded."""
        self.cursor += rows
        self._clamp()

    def select(self, ticket_id: int) -> bool:
        """Put the selection on a ticket; False where it is not loaded here."""
        row = self.row_of(ticket_id)
        if row is None:
            return False
        self.cursor = row
        return True

    def show(self, rows: int) -> None:
        """Scroll just so far that the selection is among the `rows` rows that are visible."""
        rows = max(1, rows)
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + rows:
            self.top = self.cursor - rows + 1
        self.top = max(0, min(self.top, len(self.ids) - rows))

    def scroll(self, by: int, rows: int) -> None:
        """Scroll without choosing; the selection is dragged along at the edges."""
        rows = max(1, rows)
        self.top = max(0, min(self.top + by, len(self.ids) - rows))
        self.cursor = max(self.top, min(self.cursor, self.top + rows - 1))
        self._clamp()

    def visible(self, rows: int) -> array[int]:
        """Ids of the rows that are on the screen."""
        return self.ids[self.top : self.top + rows]

    def wants_more(self, rows: int) -> bool:
        """True where the next page should be on its way before it is needed."""
        return self.loaded and not self.complete and self.top + 3 * rows >= len(self.ids)

    def _follow(self, ticket_id: int) -> None:
        row = self.row_of(ticket_id)
        if row is not None:
            self.top += row - self.cursor
            self.cursor = row

    def _insert(self, ticket_id: int, key: Key) -> None:
        row = bisect_left(self.keys, key)
        self.keys.insert(row, key)
        self.ids.insert(row, ticket_id)
        self._key_of[ticket_id] = key

    def _remove(self, ticket_id: int, key: Key) -> None:
        row = bisect_left(self.keys, key)
        del self.keys[row], self.ids[row], self._key_of[ticket_id]

    def _clamp(self) -> None:
        self.cursor = max(0, min(self.cursor, len(self.ids) - 1))
        self.top = max(0, min(self.top, max(0, len(self.ids) - 1)))
