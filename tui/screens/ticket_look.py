"""What a ticket looks like, and moving in its conversation. Reads nothing and changes nothing."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from core.clock import now
from core.i18n import N_, _
from core.text import one_line
from tui.commands import COMPOSER, TICKET, commands_for, footer_of
from tui.widgets.bars import BottomBar, PlaceBar
from tui.widgets.composer import Composer
from tui.widgets.conversation import Conversation
from tui.widgets.facts import PANEL_FROM, Facts
from tui.widgets.notice import Notice
from tui.widgets.ticket_title import TicketTitle
from tui.writing import WritingScreen


class TicketLook(WritingScreen):
    """Title, facts, conversation, editor and footer of one ticket."""

    WHERE = TICKET
    DEFAULT_CSS = """
    TicketLook { layout: vertical; }
    TicketLook #body { height: 1fr; }
    TicketLook #rows { height: 4; }
    TicketLook.-low #rows { height: 3; }
    TicketLook.-wide #body { margin-top: 1; }
    TicketLook #panel { width: 40; height: 100%; }
    TicketLook Notice { dock: top; }
    """

    def __init__(self, ticket_id: int) -> None:
        super().__init__(ticket_id)
        palette = self.palette
        self.title_row = TicketTitle(palette)
        self.rows = Facts(palette, id="rows")
        self.panel = Facts(palette, id="panel", panel=True)
        self.conversation = Conversation(palette)
        self.composer = Composer(palette)
        self.bottom = BottomBar(palette)
        self.place = PlaceBar(palette, self.bottom)
        self.notice = Notice(palette)

    def compose(self) -> ComposeResult:
        yield self.title_row
        yield self.rows
        with Horizontal(id="body"):
            yield self.conversation
            yield self.panel
        yield self.composer
        yield self.bottom
        yield self.place
        yield self.notice

    def on_resize(self, event: events.Resize) -> None:
        small = self.too_small(event.size.width, event.size.height)
        self.notice.text = small
        self.notice.display = bool(small)
        self.refresh_footer()
        wide = event.size.width >= PANEL_FROM
        self.set_class(wide, "-wide")
        self.rows.display, self.panel.display = not wide, wide
        low = event.size.height < 30
        self.set_class(low, "-low")
        self.composer.set_class(low, "-low")

    # -- the picture --------------------------------------------------------------------------------------

    def refresh_title(self) -> None:
        """Subject and status; before the ticket is read, what its card says."""
        title, view, names = self.title_row, self.view, self.console_app.state.names
        card = self.console_app.state.cards.get(self.ticket_id)
        title.number = f"#{self.ticket_id}"
        title.subject = one_line(view.subject if view else card.subject if card else "")
        status = view.status if view else card.status if card else ""
        title.status, title.kind = names.status(status), names.kind(status) if status else ""
        title.thanks = view.thanks if view else bool(card and card.thanks)
        title.tags = one_line(" ".join(view.tags)) if view else ""
        title.redraw()

    def refresh_people(self) -> None:
        """Who has this ticket open, with full names."""
        app, state = self.console_app, self.console_app.state
        connected = app.presence is not None and app.presence.connected
        words = "" if connected else app.status_words()[0]
        people = []
        for mark in state.eye_marks(state.eyes.get(self.ticket_id, ())):
            name = state.directory.agent_name(mark.colour) if state.directory else ""
            people.append((one_line(name) or mark.initials, mark))
        for facts in (self.rows, self.panel):
            facts.eyes_note, facts.people = words, people
            facts.redraw()

    def refresh_footer(self) -> None:
        """The keys that work now."""
        bar = self.bottom
        bar.labels = self.console_app.labels
        bar.keys = self.footer_keys()
        shown = [block for block in self.conversation.blocks if block.kind != "event"]
        last = self.conversation.last_shown()
        row = shown.index(last) + 1 if last in shown else 0
        bar.redraw()
        place = _("message {n}/{total}").format(n=row, total=len(shown)) if shown else ""
        self.place.show(place, now().astimezone().strftime("%H:%M"), self.size.width)

    def footer_keys(self) -> list[tuple[str, str]]:
        note = self.composer.is_open and self.composer.kind == "note"
        labels = {"composer.send": N_("save the note")} if note else {}
        return footer_of(
            replace(command, label=labels.get(command.id, command.label))
            for command in commands_for(self.help_place())
        )

    def help_place(self) -> str:
        return COMPOSER if self.composer.is_open else TICKET

    def retheme(self) -> None:
        super().retheme()
        self.refresh_people()

    def on_conversation_moved(self) -> None:
        self.refresh_footer()

    def moved(self) -> None:
        """Show where the reading went."""
        self.conversation.redraw()
        self.refresh_footer()
        self.paint_soon()

    # -- reading commands ---------------------------------------------------------------------------------

    def do_scroll_down(self) -> None:
        self.conversation.scroll_lines(1)
        self.paint_soon()

    def do_scroll_up(self) -> None:
        self.conversation.scroll_lines(-1)
        self.paint_soon()

    def do_page_down(self) -> None:
        self.conversation.scroll_lines(max(1, self.conversation.size.height - 2))
        self.paint_soon()

    def do_page_up(self) -> None:
        self.conversation.scroll_lines(-max(1, self.conversation.size.height - 2))
        self.paint_soon()

    def do_first(self) -> None:
        self.conversation.go_to_start()
        self.moved()

    def do_last(self) -> None:
        self.conversation.go_to_end()
        self.moved()

    def do_quotes(self) -> None:
        self.conversation.toggle_quotes()
        self.moved()

    def do_copy(self) -> None:
        block = self.conversation.last_shown()
        if block is not None:
            self.app.copy_to_clipboard(block.text)
            self.console_app.say(_("The message is copied."))
