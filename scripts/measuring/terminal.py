"""A pseudo-terminal with somebody at the keyboard: starts a program, answers its questions, types, and notes when
the bytes of each answer arrive. Imports nothing of the product.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from measuring.processes import cpu_clock, resident_mb
from measuring.screen import Screen

COLUMNS, ROWS = 120, 36
PATIENCE = 60.0
"""Seconds after which a program that is not ready never will be."""
FRAME_END = b"\x1b[?2026l"
"""The end of a synchronised update: a whole frame is on the screen."""

_QUESTIONS = re.compile(
    rb"\x1b\[\?(?P<mode>\d+)\$p|(?P<da1>\x1b\[0?c)|(?P<dsr>\x1b\[5n)|(?P<cpr>\x1b\[6n)|(?P<kitty>\x1b\[\?u)"
    rb"|\x1b\](?P<colour>1[01]);\?(?:\x07|\x1b\\)"
)


def answers(data: bytes) -> bytes:
    """What a terminal of today answers to the questions in a program's output."""
    out = b""
    for found in _QUESTIONS.finditer(data):
        if found["mode"]:
            state = b"2" if found["mode"] == b"2026" else b"0"
            out += b"\x1b[?" + found["mode"] + b";" + state + b"$y"
        elif found["da1"]:
            out += b"\x1b[?62;22c"
        elif found["dsr"]:
            out += b"\x1b[0n"
        elif found["cpr"]:
            out += b"\x1b[1;1R"
        elif found["kitty"]:
            out += b"\x1b[?0u"
        elif found["colour"]:
            shade = b"0000" if found["colour"] == b"11" else b"ffff"
            out += b"\x1b]" + found["colour"] + b";rgb:" + b"/".join([shade] * 3) + b"\x1b\\"
    return out


@dataclass(frozen=True, slots=True)
class Moment:
    """What had been spent when something was on the screen."""

    wall: float
    """Seconds from the start."""
    cpu: float
    """Processor seconds of the program so far."""
    memory: float
    """MiB in RAM."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came after a key."""

    seconds: float
    """From the key to the end of the first whole frame."""
    size: int
    """Bytes, until the program fell silent."""
    frames: int
    rest: float
    """Seconds from the key to the last byte."""


class DidNotWork(Exception):
    """A program ended, or never showed what it should: nothing was measured."""


class Terminal:
    """A program in a terminal of 120×36. `with Terminal(command) as terminal: …`"""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.screen = Screen(COLUMNS, ROWS)
        self._command = command
        dropped = ("LINES", "COLUMNS", "NO_COLOR", "TMUX", "STY", "TERM_PROGRAM")
        environment = {name: value for name, value in environment.items() if name not in dropped}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.born = time.perf_counter()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._master)
                os.login_tty(slave)
                os.execvpe(command[0], list(command), environment)
            finally:
                os._exit(127)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._poll = select.poll()
        self._poll.register(self._master, select.POLLIN)
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def until(self, shown: Callable[[str], object]) -> Moment:
        """Wait until the screen's text is as wanted. Raises DidNotWork.

        The screen is looked at after each chunk, so the time is that of the chunk that made it so.
        """
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline and not self.ended:
            data, at = self._read(0.05)
            if not data:
                continue
            # Spent before our own parsing takes a share of the machine.
            moment = Moment(at - self.born, cpu_clock(self.pid), resident_mb(self.pid))
            self.screen.feed(data)
            if shown(self.screen.text()):
                return moment
        raise DidNotWork(
            f"{' '.join(self._command[:2])} {'ended' if self.ended else 'never showed what it should'}:\n"
            + "\n".join(line for line in self.screen.text().splitlines() if line.strip())
        )

    def settle(self, quiet: float = 0.3, limit: float = 5.0) -> Moment:
        """Wait until the program has been silent for a while."""
        end = time.perf_counter() + limit
        while time.perf_counter() < end and not self.ended:
            data, _at = self._read(quiet)
            if not data:
                break
            self.screen.feed(data)
        return Moment(time.perf_counter() - self.born, cpu_clock(self.pid), resident_mb(self.pid))

    def press(self, keys: bytes, quiet: float = 0.05) -> Reply | None:
        """Type, and read until the program is silent; None where it answered nothing within a second."""
        while self._read(0)[0]:
            pass
        sent = time.perf_counter()
        self._write(keys)
        chunks: list[tuple[float, bytes]] = []
        wait = 1.0
        while True:
            data, at = self._read(wait)
            if not data:
                break
            chunks.append((at, data))
            wait = quiet
        if not chunks:
            return None
        everything = b"".join(data for _at, data in chunks)
        self.screen.feed(everything)
        frames = everything.count(FRAME_END)
        return Reply(_first_frame(chunks) - sent, len(everything), max(1, frames), chunks[-1][0] - sent)

    def close(self) -> None:
        """End the program: it is asked first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.perf_counter() + 3
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            while time.perf_counter() < deadline:
                self._read(0.02)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self._master)
                    return
        os.close(self._master)

    def _read(self, wait: float) -> tuple[bytes, float]:
        if self.ended or not self._poll.poll(max(0.0, wait) * 1000):
            if self.ended:
                time.sleep(0.005)
            return b"", 0.0
        try:
            data = os.read(self._master, 1 << 16)
        except BlockingIOError:
            return b"", 0.0
        except OSError:
            data = b""
        at = time.perf_counter()
        if not data:
            self.ended = True
        elif b"\x1b" in data and (reply := answers(data)):
            self._write(reply)
        return data, at

    def _write(self, data: bytes) -> None:
        while data and not self.ended:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                time.sleep(0.0005)
            except OSError:
                self.ended = True


def _first_frame(chunks: Sequence[tuple[float, bytes]]) -> float:
    """When the first whole frame had come; without frame marks, the first bytes."""
    tail = b""
    for at, data in chunks:
        tail += data
        if FRAME_END in tail:
            return at
    return chunks[0][0]
