"""The first frame is the board to come: its lanes stand where they will stand, so that nothing jumps."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain.tickets import Lane
from core.services.desk import Desk
from tests.builders import opened
from tests.tui.conftest import console
from tui.screens.board_view import BoardView


@pytest.mark.parametrize("size", [(120, 36), (200, 50)])
async def test_the_first_frame_has_the_lanes_that_the_board_will_have(
    desk: Desk, config: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Help wanted, which nobody needs, took a place in it before, and gave it back as soon as the board was read."""
    opened(desk)
    seen: list[list[Lane]] = []

    def note(view: BoardView) -> None:
        if view.state.me is None:
            seen.append([lane for lane, column in view._columns.items() if column.display])

    mount, fit = BoardView.on_mount, BoardView.fit_lanes

    def on_mount(view: BoardView) -> None:
        note(view)
        mount(view)

    def fit_lanes(view: BoardView, width: int, height: int) -> None:
        note(view)
        fit(view, width, height)
        note(view)

    monkeypatch.setattr(BoardView, "on_mount", on_mount)
    monkeypatch.setattr(BoardView, "fit_lanes", fit_lanes)
    async with console(config, size=size) as terminal:
        after = [lane for lane, column in terminal.board._columns.items() if column.display]
    assert after == [Lane.NEW, Lane.MINE, Lane.WAITING, Lane.NEEDS_REPLY]
    assert len(seen) > 1, "it was there before the board was read"
    assert all(lanes == after for lanes in seen)
