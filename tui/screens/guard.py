"""The send guard: what came while a reply was being written, beside the reply; send, edit or discard.

Imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from core.i18n import _
from core.text import terminal_safe
from tui.conversation import SIGNS, Block

Decision = Literal["send", "edit", "discard"]


class GuardScreen(ModalScreen[Decision]):
    """Nothing has been sent yet; the agent decides."""

    DROPS_TYPE_AHEAD = True
    """It comes unasked: what was typed before it is no answer to it."""
    DEFAULT_CSS = """
    GuardScreen { align: center middle; }
    GuardScreen > Vertical {
        width: 110; max-width: 96%; height: 30; max-height: 92%; padding: 1 2;
        background: $surface; border: round $warning;
    }
    GuardScreen .what { text-style: bold; height: auto; margin-bottom: 1; }
    GuardScreen Horizontal { height: 1fr; }
    GuardScreen VerticalScroll { width: 1fr; height: 100%; padding: 0 1; border: round $secondary; }
    GuardScreen .choices { height: auto; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        Binding("s,ы", "decide('send')", show=False),
        Binding("e,у,escape", "decide('edit')", show=False),
        Binding("d,в", "decide('discard')", show=False),
    ]

    def __init__(self, news: Sequence[Block], draft: str) -> None:
        super().__init__()
        self._news = news
        self._draft = draft

    def compose(self) -> ComposeResult:
        bold = Style(bold=True)
        with Vertical():
            yield Static(
                Text(_("Nothing was sent: something new came while you were writing.")), classes="what"
            )
            with Horizontal():
                with VerticalScroll(id="news"):
                    text = Text()
                    for block in self._news:
                        text.append(f"{SIGNS[block.kind]} {block.title}\n", bold)
                        text.append(f"{block.remark}\n\n")
                        text.append(terminal_safe(block.text, keep_newlines=True) + "\n\n")
                    yield Static(text)
                with VerticalScroll(id="draft"):
                    text = Text()
                    text.append(_("Your reply") + "\n\n", bold)
                    text.append(terminal_safe(self._draft, keep_newlines=True))
                    yield Static(text)
            choices = Text()
            for key, label in (
                ("s", _("send it as it is")),
                ("e", _("go on editing")),
                ("d", _("discard it")),
            ):
                choices.append(f" {key} ", Style(bold=True, reverse=True))
                choices.append(f" {label}    ")
            yield Static(choices, classes="choices")

    def on_mount(self) -> None:
        self.query_one("#news").focus()

    def action_decide(self, decision: Decision) -> None:
        self.dismiss(decision)
