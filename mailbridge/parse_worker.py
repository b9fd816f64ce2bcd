"""The process in which letters are read: a list of requests in, a list of letters out, and again.

Frames are a length and a pickle, on pipes that only the parent holds. Several letters share a frame, since a trip
through a pipe and two event loops costs as much as a third of a letter's reading. Started by `mailbridge.parsing`;
imports nothing of ours but `mailbridge.letter`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from core.domain.letters import Letter
from core.i18n import set_language
from core.names import system_words
from mailbridge.letter import read
from mailbridge.letter.reading import salvaged
from mailbridge.parse_frames import ANSWER_BYTES, ANSWER_SECONDS, LENGTH, OUT_OF_TIME, Request, frame

MEMORY = 3 * 1024**3
"""Address space of the worker: a letter that wants more gets a MemoryError, and so an `error`."""


def answer(request: Request) -> Letter | str:
    """The letter; or, where the file cannot be read, a sentence of the system's."""
    source, trusted, contents, why, _seconds = request
    try:
        raw = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        # The worker was started without a language; whoever started it has left theirs in LANGUAGE.
        set_language()
        return system_words(error)
    letter = salvaged(raw, why) if why else read(raw, trusted=trusted)
    return letter if contents else without_contents(letter)


def answer_some(requests: Sequence[Request]) -> list[Letter | str]:
    """The first of the answers, at least one; each letter has its processor time for itself."""
    result: list[Letter | str] = []
    end, size = time.monotonic() + ANSWER_SECONDS, 0
    try:
        for request in requests:
            limit_processor_time(request[-1])
            answered = answer(request)
            result.append(answered)
            size += 0 if isinstance(answered, str) else sum(file.size for file in answered.attachments)
            if size >= ANSWER_BYTES or time.monotonic() >= end:
                break
    finally:
        limit_processor_time(0)
    return result


def without_contents(letter: Letter) -> Letter:
    """The same letter, its attachments by name, size and checksum only."""
    files = tuple(replace(file, content=b"") for file in letter.attachments)
    inner = without_contents(letter.forwarded) if letter.forwarded else None
    return replace(letter, attachments=files, forwarded=inner)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the parent closes its end."""
    if hasattr(signal, "setitimer"):
        # Left to its default the signal needs no Python to run, so that one long match of a pattern ends too.
        signal.signal(OUT_OF_TIME, signal.SIG_DFL)
    while True:
        head = requests.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return
        (size,) = LENGTH.unpack(head)
        # Only the parent holds the other end of the pipe.
        asked: list[Request] = pickle.loads(requests.read(size))  # noqa: S301
        answers.write(frame(answer_some(asked)))
        answers.flush()


def limit_processor_time(seconds: float) -> None:
    """The system ends this process when it has worked for so long from now on, however little of the machine it gets,
    and whether or not there is still somebody who waits for it; 0 takes the limit away."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def limit_memory() -> None:
    """Cap the address space where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Serve on stdin and stdout; nothing else may write there."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
    limit_memory()
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        serve(requests, answers)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
