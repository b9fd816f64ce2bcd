"""Start, keys, bytes and memory of the console on a full desk, from outside, beside an empty Textual app."""

from __future__ import annotations

import re
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring.desks import LOOKER
from measuring.figures import Figure, Section, quantile
from measuring.processes import cpu_clock, environment, glazok, script
from measuring.terminal import DidNotWork, Moment, Reply, Terminal

DOWN, UP, RIGHT, LEFT = b"\x1b[B", b"\x1b[A", b"\x1b[C", b"\x1b[D"
QUEUED = 200
SERVICES_LOADED = 2.5
"""Seconds after which the console has loaded everything that it loads by itself."""

_COUNTED = re.compile(r"New [\d,]+.*Mine [\d,]+.*Waiting for client [\d,]+.*Needs reply [\d,]+")


@dataclass(frozen=True, slots=True)
class Start:
    """One start."""

    first_frame: Moment
    whole: Moment
    """Every lane with its count and its first cards; for the empty app the same as its first frame."""


def start_section(config: Path, tickets: int, runs: int) -> Section:
    """The console and the empty app, started in turn."""
    ours: list[Start] = []
    empty: list[Start] = []
    for number in range(runs + 1):
        pair = _start_console(config), _start_empty()
        # The first pair warms the disk's cache.
        if number:
            ours.append(pair[0])
            empty.append(pair[1])
    late = _resident_later(config)

    def middle(starts: Sequence[Start], which: str, of: str) -> float:
        return statistics.median(float(getattr(getattr(start, which), of)) for start in starts)

    section = Section(f"Start of the console with {tickets:,} open tickets", "an empty Textual app, in turn")
    for what, which, cpu_goal in (
        ("first frame", "first_frame", 1.3),
        ("first complete board", "whole", 2.5),
    ):
        for name, of in (("CPU", "cpu"), ("time", "wall")):
            section.figures.append(
                Figure(
                    f"{what}: {name}",
                    1000 * middle(ours, which, of),
                    "ms",
                    1000 * middle(empty, "whole", of),
                    cpu_goal if of == "cpu" else None,
                    of_ratio=True,
                )
            )
    memory = middle(empty, "whole", "memory")
    section.figures += [
        Figure(
            "memory at the first complete board", middle(ours, "whole", "memory"), "MB", memory, 1.4, True
        ),
        Figure("memory with everything loaded", late, "MB", memory, 110),
    ]
    return section


def keys_section(config: Path, tickets: int, rounds: int) -> Section:
    """Moves within the screen, scrolls, and a held key, on a console that is connected to a presence server."""
    section = Section(f"Keys on the board with {tickets:,} open tickets")
    with subprocess.Popen(
        glazok("presence", "--config", str(config)),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(),
    ) as presence:  # fmt: skip
        try:
            with Terminal(_console(config), environment()) as terminal:
                terminal.until(_is_whole)
                terminal.settle(SERVICES_LOADED, limit=6)
                _type(terminal, [DOWN, UP, RIGHT, LEFT] * 5)
                moves = [DOWN] * 6 + [UP] * 6 + [RIGHT] * 3 + [LEFT] * 3
                section.figures += _figures("move", *_timed(terminal, moves * rounds), size_goal=700)
                _type(terminal, [DOWN] * 12)
                section.figures += _figures("scroll", *_timed(terminal, [DOWN] * 18 * rounds), size_goal=3500)
                terminal.settle(0.3)
                held = terminal.press(DOWN * QUEUED, quiet=0.15)
                if held is None:
                    raise DidNotWork("the console did not answer a held key")
                section.figures += [
                    Figure(f"{QUEUED} queued keys: until the screen rests", 1000 * held.rest, "ms", goal=60),
                    Figure(f"{QUEUED} queued keys: frames", held.frames, "", goal=5),
                ]
        finally:
            presence.terminate()
    return section


def _console(config: Path) -> list[str]:
    return glazok("console", "--as", LOOKER, "--config", str(config))


def _is_whole(text: str) -> bool:
    return bool(_COUNTED.search(text)) and "Loading" not in text and len(re.findall(r"#\d+ ", text)) >= 20


def _start_console(config: Path) -> Start:
    with Terminal(_console(config), environment()) as terminal:
        return Start(terminal.until(str.strip), terminal.until(_is_whole))


def _start_empty() -> Start:
    with Terminal(script("empty_app"), environment()) as terminal:
        shown = terminal.until(lambda text: "Empty" in text)
        return Start(shown, shown)


def _resident_later(config: Path) -> float:
    with Terminal(_console(config), environment()) as terminal:
        terminal.until(_is_whole)
        return terminal.settle(SERVICES_LOADED, limit=6).memory


def _type(terminal: Terminal, keys: Sequence[bytes]) -> list[Reply | None]:
    return [terminal.press(key) for key in keys]


def _timed(terminal: Terminal, keys: Sequence[bytes]) -> tuple[list[Reply], float]:
    """The replies, and CPU seconds for each key."""
    terminal.settle(0.3)
    before = cpu_clock(terminal.pid)
    replies = _type(terminal, keys)
    cpu = cpu_clock(terminal.pid) - before
    answered = [reply for reply in replies if reply is not None]
    if len(answered) < 0.9 * len(keys):
        raise DidNotWork(f"the console answered {len(answered)} of {len(keys)} keys")
    return answered, cpu / len(keys)


def _figures(what: str, replies: Sequence[Reply], cpu: float, *, size_goal: float) -> list[Figure]:
    times = [1000 * reply.seconds for reply in replies]
    return [
        Figure(f"{what}: key to picture, p50", quantile(times, 0.5), "ms", goal=3),
        Figure(f"{what}: key to picture, p99", quantile(times, 0.99), "ms", goal=10),
        Figure(f"{what}: CPU for a key", 1000 * cpu, "ms", goal=2.2),
        Figure(
            f"{what}: bytes for a key", quantile([reply.size for reply in replies], 0.5), "B", goal=size_goal
        ),
    ]
