"""Programs that run alone read their configuration again at SIGHUP, and a broken one changes nothing."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.services import setup
from core.settings import load
from tests.builders import opened
from tests.integration.bridge_desks import DeskFolder, kill
from tests.integration.test_robot_process import PATIENCE, wait_until
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.sqlite

CONFIG = """
[desk]
secret = "sixteen characters and more"
[groups.first]
name = "First"
[presence]
listen = "127.0.0.1:0"
[robot.unaccepted]
after = "30m"
"""


@pytest.fixture
def folder(tmp_path: Path, smtp_server: SmtpServer) -> DeskFolder:
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    setup.upgrade(load(tmp_path / "config.toml"))
    return DeskFolder(tmp_path, smtp_server)


@contextmanager
def running(
    folder: DeskFolder, *words: str
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[str], None]]]:
    """A program, and a way to wait until its log says something."""
    process = folder.start(*words)
    try:
        yield process, lambda text: wait_until(lambda: text in folder.log(), process)
    finally:
        if process.poll() is None:
            kill(process)


def test_a_running_robot_acts_by_the_changed_number_after_sighup(folder: DeskFolder) -> None:
    with folder.open() as desk:
        ticket = opened(desk, region="")
    config = folder.folder / "config.toml"
    with running(folder, "robot") as (process, logged):
        logged("unaccepted=1800")
        config.write_text(CONFIG + "nonsense\n", "utf-8")
        process.send_signal(signal.SIGHUP)
        logged("the old one goes on")
        assert folder.ask("SELECT count(*) FROM event WHERE actor = 'robot'") == [(0,)]
        config.write_text(CONFIG.replace("30m", "1s"), "utf-8")
        process.send_signal(signal.SIGHUP)
        logged("unaccepted=1 ")
        logged(f"ticket={ticket} scenario=unaccepted outcome=")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert folder.ask("SELECT count(*) FROM lease WHERE name = 'robot'") == [(0,)], "given back"


@pytest.mark.parametrize("words", [("presence",), ("bridge", "--no-robot")])
def test_sighup_reloads_and_does_not_kill(folder: DeskFolder, words: tuple[str, ...]) -> None:
    with running(folder, *words) as (process, logged):
        logged({"presence": "listening", "bridge": "bridge started"}[words[0]])
        config = folder.folder / "config.toml"
        config.write_text(CONFIG + "nonsense\n", "utf-8")
        process.send_signal(signal.SIGHUP)
        logged("the old one goes on")
        config.write_text(CONFIG, "utf-8")
        process.send_signal(signal.SIGHUP)
        logged("configuration reloaded")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
