"""The agent's console: the app that holds the board, the way to the services, and the eyes.

Importing this module loads Textual and the board, nothing else: no pydantic, no SQLAlchemy, no editor.
What is heavy comes after the first frame, in threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.binding import Binding
from textual.screen import Screen

from core.clock import now
from core.errors import GlazokError
from core.i18n import _
from tui.app_acts import AppActs
from tui.board_state import BoardState
from tui.commands import ANYWHERE, commands_for, use
from tui.data import BoardFeed
from tui.desk_link import DeskLink
from tui.glimpse import Glimpse
from tui.keys import works_while_writing
from tui.messages import SettingsRead
from tui.notices import NoticeWatch
from tui.screens.base import CommandScreen
from tui.screens.board import BoardScreen
from tui.themes import PALETTES, Palette, textual_theme
from tui.typeahead import TypeAhead
from tui.unfinished import Unfinished

if TYPE_CHECKING:
    from core.settings import Settings
    from tui.presence import Presence
    from tui.widgets.composer import Kind


EYES_AFTER: Final = 0.05
"""Seconds from the live board until the presence client is loaded."""
SERVICES_AFTER: Final = 1.0
"""Seconds from the live board until SQLAlchemy is loaded, unless somebody acts earlier."""


class ConsoleApp(AppActs, inherit_bindings=False):
    """One agent at one terminal."""

    TITLE = "Glazok"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = [
        Binding("ctrl+q", "leave", show=False, priority=True, id="anywhere.quit"),
        # In the editor keys are letters: these reach the app all the same.
        Binding("ctrl+p", "anywhere('anywhere.palette')", show=False, id="anywhere.palette"),
        Binding("f1", "anywhere('anywhere.help')", show=False, id="anywhere.help"),
    ]
    CSS = """
    * { scrollbar-size: 1 1; }
    TicketScreen ToastRack { dock: top; align: right top; margin: 6 0 0 0; }
    TicketScreen.-wide ToastRack { margin: 1 41 0 0; }
    BoardScreen.-last ToastRack, BoardScreen.-last ToastHolder { align-horizontal: left; }
    Toast { max-width: 60; padding: 0 1; }
    CommandPalette > Vertical { width: 84; max-width: 96%; }
    """

    def __init__(
        self,
        glimpsed: Glimpse,
        login: str,
        *,
        no_color: bool | None = None,
        restricted: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> None:
        plain = "NO_COLOR" in os.environ if no_color is None else no_color
        self._plain = plain
        super().__init__(ansi_color=True if plain else None)
        use(glimpsed.keys)
        self._keys = glimpsed.keys
        self.config = glimpsed.config
        self.login = login
        self.restricted = restricted
        """Behind a forced command: nothing may start a shell here."""
        self.desk_name = glimpsed.desk
        self.labels = glimpsed.labels
        self.palette: Palette = PALETTES[
            "mono" if plain else glimpsed.theme if glimpsed.theme == "light" else "dark"
        ]
        for palette in PALETTES.values():
            self.register_theme(textual_theme(palette))
        self.theme = self.palette.name
        self.state = BoardState(clock)
        self.started_at = clock()
        self.settings: Settings | None = None
        self.undo_send_seconds = 0
        self.link: DeskLink | None = None
        self.presence: Presence | None = None
        self.database_trouble = False
        self.last_acted: int | None = None
        """The ticket on which this console did something last, until it is taken back."""
        self.discarded: dict[int, tuple[Kind, str, int]] = {}
        """By ticket, the words thrown away last: kind, text, and what had been seen."""
        self.unfinished = Unfinished()
        self._refusal: GlazokError | None = None
        self.feed: BoardFeed = BoardFeed(self.config, login, self._post)
        self.board = BoardScreen(self.state)
        self.type_ahead = TypeAhead(self, self._deliver, self._dropped)
        self.notices = NoticeWatch(self, self._notices_changed)

    # -- start and end ------------------------------------------------------------------------------------

    @property
    def failure(self) -> BaseException | None:
        """What ended the console against its will; whoever ran it says so in one sentence."""
        return self._refusal or self._exception

    def give_up(self, error: GlazokError) -> None:
        """Leave, for a reason that is said once the terminal is given back."""
        self._refusal = error
        self.exit()

    def _print_error_renderables(self) -> None:
        # Textual would print a traceback with all local variables, letters among them.
        self._exit_renderables.clear()

    def get_default_screen(self) -> Screen[Any]:
        return self.board

    def on_mount(self) -> None:
        self.set_keymap(
            {
                command: ",".join(usable)
                for command, keys in self._keys.items()
                if (usable := [key for key in keys if works_while_writing(key)])
            }
        )
        # The first frame is on its way before the thread competes with it for the interpreter.
        self.call_after_refresh(self.feed.start)

    def _post(self, message: Any) -> object:
        target = self if isinstance(message, SettingsRead) else self.board
        return target.post_message(message) if self.is_running else None

    def on_settings_read(self, message: SettingsRead) -> None:
        settings = self.settings = message.settings
        self.state.take_settings(settings)
        self.desk_name = settings.desk.name
        self.undo_send_seconds = settings.console.undo_send_seconds
        self.board.refresh_bars()

    def board_is_live(self) -> None:
        """The first board is on the screen: the eyes come next, then the services, before anybody needs
        them."""
        if self.link is not None or self.settings is None or self.state.me is None:
            return
        self.link = DeskLink(self.settings, self.state.me.id)
        self.set_timer(EYES_AFTER, self._open_eyes)
        self.set_timer(SERVICES_AFTER, self._open_services)

    def _open_services(self) -> None:
        assert self.link is not None
        self.link.preload()
        self.run_worker(self.notices.read(), group="notices")

    def _open_eyes(self) -> None:
        from tui.presence import Presence

        assert self.settings is not None
        assert self.state.me is not None
        self.presence = Presence(self, self.settings, self.state.me.id)
        self.presence.start()

    async def on_unmount(self) -> None:
        self.feed.stop()
        if self.presence is not None:
            await self.presence.stop()
        if self.feed.is_alive():
            self.feed.join(timeout=2)
        if self.link is not None:
            self.link.close()

    # -- keys ---------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        # The board's keys skip Textual's walk over every widget's bindings: it costs more than the card.
        if isinstance(event, events.Key) and self.presence is not None:
            self.presence.touched()
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded and self._screen_stack:
            await self.type_ahead.take(event, self.screen)
            return
        await super().on_event(event)

    async def _deliver(self, event: events.Event) -> None:
        screen = self.screen
        if (
            isinstance(event, events.Key)
            and isinstance(screen, CommandScreen)
            and self.focused is None
            and screen.press(event)
        ):
            return
        await super().on_event(event)

    def _dropped(self) -> None:
        self.say(_("What was typed meanwhile is dropped: this takes too long."), severity="warning")

    def on_app_blur(self) -> None:
        if self.presence is not None:
            self.presence.focus(False)

    def on_app_focus(self) -> None:
        if self.presence is not None:
            self.presence.focus(True)

    # -- what is shown ------------------------------------------------------------------------------------

    def status_words(self) -> tuple[str, bool, bool]:
        """(words, live, trouble) for the header's right end."""
        if self.database_trouble:
            return _("no database"), False, True
        if self.presence is None:
            return _("connecting…"), False, False
        if self.presence.connected:
            return _("live"), True, False
        since = self.presence.off_since.astimezone().strftime("%H:%M")
        return _("eyes off since {time}").format(time=since), False, False

    def presence_changed(self) -> None:
        """The eyes went on or off."""
        self.state.forget_all_faces()
        self.board.refresh_all()
        if (screen := self.ticket_screen) is not None:
            screen.refresh_people()

    def eyes_changed(self, tickets: Iterable[int]) -> None:
        """Some tickets have other eyes now."""
        self.board.eyes_changed(tickets)
        if (refresh := getattr(self.screen, "refresh_eyes", None)) is not None:
            refresh()
        if (screen := self.ticket_screen) is not None and screen.ticket_id in set(tickets):
            screen.refresh_people()

    def tickets_changed(self, tickets: Iterable[int]) -> None:
        """Something was committed: the open ticket reads itself again."""
        if (screen := self.ticket_screen) is not None and screen.ticket_id in set(tickets):
            screen.reload()


def run(config: Path | str | None, login: str, *, restricted: bool = False) -> None:
    """Run the console until the agent leaves."""
    from tui.glimpse import glimpse

    app = ConsoleApp(glimpse(config), login, restricted=restricted)
    app.run()
    if app.failure is not None:
        raise app.failure


__all__ = ["ANYWHERE", "ConsoleApp", "commands_for", "run"]
