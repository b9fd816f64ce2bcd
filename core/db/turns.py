"""Turns at an empty file: of all programs and threads that wait there, who came first is next (nearly: in the order
in which the system wakes them).

A turn is a courtesy, not a lock: whoever cannot have one, in time or at all, goes on without.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def turn(path: str, seconds: float) -> Iterator[None]:
    """Wait for our turn, for up to `seconds`, and have it for the length of the block. Makes the file."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    waiter = _Waiter(file)
    try:
        waiter.wait(seconds)
        yield
    finally:
        waiter.leave()


class _Waiter:
    def __init__(self, file: int) -> None:
        self._file = file
        self._mutex = threading.Lock()
        self._waiting = self._left = False

    def wait(self, seconds: float) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # flock knows no time limit, and a program that was stopped (Ctrl+Z) in its turn must not stop the desk.
            self._waiting = True
            thread = threading.Thread(target=self._flock, name="turn", daemon=True)
            thread.start()
            thread.join(seconds)
        except OSError:
            # A file system without locks of this kind.
            return

    def leave(self) -> None:
        """Whoever of the two comes last closes the file, which ends the turn."""
        with self._mutex:
            self._left = True
            if not self._waiting:
                os.close(self._file)

    def _flock(self) -> None:
        with suppress(OSError):
            fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._mutex:
            self._waiting = False
            if self._left:
                os.close(self._file)
