"""What an agent does at the console, in a word each: for tests of several screens."""

from __future__ import annotations

from textual.widgets import OptionList, TextArea

from core.services.desk import Desk
from tests.builders import seen_by_all
from tests.tui.conftest import Terminal

OWN = """
[groups.second]
name = "Second line"
line = 2
[statuses.vendor]
name = "At the vendor"
kind = "waiting"
"""
"""Settings of a second line and a status of its own."""


async def open_first(terminal: Terminal, ticket_id: int) -> None:
    """Open a ticket and wait until it is read."""
    await terminal.press("slash", *str(ticket_id), "enter")
    await terminal.until(lambda: terminal.app.ticket_screen is not None)
    await terminal.until(lambda: terminal.ticket.view is not None)


async def choose(terminal: Terminal, question: str, part: str) -> None:
    """Choose in a list by a part of the name."""
    await terminal.shows(question)
    if terminal.app.screen.query("Input"):
        await terminal.press(*part)
        await terminal.pilot.pause()
    else:
        answers = terminal.app.screen.query_one(OptionList)
        labels = [str(option.prompt) for option in answers.options]
        for _step in range(next(n for n, label in enumerate(labels) if part in label)):
            await terminal.press("down")
    await terminal.press("enter")


async def put(terminal: Terminal, words: str) -> None:
    """Write into the dialog and confirm."""
    await terminal.until(lambda: terminal.app.screen.query("WordsScreen TextArea"))
    terminal.app.screen.query_one(TextArea).insert(words)
    await terminal.pilot.pause()
    await terminal.press("ctrl+s")


def replies_of(desk: Desk, ticket_id: int) -> list[str]:
    """The bodies of our answers."""
    return [
        item.message.body
        for item in seen_by_all(desk, ticket_id).timeline
        if item.message and item.message.kind == "reply"
    ]
