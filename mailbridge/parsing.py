"""Reading letters under a time limit: in processes of their own, which end when a letter takes too long.

`Parser` is for the bridge: a few warm workers, started when they are needed, ended when they have nothing to do.
A letter that kills its worker or outstays the limit comes back by its headers alone, with `error` and `cut_short`, and
the ones behind it go on. Imports nothing of core.db, and nothing that reads letters: patterns by the hundred are made
in the workers only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from core.domain.letters import Letter, unread
from mailbridge.parse_frames import LIMIT_SECONDS, ParseFailed, raw_of, request_of
from mailbridge.parse_process import Worker

WORKERS = 4
"""At once, however many mailboxes there are: each takes some 40 MB."""
TURN_SECONDS = 5.0
"""After so long a turn ends with the letter under way: letters of others get theirs, and what was read is filed."""
IDLE_SECONDS = 60.0
"""After so long without a letter a worker ends, unless it is the last one."""
TOGETHER = 50
"""Letters that a worker is asked for at once."""
SHARE_TOGETHER = 0.1
"""Of its limit, which a letter may use while others wait for the same answer; one that needs more is read alone."""
LETTERS_PER_WORKER = 10_000
"""A worker is replaced after so many, whatever it may have leaked."""


class Parser:
    """Reads letters in worker processes. `async with Parser() as parser: letter = await parser.parse(raw)`."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self.limit_seconds = limit_seconds
        self.turn_seconds = TURN_SECONDS
        self.idle_seconds = IDLE_SECONDS
        self._turns = asyncio.Semaphore(WORKERS)
        self._idle: list[Worker] = []
        self._busy: list[Worker] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def parse(self, raw: bytes, *, trusted: bool = False) -> Letter:
        """The letter, with `error` where it could not be read in full. Raises for no letter."""
        return (await self.parse_many([raw], trusted=trusted))[0]

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        """The first of the letters, in order: at least one, and all of them unless they take long. Each has the limit
        for itself."""
        result: list[Letter] = []
        clock = asyncio.get_running_loop().time
        async with self._turn() as worker:
            end = clock() + self.turn_seconds
            while len(result) < len(letters) and (not result or clock() < end):
                some = letters[len(result) : len(result) + TOGETHER]
                result += await self._together(worker, some, end, trusted=trusted)
        return result

    async def _together(
        self, worker: Worker, letters: Sequence[bytes | Path], end: float, *, trusted: bool
    ) -> list[Letter]:
        """The first of the letters, at least one: by one answer, or each by its own where one of them prevents that."""
        seconds = self.limit_seconds * SHARE_TOGETHER
        requests = [request_of(letter, seconds, trusted=trusted) for letter in letters]
        if len(letters) > 1:
            with contextlib.suppress(ParseFailed):
                answers = await worker.ask(requests, seconds)
                return [_whole(letter, answered) for letter, answered in zip(letters, answers, strict=False)]
        result: list[Letter] = []
        for letter in letters:
            if result and asyncio.get_running_loop().time() >= end:
                break
            result.append(await self._alone(worker, letter, trusted=trusted))
        return result

    async def _alone(self, worker: Worker, letter: bytes | Path, *, trusted: bool) -> Letter:
        try:
            (answered,) = await worker.ask(
                [request_of(letter, self.limit_seconds, trusted=trusted)], self.limit_seconds
            )
        except ParseFailed as failure:
            return replace(await self._by_headers(worker, letter, str(failure)), cut_short=True)
        return _whole(letter, answered)

    async def _by_headers(self, worker: Worker, letter: bytes | Path, why: str) -> Letter:
        try:
            request = request_of(letter, self.limit_seconds, why=why)
            (answered,) = await worker.ask([request], self.limit_seconds)
        except ParseFailed:
            return unread(raw_of(letter), why)
        return _whole(letter, answered)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[Worker]:
        """A worker of one's own, the one that was used last; whoever waits comes in order."""
        async with self._turns:
            worker = self._idle.pop() if self._idle else Worker()
            if worker.retirement is not None:
                worker.retirement.cancel()
            self._busy.append(worker)
            try:
                yield worker
                if worker.read >= LETTERS_PER_WORKER:
                    await worker.end()
            finally:
                self._busy.remove(worker)
                self._idle.append(worker)
                later = asyncio.get_running_loop().call_later
                worker.retirement = later(self.idle_seconds, self._retire, worker)

    def _retire(self, worker: Worker) -> None:
        """End a worker that had nothing to do for a while; one stays, for the next letter."""
        if worker in self._idle and len(self._idle) + len(self._busy) > 1:
            self._idle.remove(worker)
            task = asyncio.create_task(worker.end(), name="ending a reader of letters")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End the workers."""
        for worker in (*self._idle, *self._busy):
            if worker.retirement is not None:
                worker.retirement.cancel()
            await worker.end()
        await asyncio.gather(*self._ending)


def _whole(letter: bytes | Path, answered: Letter | str) -> Letter:
    return answered if isinstance(answered, Letter) else unread(b"", f"{letter!s}: {answered}")
