"""What commands print: JSON documents, JSON lines, plain sentences, and tables for people.

JSON is UTF-8 with sorted keys, times as ISO 8601 in UTC with a Z. Tables are drawn by rich on a
terminal and are aligned plain text, uncut, elsewhere. Whatever came from outside is neutralised.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

import click

from core.text import one_line, terminal_safe, width


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
    _write(json.dumps(plain(document), ensure_ascii=False, sort_keys=True, indent=2))


def print_json_lines(rows: Iterable[Any]) -> None:
    """One JSON object per line on stdout, each as soon as it is there."""
    for row in rows:
        _write(json.dumps(plain(row), ensure_ascii=False, sort_keys=True))


def _write(text: str) -> None:
    # Lone surrogates come from undecodable mail; UTF-8 has no bytes for them.
    click.echo(text.encode("utf-8", "replace") + b"\n", nl=False)
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
    if sys.stdout.isatty():
        _draw(columns, cells, numeric)
    else:
        _align(columns, cells, numeric)


def _align(columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    widths = [max(width(row[index]) for row in [columns, *cells]) for index in range(len(columns))]
    for row in [columns, *cells]:
        shown = []
        for text, room, right in zip(row, widths, numeric, strict=True):
            gap = " " * (room - width(text))
            shown.append(gap + text if right else text + gap)
        click.echo("  ".join(shown).rstrip())


def _draw(columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title, right in zip(columns, numeric, strict=True):
        table.add_column(
            Text(title), justify="right" if right else "left", no_wrap=True, overflow="ellipsis", ratio=None
        )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False, markup=False, emoji=False).print(table)
