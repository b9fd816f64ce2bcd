"""systemd is told: ready, status, alive, stopping; over the path or the abstract name that it gives."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailbridge.figures import Figures
from mailbridge.notify import Notifier


@contextmanager
def systemd(name: str) -> Iterator[socket.socket]:
    """The receiving end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        end.settimeout(10)
        yield end


@pytest.fixture(params=["path", "abstract"])
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@glazok-test-{uuid.uuid4().hex}"


def test_it_says_ready_and_stopping(name: str) -> None:
    with systemd(name) as end:
        notifier = Notifier({"NOTIFY_SOCKET": name})
        notifier.ready()
        notifier.stopping()
        assert [end.recv(4096) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]


def test_a_reload_names_the_clock_as_newer_systemd_wants_it(name: str) -> None:
    with systemd(name) as end:
        Notifier({"NOTIFY_SOCKET": name}).reloading()
        first, second = end.recv(4096).decode().split("\n")
        assert first == "RELOADING=1"
        assert second.removeprefix("MONOTONIC_USEC=").isdecimal()


def test_a_status_of_several_lines_is_no_second_message(name: str) -> None:
    with systemd(name) as end:
        notifier = Notifier({"NOTIFY_SOCKET": name})
        notifier.status("one\nSTOPPING=1")
        notifier.status("one\nSTOPPING=1")
        notifier.status("two")
        assert [end.recv(4096) for _ in range(2)] == [b"STATUS=one STOPPING=1", b"STATUS=two"]


async def test_the_watchdog_is_fed_while_the_loop_runs(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    figures = Figures()
    figures.progress["support"] = (1200, 45000)
    with systemd(name) as end:
        end.setblocking(False)
        loop = asyncio.get_running_loop()
        environ = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())}
        keeping = asyncio.create_task(Notifier(environ).keep(figures.status))
        async with asyncio.timeout(20):
            said = [await loop.sock_recv(end, 4096) for _ in range(3)]
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
    assert said == [b"STATUS=works; support: 1,200 of 45,000 letters", b"WATCHDOG=1", b"WATCHDOG=1"]


async def test_another_process_s_watchdog_is_not_ours(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with systemd(name) as end:
        environ = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}
        keeping = asyncio.create_task(Notifier(environ).keep(lambda: "works"))
        await asyncio.sleep(0.1)
        keeping.cancel()
        assert end.recv(4096) == b"STATUS=works"
        end.setblocking(False)
        with pytest.raises(BlockingIOError):
            end.recv(4096)


def test_without_systemd_or_with_a_dead_one_nothing_happens(tmp_path: Path) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        notifier = Notifier(environ)
        notifier.ready()
        notifier.status("works")
