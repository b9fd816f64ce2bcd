"""What commands print: JSON documents, JSON lines, sentences, and tables for people.

JSON is UTF-8 with sorted keys, times as ISO 8601 in UTC with a Z. Tables fit into the terminal,
and are uncut elsewhere. Whatever came from outside is neutralised: in JSON by escapes.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

import click

from core.text import cut, json_safe, one_line, terminal_safe, width

GAP = "  "
"""What stands between two columns of a table."""
NARROWEST = 8
"""Cells under which no column is squeezed."""

SPARED = 4
"""Cells that `wrapped` leaves for what its caller puts before a row."""


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses as objects, times as ISO 8601 with Z, durations in seconds."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(plain(key)): plain(inner) for key, inner in value.items()}
        case AbstractSet():
            return sorted((plain(inner) for inner in value), key=str)
        case list() | tuple():
            return [plain(inner) for inner in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type) and _has_own_shape(value):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return str(value)


def _has_own_shape(value: object) -> bool:
    # A class that says how it is printed (a secret, say) is not taken apart behind its back.
    return "__str__" not in type(value).__dict__


def print_json(document: Any) -> None:
    """One JSON document on stdout, indented."""
    _write(dumped(document, indent=2))


def print_json_lines(rows: Iterable[Any]) -> None:
    """One JSON object per line on stdout, each as soon as it is there."""
    for row in rows:
        _write(dumped(row))


def print_json_array(rows: Iterable[Any]) -> None:
    """One JSON array on stdout, an object a line, written as the rows come. Nothing where the first one raises."""
    first = True
    for row in rows:
        click.echo((("[\n" if first else ",\n") + dumped(row)).encode(), nl=False)
        first = False
    _write("[]" if first else "\n]")


def dumped(value: Any, *, indent: int | None = None, sort_keys: bool = True) -> str:
    """A value as JSON, for a terminal too."""
    return json_safe(json.dumps(plain(value), ensure_ascii=False, sort_keys=sort_keys, indent=indent))


def _write(text: str) -> None:
    click.echo(text.encode() + b"\n", nl=False)
    sys.stdout.flush()


def say(text: str, *, err: bool = False) -> None:
    """A sentence or several lines for a person."""
    click.echo(terminal_safe(text, keep_newlines=True), err=err)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "") -> None:
    """A table for people; `empty` is said where there are no rows. Numbers stand on the right."""
    cells = [["" if cell is None else one_line(str(plain(cell))) for cell in row] for row in rows]
    if not cells:
        if empty:
            say(empty)
        return
    numeric = [all(row[index].lstrip("#-").isdecimal() for row in cells) for index in range(len(columns))]
    widths = [max(width(row[index]) for row in [columns, *cells]) for index in range(len(columns))]
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        widths = _shrunk(widths, shutil.get_terminal_size().columns - len(GAP) * (len(columns) - 1))
    for number, row in enumerate([columns, *cells]):
        shown = [_set(text, room, right) for text, room, right in zip(row, widths, numeric, strict=True)]
        line = GAP.join(shown).rstrip()
        click.echo(click.style(line, bold=True) if on_terminal and number == 0 else line)


def wrapped(text: str) -> list[str]:
    """A line as the rows that a terminal has room for, some cells spared; one row elsewhere, where nothing wraps it."""
    if not sys.stdout.isatty():
        return [text]
    room, rows = max(NARROWEST, shutil.get_terminal_size().columns - SPARED), [""]
    for character in text:
        if width(rows[-1]) + width(character) > room:
            rows.append("")
        rows[-1] += character
    return rows


def moment(at: datetime | None) -> str:
    """A moment for people, in the zone of this machine's clock; empty for never."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at is not None else ""


def _set(text: str, room: int, right: bool) -> str:
    text = cut(text, room)
    gap = " " * (room - width(text))
    return gap + text if right else text + gap


def _shrunk(widths: Sequence[int], room: int) -> list[int]:
    """Widths that fit into `room` cells: the widest columns give way first, none under `NARROWEST`."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > NARROWEST:
        widest = max(range(len(widths)), key=widths.__getitem__)
        others = max((width for index, width in enumerate(widths) if index != widest), default=NARROWEST)
        least = max(NARROWEST, min(others, widths[widest] - 1))
        widths[widest] = max(least, widths[widest] - (sum(widths) - room))
    return widths
