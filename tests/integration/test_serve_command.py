"""`glazok serve`: bridge and eyes in one process, hints after commits, reload, and an end in good order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.domain.permissions import Role
from core.services import agents
from core.services.identity import presence_ticket
from core.services.presence_client import Hint, Link, PresenceClient
from tests.integration.bridge_desks import BridgeDesk, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    made = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    made.config.write_text(
        made.config.read_text().replace('listen = "127.0.0.1:1"', 'listen = "127.0.0.1:0"')
    )
    return made


def first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    document = json.loads(process.stdout.readline())
    assert isinstance(document, dict)
    return document


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    return process.returncode


async def test_a_letter_is_filed_and_hinted_to_the_groups_screens(desk: BridgeDesk) -> None:
    process = desk.start("serve", "--json")
    said = await asyncio.to_thread(first_line, process)
    hints: asyncio.Queue[Hint] = asyncio.Queue()
    connected = asyncio.Event()

    def on_state(link: Link) -> None:
        if link.phase == "connected":
            connected.set()

    with desk.open() as opened:
        anna = agents.add(opened, "anna", groups={"first": Role.AGENT})
        async with PresenceClient(
            f"ws://127.0.0.1:{said['port']}/",
            lambda: presence_ticket(opened, anna.id),
            ["g1"],
            on_hint=hints.put_nowait,
            on_state=on_state,
        ):
            async with asyncio.timeout(60):
                await connected.wait()
                await asyncio.to_thread(desk.box.deliver, client_letter(1))
                hint = await hints.get()
            assert (hint.room, hint.ticket) == ("g1", "1")
            assert hint.rev > 0
    await asyncio.to_thread(desk.relay.wait_for, 1)
    assert await asyncio.to_thread(stop, process) == 0
    assert "Traceback" not in desk.log()


def test_a_taken_port_is_said_and_nothing_starts(desk: BridgeDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        desk.config.write_text(desk.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        process = desk.start("serve")
        process.communicate(timeout=60)
    assert process.returncode == 7
    assert str(port) in desk.log()
    assert "Traceback" not in desk.log()
    assert "bridge started" not in desk.log()


async def test_reload_takes_a_new_mailbox_up_and_refuses_a_broken_configuration(desk: BridgeDesk) -> None:
    process = desk.start("serve", "--json")
    await asyncio.to_thread(first_line, process)
    text = desk.config.read_text()

    async def logged(words: str, times: int = 1) -> None:
        async with asyncio.timeout(60):
            while desk.log().count(words) < times:
                assert process.poll() is None
                await asyncio.sleep(0.02)

    await logged("bridge started")
    desk.config.write_text("[desk\n")
    process.send_signal(signal.SIGHUP)
    await logged("configuration not reloaded")
    # Well-formed, and of no use: its database is not there.
    desk.config.write_text(text.replace("[desk]", '[desk]\ndatabase = "sqlite:///nowhere.db"', 1))
    process.send_signal(signal.SIGHUP)
    await logged("configuration not reloaded", 2)
    box = desk.box.server.mailbox("new")
    second = text[text.index("[mailboxes.support]") :].replace("mailboxes.support", "mailboxes.new")
    desk.config.write_text(text + second.replace(desk.box.address, box.address))
    process.send_signal(signal.SIGHUP)
    await logged("bridge started", 2)
    await asyncio.to_thread(box.deliver, client_letter(5))
    await asyncio.to_thread(desk.relay.wait_for, 1)
    assert desk.ask("SELECT mailbox FROM ticket") == [("new",)]
    assert await asyncio.to_thread(stop, process) == 0
