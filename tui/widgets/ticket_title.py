"""The first row of a ticket: number, subject, status."""

from __future__ import annotations

from textual.strip import Strip

from core.text import cut
from core.text import width as cells
from tui.conversation import status_word
from tui.themes import Palette, style
from tui.widgets.drawn import Drawn, strip_of

STATUS_SIGNS = {"new": "○", "needs_reply": "●", "waiting": "◷", "solved": "✓", "closed": "■", "deleted": "×"}


class TicketTitle(Drawn):
    """` #1042  Subject …   ● needs reply `."""

    DEFAULT_CSS = "TicketTitle { height: 1; width: 100%; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="title")
        self.palette = palette
        self.number = ""
        self.subject = ""
        self.status = ""
        """A status by its stored name."""

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        colour = {"new": p.accent, "needs_reply": p.warn, "waiting": p.good}.get(self.status, p.muted)
        status = f"{STATUS_SIGNS.get(self.status, '')} {status_word(self.status)} " if self.status else ""
        number = f" {self.number}  "
        room = width - cells(number) - cells(status) - 2
        subject = cut(self.subject, max(4, room))
        gap = " " * max(1, width - cells(number) - cells(subject) - cells(status))
        plain = style("", p.bar)
        parts = [
            (number, style(p.accent, p.bar, bold=True)),
            (subject, style(p.strong, p.bar, bold=True)),
            (gap, plain),
            (status, style(colour, p.bar, bold=True)),
        ]
        return [strip_of(parts, width, plain)] * height
