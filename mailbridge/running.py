"""The bridge as a process: the letter reader beside it, signals, one way to stop.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from core import logs
from core.errors import GlazokError
from core.i18n import _
from core.services import health as health_service
from core.services.desk import Desk
from core.settings import Settings
from mailbridge import metrics
from mailbridge.daemon import Bridge, Reconciliations, Report
from mailbridge.figures import Figures
from mailbridge.health import AGAIN_SECONDS, PartHealth
from mailbridge.notify import Notifier

log = logs.get("bridge")

BIND_AGAIN_SECONDS = 5.0
"""Between two attempts to get the port of the metrics, which another bridge may have until it is killed."""


@contextmanager
def signals() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Two events: SIGTERM and SIGINT set the first (stop), SIGHUP the second (reload); needs a loop."""
    stop, reload = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    try:
        yield stop, reload
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def bridge_of(
    desk: Desk, presence_url: str = "", *, robot: bool = True, figures: Figures | None = None
) -> AsyncIterator[Bridge]:
    """A bridge with the process that reads letters under a time limit."""
    from mailbridge.parsing import Parser

    async with Parser() as parser:
        yield Bridge(desk, parser, presence_url=presence_url, robot=robot, figures=figures)


async def run_for_ever(
    settings: Settings,
    stop: asyncio.Event,
    reload: asyncio.Event,
    load: Callable[[], Settings],
    presence_url: str = "",
    *,
    robot: bool = True,
) -> None:
    """Until `stop`. At `reload` the configuration is read again by `load`; a broken one changes nothing.

    Raises ConfigError and Unavailable where the desk cannot be opened at the start.
    """
    figures, notifier = Figures(), Notifier()
    while not stop.is_set():
        reload.clear()
        figures.begin()
        desk = Desk.open(settings)
        try:
            async with (
                _watched(desk, figures, notifier),
                bridge_of(desk, presence_url, robot=robot, figures=figures) as bridge,
            ):
                settings = await _term(bridge, settings, stop, reload, load, notifier)
        finally:
            desk.close()


@asynccontextmanager
async def _watched(desk: Desk, figures: Figures, notifier: Notifier) -> AsyncIterator[None]:
    """Figures told to whoever asks: systemd, Prometheus. Their trouble is shown and does not stop the mail."""
    tasks = [
        asyncio.create_task(figures.watch_the_loop(), name="loop lag"),
        asyncio.create_task(notifier.keep(figures.status), name="systemd"),
    ]
    if desk.settings.bridge.address is not None:
        serving = _serve_metrics(desk, figures, desk.settings.bridge.address)
        tasks.append(asyncio.create_task(serving, name="metrics"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve_metrics(desk: Desk, figures: Figures, address: tuple[str, int]) -> None:
    """For ever: the metrics served, or the port asked for again until it is free."""
    health = PartHealth(desk, f"metrics {socket.gethostname()}", figures)
    while True:
        try:
            async with metrics.serving(desk, figures, address):
                while True:
                    # Said again and again, for the other bridges of this machine.
                    await health.good()
                    await asyncio.sleep(AGAIN_SECONDS)
        except GlazokError as error:
            if await _served_by_another(desk, health.part):
                await health.aside(_("another bridge of this machine serves the metrics"))
            else:
                await health.bad(error)
        await asyncio.sleep(BIND_AGAIN_SECONDS)


async def _served_by_another(desk: Desk, part: str) -> bool:
    """Whether a bridge has said lately that it serves the metrics of this machine."""
    try:
        return await desk.call(health_service.works, part, 2 * AGAIN_SECONDS)
    except GlazokError:
        return False


async def _term(
    bridge: Bridge,
    settings: Settings,
    stop: asyncio.Event,
    reload: asyncio.Event,
    load: Callable[[], Settings],
    notifier: Notifier,
) -> Settings:
    """Run under one configuration until told to stop or given another one, which is returned."""
    ended = asyncio.Event()
    running = asyncio.create_task(bridge.run(ended, notifier.ready), name="bridge")
    try:
        while not stop.is_set() and not running.done():
            waits = [asyncio.create_task(stop.wait()), asyncio.create_task(reload.wait())]
            await asyncio.wait([*waits, running], return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if reload.is_set() and not stop.is_set():
                reload.clear()
                notifier.reloading()
                try:
                    settings = await asyncio.to_thread(_usable, load)
                except GlazokError as error:
                    log.warning("configuration not reloaded, the old one goes on", why=str(error))
                    notifier.ready()
                    continue
                log.info("configuration reloaded")
                break
    finally:
        if stop.is_set():
            notifier.stopping()
        ended.set()
        await running
    return settings


def _usable(load: Callable[[], Settings]) -> Settings:
    """The new configuration, with a desk that can be opened: else the old one must go on. Raises GlazokError."""
    settings = load()
    Desk.open(settings).close()
    return settings


async def reconcile(desk: Desk) -> Reconciliations:
    """Count every mailbox against the ledger; a signal ends it early, in good order."""
    with signals() as (stop, _reload):
        async with bridge_of(desk) as bridge:
            return await bridge.reconcile(stop)


async def run_once(desk: Desk, *, robot: bool = True) -> Report:
    """One pass; a signal ends it early, in good order."""
    with signals() as (stop, _reload):
        async with bridge_of(desk, robot=robot) as bridge:
            return await bridge.once(stop)
