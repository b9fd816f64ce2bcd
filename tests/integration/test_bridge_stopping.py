"""One pass of the bridge that is told to stop while a mailbox's server says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailbridge import daemon
from mailbridge.daemon import Bridge
from tests.integration.bridge_desks import PlainReader, client_letter, write_desk
from tests.servers.liar import Talk, speaking
from tests.servers.smtp import SmtpServer


async def silence(honest: bytes) -> AsyncIterator[bytes]:
    yield honest[:1]
    await asyncio.Event().wait()


def silent(_talk: Talk, honest: bytes) -> AsyncIterator[bytes]:
    return silence(honest)


async def errors_of(bridge: Bridge, stop: asyncio.Event, *, reconcile: bool) -> dict[str, str]:
    if reconcile:
        return (await bridge.reconcile(stop)).errors
    return {name: one.error for name, one in (await bridge.once(stop)).mailboxes.items()}


@pytest.mark.parametrize("reconcile", [False, True], ids=["once", "reconcile"])
async def test_a_pass_that_is_stopped_waits_for_no_silent_mailbox(
    tmp_path: Path, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, *, reconcile: bool
) -> None:
    monkeypatch.setattr(daemon, "GRACE_SECONDS", 0.2)
    stop = asyncio.Event()
    async with speaking({1: client_letter(1)}) as server:
        server.lies["search"] = silent
        with write_desk(tmp_path / "desk", server, smtp_server).open() as desk:
            bridge = Bridge(desk, PlainReader())
            running = asyncio.create_task(errors_of(bridge, stop, reconcile=reconcile))
            async with asyncio.timeout(60):
                while "search" not in server.asked:
                    await asyncio.sleep(0.02)
                stop.set()
                errors = await running
    assert errors == {"support": "Stopped while a mail server did not answer."}
