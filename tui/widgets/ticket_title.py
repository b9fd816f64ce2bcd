"""The first row of a ticket: number, subject, status, tags."""

from __future__ import annotations

from textual.strip import Strip

from core.i18n import _
from core.text import cut
from core.text import width as cells
from tui.themes import Palette, style
from tui.widgets.card import THANKS
from tui.widgets.drawn import Drawn, strip_of

STATUS_SIGNS = {"new": "○", "needs_reply": "●", "waiting": "◷", "solved": "✓", "closed": "■", "deleted": "×"}


class TicketTitle(Drawn):
    """` #1042  Subject …   ● needs reply  billing vip `."""

    DEFAULT_CSS = "TicketTitle { height: 1; width: 100%; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="title")
        self.palette = palette
        self.number = ""
        self.subject = ""
        self.status = ""
        """The status in words."""
        self.kind = ""
        """The built-in status that it behaves like."""
        self.thanks = False
        """The client's last letter says nothing but thanks."""
        self.tags = ""
        """The ticket's tags, with blanks between them."""

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        colour = {"new": p.accent, "needs_reply": p.warn, "waiting": p.good}.get(self.kind, p.muted)
        status = f"{STATUS_SIGNS.get(self.kind, '')} {self.status} " if self.status else ""
        if self.thanks:
            status = " ".join((THANKS, _("says thanks"), "", status))
        number = f" {self.number}  "
        tags = f" {cut(self.tags, width // 4)} " if self.tags else ""
        room = width - cells(number) - cells(status) - cells(tags) - 2
        subject = cut(self.subject, max(4, room))
        gap = " " * max(1, width - cells(number) - cells(subject) - cells(status) - cells(tags))
        plain = style("", p.bar)
        parts = [
            (number, style(p.accent, p.bar, bold=True)),
            (subject, style(p.strong, p.bar, bold=True)),
            (gap, plain),
            (status, style(colour, p.bar, bold=True)),
            (tags, style(p.muted, p.bar)),
        ]
        return [strip_of(parts, width, plain)] * height
