"""Dialogs: choosing one of a few, or of many by typing a part of the name. Imported when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from core.i18n import _
from core.text import one_line

FEW = 8
"""More answers than this can be narrowed by typing."""


class PickScreen(ModalScreen[str | None]):
    """One question, some answers; Escape chooses none."""

    DEFAULT_CSS = """
    PickScreen { align: center middle; }
    PickScreen > Vertical {
        width: 60; max-width: 90%; height: auto; max-height: 80%; padding: 1 2;
        background: $surface; border: round $border;
    }
    PickScreen OptionList { height: auto; max-height: 16; background: $surface; border: none; padding: 0; }
    PickScreen OptionList:focus { border: none; }
    PickScreen.-mono OptionList > .option-list--option-highlighted { text-style: bold reverse; }
    PickScreen .question { text-style: bold; margin-bottom: 1; }
    PickScreen Input { border: none; background: $panel; height: 1; padding: 0 1; margin-bottom: 1; }
    PickScreen Input:focus { border: none; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
    ]

    def __init__(self, question: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question = question
        self.set_class(self.app.native_ansi_color, "-mono")
        self._choices = [(key, one_line(label)) for key, label in choices]
        self._answers = OptionList(*self._options(""))

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._question), classes="question")
            if len(self._choices) > FEW:
                yield Input(placeholder=_("a part of the name"))
            yield self._answers

    def on_mount(self) -> None:
        self._answers.highlighted = 0
        if len(self._choices) <= FEW:
            self._answers.focus()

    def _options(self, part: str) -> list[Option]:
        wanted = part.casefold().strip()
        return [
            Option(Text(label), id=f"c{key}") for key, label in self._choices if wanted in label.casefold()
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._answers.clear_options()
        self._answers.add_options(self._options(event.value))
        self._answers.highlighted = 0 if self._answers.option_count else None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._answers.action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss((event.option_id or "c")[1:])

    def action_step(self, by: int) -> None:
        if by > 0:
            self._answers.action_cursor_down()
        else:
            self._answers.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss(None)
