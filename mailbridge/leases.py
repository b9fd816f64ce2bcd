"""A lease in the database, kept while somebody works under it. Imports nothing of core.db."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core import logs
from core.errors import Unavailable
from core.services import ledger
from core.services.desk import Desk

log = logs.get("bridge")

LEASE_SECONDS = 10.0
"""After a kill -9 another bridge takes over within this time and one look, TAKE_OVER_SECONDS."""
RENEW_SECONDS = 3.0
RENEW_AGAIN_SECONDS = 0.5
"""After a renewal that the database did not take: it may have been locked for seconds already."""
TAKE_OVER_SECONDS = 1.0
"""Between two looks whether another bridge's lease has ended."""
STOPPING_SECONDS = 1.0
"""A bridge that runs is waited for no longer than this: it may be about to stop, else it keeps its lease."""


def own_name() -> str:
    """A name for this process that no other has, ever: machine, boot, process space, number, start."""
    return " ".join([*_world(), str(os.getpid()), _started(os.getpid())])


def is_dead(name: str) -> bool:
    """True where `own_name` of a process of this very machine says that it is gone; False where in doubt."""
    return _lives(name) is False


def is_alive(name: str) -> bool:
    """True where `own_name` is that of a process of this very machine that runs; False where in doubt."""
    return _lives(name) is True


def _lives(name: str) -> bool | None:
    """Whether a process runs; None where that cannot be known here."""
    words = name.split(" ")
    if len(words) != 5 or words[:3] != _world() or not words[3].isdecimal() or not words[2] or not words[4]:
        return None
    return _started(int(words[3])) == words[4]


def _world() -> list[str]:
    """Machine, boot and process space, inside which a process number means something."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot = space = ""
    return [socket.gethostname().replace(" ", "_"), boot, space]


def _started(process: int) -> str:
    """When a process started, in ticks since boot (proc(5), field 22); empty where there is none."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    # A zombie no longer writes anything.
    return "" if fields[0] == "Z" else fields[19]


class Lease:
    """Whether `holder` may do what only one may do at a time."""

    def __init__(self, desk: Desk, name: str, holder: str) -> None:
        self.desk = desk
        self.name = name
        self.holder = holder
        self._until = 0.0

    @property
    def held(self) -> bool:
        """True while the lease certainly runs, by our own clock, a renewal's length to spare."""
        return asyncio.get_running_loop().time() < self._until

    async def take(self) -> bool:
        """Take or renew it; False where somebody else holds it. Raises Unavailable."""
        # Whoever only waits reads: the looks of many mailboxes must not stand in the writers' way.
        other = "" if self.held else await self.desk.call(ledger.lease_holder, self.name, in_force=True)
        if other in ("", self.holder):
            if await self._ask():
                return True
            other = await self.desk.call(ledger.lease_holder, self.name, in_force=True)
        # Without this a bridge that was killed and started again would wait for its own old lease.
        if other not in ("", self.holder) and is_dead(other):
            log.info("lease of a dead process taken over", lease=self.name)
            await self.desk.call(ledger.release_lease, self.name, other)
            return await self._ask()
        return False

    async def take_within(self, seconds: float) -> bool:
        """Take it, waiting for a dead holder's lease to end, and not for that of one who runs on this machine."""
        began = asyncio.get_running_loop().time()
        while not await self.take():
            other = await self.desk.call(ledger.lease_holder, self.name)
            patience = STOPPING_SECONDS if is_alive(other) else seconds
            if asyncio.get_running_loop().time() - began >= patience:
                return False
            await asyncio.sleep(0.5)
        return True

    async def _ask(self) -> bool:
        asked = asyncio.get_running_loop().time()
        taken = await self.desk.call(ledger.lease, self.name, self.holder, LEASE_SECONDS)
        # Counted from before the question, so that ours ends before the database's.
        self._until = asked + LEASE_SECONDS - 1 if taken else 0.0
        return taken

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew it in the background; given back at the end."""
        keeper = asyncio.create_task(self._keep(), name=f"lease {self.name}")
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await self._give_back()

    async def _keep(self) -> None:
        pause = RENEW_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                if not await self.take():
                    log.warning("lease lost", lease=self.name)
                    return
                if pause != RENEW_SECONDS:
                    log.info("lease renewed again", lease=self.name)
                pause = RENEW_SECONDS
            except Unavailable as error:
                if pause == RENEW_SECONDS:
                    # Told once: a full disk lasts, and the log may lie on it.
                    log.warning("lease not renewed", lease=self.name, why=str(error))
                pause = RENEW_AGAIN_SECONDS

    async def _give_back(self) -> None:
        if not self.held:
            return
        self._until = 0.0
        try:
            await self.desk.call(ledger.release_lease, self.name, self.holder)
        except Unavailable as error:
            log.warning("lease not given back", lease=self.name, why=str(error))
