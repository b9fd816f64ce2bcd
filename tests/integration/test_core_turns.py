"""Writers' turns before an SQLite file: who came first is next, and nobody waits for ever."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from core.db import sqlite
from core.db.turns import turn
from core.errors import Unavailable
from core.services.desk import Desk

pytestmark = pytest.mark.sqlite

WAITER = """
import sys
from core.db.turns import turn
with turn(sys.argv[1], 60):
    print("came", flush=True)
    sys.stdin.readline()
"""


def waiter(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WAITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def waits_at(path: Path, count: int) -> None:
    """Until so many programs wait for the lock, as the system lists them."""
    inode = f":{path.stat().st_ino} "
    deadline = time.monotonic() + 60
    while (
        sum("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines()) < count
    ):
        assert time.monotonic() < deadline, "they do not wait"
        time.sleep(0.01)


def comes_at_once(path: Path) -> bool:
    """Whether nothing holds up the next one."""
    one = waiter(path)
    assert one.stdout is not None
    came = one.stdout.readline() == "came\n"
    one.communicate("\n")
    return came


def test_who_comes_first_is_next(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    came: list[int] = []
    with turn(str(path), 0):
        crowd = []
        for number in range(12):
            crowd.append(waiter(path))
            waits_at(path, number + 1)
    for number, one in enumerate(crowd):
        assert one.stdout is not None
        assert one.stdout.readline() == "came\n"
        came.append(number)
        # While this one has its turn, all behind it wait.
        waits_at(path, len(crowd) - number - 1)
        one.communicate("\n")
    assert came == list(range(12))


def test_the_turn_goes_to_the_next_when_its_program_ends_or_dies(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    with turn(str(path), 0):
        second = waiter(path)
        waits_at(path, 1)
    assert second.stdout is not None
    assert second.stdout.readline() == "came\n"
    third = waiter(path)
    waits_at(path, 1)
    second.kill()
    assert third.stdout is not None
    assert third.stdout.readline() == "came\n"
    third.communicate("\n")
    second.communicate()
    assert comes_at_once(path)


def test_a_turn_that_does_not_end_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    went_on, third_came = [], threading.Event()

    def third() -> None:
        with turn(str(path), 60):
            third_came.set()

    before = len(list(Path("/proc/self/fd").iterdir()))
    with turn(str(path), 0):
        with turn(str(path), 0.01):
            went_on.append("first")
        with turn(str(path), 0.01):
            went_on.append("second")
        patient = threading.Thread(target=third)
        patient.start()
        assert third_came.wait(30), "who comes later waits for whom those who gave up have waited for"
    patient.join()
    assert went_on == ["first", "second"]
    # Those who gave up leave nothing behind that holds the others up.
    while any(thread.name == "turn" for thread in threading.enumerate()):
        time.sleep(0.01)
    assert comes_at_once(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_block_that_fails_ends_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    with pytest.raises(KeyError), turn(str(path), 0):
        raise KeyError
    assert comes_at_once(path)


def test_where_no_file_can_be_made_everybody_goes_on(tmp_path: Path) -> None:
    entered = False
    with turn(str(tmp_path / "missing" / "queue"), 5):
        entered = True
    assert entered


def test_files_are_given_back(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        with turn(str(tmp_path / "queue"), 0):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("counter", [b"\xff" * 8, b"\xff" * 7 + b"\x7f", b"\x00" * 7 + b"\x80", b"abc"])
def test_whatever_stands_in_the_file_turns_are_taken_by_it(tmp_path: Path, counter: bytes) -> None:
    path = tmp_path / "queue"
    path.write_bytes(counter)
    with turn(str(path), 0):
        second = waiter(path)
        waits_at(path, 1)
    assert second.stdout is not None
    assert second.stdout.readline() == "came\n"
    second.communicate("\n")
    assert comes_at_once(path)


def test_on_a_system_without_such_locks_everybody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(fcntl, "F_OFD_SETLK")
    went_on = []
    with turn(str(tmp_path / "queue"), 5):
        went_on.append("first")
        with turn(str(tmp_path / "queue"), 5):
            went_on.append("second")
    assert went_on == ["first", "second"]


def test_where_no_thread_can_wait_everybody_goes_on_and_gives_the_file_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    path = tmp_path / "queue"
    went_on = []
    before = len(list(Path("/proc/self/fd").iterdir()))
    with turn(str(path), 0):
        monkeypatch.setattr(threading.Thread, "start", start)
        with turn(str(path), 5):
            went_on.append("second")
    assert went_on == ["second"]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_who_has_waited_their_time_in_the_queue_does_not_wait_it_once_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience: list[int] = []

    @event.listens_for(desk.engine, "before_cursor_execute")
    def _look(connection: object, _cursor: object, statement: str, *_others: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            raw = connection.connection.driver_connection  # type: ignore[attr-defined]
            patience.append(raw.execute("PRAGMA busy_timeout").fetchone()[0])

    monkeypatch.setattr(sqlite, "BUSY_MS", 20)
    with closing(sqlite3.connect(desk.settings.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="is busy"), desk.write() as session:
            session.connection()
        other.execute("ROLLBACK")
    assert patience == [0]
    with desk.write() as session:
        assert session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 20
