"""The board shows every ticket in its lane, to those who may see it, and nobody else."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import now
from core.domain.tickets import Lane
from core.errors import ConfigError, NotFound
from core.services import health, replies, tickets
from core.services.desk import Desk
from tests.builders import answer_to, arrive, change, last_of, opened, who
from tests.tui.conftest import SIZES, Terminal, console
from tui.messages import BoardOutdated


def accepted(desk: Desk, login: str, **fields: Any) -> int:
    """A ticket that an agent has accepted."""
    ticket_id = opened(desk, **fields)
    tickets.accept(desk, who(desk, login), ticket_id)
    return ticket_id


def answered(desk: Desk, login: str, **fields: Any) -> int:
    """A ticket that an agent has answered."""
    ticket_id = opened(desk, **fields)
    replies.reply(desk, who(desk, login), ticket_id, "Готово.", last_of(desk, ticket_id))
    return ticket_id


def lane_ids(terminal: Terminal, lane: Lane) -> list[int]:
    return list(terminal.app.state.lanes[lane].ids)


@pytest.mark.parametrize("size", SIZES)
async def test_each_ticket_stands_in_its_lane(desk: Desk, config: Path, size: tuple[int, int]) -> None:
    new = opened(desk, subject="Новое обращение")
    mine = accepted(desk, "anna", subject="In my hands")
    waiting = answered(desk, "boris", subject="Asked the client")
    theirs = accepted(desk, "boris", subject="Boris owes an answer")
    async with console(config, size=size) as terminal:
        assert lane_ids(terminal, Lane.NEW) == [new]
        assert lane_ids(terminal, Lane.MINE) == [mine]
        assert lane_ids(terminal, Lane.WAITING) == [waiting]
        assert lane_ids(terminal, Lane.NEEDS_REPLY) == [theirs]
        await terminal.shows("Новое обращение", "New 1")
        for _lane in range(3):
            await terminal.press("right")
        await terminal.shows("Boris owes an answer", "Needs reply 1")
        assert f"#{theirs} Иван" in terminal.column("Needs reply")


async def test_nobody_sees_a_ticket_of_another_group(desk: Desk, config: Path) -> None:
    opened(desk, region="Siberia", subject="Only for north")
    opened(desk, region="Caucasus", subject="Only for south")
    async with console(config, "sonya") as terminal:
        await terminal.shows("Only for south")
        assert "Only for north" not in terminal.text()


async def test_a_card_shows_the_group_and_then_the_owner(desk: Desk, config: Path) -> None:
    opened(desk, subject="Nobody's")
    accepted(desk, "boris", subject="Of Boris")
    async with console(config, "root", size=(200, 50)) as terminal:
        await terminal.shows("· North", "· Boris Orlov")


async def test_accepting_moves_the_card_and_lands_on_the_next(desk: Desk, config: Path) -> None:
    first, second = opened(desk, subject="The older one"), opened(desk, subject="The newer one")
    async with console(config) as terminal:
        assert terminal.board.model.selected == first
        await terminal.press("a")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [first])
        assert lane_ids(terminal, Lane.NEW) == [second]
        assert terminal.board.model.selected == second
        await terminal.shows(f"#{first} is yours")


async def test_what_a_colleague_accepts_leaves_at_once_and_the_next_row_is_chosen(
    desk: Desk, config: Path
) -> None:
    ids = [opened(desk, subject=f"Number {n}") for n in range(3)]
    async with console(config) as terminal:
        await terminal.press("down")
        assert terminal.board.model.selected == ids[1]
        tickets.accept(desk, who(desk, "boris"), ids[1])
        await terminal.until(lambda: ids[1] not in terminal.app.state.lanes[Lane.NEW])
        assert terminal.board.model.selected == ids[2]
        assert lane_ids(terminal, Lane.NEEDS_REPLY) == [ids[1]]


async def test_who_comes_second_is_told_who_was_first(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.until(lambda: terminal.app.link is not None and terminal.app.link.preload().done())
        tickets.accept(desk, who(desk, "boris"), ticket_id)
        await terminal.app.accept(ticket_id)
        await terminal.shows("Boris Orlov was first")


async def test_the_selection_stays_on_its_ticket_when_another_is_put_above(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}") for n in range(4)]
    mine = accepted(desk, "boris", subject="Comes back")
    change(desk, mine, since=now() - timedelta(days=2))
    async with console(config) as terminal:
        await terminal.press("down", "down")
        assert terminal.board.model.selected == ids[2]
        tickets.release(desk, who(desk, "boris"), mine)
        await terminal.until(lambda: mine in terminal.app.state.lanes[Lane.NEW])
        assert terminal.board.model.selected == ids[2]


async def test_a_letter_that_comes_now_appears_by_itself(desk: Desk, config: Path) -> None:
    async with console(config) as terminal:
        await terminal.shows("Nobody is waiting")
        opened(desk, subject="Just now")
        await terminal.shows("Just now", "New 1")


async def test_the_clients_answer_brings_the_card_back_as_ours_and_unread(desk: Desk, config: Path) -> None:
    ticket_id = answered(desk, "anna", subject="Round trip")
    async with console(config) as terminal:
        await terminal.until(lambda: "Round trip" in terminal.column("Mine"))
        assert "↩" not in terminal.column("Mine")
        arrive(desk, answer_to(desk, ticket_id))
        await terminal.until(lambda: "↩" in terminal.column("Mine") and "●" in terminal.column("Mine"))


@pytest.mark.parametrize("size", SIZES)
async def test_empty_lanes_say_so_calmly(config: Path, size: tuple[int, int]) -> None:
    async with console(config, size=size) as terminal:
        await terminal.shows("Nobody is waiting to be", "Nothing in your hands.")


async def test_without_the_presence_server_everything_works_and_the_bar_says_so(
    desk: Desk, config: Path
) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.shows("eyes off since")
        await terminal.press("a")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [ticket_id])


HOSTILE = "\x1b]0;owned\x07[bold]x[/nope] \u202eesrever \x9b31m \u200d\ufe0f [@click=app.quit]y[/]"


@pytest.mark.parametrize("size", SIZES)
async def test_a_hostile_subject_neither_crashes_nor_steers(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    ticket_id = opened(desk, subject=HOSTILE, name="[/x] \x1b[2J")
    async with console(config, size=size) as terminal:
        await terminal.shows("[bold]x[/nope]")
        await terminal.press("enter")
        await terminal.until(lambda: terminal.ticket.view is not None)
        await terminal.press("escape", "a")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [ticket_id])
        shown = terminal.text()
        assert not set(shown) & set("\x1b\x07\x9b\u202e\u200d\ufe0f")


async def test_keys_work_in_the_russian_layout(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("ф")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [ticket_id])


async def test_a_ticket_opens_by_its_number_from_anywhere(desk: Desk, config: Path) -> None:
    opened(desk, subject="First")
    wanted = opened(desk, subject="Wanted")
    async with console(config) as terminal:
        await terminal.press("slash", *f"#{wanted}", "enter")
        await terminal.until(lambda: terminal.app.ticket_screen is not None)
        await terminal.until(
            lambda: terminal.ticket.view is not None and terminal.ticket.view.subject == "Wanted"
        )


async def test_a_number_that_one_may_not_see_is_said_to_be_missing(desk: Desk, config: Path) -> None:
    foreign = opened(desk, region="Caucasus", subject="A secret of the south")
    async with console(config) as terminal:
        await terminal.press("slash", *str(foreign), "enter")
        await terminal.shows(f"no ticket {foreign}", "Open which ticket?")
        assert "A secret of the south" not in terminal.text()
        assert terminal.app.ticket_screen is None
        await terminal.press(*"9" * 20, "enter")
        await terminal.shows("No ticket has so long a number")
        assert terminal.app.ticket_screen is None
        await terminal.press("escape")
        await terminal.hides("Open which ticket?")


async def test_a_message_of_the_console_leaves_the_chosen_card_alone(desk: Desk, config: Path) -> None:
    for number in range(12):
        accepted(desk, "boris", subject=f"Number {number}", sender=f"client{number}@client.example")
    async with console(config) as terminal:
        await terminal.press("left", "end")
        await terminal.shows("Needs reply 12/12")
        terminal.app.say("Here I am " + "and say much " * 10)
        await terminal.shows("Here I am", "Number 11")
        assert all(row.index("Here I am") < 60 for row in terminal.text().splitlines() if "Here I am" in row)


async def test_a_card_names_its_group_only_to_whoever_has_several(desk: Desk, config: Path) -> None:
    opened(desk, subject="Whose")
    for login, named in (("anna", False), ("root", True)):
        async with console(config, login) as terminal:
            await terminal.shows("Whose")
            assert ("· North" in terminal.column("New")) is named


async def test_the_board_of_one_group_leaves_the_others_out(desk: Desk, config: Path) -> None:
    opened(desk, region="Siberia", subject="A northern one")
    opened(desk, region="Caucasus", subject="A southern one")
    async with console(config, "root") as terminal:
        await terminal.shows("A northern one", "A southern one")
        await terminal.press("g", "down", "down", "down", "enter")
        await terminal.hides("A northern one")
        await terminal.shows("A southern one", "group: South", "New 1")


async def test_solving_takes_the_card_off_the_board(desk: Desk, config: Path) -> None:
    accepted(desk, "anna", subject="To be solved")
    async with console(config) as terminal:
        await terminal.press("right", "s")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [])
        await terminal.hides("To be solved")


async def test_the_last_card_is_reached_however_many_there_are(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}", sender=f"client{n}@client.example") for n in range(70)]
    async with console(config) as terminal:
        assert len(terminal.board.model) < 70
        await terminal.press("end")
        await terminal.until(lambda: terminal.board.model.selected == ids[-1])
        await terminal.shows("Number 69", "New 70/70")
        await terminal.press("home")
        await terminal.shows("Number 0", "New 1/70")


async def test_late_cards_are_marked_and_counted(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, subject="Forgotten")
    change(desk, ticket_id, since=now() - timedelta(hours=5))
    async with console(config) as terminal:
        await terminal.until(lambda: "‼5h" in terminal.column("New"))
        assert "‼1" in terminal.column("New").splitlines()[0]
        assert "█" in terminal.column("New")


async def test_a_mouse_click_chooses_and_a_double_click_opens(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}") for n in range(3)]
    async with console(config) as terminal:
        await terminal.pilot.click("#lane-new", offset=(5, 5))
        assert terminal.board.model.selected == ids[1]
        await terminal.pilot.click("#lane-new", offset=(5, 8), times=2)
        await terminal.until(lambda: terminal.app.ticket_screen is not None)
        assert terminal.ticket.ticket_id == ids[2]


async def test_a_narrow_terminal_names_all_lanes_and_shows_the_active_one(desk: Desk, config: Path) -> None:
    accepted(desk, "boris", subject="Far right")
    async with console(config, size=(80, 24)) as terminal:
        await terminal.shows("New 0", "Mine 0", "Waiting for client 0", "Needs reply 1")
        assert "Far right" not in terminal.text()
        await terminal.press("left")
        await terminal.shows("Far right", "[Needs reply 1]")


async def test_a_tiny_terminal_says_that_it_is_too_small(config: Path) -> None:
    async with console(config, size=(30, 8)) as terminal:
        await terminal.shows("too small")
        await terminal.pilot.resize_terminal(120, 36)
        await terminal.shows("Waiting for client")


async def test_a_resize_shows_the_same_selection(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}") for n in range(12)]
    async with console(config) as terminal:
        await terminal.press(*["down"] * 10)
        await terminal.pilot.resize_terminal(80, 20)
        await terminal.shows("Number 10")
        assert terminal.board.model.selected == ids[10]


async def test_a_missing_database_is_said_on_the_board_and_healed(desk: Desk, config: Path) -> None:
    path = desk.settings.database_path
    desk.close()
    away = path.with_suffix(".away")
    path.rename(away)
    async with console(config, live=False) as terminal:
        await terminal.shows("no database")
        # One sentence, and no counts of what nobody could read.
        assert "New" not in terminal.text()
        away.rename(path)
        await terminal.live()
        await terminal.shows("Nobody is waiting")


async def test_a_database_of_a_newer_program_is_said_plainly(desk: Desk, config: Path) -> None:
    path = desk.settings.database_path
    desk.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    async with console(config, live=False) as terminal:
        await terminal.shows("no database")
        assert "newer" in " ".join(terminal.text().split())


async def test_an_unknown_login_ends_the_console_with_a_sentence(desk: Desk, config: Path) -> None:
    async with console(config, "nobody", live=False) as terminal:
        await terminal.until(lambda: isinstance(terminal.app.failure, NotFound))
        assert "no agent with the login nobody" in str(terminal.app.failure)
        await terminal.until(lambda: terminal.app._exit)


async def test_a_mistake_in_the_configuration_ends_the_console_with_a_sentence(
    desk: Desk, config: Path
) -> None:
    config.write_text(config.read_text("utf-8") + "\n[nonsense]\nx = 1\n", "utf-8")
    async with console(config, live=False) as terminal:
        await terminal.until(lambda: isinstance(terminal.app.failure, ConfigError))


async def test_without_colours_the_selection_is_reversed(desk: Desk, config: Path) -> None:
    opened(desk, subject="Seen without colours")
    async with console(config, no_color=True) as terminal:
        await terminal.shows("Seen without colours")
        rows = list(terminal.board.column.render_lines(terminal.board.column.size.region))
        styles = [segment.style for segment in rows[2] if "Seen" in segment.text]
        assert styles
        assert all(style and style.reverse and style.color is None for style in styles)


async def test_a_mailbox_in_trouble_is_said_in_the_header(desk: Desk, config: Path) -> None:
    health.report(desk, "mailbox support", ok=False, text="the password is wrong")
    async with console(config) as terminal:
        await terminal.shows("! support: the password is wrong")
        health.report(desk, "relay", ok=False, text="the relay refuses everything")
        terminal.app.feed.count()
        await terminal.shows("! 2 parts in trouble")
        await terminal.press("question_mark")
        await terminal.shows("mailbox support: the password is wrong", "relay: the relay refuses everything")
        await terminal.press("escape")
        health.report(desk, "mailbox support", ok=True)
        health.report(desk, "relay", ok=True)
        terminal.app.feed.count()
        await terminal.hides("in trouble")
        await terminal.hides("the password is wrong")


async def test_of_a_long_reason_the_header_says_the_part_and_the_cause(desk: Desk, config: Path) -> None:
    reason = "the server imap.example.com:993 cannot be used by support@desk.example: password refused. Correct it."
    health.report(desk, "mailbox support", ok=False, text=reason)
    async with console(config) as terminal:
        await terminal.shows("! support: password refused")


async def test_a_flood_of_changes_keeps_the_place_of_whoever_has_read_deep(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}", sender=f"client{n}@client.example") for n in range(60)]
    async with console(config) as terminal:
        await terminal.press("end")
        await terminal.until(lambda: terminal.board.model.selected == ids[-1])
        generation = terminal.app.state.generation
        terminal.board.post_message(BoardOutdated())
        await terminal.until(lambda: terminal.app.state.generation == generation + 1)
        await terminal.pilot.pause(0.5)
        assert terminal.board.model.selected == ids[-1]
        await terminal.shows("New 60/60")


async def test_cards_asked_for_before_a_new_board_are_asked_for_again(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}", sender=f"client{n}@client.example") for n in range(60)]
    async with console(config) as terminal:
        state = terminal.app.state
        await terminal.press("end")
        await terminal.shows("Number 59")
        # As if they were on their way when the board is read anew: that answer is dropped.
        state.take_cards(ids, {})
        state.missing(terminal.board.model, len(ids))
        terminal.board.reload()
        await terminal.until(lambda: ids[0] in state.cards)
        await terminal.until(lambda: ids[-1] in state.cards)
