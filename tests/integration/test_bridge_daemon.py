"""The bridge as a process: it wakes, stops in good order, takes over, and survives being killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.domain.permissions import Role
from core.services import agents
from tests.integration.bridge_desks import BridgeDesk, client_letter, further_mailbox, kill, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

PATIENCE = 60.0
"""Seconds after which a test gives up; none of them measures time."""


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    return make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)


def wait_until(
    true: Callable[[], bool], process: subprocess.Popen[bytes] | None = None, patience: float = PATIENCE
) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        assert process is None or process.poll() is None, "the process ended"
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    return process.returncode


def test_letters_that_arrive_while_it_runs_are_filed_and_confirmed(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    # Polling is too slow to explain it: only IDLE can have told.
    desk = make_desk(tmp_path / "idle", dovecot.mailbox(), smtp_server, poll_seconds=86400, idle_seconds=1740)
    process = desk.start("bridge")
    wait_until(
        lambda: desk.ask("SELECT count(*) FROM part_state WHERE part = 'mailbox support'") == [(1,)], process
    )
    desk.box.deliver(client_letter(1))
    wait_until(lambda: desk.outbox() == ["sent"], process)
    desk.box.deliver(client_letter(2))
    wait_until(lambda: desk.outbox() == ["sent", "sent"], process)
    assert stop(process) == 0
    assert len(smtp_server.received) == 2


def test_sigterm_ends_it_in_good_order_and_gives_the_leases_back(desk: BridgeDesk) -> None:
    process = desk.start("bridge")
    desk.box.deliver_all([client_letter(number) for number in range(60)])
    wait_until(lambda: len(desk.subjects()) > 0, process)
    assert stop(process) == 0
    assert desk.ask("SELECT count(*) FROM lease") == [(0,)]
    assert "Traceback" not in desk.log()
    assert "bridge stopped" in desk.log()
    assert "sending" not in desk.outbox()


def test_its_log_says_what_it_did_and_nothing_of_the_letters(desk: BridgeDesk) -> None:
    desk.box.deliver(client_letter(1))
    process = desk.start("bridge")
    wait_until(lambda: desk.outbox() == ["sent"], process)
    stop(process)
    log = desk.log()
    assert "letters filed mailbox=support fetched=1 outcomes=opened:1 tickets=1" in log
    for word in ("Hello", "Letter 00001", "client1@", desk.box.password):
        assert word not in log


def test_a_second_bridge_waits_and_takes_over_when_the_first_is_killed(desk: BridgeDesk) -> None:
    first = desk.start("bridge")
    wait_until(lambda: desk.ask("SELECT count(*) FROM lease WHERE name <> 'robot'") == [(2,)], first)
    second = desk.start("bridge")
    wait_until(lambda: "another bridge fetches this mailbox" in desk.log(), second)
    desk.box.deliver(client_letter(1))
    wait_until(lambda: desk.outbox() == ["sent"], first)
    kill(first)
    desk.box.deliver(client_letter(2))
    wait_until(lambda: desk.outbox() == ["sent", "sent"], second)
    assert stop(second) == 0
    assert len(desk.relay.received) == 2


def test_once_prints_one_json_document_and_7_where_a_server_is_away(desk: BridgeDesk) -> None:
    desk.box.deliver(client_letter(1))
    process = desk.start("bridge", "--once", "--json")
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert json.loads(out)["mailboxes"]["support"]["outcomes"] == {"opened": 1}
    desk.relay.stop()
    desk.box.deliver(client_letter(2))
    process = desk.start("bridge", "--once", "--json")
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 7
    document = json.loads(out)
    assert document["mailboxes"]["support"]["outcomes"] == {"opened": 1}
    assert "refused the connection" in document["send_errors"]["support"]


def test_a_server_that_comes_back_is_used_again(desk: BridgeDesk) -> None:
    desk.relay.stop()
    desk.box.deliver(client_letter(1))
    process = desk.start("bridge")
    wait_until(lambda: "refused the connection" in desk.log(), process)
    desk.relay.start()
    wait_until(lambda: desk.outbox() == ["sent"], process)
    assert stop(process) == 0
    assert desk.state("sending support")[0]


def test_a_killed_sender_never_repeats_a_letter_that_may_have_left(desk: BridgeDesk) -> None:
    desk.relay.hang("dot", times=1)
    desk.box.deliver(client_letter(1))
    process = desk.start("bridge")
    desk.relay.wait_for(1)
    kill(process)
    desk.relay.release()
    again = desk.start("bridge", "--once", "--json")
    out, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, desk.log()
    assert json.loads(out)["sent"] == {}
    assert desk.outbox() == ["unknown"]
    assert len(desk.relay.received) == 1


def test_a_sender_killed_before_the_letter_left_sends_it_after_all(desk: BridgeDesk) -> None:
    desk.relay.hang("rcpt", times=1)
    desk.box.deliver(client_letter(1))
    process = desk.start("bridge")
    wait_until(lambda: any("RCPT" in line for line in desk.relay.dialogue), process)
    kill(process)
    desk.relay.release()
    again = desk.start("bridge", "--once")
    again.communicate(timeout=PATIENCE)
    assert desk.outbox() == ["sent"]
    assert len(desk.relay.received) == 1


def kill_at_random(desk: BridgeDesk, letters: int, kills: int, seed: int, patience: float = PATIENCE) -> None:
    """Letters arrive while the bridge is killed and started again; then everything is counted."""
    rng = random.Random(seed)

    def arrive(numbers: range) -> None:
        desk.box.append_all(client_letter(number) for number in numbers)

    def has_work() -> bool:
        return bool(desk.ask("SELECT count(*) FROM mail_ledger")[0][0] > known)

    for turn in range(kills):
        ((known,),) = desk.ask("SELECT count(*) FROM mail_ledger")
        process = desk.start("bridge")
        numbers = range(letters * turn // kills, letters * (turn + 1) // kills)
        arriving = threading.Thread(target=arrive, args=(numbers,))
        arriving.start()
        wait_until(has_work, process)
        time.sleep(rng.uniform(0, 0.5))
        kill(process)
        arriving.join()
    last = desk.start("bridge")
    wait_until(lambda: desk.log().count("bridge started") == kills + 1, last)
    wait_until(lambda: len(desk.subjects()) >= letters, last, patience)
    wait_until(lambda: not {"queued", "sending"} & set(desk.outbox()), last, patience)
    assert stop(last) == 0
    assert desk.subjects() == [f"Letter {number:05}" for number in range(letters)]
    assert desk.ask("SELECT count(*), count(DISTINCT ticket_id) FROM message WHERE kind = 'inbound'") == [
        (letters, letters)
    ]
    sent = Counter(received.message["Message-ID"] for received in desk.relay.received)
    assert max(sent.values()) == 1, "a letter left twice"
    states = Counter(desk.outbox())
    assert states["sent"] + states["unknown"] == letters
    assert states["sent"] <= len(sent) <= letters
    assert "Traceback" not in desk.log()


def test_killed_at_random_no_letter_is_lost_or_doubled(desk: BridgeDesk) -> None:
    kill_at_random(desk, letters=100, kills=6, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_among_500_letters(desk: BridgeDesk, seed: int) -> None:
    kill_at_random(desk, letters=500, kills=25, seed=seed)


@pytest.mark.soak
def test_killed_at_random_among_5000_letters(desk: BridgeDesk) -> None:
    kill_at_random(desk, letters=5000, kills=40, seed=7, patience=600)


TAKEN_OVER = 15.0
"""Seconds within which another bridge goes on where one was killed: the one promise about time."""


@pytest.mark.soak
def test_a_second_bridge_takes_over_within_15_seconds_among_5000_letters(desk: BridgeDesk) -> None:
    desk.config.write_text(desk.config.read_text().replace("poll_seconds", "confirm = false\npoll_seconds"))
    first = desk.start("bridge")
    wait_until(lambda: desk.ask("SELECT count(*) FROM lease WHERE name <> 'robot'") == [(2,)], first)
    second = desk.start("bridge")
    wait_until(lambda: "another bridge fetches this mailbox" in desk.log(), second)
    desk.box.append_all(client_letter(number) for number in range(5000))
    wait_until(lambda: len(desk.subjects()) > 500, first)
    kill(first)
    before, at = len(desk.subjects()), time.monotonic()
    wait_until(lambda: len(desk.subjects()) > before, second)
    taken = time.monotonic() - at
    print(f"taken over after {taken:.1f} s with {5000 - before} letters to come")
    assert taken < TAKEN_OVER
    wait_until(lambda: len(desk.subjects()) >= 5000, second, 600)
    assert stop(second) == 0
    assert desk.subjects() == [f"Letter {number:05}" for number in range(5000)]


@pytest.mark.parametrize("letters", [3, pytest.param(100, marks=pytest.mark.soak)])
def test_twenty_mailboxes_are_watched_at_once(desk: BridgeDesk, dovecot: Dovecot, letters: int) -> None:
    desk.config.write_text(desk.config.read_text().replace("poll_seconds = 1", "confirm = false"))
    boxes = [desk.box, *(dovecot.mailbox(f"box{number}") for number in range(1, 20))]
    for number, box in enumerate(boxes[1:], 1):
        further_mailbox(desk, f"box{number}", box)
    for number, box in enumerate(boxes):
        box.append_all(client_letter(1000 * number + one) for one in range(letters))
    process = desk.start("bridge")
    wait_until(lambda: len(desk.subjects()) == 20 * letters, process, 300)
    watched = "SELECT count(*) FROM part_state WHERE ok AND text = '' AND part LIKE 'mailbox %'"
    wait_until(lambda: desk.ask(watched) == [(20,)], process)
    # Polling would come a minute later: each of them idles on a connection of its own.
    for number, box in enumerate(boxes):
        box.append(client_letter(1000 * number + 999))
    wait_until(lambda: len(desk.subjects()) == 20 * (letters + 1), process)
    assert stop(process) == 0
    assert desk.subjects() == sorted(
        f"Letter {1000 * number + one:05}" for number in range(20) for one in [*range(letters), 999]
    )


def test_it_says_at_its_start_which_groups_nobody_is_in(desk: BridgeDesk) -> None:
    desk.config.write_text(desk.config.read_text() + '\n[groups.spare]\nname = "Spare"\n')
    process = desk.start("bridge")
    wait_until(lambda: "bridge started" in desk.log(), process)
    assert stop(process) == 0
    assert "nobody is in the default group: nobody would see what no rule routes group=first" in desk.log()
    assert "nobody is in this group: nobody would see its tickets group=spare" in desk.log()
    with desk.open() as opened:
        agents.add(opened, "anna", groups={"first": Role.AGENT})
        agents.add(opened, "olga", groups={"spare": Role.SUPERVISOR})
    before = desk.log()
    process = desk.start("bridge")
    wait_until(lambda: "bridge started" in desk.log().removeprefix(before), process)
    assert stop(process) == 0
    assert "nobody is in" not in desk.log().removeprefix(before)
