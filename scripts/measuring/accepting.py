"""Sixteen processes that want the same tickets at once, beside bare SQLite doing one update in a transaction."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring import desks
from measuring.figures import Figure, Section, quantile
from measuring.processes import ROOT, environment, script
from measuring.terminal import DidNotWork

PROCESSES = 16
Program = tuple[Callable[[int], bool], Callable[[], None]]
"""(accept a ticket: whether it was won; finish)."""


def section(folder: Path, contested: int) -> Section:
    """Every agent tries to accept every ticket, each in an order of their own; all begin together."""
    result = Section(
        f"{PROCESSES} processes accept the same {contested} tickets",
        "bare sqlite3: BEGIN IMMEDIATE, one compare-and-set UPDATE, COMMIT, on a copy of the same file",
    )
    # One more ticket for each: a process's first accept also loads its mappers, which is no race.
    config, people, found = desks.crowded_desk(folder, PROCESSES, contested + PROCESSES)
    wanted, warm = found[:-PROCESSES], found[-PROCESSES:]
    database = desks.database_of(config)
    copy = folder / "bare.db"
    copy.write_bytes(database.read_bytes())
    bare = _race("bare", copy, people, wanted, warm)
    ours = _race("ours", config, people, wanted, warm)
    for name, race in (("bare", bare), ("ours", ours)):
        if race.winners != len(wanted):
            raise DidNotWork(f"{name}: {race.winners} winners of {len(wanted)} tickets")
    result.figures += [
        Figure("attempts a second", ours.attempts / ours.wall, "", bare.attempts / bare.wall),
        Figure("time for all of them", ours.wall, "s", bare.wall),
        Figure("one attempt, p50", 1000 * quantile(ours.times, 0.5), "ms", 1000 * quantile(bare.times, 0.5)),
        Figure(
            "one attempt, p99", 1000 * quantile(ours.times, 0.99), "ms", 1000 * quantile(bare.times, 0.99)
        ),
        Figure("CPU for an attempt", 1000 * ours.cpu / ours.attempts, "ms", 1000 * bare.cpu / bare.attempts),
        Figure("tickets with two winners", ours.winners - len(wanted), "", goal=0),
    ]
    return result


class _Race:
    def __init__(self, reports: Sequence[str], wall: float) -> None:
        parsed = [json.loads(report) for report in reports]
        self.wall = wall
        self.winners = sum(report["won"] for report in parsed)
        self.times = [one for report in parsed for one in report["times"]]
        self.attempts = len(self.times)
        self.cpu = sum(report["cpu"] for report in parsed)


def _race(kind: str, where: Path, people: Sequence[int], wanted: Sequence[int], warm: Sequence[int]) -> _Race:
    runners = [
        subprocess.Popen(
            script("accepting", kind, str(where), str(person), str(one)), cwd=ROOT, text=True, env=environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for person, one in zip(people, warm, strict=True)
    ]  # fmt: skip
    try:
        for runner in runners:
            assert runner.stdout is not None
            if runner.stdout.readline().strip() != "ready":
                raise DidNotWork(f"a process of the race ({kind}) did not start")
        # The clock is the machine's: all of them begin at the same moment.
        begin = time.perf_counter() + 0.3
        for runner in runners:
            assert runner.stdin is not None
            runner.stdin.write(json.dumps([begin, list(wanted)]) + "\n")
            runner.stdin.flush()
        reports = [runner.communicate()[0] for runner in runners]
        ends = [json.loads(report)["end"] for report in reports]
        return _Race(reports, max(ends) - begin)
    finally:
        for runner in runners:
            runner.kill()


def _attempt_all(kind: str, where: Path, person: int, warm: int) -> None:
    from core.errors import AlreadyOwned, Unavailable

    accept, finish = (_bare if kind == "bare" else _ours)(where, person)
    accept(warm)
    print("ready", flush=True)
    start, wanted = json.loads(sys.stdin.readline())
    random.Random(person).shuffle(wanted)
    time.sleep(max(0.0, start - time.perf_counter()))
    times, won, cpu = [], 0, time.process_time()
    for ticket in wanted:
        begin = time.perf_counter()
        while True:
            try:
                won += accept(ticket)
            except AlreadyOwned:
                pass
            except (Unavailable, sqlite3.OperationalError):
                # Busy for five seconds: an agent would press the key again.
                continue
            break
        times.append(time.perf_counter() - begin)
    end = time.perf_counter()
    finish()
    print(json.dumps({"won": won, "times": times, "cpu": time.process_time() - cpu, "end": end}))


def _bare(database: Path, person: int) -> Program:
    connection = sqlite3.connect(database, isolation_level=None, timeout=5)
    connection.execute("PRAGMA synchronous=FULL")

    def accept(ticket: int) -> bool:
        connection.execute("BEGIN IMMEDIATE")
        done = connection.execute(
            "UPDATE ticket SET owner_id = ?, status = 'needs_reply', board = 'needs_reply', version = version + 1 "
            "WHERE id = ? AND owner_id IS NULL", (person, ticket),
        ).rowcount  # fmt: skip
        connection.execute("COMMIT")
        return bool(done)

    return accept, connection.close


def _ours(config: Path, person: int) -> Program:
    from core.services import tickets
    from core.services.access import Actor
    from core.services.desk import Desk
    from core.settings import load

    desk = Desk.open(load(config))

    def accept(ticket: int) -> bool:
        return tickets.accept(desk, Actor.agent(person), ticket).changed

    return accept, desk.close


if __name__ == "__main__":
    _attempt_all(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
