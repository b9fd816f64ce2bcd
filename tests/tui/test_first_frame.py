"""The first frame is the board to come: its lanes stand where they will stand, so that nothing jumps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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

    for name in ("on_mount", "fit_lanes"):
        real = getattr(BoardView, name)

        def noting(view: BoardView, *args: Any, real: Callable[..., None] = real) -> None:
            note(view)
            real(view, *args)
            note(view)

        monkeypatch.setattr(BoardView, name, noting)
    async with console(config, size=size) as terminal:
        after = [lane for lane, column in terminal.board._columns.items() if column.display]
    assert after == [Lane.NEW, Lane.MINE, Lane.WAITING, Lane.NEEDS_REPLY]
    assert len(seen) >= 4, "it was there before the board was read"
    assert all(lanes == after for lanes in seen)
