"""The two bars of every screen: who and what on top, keys and place below. Plain values in, strips out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from core.i18n import number
from core.text import cut
from core.text import width as cells
from tui.commands import shown_key
from tui.themes import Palette, style
from tui.widgets.card import EYE, LATE, EyeMark
from tui.widgets.drawn import Drawn, strip_of

Part = tuple[str, Style]


class Bar(Drawn):
    """One row: parts from the left, parts from the right; the right ones give way last."""

    DEFAULT_CSS = "Bar { height: 1; width: 100%; } Bar.-top { dock: top; } Bar.-bottom { dock: bottom; }"

    def __init__(self, palette: Palette, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.palette = palette

    def ink(self, colour: str = "", *, bold: bool = False) -> Style:
        """A style on the bar's ground."""
        return style(colour, self.palette.bar, bold=bold)

    def left(self) -> list[Part]:
        """What stands on the left, in order of importance."""
        return []

    def right(self, room: int) -> list[Part]:
        """What stands on the right, in at most about `room` cells."""
        return []

    def draw(self, width: int, height: int) -> list[Strip]:
        plain = self.ink()
        right = self.right(width)
        right_width = sum(cells(text) for text, _style in right)
        left: list[Part] = []
        room = width - right_width - 1
        for text, ink in self.left():
            if room <= 1:
                break
            piece = cut(text, room)
            left.append((piece, ink))
            room -= cells(piece)
        used = sum(cells(text) for text, _style in left)
        parts = [*left, (" " * max(0, width - used - right_width), plain), *right]
        return [strip_of(parts, width, plain)] * height


class TopBar(Bar):
    """`◉ Glazok  desk  group … here: AK MS DV  ● live`."""

    def __init__(self, palette: Palette, desk: str = "") -> None:
        super().__init__(palette, id="top", classes="-top")
        self.desk = desk
        self.filter = ""
        """The group shown, in words."""
        self.here_word = ""
        self.here: Sequence[EyeMark] = ()
        """Colleagues with an eye open anywhere on this board."""
        self.state = ""
        """`live`, or since when the eyes are off."""
        self.live = False
        self.notices = 0
        """What the agent should know and has not acknowledged."""
        self.parts = ""
        """Mailboxes and the like that are in trouble, in words."""
        self.trouble = False
        """The state is something to worry about."""

    def left(self) -> list[Part]:
        p = self.palette
        parts = [(f" {EYE} Glazok", self.ink(p.accent, bold=True))]
        if self.desk:
            parts.append((f"  {self.desk}", self.ink(p.strong)))
        if self.filter:
            parts.append((f"  {self.filter}", self.ink(p.muted)))
        if self.parts:
            parts.append((f"  ! {self.parts}", self.ink(p.alarm)))
        return parts

    def right(self, room: int) -> list[Part]:
        p = self.palette
        parts: list[Part] = []
        if self.here and room >= 60:
            parts.append((f"{self.here_word} ", self.ink(p.muted)))
            limit = max(2, (room - 60) // 6)
            for mark in self.here[:limit]:
                ink = p.muted if mark.state == "i" else p.agents[mark.colour % len(p.agents)]
                parts.append((f"{mark.initials} ", self.ink(ink, bold=mark.state != "i")))
            if len(self.here) > limit:
                parts.append((f"+{len(self.here) - limit} ", self.ink(p.muted)))
            parts.append(("  ", self.ink()))
        if self.notices:
            parts.append((f"{LATE} {self.notices:,}  ", self.ink(p.alarm, bold=True)))
        if self.state:
            ink = p.alarm if self.trouble else p.good if self.live else p.warn
            parts.append((f"{'●' if self.live else '○'} {self.state} ", self.ink(ink)))
        return parts


class BottomBar(Bar):
    """Keys with their labels."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="bottom", classes="-bottom")
        self.keys: list[tuple[str, str]] = []
        self.labels = True
        self.reserved = 0
        """Cells on the right that the place takes."""

    def draw(self, width: int, height: int) -> list[Strip]:
        p, plain = self.palette, self.ink()
        left: list[Part] = []
        for key, label in self._that_fit(width - self.reserved - 1):
            left.append((f" {key}", self.ink(p.accent, bold=True)))
            left.append((f" {label} " if self.labels else " ", self.ink(p.muted)))
        return [strip_of(left, width, plain)] * height

    def _that_fit(self, room: int) -> list[tuple[str, str]]:
        """As many keys as there is room for, in their order; help is named whatever else is not."""

        def size(item: tuple[str, str]) -> int:
            return cells(item[0]) + (cells(item[1]) + 3 if self.labels else 2)

        needed = [item for item in self.keys if item[0] == shown_key("anywhere.help")]
        room -= sum(map(size, needed))
        chosen = list(needed)
        for item in self.keys:
            if item in needed:
                continue
            room -= size(item)
            if room < 0:
                break
            chosen.append(item)
        return [item for item in self.keys if item in chosen]


class PlaceBar(Bar):
    """Where one is, and the clock: a widget of its own, so that a move sends these cells and not the keys."""

    DEFAULT_CSS = "PlaceBar { height: 1; width: 1; dock: bottom; }"

    def __init__(self, palette: Palette, keys: BottomBar) -> None:
        super().__init__(palette, id="place")
        self._keys = keys
        self._wide = 0
        self._shown: tuple[str, str, int] = ("", "", 0)
        self.place = ""
        """Such as "New 1/1,000"."""
        self.clock = ""

    def show(self, place: str, clock: str, columns: int) -> None:
        """Say where one is. The width only grows, so that digits do not make the footer jump."""
        if (place, clock, columns) == self._shown:
            return
        self._shown = (place, clock, columns)
        if place.split(" ", maxsplit=1)[0] != self.place.split(" ")[0]:
            self._wide = 0
        self.place, self.clock = place, clock
        width = min(columns, max(self._wide, cells(place) + cells(clock) + 5))
        if width != self._wide or self.styles.offset.x.value != columns - width:
            self._wide = width
            self.styles.width = width
            self.styles.offset = (columns - width, 0)
            self._keys.reserved = width
            self._keys.redraw()
        self.redraw()

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        text = f"{self.place}  "
        gap = " " * max(0, width - cells(text) - cells(self.clock) - 1)
        parts = [(gap + text, self.ink(p.strong)), (f"{self.clock} ", self.ink(p.muted))]
        return [strip_of(parts, width, self.ink())] * height


class TabStrip(Bar):
    """All lanes with their counts where only some of them fit; the active one in brackets and bold."""

    DEFAULT_CSS = "TabStrip { height: 1; width: 100%; dock: top; margin-top: 1; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="tabs")
        self.tabs: list[tuple[str, int, int, bool]] = []
        """(title, count, late, active)."""

    def draw(self, width: int, height: int) -> list[Strip]:
        p = self.palette
        plain = style("", p.ground)
        counts = [f" {number(count)}" + (" ‼" if late else "") for _title, count, late, _active in self.tabs]
        names = [title for title, _count, _late, _active in self.tabs]
        over = sum(map(cells, [*counts, *names])) + 2 * len(names) - width
        while over > 0 and (longest := max(range(len(names)), key=lambda at: cells(names[at]))) >= 0:
            shorter = cut(names[longest], cells(names[longest]) - 1)
            over -= cells(names[longest]) - cells(shorter)
            if cells(shorter) < 2:
                break
            names[longest] = shorter
        parts: list[Part] = []
        for (_title, _count, _late, active), name, count in zip(self.tabs, names, counts, strict=True):
            text = f"[{name}{count}]" if active else f" {name}{count} "
            parts.append((text, style(p.accent if active else p.muted, p.ground, bold=active)))
        return [strip_of(parts, width, plain)] * height
