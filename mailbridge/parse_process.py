"""The process that reads letters, as the bridge sees it: requests, answers, and an end. Imports nothing of
core.db."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from core.domain.letters import Letter
from mailbridge.parse_frames import (
    ANSWER_SECONDS,
    LENGTH,
    OUT_OF_TIME,
    PATIENCE,
    ParseFailed,
    Request,
    died,
    frame,
    too_long,
    unpickled,
)

_ROOT = str(Path(__file__).resolve().parent.parent)


class Worker:
    """A process that is started on first use, and again after its end."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.read = 0
        """Letters since its start."""
        self.retirement: asyncio.TimerHandle | None = None
        """When it is to end, where it has nothing to do."""

    async def ask(self, requests: Sequence[Request], seconds: float) -> list[Letter | str]:
        """The first of the answers, at least one, each within `seconds` of the processor's time. Raises ParseFailed;
        then the process has ended."""
        process = await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(ANSWER_SECONDS + seconds * PATIENCE):
                process.stdin.write(frame(requests))
                await process.stdin.drain()
                (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
                data = await process.stdout.readexactly(size)
        except TimeoutError:
            await self.end()
            raise ParseFailed(too_long(seconds)) from None
        except (asyncio.IncompleteReadError, OSError):
            status = await self._ended(process)
            raise ParseFailed(too_long(seconds) if status == -OUT_OF_TIME else died()) from None
        except BaseException:
            # Cancelled between a request and its answer: the pipe is out of step.
            await self.end()
            raise
        letters = unpickled(data)
        self.read += len(letters)
        return letters

    async def _started(self) -> asyncio.subprocess.Process:
        if self.process is None or self.process.returncode is not None:
            path = os.pathsep.join(part for part in (_ROOT, os.environ.get("PYTHONPATH", "")) if part)
            self.process = await asyncio.create_subprocess_exec(
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
            self.read = 0
        return self.process

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """How it ended, of itself where it does so at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await process.wait()
        await self.end()
        return process.returncode or 0

    async def end(self) -> None:
        """Kill the process and wait for its end."""
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
