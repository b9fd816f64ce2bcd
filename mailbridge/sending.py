"""The outbox into SMTP servers: each letter in exactly one visible state, none sent again blindly.

One sender at a time (the lease `sender`), one connection per mailbox's server, and mailboxes do not wait for
one another. Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from core import logs
from core.clock import now
from core.errors import ConfigError, Conflict, GlazokError, Unavailable
from core.i18n import _
from core.services import outbox
from core.services.desk import Desk
from core.services.outbox import Delivery, OutboxItem
from core.settings import SmtpSettings
from mailbridge.backoff import Backoff
from mailbridge.health import PartHealth
from mailbridge.leases import LEASE_SECONDS, Lease
from mailbridge.outgoing import compose, loop_mark
from mailbridge.servers import LoginRefused, Server
from mailbridge.smtp import FateUnknown, Phase, Result, SmtpSink

log = logs.get("bridge")

LOOK_SECONDS = 0.5
"""Between two looks into the outbox."""
AT_ONCE = 20
"""Letters leased at a time."""
MOST_WAITING = 200
"""Letters in memory, behind servers that are slow, above which no more are leased."""
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
        settings.host, settings.port, settings.security, settings.user, settings.password.reveal, what="SMTP"
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

    def __init__(self, desk: Desk, mailbox: str, told: Callable[[OutboxItem], None]) -> None:
        self.desk = desk
        self.mailbox = mailbox
        self.health = PartHealth(desk, f"sending {mailbox}")
        self._sink = SmtpSink(smtp_server(desk.settings.mailboxes[mailbox].smtp))
        self._mark = loop_mark(desk.secret)
        self._told = told
        self._backoff = Backoff()
        self._not_before = 0.0
        self._failure: GlazokError | None = None

    async def send_all(self, items: list[OutboxItem], worker: str, stop: asyncio.Event) -> Sent:
        """Send, in order; what `stop` or a server that is away prevents is queued again."""
        done = Sent()
        for item in items:
            try:
                state = await self._send(item, worker, stop)
            except Conflict as error:
                log.warning("letter left to another sender", outbox=item.id, why=str(error))
                continue
            done.states[state] += 1
            self._told(item)
        if self._failure is not None:
            done.errors[self.mailbox] = str(self._failure)
        return done

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self._sink.close()

    async def _send(self, item: OutboxItem, worker: str, stop: asyncio.Event) -> str:
        clock = asyncio.get_running_loop().time
        if stop.is_set() or (self._failure is not None and clock() < self._not_before):
            return await self._later(item, self._failure, max(0.0, self._not_before - clock()))
        try:
            raw = await self._bytes(item)
        except Unavailable as error:
            return await self._unusable(item, error)

        async def on_phase(phase: Phase) -> None:
            if phase != "connect":
                await self.desk.call(outbox.phase, item.id, phase, worker)

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
    """True once a letter has been tried for so long that it counts as failed."""
    return now() - item.letter.date > GIVE_UP


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


class Sender:
    """The outbox, emptied for as long as it runs."""

    def __init__(
        self, desk: Desk, *, holder: str, stop: asyncio.Event, told: Callable[[OutboxItem], None]
    ) -> None:
        self.desk = desk
        self._holder = holder
        self._worker = holder
        self._term = 0
        self._stop = stop
        self._told = told
        self._lease = Lease(desk, "sender", holder)
        self._relays: dict[str, Relay] = {}
        self._busy: dict[str, asyncio.Task[Sent]] = {}
        self._waiting = 0
        self._health = PartHealth(desk, "outbox")

    async def run(self) -> None:
        """Until `stop`: letters go out within LOOK_SECONDS of being due."""
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                if not await self._lease.take():
                    await self._pause(LOOK_SECONDS * 4)
                    continue
                async with self._lease.kept():
                    await self._empty(backoff)
            except GlazokError as error:
                await self._health.bad(error)
                await self._pause(backoff.next())
        await self._close()

    async def once(self) -> Sent:
        """Everything that is due now, once. Raises Unavailable where another sender is at work."""
        if not await self._lease.take_within(LEASE_SECONDS + 1):
            raise Unavailable(
                _("Another bridge is sending the letters of this desk."),
                hint=_("Stop that one first, or leave the sending to it."),
            )
        done = Sent()
        async with self._lease.kept():
            await self._recover()
            try:
                while not self._stop.is_set():
                    items = await self.desk.call(outbox.due, self._worker, AT_ONCE)
                    if not items:
                        break
                    waits = [
                        self._relay(key).send_all(batch, self._worker, self._stop)
                        for key, batch in self._by_mailbox(items)
                    ]
                    for one in await asyncio.gather(*waits):
                        done.states.update(one.states)
                        done.errors.update(one.errors)
            finally:
                await self._close()
        return done

    async def _empty(self, backoff: Backoff) -> None:
        """For as long as the lease is held."""
        try:
            await self._recover()
            while self._lease.held and not self._stop.is_set():
                more = await self._look()
                await self._health.good()
                backoff.reset()
                if not more:
                    await self._pause(LOOK_SECONDS)
        finally:
            # Letters that are on their way arrive.
            tasks, self._busy = list(self._busy.values()), {}
            if tasks:
                await asyncio.wait(tasks)

    async def _recover(self) -> None:
        # A new name for every term: what an earlier one of this very process left behind counts as orphaned.
        self._term += 1
        self._worker = f"{self._holder} {self._term}"
        again, lost = await self.desk.call(outbox.recover, self._worker)
        if again or lost:
            log.warning("letters of a dead sender found", queued=again, unknown=lost)

    async def _look(self) -> bool:
        """Lease what is due and hand it to its relays; True where there may be more at once."""
        for key in [key for key, task in self._busy.items() if task.done()]:
            await self._busy.pop(key)
        due_at = await self.desk.call(outbox.next_due)
        if due_at is None or due_at > now() or self._waiting > MOST_WAITING:
            return False
        items = await self.desk.call(outbox.due, self._worker, AT_ONCE)
        self._waiting += len(items)
        for key, batch in self._by_mailbox(items):
            before = self._busy.get(key)
            self._busy[key] = asyncio.create_task(self._after(before, key, batch), name=f"sending {key}")
        return len(items) == AT_ONCE

    async def _after(self, before: asyncio.Task[Sent] | None, key: str, batch: list[OutboxItem]) -> Sent:
        if before is not None:
            await asyncio.wait([before])
        try:
            return await self._relay(key).send_all(batch, self._worker, self._stop)
        finally:
            self._waiting -= len(batch)

    def _by_mailbox(self, items: list[OutboxItem]) -> list[tuple[str, list[OutboxItem]]]:
        sorted_out: dict[str, list[OutboxItem]] = {}
        for item in items:
            sorted_out.setdefault(self.desk.mailbox_key(item.mailbox), []).append(item)
        return list(sorted_out.items())

    def _relay(self, key: str) -> Relay:
        if key not in self.desk.settings.mailboxes:
            raise ConfigError(
                _("There is a letter to send, and no mailbox to send it from."),
                hint=_("Configure a mailbox; the letter waits."),
            )
        if key not in self._relays:
            self._relays[key] = Relay(self.desk, key, self._told)
        return self._relays[key]

    async def _close(self) -> None:
        for relay in self._relays.values():
            await relay.close()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
