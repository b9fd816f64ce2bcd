"""The eye: who has a ticket open is seen by everybody else who may see the ticket, and by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.domain.permissions import Role
from core.services import agents, asking, replies, tickets
from core.services.desk import Desk
from core.services.identity import Identity
from core.services.presence_machine import PresenceMachine
from presence_server.server import serving
from tests.builders import change, group_id, opened, who
from tests.tui.conftest import Terminal, console
from tests.tui.moves import open_first


@asynccontextmanager
async def eyes_on(desk: Desk, config: Path) -> AsyncIterator[None]:
    """A real presence server, and a configuration that names it."""
    async with serving(("127.0.0.1", 0), Identity(desk)) as server:
        text = config.read_text("utf-8")
        if "[presence]" not in text:
            config.write_text(text + f'\n[presence]\nlisten = "127.0.0.1:{server.port}"\n', "utf-8")
        yield


async def test_a_colleague_s_eye_shows_on_the_card_and_goes_out(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, subject="Watched")
    async with eyes_on(desk, config), console(config) as anna, console(config, "boris") as boris:
        await anna.shows("● live")
        await boris.shows("● live")
        await open_first(boris, ticket_id)
        await anna.shows("◉ BO", "here: BO")
        assert "AK" not in anna.text()
        assert "BO" not in boris.board.column.render_line_text(3)
        await boris.press("escape")
        await anna.hides("BO")


async def test_the_ticket_names_who_is_here_and_what_they_do(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with eyes_on(desk, config), console(config) as anna, console(config, "boris") as boris:
        await boris.shows("● live")
        await open_first(anna, ticket_id)
        await anna.shows("nobody else is here")
        await open_first(boris, ticket_id)
        await anna.shows("Boris Orlov is looking")
        await boris.shows("Anna Kotova is looking")
        await boris.press("r")
        await boris.write("Пишу ответ")
        await anna.shows("Boris Orlov is writing")
        await anna.press("escape")
        await anna.shows("BO✎")


async def test_nobody_of_another_group_sees_the_eye(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, subject="Of the north")
    async with eyes_on(desk, config), console(config, "sonya") as sonya, console(config, "boris") as boris:
        await sonya.shows("● live")
        await boris.shows("● live")
        await open_first(boris, ticket_id)
        async with console(config) as anna:
            await anna.shows("◉ BO")
            assert "BO" not in sonya.text()
            assert sonya.app.state.eyes == {}


async def test_who_is_asked_from_another_group_and_its_people_see_each_other_on_rows_and_in_the_ticket(
    desk: Desk, config: Path
) -> None:
    ticket_id = opened(desk, subject="Asked about")
    tickets.accept(desk, who(desk, "anna"), ticket_id)
    asking.ask(desk, who(desk, "anna"), ticket_id, "Что скажешь?", login="sonya")
    wide = (200, 50)
    async with (
        eyes_on(desk, config),
        console(config, "boris") as boris,
        console(config, "sonya", wide) as sonya,
    ):
        await boris.shows("● live")
        await sonya.shows("● live", "Help wanted 1")
        await open_first(boris, ticket_id)
        await sonya.until(lambda: "◉ BO" in sonya.column("Help wanted"))
        await open_first(sonya, ticket_id)
        await sonya.shows("Boris Orlov", "is looking")
        await boris.shows("Sonya Belova is looking")
        await boris.press("escape")
        await boris.until(lambda: "◉ SB" in boris.column("Needs reply"))
        await sonya.press("escape")
        await boris.hides("SB")
        assert "BO" not in sonya.text()


async def test_the_list_of_notices_shows_the_eyes_of_other_groups_too(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, subject="Mentioned on")
    replies.note(desk, who(desk, "anna"), ticket_id, "@sonya, взгляни")
    async with eyes_on(desk, config), console(config, "sonya") as sonya, console(config, "boris") as boris:
        await sonya.shows("● live", "‼ 1")
        await boris.shows("● live", "Mentioned on")
        await sonya.press("exclamation_mark")
        await sonya.shows(f"#{ticket_id} Mentioned on")
        assert "◉ BO" not in sonya.text()
        await boris.press("enter")
        await sonya.shows("Mentioned on  ◉ BO")
        await boris.press("escape")
        await sonya.hides("◉ BO")
        await sonya.press("escape")


async def test_mine_from_another_group_shows_its_eyes(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, subject="Owned from elsewhere")
    tickets.accept(desk, who(desk, "anna"), ticket_id)
    change(desk, ticket_id, group_id=group_id(desk, "south"))
    async with eyes_on(desk, config), console(config) as anna, console(config, "sonya") as sonya:
        await sonya.shows("● live")
        await anna.shows("● live")
        await open_first(sonya, ticket_id)
        await anna.until(lambda: "◉ SB" in anna.column("Mine"))


async def test_whose_right_to_see_ends_takes_the_eye_away_at_once(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk, subject="Asked about")
    tickets.accept(desk, who(desk, "anna"), ticket_id)
    agents.add(desk, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    asked = asking.ask(desk, who(desk, "anna"), ticket_id, "Можно скидку?", head_of="south")
    agents.add(desk, "late", "Late Comer", groups={"south": Role.SUPERVISOR})
    async with eyes_on(desk, config), console(config, "boris") as boris, console(config, "late") as late:
        await boris.shows("● live")
        await late.shows("● live")
        await open_first(late, ticket_id)
        await boris.shows("◉ LC")
        asking.withdraw(desk, who(desk, "anna"), asked.id)
        await late.until(lambda: told(late).looking == ())
        await boris.hides("LC")
        await late.until(lambda: f"t{ticket_id}" not in told(late).rooms)


async def test_when_the_server_goes_the_eyes_go_out_and_the_bar_says_since_when(
    desk: Desk, config: Path
) -> None:
    ticket_id = opened(desk)
    terminals: list[Terminal] = []
    async with console_after(desk, config, terminals, ticket_id) as anna:
        await anna.shows("eyes off since")
        await anna.hides("◉ BO")
        await anna.press("a")
        await anna.shows(f"#{ticket_id} is yours")


@asynccontextmanager
async def console_after(
    desk: Desk, config: Path, terminals: list[Terminal], ticket_id: int
) -> AsyncIterator[Terminal]:
    """Anna's console that has seen Boris's eye, after the server has gone."""
    server = eyes_on(desk, config)
    await server.__aenter__()
    async with console(config) as anna, console(config, "boris") as boris:
        terminals += [anna, boris]
        await boris.shows("● live")
        await open_first(boris, ticket_id)
        await anna.shows("◉ BO")
        await server.__aexit__(None, None, None)
        yield anna


async def test_whoever_leafs_fast_stays_connected(desk: Desk, config: Path) -> None:
    ids = [opened(desk, subject=f"Number {n}") for n in range(3)]
    async with eyes_on(desk, config), console(config) as anna, console(config, "boris") as boris:
        await anna.shows("● live")
        await boris.shows("● live")
        presence = boris.app.presence
        assert presence is not None
        for turn in range(301):
            presence.looking_at(ids[turn % 3], group_id(desk, "north"))
        presence.looking_at(ids[1], group_id(desk, "north"))
        await anna.until(lambda: list(anna.app.state.eyes) == [ids[1]])
        assert presence.connected


def told(terminal: Terminal) -> PresenceMachine:
    """What a console tells the server, before the server has done anything about it."""
    assert terminal.app.presence is not None
    return terminal.app.presence._client._machine


async def test_news_on_the_ticket_does_not_turn_a_writer_into_a_reader(desk: Desk, config: Path) -> None:
    ticket_id = opened(desk)
    async with eyes_on(desk, config), console(config, "boris") as boris:
        await boris.shows("● live")
        await open_first(boris, ticket_id)
        await boris.press("r")
        await boris.write("Пишу ответ")
        event = replies.note(desk, who(desk, "anna"), ticket_id, "Look at the router first.").event_id
        await boris.until(lambda: boris.ticket.view is not None and boris.ticket.view.last_event >= event)
        assert {eye.look for eye in told(boris).looking} == {"w"}


async def test_a_ticket_of_mine_from_another_group_is_heard_of_only_while_it_is_open(
    desk: Desk, config: Path
) -> None:
    ticket_id = opened(desk)
    async with eyes_on(desk, config), console(config) as anna:
        await anna.shows("● live")
        presence = anna.app.presence
        assert presence is not None
        mine = told(anna).rooms
        presence.looking_at(ticket_id, 999)
        assert told(anna).rooms == (*mine, f"t{ticket_id}")
        presence.left()
        assert told(anna).rooms == mine
