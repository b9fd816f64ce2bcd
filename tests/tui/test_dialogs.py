"""Dialogs of the console: what is typed chooses, nothing is chosen by mistake, and words are not lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import TextArea

from core.services import asking
from core.services.desk import Desk
from tests.builders import desk_in, seen_by_all, who
from tests.tui.conftest import SIZES, Terminal, console
from tests.tui.moves import OWN, choose, open_first, put
from tests.tui.test_board import accepted


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a second line."""
    with desk_in(tmp_path / "desk", toml=OWN, migrate=True) as made:
        yield made


async def write(terminal: Terminal, words: str) -> None:
    """Write into the dialog, and leave it at that."""
    await terminal.until(lambda: terminal.app.screen.query("WordsScreen TextArea"))
    terminal.app.screen.query_one(TextArea).insert(words)
    await terminal.pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_every_list_of_answers_is_narrowed_by_typing_and_says_its_keys(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    ticket_id = accepted(desk, "anna")
    keys = (" Enter  choose", " ↑↓  another", " Esc  not after all")
    async with console(config, size=size) as terminal:
        await terminal.press("right", "p")
        await terminal.shows("on to whom?", "a part of the name", *keys)
        await terminal.press("escape", "w")
        await terminal.shows("Help on", "a part of the name", *keys)
        await terminal.press("escape", "e")
        await terminal.shows("1 ticket in your hands")
        await terminal.press("g")
        await terminal.shows("To which group?", "a part of the name", *keys)
        await terminal.press("escape", "p")
        await terminal.shows("To whom?", "a part of the name", *keys)
        await terminal.press(*"nadia")
        await terminal.hides("Boris Orlov")
        await terminal.press("enter")
        await terminal.shows(f"#{ticket_id}", "→ Nadia Volkova")


async def test_a_colleague_is_found_by_login_too(desk: Desk, config: Path) -> None:
    accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("e", "p")
        await choose(terminal, "To whom?", "BORIS")
        await terminal.shows("→ Boris Orlov")


async def test_enter_takes_nothing_that_was_not_meant(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("right", "w", *"Is it the array?")
        await terminal.shows("Nothing matches “Is it the array?”.")
        await terminal.press("enter")
        await terminal.shows("Nothing matches", f"Help on #{ticket_id}")
        await terminal.press("escape", "e", "p", *"nobody of that name", "enter")
        await terminal.shows("To whom?", "Nothing matches")
        await terminal.press("escape")
        await terminal.shows("? not decided")
        assert asking.open_asks(desk, who(desk, "anna")) == []


@pytest.mark.parametrize(
    ("key", "question", "part"), [("p", "on to whom?", "Second"), ("w", "Help on", "ask Boris")]
)
async def test_words_left_with_escape_are_there_again(
    desk: Desk, config: Path, key: str, question: str, part: str
) -> None:
    ticket_id, other = accepted(desk, "anna", subject="One"), accepted(desk, "anna", subject="Two")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press(key)
        await choose(terminal, question, part)
        await write(terminal, "Check the cable first.")
        await terminal.press("escape")
        await terminal.shows("What you have written is kept")
        await terminal.press(key)
        await choose(terminal, question, part)
        await terminal.shows("Check the cable first.")
        await put(terminal, "!")
        await terminal.until(lambda: "Check the cable first.!" in notes(desk, ticket_id))
        await terminal.press("escape")
        await open_first(terminal, other)
        await terminal.press(key)
        await choose(terminal, question, part)
        await terminal.until(lambda: terminal.app.screen.query("WordsScreen TextArea"))
        assert not terminal.app.screen.query_one(TextArea).text


async def test_an_answer_is_not_lost_when_it_could_not_be_given(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "boris")
    asked = asking.ask(desk, who(desk, "boris"), ticket_id, "Which cable?", login="anna")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("w")
        await choose(terminal, "Help on", "answer Boris")
        await write(terminal, "The blue one.")
        asking.withdraw(desk, who(desk, "boris"), asked.id)
        await terminal.press("ctrl+s")
        await terminal.shows("is closed already")
        assert terminal.app.unfinished.words(ticket_id, f"r:{asked.id}") == "The blue one."


async def test_nothing_that_was_said_lies_over_the_help(desk: Desk, config: Path) -> None:
    accepted(desk, "anna")
    async with console(config, size=(80, 24)) as terminal:
        await terminal.press("right", "x")
        await terminal.shows("says more than thanks")
        await terminal.press("question_mark")
        await terminal.shows("The board")
        await terminal.hides("says more than thanks")


async def test_what_was_decided_about_the_hand_over_is_there_again(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("e", "n")
        await write(terminal, "Calls back at nine.")
        await terminal.press("escape")
        await terminal.hides("What should whoever")
        await terminal.press("n")
        await terminal.shows("Calls back at nine.")
        await terminal.press("ctrl+s", "s")
        await terminal.shows("✎ Calls back at nine.", "⚑ next shift")
        await terminal.press("escape")
        await terminal.until(lambda: terminal.app.screen is terminal.board)
        await terminal.press("e")
        await terminal.shows("✎ Calls back at nine.", "⚑ next shift")
        await terminal.press("ctrl+s")
        await terminal.shows("is handed over")
        assert not terminal.app.unfinished.choices
    assert "Calls back at nine." in notes(desk, ticket_id)


def notes(desk: Desk, ticket_id: int) -> list[str]:
    """What is said on a ticket."""
    return [item.message.body for item in seen_by_all(desk, ticket_id).timeline if item.message]
