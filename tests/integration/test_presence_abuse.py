"""What abuse of the presence server leads to: junk, floods, readers who do not read, HTTP that is not ours."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import socket

import pytest

from core import presence_protocol as protocol
from core.presence_frames import (
    BAD_MESSAGE,
    FLOODING,
    MAX_CLIENT_FRAME,
    NO_HELLO,
    Eye,
)
from presence_server.server import PresenceServer
from tests.servers.presence import QUICK, SmallDesk, Wire, presence, shows, two_groups


@pytest.fixture
def desk() -> SmallDesk:
    return two_groups()


async def settled(server: PresenceServer, connections: int) -> None:
    async with asyncio.timeout(10):
        while server.connections != connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "junk", ["{", "[]", '{"t":"at"}', b"\x00\x01", '{"t":"hello","v":1,"token":"x"}', "[" * 4000]
)
async def test_junk_closes_the_connection_with_a_reason(
    desk: SmallDesk, junk: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with presence(desk) as (server, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        await a.send(junk)
        code, reason = await a.closed()
        assert code == BAD_MESSAGE
        assert reason
        await settled(server, 0)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]


async def test_other_versions_are_told_so(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a = await Wire.open(url)
        await a.send(json.dumps({"t": "hello", "v": 2, "token": desk.token(1), "rooms": ["g1"]}))
        assert await a.closed() == (BAD_MESSAGE, "this server speaks version 1")


async def test_silence_instead_of_a_hello_is_not_waited_for(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        assert (await (await Wire.open(url)).closed())[0] == NO_HELLO


async def test_flooding_closes_the_connection(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a, b = [await Wire.enter(url, desk.token(n), "g1") for n in (1, 2)]
        await a.send(protocol.at(1, [Eye("7", "g1", "v")]))
        await b.until(shows("7", ("a1", "v")))
        for n in range(2, QUICK.burst + 20):
            await a.send(protocol.at(n, [Eye("7", "g1", "v")]))
        assert (await a.closed())[0] == FLOODING
        await b.until(shows("7"))


async def test_the_bridge_may_hint_faster_than_an_agent(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        b = await Wire.enter(url, desk.token(2), "g1")
        bridge = await Wire.enter(url, desk.token(0))
        for n in range(5 * QUICK.burst):
            await bridge.send(protocol.chg("g1", "9", n))
        await b.until(lambda frame: frame.get("chg") == {"9": 5 * QUICK.burst - 1})


async def test_a_frame_that_is_too_big_closes_the_connection(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        await a.send(" " * (MAX_CLIENT_FRAME + 1))
        assert (await a.closed())[0] == 1009


async def test_a_ninth_connection_of_an_agent_is_refused_and_a_closed_one_makes_room(desk: SmallDesk) -> None:
    async with presence(desk) as (server, url):
        wires = [await Wire.enter(url, desk.token(1), "g1") for _ in range(8)]
        ninth = await Wire.open(url)
        await ninth.send(protocol.hello(desk.token(1), ["g1"], "test"))
        assert (await ninth.closed())[0] == FLOODING
        await Wire.enter(url, desk.token(2), "g1")
        await wires[0].close()
        await settled(server, 8)
        await Wire.enter(url, desk.token(1), "g1")


async def test_a_reader_who_does_not_read_is_cut_off(desk: SmallDesk) -> None:
    # Pings that never come show that it is the unread bytes that do it.
    limits = dataclasses.replace(QUICK, ping_interval=3600, rate=1e9, burst=10**9, tick=0.0)
    async with presence(desk, limits) as (server, url):
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        slow.setblocking(False)
        reader = await Wire.enter(url, desk.token(2), "g1", sock=slow, max_queue=1)
        await settled(server, 1)
        a = await Wire.enter(url, desk.token(1), "g1")
        reader.socket.transport.pause_reading()
        many = [[Eye(f"{k}-{n}-" + "x" * 16, "g1", "v") for n in range(32)] for k in (0, 1)]
        n = 0
        async with asyncio.timeout(20):
            while server.connections == 2:
                n += 1
                await a.send(protocol.at(n, many[n % 2]))
                await a.receive()
        assert [session.member.agent for session in server._sessions.values()] == ["a1"]


async def test_a_peer_that_pings_and_never_reads_is_cut_off(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, ping_interval=3600)) as (server, url):
        a = await Wire.enter(url, desk.token(1), "g1")
        a.socket.transport.pause_reading()
        from websockets.frames import Frame, Opcode

        pings = Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 500
        async with asyncio.timeout(20):
            while server.connections:
                a.socket.transport.write(pings)
                await asyncio.sleep(0.001)


# HTTP


async def http(url: str, request: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    return answer.decode()


UPGRADE = (
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)


async def test_health_is_told_on_the_same_port(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        answer = await http(url, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith("HTTP/1.1 200 ")
        assert answer.endswith("ok\n")


async def test_web_pages_are_refused(desk: SmallDesk) -> None:
    async with presence(desk) as (_, url):
        offer = "Sec-WebSocket-Protocol: glazok.presence.v1\r\n"
        answer = await http(url, f"{UPGRADE}{offer}Origin: https://evil.example\r\n\r\n")
        assert answer.startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "request_text", [UPGRADE + "\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01 nonsense\r\n\r\n"]
)
async def test_what_does_not_speak_the_protocol_gets_in_nowhere_and_into_no_log(
    desk: SmallDesk, request_text: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with presence(desk) as (server, url):
        assert " 101 " not in await http(url, request_text)
        await Wire.enter(url, desk.token(1), "g1")
        assert server.connections == 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]


async def test_there_is_an_end_to_how_many_may_knock(desk: SmallDesk) -> None:
    async with presence(desk, dataclasses.replace(QUICK, connections=1)) as (_, url):
        await Wire.enter(url, desk.token(1), "g1")
        offer = "Sec-WebSocket-Protocol: glazok.presence.v1\r\n"
        assert (await http(url, f"{UPGRADE}{offer}\r\n")).startswith("HTTP/1.1 503 ")
