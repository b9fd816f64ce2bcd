"""Open a ticket by its number, from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.errors import GlazokError
from core.i18n import _
from core.text import terminal_safe

if TYPE_CHECKING:
    from tui.app import ConsoleApp

LONGEST: Final = 18
"""Digits that a ticket's number can have in the database."""


class JumpScreen(ModalScreen[int | None]):
    """Asks for a number; `#` in front of it is fine."""

    DEFAULT_CSS = """
    JumpScreen { align: center middle; }
    JumpScreen > Vertical {
        width: 44; max-width: 90%; height: auto; padding: 1 2; background: $surface; border: round $border;
    }
    JumpScreen .question { text-style: bold; margin-bottom: 1; }
    JumpScreen Input { border: none; background: $panel; height: 1; padding: 0 1; }
    JumpScreen #refusal { height: auto; color: $error; }
    JumpScreen Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[Any]] = [Binding("escape", "leave", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self.is_busy = False
        """A number is being looked up."""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(_("Open which ticket?"), classes="question", markup=False)
            yield Input(placeholder=_("its number"), restrict=r"#?\d{0,60}")
            yield Static("", id="refusal", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        number = event.value.strip().lstrip("#")
        if not number:
            self.dismiss(None)
        elif len(number.lstrip("0")) > LONGEST:
            self.refuse(_("No ticket has so long a number."))
        else:
            self.is_busy = True
            self.run_worker(self.look(int(number)), exclusive=True)

    async def look(self, number: int) -> None:
        """Open the ticket if it is one that the agent may see; else say so here."""
        try:
            await self._look(number)
        finally:
            self.is_busy = False

    async def _look(self, number: int) -> None:
        link = cast("ConsoleApp", self.app).link
        if link is None:
            self.refuse(_("The database cannot be read yet."))
            return
        try:
            await link.call("reading.view", number)
        except GlazokError as error:
            self.refuse(f"{error.message} {error.hint}".strip())
            return
        if self.is_current:
            self.dismiss(number)

    def refuse(self, text: str) -> None:
        """Say why nothing is opened; the number can be corrected."""
        self.query_one("#refusal", Static).update(terminal_safe(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.refuse("")

    def action_leave(self) -> None:
        self.dismiss(None)
