"""Who may come in and where: the shape of the service that knows, and a door that asks it in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import Forbidden, GlazokError, Unavailable

EVERYWHERE = "*"
"""In `Who.rooms`: every room."""


class Who(Protocol):
    """Whose token it is."""

    @property
    def agent_id(self) -> int:
        """0 for one of the desk's own programs: it hints, and is never shown."""

    @property
    def rooms(self) -> frozenset[str]:
        """Rooms known to be allowed; others are asked about one by one."""


class Authority(Protocol):
    """The permission service. Its methods may block on a database: they are called in threads."""

    def check(self, token: str) -> Who:
        """Who the token is.

        Raises a `GlazokError`: `Unavailable` when it cannot tell now, any other when the token is no good.
        """

    def is_revoked(self, token: str) -> bool:
        """Whether a token that was good has been taken back since. A ticket that was used up has not."""

    def rooms_of(self, agent_id: int) -> Who:
        """As `check` would tell now. Raises Forbidden for an agent who is no longer let in."""

    def may_enter(self, agent_id: int, room: str) -> bool:
        """Whether the agent may see the room now. May raise Forbidden for one who is no longer let in."""


@dataclass(slots=True)
class Pass:
    """Where one connection may go, as far as was asked; `Door.review` asks again."""

    agent_id: int
    token: str = field(repr=False)
    allowed: set[str]
    refused: set[str] = field(default_factory=set)

    @property
    def is_system(self) -> bool:
        """Whether it belongs to one of the desk's own programs."""
        return self.agent_id == 0

    def keep_only(self, rooms: Iterable[str]) -> None:
        """Forget every answer but these: what is not in use is asked anew when it is."""
        self.allowed.intersection_update(rooms)
        self.refused.clear()


@dataclass(frozen=True, slots=True)
class Review:
    """Who lost what since they were let in."""

    banned: frozenset[int]
    """Agents who are let in no longer."""
    revoked: frozenset[str]
    """Tokens that are good no longer."""
    lost: frozenset[tuple[int, str]]
    """(agent, room) that are allowed no longer."""


REFUSALS_KEPT = 256
"""Refused rooms remembered for one connection; beyond that the authority is asked again."""


class Door:
    """Asks the authority in a small thread pool of its own: a locked database never holds the loop up."""

    def __init__(self, authority: Authority, threads: int = 4) -> None:
        self._authority = authority
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="presence-door")

    async def admit(self, token: str) -> Pass:
        """The pass of a token's owner. Raises as `Authority.check` does."""
        who = await asyncio.get_running_loop().run_in_executor(self._threads, self._authority.check, token)
        return Pass(who.agent_id, token, set(who.rooms))

    async def allows(self, card: Pass, room: str) -> bool:
        """Whether the connection may be in the room; answers are remembered until the next review.

        Raises Unavailable when the authority cannot tell.
        """
        if card.is_system or room in card.allowed or EVERYWHERE in card.allowed:
            return True
        if room in card.refused:
            return False
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self._threads, self._may_enter, card.agent_id, room):
            card.allowed.add(room)
            return True
        if len(card.refused) < REFUSALS_KEPT:
            card.refused.add(room)
        return False

    async def review(self, in_use: Mapping[int, set[str]], tokens: set[str]) -> Review:
        """Ask anew about agents with the rooms that they are in, and about tokens. One trip to a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._review, in_use, tokens)

    def close(self) -> None:
        """End the threads; what they are asking is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _may_enter(self, agent_id: int, room: str) -> bool:
        try:
            return self._authority.may_enter(agent_id, room)
        except Unavailable:
            raise
        except GlazokError:
            return False

    def _review(self, in_use: Mapping[int, set[str]], tokens: set[str]) -> Review:
        banned: set[int] = set()
        lost: set[tuple[int, str]] = set()
        for agent_id, rooms in in_use.items():
            try:
                known = self._authority.rooms_of(agent_id).rooms
            except Forbidden:
                banned.add(agent_id)
                continue
            if EVERYWHERE not in known:
                lost |= {(agent_id, room) for room in rooms - known if not self._may_enter(agent_id, room)}
        revoked = frozenset(token for token in tokens if self._authority.is_revoked(token))
        return Review(frozenset(banned), revoked, frozenset(lost))
