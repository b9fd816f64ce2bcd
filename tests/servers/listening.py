"""Servers of a few lines, in the test's own event loop. Must not import the product."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

HOST = "127.0.0.1"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(talk: Talk, *, limit: int = 1024 * 1024) -> AsyncIterator[int]:
    """A server on loopback that has this talk with each client, for the length of the block; its port.

    Every connection ends with it, whatever its talk was about to do: one that is cancelled before its first step
    comes to no `finally`, and a socket that is left open fails whichever test comes later.
    """
    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks[asyncio.create_task(hold(reader, writer))] = writer

    server = await asyncio.start_server(connected, HOST, 0, limit=limit)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        # What has been accepted takes some turns of the loop to become a talk; asyncio forgets its socket where the
        # server has closed before.
        for _ in range(10):
            await asyncio.sleep(0)
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        for writer in talks.values():
            writer.transport.abort()
        await asyncio.sleep(0)
