"""Writing in the open ticket: replies, notes, drafts, the send guard, what is kept of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain.tickets import Lane
from core.services import drafts, reading, replies, tickets
from core.services.desk import Desk
from tests.builders import change, group_id, last_of, opened, rows, seen_by_all, who
from tests.tui.conftest import SIZES, Terminal, console
from tests.tui.moves import open_first, replies_of
from tests.tui.test_board import accepted, lane_ids


async def test_a_reply_is_queued_and_the_next_card_is_chosen(desk: Desk, config: Path) -> None:
    first, second = opened(desk, subject="First"), opened(desk, subject="Second")
    async with console(config) as terminal:
        await terminal.press("r")
        await terminal.write("Здравствуйте!\nВсё готово.")
        await terminal.shows(
            "Reply: goes to the client", "e-mail → ivan@client.example, from support@desk.example"
        )
        await terminal.press("ctrl+s")
        await terminal.shows(f"The reply to #{first} leaves in 10 seconds")
        await terminal.until(lambda: terminal.app.ticket_screen is None)
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [first])
        assert terminal.board.model.selected == second
    assert replies_of(desk, first) == ["Здравствуйте!\nВсё готово."]
    assert seen_by_all(desk, first).status == "waiting"
    held = rows(
        desk, "SELECT (julianday(due_at) - julianday(created_at)) * 86400 FROM outbox WHERE state = 'queued'"
    )
    assert 10 in [round(one[0]) for one in held]


async def test_a_note_stays_in_the_desk_and_moves_nothing(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("n")
        await terminal.write("Только для своих")
        await terminal.shows("Note: only colleagues see it", "Ctrl+S save the note")
        await terminal.press("ctrl+s")
        await terminal.shows("The note is saved.", "✎ Anna Kotova", "Только для своих")
    assert seen_by_all(desk, ticket_id).status == "new"
    assert replies_of(desk, ticket_id) == []
    assert (
        rows(desk, "SELECT count(*) FROM outbox o JOIN message m ON m.id = o.message_id AND m.kind = 'note'")[
            0
        ][0]
        == 0
    )


@pytest.mark.parametrize("key", ["r", "n"])
async def test_an_empty_text_is_refused(desk: Desk, config: Path, key: str) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press(key)
        await terminal.write("  \n ")
        await terminal.press("ctrl+s")
        await terminal.shows("There is nothing to send")
        assert terminal.ticket.composer.is_open
    assert len(seen_by_all(desk, ticket_id).timeline) == len(
        [
            item
            for item in seen_by_all(desk, ticket_id).timeline
            if item.event.kind not in ("replied", "noted")
        ]
    )


async def test_a_draft_survives_the_end_of_the_console(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("r")
        await terminal.write("Половина ответа")
        # Written down by itself, a second after the last key: nothing was pressed to keep it.
        await terminal.until(lambda: drafts.load(desk, who(desk, "anna"), ticket_id, "reply") is not None)
    async with console(config) as terminal:
        await terminal.press("enter")
        await terminal.shows("You have an unfinished reply here")
        await terminal.press("r")
        await terminal.until(lambda: terminal.ticket.composer.text == "Половина ответа")


async def test_escape_keeps_the_draft_and_discard_forgets_it(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("r")
        await terminal.write("Не сейчас")
        await terminal.press("escape")
        await terminal.until(lambda: not terminal.ticket.composer.is_open)
        draft = drafts.load(desk, who(desk, "anna"), ticket_id, "reply")
        assert draft is not None
        assert draft.text == "Не сейчас"
        await terminal.press("r")
        await terminal.until(lambda: terminal.ticket.composer.text == "Не сейчас")
        await terminal.press("ctrl+g")
        await terminal.until(lambda: drafts.load(desk, who(desk, "anna"), ticket_id, "reply") is None)
        await terminal.until(lambda: not terminal.ticket.composer.is_open)
        await terminal.press("z")
        await terminal.until(lambda: terminal.ticket.composer.text == "Не сейчас")
        assert drafts.load(desk, who(desk, "anna"), ticket_id, "reply") is not None


async def write_and_be_overtaken(terminal: Terminal, desk: Desk, ticket_id: int) -> None:
    """Write a reply, have a colleague's note come meanwhile, and try to send."""
    await terminal.press("r")
    await terminal.write("Мой ответ")
    replies.note(desk, who(desk, "boris"), ticket_id, "Клиент уже звонил!")
    await terminal.shows("new: Boris Orlov")
    assert terminal.ticket.composer.text == "Мой ответ"
    await terminal.press("ctrl+s")
    await terminal.shows("Nothing was sent", "Клиент уже звонил!", "Your reply", "Мой ответ")
    assert replies_of(desk, ticket_id) == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_send_guard_shows_what_came_and_sends_when_told_to(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    ticket_id = opened(desk)
    async with console(config, size=size) as terminal:
        await write_and_be_overtaken(terminal, desk, ticket_id)
        await terminal.press("s")
        await terminal.until(lambda: replies_of(desk, ticket_id) == ["Мой ответ"])


async def test_the_send_guard_lets_one_edit_and_send_then(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await write_and_be_overtaken(terminal, desk, ticket_id)
        await terminal.press("e")
        await terminal.write(", исправленный")
        await terminal.press("ctrl+s")
        await terminal.until(lambda: replies_of(desk, ticket_id) == ["Мой ответ, исправленный"])


async def test_the_send_guard_lets_one_discard(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await write_and_be_overtaken(terminal, desk, ticket_id)
        await terminal.press("d")
        await terminal.until(lambda: not terminal.ticket.composer.is_open)
        assert drafts.load(desk, who(desk, "anna"), ticket_id, "reply") is None
    assert replies_of(desk, ticket_id) == []


async def test_a_draft_from_before_the_news_is_guarded_after_a_restart(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("r")
        await terminal.write("Старый черновик")
        await terminal.press("escape")
        await terminal.until(lambda: not terminal.ticket.composer.is_open)
    replies.note(desk, who(desk, "boris"), ticket_id, "Пока тебя не было")
    async with console(config) as terminal:
        await terminal.press("r")
        await terminal.until(lambda: terminal.ticket.composer.text == "Старый черновик")
        await terminal.press("ctrl+s")
        await terminal.shows("Nothing was sent", "Пока тебя не было")


async def test_a_reply_to_what_a_colleague_owns_leaves_the_owner(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "boris")
    tickets.mark_seen(desk, who(desk, "anna"), ticket_id, last_of(desk, ticket_id))
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("r")
        await terminal.write("За коллегу")
        await terminal.press("ctrl+s")
        await terminal.until(lambda: replies_of(desk, ticket_id) == ["За коллегу"])
    owner = reading.view(desk, who(desk, "anna"), ticket_id).owner
    assert owner is not None
    assert owner.login == "boris"


async def test_words_that_cannot_be_kept_are_not_left_behind(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("r")
        await terminal.write("Незаменимые слова")
        change(desk, ticket_id, group_id=group_id(desk, "south"))
        await terminal.press("escape")
        await terminal.shows("the draft is not kept")
        assert terminal.ticket.composer.text == "Незаменимые слова"
        await terminal.press("ctrl+q")
        await terminal.shows("Leave once more to lose it")
        assert terminal.app.is_running


async def test_the_signature_is_shown_below_a_reply_and_not_below_a_note(desk: Desk, config: Path) -> None:
    text = config.read_text("utf-8")
    config.write_text(text.replace('"Your North"', '"Your North\\nat your service"'), "utf-8")
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("r")
        await terminal.shows("-- Your North · at your service")
        await terminal.press("escape", "n")
        await terminal.shows("Note: only colleagues see it")
        assert "at your service" not in terminal.text()
