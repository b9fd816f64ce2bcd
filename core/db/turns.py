"""Turns at a small file: of all programs and threads that wait there, who came first is next.

Everyone draws a number, locks the byte of that number, and waits for the byte of the number before: that is free when
its program has had its turn, has given up, or is dead. A turn is a courtesy, not a lock: whoever cannot have one, in
time or at all (a system without locks of open files, a folder that may not be written), goes on without.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

DRAWS, DRAW_SECONDS = 200, 0.0005
"""How often we try to draw a number, and what lies between."""
_NUMBER = struct.Struct("<q")
_FIRST_BYTE = 1024
"""Bytes that stand for numbers begin behind the counter; they are locked and never written."""
_NUMBERS = 2**62
"""Where they begin anew: whatever stands in the file, their bytes can be locked."""


@contextmanager
def turn(path: str, seconds: float) -> Iterator[None]:
    """Wait for our turn, for up to `seconds`, and have it for the length of the block. Makes the file."""
    if not _knows_locks_of_open_files():
        yield
        return
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
            number = self._draw()
        except OSError:
            return
        with suppress(OSError):
            if _lock(self._file, number - 1, fcntl.F_OFD_SETLK):
                return
            # Locks know no time limit, and a program that was stopped (Ctrl+Z) in its turn must not stop the desk.
            self._waiting = True
            thread = threading.Thread(target=self._await, args=(number - 1,), name="turn", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # No more threads are to be had.
                self._waiting = False
                return
            thread.join(seconds)

    def leave(self) -> None:
        """Whoever of the two comes last closes the file, which lets the next one on."""
        with self._mutex:
            self._left = True
            if self._waiting:
                # Our own byte is free all the same: the next one waits for us, not for whom we waited for.
                with suppress(OSError):
                    _unlock(self._file, self._number)
            else:
                os.close(self._file)

    def _draw(self) -> int:
        self._take_counter()
        try:
            drawn = os.pread(self._file, _NUMBER.size, 0)
            last: int = _NUMBER.unpack(drawn)[0] if len(drawn) == _NUMBER.size else 0
            self._number = (last if 0 <= last < _NUMBERS else 0) + 1
            os.pwrite(self._file, _NUMBER.pack(self._number), 0)
            _lock(self._file, self._number, fcntl.F_OFD_SETLK)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        return self._number

    def _take_counter(self) -> None:
        """It is held for microseconds; where it is not to be had, the holder was stopped, and OSError says so."""
        for _ in range(DRAWS):
            with suppress(BlockingIOError):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(DRAW_SECONDS)
        raise BlockingIOError

    def _await(self, number: int) -> None:
        with suppress(OSError):
            _lock(self._file, number, fcntl.F_OFD_SETLKW)
        with self._mutex:
            self._waiting = False
            if self._left:
                os.close(self._file)


def _knows_locks_of_open_files() -> bool:
    """Other systems have none, or lay out what they are told otherwise."""
    return os.uname().sysname == "Linux" and hasattr(fcntl, "F_OFD_SETLK")


def _lock(file: int, number: int, how: int) -> bool:
    """Lock a number's byte; False where somebody has it and we do not wait."""
    try:
        fcntl.fcntl(file, how, _byte(fcntl.F_WRLCK, number))
    except (BlockingIOError, PermissionError):
        return False
    return True


def _unlock(file: int, number: int) -> None:
    fcntl.fcntl(file, fcntl.F_OFD_SETLK, _byte(fcntl.F_UNLCK, number))


def _byte(kind: int, number: int) -> bytes:
    """A `struct flock` for one byte."""
    return struct.pack("hhqqi", kind, os.SEEK_SET, _FIRST_BYTE + number, 1, 0)
