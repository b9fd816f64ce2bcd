"""One connection from hello to goodbye: reads its frames, asks the door, moves the registry.

Whatever a peer sends ends in an answer or a close code of the protocol, never in a stack trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from websockets.exceptions import ConnectionClosed

from core import presence_protocol as protocol
from core.errors import GlazokError, Unavailable
from core.pace import Bucket
from core.presence_frames import (
    BAD_MESSAGE,
    BAD_TOKEN,
    FLOODING,
    NO_HELLO,
    NOT_ALLOWED,
    TRY_LATER,
    VERSION,
    At,
    BadFrameError,
    Chg,
    ClientFrame,
    Hello,
    Resync,
    Sub,
)
from presence_server.authority import Door, InUse, Pass
from presence_server.limits import Limits
from presence_server.registry import Member, Registry
from presence_server.wire import Peer, text_frame


class Hub(Protocol):
    """What a session needs of the server that it lives in."""

    registry: Registry
    door: Door
    limits: Limits
    epoch: str

    @property
    def tick_ms(self) -> int:
        """The tick in force, in milliseconds."""

    def opened(self, session: Session) -> None:
        """The hello was accepted."""

    def closed(self, session: Session) -> None:
        """The member was dropped."""

    def stir(self) -> None:
        """The registry changed: see to it that frames go out."""


class RefusedError(Exception):
    """The connection must end, with this close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Session:
    """A connection whose hello was accepted."""

    def __init__(self, hub: Hub, peer: Peer, member: Member, card: Pass) -> None:
        self.hub = hub
        self.peer = peer
        self.member = member
        self.card = card
        self._at = -1
        self._sub = -1

    @property
    def in_use(self) -> InUse:
        """Rooms that it hears of, and places where it is seen."""
        return InUse(set(self.member.rooms), set(self.member.looking))

    async def handle(self, frame: ClientFrame) -> None:
        """Do what one frame asks for. Raises RefusedError."""
        match frame:
            case At():
                await self._look(frame)
            case Sub():
                await self._subscribe(frame)
            case Chg():
                place = (frame.room, frame.ticket)
                await self.hub.door.ask(self.card, places=[place])
                if self.card.may_look(place):
                    self.hub.registry.hint(self.member, frame.room, frame.ticket, frame.rev)
                    self.hub.stir()
                else:
                    await self.send(_not_yours(0, frame.room))
            case Resync():
                if frame.room in self.member.rooms:
                    await self.send(self.hub.registry.snapshot(frame.room))
            case Hello():
                raise RefusedError(BAD_MESSAGE, "a second hello")

    async def enter(self, rooms: tuple[str, ...], re: int) -> None:
        """Hear of these rooms and of no others; a snapshot of each that is new."""
        for name in self.member.rooms - set(rooms):
            self.hub.registry.leave(self.member, name)
        await self.hub.door.ask(self.card, rooms)
        for name in rooms:
            if name in self.member.rooms:
                continue
            # Asked again: while the last snapshot was sent, a review may have forgotten the answers.
            await self.hub.door.ask(self.card, [name])
            if self.card.may_hear(name) and self.is_in:
                self.hub.registry.enter(self.member, name)
                await self.send(self.hub.registry.snapshot(name))
            else:
                await self.send(_not_yours(re, name))

    def evict(self, lost: InUse) -> bool:
        """The agent may hear of these rooms and be seen in these places no more. False when nothing is left."""
        self.hub.registry.evict(self.member, lost.rooms, lost.places)
        for name in lost.rooms | {room for room, _ticket in lost.places}:
            self.peer.push(text_frame(_not_yours(0, name)))
        self.hub.stir()
        return bool(self.member.rooms or self.member.looking)

    def drop(self) -> None:
        """Gone: the eyes go out now, however long the closing takes. A second call does nothing."""
        if self.is_in:
            self.hub.registry.drop(self.member)
            self.hub.closed(self)
            self.hub.stir()

    @property
    def is_in(self) -> bool:
        """Whether the registry still knows it: a review may drop it while a frame waits for an answer."""
        return self.member.id in self.hub.registry.members

    async def send(self, text: str) -> None:
        """An answer to this connection alone, waiting for a reader that has fallen behind; not for ever."""
        try:
            async with asyncio.timeout(self.hub.limits.ping_timeout):
                await self.peer.send(text)
        except TimeoutError:
            # A full buffer holds keepalive pings back too: nothing else would notice that the peer is dead.
            self.peer.abort()

    async def _look(self, frame: At) -> None:
        if frame.n <= self._at:
            return
        self._at = frame.n
        if self.card.is_system:
            if frame.eyes:
                await self.send(protocol.err("system", frame.n, "a system actor has no eyes"))
            return
        await self.hub.door.ask(self.card, places=[(eye.room, eye.ticket) for eye in frame.eyes])
        allowed = [eye for eye in frame.eyes if self.card.may_look((eye.room, eye.ticket))]
        if self.is_in:
            self.hub.registry.look(self.member, allowed)
            self.hub.stir()
        for room in {eye.room: None for eye in frame.eyes if eye not in allowed}:
            await self.send(_not_yours(frame.n, room))

    async def _subscribe(self, frame: Sub) -> None:
        if frame.n > self._sub:
            self._sub = frame.n
            await self.enter(frame.rooms, frame.n)


def _not_yours(re: int, room: str) -> str:
    return protocol.err("room", re, "not allowed in this room", room)


async def converse(hub: Hub, peer: Peer, now: Callable[[], float]) -> None:
    """The whole life of a connection. `now` gives monotonic seconds."""
    session: Session | None = None
    try:
        hello = await _hello(hub, peer)
        session = await _admit(hub, peer, hello)
        member, limits = session.member, hub.limits
        bucket = (
            Bucket(limits.system_rate, limits.system_burst, now())
            if session.card.is_system
            else Bucket(limits.rate, limits.burst, now())
        )
        await session.send(protocol.welcome(member.id, member.agent, hub.epoch, hub.tick_ms))
        await session.enter(hello.rooms, 0)
        _require(not hello.rooms or member.rooms, NOT_ALLOWED, "not allowed in any of these rooms")
        async for message in peer:
            _require(bucket.take(now()), FLOODING, "too many messages")
            await session.handle(_read(message))
    except RefusedError as refused:
        if session is not None:
            session.drop()
        await peer.close(refused.code, refused.reason)
    except Unavailable:
        # The permission service cannot tell: better no eyes than eyes that may not be seen.
        if session is not None:
            session.drop()
        await peer.close(TRY_LATER, "the desk cannot check permissions now")
    except ConnectionClosed:
        pass
    finally:
        if session is not None:
            session.drop()


def _require(holds: object, code: int, reason: str) -> None:
    if not holds:
        raise RefusedError(code, reason)


async def _hello(hub: Hub, peer: Peer) -> Hello:
    try:
        async with asyncio.timeout(hub.limits.hello_timeout):
            frame = _read(await peer.recv())
    except TimeoutError:
        raise RefusedError(NO_HELLO, "no hello") from None
    if not isinstance(frame, Hello):
        raise RefusedError(BAD_MESSAGE, "the first frame must be a hello")
    if frame.version != VERSION:
        raise RefusedError(BAD_MESSAGE, f"this server speaks version {VERSION}")
    return frame


async def _admit(hub: Hub, peer: Peer, hello: Hello) -> Session:
    try:
        card = await hub.door.admit(hello.token)
    except Unavailable:
        raise RefusedError(TRY_LATER, "the desk cannot check tokens now") from None
    except GlazokError:
        # Why exactly is for the desk's log, not for whoever knocks.
        raise RefusedError(BAD_TOKEN, "token not accepted") from None
    agent = protocol.agent_name(card.agent_id)
    most = hub.limits.per_agent if agent else hub.limits.per_system
    if hub.registry.connections(agent) >= most:
        raise RefusedError(FLOODING, f"at most {most} connections for one agent")
    session = Session(hub, peer, hub.registry.join(agent), card)
    hub.opened(session)
    return session


def _read(message: str | bytes) -> ClientFrame:
    if isinstance(message, bytes):
        raise RefusedError(BAD_MESSAGE, "frames are text")
    try:
        return protocol.read_client(message)
    except BadFrameError as bad:
        raise RefusedError(BAD_MESSAGE, str(bad)) from None
