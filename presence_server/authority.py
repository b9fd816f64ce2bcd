"""Who may come in and where: the shape of the service that knows, and a door that asks it in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
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

    def seen(self, agent_id: int, tickets: Collection[str]) -> Mapping[str, str]:
        """Which of these tickets the agent may see now, each with the room of its group.

        May raise Forbidden for one who is no longer let in.
        """


Place = tuple[str, str]
"""(room, ticket): where an eye is."""


def opens(room: str, homes: Mapping[str, str]) -> bool:
    """Whether somebody who sees the tickets in `homes` may hear of the room: of a ticket's, never of a group's."""
    return room.startswith("t") and bool(homes.get(room[1:]))


def fits(place: Place, homes: Mapping[str, str]) -> bool:
    """Whether an eye may be there whose agent sees the tickets in `homes`, each with its group's room: in that
    room, and in the ticket's own."""
    room, ticket = place
    home = homes.get(ticket)
    return bool(home) and room in (home, f"t{ticket}")


TICKETS_KEPT = 1024
"""Tickets remembered for one connection; beyond that all are asked about again."""
REFUSALS_KEPT = 256
"""Refused groups remembered for one connection; beyond that the authority is asked again."""


@dataclass(slots=True)
class Pass:
    """Where one connection may go, as far as was asked; `Door.review` asks again."""

    agent_id: int
    token: str = field(repr=False)
    allowed: set[str]
    """Groups' rooms, to hear of and to be seen in."""
    refused: set[str] = field(default_factory=set)
    tickets: dict[str, str] = field(default_factory=dict)
    """Ticket → the room of its group; empty for a ticket that the agent may not see."""

    @property
    def is_system(self) -> bool:
        """Whether it belongs to one of the desk's own programs."""
        return self.agent_id == 0

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing has to be asked about it."""
        return self.is_system or EVERYWHERE in self.allowed

    def may_hear(self, room: str) -> bool:
        """Whether the connection may be in the room, by what is known."""
        return self.is_everywhere or room in self.allowed or opens(room, self.tickets)

    def may_look(self, place: Place) -> bool:
        """Whether its eye may be there, by what is known. A group's own people are not asked which ticket."""
        return self.is_everywhere or place[0] in self.allowed or fits(place, self.tickets)

    def unknown(self, rooms: Iterable[str], places: Iterable[Place]) -> tuple[set[str], set[str]]:
        """(groups' rooms, tickets) that have to be asked about before these can be answered."""
        closed = {room for room in rooms if not self.may_hear(room)}
        dark = {place for place in places if not self.may_look(place)}
        groups = {room for room in closed | {room for room, _ticket in dark} if room.startswith("g")}
        tickets = {room[1:] for room in closed if room.startswith("t")} | {ticket for _room, ticket in dark}
        # A ticket that may be seen, but was in another group, is asked about again: it may have been passed on.
        return groups - self.refused, {ticket for ticket in tickets if self.tickets.get(ticket) != ""}

    def learn(
        self, groups: set[str], tickets: set[str], known: Collection[str], homes: Mapping[str, str]
    ) -> None:
        """Remember the answers: of the groups those in `known` are allowed, of the tickets those in `homes`."""
        self.allowed |= groups & set(known)
        if len(self.refused) < REFUSALS_KEPT:
            self.refused |= groups - set(known)
        if len(self.tickets) + len(tickets) > TICKETS_KEPT:
            self.tickets.clear()
        self.tickets |= {ticket: homes.get(ticket, "") for ticket in tickets}

    def keep_only(self, rooms: Iterable[str]) -> None:
        """Forget every answer but these groups: what is not in use is asked anew when it is."""
        self.allowed.intersection_update(rooms)
        self.refused.clear()
        self.tickets.clear()


@dataclass(slots=True)
class InUse:
    """Where an agent is, with all connections together."""

    rooms: set[str] = field(default_factory=set)
    """Rooms that are heard of."""
    places: set[Place] = field(default_factory=set)
    """Where eyes are."""

    def within(self, other: InUse) -> InUse:
        """What both have."""
        return InUse(self.rooms & other.rooms, self.places & other.places)


@dataclass(frozen=True, slots=True)
class Review:
    """Who lost what since they were let in."""

    banned: frozenset[int]
    """Agents who are let in no longer."""
    revoked: frozenset[str]
    """Tokens that are good no longer."""
    lost: Mapping[int, InUse]
    """By agent, the rooms that they may hear of no longer, and the places where their eyes may be no longer."""


class Door:
    """Asks the authority in a small thread pool of its own: a locked database never holds the loop up."""

    def __init__(self, authority: Authority, threads: int = 4) -> None:
        self._authority = authority
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="presence-door")

    async def admit(self, token: str) -> Pass:
        """The pass of a token's owner. Raises as `Authority.check` does."""
        who = await asyncio.get_running_loop().run_in_executor(self._threads, self._authority.check, token)
        return Pass(who.agent_id, token, set(who.rooms))

    async def ask(self, card: Pass, rooms: Iterable[str] = (), places: Iterable[Place] = ()) -> None:
        """See to it that the pass can tell about these; what it does not know takes one trip to a thread.
        Answers are remembered until the next review.

        Raises Unavailable when the authority cannot tell.
        """
        groups, tickets = card.unknown(rooms, places)
        if groups or tickets:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._ask, card.agent_id, groups, tickets)
            card.learn(groups, tickets, *answer)

    async def review(self, in_use: Mapping[int, InUse], tokens: set[str]) -> Review:
        """Ask anew about agents with the rooms that they are in, and about tokens. One trip to a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._review, in_use, tokens)

    def close(self) -> None:
        """End the threads; what they are asking is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(
        self, agent_id: int, groups: set[str], tickets: set[str]
    ) -> tuple[Collection[str], Mapping[str, str]]:
        try:
            known = self._authority.rooms_of(agent_id).rooms if groups else ()
            return known, self._authority.seen(agent_id, tickets) if tickets else {}
        except Unavailable:
            raise
        except GlazokError:
            return (), {}

    def _review(self, in_use: Mapping[int, InUse], tokens: set[str]) -> Review:
        banned: set[int] = set()
        lost: dict[int, InUse] = {}
        for agent_id, used in in_use.items():
            try:
                known = self._authority.rooms_of(agent_id).rooms
            except Forbidden:
                banned.add(agent_id)
                continue
            if EVERYWHERE not in known:
                lost[agent_id] = self._lost(agent_id, used, known)
        revoked = frozenset(token for token in tokens if self._authority.is_revoked(token))
        return Review(frozenset(banned), revoked, lost)

    def _lost(self, agent_id: int, used: InUse, known: Collection[str]) -> InUse:
        rooms = {room for room in used.rooms if room not in known}
        places = {place for place in used.places if place[0] not in known}
        tickets = {room[1:] for room in rooms if room.startswith("t")} | {ticket for _room, ticket in places}
        _known, homes = self._ask(agent_id, set(), tickets)
        return InUse(
            {room for room in rooms if not opens(room, homes)},
            {place for place in places if not fits(place, homes)},
        )
