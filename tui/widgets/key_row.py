"""The keys of a dialog with what they do, in as many rows as they need: a key never stands apart from its label."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.widgets import Static

from core.text import width as cells

GAP = 3
"""Cells between two keys."""


class KeyRow(Static):
    """Keys and their labels."""

    DEFAULT_CSS = "KeyRow { height: auto; margin-top: 1; }"

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(rows_of(self._keys, width))

    def render(self) -> Text:
        lines = [
            Text(" " * GAP).join(
                Text.assemble((f" {key} ", Style(bold=True, reverse=True)), f" {label}") for key, label in row
            )
            for row in rows_of(self._keys, self.size.width)
        ]
        return Text("\n").join(lines)


def rows_of(keys: Sequence[tuple[str, str]], width: int) -> list[list[tuple[str, str]]]:
    """The keys in rows of at most `width` cells, in their order; one that is wider has a row of its own."""
    rows: list[list[tuple[str, str]]] = [[]]
    used = 0
    for key, label in keys:
        size = cells(key) + 3 + cells(label)
        if rows[-1] and used + GAP + size > width:
            rows.append([])
            used = 0
        used += size + (GAP if rows[-1] else 0)
        rows[-1].append((key, label))
    return rows
