"""Processes that want the same thing at the same moment, and share nothing but the database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from core import settings as configuration
from core.errors import AlreadyOwned, Unavailable
from core.services import shifts, tickets
from core.services.access import Actor
from core.services.desk import Desk

Result = tuple[int, int, str]
"""(agent id, ticket id, the winner's name; empty for oneself)."""

Act = Callable[[Desk, int, int], str]
"""What each does with each thing that is wanted: (desk, agent id, its id) → what came of it."""


def accept(desk: Desk, agent: int, ticket: int) -> str:
    """Take a ticket; the winner's name, empty for oneself."""
    while True:
        try:
            tickets.accept(desk, Actor.agent(agent), ticket)
        except AlreadyOwned as error:
            return error.winner
        except Unavailable:
            continue
        return ""


def begin_shift(desk: Desk, _agent: int, whose: int) -> str:
    """Begin somebody's shift; since when they are on it."""
    while True:
        try:
            return shifts.start(desk, Actor.agent(whose)).isoformat()
        except Unavailable:
            continue


FAILED = -1
"""Instead of a ticket: the racer has ended, and the text says why."""


def race(config: Path, agents: Sequence[int], wanted: Sequence[int], act: Act = accept) -> list[Result]:
    """Let each agent, in a process of their own, do it with everything that is wanted (accept every ticket); all
    start on each one together."""
    spawn = multiprocessing.get_context("forkserver")
    spawn.set_forkserver_preload(["core.services.tickets", "core.settings.reader"])
    barrier, results = spawn.Barrier(len(agents)), spawn.SimpleQueue()
    runners = [
        spawn.Process(target=_run, args=(config, agent, list(wanted), barrier, results, act))
        for agent in agents
    ]
    for runner in runners:
        runner.start()
    found: list[Result] = []
    while len(found) < len(agents) * len(wanted):
        found.append(results.get())
        if found[-1][1] == FAILED:
            for runner in runners:
                runner.kill()
            raise AssertionError(f"a racer ended: {found[-1][2]}")
    for runner in runners:
        runner.join()
        runner.close()
    results.close()
    return found


def _run(
    config: Path, agent: int, wanted: list[int], barrier: Barrier, results: SimpleQueue[Result], act: Act
) -> None:
    try:
        with closing(Desk.open(configuration.read(config.read_text("utf-8"), config))) as desk:
            for ticket in wanted:
                barrier.wait()
                results.put((agent, ticket, act(desk, agent, ticket)))
    except Exception as error:
        # The others wait for this one at the barrier, and whoever started them for its results.
        barrier.abort()
        results.put((agent, FAILED, f"{type(error).__name__}: {error}"))
        raise
