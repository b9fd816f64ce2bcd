"""The outbox, emptied: one sender at a time (the lease `sender`), and mailboxes do not wait for one another.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable

from core import logs
from core.clock import now
from core.errors import ConfigError, GlazokError, Unavailable
from core.i18n import _
from core.services import outbox
from core.services.desk import Desk
from core.services.models.outbox import OutboxItem
from mailbridge.backoff import Backoff
from mailbridge.figures import Figures
from mailbridge.health import PartHealth
from mailbridge.leases import LEASE_SECONDS, TAKE_OVER_SECONDS, Lease
from mailbridge.relay import Relay, Sent

log = logs.get("bridge")

LOOK_SECONDS = 0.5
"""Between two looks into the outbox."""
AT_ONCE = 20
"""Letters leased at a time."""
MOST_WAITING = 40
"""Letters in memory behind one mailbox's server, from which on no more of that mailbox's are leased."""

_TERMS = itertools.count(1)
"""Of all senders of this process, one after the other."""


class Sender:
    """The outbox, emptied for as long as it runs."""

    def __init__(
        self,
        desk: Desk,
        *,
        holder: str,
        stop: asyncio.Event,
        told: Callable[[OutboxItem], None],
        figures: Figures | None = None,
    ) -> None:
        self.desk = desk
        self._holder = holder
        self._worker = holder
        self._stop = stop
        self._told = told
        self._lease = Lease(desk, "sender", holder)
        self._relays: dict[str, Relay] = {}
        self._busy: dict[str, asyncio.Task[Sent]] = {}
        self._woken = asyncio.Event()
        self._waiting: Counter[str] = Counter()
        self._figures = figures or Figures()
        self.health = PartHealth(desk, "outbox", self._figures)

    def wake(self) -> None:
        """There may be something new: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Until `stop`: letters go out within LOOK_SECONDS of being due."""
        backoff = Backoff()
        try:
            while not self._stop.is_set():
                try:
                    if not await self._lease.take():
                        await self._pause(TAKE_OVER_SECONDS)
                        continue
                    async with self._lease.kept():
                        await self._empty(backoff)
                except GlazokError as error:
                    await self.health.bad(error)
                    await self._pause(backoff.next())
        finally:
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
                        self._relay(key).send_all(batch, self._stop) for key, batch in self._by_mailbox(items)
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
                await self.health.good()
                backoff.reset()
                if not more:
                    await self._until_woken()
        except asyncio.CancelledError:
            self._cut_off()
            raise
        finally:
            # Letters that are on their way arrive.
            try:
                await asyncio.gather(*self._busy.values(), return_exceptions=True)
            finally:
                self._cut_off()
                self._busy = {}

    def _cut_off(self) -> None:
        """Time is up: what still waits for a server is left as a kill would leave it."""
        for task in self._busy.values():
            task.cancel()

    async def _recover(self) -> None:
        # A new name for every term: what an earlier one of this very process left behind counts as orphaned, that of
        # another sender too, as before the configuration was read again.
        self._worker = f"{self._holder} {next(_TERMS)}"
        again, lost = await self.desk.call(outbox.recover, self._worker)
        if again or lost:
            log.warning("letters of a dead sender found", queued=again, unknown=lost)

    async def _look(self) -> bool:
        """Lease what is due and hand it to its relays; True where there may be more at once."""
        for key in [key for key, task in self._busy.items() if task.done()]:
            await self._busy.pop(key)
        full = [key for key, count in self._waiting.items() if count >= MOST_WAITING]
        due_at = await self.desk.call(outbox.next_due, full)
        if due_at is None or due_at > now():
            return False
        items = await self.desk.call(outbox.due, self._worker, AT_ONCE, full)
        for key, batch in self._by_mailbox(items):
            self._waiting[key] += len(batch)
            before = self._busy.get(key)
            self._busy[key] = asyncio.create_task(self._after(before, key, batch), name=f"sending {key}")
        return len(items) == AT_ONCE

    async def _after(self, before: asyncio.Task[Sent] | None, key: str, batch: list[OutboxItem]) -> Sent:
        if before is not None:
            await asyncio.wait([before])
        try:
            return await self._relay(key).send_all(batch, self._stop)
        finally:
            self._waiting[key] -= len(batch)

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
            self._relays[key] = Relay(self.desk, key, self._told, self._figures)
        return self._relays[key]

    async def _close(self) -> None:
        for relay in self._relays.values():
            await relay.close()

    async def _until_woken(self) -> None:
        """LOOK_SECONDS, or less where somebody of this process has written a letter."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
