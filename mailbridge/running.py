"""The bridge as a process: the letter reader beside it, signals, one way to stop.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from core import logs
from core.services.desk import Desk
from mailbridge.daemon import Bridge, Report

log = logs.get("bridge")


@contextmanager
def stopped_by_signals(reload: Callable[[], object] | None = None) -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set; SIGHUP calls `reload`. Needs a running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload or _no_reload)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)


def _no_reload() -> None:
    log.warning("the configuration is read at the start; restart to apply changes")


@asynccontextmanager
async def bridge_of(desk: Desk) -> AsyncIterator[Bridge]:
    """A bridge with the processes that read letters under a time limit."""
    from mailbridge.parsing import Parser

    async with Parser() as parser:
        yield Bridge(desk, parser)


async def run_for_ever(desk: Desk) -> None:
    """Until a signal."""
    with stopped_by_signals() as stop:
        async with bridge_of(desk) as bridge:
            await bridge.run(stop)


async def run_once(desk: Desk) -> Report:
    """One pass; a signal ends it early, in good order."""
    with stopped_by_signals() as stop:
        async with bridge_of(desk) as bridge:
            return await bridge.once(stop)
