"""A ticket's life in the console: back, on, asked about, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from textual.events import Key

from core import clock
from core.domain.tickets import Lane
from core.services import asking, robot, shifts, tickets
from core.services.desk import Desk
from tests.builders import answer_to, arrive, desk_in, opened, seen_by_all, who
from tests.tui.conftest import SIZES, console
from tests.tui.moves import OWN, choose, open_first, put
from tests.tui.test_board import accepted, answered, lane_ids


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a second line and a status of its own."""
    with desk_in(tmp_path / "desk", toml=OWN, migrate=True) as made:
        yield made


def thanked(desk: Desk, login: str = "anna") -> int:
    """A ticket whose client says nothing but thanks."""
    ticket_id = answered(desk, login, subject="Вход")
    arrive(desk, answer_to(desk, ticket_id, "Спасибо!"))
    return ticket_id


# -- what is shown ----------------------------------------------------------------------------------------


async def test_thanks_are_on_the_card_and_one_key_closes(desk: Desk, config: Path) -> None:
    ticket_id = thanked(desk)
    async with console(config) as terminal:
        await terminal.press("right")
        await terminal.shows("♥ thanks")
        await terminal.press("x")
        await terminal.shows(f"#{ticket_id} is closed: the client only said thanks.")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [])
        assert seen_by_all(desk, ticket_id).status == "closed"
        await terminal.press("u")
        await terminal.shows("Anna Kotova took back: closing")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [ticket_id])
        await terminal.shows("♥ thanks")


async def test_the_key_for_thanks_closes_nothing_else(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("right", "x")
        await terminal.shows("says more than thanks")
        assert seen_by_all(desk, ticket_id).status == "needs_reply"


async def test_a_baton_and_a_status_of_ones_own_stand_on_the_card(desk: Desk, config: Path) -> None:
    baton = accepted(desk, "boris", subject="Left")
    shifts.hand_over(desk, who(desk, "boris"), [baton], next_shift=True, text="Позвонить до обеда.")
    vendor = accepted(desk, "anna", subject="Sent on")
    tickets.move_to(desk, who(desk, "anna"), vendor, "vendor")
    async with console(config) as terminal:
        await terminal.shows("⚑ next shift", "At the vendor")
        await open_first(terminal, baton)
        await terminal.shows(
            "○ next shift", "Boris Orlov left the ticket for the next shift", "Позвонить до обеда."
        )
    async with console(config) as terminal:
        await open_first(terminal, vendor)
        await terminal.shows("◷ At the vendor", "moved the ticket to “At the vendor”")


async def test_what_the_robot_did_is_told_under_its_name(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "boris")
    clock.set_to(clock.now() + timedelta(minutes=20), runs=True)
    try:
        robot.run_once(desk)
    finally:
        clock.set_to(None)
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.shows(
            "Morty gave the ticket back to its group: Boris Orlov had not answered",
            "✎ Morty",
            "To switch it off",
        )


# -- what is done -----------------------------------------------------------------------------------------


async def test_undo_says_what_it_took_back(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with console(config) as terminal:
        await terminal.press("a")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [ticket_id])
        await terminal.press("u")
        await terminal.shows("Anna Kotova took back: accepting")
        await terminal.until(lambda: lane_ids(terminal, Lane.NEW) == [ticket_id])
        await terminal.press("u")
        await terminal.shows("There is nothing of yours to undo")


async def test_a_note_leaves_undo_to_what_was_done_before(desk: Desk, config: Path) -> None:
    mine, other = accepted(desk, "anna"), opened(desk)
    async with console(config) as terminal:
        await terminal.press("a")
        await terminal.until(lambda: sorted(lane_ids(terminal, Lane.MINE)) == [mine, other])
        await open_first(terminal, mine)
        await terminal.press("n")
        await terminal.write("Просто заметка")
        await terminal.press("ctrl+s")
        await terminal.shows("The note is saved.")
        await terminal.press("escape", "u")
        await terminal.shows(f"#{other}: Anna Kotova took back: accepting")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [mine])


async def test_words_typed_just_before_confirming_go_along(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("p")
        await choose(terminal, "on to whom?", "Second")
        await terminal.until(lambda: terminal.app.screen.query("WordsScreen TextArea"))
        for key in (*"quickly", "ctrl+s"):
            terminal.app.post_message(Key(key, key if len(key) == 1 else None))
        await terminal.shows("passed the ticket on to Second line")
    notes = [item.message.body for item in seen_by_all(desk, ticket_id).timeline if item.message]
    assert notes[-1] == "quickly"


async def test_a_ticket_goes_back_to_its_group_from_the_board_and_from_within(
    desk: Desk, config: Path
) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("right", "U")
        await terminal.until(lambda: lane_ids(terminal, Lane.NEW) == [ticket_id])
        await open_first(terminal, ticket_id)
        await terminal.press("a")
        await terminal.shows("● needs reply")
        await terminal.press("U")
        await terminal.shows("○ new", "gave the ticket back to its group")


@pytest.mark.parametrize("size", SIZES)
async def test_a_ticket_is_passed_to_a_line_with_a_note(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config, size=size) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("p")
        await choose(terminal, f"Pass #{ticket_id} on to whom?", "Second")
        await put(terminal, "Нужен доступ к серверу.")
        await terminal.shows(
            "Anna Kotova passed the ticket on to Second line", "Нужен доступ к серверу.", "nobody yet"
        )
        view = seen_by_all(desk, ticket_id)
        assert (view.group.key, view.owner) == ("second", None)


async def test_a_ticket_is_passed_to_a_colleague_and_back(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("right", "p")
        await choose(terminal, "on to whom?", "Boris")
        await put(terminal, "")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [])
        owner = seen_by_all(desk, ticket_id).owner
        assert owner is not None
        assert owner.login == "boris"
    async with console(config, "boris") as terminal:
        await terminal.press("right", "p")
        await choose(terminal, "on to whom?", "back to where")
        await put(terminal, "")
        await terminal.shows("is passed back")
        await open_first(terminal, ticket_id)
        await terminal.shows("Boris Orlov passed the ticket back to Anna Kotova")


async def test_escape_passes_nothing(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("right", "p")
        await choose(terminal, "on to whom?", "Second")
        await terminal.until(lambda: terminal.app.screen.query("WordsScreen TextArea"))
        await terminal.press("escape")
        await terminal.until(lambda: terminal.app.screen is terminal.board)
        assert seen_by_all(desk, ticket_id).group.key == "north"


async def test_help_is_asked_and_answered(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna", subject="Сложный вопрос")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("w")
        await choose(terminal, f"Help on #{ticket_id}", "ask Boris")
        await put(terminal, "")
        await terminal.shows("Write something first.")
        await put(terminal, "Как включить отладку?")
        await terminal.shows("Anna Kotova asked Boris Orlov for help", "Как включить отладку?")
    async with console(config, "boris") as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("w")
        await choose(terminal, "Help on", "answer Anna")
        await terminal.shows("Your answer to Anna Kotova", "Как включить отладку?")
        await put(terminal, "Ключом --debug.")
        await terminal.shows("Boris Orlov answered the request for help", "Ключом --debug.")
    assert asking.open_asks(desk, who(desk, "anna")) == []


@pytest.mark.parametrize("size", SIZES)
async def test_help_wanted_is_a_lane_while_somebody_asks(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    ticket_id = accepted(desk, "anna", subject="Сложный вопрос")
    accepted(desk, "anna", subject="Простой вопрос")
    async with console(config, "boris", size=size) as terminal:
        assert Lane.HELP_WANTED not in terminal.app.state.shown
        assert "Help wanted" not in terminal.text()
        asking.ask(desk, who(desk, "anna"), ticket_id, "Как включить отладку?", login="boris")
        await terminal.shows("Help")
        assert lane_ids(terminal, Lane.HELP_WANTED) == [ticket_id]
        assert ticket_id not in lane_ids(terminal, Lane.NEEDS_REPLY)
        await terminal.press("left")
        assert terminal.board.active is Lane.HELP_WANTED
        await terminal.until(lambda: f"#{ticket_id}" in terminal.column("Help wanted"))
        await terminal.shows("w advise")
        await terminal.press("right")
        await terminal.hides("w advise")
        await terminal.press("left", "w")
        await choose(terminal, "Help on", "answer Anna")
        await put(terminal, "Ключом --debug.")
        await terminal.until(lambda: terminal.app.state.shown[-1] is Lane.NEEDS_REPLY)
        await terminal.hides("Help wanted")
        await terminal.until(lambda: terminal.board.active is Lane.NEEDS_REPLY)
        assert lane_ids(terminal, Lane.NEEDS_REPLY)[0] == ticket_id


async def test_what_one_is_asked_about_stands_in_its_usual_lane_too_where_the_team_wants_it(
    desk: Desk, config: Path
) -> None:
    config.write_text(config.read_text("utf-8") + "[board]\ntwice = true\n", "utf-8")
    ticket_id = accepted(desk, "anna", subject="Сложный вопрос")
    async with console(config, "boris", size=(200, 50)) as terminal:
        asked = asking.ask(desk, who(desk, "anna"), ticket_id, "Как включить отладку?", login="boris")
        await terminal.until(lambda: lane_ids(terminal, Lane.HELP_WANTED) == [ticket_id])
        await terminal.until(lambda: f"#{ticket_id}" in terminal.column("Help wanted"))
        assert f"#{ticket_id}" in terminal.column("Needs reply")
        tickets.release(desk, who(desk, "anna"), ticket_id)
        await terminal.until(lambda: lane_ids(terminal, Lane.NEW) == [ticket_id])
        assert lane_ids(terminal, Lane.HELP_WANTED) == [ticket_id]
        asking.withdraw(desk, who(desk, "anna"), asked.id)
        await terminal.until(lambda: Lane.HELP_WANTED not in terminal.app.state.shown)
        assert lane_ids(terminal, Lane.NEW) == [ticket_id]


async def test_who_is_asked_from_another_group_finds_the_ticket_on_their_board(
    desk: Desk, config: Path
) -> None:
    ticket_id = accepted(desk, "anna", subject="Чужой клиент")
    async with console(config, "sonya") as terminal:
        asked = asking.ask(desk, who(desk, "anna"), ticket_id, "Это ваш?", login="sonya")
        await terminal.until(lambda: lane_ids(terminal, Lane.HELP_WANTED) == [ticket_id])
        await terminal.press("left")
        await terminal.shows("Help wanted 1", "Чужой клиент")
        await open_first(terminal, ticket_id)
        await terminal.shows("Это ваш?")
        await terminal.press("escape")
        asking.withdraw(desk, who(desk, "anna"), asked.id)
        await terminal.until(lambda: Lane.HELP_WANTED not in terminal.app.state.shown)
        await terminal.hides("Чужой клиент")


@pytest.mark.parametrize("size", SIZES)
async def test_a_new_voice_is_marked_and_decided(desk: Desk, config: Path, size: tuple[int, int]) -> None:
    ticket_id = answered(desk, "anna", subject="Вход")
    arrive(desk, answer_to(desk, ticket_id, "И у меня тоже.", sender="new@else.example", name="New"))
    async with console(config, size=size) as terminal:
        await terminal.press("right")
        await terminal.until(lambda: "? new voice" in terminal.column("Mine"))
        await open_first(terminal, ticket_id)
        await terminal.shows("a new voice, not shown to the client: decide with “v”")
        await terminal.press("v")
        await choose(terminal, f"A new voice on #{ticket_id}", "stays private")
        await terminal.shows("Anna Kotova kept the new voice private", "a new voice, kept private")
        await terminal.press("v")
        await terminal.shows(f"No new voice on #{ticket_id} waits for a decision.")
        await terminal.press("u")
        await terminal.shows("took back: keeping the new voice private", "decide with “v”")
        await terminal.press("v")
        await choose(terminal, "A new voice on", "takes part")
        await terminal.shows("let the new voice take part")
        await terminal.hides("decide with “v”")
        await terminal.press("escape")
        await terminal.until(lambda: "new voice" not in terminal.column("Mine"))
    assert {recipient.address for recipient in seen_by_all(desk, ticket_id).to} == {
        "new@else.example",
        "ivan@client.example",
    }


async def test_a_new_voice_becomes_a_ticket_of_its_own_from_the_board(desk: Desk, config: Path) -> None:
    ticket_id = answered(desk, "anna", subject="Вход")
    arrive(desk, answer_to(desk, ticket_id, "Другое дело.", sender="new@else.example", name="New"))
    async with console(config) as terminal:
        await terminal.press("right", "v")
        await choose(terminal, "A new voice on", "ticket of their own")
        await terminal.until(lambda: len(lane_ids(terminal, Lane.NEW)) == 1)
        (own,) = lane_ids(terminal, Lane.NEW)
        await open_first(terminal, ticket_id)
        await terminal.shows(f"made the new voice a ticket of its own: #{own}")


async def test_a_question_to_the_head_can_be_taken_back(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await open_first(terminal, ticket_id)
        await terminal.press("w")
        await choose(terminal, "Help on", "head of North")
        await put(terminal, "Можно вернуть деньги?")
        await terminal.shows("Anna Kotova asked the head of North")
        assert [ask.ticket_id for ask in asking.open_asks(desk, who(desk, "nadia"))] == [ticket_id]
        await terminal.press("w")
        await choose(terminal, "Help on", "take back your question")
        await terminal.shows("took the request for help back")
        assert asking.open_asks(desk, who(desk, "nadia")) == []
