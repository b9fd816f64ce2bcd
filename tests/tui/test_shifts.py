"""The end of a shift in the console, and the notices of what one should know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.tickets import Lane
from core.services import asking, lines, notices, shifts
from core.services.desk import Desk
from tests.builders import desk_in, opened, rows, seen_by_all, who
from tests.tui.conftest import SIZES, console
from tests.tui.moves import OWN, choose, put
from tests.tui.test_board import accepted, lane_ids


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a second line and a status of its own."""
    with desk_in(tmp_path / "desk", toml=OWN, migrate=True) as made:
        yield made


# -- the end of a shift -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_at_the_end_of_a_shift_each_ticket_goes_where_it_should(
    desk: Desk, config: Path, size: tuple[int, int]
) -> None:
    first, second, third = (accepted(desk, "anna", subject=f"Held {n}") for n in range(3))
    shifts.start(desk, who(desk, "anna"))
    async with console(config, size=size) as terminal:
        await terminal.press("e")
        await terminal.shows("3 tickets in your hands", f"#{first} Held 0", "? not decided")
        await terminal.press("n")
        await put(terminal, "Клиент перезвонит в девять.")
        await terminal.shows("✎ Клиент перезвонит")
        await terminal.press("s", "p")
        await choose(terminal, "To whom?", "Boris")
        await terminal.shows("→ Boris Orlov")
        await terminal.press("ctrl+s")
        await terminal.shows("1 ticket is not decided yet.", "1 ticket in your hands")
        await terminal.press("g")
        await choose(terminal, "To which group?", "Second")
        await terminal.press("ctrl+s")
        await terminal.shows("Your shift has ended.")
        await terminal.until(lambda: lane_ids(terminal, Lane.MINE) == [])
    assert seen_by_all(desk, first).status == "next_shift"
    notes = [item.message.body for item in seen_by_all(desk, first).timeline if item.message]
    assert notes[-1] == "Клиент перезвонит в девять."
    owner = seen_by_all(desk, second).owner
    assert owner is not None
    assert owner.login == "boris"
    assert seen_by_all(desk, third).group.key == "second"
    assert next(one.state for one in shifts.board(desk, who(desk, "anna")) if one.login == "anna") == "gone"


async def test_what_is_kept_over_the_end_of_a_shift_is_told_to_the_supervisors(
    desk: Desk, config: Path
) -> None:
    accepted(desk, "anna", subject="Kept")
    shifts.start(desk, who(desk, "anna"))
    async with console(config) as terminal:
        await terminal.press("e")
        await terminal.shows("1 ticket in your hands")
        await terminal.press("k")
        await terminal.shows("→ stays with you")
        await terminal.press("ctrl+s")
        await terminal.shows("Your shift has ended.")
    assert "kept" in [one.kind for one in notices.mine(desk, who(desk, "nadia"))]


async def test_leaving_the_screen_hands_nothing_over(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "anna")
    async with console(config) as terminal:
        await terminal.press("e")
        await terminal.shows("1 ticket in your hands")
        await terminal.press("S")
        await terminal.shows("⚑ next shift")
        await terminal.press("escape")
        await terminal.until(lambda: terminal.app.screen is terminal.board)
    assert seen_by_all(desk, ticket_id).status == "needs_reply"


# -- what one should know ---------------------------------------------------------------------------------


async def test_notices_are_counted_read_and_acknowledged(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "boris", subject="Asked about")
    asking.ask(desk, who(desk, "boris"), ticket_id, "Поможешь?", login="anna")
    async with console(config) as terminal:
        await terminal.shows("‼ 1  ")
        other = accepted(desk, "boris", subject="Passed on")
        lines.pass_on(desk, who(desk, "boris"), other, login="anna")
        await terminal.shows(f"‼ #{other} Passed on: ", "Boris Orlov has passed", "‼ 2  ")
        await terminal.press("exclamation_mark")
        await terminal.shows("What you should know", "Boris Orlov asks for your help.")
        await terminal.press("space")
        await terminal.until(lambda: len(terminal.app.notices.standing) == 1)
        await terminal.press("enter")
        await terminal.until(lambda: terminal.app.ticket_screen is not None)
        assert terminal.ticket.ticket_id == ticket_id
    assert [one.ticket_id for one in notices.mine(desk, who(desk, "anna"))] == [ticket_id]
    assert len(rows(desk, "SELECT notice_id FROM notice_ack")) == 1


async def test_a_notice_goes_when_its_cause_is_gone(desk: Desk, config: Path) -> None:
    ticket_id = accepted(desk, "boris", subject="Asked about")
    asked = asking.ask(desk, who(desk, "boris"), ticket_id, "Поможешь?", login="anna")
    async with console(config) as terminal:
        await terminal.shows("‼ 1  ")
        await terminal.press("exclamation_mark")
        await terminal.shows("asks for your help")
        asking.withdraw(desk, who(desk, "boris"), asked.id)
        await terminal.shows("There is nothing new.")
        await terminal.press("escape")
        await terminal.hides("‼ 1")


async def test_a_ticket_that_waits_in_new_is_no_notice_of_its_own(desk: Desk, config: Path) -> None:
    opened(desk)
    assert [one.kind for one in notices.mine(desk, who(desk, "anna"))] == ["new_ticket"]
    async with console(config) as terminal:
        await terminal.until(lambda: terminal.app.notices._known is not None)
        assert terminal.app.notices.standing == ()
