"""Keys of one's own: what `[console.keys]` may say, and that everything on the screen follows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain.tickets import Lane
from core.errors import ConfigError
from core.services.desk import Desk
from tests.builders import desk_in, opened, seen_by_all
from tests.tui.conftest import console
from tests.tui.moves import open_first
from tests.tui.test_board import accepted, lane_ids
from tui.commands import BY_ID, COMMANDS, COMPOSER
from tui.glimpse import glimpse
from tui.keys import key_named, remapped, works_while_writing

OWN = """
[console.keys]
board.accept = "c"
board.solve = []
ticket.quotes = ["F6", "%"]
composer.send = ["ctrl+t", "F5"]
"""


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("c", "c"), ("C", "C"), ("7", "7"), ("/", "slash"), ("+", "plus"), ("-", "minus"), ("%", "percent_sign"),
        ("[", "left_square_bracket"), ("с", "c"), ("Ctrl+S", "ctrl+s"), ("shift+alt+x", "alt+shift+x"), ("F5", "f5"),
        ("PgDn", "pagedown"), ("Esc", "escape"), (" ", "space"), ("", ""), ("ctrl", ""), ("cc", ""), ("F13", ""),
        ("hyper+x", ""), ("ctrl+", ""), ("宽", ""),
    ],
)  # fmt: skip
def test_a_key_is_named_as_people_write_it(written: str, name: str) -> None:
    assert key_named(written) == name


def test_every_key_of_ours_can_be_written_down() -> None:
    for command in COMMANDS:
        for key in command.keys:
            found = key_named(key)
            assert found in (key, ""), "a sign is written as itself, everything else by its name"
    assert all(works_while_writing(key) for one in COMMANDS if one.where == COMPOSER for key in one.keys)


@pytest.mark.parametrize(
    ("keys", "said", "hint"),
    [
        ({"board": {"acept": "c"}}, "console.keys.board.acept: there is no such command", "board.accept"),
        ({"zzz": {"qqq": "c"}}, "there is no such command", "docs/console.md"),
        ({"board": {"accept": "cc"}}, "“cc” is no key", "Ctrl+S"),
        ({"board": {"accept": ""}}, "“” is no key", "Ctrl+S"),
        ({"board": {"accept": "ctrl+m"}}, "does not reach", "another key"),
        ({"board": {"accept": "s"}}, "the key s is that of board.solve already", "board.solve"),
        ({"board": {"accept": "t"}}, "that of anywhere.theme already", "anywhere.theme"),
        ({"anywhere": {"theme": "a"}}, "that of board.accept already", "board.accept"),
        ({"composer": {"send": "x"}}, "writes a letter in the editor", "F1 to F12"),
        ({"board": {"accept": "c", "solve": "c"}}, "already", "or none"),
    ],
)
def test_keys_that_cannot_be_are_refused_with_a_sentence(
    keys: dict[str, dict[str, str]], said: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        remapped(keys)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_keys_may_change_places() -> None:
    assert remapped({"board": {"accept": "s", "solve": ["a", "A"]}}) == {
        "board.accept": ("s",),
        "board.solve": ("a", "A"),
    }
    assert remapped({"composer": {"send": "f5"}, "ticket": {"quotes": "f5"}}), "never on one screen together"


async def test_the_board_the_editor_and_help_go_by_keys_of_ones_own(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=OWN) as desk:
        ticket_id = opened(desk)
        async with console(desk.settings.path) as terminal:
            await terminal.shows("c accept", "Nothing in your hands")
            assert "“c”" in terminal.text()
            assert "s solve" not in terminal.text()
            await terminal.press("a", "s", "question_mark")
            await terminal.shows("Accept the ticket: it becomes yours")
            (line,) = [line for line in terminal.text().splitlines() if "it becomes yours" in line]
            assert " c " in line
            await terminal.press("escape")
            assert lane_ids(terminal, Lane.NEW) == [ticket_id], "the keys that were theirs do nothing now"
            await terminal.press("с")
            await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [ticket_id])
            await open_first(terminal, ticket_id)
            await terminal.press("r")
            await terminal.write("Ответ")
            await terminal.shows("Ctrl+T send")
            await terminal.press("ctrl+s")
            await terminal.pilot.pause()
            assert seen_by_all(desk, ticket_id).status == "needs_reply"
            await terminal.press("f5")
            await terminal.until(lambda: seen_by_all(desk, ticket_id).status == "waiting")


async def test_the_next_console_has_the_keys_of_its_own_configuration(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.shows(f"{BY_ID['board.solve'].keys[0]} solve")
        await open_first(terminal, ticket_id)
        await terminal.press("r")
        await terminal.write("Ответ")
        await terminal.press("ctrl+s")
        await terminal.until(lambda: seen_by_all(desk, ticket_id).status == "waiting")


def test_a_mistake_ends_the_console_before_it_begins(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml='[console.keys]\nboard.accept = "ctrl+m"\n') as desk:
        with pytest.raises(ConfigError, match=r"console\.keys\.board\.accept"):
            glimpse(desk.settings.path)
