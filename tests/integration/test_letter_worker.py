"""Letters are read in a process of their own; one that hangs or kills it stops nothing behind it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from core.domain.letters import Letter
from mailbridge import parse_frames, parse_worker, parsing
from mailbridge.parse_files import parse_files
from mailbridge.parse_frames import PATIENCE, Request
from mailbridge.parse_process import Worker
from mailbridge.parsing import Parser

GOOD = b"From: ivan@client.example\r\nSubject: good\r\nMessage-ID: <m1@client.example>\r\n\r\nwords"
SICK = b"From: petr@client.example\r\nSubject: sick\r\nMessage-ID: <m2@client.example>\r\n\r\n"


@pytest.fixture
async def parser() -> Parser:
    """A parser with a patient limit, closed by the test."""
    return Parser(limit_seconds=30)


async def _stop_worker(parser: Parser, how: signal.Signals) -> None:
    (worker,) = (*parser._idle, *parser._busy)
    assert worker.process is not None
    os.kill(worker.process.pid, how)


async def test_letters_come_back_in_order_with_their_contents(parser: Parser) -> None:
    async with parser:
        attached = GOOD.replace(b"\r\n\r\nwords", b"\r\nContent-Type: image/png\r\n\r\nPNG")
        letters = await parser.parse_many([GOOD, attached, GOOD.replace(b"good", b"third")])
    assert [one.subject for one in letters] == ["good", "good", "third"]
    assert letters[1].attachments[0].content == b"PNG"


async def test_files_are_read_by_the_worker(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(GOOD)
    async with parser:
        here, gone = await parser.parse_many([tmp_path / "a.eml", tmp_path / "gone.eml"])
    assert here.subject == "good"
    assert "gone.eml" in gone.error


async def test_a_worker_that_hangs_is_replaced_and_the_letter_known_by_its_headers() -> None:
    async with Parser(limit_seconds=30) as parser:
        await parser.parse(GOOD)
        parser.limit_seconds = 1.0 / PATIENCE
        await _stop_worker(parser, signal.SIGSTOP)
        held = await parser.parse(SICK + b"x" * 100)
        after = await parser.parse(GOOD)
    assert "longer than 0.166667 s" in held.error
    assert (held.cut_short, after.cut_short) == (True, False), "a stopped machine is no fault of the letter"
    assert (held.subject, held.from_addr, held.message_id) == (
        "sick",
        "petr@client.example",
        "<m2@client.example>",
    )
    assert held.attachments[0].content == SICK + b"x" * 100
    assert (after.subject, after.error) == ("good", "")


class Mortal(Worker):
    """A worker whose process is killed whenever it is asked to read the sick letter in full."""

    ended_by: ClassVar[int] = signal.SIGKILL

    async def ask(self, requests: Sequence[Request], seconds: float) -> list[Letter | str]:
        if any(source == SICK and not why for source, _trusted, _contents, why, _seconds in requests):
            os.kill((await self._started()).pid, self.ended_by)
        return await super().ask(requests, seconds)


async def test_one_that_kills_its_reader_costs_none_of_those_that_were_asked_for_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "Worker", Mortal)
    letters = [GOOD.replace(b"good", b"%d" % number) for number in range(parsing.TOGETHER + 5)]
    letters[7] = SICK
    async with Parser(limit_seconds=30) as parser:
        parser.turn_seconds = 600
        read = await parser.parse_many(letters)
    assert [one.subject for one in read] == [
        "sick" if letter == SICK else str(number) for number, letter in enumerate(letters)
    ]
    assert [bool(one.error) for one in read] == [one.cut_short for one in read]
    assert [number for number, one in enumerate(read) if one.cut_short] == [7]


def test_each_letter_of_an_answer_has_its_processor_time_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    monkeypatch.setattr(parse_worker, "limit_processor_time", limits.append)
    monkeypatch.setattr(parse_worker, "ANSWER_SECONDS", 600)
    answers = parse_worker.answer_some([(GOOD, False, True, "", seconds) for seconds in (1.0, 2.0, 3.0)])
    assert (len(answers), limits) == (3, [1.0, 2.0, 3.0, 0])


@pytest.mark.parametrize(("seconds", "size", "answered"), [(600, 1_000, 3), (0, 1_000, 1), (600, 101, 2)])
def test_an_answer_ends_once_it_took_long_or_has_much_in_it(
    monkeypatch: pytest.MonkeyPatch, seconds: float, size: int, answered: int
) -> None:
    monkeypatch.setattr(parse_worker, "ANSWER_SECONDS", seconds)
    monkeypatch.setattr(parse_worker, "ANSWER_BYTES", size)
    heavy = GOOD.replace(b"\r\n\r\nwords", b"\r\nContent-Type: image/png\r\n\r\n" + bytes(100))
    assert len(parse_worker.answer_some([(heavy, False, True, "", 600)] * 3)) == answered


async def test_a_turn_ends_also_where_letters_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "Worker", Mortal)
    async with Parser(limit_seconds=30) as parser:
        parser.turn_seconds = 0
        (sick,) = await parser.parse_many([SICK, GOOD, GOOD])
    assert (sick.subject, sick.cut_short) == ("sick", True)


@pytest.mark.parametrize(
    ("number", "why"), [(parse_frames.OUT_OF_TIME, "longer than 30 s"), (signal.SIGKILL, "ended the process")]
)
async def test_the_reason_tells_a_letter_without_end_from_one_that_kills(
    monkeypatch: pytest.MonkeyPatch, number: int, why: str
) -> None:
    monkeypatch.setattr(parsing, "Worker", Mortal)
    monkeypatch.setattr(Mortal, "ended_by", number)
    async with Parser(limit_seconds=30) as parser:
        sick = await parser.parse(SICK)
    assert sick.cut_short
    assert why in sick.error


async def test_letters_with_much_in_them_are_answered_in_parts_and_come_all(parser: Parser) -> None:
    heavy = GOOD.replace(b"\r\n\r\nwords", b"\r\nContent-Type: image/png\r\n\r\n" + bytes(3 * 1024**2))
    async with parser:
        parser.turn_seconds = 600
        letters = await parser.parse_many([heavy] * 5 + [GOOD])
    assert [sum(file.size for file in one.attachments) for one in letters] == [3 * 1024**2] * 5 + [0]


async def test_a_worker_that_dies_is_replaced() -> None:
    async with Parser(limit_seconds=30) as parser:
        await parser.parse(GOOD)
        await _stop_worker(parser, signal.SIGSTOP)
        reading = asyncio.create_task(parser.parse(SICK))
        await asyncio.sleep(0.1)
        await _stop_worker(parser, signal.SIGKILL)
        assert (await reading).subject == "sick"
        assert "process" in (await reading).error
        assert (await parser.parse(GOOD)).error == ""


async def test_a_cancelled_reading_leaves_the_next_one_in_step() -> None:
    async with Parser(limit_seconds=30) as parser:
        await parser.parse(GOOD)
        await _stop_worker(parser, signal.SIGSTOP)
        reading = asyncio.create_task(parser.parse(SICK))
        await asyncio.sleep(0.1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert (await parser.parse(GOOD)).subject == "good"


async def test_control_headers_stay_only_where_they_are_trusted(parser: Parser) -> None:
    async with parser:
        raw = b"X-Glazok-Ticket: 7\r\n" + GOOD
        assert ("X-Glazok-Ticket", "7") in (await parser.parse(raw, trusted=True)).headers
        assert ("X-Glazok-Ticket", "7") not in (await parser.parse(raw)).headers


def test_the_command_lines_reader_gives_one_answer_per_file(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(GOOD)
    answers = list(parse_files([tmp_path / "a.eml", tmp_path / "gone.eml", SICK, tmp_path]))
    assert [one.subject for one in answers if isinstance(one, Letter)] == ["good", "sick"]
    assert [index for index, one in enumerate(answers) if isinstance(one, str)] == [1, 3]


def test_the_command_lines_reader_gives_up_on_a_letter_and_goes_on() -> None:
    # So short a limit that even the fork cannot answer: what is left is the letter as a file.
    first, second = parse_files([SICK + b"x" * 200_000, GOOD], limit_seconds=1e-9)
    assert isinstance(first, Letter)
    assert "longer than" in first.error
    assert first.attachments[0].size == len(SICK) + 200_000
    assert isinstance(second, Letter)


class Recorded(Worker):
    """A worker that writes down which letters it was asked for, and holds the slow ones until it may go on."""

    asked: ClassVar[list[str]] = []
    may_go_on: ClassVar[asyncio.Event]

    async def ask(self, requests: Sequence[Request], seconds: float) -> list[Letter | str]:
        raw = requests[0][0]
        assert isinstance(raw, bytes)
        name = raw.decode()
        self.asked.append(name)
        if name.startswith("slow"):
            await self.may_go_on.wait()
        return [Letter(subject=name)]


async def test_slow_letters_of_one_mailbox_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded.asked, Recorded.may_go_on = [], asyncio.Event()
    monkeypatch.setattr(parsing, "Worker", Recorded)
    async with Parser() as parser:
        slow = asyncio.create_task(parser.parse_many([b"slow 1", b"slow 2"]))
        while not Recorded.asked:
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert (await parser.parse(b"quick")).subject == "quick"
        assert not slow.done()
        Recorded.may_go_on.set()
        assert [one.subject for one in await slow] == ["slow 1", "slow 2"]


async def test_a_turn_ends_after_a_while_so_that_whoever_waits_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    Recorded.asked, Recorded.may_go_on = [], asyncio.Event()
    monkeypatch.setattr(parsing, "Worker", Recorded)
    monkeypatch.setattr(parsing, "WORKERS", 2)
    async with Parser() as parser:
        parser.turn_seconds = 0
        slow = [asyncio.create_task(parser.parse_many([b"slow %d" % n, b"after it"])) for n in range(2)]
        while len(Recorded.asked) < 2:
            await asyncio.sleep(0)
        waiting = asyncio.create_task(parser.parse(b"quick"))
        Recorded.may_go_on.set()
        assert [[one.subject for one in await task] for task in slow] == [["slow 0"], ["slow 1"]]
        assert (await waiting).subject == "quick"
        assert len(parser._idle) == 2, "no more workers than there may be"


async def test_workers_with_nothing_to_do_end_but_for_one() -> None:
    async with Parser() as parser:
        parser.idle_seconds = 0.05
        await asyncio.gather(*(parser.parse(GOOD) for _ in range(8)))
        async with asyncio.timeout(20):
            while len(parser._idle) > 1:
                await asyncio.sleep(0.01)
        assert (await parser.parse(GOOD)).error == ""


def test_a_worker_that_is_stuck_in_a_letter_ends_by_itself_when_nobody_waits_for_it(tmp_path: Path) -> None:
    # A path that is a pipe without a writer would sleep; a pattern that never comes to an end works.
    code = (
        "import re, sys; from mailbridge import parse_worker as p\n"
        "p.answer = lambda request: re.match(r'(a*)*b', 'a' * 60)\n"
        "p.serve(sys.stdin.buffer, sys.stdout.buffer)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with worker:
        assert worker.stdin is not None
        worker.stdin.write(parse_frames.frame([(b"", False, False, "", 0.2)]))
        worker.stdin.flush()
        try:
            assert worker.wait(timeout=60) == -parse_frames.OUT_OF_TIME
        finally:
            worker.kill()
