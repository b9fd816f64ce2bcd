"""`glazok demo --headless`: the desk without a screen; what happens comes as JSON lines, the end as exit code."""

from __future__ import annotations

import asyncio
import imaplib
import signal
import smtplib
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cli.demo.roundtrip import STEPS, RoundTrip, WentWrong
from cli.demo.stage import stage
from cli.output import dumped
from core.clock import now
from core.errors import GlazokError

FAILED = 1
SIGNALLED = 128
"""Plus the signal's number, as shells report it."""


def tell(what: str, **facts: object) -> None:
    """One JSON line: when, what, and whatever belongs to it."""
    line = {"at": now().isoformat(timespec="milliseconds").replace("+00:00", "Z"), "what": what, **facts}
    sys.stdout.write(dumped(line, sort_keys=False) + "\n")
    sys.stdout.flush()


async def run(folder: Path | None, language: str, seed: int, seconds: float) -> int:
    """Live for so many seconds; 0 only where the whole round trip happened, else 1 and a line on what is missing.

    Where starting has taken long, the round trip may take its `seconds` from there: a busy machine is not a fault.
    """
    loop = asyncio.get_running_loop()
    playing = asyncio.create_task(_play(folder, language, seed, seconds))
    told: list[int] = []

    def stop(number: int) -> None:
        told.append(number)
        playing.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    with suppress(asyncio.CancelledError):
        return await playing
    return SIGNALLED + told[0]


async def _play(folder: Path | None, language: str, seed: int, seconds: float) -> int:
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    trip: RoundTrip | None = None
    dead: Callable[[], list[str]] = list
    problem = ""
    tell("started", steps=list(STEPS))
    try:
        async with asyncio.timeout(None) as limit:
            async with stage(folder, language, seed, lambda fact: tell(**fact)) as living:
                tell("serving", config=living.config, processes=living.processes)
                limit.reschedule(clock() + seconds)
                trip, dead = RoundTrip(living, tell), lambda: living.dead
                await trip.play()
                tell("round trip complete")
                living.start_life()
                await asyncio.sleep(until - clock())
    except TimeoutError:
        problem = "time is up"
    except (GlazokError, WentWrong, OSError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
        problem = str(error) or type(error).__name__
    missing = list(STEPS) if trip is None else trip.missing
    if missing:
        tell("failed", missing=missing, why=problem, dead=dead())
        return FAILED
    tell("finished", ok=True)
    return 0
