"""What is typed before its target is there goes to the target, in order, and runs no command on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from core.services import drafts
from core.services.desk import Desk
from tests.builders import opened, seen_by_all, who
from tests.tui.conftest import Terminal, console
from tests.tui.moves import open_first, replies_of
from tests.tui.test_board import accepted

NAMES = {" ": "space", "/": "slash", "\n": "enter"}


def burst(terminal: Terminal, *keys: str) -> None:
    """Keys as a terminal sends them in one go: all are in the queue before the first is handled."""
    driver = terminal.app._driver
    assert driver is not None
    for key in keys:
        character = key if len(key) == 1 else {"space": " ", "enter": "\r", "slash": "/"}.get(key)
        driver.send_message(events.Key(NAMES.get(key, key), character))


def statuses(desk: Desk, *tickets: int) -> list[str]:
    return [seen_by_all(desk, ticket).status for ticket in tickets]


@pytest.mark.parametrize("key", ["r", "n"])
async def test_letters_after_reply_go_into_the_editor(desk: Desk, config: Path, key: str) -> None:
    first, second = opened(desk, subject="First"), opened(desk, subject="Second")
    async with console(config) as terminal:
        burst(terminal, key, *"abc s a solved")
        await terminal.until(lambda: terminal.app.ticket_screen and terminal.ticket.composer.is_open)
        await terminal.until(lambda: terminal.ticket.composer.text == "abc s a solved")
        assert terminal.ticket.ticket_id == first
    assert statuses(desk, first, second) == ["new", "new"]


async def test_enter_and_then_reply_opens_the_editor_of_that_ticket(desk: Desk, config: Path) -> None:
    first, second = opened(desk, subject="First"), opened(desk, subject="Second")
    async with console(config) as terminal:
        burst(terminal, "enter", "r", *"solved")
        await terminal.until(lambda: terminal.app.ticket_screen and terminal.ticket.composer.text == "solved")
        assert terminal.ticket.ticket_id == first
    assert statuses(desk, first, second) == ["new", "new"]


async def test_a_reply_in_one_burst_is_sent_whole(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        burst(terminal, "r", *"ready now", "ctrl+s")
        await terminal.until(lambda: replies_of(desk, ticket_id) == ["ready now"])


async def test_what_is_pasted_right_after_reply_is_in_the_editor(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        burst(terminal, "r", "a")
        driver = terminal.app._driver
        assert driver is not None
        driver.send_message(events.Paste("sas\nsas"))
        burst(terminal, "z")
        await terminal.until(
            lambda: terminal.app.ticket_screen and terminal.ticket.composer.text == "asas\nsasz"
        )
    assert statuses(desk, ticket_id) == ["new"]


async def test_escape_in_the_burst_keeps_the_words_before_it(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        burst(terminal, "r", *"half", "escape", "escape")
        await terminal.until(lambda: drafts.load(desk, who(desk, "anna"), ticket_id, "reply") is not None)
        await terminal.until(lambda: terminal.app.ticket_screen is None)
        draft = drafts.load(desk, who(desk, "anna"), ticket_id, "reply")
        assert draft is not None
        assert draft.text == "half"


async def test_a_number_typed_at_once_reaches_the_dialog_and_a_reply_the_ticket(
    desk: Desk, config: Path
) -> None:
    first, second = accepted(desk, "anna", subject="First"), opened(desk, subject="Second")
    async with console(config) as terminal:
        burst(terminal, "slash", *str(second), "enter", "r", *"sas")
        await terminal.until(lambda: terminal.app.ticket_screen and terminal.ticket.composer.text == "sas")
        assert terminal.ticket.ticket_id == second
    assert statuses(desk, first, second) == ["needs_reply", "new"]


async def test_keys_for_a_ticket_that_cannot_be_read_are_dropped(desk: Desk, config: Path) -> None:
    first, second = opened(desk, subject="First"), opened(desk, subject="Second")
    foreign = opened(desk, region="Caucasus", subject="Foreign")
    async with console(config) as terminal:
        terminal.app.open_ticket(foreign, write="reply")
        burst(terminal, *"sas")
        await terminal.shows(f"no ticket {foreign}")
        await terminal.press("escape")
        await terminal.until(lambda: terminal.app.ticket_screen is None)
    assert statuses(desk, first, second, foreign) == ["new", "new", "new"]


async def test_keys_after_the_next_ticket_are_for_the_next_ticket(desk: Desk, config: Path) -> None:
    first, second = opened(desk, subject="First"), opened(desk, subject="Second")
    async with console(config) as terminal:
        await open_first(terminal, first)
        burst(terminal, "right_square_bracket", "s")
        await terminal.until(lambda: statuses(desk, second) == ["solved"])
    assert statuses(desk, first) == ["new"]
