"""A widget that draws its own lines and repaints only the cells that changed.

Textual's way through `render_line` wraps every strip once more (a third of the CPU of a key press), and a
plain `refresh()` sends the whole widget to the terminal. A `Drawn` keeps the strips it showed last,
compares them with the new ones, and asks for the differing parts of rows alone. Imports nothing of the data.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from core.text import width as cells


class Drawn(Widget, inherit_bindings=False):
    """Base of all our line-drawn widgets: a subclass says what its rows are, by `draw`."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Strip] = []
        self._drawn_for: Size | None = None

    def draw(self, width: int, height: int) -> list[Strip]:
        """Exactly `height` strips, each exactly `width` cells wide."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw anew, and have the terminal told of the cells that differ from what it shows."""
        size = self.size
        if not size.width or not size.height or not self.is_attached:
            return
        if self._drawn_for != size:
            self._drawn_for = size
            self._rows = self.draw(size.width, size.height)
            self.refresh()
            return
        before, self._rows = self._rows, self.draw(size.width, size.height)
        if regions := [
            Region(start, y, end - start, 1)
            for y, (old, new) in enumerate(zip(before, self._rows, strict=True))
            if old is not new
            for start, end in [changed_cells(old, new)]
            if end
        ]:
            self.refresh(*regions)

    def forget(self) -> None:
        """Draw everything anew: the theme or the language changed."""
        self._drawn_for = None
        self.redraw()

    def on_resize(self) -> None:
        self.redraw()

    def render_line_text(self, y: int) -> str:
        """What row `y` says, without colours; for tests and for whoever copies."""
        return self._rows[y].text if y < len(self._rows) else ""

    def render_lines(self, crop: Region) -> list[Strip]:
        size = self.size
        if self._drawn_for != size:
            self._drawn_for = size
            self._rows = self.draw(size.width, size.height)
        rows = self._rows[crop.y : crop.bottom]
        if crop.x or crop.width != size.width:
            rows = [row.crop(crop.x, crop.right) for row in rows]
        missing = crop.height - len(rows)
        return rows if missing <= 0 else rows + [Strip.blank(crop.width)] * missing


def changed_cells(old: Strip, new: Strip) -> tuple[int, int]:
    """(start, end) of the cells that must be sent so that a row showing `old` shows `new`; (0, 0) where they are
    equal."""
    before, after = list(old), list(new)
    if before == after:
        return 0, 0
    start = 0
    same = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        start += one.cell_length
        same += 1
    kept = 0
    for one, other in zip(reversed(before[same:]), reversed(after[same:]), strict=False):
        if one != other:
            break
        kept += one.cell_length
    end = max(1, new.cell_length - kept)
    return min(start, end - 1), end


def strip_of(parts: Sequence[tuple[str, Style]], width: int, filler: Style) -> Strip:
    """A strip of exactly `width` cells from (text, style) parts that fit; what is left over is filled."""
    segments: list[Segment] = []
    used = 0
    for text, style in parts:
        if not text:
            continue
        used += cells(text)
        if segments and segments[-1].style is style:
            segments[-1] = Segment(segments[-1].text + text, style)
        else:
            segments.append(Segment(text, style))
    if used < width:
        if segments and segments[-1].style is filler:
            segments[-1] = Segment(segments[-1].text + " " * (width - used), filler)
        else:
            segments.append(Segment(" " * (width - used), filler))
    strip = Strip(segments, max(used, width))
    return strip if used <= width else strip.crop(0, width)
