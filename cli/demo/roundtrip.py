"""The main job, proved: a letter in, a ticket, an eye, a race to accept, an answer out, and the next letter in.

Every step looks at what really came of it, through the doors that people use: SMTP, IMAP, the presence server,
the services, and `glazok ticket show` as a program of its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from typing import Any, TypeVar

from cli.demo import cast, insight, mail, stories
from cli.demo.colleague import Colleague
from cli.demo.letters import Received, answer_to, write_letter
from cli.demo.stage import Stage, environment
from core.clock import now
from core.errors import AlreadyOwned, NotFound
from core.services import reading
from core.services.board import BoardReader
from core.services.desk import Desk
from core.services.histories import Client
from core.services.models.ticket import TicketView
from core.services.presence_client import Watchers

T = TypeVar("T")

STEPS = (
    "letter sent",
    "ticket opened",
    "eye seen",
    "accepted",
    "answered",
    "answer fetched",
    "client answered",
    "back in the same ticket",
    "outsider saw nothing",
    "ticket show agrees",
)
"""What has to happen, in this order."""

LOOK_EVERY = 0.1
"""Seconds between two looks at something that must come."""


class WentWrong(Exception):
    """Something happened otherwise than it must."""


class RoundTrip:
    """One letter's way through the desk and back."""

    def __init__(self, stage: Stage, tell: Callable[..., None]) -> None:
        self.done: list[str] = []
        """The steps that happened."""
        self._stage = stage
        self._tell = tell
        self._rng = random.Random()
        self._client = Client("marina.sokolova@tayga-log.example", "Марина Соколова", "siberia", "ru")
        self._eyes: dict[str, dict[str, Watchers]] = {}
        self._hints: dict[str, set[str]] = {}

    @property
    def missing(self) -> list[str]:
        """The steps that did not happen."""
        return [step for step in STEPS if step not in self.done]

    async def play(self) -> None:
        """All steps; raises WentWrong at the first that goes otherwise. Waits for ever for what is late."""
        with closing(Desk.open(self._stage.settings)) as desk:
            boris, me, pavel = (self._agent(desk, login) for login in (cast.BUSY, cast.ME, cast.OUTSIDER))
            async with AsyncExitStack() as online:
                for agent in (boris, me, pavel):
                    await online.enter_async_context(agent.presence)
                await _wait(lambda: all(one.presence.link.phase == "connected" for one in (boris, me, pavel)))
                await self._play(boris, me, pavel)

    def _agent(self, desk: Desk, login: str) -> Colleague:
        seen = self._eyes.setdefault(login, {})
        hints = self._hints.setdefault(login, set())
        return Colleague(desk, login, on_eyes=seen.update, on_hint=lambda hint: hints.add(hint.ticket))

    async def _play(self, boris: Colleague, me: Colleague, pavel: Colleague) -> None:
        letter_id, subject = await self._write()
        ticket = await self._opened(me, subject)
        await self._eye(boris, me, ticket)
        winner = await self._race(boris, me, ticket)
        answer = await self._answer(winner, ticket)
        fetched = await self._fetch(letter_id, answer)
        await self._write_again(fetched)
        view = await self._joined(winner, ticket.id)
        # Once the hint is here, it would have been there too.
        await _wait(lambda: str(ticket.id) in self._hints[me.me.login])
        await self._blind(pavel, ticket.id)
        await self._show(view)

    def _happened(self, step: str, **facts: object) -> None:
        self.done.append(step)
        self._tell(step, **facts)

    async def _write(self) -> tuple[str, str]:
        """The client's first letter, which tells the region in its text."""
        rng, client = self._rng, self._client
        # Not about moving house: that would go to the second line, wherever the client lives.
        topic = stories.topics_of(client.language)[0]
        matter = stories.draw_matter(rng, client.language, now(), topic)
        subject = f"{matter.subject} ({matter.values['volume']})"
        text = stories.opening(rng, matter, client, cast.place_of(client.region))
        letter = write_letter(rng, client, cast.SUPPORT, subject, text, now())
        await asyncio.to_thread(mail.send, self._stage.mail, client.email, cast.SUPPORT, letter)
        self._happened(
            "letter sent", client=client.email, message_id=str(letter["Message-ID"]), subject=subject
        )
        return str(letter["Message-ID"]), subject

    async def _opened(self, me: Colleague, subject: str) -> TicketView:
        async def find() -> int | None:
            found = await me.desk.call(reading.list_tickets, me.actor, statuses=("new",), after=0)
            return next((one.id for one in found if one.subject == subject), None)

        ticket = await me.view(await _until_there(find))
        _expect(ticket.group.key == cast.EAST, f"routed to {ticket.group.key}")
        _expect(
            ticket.region == self._client.region and ticket.rule == self._client.region, "routed by no region"
        )
        _expect(ticket.status == "new" and ticket.owner is None, "not new")
        self._happened(
            "ticket opened", ticket_id=ticket.id, group=ticket.group.key, rule=ticket.rule, why=ticket.why
        )
        return ticket

    async def _eye(self, boris: Colleague, me: Colleague, ticket: TicketView) -> None:
        await boris.read(ticket)
        await _wait(lambda: (boris.me.id, "v") in self._marks(me, ticket.id))
        boris.look(ticket, "w")
        await _wait(lambda: (boris.me.id, "w") in self._marks(me, ticket.id))
        self._happened("eye seen", ticket_id=ticket.id, whose=boris.me.login, by=me.me.login)

    def _marks(self, who: Colleague, ticket_id: int) -> list[tuple[int, str]]:
        return [(mark.agent_id, mark.look) for mark in self._eyes[who.me.login].get(str(ticket_id), ())]

    async def _race(self, boris: Colleague, me: Colleague, ticket: TicketView) -> Colleague:
        results = await asyncio.gather(boris.accept(ticket), me.accept(ticket), return_exceptions=True)
        winners = [who for who, result in zip((boris, me), results, strict=True) if result is None]
        losers = [result for result in results if isinstance(result, AlreadyOwned)]
        _expect(len(winners) == 1 and len(losers) == 1, f"{len(winners)} agents accepted the ticket")
        winner = winners[0]
        _expect(losers[0].winner == winner.me.name, f"the loser was told of {losers[0].winner}")
        view = await me.view(ticket.id)
        _expect(view.owner is not None and view.owner.id == winner.me.id, "the owner is another one")
        self._happened("accepted", ticket_id=ticket.id, by=winner.me.login, loser_told=losers[0].winner)
        return winner

    async def _answer(self, winner: Colleague, ticket: TicketView) -> str:
        view = await winner.view(ticket.id)
        message = await winner.answer(view, insight.reply_to(self._rng, view, winner.me.name))
        after = await winner.view(ticket.id)
        _expect(after.status == "waiting", f"{after.status} after the answer")
        rfc_id = next(
            item.message.rfc_id for item in after.timeline if item.message and item.message.id == message
        )
        self._happened("answered", ticket_id=ticket.id, by=winner.me.login, message_id=rfc_id)
        return rfc_id

    async def _fetch(self, letter_id: str, answer: str) -> Received:
        async def look() -> Received | None:
            letters = await asyncio.to_thread(mail.fetch, self._stage.mail, self._client.email)
            return next((one for one in letters if one.message_id == answer), None)

        letter = await _until_there(look)
        _expect(letter.in_reply_to == letter_id, "the answer is to another letter")
        _expect(not letter.automatic, "the answer calls itself automatic")
        self._happened("answer fetched", mailbox=self._client.email, in_reply_to=letter.in_reply_to)
        return letter

    async def _write_again(self, answered: Received) -> None:
        text = self._rng.choice(stories.phrases_of(self._client.language).followups)
        letter = answer_to(self._rng, self._client, answered, f"{text}\n\n{self._client.name}", now())
        to = answered.reply_to.rpartition("<")[2].rstrip(">")
        await asyncio.to_thread(mail.send, self._stage.mail, self._client.email, to, letter)
        self._happened("client answered", to=to, in_reply_to=answered.message_id)

    async def _joined(self, winner: Colleague, ticket_id: int) -> TicketView:
        async def look() -> TicketView | None:
            view = await winner.view(ticket_id)
            return view if _inbound(view) == 2 and view.status == "needs_reply" else None

        view = await _until_there(look)
        _expect(view.owner is not None and view.owner.id == winner.me.id, "the owner was not kept")
        self._happened(
            "back in the same ticket", ticket_id=ticket_id, status=view.status, owner=winner.me.login
        )
        return view

    async def _blind(self, pavel: Colleague, ticket_id: int) -> None:
        try:
            await pavel.view(ticket_id)
        except NotFound:
            pass
        else:
            raise WentWrong("an agent of another group can open the ticket")
        board = await asyncio.to_thread(_board_of, self._stage, pavel.me.login, ticket_id)
        _expect(not board, "the ticket is on the board of another group")
        seen = str(ticket_id) in self._eyes[pavel.me.login] or str(ticket_id) in self._hints[pavel.me.login]
        _expect(not seen, "an agent of another group sees the eye")
        self._happened("outsider saw nothing", agent=pavel.me.login, ticket_id=ticket_id)

    async def _show(self, view: TicketView) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.main", "ticket", "show", str(view.id), "--json",
            "--config", str(self._stage.config), "--as", cast.ME,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment(),
        )  # fmt: skip
        try:
            out, _err = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        _expect(process.returncode == 0, f"`ticket show` ended with {process.returncode}")
        shown: dict[str, Any] = json.loads(out)
        inbound = sum(
            1 for item in shown["timeline"] if item["message"] and item["message"]["kind"] == "inbound"
        )
        owner = view.owner.login if view.owner else None
        said = (shown["id"], shown["status"], shown["owner"], shown["last_event"], inbound)
        _expect(said == (view.id, "needs_reply", owner, view.last_event, 2), f"`ticket show` says {said}")
        self._happened("ticket show agrees", ticket_id=view.id, status=shown["status"], owner=owner)


def _inbound(view: TicketView) -> int:
    return sum(1 for item in view.timeline if item.message and item.message.kind == "inbound")


def _board_of(stage: Stage, login: str, ticket_id: int) -> bool:
    """Whether a ticket can be had from an agent's board."""
    with closing(BoardReader(stage.settings, login, {})) as board:
        return ticket_id in board.cards([ticket_id])


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise WentWrong(otherwise)


async def _wait(holds: Callable[[], bool]) -> None:
    async def look() -> bool | None:
        return holds() or None

    await _until_there(look)


async def _until_there(look: Callable[[], Awaitable[T | None]]) -> T:
    while True:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(LOOK_EVERY)
