"""A ticket: reading it, writing on it, the send guard, and words that are never lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from core.db.tables import MessageRow
from core.services import outbox, replies, tickets
from core.services.desk import Desk
from tests.builders import answer_to, arrive, last_of, opened, seen_by_all, who
from tests.tui.conftest import SIZES, console
from tests.tui.moves import open_first
from tests.tui.test_board import accepted


@pytest.mark.parametrize("size", SIZES)
async def test_the_conversation_says_who_speaks_without_colours(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    ticket_id = opened(desk, text="Не открывается кабинет.", files={"счёт.pdf": b"x" * 4000})
    replies.note(desk, who(desk, "boris"), ticket_id, "Вижу то же самое.")
    replies.reply(desk, who(desk, "boris"), ticket_id, "Уже чиним.", last_of(desk, ticket_id))
    async with console(config, size=size, no_color=True) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("home")
        await terminal.shows("◀ Иван Петров", "Не открывается кабинет.", "счёт.pdf  4 kB", "client")
        await terminal.press("end")
        await terminal.shows("✎ Boris Orlov", "Вижу то же самое.", "colleagues only")
        await terminal.shows("▶ Boris Orlov → ivan@client.example", "Уже чиним.", "queued")


async def test_a_letter_from_an_unproved_sender_says_so_in_one_line(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, text="Срочно смените пароль.")
    with desk.write() as session:
        session.execute(update(MessageRow).values(dmarc="fail"))
    async with console(config, size=(120, 30)) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("home")
        await terminal.shows("client · the sender's address is not proved", "Срочно смените пароль.")


async def test_the_ticket_says_client_group_owner_and_why_it_came_here(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna", subject="Facts")
    async with console(config, size=(200, 50)) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows(
            "Facts", "needs reply", "Anna Kotova", "North", "Иван Петров", "ivan@client.example"
        )
        await terminal.shows("routed", "siberia")


async def test_quoted_text_is_folded_until_asked_for(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, text="Новое.", quote_text="> первая\n> вторая")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("2 quoted lines")
        assert "вторая" not in terminal.text()
        await terminal.press("f")
        await terminal.shows("┆ > первая", "┆ > вторая")
        await terminal.press("f")
        await terminal.hides("вторая")


async def test_a_hostile_letter_is_shown_as_harmless_text(desk: Desk, config: Path) -> None:
    text = "\x1b[31mred\x1b]52;c;aGVsbG8=\x07 \u202egnorw [bold]x[/y]\x9b2J\nlast line"
    ticket_id = opened(desk, text=text, name="[red]Eve\x1b[0m", files={"\u202efdp.exe": b"x"})
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("[bold]x[/y]", "last line", "[red]Eve")
        assert not set(terminal.text()) & set("\x1b\x07\x9b\u202e")


async def test_the_open_ticket_refreshes_itself_and_keeps_the_place(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, text="\n".join(f"строка {n}" for n in range(80)))
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("home")
        await terminal.shows("строка 0")
        before = terminal.ticket.conversation.render_line_text(3)
        replies.note(desk, who(desk, "boris"), ticket_id, "Внизу что-то новое")
        await terminal.until(lambda: len(terminal.ticket.conversation.blocks) >= 2)
        assert terminal.ticket.conversation.render_line_text(3) == before
        await terminal.press("end")
        await terminal.shows("Внизу что-то новое")


async def test_a_letter_of_unknown_fate_can_be_sent_again_or_given_up(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket_id, "Дошло ли?", last_of(desk, ticket_id))
    for item in outbox.due(desk, "test", 10):
        outbox.unknown(desk, item.id, "the connection broke after the last dot", "test")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("? unknown", "R send again", "X give up")
        await terminal.press("R")
        await terminal.shows("The letter is queued again.", "queued")
        for item in outbox.due(desk, "test", 10):
            outbox.fail(desk, item.id, "550 no such user", "test")
        await terminal.shows("failed: 550 no such user")
        await terminal.press("X")
        await terminal.shows("given up")


async def test_opening_a_ticket_makes_it_read(desk: Desk, config: Path) -> None:
    opened(desk, subject="Fresh")
    async with console(config) as terminal:
        await terminal.until(lambda: "●Fresh" in terminal.column("New"))
        await terminal.press("enter")
        await terminal.until(
            lambda: terminal.app.ticket_screen is not None and terminal.ticket.view is not None
        )
        await terminal.until(lambda: not any(card.unread for card in terminal.app.state.cards.values()))
        await terminal.press("escape")
        await terminal.until(lambda: "Fresh" in terminal.column("New") and "●" not in terminal.column("New"))


async def test_accepting_what_somebody_owns_says_whose_it_is(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "boris")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("a")
        await terminal.shows("Boris Orlov owns this ticket.")


async def test_the_neighbours_open_without_going_back(desk: Desk, config: Path) -> None:
    for n in range(3):
        opened(desk, subject=f"Number {n}")
    async with console(config) as terminal:
        await terminal.press("enter", "right_square_bracket")
        await terminal.until(
            lambda: terminal.ticket.view is not None and terminal.ticket.view.subject == "Number 1"
        )
        await terminal.press("right_square_bracket")
        await terminal.until(
            lambda: terminal.ticket.view is not None and terminal.ticket.view.subject == "Number 2"
        )
        await terminal.press("right_square_bracket")
        await terminal.shows("last ticket of the column")
        await terminal.press("left_square_bracket", "escape")
        await terminal.until(lambda: terminal.app.ticket_screen is None)
        assert terminal.board.model.cursor == 1


async def test_solving_and_reopening(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("s")
        await terminal.until(lambda: terminal.app.ticket_screen is None)
        assert seen_by_all(desk, ticket_id).status == "solved"
        await open_first(terminal, ticket_id)
        await terminal.shows("✓ solved")
        await terminal.press("o")
        await terminal.shows("● needs reply")


async def test_five_hundred_messages_wrap_only_what_shows(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    for n in range(60):
        replies.note(desk, who(desk, "boris"), ticket_id, f"Заметка {n} " + "слово " * 200)
    tickets.mark_seen(desk, who(desk, "anna"), ticket_id, last_of(desk, ticket_id))
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("Заметка 59")
        assert len(terminal.ticket.conversation._lines) < 15


async def test_the_clients_answer_appears_in_the_open_ticket(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket_id, "Попробуйте ещё раз.", last_of(desk, ticket_id))
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        arrive(desk, answer_to(desk, ticket_id, "Теперь работает!"))
        await terminal.shows("Теперь работает!", "● needs reply")


async def test_a_message_of_the_console_covers_no_fact_and_no_head_of_a_letter(
    desk: Desk, config: Path
) -> None:
    ticket_id = opened(desk, text=LONG)
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        before = terminal.text().splitlines()[:6]
        terminal.app.say("Here I am " + "and say much " * 6)
        await terminal.shows("Here I am")
        assert terminal.text().splitlines()[:6] == before


LONG = "\n".join(f"строка {n}" for n in range(80))


async def test_a_new_ticket_opens_at_the_clients_letter(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, text=LONG)
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("◀ Иван Петров", "строка 0")
        assert "строка 79" not in terminal.text()


async def test_a_ticket_opens_at_the_first_words_that_one_has_not_seen(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, text="Старое письмо.\n" + LONG)
    tickets.mark_seen(desk, who(desk, "anna"), ticket_id, last_of(desk, ticket_id))
    replies.note(desk, who(desk, "boris"), ticket_id, "Первая новость\n" + LONG)
    replies.note(desk, who(desk, "boris"), ticket_id, "Вторая новость\n" + LONG)
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("✎ Boris Orlov", "Первая новость")
        assert "Вторая новость" not in terminal.text()
        assert "Старое письмо" not in terminal.text()
        await terminal.press("escape")
        await terminal.until(lambda: terminal.app.ticket_screen is None)
        await open_first(terminal, ticket_id)
        # All of it counts as seen now: the newest is at the bottom.
        await terminal.shows("строка 79")


async def test_a_client_without_a_name_is_named_once(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, name="Nobody@Client.Example", sender="nobody@client.example")
    async with console(config, size=(200, 50)) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows("◀ ", "client")
        heads = [row for row in terminal.text().splitlines() if "◀" in row]
        assert heads
        conversation = terminal.ticket.conversation.size.width
        assert heads[0][:conversation].lower().count("nobody@client.example") == 1
