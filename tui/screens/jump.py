"""Open a ticket by its number, from anywhere."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.i18n import _


class JumpScreen(ModalScreen[int | None]):
    """Asks for a number; `#` in front of it is fine."""

    DEFAULT_CSS = """
    JumpScreen { align: center middle; }
    JumpScreen > Vertical {
        width: 44; max-width: 90%; height: auto; padding: 1 2; background: $surface; border: round $border;
    }
    JumpScreen .question { text-style: bold; margin-bottom: 1; }
    JumpScreen Input { border: none; background: $panel; height: 1; padding: 0 1; }
    JumpScreen Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[Any]] = [Binding("escape", "leave", show=False)]

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(_("Open which ticket?"), classes="question", markup=False)
            yield Input(placeholder=_("its number"), restrict=r"#?\d{0,12}")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        number = event.value.strip().lstrip("#")
        self.dismiss(int(number) if number else None)

    def action_leave(self) -> None:
        self.dismiss(None)
