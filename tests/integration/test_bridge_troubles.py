"""What goes wrong between the bridge and its servers, and that nothing is lost by it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.domain.letters import Letter
from tests.integration.bridge_desks import (
    PlainReader,
    client_letter,
    kill,
    make_desk,
    memory,
    running_bridge,
)
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

PATIENCE = 60.0


async def happens(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.02)


async def test_a_mail_server_that_is_restarted_is_found_again(
    tmp_path: Path, private_dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", private_dovecot.mailbox("support"), smtp_server)
    desk.box.deliver(client_letter(1))
    with desk.open() as opened:
        stop = asyncio.Event()
        async with running_bridge(opened, PlainReader(), stop):
            await happens(lambda: len(desk.subjects()) == 1)
            # Stopped, Dovecot keeps an idle connection for half a minute.
            await asyncio.to_thread(desk.box.kick)
            await asyncio.to_thread(private_dovecot.stop)
            await happens(lambda: not desk.state("mailbox support")[0])
            assert str(private_dovecot.imap_port) in desk.state("mailbox support")[1]
            await asyncio.to_thread(private_dovecot.start)
            await asyncio.to_thread(desk.box.deliver, client_letter(2))
            await happens(lambda: len(desk.subjects()) == 2)
            await happens(lambda: desk.state("mailbox support") == (True, ""))


async def test_connections_that_are_cut_again_and_again_lose_nothing(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    with desk.open() as opened:
        stop = asyncio.Event()
        async with running_bridge(opened, PlainReader(), stop):
            for number in range(40):
                await asyncio.to_thread(desk.box.append, client_letter(number))
                if number % 8 == 0:
                    await asyncio.to_thread(desk.box.kick)
            await happens(lambda: len(desk.subjects()) >= 40)
    assert desk.subjects() == [f"Letter {number:05}" for number in range(40)]


async def test_a_locked_database_is_waited_for(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    with desk.open() as opened:
        stop = asyncio.Event()
        async with running_bridge(opened, PlainReader(), stop):
            await happens(lambda: desk.ask("SELECT count(*) FROM lease WHERE name <> 'robot'") == [(2,)])
            with sqlite3.connect(desk.folder / "glazok.db", isolation_level=None) as writer:
                writer.execute("BEGIN IMMEDIATE")
                await asyncio.to_thread(desk.box.deliver, client_letter(1))
                await happens(lambda: "locked" in caplog.text)
                assert desk.subjects() == []
                writer.execute("ROLLBACK")
            writer.close()
            await happens(lambda: desk.outbox() == ["sent"])
    assert desk.subjects() == ["Letter 00001"]
    assert "Traceback" not in caplog.text


class SlowReader(PlainReader):
    """Takes its time, as hostile letters make a reader do."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        self.entered.set()
        await self.go_on.wait()
        return await super().parse_many(letters, trusted=trusted)


async def test_a_stop_in_the_middle_of_a_batch_finishes_it(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    desk.box.deliver_all([client_letter(number) for number in range(5)])
    reader = SlowReader()
    with desk.open() as opened:
        stop = asyncio.Event()
        async with running_bridge(opened, reader, stop):
            await reader.entered.wait()
            stop.set()
            reader.go_on.set()
    assert len(desk.subjects()) == 5
    assert desk.ask("SELECT count(*) FROM lease") == [(0,)]


async def test_two_desks_bridges_on_one_mailbox_do_not_exist_but_two_bridges_of_one_desk_do(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    with desk.open() as first, desk.open() as second:
        stop = asyncio.Event()
        async with running_bridge(first, PlainReader(), stop), running_bridge(second, PlainReader(), stop):
            for number in range(20):
                await asyncio.to_thread(desk.box.append, client_letter(number))
            await happens(lambda: desk.outbox() == ["sent"] * 20)
    assert desk.subjects() == [f"Letter {number:05}" for number in range(20)]
    assert len(desk.relay.received) == 20


def test_a_letter_of_60_mb_costs_little_memory(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    process = desk.start("bridge")
    desk.box.deliver(client_letter(1))
    wait(lambda: desk.outbox() == ["sent"])
    before = memory(process.pid, "VmRSS", children=True)
    desk.box.append(client_letter(2) + (b"y" * 76 + b"\r\n") * 800_000)
    wait(lambda: len(desk.subjects()) == 2)
    peak = memory(process.pid, "VmHWM", children=True)
    kill(process)
    assert peak - before < 80 * 1024 * 1024


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("size_mb", [9, 20])
async def test_a_large_letter_within_the_limit_is_read_whole(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, size_mb: int
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    raw = client_letter(1) + b"end of a large letter\r\n" * (size_mb * 1024 * 1024 // 23)
    desk.box.append(raw)
    await desk.once()
    ((sha256, size),) = desk.ask("SELECT sha256, size FROM mail_ledger")
    assert size == len(raw)
    assert (desk.folder / "blobs" / sha256[:2] / sha256).read_bytes() == raw
    assert desk.subjects() == ["Letter 00001"]
    assert not list((desk.folder / "blobs").glob(".incoming-*"))
