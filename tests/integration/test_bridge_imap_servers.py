"""What fetching promises, at Dovecot, Cyrus and Courier: every letter once, whatever servers and people do."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.bridge_desks import DeskFolder, client_letter, kill, memory, write_desk
from tests.servers.imap_box import ImapBox, StoredLetter
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.soak
PATIENCE = 300.0
"""Courier waits two minutes for a folder's lock (LOCK_TIMEOUT) where its watcher misses that a session of before has
let it go; a test that gives up after as much would blame the bridge for it."""
LETTERS = 320


@dataclass
class Place:
    """A mailbox at one of the servers, its folder for the desk, and the desk."""

    box: ImapBox
    folder: str
    archive: str
    desk: DeskFolder
    takes_anything: bool
    """Whether letters with a bare CR or NUL are let in."""

    def letters(self, folder: str = "") -> list[StoredLetter]:
        return self.box.letters(folder or self.folder)

    def put(self, *raws: bytes, date: float | None = None) -> None:
        self.box.append_all(raws, folder=self.folder, date=date)


@pytest.fixture(params=["dovecot", "cyrus", "courier"])
def place(request: pytest.FixtureRequest, tmp_path: Path, smtp_server: SmtpServer) -> Place:
    server = request.getfixturevalue(request.param)
    box = server.mailbox()
    named: Callable[[str], str] = getattr(server, "folder", str) if request.param != "dovecot" else str
    for name in ("Desk", "Kept"):
        box.create(named(name))
    desk = write_desk(
        tmp_path / "desk", box, smtp_server, folder=named("Desk"), confirm=False, poll_seconds=2
    )
    return Place(box, named("Desk"), named("Kept"), desk, takes_anything=request.param != "cyrus")


def odd_letters(place: Place) -> list[bytes]:
    """Letters that servers take and readers stumble over; each unlike any other."""
    cr_only = b"From: cr@example.com\rSubject: bare CR\rMessage-ID: <cr@example.com>\r\rone\rtwo\r"
    return [
        re.sub(rb"Message-ID: [^\r]*\r\n", b"", client_letter(1001)),
        re.sub(rb"(?s)Message-ID: [^\r]*\r\n", b"", client_letter(1002)).replace(
            b"Hello", b"Hello once more"
        ),
        "From: Иван <ivan@example.com>\r\nSubject: Привет\r\n\r\nтекст\r\n".encode("cp1251"),
        b"From: bytes@example.com\r\nSubject: every byte\r\n\r\n" + bytes(range(128, 256)) * 40 + b"\r\n",
        client_letter(1003) + b"y" * 70 + b"\r\n" + b"a line of a big letter\r\n" * 520_000,
        client_letter(1004, Subject='* 1 FETCH (UID 9 BODY[] {5}) "quoted" \\ \\" (((')
        + b"* 7 FETCH (UID 1 FLAGS ())\r\n)\r\nA7 OK done\r\n* BYE\r\n",
        client_letter(1005) + b"x" * 300_000 + b"\r\n",
        b"From: short@example.com\r\n\r\n",
        b"From: no-body@example.com\r\nSubject: nothing behind the headers\r\n\r\n",
        client_letter(1006).replace(
            b"\r\n\r\n", b"\r\nReferences: " + b"<a@b.example> " * 3000 + b"\r\n\r\n", 1
        ),
        *([cr_only] if place.takes_anything else []),
    ]


def stored(place: Place) -> list[bytes]:
    """The raw bytes of every letter on a ticket, sorted."""
    rows = place.desk.ask("SELECT raw_sha256 FROM message WHERE kind = 'inbound'")
    return sorted((place.desk.folder / "blobs" / sha[:2] / sha).read_bytes() for (sha,) in rows)


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def filed(desk: DeskFolder) -> int:
    return int(desk.ask("SELECT count(*) FROM message WHERE kind = 'inbound'")[0][0])


def wait_for(desk: DeskFolder, count: int) -> None:
    wait_until(lambda: filed(desk) >= count)


async def test_every_letter_comes_once_as_the_server_has_it(place: Place) -> None:
    place.put(*(client_letter(number) for number in range(LETTERS)), *odd_letters(place))
    first = await place.desk.once()
    assert first.mailboxes["support"].error == ""
    there = place.letters()
    assert stored(place) == sorted(letter.data for letter in there)
    assert len(there) == LETTERS + len(odd_letters(place))
    assert (await place.desk.once()).mailboxes["support"].fetched == 0
    assert all("\\Seen" in letter.flags for letter in place.letters())


async def test_a_folder_deleted_and_made_again_doubles_nothing(place: Place) -> None:
    raws = [client_letter(number) for number in range(60)]
    place.put(*raws, date=1_700_000_000)
    await place.desk.once()
    before = place.box.uidvalidity(place.folder)
    after = before
    while after == before:
        # Some make it of the second in which a folder is made.
        with place.box.imap() as client:
            client.delete(f'"{place.folder}"')
        await asyncio.sleep(0.5)
        place.box.create(place.folder)
        after = place.box.uidvalidity(place.folder)
    place.put(*raws, date=1_700_000_000)
    place.put(client_letter(99))
    report = await place.desk.once()
    assert report.mailboxes["support"].outcomes == {"opened": 1}
    assert place.desk.subjects() == [f"Letter {number:05}" for number in [*range(60), 99]]


@pytest.fixture
def running(place: Place) -> Iterator[Place]:
    """A bridge beside the test."""
    process = place.desk.start("bridge")
    try:
        wait_until(lambda: bool(place.desk.ask("SELECT 1 FROM part_state WHERE part = 'mailbox support'")))
        yield place
    finally:
        kill(process)


def test_people_who_read_move_and_delete_meanwhile_lose_no_letter_that_stayed(running: Place) -> None:
    place, rng = running, random.Random(7)
    gone: set[bytes] = set()
    for turn in range(12):
        place.put(*(client_letter(turn * 25 + number) for number in range(25)))
        letters = rng.sample(place.letters(), 8)
        with place.box.imap() as client:
            client.select(f'"{place.folder}"')
            for number, letter in enumerate(letters):
                uid = str(letter.uid)
                if number < 3:
                    client.uid("STORE", uid, "+FLAGS", r"(\Seen \Flagged)")
                    continue
                if number < 6:
                    client.uid("COPY", uid, f'"{place.archive}"')
                client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
                gone.add(letter.data)
            client.expunge()
    stayed = {letter.data for letter in place.letters()}
    assert len(stayed) > 100
    wait_until(lambda: stayed <= set(stored(place)))
    kept = stored(place)
    assert len(kept) == len(set(kept))
    assert set(kept) <= stayed | gone
    assert "Traceback" not in place.desk.log()


def test_a_letter_that_arrives_wakes_the_bridge(place: Place) -> None:
    # Polling comes too late to explain it: only the server can have told.
    place.desk.config.write_text(
        place.desk.config.read_text().replace("poll_seconds = 2", "poll_seconds = 86400\nidle_seconds = 1740")
    )
    process = place.desk.start("bridge")
    try:
        wait_until(lambda: bool(place.desk.ask("SELECT 1 FROM part_state WHERE part = 'mailbox support'")))
        for number in range(3):
            place.put(client_letter(number))
            wait_for(place.desk, number + 1)
    finally:
        kill(process)


def test_killed_again_and_again_it_loses_and_doubles_nothing(place: Place) -> None:
    rng = random.Random(3)
    for turn in range(8):
        place.put(*(client_letter(turn * 40 + number) for number in range(40)))
        before = filed(place.desk)
        process = place.desk.start("bridge")
        if turn % 3:
            wait_for(place.desk, before + 1)
        time.sleep(rng.uniform(0, 0.2))
        kill(process)
    process = place.desk.start("bridge")
    wait_for(place.desk, 320)
    kill(process)
    assert place.desk.subjects() == [f"Letter {number:05}" for number in range(320)]
    assert "Traceback" not in place.desk.log()


def test_a_letter_of_60_mb_comes_whole_and_costs_little_memory(place: Place) -> None:
    process = place.desk.start("bridge")
    try:
        place.put(client_letter(1))
        wait_for(place.desk, 1)
        before = memory(process.pid, "VmRSS", children=True)
        place.put(client_letter(2) + (b"y" * 76 + b"\r\n") * 800_000)
        wait_for(place.desk, 2)
        assert memory(process.pid, "VmHWM", children=True) - before < 80 * 1024 * 1024
        assert stored(place) == sorted(letter.data for letter in place.letters())
    finally:
        kill(process)
