"""The client against the real server: eyes come, go out, and come back by themselves."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pytest
from websockets.utils import accept_key

from core.presence_frames import SUBPROTOCOL
from core.services.presence_client import Hint, Link, Mark, PresenceClient, Reason, Watchers
from tests.servers.listening import listening
from tests.servers.presence import QUICK, Pipe, SmallDesk, Wire, presence


@pytest.fixture
def desk() -> SmallDesk:
    return SmallDesk(rooms={1: {"g1"}, 2: {"g1"}, 3: {"g2"}})


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.services.presence_client.PING", 0.3)
    monkeypatch.setattr("core.services.presence_client.REFUSED_WAIT", (0.1, 0.2))


class Window:
    """A client, and everything that it told its owner."""

    def __init__(self, url: str, desk: SmallDesk, agent: int, *rooms: str) -> None:
        self.links: list[Link] = []
        self.hints: list[Hint] = []
        self.told: list[dict[str, Watchers]] = []
        self.client = PresenceClient(
            url,
            lambda: desk.token(agent),
            rooms or sorted(desk.rooms.get(agent, set())),
            on_eyes=self.told.append,
            on_hint=self.hints.append,
            on_state=self.links.append,
        )
        self.client.start()

    async def until(self, holds: Callable[[PresenceClient], object]) -> None:
        async with asyncio.timeout(10):
            while not holds(self.client):
                await asyncio.sleep(0.005)

    async def sees(self, ticket: str, *marks: Mark) -> None:
        await self.until(lambda client: client.eyes.get(ticket, ()) == marks)

    async def connected(self) -> None:
        await self.until(lambda client: client.link.phase == "connected")

    async def off(self) -> Reason | None:
        await self.until(lambda client: client.link.phase == "off")
        return self.client.link.reason


async def test_two_consoles_see_each_other_and_nobody_sees_themselves(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a, b, stranger = Window(url, desk, 1), Window(url, desk, 2), Window(url, desk, 3)
        a.client.look({"7": ("g1", "v")})
        await b.sees("7", Mark(1, "v"))
        a.client.look({"7": ("g1", "w")})
        await b.sees("7", Mark(1, "w"))
        assert b.told == [{"7": (Mark(1, "v"),)}, {"7": (Mark(1, "w"),)}]
        assert a.client.eyes == {}
        assert stranger.told == []
        for window in (a, b, stranger):
            await window.client.close()


async def test_closing_says_goodbye_and_the_eye_goes_out_at_once(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, ping_interval=3600)) as (_, url):
        a, b = Window(url, desk, 1), Window(url, desk, 2)
        a.client.look({"7": ("g1", "v")})
        await b.sees("7", Mark(1, "v"))
        await a.client.close()
        await b.sees("7")
        await b.client.close()


async def test_what_was_said_last_is_still_sent_when_closing(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a, b = Window(url, desk, 1), Window(url, desk, 2)
        await a.connected()
        await b.connected()
        a.client.hint("g1", "9", 881)
        await a.client.close()
        await b.until(lambda _: b.hints == [Hint("g1", "9", 881)])
        await b.client.close()


async def test_a_restart_of_the_server_heals_by_itself_and_everyone_announces_anew(desk: SmallDesk) -> None:
    async with presence(desk) as (server, url):
        port, first_epoch = server.port, server.epoch
        a, b = Window(url, desk, 1), Window(url, desk, 2)
        a.client.look({"7": ("g1", "w")})
        await b.sees("7", Mark(1, "w"))
    assert await b.off() is Reason.RESTARTING
    assert b.client.eyes == {}
    assert b.told[-1] == {"7": ()}
    assert b.client.link.sentence
    async with presence(desk, port=port) as (server, _):
        assert server.epoch != first_epoch
        await b.sees("7", Mark(1, "w"))
        assert [link.phase for link in b.links] == ["connected", "off", "off", "connected"] or [
            link.phase for link in b.links
        ] == ["connected", "off", "connected"]
        await a.client.close()
        await b.client.close()


async def test_a_server_that_dies_without_a_word_is_noticed_and_its_eyes_are_cleared(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, ping_interval=3600)) as (_, url), Pipe(url) as pipe:
        a, b = Window(url, desk, 1), Window(pipe.url, desk, 2)
        a.client.look({"7": ("g1", "v")})
        await b.sees("7", Mark(1, "v"))
        pipe.is_frozen = True
        assert await b.off() is Reason.LOST
        assert b.client.eyes == {}
        await b.client.close()
        await a.client.close()


async def test_without_a_server_it_says_since_when_and_keeps_trying(desk: SmallDesk) -> None:
    async with presence(desk) as (server, url):
        port = server.port
    a = Window(url, desk, 1)
    assert a.client.link.phase == "connecting"
    assert await a.off() is Reason.AWAY
    since = a.client.link.since
    a.client.look({"7": ("g1", "v")})
    await asyncio.sleep(0.6)
    assert a.client.link == Link("off", since, Reason.AWAY), "retries in between are no news"
    async with presence(desk, port=port):
        await a.connected()
        b = Window(url, desk, 2)
        await b.sees("7", Mark(1, "v"))
        await a.client.close()
        await b.client.close()


async def test_an_agent_who_is_not_let_in_is_told_why_and_may_come_once_it_is_mended(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        stranger, wrong = Window(url, desk, 99, "g1"), Window(url, desk, 3, "g1")
        assert await stranger.off() is Reason.REFUSED
        assert await wrong.off() is Reason.NOT_ALLOWED
        desk.rooms[99] = {"g1"}
        await stranger.connected()
        await stranger.client.close()
        await wrong.client.close()


async def test_a_token_that_cannot_be_made_is_a_state_and_no_crash() -> None:
    def broken() -> str:
        raise RuntimeError("disk on fire")

    client = PresenceClient("ws://127.0.0.1:9/", broken, ["g1"])
    client.start()
    async with asyncio.timeout(10):
        while client.link.phase != "off":
            await asyncio.sleep(0.005)
    await client.close()


async def test_tokens_never_cross_the_network_without_tls() -> None:
    asked = []

    def token() -> str:
        asked.append(1)
        return "secret"

    client = PresenceClient("ws://desk.example/", token, ["g1"])
    client.start()
    async with asyncio.timeout(10):
        while client.link.phase != "off":
            await asyncio.sleep(0.005)
    assert client.link.reason is Reason.INSECURE
    assert asked == []
    await client.close()


async def test_rooms_can_change_while_connected(desk: SmallDesk) -> None:
    desk.rooms[2] = {"g1", "g2"}
    async with presence(desk) as (_, url):
        a, b = Window(url, desk, 1), Window(url, desk, 2, "g2")
        await b.connected()
        a.client.look({"7": ("g1", "v")})
        b.client.subscribe(["g1"])
        await b.sees("7", Mark(1, "v"))
        b.client.subscribe(["g2"])
        await b.sees("7")
        await a.client.close()
        await b.client.close()


async def test_a_group_taken_away_goes_dark_on_the_screen(desk: SmallDesk) -> None:
    desk.rooms[2] = {"g1", "g2"}
    async with presence(desk) as (server, url):
        a, b = Window(url, desk, 1), Window(url, desk, 2)
        a.client.look({"7": ("g1", "v")})
        await b.sees("7", Mark(1, "v"))
        desk.rooms[2] = {"g2"}
        await server.review()
        await b.sees("7")
        await a.client.close()
        await b.client.close()


async def test_a_hasty_agent_is_slowed_down_and_never_thrown_out(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a, b = Window(url, desk, 1), Window(url, desk, 2)
        await a.connected()
        for n in range(3 * QUICK.burst):
            a.client.look({str(n): ("g1", "v")})
            a.client.hint("g1", str(n % 50), n)
            await asyncio.sleep(0)
        await b.sees(str(3 * QUICK.burst - 1), Mark(1, "v"))
        await b.until(lambda _: len({hint.ticket for hint in b.hints}) == 50)
        assert [link.phase for link in a.links] == ["connected"]
        await a.client.close()
        await b.client.close()


async def test_a_server_that_talks_nonsense_is_left_alone() -> None:
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.typing import Subprotocol

    async def nonsense(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send('{"t":"eyes","room":"g1","seq":1,"set":{}}')
        await socket.wait_closed()

    async with serve(nonsense, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = PresenceClient(f"ws://127.0.0.1:{port}/", lambda: "x", ["g1"])
        client.start()
        async with asyncio.timeout(10):
            while client.link.phase != "off":
                await asyncio.sleep(0.005)
        assert client.link.reason is Reason.PROTOCOL
        await client.close()


async def test_the_newest_hint_is_what_the_bridge_sends(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        b = await Wire.enter(url, desk.token(2), "g1")
        async with PresenceClient(url, lambda: desk.token(0)) as bridge:
            async with asyncio.timeout(10):
                while bridge.link.phase != "connected":
                    await asyncio.sleep(0.005)
            for n in range(500):
                bridge.hint("g1", str(n), n)
            heard: set[str] = set()
            while len(heard) < 500:
                heard |= (await b.receive()).get("chg", {}).keys()


async def test_a_program_in_a_hurry_leaves_no_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.services.presence_client.PING", 60.0)
    open_ends: list[asyncio.StreamReader] = []

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Shakes hands, and never answers again, a goodbye neither."""
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line for line in asked.splitlines() if line.lower().startswith("sec-websocket-key:"))
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: %s\r\nSec-WebSocket-Accept: %s\r\n\r\n"
            % (SUBPROTOCOL.encode(), accept_key(key.partition(":")[2].strip()).encode())
        )
        open_ends.append(reader)
        while await reader.read(4096):
            pass
        open_ends.remove(reader)

    async with listening(deaf) as port, asyncio.timeout(10):
        client = PresenceClient(f"ws://127.0.0.1:{port}/", lambda: "x", ["g1"])
        client.start()
        while not open_ends:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        (running,) = (task for task in asyncio.all_tasks() if task.get_name() == "presence-client")
        running.cancel()
        await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.wait([running])
        while open_ends:
            await asyncio.sleep(0.005)
    assert open_ends == []
