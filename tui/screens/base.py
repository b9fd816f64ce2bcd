"""What all our screens share: commands by key in either keyboard layout, and painting at once.

A screen's commands come from `tui.commands`; each runs the screen's method `do_<verb>`. Imports no service.
"""

from __future__ import annotations

from collections.abc import Awaitable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from textual import events
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from core.i18n import _
from tui.commands import ANYWHERE, BY_ID, Command, commands_for, footer_of, keymap_for, latin_key
from tui.themes import Palette, style
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from tui.app import ConsoleApp
    from tui.typeahead import State

SMALLEST: Final = (40, 10)
"""Columns and rows below which there is nothing sensible to show."""


class CommandScreen(Screen[None], inherit_bindings=False):
    """A screen whose keys run commands."""

    WHERE: ClassVar[str] = ANYWHERE
    DEFAULT_CSS = "CommandScreen { layers: base top; }"
    AUTO_FOCUS = ""
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self.keymap: dict[str, Command] = keymap_for(self.WHERE)
        self._acting = 0

    @property
    def console_app(self) -> ConsoleApp:
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    @property
    def palette(self) -> Palette:
        """The theme in force."""
        return self.console_app.palette

    def render_lines(self, crop: Region) -> list[Strip]:
        # The screen's own ground: Textual would run it through its styles anew with every frame.
        return [Strip.blank(crop.width, style("", self.palette.ground))] * crop.height

    def command_at(self, event: events.Key) -> Command | None:
        """What a key runs here, in a Latin or a Russian layout."""
        return self.keymap.get(event.key) or self.keymap.get(latin_key(event.key, event.character))

    def press(self, event: events.Key) -> bool:
        """Run a key's command; False where it has none. The app calls it before Textual's own way of keys."""
        command = self.command_at(event)
        if command is None:
            return False
        self.run_command(command.id)
        return True

    def run_command(self, command_id: str) -> None:
        """Run a command by its id: here, or in the app where it works anywhere."""
        command = BY_ID[command_id]
        target: Any = self if command.where != ANYWHERE else self.console_app
        done: Awaitable[None] | None = getattr(target, command.action)()
        if isawaitable(done):
            if self.holds_keys(command):
                self._acting += 1
                done = self._counted(done)
            self.run_worker(done, group=command_id, exclusive=False)

    def holds_keys(self, command: Command) -> bool:
        """Whether the keys after a command's are meant for what it leads to."""
        return False

    async def _counted(self, done: Awaitable[None]) -> None:
        try:
            await done
        finally:
            self._acting -= 1

    def type_ahead(self) -> State:
        """Whether keys can be taken now, or are meant for what is still on its way."""
        return "wait" if self._acting else "go"

    def footer_keys(self) -> list[tuple[str, str]]:
        """What the footer names."""
        return footer_of(commands_for(self.WHERE))

    def retheme(self) -> None:
        """Draw everything in the theme now in force."""
        for widget in self.query(Drawn):
            if hasattr(widget, "palette"):
                widget.palette = self.palette
            widget.forget()

    def paint_soon(self) -> None:
        """Show what has changed now, unless more is already waiting to be handled: then the last one paints.

        Textual would wait for its next frame (up to 16 ms). Only public widgets are marked dirty; what is
        called here is Textual's own frame, and without it the frame simply comes later.
        """
        if self.app.message_queue_size or self.message_queue_size:
            return
        frame = getattr(self, "_on_timer_update", None)
        if frame is not None and self.is_current:
            frame()

    @staticmethod
    def too_small(width: int, height: int) -> str:
        """A sentence where the terminal is too small, else empty."""
        if width >= SMALLEST[0] and height >= SMALLEST[1]:
            return ""
        return _("The window is too small: {columns}×{rows} at least.").format(
            columns=SMALLEST[0], rows=SMALLEST[1]
        )

    def refresh_footer(self) -> None:
        """Draw the footer as things stand."""

    def help_place(self) -> str:
        """Which part of the table help is about now."""
        return self.WHERE
