"""Mail servers that lie, dawdle or talk rubbish: they cost a connection, a sentence, and no letter."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mailbridge import fetching, imap, source, watching
from mailbridge.backoff import Backoff
from tests.integration.bridge_desks import (
    DeskFolder,
    PlainReader,
    client_letter,
    further_mailbox,
    memory,
    running_bridge,
    write_desk,
)
from tests.servers.dovecot import Dovecot
from tests.servers.liar import STEPS, Lie, LyingImap, Step, Talk, speaking
from tests.servers.smtp import SmtpServer

PATIENCE = 60.0
LETTERS = 12


class Quick(Backoff):
    """Tries again at once, unless told otherwise."""

    def __init__(self, first: float = 0.05, cap: float = 0.2) -> None:
        super().__init__(first, cap)


Limits = Callable[[float], None]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Sets how many seconds a server's answer is waited for."""

    def limit(seconds: float) -> None:
        for name in ("CONNECT_SECONDS", "COMMAND_SECONDS", "TRANSFER_SECONDS"):
            monkeypatch.setattr(imap, name, seconds)

    return limit


@pytest.fixture
async def liar(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LyingImap]:
    """A server with a dozen letters, that is asked again at once."""
    monkeypatch.setattr(watching, "Backoff", Quick)
    async with speaking({uid: client_letter(uid) for uid in range(1, LETTERS + 1)}) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, liar: LyingImap, dovecot: Dovecot, smtp_server: SmtpServer) -> DeskFolder:
    """The mailbox "support" is at the liar's, "other" at an honest server."""
    desk = write_desk(tmp_path / "desk", liar, smtp_server, confirm=False)
    honest = dovecot.mailbox("other")
    further_mailbox(desk, "other", honest)
    honest.append(client_letter(99))
    return desk


def everything(desk: DeskFolder) -> list[str]:
    return [subject for subject in desk.subjects() if subject != "Letter 00099"]


WHOLE = [f"Letter {uid:05}" for uid in range(1, LETTERS + 1)]


async def flows(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def endless(piece: bytes) -> AsyncIterator[bytes]:
    while True:
        yield piece


async def drip(honest: bytes) -> AsyncIterator[bytes]:
    for place in range(len(honest)):
        yield honest[place : place + 1]
        await asyncio.sleep(0)


async def silence(honest: bytes) -> AsyncIterator[bytes]:
    yield honest[: len(honest) // 2]
    await asyncio.sleep(PATIENCE)


def changed(old: bytes, new: bytes, times: int = -1) -> Lie:
    def lie(_talk: Talk, honest: bytes) -> bytes:
        assert old in honest, "nothing to lie about"
        return honest.replace(old, new, times)

    return lie


RUBBISH = (
    bytes(range(256)) + b"\r\n* \r\n*\r\n* 7\r\n* FETCH\r\n* 1 FETCH (\r\n* SEARCH x -1 1e9\r\n+ ?\r\n)))\r\n"
)

RUBBISH += b"9" * 1_000_000 + b"\r\n"
STRANGERS = b"* 1 FETCH (UID 777 BODY[] {4}\r\nevil)\r\n* 9 FETCH (UID 4294967296 BODY[] {0}\r\n)\r\n"

# What the server does, and whether the look can succeed all the same.
HARMLESS: dict[str, tuple[Step, Lie]] = {
    "everything byte by byte": ("letters", lambda _talk, honest: drip(honest)),
    "a UID named three times": ("search", changed(b" 3 4", b" 3 4 3 4 3")),
    "UIDs that cannot be": ("search", changed(b" 3 ", b" 3 0 4294967296 1" + b"0" * 30 + b" " + b"9" * 5000 + b" ")),
    "every letter twice": ("letters", lambda talk, honest: honest.replace(talk.tag + b" OK done\r\n", b"") + honest),
    "letters nobody asked for": ("letters", lambda _talk, honest: STRANGERS + honest),
    "100,000 flags that others have changed": (
        "letters",
        lambda _talk, honest: b"".join(b"* %d FETCH (FLAGS (\\Seen))\r\n" % n for n in range(1, 100_001)) + honest,
    ),
    "sizes that are too small": ("sizes", changed(b"RFC822.SIZE ", b"RFC822.SIZE 0")),
    "sizes of nothing": ("sizes", lambda _talk, honest: _resized(honest, b"0")),
    "sizes of four gigabytes": ("sizes", lambda _talk, honest: _resized(honest, b"4294967295")),
    "EXISTS that goes backwards": ("select", changed(b"* 12 EXISTS", b"* 12 EXISTS\r\n* 9 EXISTS\r\n* 0 EXISTS")),
    "an alert of 10 MB before the answer": (
        "search",
        lambda _talk, honest: flows(b"* OK [ALERT] ", *[b"x" * 65536] * 160, b"\r\n", honest),
    ),
    "rubbish before the sizes": ("sizes", lambda _talk, honest: b"* rubbish\r\n* 5 EXPUNGE\r\n* BAD\r\n\r\n" + honest),
    "quotes that never end": (
        "letters",
        lambda _t, honest: b'* 1 FETCH (UID 1 BODY[] "' + b'\\"' * 1_000_000 + b"\r\n" + honest,
    ),
    "a store that is refused": ("store", changed(b"OK done", b"NO never")),
}  # fmt: skip


def _misjudged(honest: bytes, by: int) -> bytes:
    return re.sub(rb"\{(\d+)\}", lambda found: b"{%d}" % (int(found[1]) + by), honest, count=1)


def _resized(honest: bytes, size: bytes) -> bytes:
    return re.sub(rb"RFC822\.SIZE \d+", b"RFC822.SIZE " + size, honest)


BROKEN: dict[str, tuple[Step, Lie]] = {
    "a literal longer than it says": ("letters", changed(b"}\r\n", b"5}\r\n", 1)),
    "a literal shorter than it says": ("letters", lambda _talk, honest: re.sub(rb"\{\d", b"{", honest, count=1)),
    "a literal three bytes longer than it says": ("letters", lambda _talk, honest: _misjudged(honest, -3)),
    "a literal three bytes shorter than it says": ("letters", lambda _talk, honest: _misjudged(honest, 3)),
    "a literal of ten gigabytes": ("letters", lambda _t, _h: b"* 1 FETCH (UID 1 BODY[] {10000000000}\r\nx"),
    "a literal with a size of 5,000 digits": ("letters", lambda _t, _h: b"* 1 FETCH (X {" + b"9" * 5000 + b"}\r\n"),
    "a line that never ends": ("search", lambda _t, _h: endless(b"* SEARCH 1" * 9000)),
    "lines that never end": ("search", lambda _t, _h: endless(b"* SEARCH 1\r\n" * 5000)),
    "letters that never end": ("letters", lambda _t, _h: endless(b"* 1 FETCH (UID 1 FLAGS ())\r\n" * 2000)),
    "a folder of rubbish": ("select", lambda _t, honest: RUBBISH + honest.replace(b"UIDVALIDITY", b"U")),
    "a UIDVALIDITY that cannot be": ("select", changed(b"UIDVALIDITY 7", b"UIDVALIDITY " + b"7" * 6000)),
    "another command's answer": ("sizes", lambda _talk, _honest: b"ZZ99 OK done\r\n"),
    "a command that is refused": ("sizes", changed(b"OK done", b"BAD what")),
}  # fmt: skip


async def look(desk: DeskFolder) -> str:
    """One look into both mailboxes; what went wrong with the liar's. The other one is never touched by it."""
    async with asyncio.timeout(PATIENCE):
        report = await desk.once()
    assert report.mailboxes["other"].error == ""
    assert "Letter 00099" in desk.subjects()
    return report.mailboxes["support"].error


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_lie_that_can_be_borne_costs_no_letter(
    place: DeskFolder, liar: LyingImap, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    step, lie = HARMLESS[name]
    liar.lies[step] = lie
    assert await look(place) == ""
    assert step in liar.asked
    assert everything(place) == WHOLE
    liar.lies.clear()
    assert await look(place) == ""
    assert everything(place) == WHOLE
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("name", BROKEN)
async def test_a_lie_beyond_bearing_is_one_sentence_and_heals(
    place: DeskFolder, liar: LyingImap, name: str, limits: Limits, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    step, lie = BROKEN[name]
    liar.lies[step] = lie
    limits(1.0)
    error = await look(place)
    limits(PATIENCE)
    await check_told(place, liar, error, caplog)


@pytest.mark.parametrize("how", ["says goodbye", "hangs up", "falls silent"])
@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("idle", "done", "part")])
async def test_a_server_may_leave_at_any_step(
    place: DeskFolder, liar: LyingImap, step: Step, how: str, limits: Limits, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    def leave(_talk: Talk, honest: bytes) -> bytes | AsyncIterator[bytes] | None:
        if how == "falls silent":
            return silence(honest)
        return flows(b"* BYE shutting down\r\n") if how == "says goodbye" and step == "greeting" else None

    liar.lies[step] = leave
    if how == "falls silent":
        limits(0.5)
    error = await look(place)
    limits(PATIENCE)
    await check_told(place, liar, error, caplog)


async def check_told(
    place: DeskFolder, liar: LyingImap, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The state is one clear sentence with the server's name, on the screen and once in the log; then it heals."""
    assert f"IMAP server 127.0.0.1:{liar.imap_port}" in error
    assert len(error) < 400
    assert place.state("mailbox support") == (False, error)
    assert [record.getMessage() for record in caplog.records].count(error) == 1
    assert "Traceback" not in caplog.text
    liar.lies.clear()
    # A letter that could not be had comes by itself in the looks that follow.
    for _ in range(3):
        assert await look(place) == ""
    assert everything(place) == WHOLE
    assert place.state("mailbox support") == (True, "")


# What is streamed in parts


PART = 64 * 1024


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter of 200 kB counts as large, and comes in parts of 64."""
    monkeypatch.setattr(fetching, "RANGE_BYTES", PART)
    monkeypatch.setattr(source, "RANGE_BYTES", PART)
    monkeypatch.setattr(imap, "PART_BYTES", PART)
    monkeypatch.setattr(imap, "PART_ANSWER", 2 * PART)


BIG = client_letter(1) + b"a line of a big letter\r\n" * 9_000


@pytest.mark.parametrize(
    "lie",
    [
        lambda _talk, honest: _cut(honest),
        lambda talk, honest: honest if b"<0." in talk.words else honest.replace(b"BODY[]<", b"BODY[]<9"),
        lambda talk, _honest: _part(talk, BIG[:PART], origin=0),
        lambda talk, _honest: _part(talk, BIG[: PART + 1], origin=0),
        lambda talk, _honest: _part(talk, BIG, origin=0),
    ],
    ids=["shorter than asked", "of another place", "always the first", "longer than asked", "the whole letter"],
)  # fmt: skip
@pytest.mark.usefixtures("small_parts")
async def test_parts_of_a_letter_that_do_not_fit_are_never_put_together(
    place: DeskFolder, liar: LyingImap, lie: Lie
) -> None:
    liar.letters.clear()
    liar.letters[1] = BIG
    liar.lies["part"] = lie
    await look(place)
    liar.lies.clear()
    assert await look(place) == ""
    assert place.ask("SELECT count(*), max(size) FROM mail_ledger WHERE mailbox = 'support'") == [
        (1, len(BIG))
    ]
    ((sha256,),) = place.ask("SELECT sha256 FROM mail_ledger WHERE mailbox = 'support'")
    assert (place.folder / "blobs" / sha256[:2] / sha256).read_bytes() == BIG


def _part(talk: Talk, raw: bytes, origin: int) -> bytes:
    return b"* 1 FETCH (UID 1 BODY[]<%d> {%d}\r\n%s)\r\n%s OK\r\n" % (origin, len(raw), raw, talk.tag)


def _cut(honest: bytes) -> bytes:
    """Half of what was asked for, under a true size."""
    head, _, rest = honest.partition(b"\r\n")
    raw, _, end = rest.rpartition(b")\r\n")
    half = raw[: max(1, len(raw) // 2)] if raw else raw
    return head.rpartition(b"{")[0] + b"{%d}\r\n" % len(half) + half + b")\r\n" + end


@pytest.mark.usefixtures("small_parts")
async def test_a_letter_without_an_end_is_given_up(
    place: DeskFolder, liar: LyingImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MOST_STREAMED", 20 * PART)
    liar.letters[5] = BIG

    def ever_more(talk: Talk, _honest: bytes) -> bytes:
        origin = int(talk.words.partition(b"<")[2].partition(b".")[0])
        return _part(talk, b"x" * PART, origin).replace(b"UID 1 ", b"UID 5 ")

    liar.lies["part"] = ever_more
    assert "a letter without an end" in await look(place)
    liar.lies.clear()
    assert await look(place) == ""
    assert len(everything(place)) == LETTERS
    assert not list((place.folder / "blobs").glob(".incoming-*"))


async def test_uids_up_to_the_highest_are_letters_like_others(place: DeskFolder, liar: LyingImap) -> None:
    for uid in (2**31, 2**32 - 2, 2**32 - 1):
        liar.letters[uid] = client_letter(uid % 1000)
    assert await look(place) == ""
    assert await look(place) == ""
    assert len(everything(place)) == LETTERS + 3
    assert place.ask("SELECT max(uid) FROM mail_ledger") == [(2**32 - 1,)]


# A bridge that runs


FARES = "SELECT ok FROM part_state WHERE part = 'mailbox support'"


async def happens(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.02)


async def test_a_letter_listed_and_not_given_is_shown_and_comes_at_last(
    place: DeskFolder, liar: LyingImap
) -> None:
    def keep(_talk: Talk, honest: bytes) -> bytes:
        return b"".join(line + b"\r\n" for line in honest.split(b"\r\n")[:-1] if b"UID 5 " not in line)

    # Neither its size nor its bytes.
    liar.lies |= {"sizes": keep, "part": lambda talk, _honest: talk.tag + b" OK nothing\r\n"}
    with place.open() as desk:
        async with running_bridge(desk, PlainReader(), asyncio.Event()):
            await happens(lambda: place.ask(FARES) == [(0,)])
            assert (
                place.state("mailbox support")[1]
                == "1 letter is listed by the server, which does not give it"
            )
            assert len(everything(place)) == LETTERS - 1
            del liar.lies["part"]
            await happens(lambda: everything(place) == WHOLE)
            await happens(lambda: place.state("mailbox support") == (True, ""))


async def test_letters_announced_again_and_again_do_not_keep_it_busy(
    place: DeskFolder, liar: LyingImap
) -> None:
    place.config.write_text(place.config.read_text().replace("poll_seconds = 1", "poll_seconds = 60"))

    def announce(_talk: Talk, honest: bytes) -> bytes:
        return honest + b"* 99 EXISTS\r\n* 3 EXISTS\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n"

    liar.lies["idle"] = announce
    with place.open() as desk:
        async with running_bridge(desk, PlainReader(), asyncio.Event()):
            await happens(lambda: Counter(liar.asked)["idle"] >= 4)
            liar.letters[40] = client_letter(40)
            await happens(lambda: "Letter 00040" in place.subjects())
    # It rests twice as long each time: a busy loop would have asked thousands of times.
    assert Counter(liar.asked)["search"] < 30
    assert everything(place) == [*WHOLE, "Letter 00040"]


@pytest.mark.parametrize("name", ["a line that never ends", "lines that never end", "letters that never end"])
async def test_what_never_ends_fills_no_memory(
    tmp_path: Path, liar: LyingImap, smtp_server: SmtpServer, name: str
) -> None:
    place = write_desk(tmp_path / "alone", liar, smtp_server, confirm=False)
    liar.letters.clear()
    process = place.start("bridge")
    try:
        await happens(lambda: place.ask(FARES) == [(1,)])
        before = memory(process.pid, "VmRSS")
        step, lie = BROKEN[name]
        liar.letters[1] = client_letter(1)
        liar.lies[step] = lie
        await happens(lambda: place.ask(FARES) == [(0,)])
        assert memory(process.pid, "VmHWM") - before < 80 * 1024 * 1024
        liar.lies.clear()
        await happens(lambda: place.subjects() == ["Letter 00001"])
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate)
