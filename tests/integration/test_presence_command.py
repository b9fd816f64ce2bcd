"""`glazok presence` as operators run it, with the desk's own database behind it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import presence_protocol as protocol
from core import settings as settings_package
from core.domain.permissions import Role
from core.presence_frames import BAD_TOKEN, NOT_ALLOWED, RESTARTING, Eye
from core.services import agents, setup
from core.services.desk import Desk
from core.services.identity import Identity, directory, presence_ticket
from core.services.presence_client import Mark, PresenceClient
from tests.servers.presence import QUICK, Wire

CONFIG = """
[desk]
secret = "sixteen characters and more"
[groups.first]
name = "First"
[groups.north]
name = "North"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Anna and Boris in First, Clara in North."""
    (tmp_path / "config.toml").write_text(CONFIG)
    settings = settings_package.load(tmp_path / "config.toml")
    setup.upgrade(settings)
    desk = Desk.open(settings)
    for login, group in (("anna", "first"), ("boris", "first"), ("clara", "north")):
        agents.add(desk, login, groups={group: Role.AGENT})
    yield desk
    desk.close()


def ids(desk: Desk) -> tuple[dict[str, int], dict[str, str]]:
    """login → agent id, and group key → room."""
    known = directory(desk)
    return (
        {agent.login: agent.id for agent in known.agents.values()},
        {group.key: f"g{group.id}" for group in known.groups.values()},
    )


@contextmanager
def running(desk: Desk, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command, killed at the end if it has not ended by itself."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "presence", "-c", str(desk.settings.path), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    assert isinstance(port, int)
    return port


async def test_it_serves_the_desks_agents_and_sigterm_drains(desk: Desk) -> None:
    agent, room = ids(desk)
    with running(desk, "--listen", "127.0.0.1:0", "--json") as process:
        url = f"ws://127.0.0.1:{await asyncio.to_thread(port_of, process)}/"
        anna = await Wire.enter(url, presence_ticket(desk, agent["anna"]), room["first"])
        boris = await Wire.enter(url, presence_ticket(desk, agent["boris"]), room["first"])
        clara = await Wire.open(url)
        await clara.send(protocol.hello(presence_ticket(desk, agent["clara"]), [room["first"]], "test"))
        assert (await clara.closed())[0] == NOT_ALLOWED
        await anna.send(protocol.at(1, [Eye("7", room["first"], "w")]))
        frame = await boris.until(lambda frame: frame.get("set"))
        assert frame["set"] == {"7": [[f"a{agent['anna']}", "w"]]}
        process.send_signal(signal.SIGTERM)
        await boris.until(lambda frame: frame["t"] == "bye")
        assert (await boris.closed())[0] == RESTARTING
        out, err = await asyncio.to_thread(process.communicate, timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in err
        assert out == ""
    await Wire.abandon_all()


def test_a_port_that_is_taken_is_one_sentence_and_an_exit_code(desk: Desk) -> None:
    with running(desk, "--listen", "127.0.0.1:0", "--json") as first:
        with running(desk, "--listen", f"127.0.0.1:{port_of(first)}") as second:
            _out, err = second.communicate(timeout=20)
        assert second.returncode == 7
        assert "is taken" in err
        assert "Traceback" not in err
        first.terminate()
        first.communicate(timeout=20)
    assert first.returncode == 0


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "nonsense", "127.0.0.1:99999"])
def test_an_address_that_will_not_do_is_refused(desk: Desk, listen: str) -> None:
    with running(desk, "--listen", listen) as process:
        _out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "Traceback" not in err


async def test_the_real_directory_decides_who_sees_whom_and_what_is_taken_away(desk: Desk) -> None:
    from presence_server.server import serving

    agent, room = ids(desk)
    async with serving(("127.0.0.1", 0), Identity(desk), limits=QUICK) as server:
        url = f"ws://127.0.0.1:{server.port}/"
        token = agents.new_token(desk, "anna")
        remote = await Wire.enter(url, token, room["first"])
        async with PresenceClient(
            url, lambda: presence_ticket(desk, agent["boris"]), [room["first"]]
        ) as boris:
            await remote.send(protocol.at(1, [Eye("7", room["first"], "v")]))
            async with asyncio.timeout(10):
                while boris.eyes != {"7": (Mark(agent["anna"], "v"),)}:
                    await asyncio.sleep(0.005)
            clara = await Wire.enter(url, presence_ticket(desk, agent["clara"]), room["north"])
            await clara.send(protocol.sub(1, [room["north"], "t1", "t" + "9" * 24]))
            assert (await clara.expect("err"))["room"] == "t1"
            assert (await clara.expect("err"))["room"] == "t" + "9" * 24
            agents.revoke_token(desk, "anna")
            agents.edit(desk, "clara", active=False)
            await server.review()
            assert (await remote.closed())[0] == BAD_TOKEN
            assert (await clara.closed())[0] == BAD_TOKEN
            async with asyncio.timeout(10):
                while boris.eyes:
                    await asyncio.sleep(0.005)
            assert boris.link.phase == "connected"
    await Wire.abandon_all()
