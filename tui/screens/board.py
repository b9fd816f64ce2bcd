"""The board: news comes in, keys and clicks go out to the services. What it looks like is in `board_view`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from core.errors import ConfigError, Forbidden, NotFound
from core.i18n import _, ngettext
from core.names import part_word
from core.text import one_line
from tui.board_state import BoardState
from tui.commands import Command
from tui.data import FIRST_PAGE
from tui.messages import BoardRead, CardsRead, Counted, FeedFailed, PageRead, TicketsChanged
from tui.screens.board_view import BoardView
from tui.widgets.lane import LaneColumn

if TYPE_CHECKING:
    from core.services.models.lists import PartState

COUNT_SECONDS = 10
"""So often late cards are counted and the desk's parts asked how they fare."""
OPENING: Final = frozenset({"board.pass-on", "board.help-wanted", "board.voice", "board.hand-over"})
"""Commands that lead to a dialog after a while, or to several."""
EYES_SECONDS = 0.02
"""Changes of eyes are shown at most this often."""


def trouble_words(parts: Sequence[PartState]) -> str:
    """Of one part its name and the end of the reason, where the cause stands; of several how many there are."""
    if not parts:
        return ""
    if len(parts) > 1:
        return (
            ngettext("{n} part in trouble", "{n} parts in trouble", len(parts)).format(n=len(parts)) + ": ?"
        )
    part = parts[0].part
    name = one_line(part.removeprefix("mailbox ") if part.startswith("mailbox ") else part_word(part))
    reason = one_line(parts[0].text).split(". ")[0].rstrip(".").rsplit(": ", 1)[-1]
    return f"{name}: {reason}"


class BoardScreen(BoardView):
    """The agent's planner."""

    def __init__(self, state: BoardState) -> None:
        super().__init__(state)
        self._eyes_due = False
        self._changed_eyes: set[int] = set()
        self._trouble = ""
        self._seconds = 0
        self.troubles: tuple[str, ...] = ()
        """Parts of the desk that do not fare well, with the whole reason."""

    def on_mount(self) -> None:
        # Textual runs the handler of the class above as well.
        self.set_interval(1.0, self.on_second)

    # -- what came ----------------------------------------------------------------------------------------

    def on_board_read(self, message: BoardRead) -> None:
        state = self.state
        if message.generation != state.generation:
            return
        state.me, state.groups = message.me, message.groups
        state.take_names(message.directory)
        state.forget_requests()
        state.take_cards(message.cards, message.cards)
        state.take_counts(message.counts)
        self._asked.clear()
        for lane, page in message.lanes.items():
            state.lanes[lane].start(page.entries, complete=page.complete)
        self.set_trouble("")
        self.refresh_all()
        self.paint_soon()
        self.console_app.board_is_live()
        if self.console_app.presence is not None:
            self.console_app.presence.rooms_changed(message.groups)

    def on_board_outdated(self) -> None:
        self.reload()

    def on_page_read(self, message: PageRead) -> None:
        if message.generation != self.state.generation:
            return
        model = self.state.lanes[message.lane]
        model.extend(message.page.entries, complete=message.page.complete)
        if message.to_end:
            model.move(len(model))
        self.refresh_lane(message.lane)
        self.refresh_footer()

    def on_cards_read(self, message: CardsRead) -> None:
        if message.generation != self.state.generation:
            return
        changed = self.state.take_cards(message.asked, message.cards)
        self.redraw_showing(changed)

    def on_tickets_changed(self, message: TicketsChanged) -> None:
        state = self.state
        if message.generation != state.generation:
            return
        if message.directory is not None:
            state.take_names(message.directory)
        state.take_changes(message.asked, message.cards)
        state.take_counts(message.counts)
        self.set_trouble("")
        self.refresh_all()
        self.console_app.tickets_changed(message.asked)
        self.console_app.notices.poke()

    def on_counted(self, message: Counted) -> None:
        if message.generation != self.state.generation:
            return
        self.state.take_counts(message.counts)
        self.troubles = tuple(one_line(f"{part_word(part.part)}: {part.text}") for part in message.parts)
        self.top.parts = trouble_words(message.parts)
        if message.groups != self.state.groups:
            self.reload()
        self.refresh_all()
        self.console_app.notices.poke()

    def on_feed_failed(self, message: FeedFailed) -> None:
        # Nothing that waiting would heal, and no board yet that would be lost.
        if self.state.me is None and isinstance(message.error, (ConfigError, NotFound, Forbidden)):
            self.console_app.give_up(message.error)
            return
        self.set_trouble(one_line(f"{message.text} {message.hint}"))

    def set_trouble(self, text: str) -> None:
        """Say on the board that the database cannot be read, or that it can be again."""
        if text == self._trouble:
            return
        self._trouble = text
        self.console_app.database_trouble = bool(text)
        self.blocked = text if self.state.me is None else ""
        self.fit_lanes(self.size.width, self.size.height)
        for column in self._columns.values():
            column.trouble = text
            column.redraw()
        self.refresh_bars()
        if text and self.state.me is not None:
            self.notify(text, severity="error", timeout=8, markup=False)

    def eyes_changed(self, tickets: Iterable[int]) -> None:
        """Show changed eyes, gathered for a moment."""
        self._changed_eyes.update(tickets)
        if not self._eyes_due:
            self._eyes_due = True
            self.set_timer(EYES_SECONDS, self.show_eyes)

    def show_eyes(self) -> None:
        """Draw the visible rows whose eyes changed, nothing else."""
        self._eyes_due = False
        changed, self._changed_eyes = self._changed_eyes, set()
        self.state.forget_faces(changed)
        self.redraw_showing(changed)
        here = self.colleagues()
        if here != self.top.here:
            self.top.here = here
            self.top.redraw()
        if self.is_current:
            self.paint_soon()

    def redraw_showing(self, ids: set[int]) -> None:
        """Draw the lanes that show one of these tickets."""
        for lane, column in self._columns.items():
            if not ids.isdisjoint(self.state.lanes[lane].visible(column.rows + 1)):
                column.redraw()

    def on_second(self) -> None:
        """The clock: ages move on with each minute; late counts and the desk's parts are asked for more often."""
        self._seconds += 1
        if self._seconds % COUNT_SECONDS == 2:
            self.console_app.feed.count()
        if self.state.tick():
            for column in self._columns.values():
                column.redraw()
            self.refresh_bars()

    # -- moving -------------------------------------------------------------------------------------------

    def moved(self) -> None:
        """Show where the selection went."""
        self.refresh_lane(self.active)
        self.refresh_footer()
        self.paint_soon()

    def do_down(self) -> None:
        self.model.move(1)
        self.moved()

    def do_up(self) -> None:
        self.model.move(-1)
        self.moved()

    def do_page_down(self) -> None:
        self.model.move(self.column.rows)
        self.moved()

    def do_page_up(self) -> None:
        self.model.move(-self.column.rows)
        self.moved()

    def do_first(self) -> None:
        self.model.move(-len(self.model))
        self.moved()

    def do_last(self) -> None:
        model = self.model
        if model.loaded and not model.complete:
            self.console_app.feed.read_page(self.state.generation, model.lane, model.last_key, to_end=True)
        self.model.move(len(model))
        self.moved()

    def do_right(self) -> None:
        self._beside(1)

    def do_left(self) -> None:
        self._beside(-1)

    def _beside(self, step: int) -> None:
        lanes = self.state.shown
        self.activate(lanes[(lanes.index(self.active) + step) % len(lanes)])

    def on_lane_column_clicked(self, message: LaneColumn.Clicked) -> None:
        self.activate(message.lane)
        if message.ticket_id is None:
            return
        self.model.select(message.ticket_id)
        self.moved()
        if message.chain == 2:
            self.do_open()

    def on_lane_column_scrolled(self, message: LaneColumn.Scrolled) -> None:
        column, model = self._columns[message.lane], self.state.lanes[message.lane]
        model.scroll(message.by, column.rows)
        column.redraw()
        self.fetch(model, column.rows)
        self.refresh_footer()

    # -- acting -------------------------------------------------------------------------------------------

    def holds_keys(self, command: Command) -> bool:
        return command.id in OPENING

    def ticket_at_hand(self) -> int | None:
        return self.model.selected

    def ticket_to_undo(self) -> int | None:
        # What was done last may have taken the card away: undo means it, whatever is selected now.
        return self.console_app.last_acted or self.model.selected

    def do_open(self) -> None:
        if (ticket_id := self.model.selected) is not None:
            self.console_app.open_ticket(ticket_id)

    def do_reply(self) -> None:
        if (ticket_id := self.model.selected) is not None:
            self.console_app.open_ticket(ticket_id, write="reply")

    def do_note(self) -> None:
        if (ticket_id := self.model.selected) is not None:
            self.console_app.open_ticket(ticket_id, write="note")

    async def do_accept(self) -> None:
        if (ticket_id := self.model.selected) is not None:
            await self.console_app.accept(ticket_id)

    async def do_solve(self) -> None:
        if (ticket_id := self.model.selected) is not None:
            await self.console_app.act("solve", ticket_id)

    def do_dense(self) -> None:
        for column in self._columns.values():
            column.dense = not column.dense
        self.refresh_all()
        self.paint_soon()

    def do_group(self) -> None:
        from tui.screens.pick import PickScreen

        state = self.state
        if state.directory is None or len(state.groups) < 2:
            self.notify(_("You are in one group: there is nothing to choose."), markup=False)
            return
        choices = [("", _("all my groups"))]
        choices += [(str(group), state.directory.group_name(group)) for group in state.groups]
        self.app.push_screen(PickScreen(_("Show which group?"), choices), self.choose_group)

    def choose_group(self, chosen: str | None) -> None:
        """Show one group ("" for all), or leave it as it is (None)."""
        if chosen is None:
            return
        self.state.group = int(chosen) if chosen else None
        for model in self.state.lanes.values():
            model.clear()
        self.reload()
        self.refresh_all()

    def reload(self) -> None:
        """Read the whole board anew, as deep as it has been read."""
        self.state.generation += 1
        deepest = max(len(model) for model in self.state.lanes.values())
        self.console_app.feed.read_board(self.state.generation, self.state.group, max(FIRST_PAGE, deepest))

    def neighbour(self, ticket_id: int, step: int) -> int | None:
        """The ticket beside another one in the active lane, None at the ends; moves the selection along."""
        model = self.model
        row = model.row_of(ticket_id)
        target = (row + step) if row is not None else model.cursor + (min(0, step))
        if not 0 <= target < len(model) or model.ids[target] == ticket_id:
            return None
        model.cursor = target
        return model.ids[target]

    def landing_after(self, ticket_id: int) -> None:
        """Leave a ticket that has been dealt with: the selection goes to the next row of its lane."""
        model = self.model
        if model.selected == ticket_id and model.cursor + 1 < len(model):
            model.move(1)
