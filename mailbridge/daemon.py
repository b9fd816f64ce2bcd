"""The bridge: every mailbox watched, the outbox emptied and the robot run, all at once, until told to stop.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core import logs
from core.errors import Conflict, GlazokError, Unavailable
from core.i18n import _
from core.services import agents, ledger, robot_runner, setup
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.models.outbox import OutboxItem
from core.services.robot_types import Acted
from mailbridge.backoff import Backoff
from mailbridge.fetching import Reader
from mailbridge.figures import Figures
from mailbridge.health import PartHealth
from mailbridge.hints import Hints
from mailbridge.leases import own_name
from mailbridge.reconciling import Reconciled
from mailbridge.sending import Sender
from mailbridge.watching import Watcher

log = logs.get("bridge")

GRACE_SECONDS = 20.0
"""What is under way at a stop gets so long; systemd kills after 90 s by default."""

T = TypeVar("T")


@dataclass(slots=True)
class MailboxReport:
    """What one pass did for a mailbox."""

    fetched: int = 0
    """Letters stored."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """Letters by what became of them: opened, joined, …"""
    tickets: list[int] = field(default_factory=list)
    """Tickets that changed."""
    error: str = ""
    """Why the mailbox could not be read; what is above was done all the same."""
    hint: str = ""


@dataclass(slots=True)
class RobotReport:
    """What one pass of the robot did."""

    acted: list[Acted] = field(default_factory=list)
    aside: str = ""
    """Why it had no pass: it is switched off, or another process runs it. Nothing is wrong then."""
    error: str = ""


@dataclass(slots=True)
class Report:
    """What `bridge --once` did."""

    mailboxes: dict[str, MailboxReport] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    """Letters of the outbox by their state afterwards: sent, failed, queued, unknown."""
    send_errors: dict[str, str] = field(default_factory=dict)
    """Mailbox → why its SMTP server could not be used."""
    robot: RobotReport = field(default_factory=RobotReport)

    @property
    def complete(self) -> bool:
        """True where every server was there."""
        read = not any(one.error for one in self.mailboxes.values())
        return read and not self.send_errors and not self.robot.error


@dataclass(slots=True)
class Reconciliations:
    """What `bridge --reconcile` found, by mailbox."""

    mailboxes: dict[str, Reconciled] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """Mailbox → why it could not be counted."""

    @property
    def complete(self) -> bool:
        """True where every server was there and nothing is missing any more."""
        return not self.errors and all(one.missing == one.fetched for one in self.mailboxes.values())


class Bridge:
    """All mailboxes and the outbox of one desk."""

    def __init__(
        self,
        desk: Desk,
        reader: Reader,
        *,
        presence_url: str = "",
        robot: bool = True,
        figures: Figures | None = None,
    ) -> None:
        """`presence_url` is where hints go; empty: as the configuration says. Without `robot` another process runs
        it."""
        self.desk = desk
        self._robot_runs = robot
        self.figures = figures or Figures()
        self._reader = reader
        self._presence_url = presence_url or desk.settings.presence.url
        self._holder = own_name()

    async def run(self, stop: asyncio.Event, started: Callable[[], None] = lambda: None) -> None:
        """Until `stop`; then what is under way is finished and every lease given back.

        `started` is called once everything is under way.
        """
        await self.desk.call(setup.follow_settings)
        await self._warn_of_empty_groups()
        hints = Hints(self.desk, self._presence_url)
        hints.start()
        names = list(self.desk.settings.mailboxes)
        log.info("bridge started", mailboxes=",".join(names))
        sender = self._sender(stop, hints.sent)

        def told(letters: Sequence[Taken]) -> None:
            hints.taken(letters)
            # Filing a letter may have queued its confirmation.
            sender.wake()

        watchers = [self._watcher(name, stop, told) for name in names]
        jobs = {watcher.health: watcher.run for watcher in watchers}
        jobs[sender.health] = sender.run
        if self._robot_runs:
            health = PartHealth(self.desk, "robot")
            jobs[health] = lambda: self._robot(health, stop, sender.wake)
        tasks = [asyncio.create_task(_for_ever(health, job, stop)) for health, job in jobs.items()]
        started()
        try:
            await stop.wait()
            log.info("bridge stopping")
            _finished, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            if late:
                log.warning("not everything came to an end in time", tasks=len(late))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await hints.close()
        log.info("bridge stopped")

    async def _warn_of_empty_groups(self) -> None:
        default = self.desk.settings.desk.default_group
        for key in await self.desk.call(agents.groups_without_agents):
            log.warning(
                "nobody is in the default group: nobody would see what no rule routes"
                if key == default
                else "nobody is in this group: nobody would see its tickets",
                group=key,
                help=f"glazok agent add LOGIN --group {key}",
            )

    async def once(self, stop: asyncio.Event) -> Report:
        """One pass: fetch, file, let the robot act, send. A server that is away is in the report; the others are
        served."""
        await self.desk.call(setup.follow_settings)
        hints = Hints(self.desk, self._presence_url)
        hints.start()
        report = Report()
        try:
            names = list(self.desk.settings.mailboxes)
            found = await asyncio.gather(*(self._once(name, stop, hints.taken) for name in names))
            report.mailboxes = dict(zip(names, found, strict=True))
            # Before the outbox: its letters leave in this pass.
            report.robot = await self._robot_once(stop)
            try:
                sent = await _in_time(self._sender(stop, hints.sent).once(), stop)
            except GlazokError as error:
                report.send_errors[""] = str(error)
            else:
                report.sent, report.send_errors = dict(sent.states), sent.errors
        finally:
            await hints.close()
        return report

    async def reconcile(self, stop: asyncio.Event) -> Reconciliations:
        """Every mailbox counted against the ledger, and what is missing fetched."""
        await self.desk.call(setup.follow_settings)
        report = Reconciliations()

        async def one(name: str) -> None:
            try:
                watcher = self._watcher(name, stop, lambda _letters: None)
                report.mailboxes[name] = await _in_time(watcher.reconcile(), stop)
            except GlazokError as error:
                report.errors[name] = str(error)

        await asyncio.gather(*(one(name) for name in self.desk.settings.mailboxes))
        return report

    async def _once(
        self, name: str, stop: asyncio.Event, told: Callable[[Sequence[Taken]], None]
    ) -> MailboxReport:
        report = MailboxReport()
        watcher = self._watcher(name, stop, told)
        try:
            await _in_time(watcher.once(), stop)
        except GlazokError as error:
            report.error, report.hint = str(error), error.hint
        done = watcher.done
        report.fetched, report.outcomes, report.tickets = done.fetched, dict(done.outcomes), done.tickets
        return report

    async def _robot_once(self, stop: asyncio.Event) -> RobotReport:
        if not self._robot_runs:
            return RobotReport(aside=_("left to another process"))
        if not self.desk.settings.robot.enabled:
            return RobotReport(aside=_("switched off in the configuration"))
        try:
            return RobotReport(await self.desk.call(robot_runner.once, stop.is_set))
        except Conflict:
            return RobotReport(aside=_("it runs in another process"))
        except GlazokError as error:
            return RobotReport(error=str(error))

    async def _robot(self, health: PartHealth, stop: asyncio.Event, acted: Callable[[], None]) -> None:
        """Pass after pass while this bridge holds the robot's lease, which is given back at the end."""
        try:
            while not stop.is_set():
                # Its letters, to the staff and to clients, are in the outbox now.
                if await self.desk.call(robot_runner.beat, self._holder, stop.is_set):
                    acted()
                await health.good()
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self.desk.call(robot_runner.pause)):
                        await stop.wait()
        finally:
            await self.desk.call(ledger.release_lease, robot_runner.LEASE, self._holder)

    def _watcher(self, name: str, stop: asyncio.Event, told: Callable[[Sequence[Taken]], None]) -> Watcher:
        return Watcher(
            self.desk,
            name,
            self._reader,
            holder=self._holder,
            stop=stop,
            told=told,
            figures=self.figures,
        )

    def _sender(self, stop: asyncio.Event, told: Callable[[OutboxItem], None]) -> Sender:
        return Sender(self.desk, holder=self._holder, stop=stop, told=told, figures=self.figures)


async def _for_ever(health: PartHealth, job: Callable[[], Awaitable[Any]], stop: asyncio.Event) -> None:
    """A part of the bridge whose own bugs stop neither the others nor, after a while, itself."""
    backoff = Backoff(first=5)
    while not stop.is_set():
        try:
            await job()
        except Exception as error:
            # The edge of a part: it is logged, shown, and begun anew.
            log.exception("unexpected error", part=health.part)
            await health.bad(
                GlazokError(
                    _("{part} stumbled over an error of Glazok's own ({error}).").format(
                        part=health.part, error=type(error).__name__
                    ),
                    hint=_("The log has the details; please report them."),
                )
            )
            try:
                async with asyncio.timeout(backoff.next()):
                    await stop.wait()
            except TimeoutError:
                continue


async def _in_time(job: Coroutine[Any, Any, T], stop: asyncio.Event) -> T:
    """What a job gives. After `stop` it has GRACE_SECONDS to come to an end; then it is left as a kill would leave it,
    and Unavailable is raised: a server that says nothing must not hold up whoever stops the program."""
    work = asyncio.create_task(job)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((work,), timeout=GRACE_SECONDS)
        if work.done():
            return work.result()
        raise Unavailable(
            _("Stopped while a mail server did not answer."),
            hint=_("What was under way is taken up in the next pass."),
        )
    finally:
        for task in (work, stopped):
            task.cancel()
        await asyncio.gather(work, stopped, return_exceptions=True)
