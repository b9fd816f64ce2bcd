"""Eyes across groups, over real sockets and the real permissions: whoever may see a ticket sees its eyes and is
seen there, nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from core import presence_protocol as protocol
from core.domain.permissions import Role
from core.presence_frames import Eye
from core.services import agents, asking, lines, tickets
from core.services.desk import Desk
from core.services.identity import Identity, presence_ticket
from core.services.presence_client import Mark, PresenceClient
from presence_server.server import PresenceServer, serving
from tests.builders import agent, group_id, opened, who
from tests.servers.presence import QUICK, Wire


@asynccontextmanager
async def at_work(desk: Desk) -> AsyncIterator[tuple[PresenceServer, str]]:
    """A running server that asks the desk, and its URL."""
    async with serving(("127.0.0.1", 0), Identity(desk), limits=QUICK) as server:
        try:
            yield server, f"ws://127.0.0.1:{server.port}/"
        finally:
            await Wire.abandon_all()


def window(desk: Desk, url: str, login: str, *rooms: str) -> PresenceClient:
    """A console's line to the server."""
    return PresenceClient(url, partial(presence_ticket, desk, agent(desk, login).id), rooms)


async def wire(desk: Desk, url: str, login: str, *rooms: str) -> Wire:
    """A connection that says what a console would not."""
    return await Wire.enter(url, presence_ticket(desk, agent(desk, login).id), *rooms)


async def sees(client: PresenceClient, ticket: int, *marks: tuple[int, str]) -> None:
    wanted = tuple(Mark(agent_id, look) for agent_id, look in marks)  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        while client.eyes.get(str(ticket), ()) != wanted:
            await asyncio.sleep(0.005)


@pytest.fixture
def ticket(desk: Desk) -> int:
    """A ticket of anna's in north about which sonya, of south, is asked. Olga of south may not see it."""
    agents.add(desk, "olga", "Olga", groups={"south": Role.AGENT})
    opened(desk, subject="Another one")
    ticket_id = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket_id)
    asking.ask(desk, who(desk, "anna"), ticket_id, "Что скажешь?", login="sonya")
    return ticket_id


async def test_who_is_asked_and_the_group_see_each_other_and_a_stranger_hears_of_neither(
    desk: Desk, ticket: int
) -> None:
    north, south, own = f"g{group_id(desk, 'north')}", f"g{group_id(desk, 'south')}", f"t{ticket}"
    anna, sonya = agent(desk, "anna").id, agent(desk, "sonya").id
    async with (
        at_work(desk) as (_, url),
        window(desk, url, "boris", north) as boris,
        window(desk, url, "anna", north) as hers,
        window(desk, url, "sonya", south, own) as guest,
        window(desk, url, "sonya", south) as second,
        window(desk, url, "olga", south, own) as stranger,
    ):
        hers.look({str(ticket): (north, "v")})
        await sees(guest, ticket, (anna, "v"))
        guest.look({str(ticket): (north, "w")})
        second.look({str(ticket): (north, "i")})
        await sees(boris, ticket, (sonya, "w"), (anna, "v"))
        await sees(hers, ticket, (sonya, "w"))
        await sees(guest, ticket, (anna, "v"))
        guest.look({})
        await sees(boris, ticket, (anna, "v"), (sonya, "i"))
        assert stranger.link.phase == "connected"
        assert (stranger.eyes, second.eyes) == ({}, {})


async def test_a_stranger_announces_nothing_and_a_guest_on_their_ticket_alone(
    desk: Desk, ticket: int
) -> None:
    north, south = f"g{group_id(desk, 'north')}", f"g{group_id(desk, 'south')}"
    own, other, sonya = f"t{ticket}", str(ticket - 1), agent(desk, "sonya").id
    async with at_work(desk) as (_, url), window(desk, url, "boris", north) as boris:
        stranger = await wire(desk, url, "olga", south)
        await stranger.send(protocol.at(1, [Eye(str(ticket), north, "v"), Eye(str(ticket), own, "v")]))
        assert {(await stranger.expect("err"))["room"] for _ in range(2)} == {north, own}
        await stranger.send(protocol.chg(north, str(ticket), 5))
        assert (await stranger.expect("err"))["room"] == north
        guest = await wire(desk, url, "sonya", south)
        wrong = [Eye(other, north, "w"), Eye(str(ticket), f"g{group_id(desk, 'first')}", "w")]
        await guest.send(protocol.at(1, [*wrong, Eye(str(ticket), north, "v")]))
        for eye in wrong:
            assert (await guest.expect("err"))["room"] == eye.room
        await sees(boris, ticket, (sonya, "v"))
        assert list(boris.eyes) == [str(ticket)]


async def test_when_the_question_is_taken_back_the_guest_is_seen_nowhere_and_sees_nothing(
    desk: Desk, ticket: int
) -> None:
    north, south, own = f"g{group_id(desk, 'north')}", f"g{group_id(desk, 'south')}", f"t{ticket}"
    agents.add(desk, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    asked = asking.ask(desk, who(desk, "anna"), ticket, "Можно скидку?", head_of="south")
    agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
    anna, late = agent(desk, "anna").id, agent(desk, "late").id
    async with (
        at_work(desk) as (server, url),
        window(desk, url, "boris", north) as boris,
        window(desk, url, "sonya", own) as sonya,
        window(desk, url, "late", south, own) as guest,
        window(desk, url, "anna") as hers,
    ):
        guest.look({str(ticket): (north, "v")})
        hers.look({str(ticket): (north, "v")})
        await sees(guest, ticket, (anna, "v"))
        for one in (boris, sonya):
            await sees(one, ticket, *sorted([(anna, "v"), (late, "v")]))
        asking.withdraw(desk, who(desk, "anna"), asked.id)
        await server.review()
        for one in (boris, sonya):
            await sees(one, ticket, (anna, "v"))
        await sees(guest, ticket)
        assert guest.link.phase == "connected"


async def test_the_eye_of_a_guest_leaves_the_group_with_the_ticket(desk: Desk, ticket: int) -> None:
    first, north = f"g{group_id(desk, 'first')}", f"g{group_id(desk, 'north')}"
    own, sonya = f"t{ticket}", agent(desk, "sonya").id
    agents.add(desk, "pavel", "Pavel", groups={"first": Role.AGENT})
    async with (
        at_work(desk) as (server, url),
        window(desk, url, "nadia", north) as nadia,
        window(desk, url, "pavel", first) as pavel,
    ):
        guest = await wire(desk, url, "sonya", own)
        await guest.send(protocol.at(1, [Eye(str(ticket), north, "v"), Eye(str(ticket), own, "v")]))
        await sees(nadia, ticket, (sonya, "v"))
        lines.pass_on(desk, who(desk, "anna"), ticket, group_key="first", text="Вам виднее.")
        await server.review()
        await sees(nadia, ticket)
        assert (await guest.until(lambda frame: frame["t"] == "err"))["room"] == north
        await guest.send(protocol.at(2, [Eye(str(ticket), first, "w"), Eye(str(ticket), own, "w")]))
        await sees(pavel, ticket, (sonya, "w"))


async def test_a_guest_who_learnt_of_a_move_before_the_review_is_seen_in_the_new_group_at_once(
    desk: Desk, ticket: int
) -> None:
    first, north = f"g{group_id(desk, 'first')}", f"g{group_id(desk, 'north')}"
    agents.add(desk, "pavel", "Pavel", groups={"first": Role.AGENT})
    async with (
        at_work(desk) as (_, url),
        window(desk, url, "boris", north) as boris,
        window(desk, url, "pavel", first) as pavel,
        window(desk, url, "sonya") as guest,
    ):
        guest.look({str(ticket): (north, "v")})
        await sees(boris, ticket, (agent(desk, "sonya").id, "v"))
        lines.pass_on(desk, who(desk, "anna"), ticket, group_key="first", text="Вам виднее.")
        guest.look({str(ticket): (first, "v")})
        await sees(pavel, ticket, (agent(desk, "sonya").id, "v"))
        await sees(boris, ticket)


async def test_what_a_guest_did_is_hinted_to_the_group_at_once(desk: Desk, ticket: int) -> None:
    north = f"g{group_id(desk, 'north')}"
    async with at_work(desk) as (_, url), window(desk, url, "sonya") as guest:
        boris = await wire(desk, url, "boris", north)
        async with asyncio.timeout(10):
            while guest.link.phase != "connected":
                await asyncio.sleep(0.005)
        guest.hint(north, str(ticket), 881)
        assert (await boris.expect("eyes"))["chg"] == {str(ticket): 881}
