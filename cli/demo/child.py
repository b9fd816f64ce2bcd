"""The demo's own processes: the outside world, the colleagues, and `glazok serve` itself.

Each obeys its standard input: a line is an order, its end (also where the demo was killed) means stop. What
happens goes to standard output as JSON lines. Started as `python -m cli.demo.child ROLE …`.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cli.demo import cast

START = "start"
"""The order to begin."""


def tell(what: str, **facts: object) -> None:
    """One JSON line for whoever started this process."""
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps({"what": what, **facts}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


async def world(language: str, seed: int) -> None:
    """The mail servers, and, once told to start, the clients."""
    from cli.demo.desk import MailServers
    from cli.demo.postoffice import post_office
    from cli.demo.street import Street

    stop, start = _orders()
    password = secrets.token_urlsafe(12)
    async with post_office((cast.SUPPORT, cast.BILLING), password) as office:
        mail = MailServers(imap_port=office.imap_port, smtp_port=office.smtp_port, password=password)
        street = Street(mail, language, seed, tell)
        office.delivered = street.delivered
        tell("mail servers", imap_port=office.imap_port, smtp_port=office.smtp_port, password=password)
        await _until(stop, start, street.run)
        street.close()


async def colleagues(config: Path, seed: int) -> None:
    """The busy colleague, and one who mostly looks."""
    from cli.demo.colleague import Colleague, Routine
    from core.services.desk import Desk
    from core.settings import load

    stop, start = _orders()
    desk = Desk.open(load(config))
    routines = [
        Routine(Colleague(desk, login), seed, tell, takes=login == cast.BUSY) for login in (cast.BUSY, "vera")
    ]
    try:
        await _until(stop, start, *(routine.run for routine in routines))
    finally:
        desk.close()


def serve(config: Path) -> int:
    """`glazok serve`, which also ends with its standard input."""
    from cli.main import main

    def obey() -> None:
        while sys.stdin.readline():
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=obey, name="orders", daemon=True).start()
    return main(["serve", "--json", "--config", str(config)])


def _orders() -> tuple[asyncio.Event, asyncio.Event]:
    """(stop, start), set by standard input and by SIGTERM."""
    loop = asyncio.get_running_loop()
    stop, start = asyncio.Event(), asyncio.Event()

    def obey() -> None:
        while line := sys.stdin.readline():
            if line.strip() == START:
                loop.call_soon_threadsafe(start.set)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=obey, name="orders", daemon=True).start()
    return stop, start


async def _until(stop: asyncio.Event, start: asyncio.Event, *jobs: Callable[[], Awaitable[None]]) -> None:
    """Run the jobs from `start` to `stop`. A job that fails ends this process: its error goes to the log."""

    async def run(job: Callable[[], Awaitable[None]]) -> None:
        await start.wait()
        await job()

    tasks = [asyncio.create_task(run(job)) for job in jobs]
    waiting = asyncio.create_task(stop.wait())
    done, _rest = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (waiting, *tasks):
        task.cancel()
    await asyncio.gather(waiting, *tasks, return_exceptions=True)
    for task in done - {waiting}:
        task.result()


def main(args: Sequence[str]) -> int:
    """Play a role until told to stop."""
    role, *rest = args
    match role:
        case "world":
            asyncio.run(world(rest[0], int(rest[1])))
        case "colleagues":
            asyncio.run(colleagues(Path(rest[0]), int(rest[1])))
        case "serve":
            return serve(Path(rest[0]))
        case _:
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
