"""The conversation on the screen: only what shows is wrapped, so that 500 messages open like five.

The position is an anchor, (block, line), not a row number: nothing above the window has to be wrapped to know
where one is, and what is appended below moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from core.i18n import _
from tui.conversation import Block, Line
from tui.themes import Palette, style
from tui.widgets.drawn import Drawn, strip_of

WRAPPED_KEPT = 400


class Conversation(Drawn):
    """The timeline of one ticket."""

    DEFAULT_CSS = "Conversation { height: 1fr; width: 1fr; }"

    class Moved(Message):
        """Other lines are shown now."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="conversation")
        self.palette = palette
        self.blocks: Sequence[Block] = ()
        self.unfolded = False
        """Whether quoted text is shown."""
        self.notice = ""
        """Shown where there are no blocks: loading, not found."""
        self._block = 0
        self._line = 0
        self._wanted_end = True
        self._wanted_block: int | None = None
        self._lines: dict[tuple[object, ...], list[Line]] = {}
        self._strips: dict[tuple[object, ...], Strip] = {}

    def show(self, blocks: Sequence[Block], *, to_end: bool, first: int | None = None) -> None:
        """Take the timeline; the place that is shown stays, or it goes to the newest, or to the block `first`."""
        at_end = to_end or self.at_end
        self.blocks = blocks
        if first is not None:
            self._wanted_end, self._wanted_block = False, first
            self._block, self._line = first, 0
        elif at_end:
            self.go_to_end()
        else:
            self._block = min(self._block, max(0, len(blocks) - 1))
        self.redraw()

    @property
    def at_end(self) -> bool:
        """Whether the last line is on the screen."""
        if self._wanted_end:
            return True
        self._settle()
        left = self.size.height
        for index in range(self._block, len(self.blocks)):
            left -= len(self._of(index)) - (self._line if index == self._block else 0)
            if left < 0:
                return False
        return True

    def go_to_end(self) -> None:
        """The last line at the bottom."""
        self._wanted_end, self._wanted_block = True, None

    def go_to_start(self) -> None:
        """The first line at the top."""
        self._wanted_end, self._wanted_block = False, None
        self._block = self._line = 0

    def scroll_lines(self, by: int) -> None:
        """Move by lines; at most to the ends."""
        self._settle()
        self._wanted_end = False
        self._line += by
        while self._line < 0 and self._block > 0:
            self._block -= 1
            self._line += len(self._of(self._block))
        self._line = max(0, self._line) if self._block == 0 else self._line
        while self._block < len(self.blocks) - 1 and self._line >= len(self._of(self._block)):
            self._line -= len(self._of(self._block))
            self._block += 1
        if by > 0 and self.at_end:
            self._wanted_end = True
        self.redraw()
        self.post_message(self.Moved())

    def last_shown(self) -> Block | None:
        """The last message of which something is on the screen."""
        self._settle()
        left, found = self.size.height, None
        for index in range(self._block, len(self.blocks)):
            if left <= 0:
                break
            left -= len(self._of(index)) - (self._line if index == self._block else 0)
            if self.blocks[index].kind != "event":
                found = self.blocks[index]
        return found

    def toggle_quotes(self) -> None:
        """Unfold or fold quoted text everywhere."""
        self._settle()
        self.unfolded = not self.unfolded
        self._line = 0
        self.redraw()

    def draw(self, width: int, height: int) -> list[Strip]:
        palette = self.palette
        blank = Strip.blank(width, style("", palette.ground))
        if not self.blocks:
            ink = style(palette.muted, palette.ground)
            text = self.notice or _("Loading…")
            return [blank, strip_of([(f" {text}", ink)], width, ink), *[blank] * height][:height]
        self._settle()
        rows: list[Strip] = []
        index, line = self._block, self._line
        while index < len(self.blocks) and len(rows) < height:
            for row in self._of(index)[line:]:
                rows.append(self._strip(row, width))
                if len(rows) == height:
                    break
            index, line = index + 1, 0
        return rows + [blank] * (height - len(rows))

    def _settle(self) -> None:
        """Turn "at the end" into an anchor: walk up from the last block until the window is full. A wanted block is
        one already, but where little follows it the window is filled from the end."""
        if self._wanted_block is not None and self.blocks and self.size.height:
            self._wanted_block = None
            self._wanted_end = self.at_end
        if not self._wanted_end or not self.blocks or not self.size.height:
            return
        left = self.size.height
        index = len(self.blocks)
        while index > 0 and left > 0:
            index -= 1
            left -= len(self._of(index))
        self._block, self._line = index, max(0, -left)

    def _of(self, index: int) -> list[Line]:
        block = self.blocks[index]
        key = (*block.key, self.size.width, self.unfolded)
        lines = self._lines.get(key)
        if lines is None:
            if len(self._lines) >= WRAPPED_KEPT:
                self._lines.clear()
            lines = self._lines[key] = block.lines(self.size.width - 2, unfolded=self.unfolded)
        return lines

    def _strip(self, line: Line, width: int) -> Strip:
        palette = self.palette
        key = (line, width, palette.name)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= 4 * WRAPPED_KEPT:
                self._strips.clear()
            strip = self._strips[key] = strip_line(line, width, palette)
        return strip

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-3)


def strip_line(line: Line, width: int, palette: Palette) -> Strip:
    """A line in colours: the client's and ours on cards with a bar, notes on their own ground, events on
    none."""
    plain = style("", palette.ground)
    if line.kind == "event" or not line.body:
        parts = [
            (text, style(getattr(palette, role, palette.text), palette.ground)) for text, role in line.pieces
        ]
        return strip_of(parts, width, plain)
    ground = palette.note if line.kind == "note" else palette.card
    bar, colour = {
        "inbound": ("▎", palette.accent),
        "reply": ("▌", palette.good),
        "note": ("┋", palette.warn),
    }.get(line.kind, ("▏", palette.muted))
    inner = width - 1
    parts = [(bar, style(colour, ground))]
    for index, (text, role) in enumerate(line.pieces):
        bold = role == "strong" or (index < 2 and role in ("accent", "good", "warn") and text.strip() != "R")
        parts.append((text, style(getattr(palette, role), ground, bold=bold)))
    body = strip_of(parts, inner, style("", ground))
    return Strip.join((body, Strip.blank(width - inner, plain)))
