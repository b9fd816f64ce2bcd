"""Every command has a name, a key that is its own, a method that runs it, and a line in the docs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.services.desk import Desk
from tests.builders import opened
from tests.tui.conftest import SIZES, console
from tui.app import ConsoleApp
from tui.commands import (
    ANYWHERE,
    BOARD,
    COMMANDS,
    COMPOSER,
    LAYOUT,
    TICKET,
    commands_for,
    key_name,
    keymap_for,
    latin_key,
)
from tui.screens.board import BoardScreen
from tui.screens.ticket import TicketScreen

ROOT = Path(__file__).resolve().parents[2]
OWNERS = {BOARD: BoardScreen, TICKET: TicketScreen, COMPOSER: TicketScreen, ANYWHERE: ConsoleApp}


def test_ids_are_unique() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize("where", [BOARD, TICKET, COMPOSER])
def test_no_key_of_a_screen_means_two_things(where: str) -> None:
    keys = [key for command in COMMANDS if command.where == where for key in command.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_can_be_run(command: object) -> None:
    from tui.commands import Command

    assert isinstance(command, Command)
    assert callable(getattr(OWNERS[command.where], command.action))


def test_every_command_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "console.md").read_text("utf-8")
    missing = [command.id for command in COMMANDS if f"`{command.id}`" not in page]
    assert missing == []
    unnamed = [c.id for c in COMMANDS if not all(f"`{key_name(key)}`" in page for key in c.keys)]
    assert unnamed == []


def test_keys_that_terminals_cannot_tell_apart_are_not_used() -> None:
    taken = {key for command in COMMANDS for key in command.keys}
    assert not taken & {"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+j", "ctrl+b", "ctrl+c", "ctrl+z"}


def test_the_russian_layout_reaches_every_letter_command() -> None:
    russian = {latin: cyrillic for cyrillic, latin in LAYOUT.items()}
    for where in (BOARD, TICKET):
        for key in keymap_for(where):
            if len(key) == 1:
                assert latin_key(russian[key], russian[key]) == key


@pytest.mark.parametrize("size", SIZES)
async def test_help_names_every_key_of_where_one_is(desk: Desk, config: Path, size: tuple[int, int]) -> None:
    opened(desk)
    async with console(config, size=size) as terminal:
        await terminal.press("question_mark")
        await terminal.shows("The board", "Next card")
        await terminal.press("end")
        await terminal.shows("Letter keys work in the Russian")
        await terminal.press("escape", "enter")
        await terminal.until(lambda: terminal.app.ticket_screen is not None)
        await terminal.until(lambda: terminal.ticket.view is not None)
        await terminal.press("question_mark")
        await terminal.shows("The ticket", "Back to the board")
        await terminal.press("escape", "r")
        await terminal.until(lambda: terminal.ticket.composer.is_open)
        await terminal.press("f1")
        await terminal.shows("The editor", "Send the reply, or save the note")


async def test_the_palette_runs_the_same_commands(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("ctrl+p")
        await terminal.shows("What do you want to do?", "Accept the ticket")
        await terminal.press(*"accept", "enter")
        await terminal.pilot.pause()
        await terminal.press("enter")
        await terminal.shows(f"#{ticket_id} is yours")


async def test_labels_can_be_hidden(config: Path) -> None:
    async with console(config) as terminal:
        await terminal.shows("a accept")
        await terminal.press("b")
        await terminal.hides("accept  ")
        assert "a accept" not in terminal.text()


async def test_the_theme_can_be_changed(config: Path) -> None:
    async with console(config) as terminal:
        assert terminal.app.palette.name == "glazok-dark"
        await terminal.press("t")
        await terminal.pilot.pause()
        assert terminal.app.theme == "glazok-light"
        assert terminal.board.column.palette is terminal.app.palette


def test_the_footer_names_help_at_every_place() -> None:
    for where in (BOARD, TICKET):
        assert any(command.id == "anywhere.help" and command.footer for command in commands_for(where))


def test_the_board_loads_nothing_heavy_before_its_first_frame() -> None:
    code = "import sys, tui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    heavy = {
        "pydantic", "sqlalchemy", "sqlmodel", "websockets", "core.services.board",
        "textual.widgets._text_area",
        "textual.widgets._markdown", "tui.screens.ticket", "tui.presence",
    }  # fmt: skip
    assert not loaded & heavy


async def test_a_failure_of_the_console_prints_no_letters(
    desk: Desk, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(desk, subject="Words of a client")
    with pytest.raises(ZeroDivisionError):
        async with console(config) as terminal:
            terminal.app.call_next(lambda: 1 / 0)
            await terminal.until(lambda: False)
    printed = capsys.readouterr()
    assert "Words of a client" not in printed.out + printed.err


def test_without_a_terminal_the_console_says_what_else_there_is(config: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "console", "--config", str(config), "--as", "anna"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "glazok ticket list" in done.stderr
