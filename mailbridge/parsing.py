"""Reading letters under a time limit: in a process of their own, which is killed when one takes too long.

`Parser` is for the bridge: one warm worker, started on first use, replaced when a letter kills it or outstays the
limit; that letter comes back by its headers alone, with `error`, and the ones behind it go on. `parse_files` is
for the command line: no event loop, the worker is a fork. Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from core.domain.letters import Letter
from core.i18n import _
from mailbridge.letter.reading import salvaged
from mailbridge.parse_worker import LENGTH, Request, answer, frame, limit_memory, serve

LIMIT_SECONDS = 20.0
"""For one letter; an ordinary one takes a few milliseconds."""
LETTERS_PER_WORKER = 10_000
"""A worker is replaced after so many, whatever it may have leaked."""
_ROOT = str(Path(__file__).resolve().parent.parent)


class ParseFailed(Exception):
    """A worker died or outstayed the limit; says so in words for `Letter.error`."""


class Parser:
    """Reads letters in a worker process. `async with Parser() as parser: letter = await parser.parse(raw)`."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self.limit_seconds = limit_seconds
        self._worker: asyncio.subprocess.Process | None = None
        self._read = 0
        self._lock = asyncio.Lock()

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
        """The letters in order, read in one go; each has the limit for itself."""
        async with self._lock:
            result: list[Letter] = []
            while len(result) < len(letters):
                result += await self._stretch(letters[len(result) :], trusted=trusted)
            return result

    async def _stretch(self, letters: Sequence[bytes | Path], *, trusted: bool) -> list[Letter]:
        """Letters up to and with the first one that the worker does not survive."""
        worker = await self._started()
        assert worker.stdin is not None
        requests = [_request(letter, trusted=trusted) for letter in letters]
        sending = asyncio.create_task(_send(worker.stdin, requests))
        result: list[Letter] = []
        try:
            for letter in letters:
                try:
                    result.append(_whole(letter, await self._answered(worker, self.limit_seconds)))
                except ParseFailed as failure:
                    await self._end()
                    result.append(await self._by_headers(letter, str(failure)))
                    break
            self._read += len(result)
        except BaseException:
            # Cancelled between a request and its answer: the pipe is out of step.
            await self._end()
            raise
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending
        if self._read >= LETTERS_PER_WORKER:
            await self._end()
        return result

    async def _by_headers(self, letter: bytes | Path, why: str) -> Letter:
        worker = await self._started()
        assert worker.stdin is not None
        try:
            await _send(worker.stdin, [_request(letter, why=why)])
            return _whole(letter, await self._answered(worker, self.limit_seconds))
        except (ParseFailed, OSError):
            await self._end()
            return salvaged(_raw(letter), why, headers_too=False)

    async def _answered(self, worker: asyncio.subprocess.Process, seconds: float) -> Letter | str:
        assert worker.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                (size,) = LENGTH.unpack(await worker.stdout.readexactly(LENGTH.size))
                data = await worker.stdout.readexactly(size)
        except TimeoutError:
            raise ParseFailed(_too_long(seconds)) from None
        except (asyncio.IncompleteReadError, OSError):
            raise ParseFailed(_died()) from None
        return _unpickled(data)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._worker is None or self._worker.returncode is not None:
            path = os.pathsep.join(part for part in (_ROOT, os.environ.get("PYTHONPATH", "")) if part)
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "mailbridge.parse_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                # Ctrl+C at the terminal is for the bridge: it drains, and closes the worker itself.
                start_new_session=True,
                limit=1024 * 1024,
            )
            self._read = 0
        return self._worker

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()

    async def close(self) -> None:
        """End the worker."""
        async with self._lock:
            await self._end()


def _died() -> str:
    return _("reading it ended the process that reads letters")


def _too_long(seconds: float) -> str:
    return _("reading it took longer than {seconds} s").format(seconds=f"{seconds:g}")


def _request(letter: bytes | Path, *, trusted: bool = False, contents: bool = True, why: str = "") -> Request:
    return (letter if isinstance(letter, bytes) else str(letter), trusted, contents, why)


def _raw(letter: bytes | Path) -> bytes:
    if isinstance(letter, bytes):
        return letter
    try:
        return letter.read_bytes()
    except OSError:
        return b""


def _whole(letter: bytes | Path, answered: Letter | str) -> Letter:
    return (
        answered
        if isinstance(answered, Letter)
        else salvaged(b"", f"{letter!s}: {answered}", headers_too=False)
    )


def _unpickled(data: bytes) -> Letter | str:
    # Our own worker wrote it: what it read was bytes, and it never unpickles them.
    value = pickle.loads(data)  # noqa: S301
    assert isinstance(value, Letter | str)
    return value


async def _send(pipe: asyncio.StreamWriter, requests: Iterable[Request]) -> None:
    for request in requests:
        pipe.write(frame(request))
        # A worker that is dead already shows in the answers.
        with contextlib.suppress(ConnectionError):
            await pipe.drain()


def parse_files(
    sources: Iterable[bytes | Path], *, trusted: bool = False, limit_seconds: float = LIMIT_SECONDS
) -> Iterator[Letter | str]:
    """Letters without their attachments' contents, in order; a string where a file cannot be read.

    For a program without threads: the worker is forked.
    """
    worker = _Fork()
    try:
        for source in sources:
            try:
                yield worker.ask(_request(source, trusted=trusted, contents=False), limit_seconds)
            except ParseFailed as failure:
                worker.end()
                try:
                    yield worker.ask(_request(source, contents=False, why=str(failure)), limit_seconds)
                except ParseFailed:
                    worker.end()
                    yield salvaged(_raw(source), str(failure), headers_too=False)
    finally:
        worker.end()


class _Fork:
    """A worker that was forked off this process."""

    def __init__(self) -> None:
        self._pid = 0
        self._requests: BinaryIO | None = None
        self._answers = -1

    def ask(self, request: Request, seconds: float) -> Letter | str:
        """One answer. Raises ParseFailed."""
        if not hasattr(os, "fork"):
            return answer(request)
        if not self._pid:
            self._start()
        assert self._requests is not None
        try:
            self._requests.write(frame(request))
            self._requests.flush()
        except OSError:
            raise ParseFailed(_died()) from None
        deadline = time.monotonic() + seconds
        (size,) = LENGTH.unpack(self._receive(LENGTH.size, deadline, seconds))
        return _unpickled(self._receive(size, deadline, seconds))

    def _receive(self, size: int, deadline: float, seconds: float) -> bytes:
        chunks: list[bytes] = []
        while size:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise ParseFailed(_too_long(seconds))
            chunk = os.read(self._answers, min(size, 1 << 20))
            if not chunk:
                raise ParseFailed(_died())
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _start(self) -> None:
        requests_read, requests_write = os.pipe()
        answers_read, answers_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(requests_write)
                os.close(answers_read)
                limit_memory()
                serve(os.fdopen(requests_read, "rb"), os.fdopen(answers_write, "wb"))
                status = 0
            finally:
                # Not `exit`: the parent's cleanup is not the child's.
                os._exit(status)
        os.close(requests_read)
        os.close(answers_write)
        self._pid, self._answers = pid, answers_read
        self._requests = os.fdopen(requests_write, "wb")

    def end(self) -> None:
        """Kill it and take its leave."""
        if not self._pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        assert self._requests is not None
        with contextlib.suppress(OSError):
            self._requests.close()
        os.close(self._answers)
        self._pid = 0
