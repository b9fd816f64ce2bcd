"""Help about where you are: made from the same table as the keys. Imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from core.i18n import _
from tui.commands import BOARD, COMPOSER, TICKET, commands_for, key_name, shown_key


def titles() -> dict[str, str]:
    """What each place is called."""
    return {BOARD: _("The board"), TICKET: _("The ticket"), COMPOSER: _("The editor")}


def legend(place: str) -> list[tuple[str, str]]:
    """The signs of a place and what they mean."""
    if place == BOARD:
        return [
            ("●", _("something came that you have not seen")),
            (
                "▎ ▌ █",
                _("how long the ball has lain there: within the limits, beyond the first, beyond the second"),
            ),
            ("‼", _("beyond the second limit; in a column's header: how many")),
            ("◉ " + _("AK"), _("a colleague has the ticket open; ✎: is writing")),
            (
                "♥",
                _("the client's last letter says nothing but thanks: {key} closes the ticket").format(
                    key=shown_key("board.thanks")
                ),
            ),
            (
                "?",
                _("a new voice: somebody who takes no part has written, {key} decides").format(
                    key=shown_key("board.voice")
                ),
            ),
            ("⚑", _("the last shift left it for whoever accepts it first")),
            ("↩", _("yours, and the client waits for you")),
            (_("#7 Ann · North"), _("number, client, and the group until somebody accepts, then the owner")),
        ]
    if place == TICKET:
        return [
            ("◀", _("the client's letter")),
            ("▶", _("our answer, with its delivery: queued, sent, failed or unknown")),
            ("✎", _("a note, seen by colleagues only")),
            ("·", _("something that happened")),
            ("┆", _("quoted text, folded")),
        ]
    return []


class HelpScreen(ModalScreen[None]):
    """Every key of the screen beneath, and its signs."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 84; max-width: 96%; height: auto; max-height: 92%; padding: 1 2;
        background: $surface; border: round $border;
    }
    """
    BINDINGS: ClassVar[list[Any]] = [Binding("escape,q,question_mark,f1,enter", "leave", show=False)]

    def __init__(self, place: str, troubles: Sequence[str] = ()) -> None:
        super().__init__()
        self._place = place
        self._troubles = troubles

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            if self._troubles:
                yield Static(self.trouble_page())
            yield Static(self.page())
            yield Static(self.closing_words())

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def trouble_page(self) -> Text:
        """Which parts of the desk do not fare well, whole."""
        text = Text(_("In trouble") + "\n", Style(bold=True))
        for trouble in self._troubles:
            text.append(f"! {trouble}\n", Style(bold=False))
        return text

    def page(self) -> Table:
        """The whole page."""
        bold = Style(bold=True)
        table = Table.grid(padding=(0, 2))
        table.add_column(min_width=14, no_wrap=True)
        table.add_column()

        def row(left: str, right: str = "") -> None:
            table.add_row(Text(left, bold), Text(right))

        table.add_row(Text(titles().get(self._place, "Glazok"), bold))
        row("")
        for command in commands_for(self._place):
            row("  ".join(map(key_name, command.keys)) or "—", _(command.sentence))
        signs = legend(self._place)
        if signs:
            row("")
            table.add_row(Text(_("Signs"), bold))
            row("")
            for sign, meaning in signs:
                row(sign, meaning)
        return table

    def closing_words(self) -> Text:
        """What stands below everything."""
        return Text("\n" + _("Letter keys work in the Russian keyboard layout too. Escape closes this page."))

    def action_leave(self) -> None:
        self.dismiss(None)
