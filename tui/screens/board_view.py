"""What the board looks like: which lanes are shown, their columns, the bars. Handles no key and no news."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult

from core.domain.tickets import Lane
from core.i18n import _, number
from core.text import one_line
from tui.acts import TicketActs
from tui.board_state import BoardState
from tui.commands import BOARD, shown_key
from tui.lane_model import LaneModel
from tui.widgets.bars import BottomBar, PlaceBar, TabStrip, TopBar
from tui.widgets.card import EyeMark
from tui.widgets.lane import LaneColumn, lane_title
from tui.widgets.notice import Notice

LANE_CELLS = 28
"""A lane narrower than this cannot be read: then fewer lanes are shown, and all of them named in a strip."""

ANSWER_PLACE = 2
"""In the footer, behind moving."""


class BoardView(TicketActs):
    """The lanes between two bars."""

    WHERE = BOARD
    DEFAULT_CSS = """
    BoardView { layout: horizontal; padding: 0; }
    BoardView #bottom { dock: bottom; }
    """

    def __init__(self, state: BoardState) -> None:
        super().__init__()
        self.state = state
        self.active = Lane.NEW
        self.blocked = ""
        """Why there is no board yet; shown alone."""
        self._columns: dict[Lane, LaneColumn] = {}
        self._asked: set[object] = set()
        self._fitted: tuple[Lane, ...] = ()
        """The lanes among which the room is shared now."""
        self._helping = False
        """Whether the footer names the key that answers a question."""

    def compose(self) -> ComposeResult:
        app = self.console_app
        self.top = TopBar(self.palette, app.desk_name)
        self.tabs = TabStrip(self.palette)
        self.bottom = BottomBar(self.palette)
        self.place = PlaceBar(self.palette, self.bottom)
        self.notice = Notice(self.palette)
        yield self.top
        yield self.tabs
        yield self.bottom
        yield self.place
        for lane, model in self.state.lanes.items():
            column = LaneColumn(model, self.state.face, self.palette)
            column.active = lane is self.active
            # From the first frame on: a column that vanishes a moment later would move all the others.
            column.display = lane in self.state.shown
            self._columns[lane] = column
            yield column
        yield self.notice

    def on_mount(self) -> None:
        self.tabs.display = False
        self.notice.display = False
        self.refresh_bars()

    @property
    def column(self) -> LaneColumn:
        """The active column."""
        return self._columns[self.active]

    @property
    def model(self) -> LaneModel:
        """What stands in the active column."""
        return self.state.lanes[self.active]

    def on_resize(self, event: events.Resize) -> None:
        self.fit_lanes(event.size.width, event.size.height)

    def activate(self, lane: Lane) -> None:
        """Make a lane the one that the keys act on."""
        before, self.active = self.active, lane
        if before is lane:
            return
        # The messages stand in the corner where the selection is not.
        self.set_class(lane is self.state.shown[-1], "-last")
        self._columns[before].active = False
        self._columns[lane].active = True
        if self.tabs.display:
            self.fit_lanes(self.size.width, self.size.height)
            self.refresh_bars()
        self._columns[before].redraw()
        self.refresh_lane(lane)
        self.refresh_footer()
        self.paint_soon()

    def fit_lanes(self, width: int, height: int) -> None:
        """Show as many lanes as can be read, the active one among them."""
        small = self.too_small(width, height)
        alone = small or self.blocked
        changed = self.notice.text != alone
        self.notice.text = alone
        self.notice.display = bool(alone)
        if changed:
            self.notice.redraw()
        lanes = self._fitted = self.state.shown
        fit = max(1, min(len(lanes), width // LANE_CELLS))
        first = max(0, min(lanes.index(self.active) - (fit - 1) // 2, len(lanes) - fit))
        for lane, column in self._columns.items():
            column.display = not alone and lane in lanes[first : first + fit]
        self.tabs.display = not alone and fit < len(lanes)
        self.top.display = self.bottom.display = self.place.display = not small

    def refresh_lane(self, lane: Lane) -> None:
        """Draw a lane, ask for what it lacks."""
        column, model = self._columns[lane], self.state.lanes[lane]
        if not column.size.height:
            return
        rows = column.rows
        model.show(rows) if lane is self.active else model.scroll(0, rows)
        column.redraw()
        self.fetch(model, rows)

    def fetch(self, model: LaneModel, rows: int) -> None:
        """Have cards and pages read before they are needed."""
        feed, state = self.console_app.feed, self.state
        if missing := state.missing(model, rows):
            feed.read_cards(state.generation, missing)
        if model.wants_more(rows) and model.last_key not in self._asked:
            self._asked.add(model.last_key)
            feed.read_page(state.generation, model.lane, model.last_key)

    def refresh_all(self) -> None:
        """Draw every lane and both bars; a lane that came or went makes the others narrower or wider."""
        lanes = self.state.shown
        if self.active not in lanes:
            self.activate(lanes[-1])
        if lanes != self._fitted:
            self.fit_lanes(self.size.width, self.size.height)
        for lane in lanes:
            self.refresh_lane(lane)
        self.refresh_bars()

    def refresh_bars(self) -> None:
        """Header, strip and footer as things stand."""
        app, state = self.console_app, self.state
        self.top.desk = one_line(app.desk_name)
        self.top.here_word = _("here:")
        self.top.filter = self.filter_text()
        self.top.here = self.colleagues()
        self.top.notices = len(app.notices.standing)
        self.top.state, self.top.live, self.top.trouble = app.status_words()
        self.tabs.tabs = [
            (lane_title(lane), model.total, model.late, lane is self.active)
            for lane in state.shown
            for model in (state.lanes[lane],)
        ]
        self.top.redraw()
        self.tabs.redraw()
        self.refresh_footer()

    def refresh_footer(self) -> None:
        """Keys, place and clock."""
        bar, model = self.bottom, self.model
        helping = self.active is Lane.HELP_WANTED
        if not bar.keys or bar.labels != self.console_app.labels or helping != self._helping:
            self._helping = helping
            bar.keys = self.footer_keys()
            bar.labels = self.console_app.labels
            bar.redraw()
        row = model.cursor + 1 if len(model) else 0
        place = "" if self.blocked else f"{lane_title(self.active)} {number(row)}/{number(model.total)}"
        self.place.show(place, self.state.now.astimezone().strftime("%H:%M"), self.size.width)

    def footer_keys(self) -> list[tuple[str, str]]:
        keys = super().footer_keys()
        if self._helping:
            # What a card stands in that lane for.
            keys.insert(ANSWER_PLACE, (shown_key("board.help-wanted"), _("advise")))
        return keys

    def filter_text(self) -> str:
        """Which groups are shown."""
        state = self.state
        if state.directory is None:
            return ""
        if state.group is not None:
            return _("group: {name}").format(name=one_line(state.directory.group_name(state.group)))
        if len(state.groups) == 1:
            return one_line(state.directory.group_name(state.groups[0]))
        return _("all my groups")

    def colleagues(self) -> tuple[EyeMark, ...]:
        """Who has an eye open anywhere on my board; what they do most counts."""
        rank = {"w": 2, "v": 1, "i": 0}
        best: dict[int, str] = {}
        for eyes in self.state.eyes.values():
            for agent, look in eyes:
                if agent not in best or rank.get(look, 0) > rank.get(best[agent], 0):
                    best[agent] = look
        return self.state.eye_marks(sorted(best.items()))

    def on_lane_column_fitted(self, message: LaneColumn.Fitted) -> None:
        self.refresh_lane(message.lane)
        self.refresh_footer()
