"""Writing on a ticket: drafts that survive, the send guard, sending. The ticket's screen builds on it."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

from textual.widgets import TextArea

from core.errors import BadInput, GlazokError, SendGuardHeld
from core.i18n import _, ngettext
from core.names import mentions_said
from core.text import one_line
from tui.acts import TicketActs
from tui.conversation import news_since

if TYPE_CHECKING:
    from core.services.models.ticket import TicketView
    from tui.screens.guard import Decision
    from tui.widgets.composer import Composer, Kind
    from tui.widgets.conversation import Conversation

DRAFT_SECONDS = 1.0
"""A draft is kept this long after the last key, and at every way out."""


def route_of(view: TicketView, kind: str) -> str:
    """Where what is being written goes: channel and addresses."""
    if kind == "note":
        return _("stays in the desk, {group}").format(group=one_line(view.group.name))
    to = ", ".join(one_line(r.address) for r in view.to if r.header == "to") or _("nobody")
    cc = ", ".join(one_line(r.address) for r in view.to if r.header != "to")
    route = _("e-mail → {to}").format(to=to)
    if cc:
        route += _(", copy to {cc}").format(cc=cc)
    if view.sender:
        route += _(", from {address}").format(address=one_line(view.sender))
    return route


class WritingScreen(TicketActs):
    """What the ticket's screen can do with words."""

    composer: Composer
    conversation: Conversation

    def __init__(self, ticket_id: int) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.view: TicketView | None = None
        self._latest = 0
        self._draft_lock = asyncio.Lock()
        self._saved = ""
        self._draft_timer: Any = None
        self._sending = False
        self._op_id = ""

    # -- opening and closing ------------------------------------------------------------------------------

    async def do_reply(self) -> None:
        await self.write("reply")

    async def do_note(self) -> None:
        await self.write("note")

    async def write(self, kind: Kind) -> None:
        """Open the editor, with the draft if there is one."""
        view = self.view
        if view is None or self.console_app.link is None:
            return
        if self.composer.is_open and not await self.keep_draft():
            return
        try:
            draft = await self.console_app.link.call("drafts.load", view.id, kind)
        except GlazokError as error:
            self.console_app.complain(error)
            draft = None
        text, seen = (draft.text, draft.seen) if draft else ("", view.last_event)
        self._saved = text
        self._op_id = secrets.token_hex(16)
        self.app.clear_notifications()
        self.composer.begin(kind, text, seen, route_of(view, kind))
        self.composer.sign(self._signature(view) if kind == "reply" else "")
        self.tell_news(view)
        if draft:
            self.composer.tell_state(_("your draft"))
        self.refresh_footer()

    def _signature(self, view: TicketView) -> str:
        settings = self.console_app.settings
        group = settings.groups.get(view.group.key) if settings else None
        return " · ".join(one_line(row) for row in group.signature.strip().splitlines()) if group else ""

    async def tell_drafts(self) -> None:
        """After opening: say that something lies here unfinished."""
        view = self.view
        if view is None or self.console_app.link is None:
            return
        for kind in ("reply", "note"):
            try:
                draft = await self.console_app.link.call("drafts.load", view.id, kind)
            except GlazokError:
                # The ticket itself could be read a moment ago; whoever opens the editor hears what is wrong.
                return
            if draft is not None and self.view is view:
                words = _("You have an unfinished reply here: r") if kind == "reply" else _(
                    "You have an unfinished note here: n"
                )  # fmt: skip
                self.console_app.say(words)

    def close_composer(self) -> None:
        """Hide the editor."""
        if self.composer.is_open:
            self.composer.end()
            if self.console_app.presence is not None:
                self.console_app.presence.stopped_writing()
            self.refresh_footer()

    async def do_keep(self) -> None:
        if not await self.keep_draft():
            return
        kept = bool(self.composer.text.strip())
        self.close_composer()
        if kept:
            self.console_app.say(_("The draft is kept."))

    async def do_discard(self) -> None:
        if self._draft_timer is not None:
            self._draft_timer.stop()
        async with self._draft_lock:
            words = self.composer
            await self.console_app.call("drafts.discard", self.ticket_id, words.kind)
            if words.text.strip():
                self.console_app.discarded[self.ticket_id] = (words.kind, words.text, words.seen)
            self._saved = ""
        self.composer.area.load_text("")
        self.close_composer()
        if self.ticket_id in self.console_app.discarded:
            self.console_app.say(_("The draft is thrown away; z brings it back."))

    async def do_bring_back(self) -> None:
        """Open the editor with the words thrown away last, unless others have been begun since."""
        app, ticket_id = self.console_app, self.ticket_id
        if app.link is None or ticket_id not in app.discarded:
            app.say(_("Nothing was thrown away here."))
            return
        kind, text, seen = app.discarded[ticket_id]
        try:
            if await app.link.call("drafts.load", ticket_id, kind) is None:
                await app.link.call("drafts.save", ticket_id, kind, text, seen)
                del app.discarded[ticket_id]
            else:
                app.say(_("You have begun other words here: send them or throw them away first."))
        except GlazokError as error:
            app.complain(error)
            return
        await self.write(kind)

    # -- drafts -------------------------------------------------------------------------------------------

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if not self.composer.is_open or self.composer.text == self._saved:
            return
        if self.console_app.presence is not None:
            self.console_app.presence.typed()
        self.composer.tell_state("")
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.console_app.set_timer(DRAFT_SECONDS, self.keep_draft)

    async def keep_draft(self) -> bool:
        """Write the draft down, if it differs from what is kept; False where that failed, after saying so."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        if self.view is None or not self.composer.is_open or self.console_app.link is None:
            return True
        async with self._draft_lock:
            text, kind, seen = self.composer.text, self.composer.kind, self.composer.seen
            if text == self._saved:
                return True
            try:
                await self.console_app.link.call("drafts.save", self.view.id, kind, text, seen)
            except GlazokError as error:
                self.composer.tell_state(_("the draft is not kept"))
                self.console_app.complain(error)
                return False
            self._saved = text
            self.composer.tell_state(_("draft kept"))
            return True

    # -- sending ------------------------------------------------------------------------------------------

    def tell_news(self, view: TicketView) -> None:
        """Say at the editor that something came after the words were begun."""
        news = news_since(self.conversation.blocks, self.composer.seen)
        mine = self.console_app.state.me
        others = [block for block in news if mine is None or block.title != mine.name]
        self.composer.tell_news(_("new: {who}").format(who=others[-1].title) if others else "")

    async def do_send(self) -> None:
        if self._sending or self.view is None:
            return
        text, kind = self.composer.text, self.composer.kind
        if not text.strip():
            self.console_app.say(_("There is nothing to send: write something first."), severity="warning")
            return
        self._sending = True
        try:
            await self._send(text, kind)
        finally:
            self._sending = False

    async def _send(self, text: str, kind: Kind) -> None:
        app, view = self.console_app, self.view
        if app.link is None or view is None:
            return
        if self._draft_timer is not None:
            self._draft_timer.stop()
        try:
            # A draft that is being written down must not come to rest after the letter has taken its place.
            async with self._draft_lock:
                if kind == "note":
                    sent = await app.link.call("replies.note", view.id, text, op_id=self._op_id)
                else:
                    seen = self.composer.seen
                    sent = await app.link.call(
                        "replies.reply", view.id, text, seen, hold=app.undo_send_seconds, op_id=self._op_id
                    )
        except SendGuardHeld as held:
            await self._guard(held)
            return
        except BadInput as error:
            app.say(f"{error.message} {error.hint}", severity="warning")
            return
        except GlazokError as error:
            app.complain(error)
            return
        self._saved = ""
        self.composer.area.load_text("")
        self.close_composer()
        app.committed(view.id, sent.event_id, undoable=kind == "reply")
        if kind == "note":
            besides = one_line(mentions_said(sent.mentioned_outside, sent.mentioned_gone))
            app.say(" ".join(filter(None, (_("The note is saved."), besides))))
            self.reload()
            return
        app.say(_sent_words(view.id, app.undo_send_seconds))
        app.board.landing_after(view.id)
        self.leave()

    async def _guard(self, held: SendGuardHeld) -> None:
        """Show what came, ask what to do. The words are kept whatever is decided, until they are
        discarded."""
        from tui.screens.guard import GuardScreen

        await self.keep_draft()
        app = self.console_app
        assert app.link is not None
        try:
            self.take_view(await app.link.call("reading.view", self.ticket_id))
        except GlazokError as error:
            app.complain(error)
            return
        news = news_since(self.conversation.blocks, self.composer.seen)
        self._latest = held.latest
        app.push_screen(GuardScreen(news, self.composer.text), self.decided)

    def decided(self, decision: Decision | None) -> None:
        """What the agent chose at the send guard; whatever it is, they have seen what came."""
        self.composer.seen = max(self.composer.seen, self._latest)
        self.composer.tell_news("")
        if decision == "send":
            self.console_app.board.run_worker(self.do_send(), group="send")
        elif decision == "discard":
            self.console_app.board.run_worker(self.do_discard(), group="send")
        else:
            self.composer.area.focus()

    # -- what the screen gives ----------------------------------------------------------------------------

    def take_view(self, view: TicketView) -> None:
        """Show a ticket as it is now."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read the ticket again."""
        raise NotImplementedError

    def leave(self) -> None:
        """Back to the board."""
        raise NotImplementedError


def _sent_words(ticket_id: int, hold: int) -> str:
    """What is said of a reply that has just been written."""
    if not hold:
        return _("The reply to #{id} is queued.").format(id=ticket_id)
    return ngettext(
        "The reply to #{id} leaves in {n} second; “undo” takes it back until then.",
        "The reply to #{id} leaves in {n} seconds; “undo” takes it back until then.",
        hold,
    ).format(id=ticket_id, n=hold)
