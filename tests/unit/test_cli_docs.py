"""docs/commands.md knows every command, every shared option and every exit code."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli import failures, table
from cli.main import glazok
from core.errors import GlazokError

DOCS = (Path(__file__).parents[2] / "docs" / "commands.md").read_text("utf-8")


def paths(command: click.Command, at: str) -> Iterator[str]:
    """`glazok ticket list` and so on, for every command that does something."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from paths(inner, f"{at} {name}")
    else:
        yield at


def all_paths() -> list[str]:
    found: list[str] = []
    for name in table.names():
        found += paths(importlib.import_module(f"cli.commands.{name}").command, f"glazok {name}")
    return found


@pytest.mark.parametrize("path", all_paths())
def test_every_command_is_in_the_documentation(path: str) -> None:
    assert f"| `{path}` |" in DOCS


def test_the_top_commands_stand_in_the_sections_of_the_help() -> None:
    sections = {part.partition("\n")[0]: part for part in DOCS.split("\n## ")}
    for title, rows in table.SECTIONS:
        for name, _text in rows:
            assert f"`glazok {name}" in sections[title]


def test_every_shared_option_is_in_the_documentation() -> None:
    for parameter in glazok.get_params(click.Context(glazok)):
        for option in parameter.opts:
            assert f"`{option}" in DOCS


def test_every_exit_code_is_in_the_documentation() -> None:
    def classes(parent: type[GlazokError]) -> Iterator[type[GlazokError]]:
        yield parent
        for child in parent.__subclasses__():
            yield from classes(child)

    codes = {0, failures.UNEXPECTED, failures.USAGE, failures.INTERRUPTED, failures.BROKEN_PIPE}
    codes |= {kind.exit_code for kind in classes(GlazokError)}
    assert codes == {int(code) for code in re.findall(r"^\| (\d+) \|", DOCS, re.MULTILINE)}
