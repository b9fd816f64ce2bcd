"""A picture of a terminal's screen, just good enough to find words on it. Imports nothing of the product.

Understands what full-screen programs write to place text (ECMA-48: CUP, CUU…CUB, CHA, VPA, ED, EL, CR, LF, BS) and
passes over everything else: colours, modes, questions, titles.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(
    r"\x1b\[(?P<args>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[P_^X\]](?:[^\x07\x1b])*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|(?P<control>[\r\n\x08])"
    r"|(?P<text>[^\x1b\x00-\x1f]+)"
    r"|[\x00-\x1f]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[P_^X\]][^\x07\x1b]*\x1b?)?\Z")


class Screen:
    """Rows of characters; the second cell of a wide character is an empty string."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._cells = [[" "] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._rest = ""
        self._pending = b""

    def feed(self, data: bytes) -> None:
        """Draw what a program wrote; sequences and characters may be cut anywhere."""
        data = self._pending + data
        whole = len(data) - _cut_short(data)
        self._pending = data[whole:]
        text = self._rest + data[:whole].decode("utf-8", "replace")
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._rest, text = text[end:], text[:end]
        for found in _ESCAPES.finditer(text):
            if found["text"]:
                self._write(found["text"])
            elif found["control"]:
                self._control(found["control"])
            elif found["final"]:
                self._command(found["final"], found["args"])

    def text(self) -> str:
        """Everything on the screen, row by row."""
        return "\n".join("".join(row).rstrip() for row in self._cells)

    def _write(self, text: str) -> None:
        for character in text:
            if unicodedata.combining(character):
                continue
            cells = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if self._x + cells > self.columns:
                self._x, self._y = 0, min(self._y + 1, self.rows - 1)
            row = self._cells[self._y]
            row[self._x] = character
            row[self._x + 1 : self._x + cells] = [""] * (cells - 1)
            self._x += cells

    def _control(self, control: str) -> None:
        if control == "\r":
            self._x = 0
        elif control == "\x08":
            self._x = max(0, self._x - 1)
        else:
            self._y = min(self._y + 1, self.rows - 1)

    def _command(self, final: str, args: str) -> None:
        if args[:1] in ("?", ">", "<", "="):
            return
        numbers = [int(part) if part.isdecimal() else 0 for part in args.split(";")]
        first = numbers[0]
        step = max(1, first)
        if final in "Hf":
            column = numbers[1] if len(numbers) > 1 else 1
            self._y, self._x = self._inside(max(1, first) - 1, max(1, column) - 1)
        elif final in "ABCD":
            down = {"A": -step, "B": step}.get(final, 0)
            right = {"C": step, "D": -step}.get(final, 0)
            self._y, self._x = self._inside(self._y + down, self._x + right)
        elif final in "Gd":
            place = (self._y, step - 1) if final == "G" else (step - 1, self._x)
            self._y, self._x = self._inside(*place)
        elif final in "JK":
            self._erase(final, first)

    def _inside(self, y: int, x: int) -> tuple[int, int]:
        return min(max(0, y), self.rows - 1), min(max(0, x), self.columns - 1)

    def _erase(self, final: str, what: int) -> None:
        here = self._y * self.columns + self._x
        first, last = (0, self.rows * self.columns)
        if final == "K":
            first, last = self._y * self.columns, (self._y + 1) * self.columns
        start = here if what == 0 else first
        end = min(here + 1, last) if what == 1 else last
        for place in range(start, end):
            self._cells[place // self.columns][place % self.columns] = " "


def _cut_short(data: bytes) -> int:
    """How many bytes at the end belong to a character that is not complete yet."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            return back if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
        if byte < 0x80:
            return 0
    return 0
