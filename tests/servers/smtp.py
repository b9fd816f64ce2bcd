"""A real SMTP server (aiosmtpd) on a port of its own, which can be told to fail at any step.

    smtp_server.fail("rcpt", "550 5.1.1 No such user", address="gone@example.com")
    smtp_server.fail("dot", "451 4.3.0 Try later", times=1)
    smtp_server.drop("dot")             # the letter is taken, the answer never comes
    smtp_server.hang("mail")            # no answer until `release()` or the end of the test

It runs in a thread, so that tests may block or kill the program under test. Must not import the product.
"""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Literal, cast, get_args

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.tls import Ca

Step = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "body", "dot"]
"""Where a fault strikes. `data` is the command, `body` right after 354, `dot` after the final dot."""


@dataclass(frozen=True)
class Received:
    """One letter that the server has taken."""

    envelope_from: str
    """The reverse path; empty for `<>`."""
    recipients: tuple[str, ...]
    """The recipients that the server accepted, in order."""
    data: bytes
    """The bytes between DATA and the final dot, dots unstuffed."""
    utf8: bool
    """Whether MAIL asked for SMTPUTF8."""
    login: str | None
    """Who had logged in."""
    tls: bool
    """Whether the connection was encrypted."""

    @property
    def message(self) -> EmailMessage:
        """The letter, parsed anew."""
        return email.message_from_bytes(self.data, policy=email.policy.default)


@dataclass
class Fault:
    """A failure that was asked for."""

    step: Step
    action: Literal["reply", "drop", "hang"]
    reply: str = ""
    """The whole status line, without line end; 421 closes the connection after it."""
    address: str | None = None
    """For `rcpt`: only this recipient."""
    times: int | None = None
    """How often it strikes; None: always."""
    keep: bool = False
    """For `dot`: the letter counts as received all the same."""
    struck: int = 0
    """How often it has struck."""


@dataclass(frozen=True)
class SmtpOptions:
    """What kind of server to run."""

    users: Mapping[str, str] = field(default_factory=dict)
    """Logins with passwords; when any is given, MAIL without AUTH is refused with 530."""
    tls: Literal["plain", "starttls", "tls"] = "plain"
    """`starttls` requires it; `tls` speaks it from the first byte."""
    utf8: bool = False
    """Whether SMTPUTF8 is offered."""
    size_limit: int = 33_554_432
    """Bytes of the largest letter; offered as SIZE."""
    idle_seconds: float = 300
    """A silent connection is closed after this many seconds."""


class _Protocol(SMTP):
    """One connection: aiosmtpd's, with a dialogue recorded and faults struck."""

    def __init__(self, owner: SmtpServer, **kwargs: Any) -> None:
        self._owner = owner
        super().__init__(_Handler(owner), **kwargs)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.live.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._owner.live.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else str(status)
        self._owner.note("S", text)
        await super().push(status)
        if text.startswith("354"):
            await self.strike("body")
        if text.startswith("421"):
            self.cut()

    def cut(self) -> None:
        """Close the connection and end its task, as aiosmtpd does when the client is gone."""
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).close()
        raise asyncio.CancelledError

    async def strike(self, step: Step, address: str | None = None) -> bool:
        """Apply the fault for this step, if any; True when the answer has been given by it."""
        fault = self._owner.next_fault(step, address)
        if fault is None:
            return False
        if fault.action == "drop":
            self.cut()
        if fault.action == "hang":
            await self._owner.wait_released()
            return False
        await self.push(fault.reply)
        return True

    async def _handle_client(self) -> None:
        if await self.strike("connect"):
            self.cut()
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        self._owner.note("C", f"EHLO {hostname}")
        if not await self.strike("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        self._owner.note("C", f"HELO {hostname}")
        await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        self._owner.note("C", "STARTTLS")
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        self._owner.note("C", f"AUTH {(arg or '').split(' ')[0]} ***")
        if not await self.strike("auth"):
            await super().smtp_AUTH(arg)

    async def auth_XOAUTH2(self, _protocol: SMTP, words: list[str]) -> AuthResult:
        """A user's password is the token too; a refusal comes as a challenge that wants an empty answer."""
        fields = base64.b64decode(words[1]).decode().split("\x01") if len(words) == 2 else []
        login = fields[0].removeprefix("user=") if fields else ""
        expected = self._owner.options.users.get(login)
        if expected is not None and fields == [f"user={login}", f"auth=Bearer {expected}", "", ""]:
            return AuthResult(success=True, auth_data=login)
        answer = await self.challenge_auth(b'{"status":"401","schemes":"bearer"}')
        self._owner.note("C", f"answer {answer!r}")
        return AuthResult(success=False, handled=False)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self._owner.note("C", f"MAIL {arg}")
        if await self.strike("mail"):
            return
        if self._owner.options.users and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self._owner.note("C", f"RCPT {arg}")
        address = (arg or "").partition("<")[2].partition(">")[0]
        if not await self.strike("rcpt", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._owner.note("C", "DATA")
        if not await self.strike("data"):
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str) -> None:
        self._owner.note("C", "RSET")
        await super().smtp_RSET(arg)

    async def smtp_NOOP(self, arg: str) -> None:
        self._owner.note("C", "NOOP")
        await super().smtp_NOOP(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        self._owner.note("C", "QUIT")
        await super().smtp_QUIT(arg)


class _Handler:
    """What aiosmtpd calls once a letter is complete."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_EHLO(
        self, _protocol: _Protocol, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [line for line in answers if line.strip() != "250-AUTH"]

    async def handle_DATA(self, protocol: _Protocol, session: Session, envelope: Envelope) -> str:
        letter = Received(
            envelope_from=(envelope.mail_from or "").removeprefix("<>"),
            recipients=tuple(envelope.rcpt_tos),
            data=cast(bytes, envelope.original_content),
            utf8=bool(envelope.smtp_utf8),
            login=cast("str | None", session.auth_data),
            tls=protocol.transport is not None and bool(protocol.transport.get_extra_info("ssl_object")),
        )
        self._owner.note("C", ".")
        fault = self._owner.next_fault("dot", None)
        if fault is None or fault.keep:
            await asyncio.to_thread(self._owner.take, letter)
        if fault is None:
            return "250 2.0.0 Taken"
        if fault.action == "drop":
            protocol.cut()
        if fault.action == "hang":
            await self._owner.wait_released()
            return "250 2.0.0 Taken, late"
        return fault.reply


class SmtpServer:
    """The server; `start()` and `stop()` may be called again and again and keep the port."""

    def __init__(self, options: SmtpOptions | None = None, ca: Ca | None = None) -> None:
        self.options = options or SmtpOptions()
        self.host = "127.0.0.1"
        self.port = 0
        """Chosen by the system at the first start."""
        self.received: list[Received] = []
        """The letters taken, in order."""
        self.dialogue: list[str] = []
        """`C: …` and `S: …` lines of all connections in order; passwords and letters are left out."""
        self.connections = 0
        """How many connections were opened so far."""
        self.on_letter: Callable[[Received], None] | None = None
        """Called in a thread for each letter before it is acknowledged; to pass it on to Dovecot, say."""
        self.live: set[_Protocol] = set()
        self._ca = ca
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._release: asyncio.Event | None = None

    # What a test asks for

    def fail(self, step: Step, reply: str, *, address: str | None = None, times: int | None = None) -> Fault:
        """Answer `reply` at `step`; at `rcpt` only for `address` when one is given; `times` or always."""
        return self._add(Fault(step, "reply", reply, address=address, times=times))

    def drop(self, step: Step, *, times: int | None = 1, keep: bool | None = None) -> Fault:
        """Close the connection at `step` without a word.

        At `dot` the letter has been received unless `keep=False`.
        """
        return self._add(Fault(step, "drop", times=times, keep=step == "dot" if keep is None else keep))

    def hang(self, step: Step, *, times: int | None = 1, keep: bool | None = None) -> Fault:
        """Say nothing at `step` until `release()`; then go on as if nothing had been."""
        return self._add(Fault(step, "hang", times=times, keep=step == "dot" if keep is None else keep))

    def heal(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def release(self) -> None:
        """Let everything that hangs go on."""
        loop, release = self._loop, self._release
        if loop is not None and release is not None:
            loop.call_soon_threadsafe(release.set)

    def drop_connections(self) -> None:
        """Close every open connection, as a server does with idle ones."""
        loop = self._loop
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._close_all(), loop).result(10)

    def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        """The letters taken, once there are at least `count`; AssertionError when that takes too long."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(self.received) < count:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"{len(self.received)} letters instead of {count}; dialogue: {self.dialogue[-20:]}"
                    )
                self._changed.wait(left)
            return list(self.received)

    # What the connections call

    def next_fault(self, step: Step, address: str | None) -> Fault | None:
        """The fault that strikes now, counted."""
        with self._lock:
            for fault in self._faults:
                spent = fault.times is not None and fault.struck >= fault.times
                if fault.step == step and not spent and fault.address in (None, address):
                    fault.struck += 1
                    return fault
        return None

    def note(self, side: Literal["C", "S"], text: str) -> None:
        """Add a line to the dialogue."""
        with self._lock:
            self.dialogue.append(f"{side}: {text}")

    def take(self, letter: Received) -> None:
        """Store a letter, and pass it on."""
        if self.on_letter is not None:
            self.on_letter(letter)
        with self._changed:
            self.received.append(letter)
            self._changed.notify_all()

    async def wait_released(self) -> None:
        """Wait for `release()`."""
        assert self._release is not None
        await self._release.wait()

    # Running

    def start(self) -> None:
        """Listen; returns when connections are accepted."""
        ready: list[BaseException | None] = []
        event = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(ready, event), name="smtp-server", daemon=True
        )
        self._thread.start()
        if not event.wait(10) or (ready and ready[0] is not None):
            raise RuntimeError(f"the SMTP server for tests did not start: {ready}")

    def stop(self) -> None:
        """Close all connections and stop listening. A stopped server refuses connections."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the SMTP server for tests did not stop"
        self._thread = self._loop = self._stop = self._release = None

    def _add(self, fault: Fault) -> Fault:
        if fault.step not in get_args(Step):
            raise ValueError(f"no such step: {fault.step}")
        with self._lock:
            self._faults.append(fault)
        return fault

    def _run(self, ready: list[BaseException | None], event: threading.Event) -> None:
        try:
            asyncio.run(self._main(ready, event))
        except OSError as error:
            ready.append(error)
            event.set()

    async def _main(self, ready: list[BaseException | None], event: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        self._loop, self._stop, self._release = loop, asyncio.Event(), asyncio.Event()
        context = self._ca.server_context() if self._ca and self.options.tls != "plain" else None
        server = await loop.create_server(
            lambda: self._protocol(loop, context),
            self.host,
            self.port,
            ssl=context if self.options.tls == "tls" else None,
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.append(None)
        event.set()
        await self._stop.wait()
        # asyncio forgets the socket of a connection that is being accepted while its server closes.
        for _ in range(10):
            await asyncio.sleep(0)
        server.close()
        await self._close_all()
        # An encrypted one takes some turns to say goodbye; a client who never answers is not waited for.
        until = loop.time() + 2
        while self.live and loop.time() < until:
            await asyncio.sleep(0.01)

    def _protocol(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext | None) -> _Protocol:
        self.connections += 1
        starttls = self.options.tls == "starttls"
        return _Protocol(
            self,
            loop=loop,
            hostname="smtp.test",
            enable_SMTPUTF8=self.options.utf8,
            data_size_limit=self.options.size_limit,
            timeout=self.options.idle_seconds,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,
            authenticator=self._authenticate,
            auth_exclude_mechanism=None if self.options.users else ("LOGIN", "PLAIN", "XOAUTH2"),
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login = data.login.decode("utf-8", "replace")
        expected = self.options.users.get(login)
        good = expected is not None and data.password == expected.encode()
        return AuthResult(success=good, handled=False, auth_data=login if good else None)

    async def _close_all(self) -> None:
        for protocol in list(self.live):
            transport = cast("asyncio.Transport | None", protocol.transport)
            # On Debian 12's Python 3.11.2 abort() of a TLS transport raises TypeError.
            if transport is not None and not transport.is_closing():
                encrypted = transport.get_extra_info("ssl_object") is not None
                transport.close() if encrypted else transport.abort()
        await asyncio.sleep(0)


@pytest.fixture
def make_smtp_server(request: pytest.FixtureRequest) -> Iterator[Callable[..., SmtpServer]]:
    """Start a server with the given `SmtpOptions`: `make_smtp_server(users={"a": "b"}, tls="starttls")`."""
    started: list[SmtpServer] = []

    def make(**options: Any) -> SmtpServer:
        chosen = SmtpOptions(**options)
        ca = request.getfixturevalue("ca") if chosen.tls != "plain" else None
        server = SmtpServer(chosen, ca)
        server.start()
        started.append(server)
        return server

    yield make
    for server in started:
        server.stop()


@pytest.fixture
def smtp_server(make_smtp_server: Callable[..., SmtpServer]) -> SmtpServer:
    """A plain server on loopback that takes every letter."""
    return make_smtp_server()
