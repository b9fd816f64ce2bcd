"""`/metrics` for Prometheus and `/healthz`, on this machine only. Imports nothing of core.db.

A small HTTP/1.1 server of our own: two paths, one answer to a connection, limits on everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST

from core import logs
from core.errors import GlazokError, Unavailable
from core.i18n import _
from core.names import system_words
from core.services import upkeep
from core.services.desk import Desk
from core.text import json_safe
from mailbridge.figures import Figures

log = logs.get("bridge")

REQUEST_BYTES = 8 * 1024
"""Of a request's head at most."""
REQUEST_SECONDS = 5.0
AT_ONCE = 16
"""Connections served at the same time; more are closed."""
JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"

Answer = tuple[HTTPStatus, str, bytes]


class MetricsServer:
    """Answers for one desk's bridge."""

    def __init__(self, desk: Desk, figures: Figures) -> None:
        self.desk = desk
        self._figures = figures
        self._open = 0

    async def answer(self, method: str, path: str) -> Answer:
        """Status, content type and body for a request."""
        if method not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, PLAIN, b"GET only\n"
        match path.partition("?")[0]:
            case "/healthz":
                return self._health()
            case "/metrics":
                return await self._metrics()
        return HTTPStatus.NOT_FOUND, PLAIN, b"/metrics or /healthz\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one answer."""
        self._open += 1
        try:
            if self._open > AT_ONCE:
                return
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
                method, path = (words[0], words[1]) if len(words) == 3 else ("", "")
                writer.write(_written(method, await self.answer(method, path)))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # Whoever asked is gone, or never asked.
            pass
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _health(self) -> Answer:
        parts = {
            name: {
                "ok": part.ok,
                "text": part.text,
                "since": part.since.isoformat(timespec="seconds").replace("+00:00", "Z"),
            }
            for name, part in sorted(self._figures.parts.items())
        }
        body = json_safe(json.dumps({"ok": self._figures.ok, "parts": parts}, ensure_ascii=False, indent=1))
        status = HTTPStatus.OK if self._figures.ok else HTTPStatus.SERVICE_UNAVAILABLE
        return status, JSON, (body + "\n").encode()

    async def _metrics(self) -> Answer:
        try:
            outbox = await self.desk.call(upkeep.outbox_states)
        except GlazokError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, PLAIN, f"{error}\n".encode()
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, self._figures.exposition(outbox)


def _written(method: str, answer: Answer) -> bytes:
    status, kind, body = answer
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if method == "HEAD" else body)


@asynccontextmanager
async def serving(desk: Desk, figures: Figures, address: tuple[str, int]) -> AsyncIterator[int]:
    """Answer for the length of the block; gives the port. Raises Unavailable where it cannot listen."""
    host, port = address
    try:
        server = await asyncio.start_server(
            MetricsServer(desk, figures).serve, host, port, limit=REQUEST_BYTES
        )
    except OSError as error:
        raise Unavailable(
            _("The metrics cannot be served at {host}, port {port}: {why}.").format(
                host=host, port=port, why=system_words(error)
            ),
            hint=_("Set another port under bridge.metrics, or leave it empty."),
        ) from error
    found = int(server.sockets[0].getsockname()[1])
    log.info("metrics served", host=host, port=found)
    try:
        yield found
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REQUEST_SECONDS):
                await server.wait_closed()
