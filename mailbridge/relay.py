"""One mailbox's letters to its SMTP server, each ending in exactly one visible state, none sent again blindly.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from core import logs
from core.clock import now
from core.errors import Conflict, GlazokError, Unavailable
from core.i18n import _
from core.services import outbox
from core.services.desk import Desk
from core.services.models.outbox import Delivery, OutboxItem
from core.settings import SmtpSettings
from mailbridge.backoff import Backoff
from mailbridge.figures import Figures
from mailbridge.health import PartHealth
from mailbridge.outgoing import compose, loop_mark
from mailbridge.servers import LoginRefused, Server
from mailbridge.smtp import FateUnknown, Phase, Result, SmtpSink
from mailbridge.tokens import TokenSource

log = logs.get("bridge")

RETRY = (60.0, 3600.0)
"""Seconds until a recipient who was refused for now is tried again: the first time, and at most."""
GIVE_UP = timedelta(days=3)
"""After so long a temporary refusal is final: a client who waits must hear of it, not the log."""
REFUSED_SECONDS = 60.0
"""After a refused login at least so long."""
INSIST_SECONDS = 2.0
"""Between two tries to write down what a server said."""


def smtp_server(settings: SmtpSettings) -> Server:
    """The settings of a mailbox as the adapter wants them."""
    return Server(
        settings.host,
        settings.port,
        settings.security,
        settings.user,
        settings.password.reveal_line,
        what="SMTP",
        token=TokenSource(settings.token_command, "smtp.token_command") if settings.token_command else None,
    )


@dataclass(slots=True)
class Sent:
    """What one pass over the outbox did."""

    states: Counter[str] = field(default_factory=Counter)
    """Letters by their state afterwards: sent, failed, queued (to be tried later), unknown."""
    errors: dict[str, str] = field(default_factory=dict)
    """Mailbox → why its server could not be used."""


class Relay:
    """One mailbox's way out: its connection, its back-off, its letters one after the other."""

    def __init__(
        self, desk: Desk, mailbox: str, told: Callable[[OutboxItem], None], figures: Figures | None = None
    ) -> None:
        self.desk = desk
        self.mailbox = mailbox
        self._figures = figures or Figures()
        self.health = PartHealth(desk, f"sending {mailbox}", self._figures)
        self._sink = SmtpSink(smtp_server(desk.settings.mailboxes[mailbox].smtp))
        self._mark = loop_mark(desk.secret)
        self._told = told
        self._backoff = Backoff()
        self._not_before = 0.0
        self._failure: GlazokError | None = None
        self._reached: Phase = "connect"

    async def send_all(self, items: list[OutboxItem], stop: asyncio.Event) -> Sent:
        """Send, in order; what `stop` or a server that is away prevents is queued again."""
        done = Sent()
        for item in items:
            try:
                state = await self._send(item, stop)
            except Conflict as error:
                log.warning("letter left to another sender", outbox=item.id, why=str(error))
                continue
            except GlazokError:
                raise
            except Exception as error:
                # A bug of ours that one letter wakes must not stop the letters behind it.
                log.exception("letter could not be sent", mailbox=self.mailbox, outbox=item.id)
                state = await self._broken(item, error)
            done.states[state] += 1
            self._figures.sent(self.mailbox, state)
            self._told(item)
        if self._failure is not None:
            done.errors[self.mailbox] = str(self._failure)
        return done

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self._sink.close()

    async def _send(self, item: OutboxItem, stop: asyncio.Event) -> str:
        clock = asyncio.get_running_loop().time
        self._reached = "connect"
        if stop.is_set() or (self._failure is not None and clock() < self._not_before):
            return await self._later(item, self._failure, max(0.0, self._not_before - clock()))
        try:
            raw = await self._bytes(item)
        except Unavailable as error:
            return await self._unusable(item, error)

        async def on_phase(phase: Phase) -> None:
            if phase != "connect":
                await self.desk.call(outbox.phase, item.id, phase, item.worker)
            self._reached = phase

        try:
            results = await self._sink.deliver(item.envelope_from, item.recipients, raw, on_phase)
        except FateUnknown as error:
            log.warning(
                "fate of a letter unknown", mailbox=self.mailbox, outbox=item.id, ticket=item.ticket_id
            )
            await self._insist(outbox.unknown, item.id, str(error), item.worker)
            return "unknown"
        except Conflict:
            raise
        except GlazokError as error:
            delay = self._backoff.next()
            delay = max(delay, REFUSED_SECONDS) if isinstance(error, LoginRefused) else delay
            self._failure, self._not_before = error, clock() + delay
            await self.health.bad(error)
            return await self._later(item, error, delay)
        self._failure = None
        self._backoff.reset()
        state: str = await self._insist(
            outbox.finish, item.id, _deliveries(item, results), item.worker, retry_seconds(item.attempts)
        )
        await self.health.good()
        log.info(
            "letter handed over", mailbox=self.mailbox, outbox=item.id, ticket=item.ticket_id, state=state
        )
        return state

    async def _broken(self, item: OutboxItem, error: Exception) -> str:
        reason = _("An error of Glazok's own: {error}.").format(error=type(error).__name__)
        if self._reached == "data":
            await self._insist(outbox.unknown, item.id, reason, item.worker)
            return "unknown"
        await self._insist(outbox.fail, item.id, reason, item.worker)
        return "failed"

    async def _bytes(self, item: OutboxItem) -> bytes:
        """The stored bytes; composed and stored first where this is the first attempt."""
        blobs = self.desk.blobs
        if item.sha256 is not None:
            return await asyncio.to_thread(blobs.read, item.sha256)
        raw = await asyncio.to_thread(compose, item.letter, blobs.read, self._mark)
        sha256 = await asyncio.to_thread(blobs.put, raw)
        await self.desk.call(outbox.store_bytes, item.id, sha256)
        return raw

    async def _unusable(self, item: OutboxItem, error: Unavailable) -> str:
        """Its bytes cannot be read or written now."""
        await self.health.bad(error)
        return await self._later(item, error, RETRY[0])

    async def _later(self, item: OutboxItem, error: GlazokError | None, seconds: float) -> str:
        reason = str(error) if error else ""
        if error is not None and is_overdue(item):
            given_up = _("Given up after three days: {why}").format(why=reason)
            await self._insist(outbox.fail, item.id, given_up, item.worker)
            return "failed"
        await self._insist(outbox.retry_later, item.id, reason, item.worker, seconds)
        return "queued"

    async def _insist(self, service: Callable[..., str | None], *words: object) -> str:
        """Write down what happened, however long the database is locked: it cannot be found out again."""
        while True:
            try:
                return await self.desk.call(service, *words) or ""
            except Unavailable as error:
                log.warning("outcome not stored yet", mailbox=self.mailbox, why=str(error))
                await asyncio.sleep(INSIST_SECONDS)


def retry_seconds(attempts: int) -> float:
    """How long a recipient waits who was refused for now: doubles with every attempt."""
    return min(RETRY[1], RETRY[0] * 2.0 ** min(max(attempts - 1, 0), 16))


def is_overdue(item: OutboxItem) -> bool:
    """True once a letter has been tried for so long that it counts as failed: counted from the first attempt, since
    it may have waited for its time, or for an agent who sends it again."""
    return now() - item.tried_from > GIVE_UP


def _deliveries(item: OutboxItem, results: dict[str, Result]) -> dict[str, Delivery]:
    """The server's words per recipient as states."""
    overdue = is_overdue(item)
    states: dict[str, Delivery] = {}
    for address, result in results.items():
        if result.taken:
            states[address] = Delivery("sent", result.code, result.text)
        else:
            later = result.temporary and not overdue
            states[address] = Delivery(
                "later" if later else "failed", result.code, f"{result.code} {result.text}"
            )
    return states
