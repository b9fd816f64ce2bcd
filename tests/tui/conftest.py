"""A console in a terminal of a given size over a real desk; nothing is mocked, and nothing waits for a
fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.services.desk import Desk
from tests.builders import desk_in
from tui.app import ConsoleApp
from tui.glimpse import glimpse
from tui.screens.board import BoardScreen
from tui.screens.ticket import TicketScreen

PATIENCE = 20.0
"""Seconds after which something that has not happened is taken to never happen."""
SIZES = [(120, 36), (200, 50), (80, 24)]


class Terminal:
    """What an agent sees and types."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def board(self) -> BoardScreen:
        return self.app.board

    @property
    def ticket(self) -> TicketScreen:
        screen = self.app.ticket_screen
        assert screen is not None, self.text()
        return screen

    def text(self) -> str:
        """Everything on the screen, row by row."""
        # The compositor is the only one that knows what is really shown, dialogs and toasts included.
        rows = self.app.screen._compositor.render_strips()
        return "\n".join(row.text.rstrip() for row in rows)

    def column(self, title: str) -> str:
        """The text below a lane's title, as wide as the lane."""
        for lane in self.board._columns.values():
            if lane.display and lane.render_line_text(0).startswith(f" {title}"):
                return "\n".join(lane.render_line_text(y) for y in range(lane.size.height))
        raise AssertionError(f"no column {title} in:\n{self.text()}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, words: str) -> None:
        """Type words into the editor."""
        await self.until(lambda: self.ticket.composer.is_open)
        self.ticket.composer.area.insert(words)
        await self.pilot.pause()

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until something is so; a failure shows the screen."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, f"this never happened; the screen:\n{self.text()}"
            await asyncio.sleep(0.01)
            await self.pilot.pause()

    async def shows(self, *words: str) -> None:
        """Wait until all the words are on the screen."""
        await self.until(lambda: all(word in self.text() for word in words))

    async def hides(self, words: str) -> None:
        """Wait until the words are not on the screen."""
        await self.until(lambda: words not in self.text())

    async def live(self) -> None:
        """Wait until the board has been read."""
        await self.until(lambda: all(model.loaded for model in self.app.state.lanes.values()))
        await self.until(lambda: self.app.link is not None)


@asynccontextmanager
async def console(
    config: Path,
    login: str = "anna",
    size: tuple[int, int] = (120, 36),
    *,
    live: bool = True,
    no_color: bool = False,
) -> AsyncIterator[Terminal]:
    """A running console; `live` waits for its board."""
    app = ConsoleApp(glimpse(config), login, no_color=no_color)
    async with app.run_test(size=size, notifications=True) as pilot:
        terminal = Terminal(app, pilot)
        if live:
            await terminal.live()
        yield terminal
        await app.action_leave()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with the staff of `tests.builders`."""
    with desk_in(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def config(desk: Desk) -> Path:
    """The desk's configuration file."""
    return desk.settings.path
