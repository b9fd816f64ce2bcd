"""The presence server: sockets and timers around the registry.

Public: `serving`, a context manager for programs that have other things to do, and `run`, which serves
until told to stop. Truth lives in the database: when this server dies, the eyes are lost for seconds.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from math import inf

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from core import logs
from core import presence_protocol as protocol
from core.errors import ConfigError, GlazokError, Unavailable
from core.i18n import _
from core.names import system_words
from core.presence_frames import BAD_TOKEN, MAX_CLIENT_FRAME, NOT_ALLOWED, RESTARTING, SUBPROTOCOL
from core.settings.values import is_loopback
from presence_server.authority import Authority, Door, InUse
from presence_server.limits import Limits, Tick
from presence_server.registry import Member, Registry
from presence_server.session import Session, converse
from presence_server.wire import Peer, text_frame

log = logs.get("presence")

# What websockets would log about peers' junk has stack traces in it; what matters is logged here, in a line.
_quiet = logging.getLogger("glazok.presence.wire")
_quiet.setLevel(logging.CRITICAL)


class PresenceServer:
    """A running server: the sessions, one timer per stirred room, and the review of who may be where."""

    def __init__(self, authority: Authority, limits: Limits) -> None:
        self.limits = limits
        self.registry = Registry()
        self.door = Door(authority)
        self.epoch = secrets.token_hex(4)
        self.port = 0
        """The port that is listened on."""
        self._sessions: dict[Member, Session] = {}
        self._tick = Tick(limits.tick, limits.tick_under_load)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._flushed: dict[str, float] = {}
        self._loop = asyncio.get_running_loop()
        self._server: Server | None = None

    @property
    def tick_ms(self) -> int:
        """The tick in force, in milliseconds."""
        return round(self._tick.seconds * 1000)

    @property
    def connections(self) -> int:
        """How many connections have said hello."""
        return len(self._sessions)

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises ConfigError for an address that others could reach, Unavailable for a taken one."""
        if not is_loopback(host):
            raise ConfigError(
                _("The presence server has no TLS, so it does not listen on {host}.").format(host=host),
                hint=_("Set presence.listen to 127.0.0.1:{port} and put a proxy with TLS in front.").format(
                    port=port
                ),
            )
        limits = self.limits
        try:
            self._server = await serve(
                self._handle,
                host,
                port,
                create_connection=Peer,
                process_request=self._answer_http,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                server_header=None,
                open_timeout=limits.open_timeout,
                ping_interval=limits.ping_interval,
                ping_timeout=limits.ping_timeout,
                close_timeout=limits.close_timeout,
                max_size=MAX_CLIENT_FRAME,
                max_queue=limits.max_queue,
                # Below the cut-off a keepalive ping must never wait for a reader: it finds the dead ones.
                write_limit=limits.max_unsent,
                backlog=1024,
                logger=_quiet,
            )
        except OSError as error:
            raise _cannot_listen(host, port, error) from None
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def drain(self) -> None:
        """Stop listening, tell everyone when to come back, close, and wait for the end of it."""
        if self._server is not None:
            goodbye = text_frame(protocol.bye(RESTARTING, self.limits.retry_ms))
            for session in list(self._sessions.values()):
                session.peer.push(goodbye)
            self._server.close(code=RESTARTING, reason="restarting")
            try:
                async with asyncio.timeout(self.limits.open_timeout + self.limits.close_timeout):
                    await self._server.wait_closed()
            except TimeoutError:
                # A goodbye waits for a reader that has stopped reading; the end does not.
                for connection in list(self._server.all_connections):
                    connection.transport.abort()
                await self._server.wait_closed()
        for timer in self._timers.values():
            timer.cancel()
        self.door.close()

    async def review_for_ever(self) -> None:
        """Every `limits.recheck` seconds, put out whoever may no longer be where they are."""
        while True:
            await asyncio.sleep(self.limits.recheck)
            try:
                await self.review()
            except GlazokError as error:
                log.warning("permissions could not be reviewed", why=str(error))
            except Exception:
                # The edge of a task that must outlive any one failure: the answers in force stay in force.
                log.exception("permissions could not be reviewed")

    async def review(self) -> None:
        """Ask the authority about everyone and every room in use; close who has no business here any more."""
        # Rooms that ended in silence, without a last frame.
        self._flushed = {name: at for name, at in self._flushed.items() if name in self.registry.rooms}
        sessions = [session for session in self._sessions.values() if not session.card.is_system]
        in_use: dict[int, InUse] = defaultdict(InUse)
        for session in sessions:
            used = in_use[session.card.agent_id]
            used.rooms |= session.member.rooms
            used.places |= session.member.looking.keys()
        result = await self.door.review(in_use, {session.card.token for session in sessions})
        closing = []
        for session in sessions:
            if not session.is_in:
                continue
            card = session.card
            if card.agent_id in result.banned or card.token in result.revoked:
                session.drop()
                closing.append(session.peer.close(BAD_TOKEN, "not let in any more"))
                continue
            lost = result.lost.get(card.agent_id, InUse()).within(session.in_use)
            card.keep_only(session.member.rooms - lost.rooms)
            if (lost.rooms or lost.places) and not session.evict(lost):
                session.drop()
                closing.append(session.peer.close(NOT_ALLOWED, "not allowed here any more"))
        await asyncio.gather(*closing)

    # What the sessions need

    def opened(self, session: Session) -> None:
        """The hello was accepted."""
        self._sessions[session.member] = session
        log.debug("connection opened", conn=session.member.id, agent=session.member.agent or "system")

    def closed(self, session: Session) -> None:
        """The member was dropped."""
        del self._sessions[session.member]
        log.debug("connection closed", conn=session.member.id, agent=session.member.agent or "system")

    def stir(self) -> None:
        """A room that was quiet speaks at once; what follows within a tick goes together."""
        now = self._loop.time()
        for name in self.registry.stirred:
            if name not in self._timers:
                due = max(now, self._flushed.get(name, -inf) + self._tick.seconds)
                self._timers[name] = self._loop.call_at(due, self._flush, name, due)
        self.registry.stirred.clear()

    # Details

    def _flush(self, name: str, due: float) -> None:
        now = self._loop.time()
        self._tick.fired(now - due)
        del self._timers[name]
        self._flushed[name] = now
        for frame in self.registry.flush(name):
            data = text_frame(frame.text)
            for member in frame.members:
                session = self._sessions.get(member)
                if session is not None:
                    session.peer.push(data)
        if name not in self.registry.rooms:
            del self._flushed[name]

    async def _handle(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Peer)
        try:
            await converse(self, connection, self._loop.time)
        except Exception:
            # The edge of one connection: a bug of ours or a broken database ends it, and nobody else's.
            log.exception("a connection failed")
            await connection.close(1011, "internal error")

    def _answer_http(self, connection: ServerConnection, request: Request) -> Response | None:
        assert isinstance(connection, Peer)
        if request.path.partition("?")[0] == "/healthz":
            return connection.respond(HTTPStatus.OK, "ok\n")
        if "Origin" in request.headers:
            # Only browsers send one: a web page has no business here, whatever token it got hold of.
            return connection.respond(HTTPStatus.FORBIDDEN, "No web pages.\n")
        assert self._server is not None
        if len(self._server.all_connections) >= self.limits.connections:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.\n")
        connection.max_unsent = self.limits.max_unsent
        return None


def _cannot_listen(host: str, port: int, error: OSError) -> Unavailable:
    match error.errno:
        case errno.EADDRINUSE:
            return Unavailable(
                _("Port {port} on {host} is taken.").format(port=port, host=host),
                hint=_("Does a presence server run already? Stop it, or change presence.listen."),
            )
        case errno.EACCES:
            return Unavailable(
                _("Port {port} on {host} may not be used by this user.").format(port=port, host=host),
                hint=_("Choose a port above 1023 in presence.listen."),
            )
        case _:
            return Unavailable(
                _("Cannot listen on {host}, port {port}: {why}.").format(
                    host=host, port=port, why=system_words(error)
                ),
                hint=_("Set presence.listen to an address of this machine, such as 127.0.0.1:8765."),
            )


@asynccontextmanager
async def serving(
    address: tuple[str, int], authority: Authority, *, limits: Limits | None = None
) -> AsyncIterator[PresenceServer]:
    """Serve inside the block and drain at its end; `.port` says where. Port 0 takes any free one.

    Raises ConfigError and Unavailable as `PresenceServer.start` does.
    """
    server = PresenceServer(authority, limits or Limits())
    try:
        await server.start(*address)
        review = asyncio.create_task(server.review_for_ever(), name="presence-review")
        try:
            yield server
        finally:
            review.cancel()
    finally:
        await server.drain()


async def run(
    address: tuple[str, int],
    authority: Authority,
    *,
    stop: asyncio.Event,
    ready: Callable[[int], None] | None = None,
    limits: Limits | None = None,
) -> None:
    """Serve until `stop` is set. `ready` is called with the port once it is open."""
    async with serving(address, authority, limits=limits) as server:
        log.info("listening", host=address[0], port=server.port)
        if ready is not None:
            ready(server.port)
        await stop.wait()
        log.info("draining", connections=server.connections)
    log.info("stopped")
