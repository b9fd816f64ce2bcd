"""The tags of a ticket, in one line: those that it has stand there, to be added to or struck. Imported when it is
needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.domain import tags
from core.i18n import _
from core.text import cut, one_line, terminal_safe


class TagsScreen(ModalScreen[tuple[str, ...] | None]):
    """All tags that the ticket is to have, or None for "not after all"."""

    DEFAULT_CSS = """
    TagsScreen { align: center middle; }
    TagsScreen > Vertical {
        width: 64; max-width: 94%; height: auto; padding: 1 2; background: $surface; border: round $border;
    }
    TagsScreen .question { text-style: bold; margin-bottom: 1; }
    TagsScreen Input { border: none; background: $panel; height: 1; padding: 0 1; }
    TagsScreen Input:focus { border: none; }
    TagsScreen #refusal { height: auto; color: $error; }
    """
    BINDINGS: ClassVar[list[Any]] = [Binding("escape", "leave", show=False)]

    def __init__(self, ticket_id: int, present: Sequence[str]) -> None:
        super().__init__()
        self._title = _("Tags of #{id}:").format(id=ticket_id)
        self._present = " ".join([*present, ""]) if present else ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._title, classes="question", markup=False)
            yield Input(
                self._present, placeholder=_("short words with blanks between them"), select_on_focus=False
            )
            yield Static("", id="refusal", markup=False)

    def on_mount(self) -> None:
        field = self.query_one(Input)
        field.focus()
        field.cursor_position = len(field.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        words = event.value.replace(",", " ").split()
        wrong = next((word for word in words if not tags.parse(word)), "")
        if wrong:
            said = _("“{text}” is no tag.").format(text=cut(one_line(wrong), tags.LONGEST))
            rule = _(
                "A tag has 1 to {most} letters, digits and - _ . /, and begins with a letter or a digit."
            )
            self.refuse(f"{said} {rule.format(most=tags.LONGEST)}")
            return
        kept = tuple(dict.fromkeys(tags.parse(word) for word in words))
        if len(kept) > tags.MOST:
            self.refuse(_("A ticket has {most} tags at most.").format(most=tags.MOST))
            return
        self.dismiss(kept)

    def refuse(self, text: str) -> None:
        """Say what is wrong; the words can be corrected."""
        self.query_one("#refusal", Static).update(terminal_safe(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.refuse("")

    def action_leave(self) -> None:
        self.dismiss(None)
