"""A simulated colleague: an agent like any other, with an eye, two hands, and the same services as everyone.

Looks at tickets, leaves some, accepts some, writes and answers. Owns no screen.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cli.demo import insight, stories
from core.errors import GlazokError
from core.presence_frames import Look
from core.services import identity, reading, replies, tickets
from core.services.access import Actor
from core.services.desk import Desk
from core.services.models.people import AgentInfo
from core.services.models.ticket import TicketView
from core.services.presence_client import Hint, PresenceClient, Watchers
from core.services.reading import ListedTicket

LEFT_FOR_OTHERS = 4
"""New tickets that a colleague leaves to whoever tries the demo."""


class Colleague:
    """One agent's hands and eye, for whoever moves them."""

    def __init__(
        self,
        desk: Desk,
        login: str,
        *,
        on_eyes: Callable[[dict[str, Watchers]], object] | None = None,
        on_hint: Callable[[Hint], object] | None = None,
    ) -> None:
        self.desk = desk
        self.me: AgentInfo = identity.agent_by_login(desk, login)
        self.actor = Actor.agent(self.me.id)
        rooms = identity.Identity(desk).rooms_of(self.me.id).rooms
        self.presence = PresenceClient(
            desk.settings.presence.url,
            lambda: identity.presence_ticket(desk, self.me.id),
            rooms,
            on_eyes=on_eyes,
            on_hint=on_hint,
            program="demo",
        )

    async def view(self, ticket_id: int) -> TicketView:
        """A ticket as this agent sees it. Raises NotFound."""
        return await self.desk.call(reading.view, self.actor, ticket_id)

    async def read(self, ticket: TicketView) -> None:
        """Open a ticket: the unread dot goes out, the eye is on it."""
        self.look(ticket, "v")
        await self.desk.call(tickets.mark_seen, self.actor, ticket.id, ticket.last_event)

    def look(self, ticket: TicketView, look: Look) -> None:
        """The eye is on this ticket and on no other."""
        self.presence.look({str(ticket.id): (ticket.room, look)})

    def leave(self) -> None:
        """The eye goes out."""
        self.presence.look({})

    async def accept(self, ticket: TicketView) -> None:
        """Take a ticket. Raises AlreadyOwned, which names who was faster."""
        done = await self.desk.call(tickets.accept, self.actor, ticket.id)
        self.presence.hint(ticket.room, str(ticket.id), done.event_id)

    async def answer(self, ticket: TicketView, text: str) -> int:
        """Answer the client, having seen what the view shows; returns the message. Raises SendGuardHeld."""
        sent = await self.desk.call(replies.reply, self.actor, ticket.id, text, ticket.last_event)
        self.presence.hint(ticket.room, str(ticket.id), sent.event_id)
        return sent.message_id

    async def note(self, ticket: TicketView, text: str) -> None:
        """Write a note."""
        sent = await self.desk.call(replies.note, self.actor, ticket.id, text)
        self.presence.hint(ticket.room, str(ticket.id), sent.event_id)

    async def solve(self, ticket: TicketView) -> None:
        """The client has what they need."""
        done = await self.desk.call(tickets.solve, self.actor, ticket.id)
        self.presence.hint(ticket.room, str(ticket.id), done.event_id)


class Routine:
    """What a colleague does all day."""

    def __init__(self, colleague: Colleague, seed: int, tell: Callable[..., None], *, takes: bool) -> None:
        self.who = colleague
        self._rng = random.Random(f"{colleague.me.login} {seed}")
        self._tell = tell
        self._takes = takes
        """Whether this one takes new tickets, or only looks, and answers what they own."""

    async def run(self) -> None:
        """Until cancelled. What fails (somebody was faster, something new came) is part of the day."""
        async with self.who.presence:
            while True:
                await self._pause(1.5, 5)
                with suppress(GlazokError):
                    ticket = await self._choose()
                    if ticket is not None:
                        await self._work(ticket)
                self.who.leave()

    async def _choose(self) -> ListedTicket | None:
        rng = self._rng
        mine = await self._list(statuses=("needs_reply",), owner_id=self.who.me.id)
        new = await self._list(statuses=("new",), unowned=True)
        if mine and rng.random() < 0.6:
            return mine[0]
        if new and (rng.random() < 0.7 or not mine):
            # Fresh ones stay for a while, so that everybody sees them come.
            return rng.choice(new[: max(1, len(new) - LEFT_FOR_OTHERS)])
        others = await self._list(statuses=("needs_reply", "waiting"))
        return rng.choice(others) if others else None

    async def _list(self, **wanted: Any) -> list[ListedTicket]:
        found = await self.who.desk.call(reading.list_tickets, self.who.actor, **wanted)
        return sorted(found, key=lambda ticket: ticket.since)

    async def _work(self, listed: ListedTicket) -> None:
        rng, who = self._rng, self.who
        ticket = await who.view(listed.id)
        await who.read(ticket)
        self._tell("colleague looks", agent=who.me.login, ticket=ticket.id)
        await self._pause(3, 8)
        mine = ticket.owner is not None and ticket.owner.id == who.me.id
        if ticket.owner is None:
            waiting = await self._list(statuses=("new",), unowned=True)
            if not self._takes or len(waiting) <= LEFT_FOR_OTHERS or rng.random() < 0.3:
                return
            await who.accept(ticket)
            self._tell("colleague accepted", agent=who.me.login, ticket=ticket.id)
            ticket = await who.view(ticket.id)
        elif not mine or ticket.status != "needs_reply":
            if rng.random() < 0.08:
                who.look(ticket, "w")
                await self._pause(3, 6)
                await who.note(ticket, insight.note_on(rng, ticket))
                self._tell("colleague noted", agent=who.me.login, ticket=ticket.id)
            return
        if self._is_thanks(ticket):
            await who.solve(ticket)
            self._tell("colleague solved", agent=who.me.login, ticket=ticket.id)
            return
        who.look(ticket, "w")
        await self._pause(5, 12)
        await who.answer(ticket, insight.reply_to(rng, ticket, who.me.name))
        self._tell("colleague answered", agent=who.me.login, ticket=ticket.id)
        await self._pause(0.5, 2)

    def _is_thanks(self, ticket: TicketView) -> bool:
        last = next((item.message for item in reversed(ticket.timeline) if item.message), None)
        thanks = stories.phrases_of(ticket.language or "en").thanks
        return (
            last is not None and last.kind == "inbound" and any(last.body.startswith(one) for one in thanks)
        )

    async def _pause(self, low: float, high: float) -> None:
        await asyncio.sleep(self._rng.uniform(low, high))
