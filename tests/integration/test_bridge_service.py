"""The bridge as a service: systemd is told, Prometheus and /healthz are answered, differences are found."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.services import health, ledger, setup
from core.services.intake import Taken
from core.settings import load
from mailbridge.imap import ImapSource
from mailbridge.watching import Watcher, imap_server
from tests.integration.bridge_desks import BridgeDesk, PlainReader, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

PATIENCE = 60.0
METRICS = f"metrics {socket.gethostname()}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    made = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    text = made.config.read_text().replace("[presence]", '[bridge]\nmetrics = "127.0.0.1:0"\n[presence]')
    made.config.write_text(text)
    return made


@contextmanager
def running(desk: BridgeDesk, *words: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "cli.main", *(words or ("bridge",)), "--config", str(desk.config)]
    with (desk.folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **environ}
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def wait_until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        assert process.poll() is None, "the process ended"
        time.sleep(0.02)


def address(desk: BridgeDesk, process: subprocess.Popen[bytes]) -> str:
    """Where the running bridge serves its figures."""
    wait_until(lambda: "metrics served" in desk.log(), process)
    found = re.findall(r"metrics served host=(\S+) port=(\d+)", desk.log())
    return f"http://{found[-1][0]}:{found[-1][1]}"


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def figure(text: str, name: str) -> float:
    for line in text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"{name} is not in\n{text}")


def test_prometheus_reads_what_was_done_and_nothing_of_the_letters(desk: BridgeDesk) -> None:
    with running(desk) as process:
        base = address(desk, process)
        desk.box.deliver(client_letter(1))
        wait_until(lambda: desk.outbox() == ["sent"], process)
        wait_until(
            lambda: 'glazok_letters_sent_total{mailbox="support",result="sent"}' in get(f"{base}/metrics")[1],
            process,
        )
        status, text = get(f"{base}/metrics")
    assert status == 200
    assert figure(text, 'glazok_letters_fetched_total{mailbox="support"}') == 1
    assert figure(text, 'glazok_letters_filed_total{mailbox="support",outcome="opened"}') == 1
    assert figure(text, 'glazok_letters_sent_total{mailbox="support",result="sent"}') == 1
    assert figure(text, 'glazok_fetch_lag_seconds_count{mailbox="support"}') == 1
    assert figure(text, 'glazok_outbox_letters{state="sent"}') == 1
    assert figure(text, 'glazok_outbox_letters{state="unknown"}') == 0
    assert figure(text, 'glazok_part_up{part="mailbox support"}') == 1
    assert figure(text, 'glazok_part_last_success_timestamp_seconds{part="mailbox support"}') > 1e9
    assert figure(text, "glazok_loop_lag_seconds_count") >= 0
    for word in ("client1", "Letter 0", "example.com", desk.box.address, desk.box.password):
        assert word not in text


def test_healthz_is_503_while_a_server_is_away_and_200_when_it_is_back(desk: BridgeDesk) -> None:
    desk.relay.stop()
    desk.box.deliver(client_letter(1))
    with running(desk) as process:
        base = address(desk, process)
        wait_until(lambda: get(f"{base}/healthz")[0] == 503, process)
        document = json.loads(get(f"{base}/healthz")[1])
        assert not document["ok"]
        assert not document["parts"]["sending support"]["ok"]
        assert "refused the connection" in document["parts"]["sending support"]["text"]
        assert document["parts"]["mailbox support"]["ok"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["parts"]["mailbox support"]["since"])
        desk.relay.start()
        wait_until(lambda: get(f"{base}/healthz")[0] == 200, process)
        assert get(f"{base}/elsewhere")[0] == 404


def test_the_port_of_the_metrics_is_had_as_soon_as_it_is_free_and_the_alarm_ends(desk: BridgeDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        desk.config.write_text(desk.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        with running(desk) as process:
            alarm = "SELECT 1 FROM part_state WHERE part LIKE 'metrics %' AND NOT ok"
            wait_until(lambda: bool(desk.ask(alarm)), process)
            other.close()
            base = address(desk, process)
            wait_until(lambda: get(f"{base}/healthz")[0] == 200, process)
            wait_until(lambda: desk.state(METRICS) == (True, ""), process)


def test_a_second_bridge_leaves_the_state_of_the_metrics_to_the_one_that_serves_them(
    desk: BridgeDesk,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk.config.write_text(desk.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    states = "SELECT part, ok, text, since FROM part_state WHERE part LIKE 'm%'"
    with running(desk) as first:
        wait_until(lambda: len(desk.ask(states)) == 2, first)
        before = desk.ask(states)
        with running(desk) as second:
            for waits in ("serves the metrics", "another bridge fetches this mailbox"):
                wait_until(lambda waits=waits: waits in desk.log(), second)  # type: ignore[misc]
            assert desk.ask(states) == before
            first.kill()
            wait_until(lambda: desk.log().count("metrics served") == 2, second)
            assert desk.state(METRICS) == (True, "")


async def test_a_bridge_that_stands_by_says_nothing_of_how_a_mailbox_fares(
    desk: BridgeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stop = asyncio.Event()
    with desk.open() as opened:
        assert ledger.lease(opened, "mailbox support", "elsewhere", 3600)
        health.report(opened, "mailbox support", False, "the password was refused")
        watcher = Watcher(
            opened, "support", PlainReader(), holder="test", stop=stop, told=lambda _filed: None
        )
        watching = asyncio.create_task(watcher.run())
        async with asyncio.timeout(PATIENCE):
            while "another bridge fetches this mailbox" not in caplog.text:
                await asyncio.sleep(0.02)
            stop.set()
            await watching
    assert desk.state("mailbox support") == (False, "the password was refused")


def test_what_a_machine_that_is_gone_said_of_its_metrics_is_forgotten(desk: BridgeDesk) -> None:
    with desk.open() as opened:
        for part in ("metrics", "metrics gone", METRICS):
            health.report(opened, part, False, "the address is taken")
        with sqlite3.connect(desk.folder / "glazok.db", timeout=10) as connection:
            connection.execute(
                "UPDATE part_state SET at = datetime(at, '-25 hours') WHERE part = 'metrics gone'"
            )
        connection.close()
        setup.follow_settings(opened)
    assert desk.ask("SELECT part FROM part_state") == [(METRICS,)]


def test_requests_that_never_end_or_are_rubbish_do_no_harm(desk: BridgeDesk) -> None:
    with running(desk) as process:
        base = address(desk, process)
        host, _, port = base.removeprefix("http://").rpartition(":")
        for rubbish in (b"\x00" * 20000, b"GET /metrics\r\n\r\n", b"POST /metrics HTTP/1.1\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=10) as line:
                line.sendall(rubbish)
                with suppress(ConnectionError):
                    assert b"200" not in line.recv(100)
        assert get(f"{base}/healthz")[0] == 200


def test_systemd_hears_of_start_state_reload_and_end(desk: BridgeDesk, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(PATIENCE)

        heard: list[bytes] = []

        def until(wanted: bytes) -> None:
            deadline = time.monotonic() + PATIENCE
            heard.clear()
            while wanted not in heard:
                assert time.monotonic() < deadline, "it was not said"
                heard.append(end.recv(4096).partition(b"\n")[0])

        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        with running(desk, **environ) as process:
            until(b"READY=1")
            assert b"STATUS=works" in heard
            until(b"WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            until(b"RELOADING=1")
            until(b"READY=1")
            process.send_signal(signal.SIGTERM)
            until(b"STOPPING=1")
        assert process.returncode == 0


def forget(desk: BridgeDesk, *uids: int) -> None:
    """Ledger rows vanish, as after a restored backup of the database."""
    with sqlite3.connect(desk.folder / "glazok.db") as connection:
        marks = ",".join("?" * len(uids))
        connection.execute(f"DELETE FROM mail_ledger WHERE uid IN ({marks})", uids)
    connection.close()


def test_reconcile_finds_and_fetches_what_the_ledger_lacks(desk: BridgeDesk) -> None:
    # The usual look starts 500 below the highest one known: these are beyond its reach.
    desk.box.deliver_all([client_letter(number) for number in range(1, 521)])
    with running(desk, "bridge", "--once") as process:
        process.communicate(timeout=PATIENCE * 3)
    assert "of 520 letters" in desk.log()
    forget(desk, 3, 5)
    with running(desk, "bridge", "--reconcile", "--json") as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, desk.log()
    assert json.loads(out)["mailboxes"]["support"] == {
        "server": 520, "ledger": 518, "missing": 2, "fetched": 2, "gone": 0,
    }  # fmt: skip
    assert "reconciled mailbox=support server=520 ledger=518 missing=2 fetched=2 gone=0" in desk.log()
    assert desk.state("reconciliation support") == (True, "2 letters were missing and have been fetched")


def test_letters_that_people_removed_are_only_counted(desk: BridgeDesk) -> None:
    desk.box.deliver_all([client_letter(number) for number in range(1, 4)])
    with running(desk, "bridge", "--once") as process:
        process.communicate(timeout=PATIENCE)
    desk.box.delete(2)
    with running(desk, "bridge", "--reconcile") as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert out.decode().splitlines()[-1].split() == ["support", "2", "3", "0", "0", "1"]
    assert desk.state("reconciliation support") == (True, "")


def test_a_running_bridge_reconciles_by_itself_once_a_day(desk: BridgeDesk) -> None:
    with running(desk) as process:
        wait_until(lambda: "reconciled mailbox=support" in desk.log(), process)
        desk.box.deliver(client_letter(1))
        wait_until(lambda: desk.outbox() == ["sent"], process)
        assert desk.log().count("reconciled mailbox=support") == 1
        with sqlite3.connect(desk.folder / "glazok.db", timeout=10) as connection:
            connection.execute(
                "UPDATE part_state SET at = datetime(at, '-25 hours') WHERE part LIKE 'recon%'"
            )
        connection.close()
        wait_until(lambda: desk.log().count("reconciled mailbox=support") == 2, process)


def test_reconcile_beside_a_running_bridge_only_counts(desk: BridgeDesk) -> None:
    with running(desk) as process:
        desk.box.deliver(client_letter(1))
        wait_until(lambda: desk.outbox() == ["sent"], process)
        with running(desk, "bridge", "--reconcile", "--json") as counting:
            out, _ = counting.communicate(timeout=PATIENCE)
        assert counting.returncode == 0
        assert json.loads(out)["mailboxes"]["support"]["server"] == 1
        desk.box.deliver(client_letter(2))
        wait_until(lambda: desk.outbox() == ["sent", "sent"], process)


class LateLetter(ImapSource):
    """A letter comes while the usual look ends: the server tells of it there, and the reconciliation sees it."""

    def __init__(self, desk: BridgeDesk) -> None:
        super().__init__(imap_server(load(desk.config).mailboxes["support"].imap))
        self._desk = desk

    async def mark_seen(self, uids: Sequence[int]) -> bool:
        if uids == [1]:
            await asyncio.to_thread(self._desk.box.deliver, client_letter(2))
            await asyncio.to_thread(self._desk.box.wait_for, 2)
        return await super().mark_seen(uids)


async def test_a_letter_that_comes_during_the_reconciliation_is_not_left_for_the_poll(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    made = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, poll_seconds=600)
    made.box.deliver(client_letter(1))
    stop = asyncio.Event()

    def told(_taken: Sequence[Taken]) -> None:
        if len(made.subjects()) == 2:
            stop.set()

    with made.open() as desk:
        watcher = Watcher(
            desk, "support", PlainReader(), holder="test", stop=stop, told=told, source=LateLetter(made)
        )
        async with asyncio.timeout(PATIENCE):
            await watcher.run()
    assert made.subjects() == ["Letter 00001", "Letter 00002"]
