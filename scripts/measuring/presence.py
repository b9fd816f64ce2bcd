"""How fast an eye reaches 49 colleagues, and what it costs, beside a bare `websockets` broadcast."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core import presence_protocol as protocol
from core.presence_frames import Eye
from measuring.figures import Figure, Section, quantile
from measuring.processes import ROOT, cpu_clock, environment, resident_mb, script
from measuring.terminal import DidNotWork
from tests.load.presence_fanout import Agent

CONNECTIONS, ROOMS, EVENTS = 500, 10, 50
"""So many agents in so many groups, and events a second."""
WATCHED = 100
"""Events that are waited for at a time: two seconds' worth."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one server did."""

    delays: list[float]
    """Seconds from an agent's frame to each colleague's."""
    cpu: float
    """Seconds for a delivery."""
    memory: float
    """KiB for a connection."""
    missing: int
    """Deliveries that never came."""


def section(seconds: int) -> Section:
    """The two servers in turn, twice."""
    result = Section(
        f"Presence: {CONNECTIONS} connections in {ROOMS} groups, {EVENTS} events a second",
        "a bare websockets server that broadcasts, in turn",
    )
    serve = [sys.executable, "-m", "tests.load.presence_desk", "serve", "--port", "0", "--groups", str(ROOMS)]
    ours: list[Load] = []
    bare: list[Load] = []
    for _round in range(2):
        ours.append(asyncio.run(_measure(serve, seconds)))
        bare.append(asyncio.run(_measure(script("presence_floor"), seconds)))

    def both(what: str) -> tuple[float, float]:
        return _middle(ours, what), _middle(bare, what)

    for part, name in ((0.5, "p50"), (0.99, "p99")):
        mine, beside = (
            quantile([delay for load in loads for delay in load.delays], part) * 1000
            for loads in (ours, bare)
        )
        result.figures.append(Figure(f"delivery, {name}", mine, "ms", beside))
    cpu, bare_cpu = both("cpu")
    memory, bare_memory = both("memory")
    result.figures += [
        Figure("server CPU for a delivery", 1e6 * cpu, "µs", 1e6 * bare_cpu),
        Figure("memory for a connection", memory, "KiB", bare_memory),
        Figure("deliveries that never came", sum(load.missing for load in ours), "", goal=0),
    ]
    return result


def _middle(loads: Sequence[Load], what: str) -> float:
    return sum(float(getattr(load, what)) for load in loads) / len(loads)


async def _measure(command: Sequence[str], seconds: int) -> Load:
    with subprocess.Popen(  # noqa: ASYNC220  (nothing else runs in this loop yet)
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()
    ) as server:
        try:
            assert server.stdout is not None
            said = await asyncio.to_thread(server.stdout.readline)
            if not said.strip().isdecimal():
                raise DidNotWork(f"{' '.join(command[1:])} did not start")
            return await _load(int(said), server.pid, seconds)
        finally:
            server.terminate()


async def _load(port: int, pid: int, seconds: int) -> Load:
    loop = asyncio.get_running_loop()
    watched: dict[bytes, float] = {}
    delays: list[float] = []
    idle = resident_mb(pid)
    agents: list[Agent] = []
    for number in range(CONNECTIONS):
        make = partial(Agent, number, ROOMS, watched, delays)
        agents.append((await loop.create_connection(make, "127.0.0.1", port))[1])
    async with asyncio.timeout(30):
        await asyncio.gather(*(agent.ready for agent in agents))
    memory, before, begin = resident_mb(pid) - idle, cpu_clock(pid), loop.time()
    total = EVENTS * seconds
    for event in range(total):
        await asyncio.sleep(begin + event / EVENTS - loop.time())
        if len(watched) >= WATCHED:
            del watched[next(iter(watched))]
        watched[b'"LG-%d":[[' % event] = time.perf_counter()
        agent = agents[event % CONNECTIONS]
        agent.say(protocol.at(event, [Eye(f"LG-{event}", agent.room, "v")]))
    await asyncio.sleep(0.5)
    wanted = total * CONNECTIONS // ROOMS
    cpu = (cpu_clock(pid) - before) / wanted
    for agent in agents:
        agent.transport.close()
    return Load(delays, cpu, memory * 1024 / CONNECTIONS, max(0, wanted - len(delays)))
