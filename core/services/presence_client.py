"""The eye for consoles and the bridge: a connection to the presence server that heals itself.

Thin asyncio around `presence_machine`. It never raises into its owner: what goes wrong is a state to show.
Imports websockets late, so that a console paints before it loads.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

from core import logs
from core.clock import now
from core.errors import GlazokError
from core.i18n import N_, _
from core.pace import Bucket
from core.presence_frames import (
    BAD_MESSAGE,
    BAD_TOKEN,
    FLOODING,
    MAX_SERVER_FRAME,
    NOT_ALLOWED,
    RESTARTING,
    SUBPROTOCOL,
    BadFrameError,
    Look,
)
from core.services.presence_machine import Hint, Mark, News, PresenceMachine, Watchers
from core.settings.values import is_loopback

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["Hint", "Link", "Mark", "PresenceClient", "Reason", "Watchers"]

log = logs.get("presence.client")

RETRY_CAP = 2.0
"""Seconds: the longest wait before another try while the server is away."""
REFUSED_WAIT = (10.0, 30.0)
"""Seconds between tries, at random, once the server has refused us for something that haste will not mend."""
OPEN_TIMEOUT = 5.0
AGENT_PACE = (16.0, 30)
"""Frames a second for ever, and at once: below what the server allows an agent."""
SYSTEM_PACE = (400.0, 1000)
"""The same for the desk's own programs."""
PING = 4.0
"""Seconds, for the interval and for the answer: a dead server is noticed within 8 s."""


class Reason(StrEnum):
    """Why the eyes are off."""

    AWAY = "away"
    RESTARTING = "restarting"
    LOST = "lost"
    REFUSED = "refused"
    NOT_ALLOWED = "not_allowed"
    TOO_MANY = "too_many"
    PROTOCOL = "protocol"
    INSECURE = "insecure"


_SENTENCES: Mapping[Reason, str] = {
    Reason.AWAY: N_("the presence server does not answer"),
    Reason.RESTARTING: N_("the presence server is restarting"),
    Reason.LOST: N_("the connection to the presence server was lost"),
    Reason.REFUSED: N_("the presence server does not accept this agent"),
    Reason.NOT_ALLOWED: N_("this agent may see none of the groups asked for"),
    Reason.TOO_MANY: N_("this agent has too many windows open"),
    Reason.PROTOCOL: N_("the presence server speaks another version"),
    Reason.INSECURE: N_("the presence server's address is not protected by TLS"),
}

_BY_CODE: Mapping[int, Reason] = {
    BAD_TOKEN: Reason.REFUSED,
    NOT_ALLOWED: Reason.NOT_ALLOWED,
    FLOODING: Reason.TOO_MANY,
    BAD_MESSAGE: Reason.PROTOCOL,
    RESTARTING: Reason.RESTARTING,
    1001: Reason.RESTARTING,
}

_HASTE_IS_NO_USE = frozenset(
    {Reason.REFUSED, Reason.NOT_ALLOWED, Reason.TOO_MANY, Reason.PROTOCOL, Reason.INSECURE}
)


@dataclass(frozen=True, slots=True)
class Link:
    """How the connection stands, for the status bar."""

    phase: Literal["connecting", "connected", "off"]
    since: datetime
    """When it came to stand so; retries in between do not count."""
    reason: Reason | None = None

    @property
    def sentence(self) -> str:
        """Why the eyes are off, in the language in force; empty while they are not."""
        return _(_SENTENCES[self.reason]) if self.reason else ""


@dataclass(frozen=True, slots=True)
class _End:
    reason: Reason
    retry_ms: tuple[int, int] | None = None


Token = Callable[[], str] | Callable[[], Awaitable[str]]
"""Gives a fresh token for each connection; a plain function runs in a thread, since it may read a file."""


class PresenceClient:
    """The eyes of the colleagues, kept up to date, and one's own, announced.

    Callbacks run in the event loop and must be quick: `on_eyes(changed)` gets ticket → who looks now (empty:
    nobody), `on_hint(hint)` a ticket to read again, `on_state(link)` every change of the connection's state.
    """

    def __init__(
        self,
        url: str,
        get_token: Token,
        rooms: Iterable[str] = (),
        *,
        on_eyes: Callable[[dict[str, Watchers]], object] | None = None,
        on_hint: Callable[[Hint], object] | None = None,
        on_state: Callable[[Link], object] | None = None,
        program: str = "glazok",
    ) -> None:
        self.link = Link("connecting", now())
        """How the connection stands."""
        self._url = url
        self._get_token = get_token
        self._machine = PresenceMachine(rooms)
        self._on_eyes = on_eyes
        self._on_hint = on_hint
        self._on_state = on_state
        self._program = program
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._told = asyncio.Event()

    @property
    def eyes(self) -> Mapping[str, Watchers]:
        """ticket → who looks at it, oneself left out. Empty while off."""
        return self._machine.watchers

    def start(self) -> None:
        """Connect, and stay connected until `close`. Needs a running loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="presence-client")

    async def close(self) -> None:
        """Say goodbye, so that one's eye goes out at once, and stop. Takes two seconds at most."""
        task, self._task = self._task, None
        if task is None:
            return
        if not self._machine.is_told:
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._told.wait()
        # The connection's own exit says goodbye to the server.
        task.cancel()
        await asyncio.wait([task])

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def look(self, eyes: Mapping[str, tuple[str, Look]]) -> None:
        """Announce what this window looks at: ticket → (its group's room, `w`, `v` or `i`), the whole of it."""
        self._machine.look(eyes)
        self._stir()

    def hint(self, room: str, ticket: str, rev: int) -> None:
        """Tell the room, after a commit, that the ticket has an event `rev`."""
        self._machine.hint(room, ticket, rev)
        self._stir()

    def subscribe(self, rooms: Iterable[str]) -> None:
        """The whole set of rooms to hear of."""
        self._digest(self._machine.subscribe(rooms))

    # Details

    async def _run(self) -> None:
        tries = 0
        while True:
            try:
                end = await self._connect()
            except Exception:
                # The edge of a task: whatever breaks here must not take the eyes away for ever.
                log.exception("the connection to the presence server failed")
                end = _End(Reason.AWAY)
            news = self._machine.lost()
            if self.link.phase == "connected":
                tries = 0
            if self.link.phase != "off":
                self._set(Link("off", now(), end.reason))
            elif self.link.reason is not end.reason:
                self._set(Link("off", self.link.since, end.reason))
            self._digest(news)
            await asyncio.sleep(_wait(end, tries))
            tries += 1

    async def _connect(self) -> _End:
        """One connection, from beginning to end."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidURI
        from websockets.typing import Subprotocol

        parts = urlsplit(self._url)
        if parts.scheme != "wss" and not is_loopback(parts.hostname or ""):
            return _End(Reason.INSECURE)
        try:
            token = await self._token()
        except GlazokError as error:
            log.warning("no token for the presence server", why=str(error))
            return _End(Reason.REFUSED)
        socket: ClientConnection | None = None
        try:
            async with connect(
                self._url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT,
                ping_interval=PING,
                ping_timeout=PING,
                close_timeout=1,
                max_size=MAX_SERVER_FRAME,
                max_queue=64,
                user_agent_header=None,
            ) as socket:
                return await self._talk(socket, token)
        except (OSError, InvalidHandshake, InvalidURI):
            # TimeoutError is an OSError.
            return _End(Reason.AWAY)
        finally:
            # Who is in a hurry does not wait for the server's goodbye, and the library leaves it open then.
            if socket is not None:
                socket.transport.abort()

    async def _talk(self, socket: ClientConnection, token: str) -> _End:
        from websockets.exceptions import ConnectionClosed

        retry_ms: tuple[int, int] | None = None
        writer: asyncio.Task[None] | None = None
        try:
            await socket.send(self._machine.hello(token, self._program))
            async for message in socket:
                # A binary frame is nothing that JSON could be read from.
                news = self._machine.receive(message if isinstance(message, str) else "")
                retry_ms = news.retry_ms or retry_ms
                if news.welcomed:
                    self._set(Link("connected", now()))
                    writer = asyncio.create_task(self._write(socket), name="presence-writer")
                self._digest(news)
        except BadFrameError as bad:
            log.warning("the presence server sent what the protocol does not know", why=str(bad))
            await socket.close(BAD_MESSAGE, "bad message")
            return _End(Reason.PROTOCOL)
        except ConnectionClosed:
            pass
        finally:
            if writer is not None:
                writer.cancel()
        code = socket.close_code
        return _End(_BY_CODE.get(code or 1006, Reason.LOST), retry_ms)

    async def _token(self) -> str:
        if inspect.iscoroutinefunction(self._get_token):
            token: object = await self._get_token()
        else:
            token = await asyncio.to_thread(self._get_token)
            if inspect.isawaitable(token):
                token = await token
        assert isinstance(token, str)
        return token

    def _digest(self, news: News) -> None:
        self._stir()
        for refusal in news.refusals:
            log.info("refused by the presence server", why=refusal)
        if news.eyes and self._on_eyes is not None:
            self._on_eyes(news.eyes)
        if self._on_hint is not None:
            for hint in news.hints:
                self._on_hint(hint)

    def _stir(self) -> None:
        if not self._machine.is_told:
            self._told.clear()
            self._wake.set()

    async def _write(self, socket: ClientConnection) -> None:
        """Tell the server what it must hear, no faster than it allows."""
        from websockets.exceptions import ConnectionClosed

        clock = asyncio.get_running_loop().time
        bucket = Bucket(*(AGENT_PACE if self._machine.agent else SYSTEM_PACE), clock())
        with suppress(ConnectionClosed):
            while True:
                if self._machine.is_told:
                    self._told.set()
                    self._wake.clear()
                    await self._wake.wait()
                await asyncio.sleep(bucket.wait(clock()))
                frame = self._machine.next_frame()
                if frame is not None:
                    bucket.take(clock())
                    await socket.send(frame)

    def _set(self, link: Link) -> None:
        self.link = link
        if self._on_state is not None:
            self._on_state(link)


def _wait(end: _End, tries: int) -> float:
    """Seconds until the next try: full jitter, so that a hundred consoles do not come back as one."""
    if end.reason in _HASTE_IS_NO_USE:
        return random.uniform(*REFUSED_WAIT)
    if end.retry_ms is not None:
        low, high = end.retry_ms
        return random.uniform(low, min(high, 10_000)) / 1000
    return random.uniform(0, min(RETRY_CAP, 0.25 * 2 ** min(tries, 8)))
