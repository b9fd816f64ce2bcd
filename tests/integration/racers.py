"""Processes that want the same tickets at the same moment, and share nothing but the file."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from core import settings as configuration
from core.errors import AlreadyOwned, Unavailable
from core.services import tickets
from core.services.access import Actor
from core.services.desk import Desk

Result = tuple[int, int, str]
"""(agent id, ticket id, the winner's name; empty for oneself)."""


def race(config: Path, agents: Sequence[int], wanted: Sequence[int]) -> list[Result]:
    """Let each agent, in a process of their own, accept every ticket; all start on each one together."""
    spawn = multiprocessing.get_context("forkserver")
    spawn.set_forkserver_preload(["core.services.tickets", "core.settings.reader"])
    barrier, results = spawn.Barrier(len(agents)), spawn.SimpleQueue()
    runners = [
        spawn.Process(target=_run, args=(config, agent, list(wanted), barrier, results)) for agent in agents
    ]
    for runner in runners:
        runner.start()
    found = [results.get() for _ in range(len(agents) * len(wanted))]
    for runner in runners:
        runner.join()
        runner.close()
    results.close()
    return found


def _run(config: Path, agent: int, wanted: list[int], barrier: Barrier, results: SimpleQueue[Result]) -> None:
    with closing(Desk.open(configuration.read(config.read_text("utf-8"), config))) as desk:
        for ticket in wanted:
            barrier.wait()
            results.put((agent, ticket, _accept(desk, agent, ticket)))


def _accept(desk: Desk, agent: int, ticket: int) -> str:
    while True:
        try:
            tickets.accept(desk, Actor.agent(agent), ticket)
        except AlreadyOwned as error:
            return error.winner
        except Unavailable:
            continue
        return ""
