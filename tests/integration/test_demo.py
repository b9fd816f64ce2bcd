"""The demo as programs see it: the whole round trip, what it leaves behind, and what it says when it breaks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cli.demo.roundtrip import STEPS

LONG = 60.0
"""Seconds after which something that must come counts as lost."""


@contextmanager
def headless(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A running `glazok demo --headless` whose temporary folders lie in `folder`."""
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--headless", "--language", "en", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def facts(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What it tells, line by line."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def until(process: subprocess.Popen[str], what: str) -> dict[str, Any]:
    """The first fact of a kind."""
    return next(fact for fact in facts(process) if fact["what"] == what)


def is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def assert_all_end(pids: Iterator[int] | list[int]) -> None:
    deadline = time.monotonic() + LONG
    waiting = list(pids)
    while waiting and time.monotonic() < deadline:
        waiting = [pid for pid in waiting if is_running(pid)]
        time.sleep(0.05)
    assert not waiting


def test_a_letter_goes_all_the_way_and_nothing_stays_behind(tmp_path: Path) -> None:
    with headless(tmp_path / "tmp", "--seconds", "25") as process:
        told = list(facts(process))
        assert process.wait(LONG) == 0
    happened = [fact["what"] for fact in told]
    assert [what for what in happened if what in STEPS] == list(STEPS)
    assert told[-1] | {"at": ""} == {"at": "", "what": "finished", "ok": True}
    by_name = {fact["what"]: fact for fact in told}
    assert by_name["answer fetched"]["in_reply_to"] == by_name["letter sent"]["message_id"]
    assert by_name["client answered"]["in_reply_to"] == by_name["answered"]["message_id"]
    assert by_name["back in the same ticket"]["ticket_id"] == by_name["ticket opened"]["ticket_id"]
    assert {"client wrote", "colleague looks"} <= set(happened)
    assert not list((tmp_path / "tmp").iterdir())
    assert_all_end(list(by_name["serving"]["processes"].values()))


def test_without_the_bridge_it_says_what_is_missing(tmp_path: Path) -> None:
    with headless(tmp_path / "tmp", "--seconds", "10") as process:
        os.kill(until(process, "serving")["processes"]["serve"], signal.SIGKILL)
        rest = list(facts(process))
        assert process.wait(LONG) == 1
    assert rest[-1]["what"] == "failed"
    assert rest[-1]["missing"][-1] == "ticket show agrees"
    assert rest[-1]["dead"] == ["serve"]


def test_without_the_mail_servers_it_says_why(tmp_path: Path) -> None:
    with headless(tmp_path / "tmp", "--seconds", "10") as process:
        os.kill(until(process, "serving")["processes"]["world"], signal.SIGKILL)
        rest = list(facts(process))
        assert process.wait(LONG) == 1
    assert rest[-1]["what"] == "failed"
    assert rest[-1]["why"]
    assert rest[-1]["dead"] == ["world"]


def test_told_to_stop_it_cleans_up(tmp_path: Path) -> None:
    with headless(tmp_path / "tmp", "--seconds", "100") as process:
        pids = until(process, "serving")["processes"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 128 + signal.SIGTERM
    assert not list((tmp_path / "tmp").iterdir())
    assert_all_end(list(pids.values()))


def test_its_processes_do_not_outlive_it(tmp_path: Path) -> None:
    with headless(tmp_path / "tmp", "--seconds", "100") as process:
        pids = until(process, "serving")["processes"]
        process.kill()
        process.wait(LONG)
    assert_all_end(list(pids.values()))


def test_a_desk_in_a_named_folder_stays(tmp_path: Path) -> None:
    with headless(tmp_path / "tmp", "--dir", str(tmp_path / "desk"), "--seconds", "100") as process:
        until(process, "serving")
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 128 + signal.SIGINT
    assert (tmp_path / "desk" / "config.toml").is_file()
    assert (tmp_path / "desk" / "glazok.db").is_file()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "needs a terminal"),
        (["--prepare"], "--dir"),
        (["--tickets", "5"], "--prepare"),
        (["--seconds", "5"], "--headless"),
        (["--prepare", "--headless"], "exclude each other"),
    ],
)
def test_what_it_cannot_do_it_says(options: list[str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
