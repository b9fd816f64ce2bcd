"""Who may come in and where: the shape of the service that knows, and a door that asks it off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

EVERYWHERE = "*"
"""In `Who.rooms` of a system actor: every room."""


class Who(Protocol):
    """Whose token it is."""

    @property
    def agent_id(self) -> int:
        """0 for a system actor: it hints, and is never shown."""

    @property
    def rooms(self) -> frozenset[str]:
        """Rooms known to be allowed; others are asked about one by one."""


class Authority(Protocol):
    """The permission service. Both methods may block on a database: they are called in threads."""

    def check(self, token: str) -> Who:
        """Who the token is. Raises a `GlazokError`: `Unavailable` when it cannot tell now, any other when it is no good."""

    def may_enter(self, agent_id: int, room: str) -> bool:
        """Whether the agent may see the room as things stand now; False too for an agent who is no longer let in."""


class Pass:
    """Where one connection may go, as far as was asked. `allowed` is asked again by `Door.review`."""

    __slots__ = ("agent_id", "allowed", "refused")

    REFUSALS_KEPT = 256

    def __init__(self, who: Who) -> None:
        self.agent_id = who.agent_id
        self.allowed = set(who.rooms)
        self.refused: set[str] = set()

    @property
    def is_system(self) -> bool:
        """Whether it belongs to one of the desk's own programs."""
        return self.agent_id == 0

    def keep_only(self, rooms: Iterable[str]) -> None:
        """Forget every answer but these: what is not in use is asked anew when it is."""
        self.allowed.intersection_update(rooms)
        self.refused.clear()


class Door:
    """Asks the authority in a small thread pool of its own, so that a locked database never holds the loop up."""

    def __init__(self, authority: Authority, threads: int = 4) -> None:
        self._authority = authority
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="presence-door")

    async def check(self, token: str) -> Who:
        """As `Authority.check`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._authority.check, token)

    async def allows(self, card: Pass, room: str) -> bool:
        """Whether the connection may be in the room; answers are remembered until the next review."""
        if card.is_system or room in card.allowed:
            return True
        if room in card.refused:
            return False
        allowed = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._authority.may_enter, card.agent_id, room
        )
        if allowed:
            card.allowed.add(room)
        elif len(card.refused) < Pass.REFUSALS_KEPT:
            card.refused.add(room)
        return allowed

    async def review(self, asked: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        """Of these (agent, room) the ones that are allowed no more. One trip to a thread for all."""
        pairs = list(asked)

        def refused() -> set[tuple[int, str]]:
            return {(agent_id, room) for agent_id, room in pairs if not self._authority.may_enter(agent_id, room)}

        return await asyncio.get_running_loop().run_in_executor(self._threads, refused)

    def close(self) -> None:
        """End the threads; what they are asking is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
