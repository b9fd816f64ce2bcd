"""One ticket: its conversation, who is here, and the editor. Imported when the first ticket is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding

from core.clock import now
from core.errors import Forbidden, GlazokError, NotFound
from core.i18n import _
from core.text import terminal_safe
from tui.commands import COMMANDS, COMPOSER, Command, commands_for
from tui.conversation import blocks_of, first_unseen
from tui.screens.ticket_look import TicketLook
from tui.widgets.composer import SendBar
from tui.widgets.facts import facts_of

if TYPE_CHECKING:
    from core.services.models.ticket import TicketView
    from tui.typeahead import State


class TicketScreen(TicketLook):
    """The ticket that the agent has open; the board lives on beneath it."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding(",".join(command.keys), f"composer('{command.id}')", show=False, priority=True, id=command.id)
        for command in COMMANDS
        if command.where == COMPOSER
    ]

    def __init__(self, ticket_id: int, *, write: str = "") -> None:
        super().__init__(ticket_id)
        self._write_first = write
        self._request = 0
        self._changing = False
        self._failed = False
        self.editor_keys = frozenset(key for command in commands_for(COMPOSER) for key in command.keys)

    def on_mount(self) -> None:
        self.notice.display = False
        self.refresh_title()
        self.refresh_footer()
        self.reload()

    async def on_unmount(self) -> None:
        if self.console_app.presence is not None:
            self.console_app.presence.left()

    # -- reading ------------------------------------------------------------------------------------------

    def show_ticket(self, ticket_id: int) -> None:
        """Put another ticket into this screen."""
        if ticket_id == self.ticket_id:
            return
        self._changing = True
        self.run_worker(self._change_ticket(ticket_id), group="change")

    def type_ahead(self) -> State:
        # Until the ticket is read nobody has seen what a command would be done to.
        if self._changing or self._acting or (self.view is None and not self._failed):
            return "wait"
        return "drop" if self.view is None and self._failed else "go"

    def holds_keys(self, command: Command) -> bool:
        return True

    async def _change_ticket(self, ticket_id: int) -> None:
        try:
            kept = await self.keep_draft()
        finally:
            self._changing = False
        if not kept:
            return
        self.close_composer()
        self.ticket_id, self.view, self._failed = ticket_id, None, False
        self.conversation.notice = ""
        self.conversation.show((), to_end=True)
        for facts in (self.rows, self.panel):
            facts.facts = []
        self.refresh_title()
        self.reload()

    def reload(self) -> None:
        """Read the ticket again; only the newest answer counts."""
        self._request += 1
        self.run_worker(self._load(self._request, self.ticket_id), group="load", exit_on_error=True)

    async def _load(self, request: int, ticket_id: int) -> None:
        app = self.console_app
        if app.link is None:
            self._failed = True
            self.conversation.notice = _("The database cannot be read yet.")
            self.conversation.redraw()
            return
        try:
            view = await app.link.call("reading.view", ticket_id)
        except GlazokError as error:
            if request == self._request:
                self._failed = True
                if app.presence is not None and isinstance(error, (NotFound, Forbidden)):
                    app.presence.left()
                self.conversation.notice = terminal_safe(f"{error.message} {error.hint}")
                self.conversation.show((), to_end=True)
            return
        if request == self._request and self.is_attached:
            self.take_view(view)

    def take_view(self, view: TicketView) -> None:
        """Show the ticket as it is now; place, draft and editor stay as they were."""
        first = self.view is None or self.view.id != view.id
        self.view = view
        names = self.console_app.state.names
        blocks = blocks_of(view, now(), names)
        self.conversation.show(blocks, to_end=first, first=first_unseen(blocks, view.seen) if first else None)
        settings = self.console_app.settings
        regions = {key: region.name for key, region in settings.regions.items()} if settings else {}
        for facts in (self.rows, self.panel):
            facts.facts = facts_of(view, now(), regions, names, tags=facts.panel)
        self.refresh_title()
        self.refresh_people()
        self.refresh_footer()
        app = self.console_app
        if app.presence is not None:
            app.presence.looking_at(view.id, view.group.id)
        self.run_worker(self._mark_seen(view), group="seen")
        if self.composer.is_open:
            self.tell_news(view)
        elif first:
            wanted, self._write_first = self._write_first, ""
            if wanted:
                self.run_command(f"ticket.{wanted}")
            else:
                self.run_worker(self.tell_drafts(), group="draft")

    async def _mark_seen(self, view: TicketView) -> None:
        card = self.console_app.state.cards.get(view.id)
        if card is not None and not card.unread:
            return
        app = self.console_app
        await app.call("tickets.mark_seen", view.id, view.last_event)
        # Having read is no event, so the change feed says nothing of it.
        app.feed.read_cards(app.state.generation, [view.id])

    def do_next(self) -> None:
        self._step(1, _("This is the last ticket of the column."))

    def do_previous(self) -> None:
        self._step(-1, _("This is the first ticket of the column."))

    def _step(self, step: int, at_end: str) -> None:
        neighbour = self.console_app.board.neighbour(self.ticket_id, step)
        if neighbour is None:
            self.console_app.say(at_end)
        else:
            self.show_ticket(neighbour)

    async def do_back(self) -> None:
        if await self.keep_draft():
            self.leave()

    def leave(self) -> None:
        """Back to the board."""
        if self.is_current:
            self.app.pop_screen()
            self.console_app.board.refresh_all()

    # -- acting -------------------------------------------------------------------------------------------

    async def do_accept(self) -> None:
        view = self.view
        if view is not None and view.owner is not None:
            me = self.console_app.state.me
            mine = me is not None and view.owner.id == me.id
            self.console_app.say(
                _("It is yours already.")
                if mine
                else _("{name} owns this ticket.").format(name=view.owner.name)
            )
            return
        await self.console_app.accept(self.ticket_id)
        self.reload()

    async def do_solve(self) -> None:
        if await self.console_app.act("solve", self.ticket_id):
            self.finished(self.ticket_id)

    async def do_reopen(self) -> None:
        await self.console_app.act("reopen", self.ticket_id)
        self.reload()

    async def do_tags(self) -> None:
        """Change the tags; what colleagues do to them meanwhile stays."""
        from tui.screens.tags import TagsScreen

        view = self.view
        if view is None:
            return
        wanted = await self.app.push_screen_wait(TagsScreen(view.id, view.tags))
        if wanted is None or set(wanted) == set(view.tags):
            return
        add = [tag for tag in wanted if tag not in view.tags]
        remove = [tag for tag in view.tags if tag not in wanted]
        words = _("#{id}: tags changed.").format(id=view.id)
        await self._do(view.id, words, "tags.change", view.id, add, remove)

    def ticket_at_hand(self) -> int | None:
        return self.ticket_id

    def acted(self, ticket_id: int) -> None:
        if ticket_id == self.ticket_id:
            self.reload()

    def finished(self, ticket_id: int) -> None:
        self.console_app.board.landing_after(ticket_id)
        self.leave()

    def says_thanks(self, ticket_id: int) -> bool:
        return self.view is not None and self.view.thanks

    async def do_resend(self) -> None:
        await self._decide("resend", _("The letter is queued again."))

    async def do_give_up(self) -> None:
        await self._decide("give_up", _("The letter is given up."))

    async def _decide(self, verb: str, done: str) -> None:
        blocks = [
            block for block in self.conversation.blocks if block.undecided and block.outbox_id is not None
        ]
        if not blocks:
            self.console_app.say(_("No letter here waits for a decision."))
            return
        try:
            assert self.console_app.link is not None
            await self.console_app.link.call(f"outbox.{verb}", blocks[-1].outbox_id)
        except GlazokError as error:
            self.console_app.complain(error)
            return
        self.console_app.say(done)
        self.console_app.feed.look()
        self.reload()

    # -- keys of the editor -------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.composer.is_open if action == "composer" else True

    async def action_composer(self, command_id: str) -> None:
        """A key of the editor."""
        self.run_command(command_id)

    def on_send_bar_pressed(self, event: SendBar.Pressed) -> None:
        event.stop()
        self.run_command("composer.send")
