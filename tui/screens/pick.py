"""Dialogs: choosing one of a few. Imported when something is to be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.text import one_line


class PickScreen(ModalScreen[str | None]):
    """One question, some answers; Escape chooses none."""

    DEFAULT_CSS = """
    PickScreen { align: center middle; }
    PickScreen > Vertical {
        width: 52; max-width: 90%; height: auto; max-height: 80%; padding: 1 2;
        background: $surface; border: round $border;
    }
    PickScreen OptionList { height: auto; max-height: 20; background: $surface; border: none; padding: 0; }
    PickScreen OptionList:focus { border: none; }
    PickScreen.-mono OptionList > .option-list--option-highlighted { text-style: bold reverse; }
    PickScreen .question { text-style: bold; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[Any]] = [Binding("escape,q", "leave", show=False)]

    def __init__(self, question: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question = question
        self.set_class(self.app.native_ansi_color, "-mono")
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._question), classes="question")
            yield OptionList(*(Option(Text(one_line(label)), id=f"c{key}") for key, label in self._choices))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss((event.option_id or "c")[1:])

    def action_leave(self) -> None:
        self.dismiss(None)
