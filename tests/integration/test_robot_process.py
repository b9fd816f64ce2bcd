"""The robot as a process: inside the bridge or alone, one at a time, taken over when it dies."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.domain.permissions import Role
from core.errors import Conflict
from core.services import agents, ledger, robot_runner
from core.services.desk import Desk
from tests.builders import opened, rows, seen_by_all
from tests.integration.bridge_desks import BridgeDesk, client_letter, kill, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

PATIENCE = 60.0
"""Seconds after which a test gives up; none of them measures time."""

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def wait_until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        assert process.poll() is None, "the process ended"
        time.sleep(0.05)


@pytest.fixture
def bridge_desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    """A desk with real servers, whose heads are told by e-mail after a second."""
    made = make_desk(tmp_path / "bridge", dovecot.mailbox("support"), smtp_server)
    text = made.config.read_text("utf-8") + '[robot.unaccepted]\nafter = "1s"\nby_mail = true\n'
    made.config.write_text(text, "utf-8")
    with made.open() as desk:
        agents.add(desk, "vera", "Vera", "vera@desk.example", groups={"first": Role.SUPERVISOR})
    return made


@pytest.mark.sqlite
def test_the_bridge_runs_the_robot_and_sends_its_letters(
    bridge_desk: BridgeDesk, smtp_server: SmtpServer
) -> None:
    bridge_desk.box.deliver(client_letter(1))
    process = bridge_desk.start("bridge")
    try:
        wait_until(
            lambda: any("vera@desk.example" in one.recipients for one in smtp_server.received), process
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    (told,) = [one for one in smtp_server.received if "vera@desk.example" in one.recipients]
    assert b"#1" in told.data
    assert bridge_desk.ask("SELECT count(*) FROM event WHERE actor = 'robot'") == [(1,)]
    assert bridge_desk.state("robot") == (True, "")
    with bridge_desk.open() as desk:
        assert ledger.lease_holder(desk, robot_runner.LEASE) == "", "given back"


@pytest.mark.sqlite
def test_a_bridge_without_the_robot_leaves_it_to_another_process(bridge_desk: BridgeDesk) -> None:
    bridge_desk.box.deliver(client_letter(1))
    process = bridge_desk.start("bridge", "--no-robot")
    try:
        wait_until(lambda: bridge_desk.outbox() == ["sent"], process)
        alone = bridge_desk.start("robot")
        try:
            wait_until(
                lambda: bridge_desk.ask("SELECT count(*) FROM event WHERE actor = 'robot'") == [(1,)], alone
            )
        finally:
            alone.send_signal(signal.SIGTERM)
            alone.communicate(timeout=PATIENCE)
        assert alone.returncode == 0
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert bridge_desk.ask("SELECT count(*) FROM part_state WHERE part = 'robot'") == [(0,)]


@pytest.mark.sqlite
def test_what_a_killed_robot_left_is_done_by_the_next_one_and_nothing_twice(bridge_desk: BridgeDesk) -> None:
    with bridge_desk.open() as desk:
        first = opened(desk, region="")
    process = bridge_desk.start("robot")
    try:
        wait_until(
            lambda: bridge_desk.ask("SELECT count(*) FROM event WHERE actor = 'robot'") == [(1,)], process
        )
    finally:
        kill(process)
    with bridge_desk.open() as desk:
        second = opened(desk, region="", sender="b@x.example")
        clock.set_to(datetime.now(UTC) + timedelta(seconds=robot_runner.LEASE_SECONDS + 5))
        acted = robot_runner.beat(desk, "the next one")
        assert [one.ticket_id for one in acted] == [second]
        assert first != second


# The lease


def test_one_robot_at_a_time(desk: Desk) -> None:
    clock.set_to(NOON)
    ticket = opened(desk)
    clock.set_to(NOON + timedelta(minutes=31))
    assert ledger.lease(desk, robot_runner.LEASE, "another", robot_runner.LEASE_SECONDS)
    assert robot_runner.beat(desk, "me") == []
    with pytest.raises(Conflict, match="running already"):
        robot_runner.once(desk)
    assert not [item for item in seen_by_all(desk, ticket).timeline if item.event.actor == "robot"]
    clock.set_to(NOON + timedelta(minutes=31, seconds=robot_runner.LEASE_SECONDS + 1))
    assert [one.ticket_id for one in robot_runner.beat(desk, "me")] == [ticket], "a dead one's place is taken"
    with pytest.raises(Conflict):
        robot_runner.once(desk)


def test_a_pass_of_ones_own_gives_the_lease_back(desk: Desk) -> None:
    assert robot_runner.once(desk) == robot_runner.once(desk) == []


def test_a_ticket_on_which_it_stumbles_does_not_keep_it_from_the_others(desk: Desk) -> None:
    clock.set_to(NOON)
    broken, whole = opened(desk), opened(desk, sender="b@x.example")
    assert robot_runner.once(desk) == []
    with desk.write() as session:
        session.connection().exec_driver_sql(f"UPDATE ticket SET kind = 'nonsense' WHERE id = {broken}")
    clock.set_to(NOON + timedelta(minutes=31))
    assert [one.ticket_id for one in robot_runner.once(desk)] == [whole]
    with desk.write() as session:
        session.connection().exec_driver_sql(f"UPDATE ticket SET kind = 'new' WHERE id = {broken}")
    clock.set_to(NOON + timedelta(minutes=37))
    assert [one.ticket_id for one in robot_runner.once(desk)] == [broken], "it is tried again"


def test_with_nothing_due_a_pass_writes_nothing(desk: Desk) -> None:
    clock.set_to(NOON)
    opened(desk)
    robot_runner.once(desk)
    tables = ("event", "timer", "notice", "outbox", "setting", "message")
    before = [rows(desk, f"SELECT count(*) FROM {table}") for table in tables]
    timers = rows(desk, "SELECT ticket_id, scenario, cause, due_at, fired_at FROM timer")
    clock.set_to(NOON + timedelta(minutes=29))
    robot_runner.once(desk)
    assert [rows(desk, f"SELECT count(*) FROM {table}") for table in tables] == before
    assert rows(desk, "SELECT ticket_id, scenario, cause, due_at, fired_at FROM timer") == timers
