"""The stage: a folder with a desk in it, and the processes that make it live, all gone at the end.

The desk is served by the very `glazok serve` that everybody runs. The processes hang on their standard inputs, so
that none outlives the demo, however it ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cli.demo import cast
from cli.demo import desk as sample
from cli.demo.child import START
from cli.demo.desk import MailServers
from core.errors import Unavailable
from core.i18n import _
from core.names import system_words
from core.settings import Settings

PACKAGES = str(Path(__file__).resolve().parents[2])

READY_SECONDS = 30.0
"""How long a process may take to begin on a slow machine."""
STOP_SECONDS = 5.0
"""How long a process may take to finish what is under way."""
TICKETS = 110
"""Stories on a demo's desk: a board that is busy, not endless."""
MESSAGES = 3.2
OPEN_SHARE = 0.5

Heard = Callable[[dict[str, Any]], object]
"""Gets each fact that a process tells."""


def environment() -> dict[str, str]:
    """What a program of ours needs to find its packages, installed or not."""
    paths = [PACKAGES, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


class Child:
    """A process of the demo."""

    def __init__(self, role: str, process: asyncio.subprocess.Process, heard: Heard) -> None:
        self.role = role
        self.process = process
        self.first: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        """The first thing that it tells."""
        self.died = False
        """True where it ended without having been asked to."""
        self._stopping = False
        self._heard = heard
        self._reading = asyncio.create_task(self._read(), name=f"reading {role}")

    @classmethod
    async def start(cls, role: str, *args: str, log: IO[bytes], heard: Heard) -> Child:
        """Begin a role of `cli.demo.child`; what it has to complain of goes to `log`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.demo.child", role, *args,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            env=environment(),
            # Ctrl+C goes to the demo alone, which then stops the others in order.
            start_new_session=True,
        )  # fmt: skip
        return cls(role, process, heard)

    async def ready(self) -> dict[str, Any]:
        """The first fact that it tells. Raises Unavailable where it ends or says nothing in time."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                return await asyncio.shield(self.first)
        except (TimeoutError, EOFError):
            raise Unavailable(
                _("The demo's process “{role}” did not start.").format(role=self.role),
                hint=_("Run it again with --dir DIRECTORY: the folder keeps its log."),
            ) from None

    def order(self) -> None:
        """Tell it to begin."""
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.write(f"{START}\n".encode())

    async def stop(self) -> None:
        """Let it finish, for a while; then end it."""
        self._stopping = True
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        await asyncio.wait([self._reading])
        self.first.cancel()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            with suppress(ValueError):
                fact = json.loads(line)
                if not self.first.done():
                    self.first.set_result(fact)
                else:
                    self._heard(fact)
        self.died = not self._stopping
        if not self.first.done():
            self.first.set_exception(EOFError(self.role))
            self.first.exception()


@dataclass(slots=True)
class Stage:
    """A living desk."""

    settings: Settings
    mail: MailServers
    world: Child
    server: Child
    colleagues: Child

    @property
    def config(self) -> Path:
        """The desk's configuration."""
        return self.settings.path

    @property
    def processes(self) -> dict[str, int]:
        """Process ids by role."""
        return {child.role: child.process.pid for child in (self.world, self.server, self.colleagues)}

    @property
    def dead(self) -> list[str]:
        """Roles of the processes that ended before their time."""
        return [child.role for child in (self.world, self.server, self.colleagues) if child.died]

    def start_life(self) -> None:
        """Clients begin to write, colleagues to work."""
        self.world.order()
        self.colleagues.order()


@asynccontextmanager
async def stage(
    folder: Path | None, language: str, seed: int, heard: Heard, tickets: int = TICKETS
) -> AsyncIterator[Stage]:
    """Make a desk in `folder` (None: a temporary one, removed at the end) and everything around it.

    Raises Conflict where a desk is there already, Unavailable where something cannot be made or started.
    """
    with _folder(folder) as place, _log(place) as log:
        children: list[Child] = []

        async def start(role: str, *args: str) -> Child:
            children.append(await Child.start(role, *args, log=log, heard=heard))
            return children[-1]

        try:
            world = await start("world", language, str(seed))
            told = await world.ready()
            mail = MailServers(
                imap_port=told["imap_port"], smtp_port=told["smtp_port"], password=told["password"]
            )
            settings = await asyncio.to_thread(_make, place, language, seed, mail, tickets)
            server = await start("serve", str(settings.path))
            colleagues = await start("colleagues", str(settings.path), str(seed))
            await server.ready()
            yield Stage(settings, mail, world, server, colleagues)
        finally:
            # The mail servers go last: whoever talks to them may finish.
            await asyncio.gather(*(child.stop() for child in children[1:]))
            for child in children[:1]:
                await child.stop()


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="glazok-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(
            _("The desk cannot be made in {folder}: {why}.").format(folder=folder, why=system_words(error)),
            hint=_("Choose a folder that you may write to with --dir DIRECTORY."),
        ) from error
    yield folder


def _log(place: Path) -> IO[bytes]:
    """Where the processes complain; kept with a folder that is kept."""
    return (place / "demo.log").open("ab")


def _make(place: Path, language: str, seed: int, mail: MailServers, tickets: int) -> Settings:
    from core.services.desk import Desk

    settings = sample.make_desk(place, language, presence_port=_free_port(), mail=mail)
    with closing(Desk.open(settings)) as desk:
        sample.hire(desk, language, cast.STAFF)
        sample.fill(desk, tickets, MESSAGES, seed, OPEN_SHARE)
    return settings


def _free_port() -> int:
    """A port that nobody listens on now; the consoles must know it before the server runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
