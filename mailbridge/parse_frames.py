"""What goes through the pipes of the process in which letters are read. Imports nothing that reads them."""

from __future__ import annotations

import pickle
import signal
import struct
from pathlib import Path

from core.domain.letters import Letter
from core.i18n import _

LENGTH = struct.Struct(">Q")
"""A frame is a length and a pickle, on pipes that only the parent holds."""
Request = tuple[bytes | str, bool, bool, str, float]
"""(raw or path, trusted, keep contents, why only the headers are wanted or empty, seconds of processor time)."""
OUT_OF_TIME = signal.SIGPROF if hasattr(signal, "SIGPROF") else signal.SIGTERM
"""What ends a worker whose letter has used up its processor time."""
ANSWER_SECONDS = 0.2
ANSWER_BYTES = 4 * 1024**2
"""After so long, or with so much of attachments, the letters that were read are answered; the rest is asked again."""
LIMIT_SECONDS = 20.0
"""Of the processor, for one letter; an ordinary one takes a few milliseconds."""
PATIENCE = 6
"""A letter may take so many times its limit by the clock on the wall: the limit is for the processor's time, and on
a busy machine a process gets only a part of that."""


class ParseFailed(Exception):
    """A worker died or outstayed the limit; says so in words for `Letter.error`."""


def request_of(
    letter: bytes | Path, seconds: float, *, trusted: bool = False, contents: bool = True, why: str = ""
) -> Request:
    """What is asked of a worker."""
    return (letter if isinstance(letter, bytes) else str(letter), trusted, contents, why, seconds)


def raw_of(letter: bytes | Path) -> bytes:
    """The bytes, none where the file cannot be read."""
    if isinstance(letter, bytes):
        return letter
    try:
        return letter.read_bytes()
    except OSError:
        return b""


def frame(value: object) -> bytes:
    """A value with its length in front."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


def unpickled(data: bytes) -> list[Letter | str]:
    """The letters of an answer."""
    # Our own worker wrote it: what it read was bytes, and it never unpickles them.
    value: list[Letter | str] = pickle.loads(data)  # noqa: S301
    return value


def died() -> str:
    return _("reading it ended the process that reads letters")


def too_long(seconds: float) -> str:
    return _("reading it took longer than {seconds} s").format(seconds=f"{seconds:g}")
