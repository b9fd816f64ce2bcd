"""The connection cut at many places of a dialogue, by a proxy in front of the real servers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.bridge_desks import BridgeDesk, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


class Cutter:
    """Passes bytes between client and server; after `after` bytes from the server both ends are cut."""

    def __init__(self, port: int) -> None:
        self.server_port = port
        self.port = 0
        self.after: int | None = None
        self.passed = 0
        """Bytes that the server said on the last connection that was to be cut."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        self.passed = 0
        asking = asyncio.create_task(self._pass(reader, to_server, None))
        try:
            await self._pass(from_server, writer, self.after)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            for one in (writer, to_server):
                one.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, left: int | None
    ) -> None:
        while data := await source.read(65536):
            piece = data if left is None else data[:left]
            target.write(piece)
            await target.drain()
            if left is not None:
                self.passed += len(piece)
                left -= len(piece)
                if left <= 0:
                    return


@asynccontextmanager
async def cutting(port: int) -> AsyncIterator[Cutter]:
    cutter = Cutter(port)
    server = await asyncio.start_server(cutter.serve, "127.0.0.1", 0)
    cutter.port = server.sockets[0].getsockname()[1]
    async with server:
        yield cutter


def through(desk: BridgeDesk, old: int, new: int) -> None:
    desk.config.write_text(desk.config.read_text().replace(f"port = {old}", f"port = {new}"))


async def test_imap_cut_anywhere_costs_no_letter(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    number = 0
    async with cutting(dovecot.imap_port) as cutter:
        through(desk, dovecot.imap_port, cutter.port)
        # From the greeting to beyond the last word of a whole dialogue; a new letter for every cut.
        for after in range(1, 3200, 97):
            desk.box.append(client_letter(number))
            number += 1
            cutter.after = after
            report = await desk.once()
            assert report.mailboxes["support"].error or cutter.passed < after
        cutter.after = None
        assert (await desk.once()).complete
    assert desk.subjects() == [f"Letter {one:05}" for one in range(number)]


async def test_smtp_cut_anywhere_repeats_no_letter(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    number = 0
    async with cutting(smtp_server.port) as cutter:
        through(desk, smtp_server.port, cutter.port)
        for after in range(1, 330, 9):
            desk.box.append(client_letter(number))
            number += 1
            cutter.after = after
            await desk.once()
        cutter.after = None
        while "queued" in desk.outbox():
            await asyncio.sleep(0.2)
            await desk.once()
    sent = Counter(received.message["Message-ID"] for received in smtp_server.received)
    assert max(sent.values()) == 1
    states = Counter(desk.outbox())
    assert set(states) == {"sent", "unknown"}
    assert states["sent"] + states["unknown"] == number
    assert states["sent"] <= len(sent)
