"""What processes cost: processor time and memory, read from outside. Linux alone (proc(5))."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The working copy."""


SAMPLE = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took from start to end, its own children included."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds."""
    output: str
    status: int
    peak: float = 0.0
    """MiB in RAM at most, of all its processes together, as seen every SAMPLE seconds."""


def cpu_clock(pid: int) -> float:
    """Processor seconds of a living process and all its threads, in steps of a nanosecond; 0 once it is gone."""
    try:
        # CPUCLOCK_SCHED of another process (clock_getcpuclockid(3)).
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def resident_mb(pid: int) -> float:
    """Memory of a process that is in RAM, in MiB."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(command: Sequence[str | Path], *, errors: Path | None = None) -> Cost:
    """Run a program to its end. What it says on stderr goes to a file, or nowhere."""
    with (errors or Path(os.devnull)).open("ab") as log:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, env=environment()
        )
        assert process.stdout is not None
        ended, peaks = threading.Event(), [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, ended, peaks))
        watcher.start()
        output = process.stdout.read().decode("utf-8", "replace")
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    ended.set()
    watcher.join()
    return Cost(wall, usage.ru_utime + usage.ru_stime, output, process.returncode, max(peaks))


def _watch(pid: int, ended: threading.Event, peaks: list[float]) -> None:
    while not ended.wait(SAMPLE):
        peaks.append(sum(resident_mb(one) for one in family(pid)))


def family(pid: int) -> list[int]:
    """A process and all that it has started, as far as they live."""
    try:
        lists = [file.read_text("utf-8") for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return [pid]
    return [pid, *(one for text in lists for child in text.split() for one in family(int(child)))]


def script(name: str, *words: str) -> list[str]:
    """The command of a program of this package."""
    return [sys.executable, "-m", f"measuring.{name}", *words]


def glazok(*words: str) -> list[str]:
    """The command of the product itself, as it is installed."""
    return [str(Path(sys.executable).with_name("glazok")), *words]


def environment() -> dict[str, str]:
    """For programs of this package and the product alike: nobody's own configuration, the working copy's code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GLAZOK_")}
    path = os.pathsep.join((str(ROOT), str(ROOT / "scripts")))
    return {**kept, "PYTHONPATH": path, "NO_PROXY": "127.0.0.1", "LC_ALL": "C.UTF-8"}
