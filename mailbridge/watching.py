"""One mailbox, watched for ever: lease, connection, IDLE with a poll behind it, back-off, visible state.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from core import logs
from core.errors import GlazokError, Unavailable
from core.i18n import _, ngettext, number
from core.services.desk import Desk
from core.services.intake import Taken
from core.settings import ImapSettings
from mailbridge.backoff import Backoff
from mailbridge.fetching import Fetcher, Reader
from mailbridge.figures import Figures
from mailbridge.health import PartHealth
from mailbridge.imap import ImapSource
from mailbridge.leases import LEASE_SECONDS, TAKE_OVER_SECONDS, Lease
from mailbridge.progress import Sweep
from mailbridge.reconciling import Reconciled, Reconciliation
from mailbridge.servers import LoginRefused, Server
from mailbridge.source import MailSource
from mailbridge.tokens import TokenSource

log = logs.get("bridge")

REFUSED_SECONDS = 60.0
"""After a refused password at least so long: servers lock accounts that knock too often."""
REST = (0.2, 60.0)
"""Seconds of rest, at first and at most, after a server announced letters and had none: it is not to keep us busy."""


def imap_server(settings: ImapSettings) -> Server:
    """The settings of a mailbox as the adapter wants them."""
    return Server(
        settings.host,
        settings.port,
        settings.security,
        settings.user,
        settings.password.reveal_line,
        token=TokenSource(settings.token_command, "imap.token_command") if settings.token_command else None,
    )


class Watcher:
    """Fetches one mailbox until it is told to stop."""

    def __init__(
        self,
        desk: Desk,
        mailbox: str,
        reader: Reader,
        *,
        holder: str,
        stop: asyncio.Event,
        told: Callable[[Sequence[Taken]], None],
        source: MailSource | None = None,
        figures: Figures | None = None,
    ) -> None:
        self.mailbox = mailbox
        self.settings = desk.settings.mailboxes[mailbox]
        self.source = source or ImapSource(imap_server(self.settings.imap))
        self.figures = figures or Figures()
        self.health = PartHealth(desk, f"mailbox {mailbox}", self.figures)
        self._reconciliation = Reconciliation(desk, mailbox, self.figures)
        self._stop = stop
        self._lease = Lease(desk, f"mailbox {mailbox}", holder)
        self._fetcher = Fetcher(
            desk,
            mailbox,
            self.source,
            reader,
            go_on=self._may_go_on,
            told=told,
            figures=self.figures,
            progress=self.health.waiting,
        )

    async def run(self) -> None:
        """Until `stop`; whatever is wrong with server, disk or database is shown and tried again."""
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                if not await self._lease.take():
                    await self.health.aside(_("another bridge fetches this mailbox"))
                    await self._pause(TAKE_OVER_SECONDS)
                    continue
                async with self._lease.kept():
                    await self._watch(backoff)
            except GlazokError as error:
                await self.health.bad(error)
                delay = backoff.next()
                await self._pause(max(delay, REFUSED_SECONDS) if isinstance(error, LoginRefused) else delay)

    async def once(self) -> None:
        """One look; `done` tells what came of it, also where this raises Unavailable halfway."""
        if not await self._lease.take_within(LEASE_SECONDS + 1):
            raise Unavailable(
                _("Mailbox {mailbox} is being fetched by another bridge.").format(mailbox=self.mailbox),
                hint=_("Stop that one first, or leave the fetching to it."),
            )
        async with self._lease.kept():
            try:
                # What was stored before is filed even where the server is away.
                await self._fetcher.take_pending()
                await self.source.open()
                selected = await self.source.select(self.settings.folder)
                await self._fetcher.sweep(selected)
                if self._fetcher.puts_off and not self._stop.is_set():
                    await self._fetcher.sweep(selected)
                if (kept_back := self._kept_back()) is not None:
                    raise kept_back
            except GlazokError as error:
                await self.health.bad(error)
                raise
            finally:
                await self.source.close()
        await self.health.good()

    async def reconcile(self) -> Reconciled:
        """One reconciliation, now; where another bridge fetches the mailbox it only counts. Raises Unavailable."""
        mine = await self._lease.take()
        async with self._lease.kept() if mine else nullcontext():
            try:
                await self.source.open()
                selected = await self.source.select(self.settings.folder)
                if mine:
                    await self._fetcher.sweep(selected)
                return await self._reconciliation.run(self.source, selected, self._fetcher if mine else None)
            finally:
                await self.source.close()

    @property
    def done(self) -> Sweep:
        """What was done since the last note in the log."""
        return self._fetcher.done

    async def _watch(self, backoff: Backoff) -> None:
        """One connection, for as long as it lasts."""
        try:
            await self._fetcher.take_pending()
            self._note()
            await self.source.open()
            clock = asyncio.get_running_loop().time
            pause = min(self.settings.poll_seconds, self.settings.idle_seconds)
            rest, woken = Backoff(*REST), False
            while self._may_go_on():
                # Opened anew now and then, since only SELECT tells that UIDVALIDITY has changed.
                selected = await self.source.select(self.settings.folder)
                until = clock() + self.settings.idle_seconds
                while self._may_go_on() and clock() < until:
                    await self._fetcher.sweep(selected)
                    if self._fetcher.done.fetched or not woken:
                        rest.reset()
                    else:
                        await self._pause(rest.next())
                    self._note()
                    kept_back = self._kept_back()
                    await (self.health.good() if kept_back is None else self.health.bad(kept_back))
                    backoff.reset()
                    if self._may_go_on() and await self._reconciliation.due():
                        await self._reconciliation.run(self.source, selected, self._fetcher)
                        # It takes its time, and leaves what came meanwhile to the usual look.
                        await self._fetcher.sweep(selected)
                        self._note()
                    if not self._may_go_on():
                        return
                    woken = await self.source.idle(pause, self._stop)
                    if woken:
                        self.figures.woken(self.mailbox)
        finally:
            self._note()
            await self.source.close()

    def _kept_back(self) -> Unavailable | None:
        """What there is to say of letters that the server lists and has not given, asked for by themselves."""
        left = self._fetcher.kept_back
        if not left:
            return None
        sentence = ngettext(
            "{count} letter is listed by the server, which does not give it",
            "{count} letters are listed by the server, which does not give them",
            left,
        )
        return Unavailable(
            sentence.format(count=number(left)),
            hint=_(
                "The others come in. Glazok asks again at every look; see the folder with a mail program."
            ),
        )

    def _may_go_on(self) -> bool:
        return self._lease.held and not self._stop.is_set()

    def _note(self) -> None:
        done = self._fetcher.done
        self._fetcher.done = Sweep()
        if done.fetched or done.outcomes:
            outcomes = ",".join(f"{outcome}:{count}" for outcome, count in sorted(done.outcomes.items()))
            tickets = ",".join(map(str, done.tickets[:20]))
            log.info(
                "letters filed",
                mailbox=self.mailbox,
                fetched=done.fetched,
                outcomes=outcomes,
                tickets=tickets,
            )

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
