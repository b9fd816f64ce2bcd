"""The one thread that reads the board: requests in by a queue, facts out as messages. No widget is touched
here.

Everything is numbered by the generation of the filter, so that an answer to an old question is dropped.
The thread asks SQLite ten times a second whether somebody committed (microseconds), and at once when a
hint came.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from core import clock
from core.clock import now
from core.domain.tickets import LANES, Lane
from core.errors import GlazokError
from core.i18n import _
from tui.lane_model import Key
from tui.messages import (
    BoardOutdated,
    BoardRead,
    CardsRead,
    Counted,
    FeedFailed,
    LanePage,
    PageRead,
    SettingsRead,
    TicketsChanged,
)

if TYPE_CHECKING:
    from core.services.board import BoardReader
    from core.services.models.lists import Card
    from core.services.models.people import Directory

POLL_SECONDS = 0.1
RETRY_SECONDS = 1.0
FIRST_PAGE = 50
PAGE = 250
EVERYTHING = 10_000_000
FLOOD = 500
"""More changed tickets than this at once are read as a new board."""

Post = Callable[[Message], object]


class BoardFeed(threading.Thread):
    """Reads for one console."""

    def __init__(self, config: Path | str | None, login: str, post: Post) -> None:
        super().__init__(name="board-feed", daemon=True)
        self._config = config
        self._login = login
        self._post = post
        self._jobs: queue.SimpleQueue[Callable[[BoardReader], None] | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._look_asked = threading.Event()
        self._generation = 0
        self._group: int | None = None
        self._first = FIRST_PAGE
        self._last_event = 0
        self._directory: Directory | None = None

    # -- asked by the screen's thread ---------------------------------------------------------------------

    def read_board(self, generation: int, group: int | None, limit: int = FIRST_PAGE) -> None:
        """Read everything visible anew, over one group or all; answered by `BoardRead`."""

        def job(reader: BoardReader) -> None:
            self._generation, self._group, self._first = generation, group, limit
            self._read_board(reader)

        self._jobs.put(job)

    def read_page(self, generation: int, lane: Lane, after: Key | None, *, to_end: bool = False) -> None:
        """Read on in a lane; answered by `PageRead`."""

        def job(reader: BoardReader) -> None:
            if generation == self._generation:
                page = self._page(reader, lane, after, EVERYTHING if to_end else PAGE)
                self._post(PageRead(generation, lane, page, to_end=to_end))

        self._jobs.put(job)

    def read_cards(self, generation: int, ids: Iterable[int]) -> None:
        """Read cards; answered by `CardsRead`."""
        asked = frozenset(ids)

        def job(reader: BoardReader) -> None:
            if generation == self._generation:
                self._post(CardsRead(generation, asked, reader.cards(asked)))

        self._jobs.put(job)

    def count(self) -> None:
        """Count again, since time makes cards late; answered by `Counted`."""

        def job(reader: BoardReader) -> None:
            reader.refresh_viewer()
            parts = tuple(part for part in reader.parts() if not part.ok)
            counts = reader.counts(now(), self._group)
            self._post(Counted(self._generation, counts, reader.groups(), parts))

        self._jobs.put(job)

    def look(self) -> None:
        """A hint came: see at once what changed. Hints by the hundred are one look."""
        if not self._look_asked.is_set():
            self._look_asked.set()
            self._jobs.put(self._look)

    def stop(self) -> None:
        """End the thread; it may take one more tenth of a second."""
        self._ended.set()
        self._jobs.put(None)

    # -- the thread ---------------------------------------------------------------------------------------

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                reader = self._open()
                try:
                    self._serve(reader)
                finally:
                    reader.close()
            except GlazokError as error:
                self._post(FeedFailed(error.message, error.hint, error))
            except Exception as error:  # noqa: BLE001 - the thread's edge: a board that stands still must say so
                name = type(error).__name__
                self._post(FeedFailed(_("The board could not be read ({name}).").format(name=name), ""))
            else:
                continue
            self._ended.wait(RETRY_SECONDS)

    def _open(self) -> BoardReader:
        from core.settings import load

        settings = load(self._config)
        # The board may be read before the desk is opened: its ages are to be those of the same clock.
        clock.from_environment(settings.desk.rehearsal)
        self._post(SettingsRead(settings))
        from core.services.board import BoardReader

        return BoardReader(settings, self._login, settings.board.age.late)

    def _serve(self, reader: BoardReader) -> None:
        self._directory = None
        self._read_board(reader)
        while not self._ended.is_set():
            try:
                job = self._jobs.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if reader.changed():
                    self._look(reader)
                continue
            if job is not None:
                job(reader)

    def _read_board(self, reader: BoardReader) -> None:
        self._last_event = reader.last_event()
        self._directory = self._directory or reader.directory()
        lanes = {lane: self._page(reader, lane, None, self._first) for lane in LANES}
        cards = reader.cards(id_ for page in lanes.values() for _key, id_ in page.entries[:FIRST_PAGE])
        counts = reader.counts(now(), self._group)
        self._post(
            BoardRead(self._generation, reader.me, self._directory, reader.groups(), lanes, counts, cards)
        )

    def _page(self, reader: BoardReader, lane: Lane, after: Key | None, limit: int) -> LanePage:
        found = reader.entries(lane, after, limit, self._group)
        return LanePage(tuple((entry.key, entry.id) for entry in found), complete=len(found) < limit)

    def _look(self, reader: BoardReader) -> None:
        # First: what is committed from here on may be missed by this look, so its hint asks for another.
        self._look_asked.clear()
        changes = reader.changes(self._last_event)
        self._last_event = changes.last_event
        if len(changes.tickets) > FLOOD:
            self._post(BoardOutdated())
            return
        cards = reader.cards(changes.tickets) if changes.tickets else {}
        fresh = self._new_names(reader, cards)
        counts = reader.counts(now(), self._group)
        self._post(TicketsChanged(self._generation, changes.tickets, cards, counts, fresh))

    def _new_names(self, reader: BoardReader, cards: dict[int, Card]) -> Directory | None:
        known = self._directory
        if known is not None and all(
            (card.owner_id is None or card.owner_id in known.agents) and card.group_id in known.groups
            for card in cards.values()
        ):
            return None
        self._directory = reader.directory()
        return self._directory
