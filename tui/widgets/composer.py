"""The editor for a reply or a note: which of the two is said three times over, by sign, word and ground.

Imported with the ticket's screen, never on the board's way: it brings Textual's TextArea.
"""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from core.i18n import _
from core.text import cut
from core.text import width as cells
from tui.themes import Palette, style
from tui.widgets.drawn import Drawn, strip_of

Kind = Literal["reply", "note"]


class ComposerTitle(Drawn):
    """What is being written, and to whom."""

    DEFAULT_CSS = "ComposerTitle { height: 1; width: 100%; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.kind: Kind = "reply"
        self.news = ""
        """Something came while this is being written."""

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        ground = p.note if self.kind == "note" else p.bar
        colour = p.warn if self.kind == "note" else p.good
        title = (
            _("✎ Note: only colleagues see it")
            if self.kind == "note"
            else _("▶ Reply: goes to the client by e-mail")
        )
        parts = [(f" {cut(title, width - 2)}", style(colour, ground, bold=True, reverse=not p.ground))]
        room = width - cells(title) - 4
        if self.news and room > 10:
            parts.append((f"   {cut(self.news, room - 3)}", style(p.alarm, ground, bold=True)))
        return [strip_of(parts, width, style("", ground))] * height


class SendBar(Drawn):
    """Send, and beside it where it goes."""

    DEFAULT_CSS = "SendBar { height: 1; width: 100%; }"

    class Pressed(Message):
        """The bar's Send was clicked."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.kind: Kind = "reply"
        self.route = ""
        """Channel and addresses."""
        self.state = ""
        """Whether the draft is kept, or that a letter is on its way."""

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        ground = p.note if self.kind == "note" else p.bar
        send = _("Save the note") if self.kind == "note" else _("Send")
        button = style(p.accent, ground, bold=True, reverse=True)
        parts = [(" ", style("", ground)), (f" Ctrl+S {send} ", button)]
        used = cells(send) + 10
        state = f"{self.state} " if self.state else ""
        room = width - used - cells(state) - 3
        route = cut(self.route, max(0, room))
        parts.append((f"  {route}", style(p.text, ground)))
        parts.append((" " * max(1, room + 1 - cells(route)), style("", ground)))
        parts.append((state, style(p.muted, ground)))
        return [strip_of(parts, width, style("", ground))] * height

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Pressed())


class SignatureRow(Drawn):
    """The group's signature in one row, which no key changes."""

    DEFAULT_CSS = "SignatureRow { height: 1; width: 100%; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.text = ""

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        ink = style(p.muted, p.ground)
        return [strip_of([(f" {cut('-- ' + self.text, width - 2)}", ink)], width, ink)] * height


class Composer(Vertical):
    """Title, editor and send bar; hidden until something is to be written."""

    DEFAULT_CSS = """
    Composer { dock: bottom; height: auto; max-height: 60%; display: none; margin-bottom: 1; }
    Composer TextArea {
        height: 10; border: none; padding: 0 1; background: $surface; color: $foreground;
    }
    Composer.-low TextArea { height: 5; }
    Composer TextArea:focus { border: none; }
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="composer")
        self.kind: Kind = "reply"
        self.seen = 0
        """The last event that the author had seen when the words were begun."""
        self.title_bar = ComposerTitle(palette)
        self.send_bar = SendBar(palette)
        self.signature = SignatureRow(palette)
        self.area = TextArea(
            language=None, soft_wrap=True, tab_behavior="focus", show_line_numbers=False, id="words"
        )

    def compose(self) -> ComposeResult:
        yield self.title_bar
        yield self.area
        yield self.signature
        yield self.send_bar

    def sign(self, signature: str) -> None:
        """Show below the words what is put under them when they are sent; empty for nothing."""
        self.signature.text = signature
        self.signature.display = bool(signature)
        self.signature.forget()

    @property
    def is_open(self) -> bool:
        """Whether something is being written."""
        return bool(self.display)

    @property
    def text(self) -> str:
        """The words so far."""
        return self.area.text

    def begin(self, kind: Kind, text: str, seen: int, route: str) -> None:
        """Open with a draft, or empty."""
        self.kind, self.seen = kind, seen
        self.title_bar.kind = self.send_bar.kind = kind
        self.title_bar.news = ""
        self.send_bar.route = route
        self.send_bar.state = ""
        self.area.load_text(text)
        self.area.move_cursor(self.area.document.end)
        self.display = True
        self.title_bar.forget()
        self.send_bar.forget()
        # At once, not by a message: the keys that wait are meant for it.
        self.screen.set_focus(self.area)

    def end(self) -> None:
        """Close; what was written is somebody else's to keep."""
        self.display = False
        self.screen.set_focus(None)

    def tell_news(self, text: str) -> None:
        """Say beside the title that something came."""
        if self.title_bar.news != text:
            self.title_bar.news = text
            self.title_bar.redraw()

    def tell_state(self, text: str) -> None:
        """Say beside Send how the draft stands."""
        if self.send_bar.state != text:
            self.send_bar.state = text
            self.send_bar.redraw()
