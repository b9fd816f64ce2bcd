"""A dialog: choosing one answer, by typing a part of its name or by the arrows. Imported when it is needed."""

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
from core.text import cut, one_line
from tui.widgets.key_row import KeyRow


class PickScreen(ModalScreen[str | None]):
    """One question, some answers, and what was typed narrows them; Escape chooses none."""

    DEFAULT_CSS = """
    PickScreen { align: center middle; }
    PickScreen > Vertical {
        width: 60; max-width: 96%; height: auto; max-height: 92%; padding: 1 2;
        background: $surface; border: round $border;
    }
    PickScreen OptionList { height: auto; max-height: 45vh; background: $surface; border: none; padding: 0; }
    PickScreen.-mono OptionList > .option-list--option-highlighted { text-style: bold reverse; }
    PickScreen .question { text-style: bold; margin-bottom: 1; }
    PickScreen .nothing { color: $warning; display: none; }
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
        # A click chooses; the keys stay the filter's.
        self._answers.can_focus = False
        self._nothing = Static(classes="nothing", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._question), classes="question")
            yield Input(placeholder=_("a part of the name"))
            yield self._answers
            yield self._nothing
            yield KeyRow((("Enter", _("choose")), ("↑↓", _("another")), ("Esc", _("not after all"))))

    def on_mount(self) -> None:
        self._answers.highlighted = 0
        self.query_one(Input).focus()

    def _options(self, part: str) -> list[Option]:
        """The answers of which a part was typed: of what they say, or of the login or key that they stand for."""
        wanted = part.casefold().strip()
        return [
            Option(Text(label), id=f"c{key}")
            for key, label in self._choices
            if wanted in label.casefold() or wanted in key.partition(":")[2].casefold()
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        found = self._options(event.value)
        self._answers.clear_options()
        self._answers.add_options(found)
        self._answers.highlighted = 0 if found else None
        self._answers.display = bool(found)
        self._nothing.display = not found
        self._nothing.update(_("Nothing matches “{part}”.").format(part=cut(one_line(event.value), 30)))

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
