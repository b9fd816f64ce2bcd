"""A few words to go with an act: a note, a question, an answer. Imported when it is needed."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from core.i18n import _
from core.text import terminal_safe

SHOWN = 600
"""Characters of what is answered that are shown above the words."""


class WordsScreen(ModalScreen[str | None]):
    """The words, or None for "not after all"."""

    DEFAULT_CSS = """
    WordsScreen { align: center middle; }
    WordsScreen > Vertical {
        width: 84; max-width: 96%; height: auto; max-height: 92%; padding: 1 2;
        background: $surface; border: round $border;
    }
    WordsScreen .title { text-style: bold; margin-bottom: 1; }
    WordsScreen .context { height: auto; max-height: 8; margin-bottom: 1; }
    WordsScreen TextArea { height: 6; border: none; padding: 0 1; background: $panel; color: $foreground; }
    WordsScreen TextArea:focus { border: none; }
    WordsScreen .keys { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        # No priority: the keys before it must have reached the words.
        Binding("escape", "leave", show=False),
        Binding("ctrl+s", "done", show=False),
    ]

    def __init__(
        self, title: str, done: str, *, context: str = "", text: str = "", needed: bool = False
    ) -> None:
        super().__init__()
        self._title, self._done, self._about, self._needed = title, done, context, needed
        self.area = TextArea(
            text, language=None, soft_wrap=True, tab_behavior="focus", show_line_numbers=False
        )
        self._keys = Static(classes="keys")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title), classes="title")
            if self._about:
                words = terminal_safe(self._about[:SHOWN], keep_newlines=True)
                yield Static(Text(words, overflow="ellipsis"), classes="context")
            yield self.area
            yield self._keys

    def on_mount(self) -> None:
        self._keys.update(self._hint(""))
        self.area.move_cursor(self.area.document.end)
        self.area.focus()

    def _hint(self, complaint: str) -> Text:
        hint = Text()
        for key, label in (("Ctrl+S", self._done), ("Esc", _("not after all"))):
            hint.append(f" {key} ", "bold reverse")
            hint.append(f" {label}   ")
        hint.append(complaint, "bold")
        return hint

    def action_done(self) -> None:
        if self._needed and not self.area.text.strip():
            self._keys.update(self._hint(_("Write something first.")))
            return
        self.dismiss(self.area.text)

    def action_leave(self) -> None:
        self.dismiss(None)
