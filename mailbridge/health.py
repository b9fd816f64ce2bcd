"""How a part of the bridge fares, told to the log and to every console. Imports nothing of core.db."""

from __future__ import annotations

import asyncio

from core import logs
from core.errors import GlazokError
from core.services import health
from core.services.desk import Desk
from mailbridge.figures import Figures

log = logs.get("bridge")

AGAIN_SECONDS = 60.0
"""An unchanged state is written again after so long, so that a dead bridge can be told from a quiet one."""


class PartHealth:
    """The state of one part, such as "mailbox support"; writes what changed and sometimes what did not."""

    def __init__(self, desk: Desk, part: str, figures: Figures | None = None) -> None:
        self.desk = desk
        self.part = part
        self._figures = figures
        self._last: tuple[bool, str] | None = None
        self._written = 0.0

    async def good(self) -> None:
        """It works."""
        await self._tell(ok=True, text="")

    async def bad(self, error: GlazokError) -> None:
        """It does not, for this reason."""
        await self._tell(ok=False, text=str(error), hint=error.hint)

    async def waiting(self, text: str) -> None:
        """It works, and this is to be known."""
        await self._tell(ok=True, text=text)

    async def aside(self, text: str) -> None:
        """Another process does this part's work, as `text` says: the consoles hear from that one alone."""
        self._note(ok=True, text=text)

    async def _tell(self, *, ok: bool, text: str, hint: str = "") -> None:
        changed = self._note(ok=ok, text=text, hint=hint)
        clock = asyncio.get_running_loop().time()
        if not changed and clock - self._written < AGAIN_SECONDS:
            return
        self._written = clock
        try:
            await self.desk.call(health.report, self.part, ok, text)
        except GlazokError as error:
            # The state is only shown; what it is about goes on.
            self._last = None
            log.warning("state not stored", part=self.part, why=str(error))

    def _note(self, *, ok: bool, text: str, hint: str = "") -> bool:
        """For the figures and the log of this process; True where it is news."""
        if self._figures is not None:
            self._figures.part(self.part, ok=ok, text=text)
        changed = self._last != (ok, text)
        self._last = (ok, text)
        if changed and not ok:
            log.warning(text, part=self.part, hint=hint)
        elif changed:
            log.info(text or "works", part=self.part)
        return changed
