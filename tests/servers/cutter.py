"""A proxy that cuts connections after so many bytes. Must not import the product."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from tests.servers.listening import listening


class Cutter:
    """Passes bytes between client and server; after `after` bytes from one side both ends are cut."""

    def __init__(self, port: int, side: Literal["server", "client"] = "server") -> None:
        self.server_port = port
        self.side = side
        self.port = 0
        self.after: int | None = None
        self.passed = 0
        """Bytes that the side said on the last connection that was to be cut."""
        self.overheard = bytearray()
        """What clients said on all connections, as it went over the wire."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        self.passed = 0
        limits = (None, self.after) if self.side == "server" else (self.after, None)
        ways = [
            asyncio.create_task(self._pass(reader, to_server, limits[0], self.overheard)),
            asyncio.create_task(self._pass(from_server, writer, limits[1], bytearray())),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            # What the server still says to the bytes before the cut may arrive or not: here it does not.
        finally:
            # Before any wait: where the test ends meanwhile, nothing after it would be done.
            to_server.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        left: int | None,
        overheard: bytearray,
    ) -> None:
        while data := await source.read(65536):
            overheard += data
            piece = data if left is None else data[:left]
            target.write(piece)
            await target.drain()
            if left is not None:
                self.passed += len(piece)
                left -= len(piece)
                if left <= 0:
                    return


@asynccontextmanager
async def cutting(port: int, side: Literal["server", "client"] = "server") -> AsyncIterator[Cutter]:
    """A proxy in front of a server, for the length of the block."""
    cutter = Cutter(port, side)
    async with listening(cutter.serve) as cutter.port:
        yield cutter
