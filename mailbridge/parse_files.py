"""Letters read for the command line, under a time limit: no event loop, the worker is a fork.

Imports nothing of core.db.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from core.domain.letters import Letter, unread
from mailbridge.parse_frames import (
    LENGTH,
    LIMIT_SECONDS,
    OUT_OF_TIME,
    PATIENCE,
    ParseFailed,
    Request,
    died,
    frame,
    raw_of,
    request_of,
    too_long,
    unpickled,
)
from mailbridge.parse_worker import answer, limit_memory, serve


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
                yield worker.ask(
                    request_of(source, limit_seconds, trusted=trusted, contents=False), limit_seconds
                )
            except ParseFailed as failure:
                worker.end()
                try:
                    again = request_of(source, limit_seconds, contents=False, why=str(failure))
                    yield worker.ask(again, limit_seconds)
                except ParseFailed:
                    worker.end()
                    yield unread(raw_of(source), str(failure))
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
            self._requests.write(frame([request]))
            self._requests.flush()
        except OSError:
            raise ParseFailed(died()) from None
        deadline = time.monotonic() + seconds * PATIENCE
        (size,) = LENGTH.unpack(self._receive(LENGTH.size, deadline, seconds))
        (answered,) = unpickled(self._receive(size, deadline, seconds))
        return answered

    def _receive(self, size: int, deadline: float, seconds: float) -> bytes:
        chunks: list[bytes] = []
        while size:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise ParseFailed(too_long(seconds))
            chunk = os.read(self._answers, min(size, 1 << 20))
            if not chunk:
                raise ParseFailed(too_long(seconds) if self.end() == OUT_OF_TIME else died())
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

    def end(self) -> int:
        """Kill it and take its leave; returns the signal that ended it, 0 where there is no worker."""
        if not self._pid:
            return 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        _pid, status = os.waitpid(self._pid, 0)
        assert self._requests is not None
        with contextlib.suppress(OSError):
            self._requests.close()
        os.close(self._answers)
        self._pid = 0
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
