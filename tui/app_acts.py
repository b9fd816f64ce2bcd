"""What the app does for every screen: runs services as the agent, says what came of it, tells the others; and the
commands that work anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from core.errors import AlreadyOwned, GlazokError
from core.i18n import _
from core.text import terminal_safe
from tui.screens.base import CommandScreen
from tui.themes import PALETTES, Palette

if TYPE_CHECKING:
    from tui.data import BoardFeed
    from tui.desk_link import DeskLink
    from tui.presence import Presence
    from tui.screens.board import BoardScreen
    from tui.screens.ticket import TicketScreen


class AppActs(App[None], inherit_bindings=False):
    """The acting half of the console's app."""

    feed: BoardFeed
    board: BoardScreen
    link: DeskLink | None
    presence: Presence | None
    palette: Palette
    labels: bool
    last_acted: int | None
    """The ticket on which this console did something last, until it is taken back."""
    _plain: bool
    """No colours: $NO_COLOR is set."""
    _warned = False

    @property
    def ticket_screen(self) -> TicketScreen | None:
        """The open ticket, whatever dialog stands above it."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, CommandScreen) and screen.WHERE == "ticket":
                return screen  # type: ignore[return-value]  # the only screen of that place
        return None

    def say(self, text: str, *, severity: Any = "information") -> None:
        """A short message that goes away by itself. Never markup: names and subjects may be in it."""
        self.notify(terminal_safe(text), severity=severity, timeout=5, markup=False)

    def complain(self, error: GlazokError) -> None:
        """Say what went wrong and what to do."""
        text = f"{error.message} {error.hint}".strip()
        self.notify(terminal_safe(text), severity="error", timeout=10, markup=False)

    # -- acting -------------------------------------------------------------------------------------------

    async def call(self, service: str, *args: Any, **kwargs: Any) -> Any:
        """Run a service as this agent; None after saying why where it failed."""
        if self.link is None:
            self.say(_("The database cannot be read yet."), severity="warning")
            return None
        try:
            done = await self.link.call(service, *args, **kwargs)
        except GlazokError as error:
            self.complain(error)
            return None
        self.feed.look()
        return done

    async def accept(self, ticket_id: int) -> bool:
        """Take a ticket; says who has it where somebody was first."""
        if self.link is None:
            self.say(_("The database cannot be read yet."), severity="warning")
            return False
        try:
            done = await self.link.call("tickets.accept", ticket_id)
        except AlreadyOwned as error:
            self.feed.look()
            self.say(
                _("{name} was first: #{id} is theirs.").format(name=error.winner, id=ticket_id),
                severity="warning",
            )
            return False
        except GlazokError as error:
            self.complain(error)
            return False
        self.committed(ticket_id, done.event_id)
        self.say(_("#{id} is yours.").format(id=ticket_id))
        return True

    async def act(self, verb: str, ticket_id: int) -> bool:
        """Solve, reopen or release a ticket."""
        done = await self.call(f"tickets.{verb}", ticket_id)
        if done is None:
            return False
        self.committed(ticket_id, done.event_id)
        words = {
            "solve": _("#{id} is solved."),
            "reopen": _("#{id} is open again."),
            "release": _("#{id} is back with its group."),
        }
        self.say(words[verb].format(id=ticket_id))
        return True

    def committed(self, ticket_id: int, event_id: int, *, undoable: bool = True) -> None:
        """Have this screen and the others look at once; remember what "undo" would mean."""
        if undoable:
            self.last_acted = ticket_id
        self.feed.look()
        if self.presence is not None:
            self.presence.hint(ticket_id, event_id)

    # -- commands that work anywhere ----------------------------------------------------------------------

    def open_ticket(self, ticket_id: int, *, write: str = "") -> None:
        """Show a ticket, with the editor open where something is to be written."""
        from tui.screens.ticket import TicketScreen

        if (screen := self.ticket_screen) is not None:
            screen.show_ticket(ticket_id)
            return
        self.push_screen(TicketScreen(ticket_id, write=write))

    def do_jump(self) -> None:
        from tui.screens.jump import JumpScreen

        self.push_screen(JumpScreen(), lambda number: self.open_ticket(number) if number else None)

    def do_notices(self) -> None:
        from tui.screens.notices import NoticesScreen

        self.push_screen(NoticesScreen(), lambda number: self.open_ticket(number) if number else None)

    def _notices_changed(self) -> None:
        self.board.refresh_bars()
        for screen in self.screen_stack:
            if renew := getattr(screen, "renew", None):
                renew()

    def do_theme(self) -> None:
        if self._plain:
            self.say(_("$NO_COLOR is set: there are no colours to choose."))
            return
        self.palette = PALETTES["light" if self.palette.dark else "dark"]
        self.theme = self.palette.name
        for screen in self.screen_stack:
            if isinstance(screen, CommandScreen):
                screen.retheme()

    def do_labels(self) -> None:
        self.labels = not self.labels
        for screen in self.screen_stack:
            if isinstance(screen, CommandScreen):
                screen.refresh_footer()

    def do_help(self) -> None:
        from tui.screens.help import HelpScreen

        screen = self.screen
        if isinstance(screen, CommandScreen):
            # What was said is said: it would lie over the page.
            self.clear_notifications()
            self.push_screen(HelpScreen(screen.help_place(), self.board.troubles))

    def do_palette(self) -> None:
        from textual.command import CommandPalette

        from tui.palette import GlazokCommands

        self.push_screen(CommandPalette([GlazokCommands], placeholder=_("What do you want to do?")))

    async def do_quit(self) -> None:
        screen = self.ticket_screen
        if screen is not None and not self._warned and not await screen.keep_draft():
            self._warned = True
            self.say(_("The draft could not be kept. Leave once more to lose it."), severity="warning")
            return
        self.exit()

    async def action_leave(self) -> None:
        """Leave from wherever one is; a draft is kept."""
        await self.do_quit()

    def action_anywhere(self, command_id: str) -> None:
        """A key of the app while the editor has the focus."""
        if isinstance(self.screen, CommandScreen):
            self.screen.run_command(command_id)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Only our own commands: Textual's would offer themes that are not tested for contrast."""
        return ()
