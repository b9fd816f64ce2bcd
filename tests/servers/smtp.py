"""A real SMTP server (aiosmtpd) on a port of its own, which can be told to fail at any step.

    smtp_server.fail("rcpt", "550 5.1.1 No such user", address="gone@example.com")
    smtp_server.fail("dot", "451 4.3.0 Try later", times=1)
    smtp_server.drop("dot")             # the letter is taken, the answer never comes
    smtp_server.hang("mail")            # no answer until `release()` or the end of the test

It runs in a thread, so that tests may block or kill the program under test. Must not import the product.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, cast, get_args

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.smtp_talk import Fault, Received, SmtpOptions, Step, Talk
from tests.servers.tls import Ca


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
        self.live: set[Talk] = set()
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

    def _protocol(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext | None) -> Talk:
        self.connections += 1
        starttls = self.options.tls == "starttls"
        return Talk(
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
