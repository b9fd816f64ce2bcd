"""A column of the board: its header and its cards, drawn line by line from a `LaneModel`.

Takes no focus and handles no key: the screen does. Cards that have not been loaded yet show as their number
alone; the screen has them read.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message
from textual.strip import Strip

from core.domain.tickets import Lane as LaneName
from core.i18n import _, number
from core.text import cut
from core.text import width as cells
from tui.commands import shown_key
from tui.lane_model import LaneModel
from tui.themes import Palette, style
from tui.widgets.card import LATE, Face, draw_card
from tui.widgets.drawn import Drawn, strip_of

GAP = 2
"""Cells between two lanes."""
HEAD = 2
"""Rows of a lane's header."""
CACHE = 1024
"""Drawn cards that are kept per lane; one screen shows at most a few dozen."""

FaceOf = Callable[[LaneName, int, bool], Face | None]


def lane_title(lane: LaneName) -> str:
    """The lane's name on the board."""
    return {
        LaneName.NEW: _("New"),
        LaneName.MINE: _("Mine"),
        LaneName.WAITING: _("Waiting for client"),
        LaneName.NEEDS_REPLY: _("Needs reply"),
        LaneName.HELP_WANTED: _("Help wanted"),
    }[lane]


def empty_sentence(lane: LaneName) -> str:
    """What an empty lane says, calmly."""
    return {
        LaneName.NEW: _("Nobody is waiting to be accepted."),
        LaneName.MINE: _("Nothing in your hands. Accept a ticket from New with “{key}”.").format(
            key=shown_key("board.accept")
        ),
        LaneName.WAITING: _("No colleague of yours is waiting for a client."),
        LaneName.NEEDS_REPLY: _("No colleague of yours owes an answer."),
        LaneName.HELP_WANTED: _("Nobody asks you. Answer a question with “{key}”.").format(
            key=shown_key("board.help-wanted")
        ),
    }[lane]


class LaneColumn(Drawn):
    """One column."""

    DEFAULT_CSS = "LaneColumn { width: 1fr; height: 100%; }"

    class Clicked(Message):
        """A card was clicked."""

        def __init__(self, lane: LaneName, ticket_id: int | None, chain: int) -> None:
            super().__init__()
            self.lane = lane
            self.ticket_id = ticket_id
            """None beside the cards."""
            self.chain = chain
            """2 for a double click."""

    class Scrolled(Message):
        """The wheel was turned over the lane."""

        def __init__(self, lane: LaneName, by: int) -> None:
            super().__init__()
            self.lane = lane
            self.by = by

    class Fitted(Message):
        """The lane got a size: how many cards fit has changed."""

        def __init__(self, lane: LaneName) -> None:
            super().__init__()
            self.lane = lane

    def __init__(self, model: LaneModel, face_of: FaceOf, palette: Palette) -> None:
        super().__init__(id=f"lane-{model.lane.value}")
        self.model = model
        self._face_of = face_of
        self._cards: dict[tuple[Face, int, str], tuple[Strip, Strip]] = {}
        self._heading: tuple[tuple[object, ...], list[Strip]] = ((), [])
        self.palette = palette
        self.active = False
        """Whether the keys act on this lane."""
        self.dense = False
        """Cards without the blank row between them."""
        self.trouble = ""
        """Shown instead of the cards where the database cannot be read."""

    @property
    def pitch(self) -> int:
        """Rows from one card to the next."""
        return 2 if self.dense else 3

    @property
    def rows(self) -> int:
        """How many cards are wholly visible."""
        return max(1, (self.size.height - HEAD + (self.pitch - 2)) // self.pitch)

    def draw(self, width: int, height: int) -> list[Strip]:
        inner = max(4, width - GAP)
        blank = Strip.blank(width, style("", self.palette.ground))
        model = self.model
        said = (
            width, lane_title(model.lane), model.total, model.late, model.loaded, self.active, self.palette.name
        )  # fmt: skip
        if self._heading[0] != said:
            self._heading = (said, self._header(width, inner))
        rows = list(self._heading[1])
        if not self.model.ids:
            rows += self._sentence(width, inner)
        shown = self.model.top
        while len(rows) < height and shown < len(self.model.ids):
            rows += self._card(shown, width, inner)
            if not self.dense:
                rows.append(blank)
            shown += 1
        rows += [blank] * (height - len(rows))
        return rows[:height]

    def ticket_at(self, y: int) -> int | None:
        """The ticket drawn at a row of the widget."""
        row, line = divmod(y - HEAD, self.pitch)
        index = self.model.top + row
        if y < HEAD or line > 1 or index >= len(self.model.ids):
            return None
        return self.model.ids[index]

    def _card(self, index: int, width: int, inner: int) -> tuple[Strip, Strip]:
        ticket_id = self.model.ids[index]
        selected = self.active and index == self.model.cursor
        face = self._face_of(self.model.lane, ticket_id, selected)
        if face is None:
            face = Face(ticket_id, "…", "", "", False, False, (), "", 0, selected)
        key = (face, width, self.palette.name)
        card = self._cards.get(key)
        if card is None:
            if len(self._cards) >= CACHE:
                self._cards.clear()
            gap = Strip.blank(width - inner, style("", self.palette.ground))
            first, second = draw_card(face, inner, self.palette)
            card = self._cards[key] = (Strip.join((first, gap)), Strip.join((second, gap)))
        return card

    def _header(self, width: int, inner: int) -> list[Strip]:
        palette, model = self.palette, self.model
        plain = style("", palette.ground)
        late = f"{LATE}{number(model.late)}" if model.late and model.loaded else ""
        count = number(model.total) if model.loaded else "…"
        if cells(lane_title(model.lane)) + cells(count) + cells(late) + 4 > inner:
            late = late[:1]
        title = cut(lane_title(model.lane), max(3, inner - cells(count) - cells(late) - 3))
        left = inner - 1 - cells(title) - 1 - cells(count) - cells(late) - 1
        return [
            strip_of(
                [
                    (" ", plain),
                    (title, style(palette.strong, palette.ground, bold=True)),
                    (f" {count}", style(palette.accent if self.active else palette.muted, palette.ground,
                                        bold=self.active)),
                    (" " * max(0, left), plain),
                    (late, style(palette.alarm, palette.ground)),
                ],
                width,
                plain,
            ),
            strip_of(
                [
                    (" ", plain),
                    (("━" if self.active else "─") * (inner - 1),
                     style(palette.accent if self.active else palette.rule, palette.ground)),
                ],
                width,
                plain,
            ),
        ]  # fmt: skip

    def _sentence(self, width: int, inner: int) -> list[Strip]:
        palette = self.palette
        ink = style(palette.alarm if self.trouble else palette.muted, palette.ground)
        plain = style("", palette.ground)
        text = self.trouble or (empty_sentence(self.model.lane) if self.model.loaded else _("Loading…"))
        return [strip_of([(f" {line}", ink)], width, plain) for line in ["", *wrap_words(text, inner - 2)]]

    def on_resize(self) -> None:
        self.post_message(self.Fitted(self.model.lane))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked(self.model.lane, self.ticket_at(event.y), event.chain))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Scrolled(self.model.lane, 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Scrolled(self.model.lane, -1))


def wrap_words(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at spaces; longer words are cut hard."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        while cells(word) > width:
            if line:
                lines.append(line.rstrip(" "))
                line = ""
            head = _head(word, width)
            lines.append(head)
            word = word[len(head) :]
        if line and cells(line) + 1 + cells(word) > width:
            lines.append(line.rstrip(" "))
            line = word
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return lines


def _head(word: str, width: int) -> str:
    """As many characters as fit into `width` cells, at least one."""
    end, used = 0, 0
    for character in word:
        size = cells(character)
        if used + size > width and end:
            break
        used, end = used + size, end + 1
    return word[:end]
