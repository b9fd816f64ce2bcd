"""A presence server for tests: a real one on port 0, short times, a small authority over real tokens."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from core import presence_protocol as protocol
from core.clock import now
from core.domain.tokens import read_presence, sign_presence
from core.errors import Forbidden, Unavailable
from core.presence_frames import SUBPROTOCOL
from presence_server.limits import Limits
from presence_server.server import PresenceServer, serving
from tests.servers.listening import HOST, listening

SECRET = b"a secret of the tests alone"


@dataclass(frozen=True)
class Person:
    """Who a token is."""

    agent_id: int
    rooms: frozenset[str]


@dataclass
class SmallDesk:
    """Agents and their rooms, in memory; tickets of presence as the desk signs them, each accepted once."""

    rooms: dict[int, set[str]] = field(default_factory=dict)
    tickets: set[tuple[int, str]] = field(default_factory=set)
    """(agent, `t…` room) that may be entered from outside the group."""
    homes: dict[str, str] = field(default_factory=dict)
    """ticket → the room of its group; `g1` for those that are not named."""
    revoked: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    out_of_order: bool = False
    open: threading.Event = field(default_factory=threading.Event)
    """While it is cleared, questions to the desk wait."""

    def __post_init__(self) -> None:
        self.open.set()

    def token(self, agent_id: int) -> str:
        """A fresh ticket; agent 0 is the desk's own programs."""
        return sign_presence(SECRET, f"a{agent_id}" if agent_id else "system", now(), secrets.token_hex(8))

    def old_token(self, agent_id: int) -> str:
        """A ticket that expired."""
        return sign_presence(SECRET, f"a{agent_id}", now() - timedelta(minutes=5), secrets.token_hex(8))

    def check(self, token: str) -> Person:
        self._think()
        ticket = read_presence(SECRET, token, now())
        if ticket is None or ticket.nonce in self.used:
            raise Forbidden("no good")
        self.used.add(ticket.nonce)
        return self.rooms_of(0 if ticket.subject == "system" else int(ticket.subject[1:]))

    def is_revoked(self, token: str) -> bool:
        return token in self.revoked

    def rooms_of(self, agent_id: int) -> Person:
        if agent_id == 0:
            return Person(0, frozenset({"*"}))
        if agent_id not in self.rooms:
            raise Forbidden("gone")
        return Person(agent_id, frozenset(self.rooms[agent_id]))

    def seen(self, agent_id: int, tickets: Collection[str]) -> dict[str, str]:
        self._think()
        groups = self.rooms_of(agent_id).rooms
        homes = {ticket: self.homes.get(ticket, "g1") for ticket in tickets}
        return {
            ticket: home
            for ticket, home in homes.items()
            if home in groups or (agent_id, f"t{ticket}") in self.tickets
        }

    def _think(self) -> None:
        self.open.wait(15)
        if self.out_of_order:
            raise Unavailable("locked")


QUICK = Limits(
    ping_interval=0.3, ping_timeout=0.3, close_timeout=0.2, hello_timeout=0.5, recheck=3600, retry_ms=(0, 50)
)
"""The product's limits with short times, and no review but the one that a test asks for."""


@asynccontextmanager
async def presence(
    desk: SmallDesk, limits: Limits = QUICK, port: int = 0
) -> AsyncIterator[tuple[PresenceServer, str]]:
    """A running server and its URL."""
    try:
        async with serving(("127.0.0.1", port), desk, limits=limits) as server:
            yield server, f"ws://127.0.0.1:{server.port}/"
    finally:
        await Wire.abandon_all()


class Wire:
    """A client that says exactly what a test tells it to say."""

    opened: ClassVar[list[Wire]] = []

    def __init__(self, socket: ClientConnection) -> None:
        self.opened.append(self)
        self.socket = socket
        self.inbox: list[dict[str, Any]] = []

    @classmethod
    async def open(cls, url: str, **options: Any) -> Self:
        """Connected, without a hello."""
        said = {"subprotocols": [Subprotocol(SUBPROTOCOL)], "compression": None, "proxy": None}
        # A client that pings would notice by itself what the server is to notice.
        return cls(await connect(url, **(said | {"ping_interval": None} | options)))

    @classmethod
    async def enter(cls, url: str, token: str, *rooms: str, **options: Any) -> Self:
        """Connected, welcomed, and in the rooms, their snapshots read."""
        wire = await cls.open(url, **options)
        await wire.send(protocol.hello(token, rooms, "test"))
        await wire.expect("welcome")
        for _ in rooms:
            await wire.expect("snap")
        return wire

    @classmethod
    async def abandon_all(cls) -> None:
        """Whatever a test left open: readers that never read would not even notice the server's end."""
        while cls.opened:
            wire = cls.opened.pop()
            wire.socket.transport.abort()
            await wire.socket.wait_closed()

    async def send(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
        self.inbox.append(frame)
        return frame

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next frame, which must be of this kind."""
        frame = await self.receive()
        assert frame["t"] == kind, frame
        return frame

    async def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first frame that fits; those before it are skipped."""
        while True:
            frame = await self.receive()
            if holds(frame):
                return frame

    async def closed(self) -> tuple[int | None, str | None]:
        """Waits for the end; the close code and reason."""
        async with asyncio.timeout(10):
            while True:
                try:
                    await self.socket.recv()
                except ConnectionClosed:
                    break
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason

    async def close(self) -> None:
        await self.socket.close()


class Pipe:
    """A way to a server that can fall silent without closing, as a machine does that loses its power."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rstrip("/").rpartition(":")[2])
        self.is_frozen = False
        self._listening = listening(self._connected)

    async def __aenter__(self) -> Self:
        self.url = f"ws://{HOST}:{await self._listening.__aenter__()}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listening.__aexit__(None, None, None)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self._port)
        try:
            await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(4096):
            if not self.is_frozen:
                sink.write(data)
        if not self.is_frozen:
            sink.close()


def shows(ticket: str, *marks: tuple[str, str]) -> Callable[[dict[str, Any]], object]:
    """Fits the frame in which the ticket has exactly these eyes."""
    return lambda frame: frame.get("set", {}).get(ticket) == [list(mark) for mark in marks]


def two_groups() -> SmallDesk:
    """Agents 1 and 2 of one group, agent 3 of another."""
    return SmallDesk(rooms={1: {"g1"}, 2: {"g1"}, 3: {"g2"}})
