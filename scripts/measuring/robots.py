"""The robot over a full desk: what a pass costs while nothing is due, beside the bare query that finds nothing; and how
long others wait while all clocks are set anew."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from core import clock
from core.services import rearming, robot
from core.services.desk import Desk
from core.settings import Settings, load, read
from measuring.figures import Figure, Section, quantile

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any ticket was opened: every clock runs, none is due."""

PASSES = 50


def section(config: Path, tickets: int) -> Section:
    """Set all clocks, change a number and set them anew, then pass after pass with nothing to do."""
    result = Section(
        f"The robot over {tickets:,} open tickets, nothing due",
        "bare sqlite3: the look-up of due timers, which finds none",
    )
    settings = load(config)
    clock.set_to(LONG_AGO)
    try:
        with closing(Desk.open(settings)) as desk:
            while rearming.step(desk):
                pass
            # As a pass does that finds them changed: clocks set by others' numbers would be looked at again.
            desk.settings = desk.clocks_by = _changed(config)
            steps = _until_done(lambda: rearming.step(desk))
            passes = _times(lambda: robot.run_once(desk))
        with closing(sqlite3.connect(settings.database_path)) as bare:
            timers = bare.execute("SELECT count(*) FROM timer").fetchone()[0]
            floor = _times(
                lambda: bare.execute(
                    "SELECT ticket_id FROM timer WHERE fired_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT 100",
                    ("2000-01-01 00:00:00.000000",),
                ).fetchall()
            )
    finally:
        clock.set_to(None)
    result.figures += [
        Figure("one pass, p50", 1000 * quantile(passes, 0.5), "ms", 1000 * quantile(floor, 0.5), goal=50),
        Figure("one pass, p99", 1000 * quantile(passes, 0.99), "ms", 1000 * quantile(floor, 0.99)),
        Figure("clocks that run", timers, ""),
        Figure("after a changed number: all clocks set anew", sum(steps), "s"),
        Figure(
            f"a page of {rearming.PAGE} tickets, in which others wait: p50", 1000 * quantile(steps, 0.5), "ms"
        ),
        Figure("the same, p99", 1000 * quantile(steps, 0.99), "ms"),
        Figure("the same, the longest", 1000 * max(steps), "ms"),
    ]
    return result


def _changed(config: Path) -> Settings:
    """The desk's settings with another number for every ticket that is New or in work."""
    numbers = '\n[robot.unaccepted]\nafter = "29m"\n[robot.in_work_owner]\nafter = "119m"\n'
    return read(config.read_text("utf-8") + numbers, config)


def _until_done(step: Callable[[], bool]) -> list[float]:
    """How long each step took until there was none left: at least as long as it kept others from writing."""
    times = []
    more = True
    while more:
        began = time.perf_counter()
        more = step()
        times.append(time.perf_counter() - began)
    return times


def _times(act: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(PASSES):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return times
