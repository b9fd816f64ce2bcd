"""The way from the screens to the services: opened in the background once the board is live, shared by all
screens.

Importing this module loads no service: SQLAlchemy comes with the first call or with the preloading,
whichever is earlier.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.services.access import Actor
    from core.services.desk import Desk
    from core.settings import Settings

SWITCH_SECONDS = 0.0005
SERVICES = ("reading", "tickets", "replies", "drafts", "lines", "shifts", "undoing", "notices")


class DeskLink:
    """One desk, one agent."""

    def __init__(self, settings: Settings, agent_id: int) -> None:
        self._settings = settings
        self._agent_id = agent_id
        self._desk: Future[Desk] | None = None
        self._lock = threading.Lock()

    def preload(self) -> Future[Desk]:
        """Open the desk in a thread of its own, once; a failure is tried again at the next call."""
        with self._lock:
            failed = self._desk is not None and self._desk.done() and self._desk.exception() is not None
            if self._desk is None or failed:
                self._desk = Future()
                threading.Thread(target=self._open, args=(self._desk,), name="desk-open", daemon=True).start()
            return self._desk

    async def desk(self) -> Desk:
        """The desk, as soon as it is open. Raises what opening it raised."""
        return await asyncio.wrap_future(self.preload())

    async def actor(self) -> Actor:
        """Who acts: the agent at this console."""
        await self.desk()
        from core.services.access import Actor

        return Actor.agent(self._agent_id)

    async def call(self, service: str, *args: Any, **kwargs: Any) -> Any:
        """`await call("tickets.accept", 7)` runs `core.services.tickets.accept(desk, actor, 7)` off the
        loop."""
        desk = await self.desk()
        module, _dot, name = service.partition(".")
        function: Callable[..., Any] = getattr(import_module(f"core.services.{module}"), name)
        return await desk.call(function, await self.actor(), *args, **kwargs)

    def close(self) -> None:
        """Give the database back, if it was ever opened."""
        future = self._desk
        if future is not None and future.done() and future.exception() is None:
            future.result().close()

    def _open(self, future: Future[Desk]) -> None:
        usual = sys.getswitchinterval()
        try:
            # The imports hold the interpreter; the screen must get it back at once when a key is pressed.
            sys.setswitchinterval(SWITCH_SECONDS)
            from core.services.desk import Desk

            for service in SERVICES:
                import_module(f"core.services.{service}")
            future.set_result(Desk.open(self._settings))
        except BaseException as error:  # noqa: BLE001 - whoever waits has to hear of it, whatever it is
            future.set_exception(error)
        finally:
            sys.setswitchinterval(usual)
