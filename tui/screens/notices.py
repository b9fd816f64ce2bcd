"""What the agent should know: read it, open its ticket, acknowledge it. Imported when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.i18n import _
from core.text import cut, one_line, width
from tui.commands import both_layouts
from tui.conversation import time_text
from tui.widgets.card import eye_words
from tui.widgets.key_row import KeyRow

if TYPE_CHECKING:
    from core.services.notices import Notice
    from tui.app import ConsoleApp


class NoticesScreen(ModalScreen[int | None]):
    """The notices that stand; gives back the ticket to open."""

    DEFAULT_CSS = """
    NoticesScreen { align: center middle; }
    NoticesScreen > Vertical {
        width: 100; max-width: 96%; height: auto; max-height: 92%; padding: 1 2;
        background: $surface; border: round $border;
    }
    NoticesScreen .title { text-style: bold; margin-bottom: 1; }
    NoticesScreen OptionList { height: auto; max-height: 50vh; background: $surface; border: none; padding: 0; }
    NoticesScreen OptionList:focus { border: none; }
    NoticesScreen.-mono OptionList > .option-list--option-highlighted { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape,exclamation_mark", "leave", show=False),
        Binding(both_layouts("q"), "leave", show=False),
        Binding("space", "acknowledge", show=False),
        Binding(both_layouts("A"), "all", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.set_class(self.app.native_ansi_color, "-mono")
        self._title = Static(classes="title")
        self._list = OptionList()
        self._shown: tuple[Notice, ...] = ()

    @property
    def console_app(self) -> ConsoleApp:
        """The app, as what it is."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._title
            yield self._list
            yield KeyRow(
                (
                    ("Enter", _("open the ticket")), ("Space", _("acknowledge")), ("A", _("acknowledge all")),
                    ("Esc", _("leave")),
                )
            )  # fmt: skip

    def on_mount(self) -> None:
        self.renew()
        self._list.focus()

    def on_unmount(self) -> None:
        if (presence := self.console_app.presence) is not None:
            presence.lists(())

    def refresh_eyes(self) -> None:
        """Somebody has come or gone."""
        self.renew()

    def renew(self) -> None:
        """Show the notices as they stand; the place stays."""
        self._shown = self.console_app.notices.standing
        if (presence := self.console_app.presence) is not None:
            presence.lists(notice.ticket_id for notice in self._shown)
        place = self._list.highlighted or 0
        self._title.update(Text(_("What you should know") if self._shown else _("There is nothing new.")))
        self._list.clear_options()
        self._list.add_options(Option(self._row(notice), id=f"n{notice.id}") for notice in self._shown)
        self._list.highlighted = min(place, len(self._shown) - 1) if self._shown else None

    def _row(self, notice: Notice) -> Text:
        room = max(24, min(88, self.app.size.width - 12))
        at = time_text(notice.created_at, self.console_app.state.now)
        row = Text(no_wrap=True)
        state = self.console_app.state
        eyes = eye_words(state.eye_marks(state.eyes.get(notice.ticket_id, ())))
        head = f"#{notice.ticket_id} {one_line(notice.subject)}"
        row.append(cut(head, room - len(at) - width(eyes) - 4), Style(bold=True))
        row.append(f"  {eyes}" if eyes else "")
        row.append(f"  {at}\n")
        row.append("   " + cut(one_line(notice.text), room - 3))
        return row

    @property
    def _chosen(self) -> Notice | None:
        place = self._list.highlighted
        return self._shown[place] if place is not None and place < len(self._shown) else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if (notice := self._chosen) is not None:
            self.dismiss(notice.ticket_id)

    def action_acknowledge(self) -> None:
        if (notice := self._chosen) is not None:
            self.run_worker(self.console_app.notices.acknowledge([notice.id]))

    def action_all(self) -> None:
        self.run_worker(self.console_app.notices.acknowledge([notice.id for notice in self._shown]))

    def action_leave(self) -> None:
        self.dismiss(None)
