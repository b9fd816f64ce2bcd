"""A sentence in the middle of nothing: a window too small, a ticket that is not there."""

from __future__ import annotations

from textual.strip import Strip

from core.text import width as cells
from tui.themes import Palette, style
from tui.widgets.drawn import Drawn, strip_of
from tui.widgets.lane import wrap_words


class Notice(Drawn):
    """Fills its place with one centred sentence."""

    DEFAULT_CSS = "Notice { width: 100%; height: 100%; }"

    def __init__(self, palette: Palette, text: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.text = text

    def draw(self, width: int, height: int) -> list[Strip]:
        plain = style("", self.palette.ground)
        ink = style(self.palette.strong, self.palette.ground)
        lines = wrap_words(self.text, max(8, min(60, width - 2)))
        rows = [Strip.blank(width, plain)] * max(0, (height - len(lines)) // 2)
        for line in lines:
            rows.append(
                strip_of([(" " * max(0, (width - cells(line)) // 2), plain), (line, ink)], width, plain)
            )
        rows += [Strip.blank(width, plain)] * (height - len(rows))
        return rows[:height]
