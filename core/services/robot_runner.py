"""Running the robot: a lease keeps it single, whoever runs it (the bridge, or a process of its own)."""

from __future__ import annotations

import os
import queue
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from core.clock import now
from core.domain.robot import ASK, Scenario
from core.errors import Conflict, GlazokError, Unavailable
from core.i18n import _
from core.logs import get as get_log
from core.services import ledger, rearming, robot, setup
from core.services.desk import Desk
from core.services.robot_types import Acted
from core.settings import Settings

LEASE = "robot"
LEASE_SECONDS = 15.0
"""A dead robot's place is taken after so long."""

PAUSE_SECONDS = 5.0
"""Between two passes."""

RENEWED_AFTER = timedelta(seconds=LEASE_SECONDS / 3)
"""How long a lease is good for before it is renewed, also in the middle of a pass."""

REARM_SECONDS = 2.0
"""For so long a pass sets clocks anew before it ends; the next one goes on."""

BETWEEN_REARMS = 0.2
"""Seconds between two passes while clocks are being set anew."""

LONGEST_PAUSE = 300.0
"""Seconds between two tries of a robot that stumbles each time."""

log = get_log("robot")


def holder() -> str:
    """A name for this process, unlike any other's."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class _Held:
    """A lease in the middle of a pass: renewed in time, and known for lost where another robot took it."""

    def __init__(self, desk: Desk, me: str, stopped: Callable[[], bool]) -> None:
        self._desk, self._me, self._stopped = desk, me, stopped
        self._renewed, self._lost = now(), False

    def __call__(self) -> bool:
        if self._lost or self._stopped():
            return False
        at = now()
        if at - self._renewed < RENEWED_AFTER:
            return True
        self._renewed = at
        self._lost = not ledger.lease(self._desk, LEASE, self._me, LEASE_SECONDS)
        if self._lost:
            log.warning("another robot has taken over")
        return not self._lost


def _never() -> bool:
    return False


def once(desk: Desk, stopped: Callable[[], bool] = _never) -> list[Acted]:
    """What a robot does at its start, then one pass; where `stopped` says so it ends after the ticket in hand. Raises
    Conflict while another robot runs, ConfigError for a status that was taken out of the configuration while tickets
    have it."""
    me = holder()
    if not ledger.lease(desk, LEASE, me, LEASE_SECONDS):
        raise Conflict(
            _("The robot is running already, in another process."),
            hint=_("It does what is due by itself; see what that is with --dry-run."),
        )
    try:
        setup.follow_settings(desk)
        return robot.run_once(desk, go_on=_Held(desk, me, stopped))
    finally:
        ledger.release_lease(desk, LEASE, me)


class Orders:
    """What the process was told by signals: to stop (SIGTERM, SIGINT), or to read its configuration again (SIGHUP)."""

    def __init__(self) -> None:
        self.stop = False
        self.reload = False
        # Unlike a lock, its put() may interrupt anything, itself too: signals do.
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()

    def listen(self) -> None:
        """Hear the signals; only in a process's main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: self.give(stop=True))
        signal.signal(signal.SIGHUP, lambda *_args: self.give(reload=True))

    def give(self, *, stop: bool = False, reload: bool = False) -> None:
        """Wake the robot, to stop or to reload."""
        self.stop, self.reload = self.stop or stop, self.reload or reload
        self._told.put(None)

    def given(self) -> bool:
        """Whether something is ordered: the pass under way ends after the ticket in hand."""
        return self.stop or self.reload

    def wait(self, seconds: float) -> None:
        """Until something is ordered, or so long; not at all where something has been since the last time."""
        with suppress(queue.Empty):
            self._told.get(timeout=seconds)


def run_for_ever(settings: Settings, load: Callable[[], Settings], orders: Orders | None = None) -> None:
    """Pass after pass, while this one holds the lease, until told to stop; then the lease is given back.

    When told to reload, the configuration is read again by `load`; a broken one is logged and changes nothing. What
    goes wrong in a pass is logged, and tried again with the next one, later and later where it is an error of our own.
    Raises ConfigError and Unavailable where the desk cannot be opened at the start.
    """
    if orders is None:
        orders = Orders()
        orders.listen()
    me, desk, wait = holder(), _opened(settings), PAUSE_SECONDS
    log.info("robot started", times=_times(desk))
    try:
        while not orders.stop:
            if orders.reload:
                orders.reload = False
                desk = _reloaded(desk, load)
            try:
                beat(desk, me, orders.given)
                wait = pause(desk)
            except Exception as error:
                # The edge of the process: promises are kept again as soon as they can be.
                log.exception("unexpected error", error=type(error).__name__)
                wait = min(2 * max(wait, PAUSE_SECONDS), LONGEST_PAUSE)
            orders.wait(wait)
    finally:
        with suppress(Unavailable):
            ledger.release_lease(desk, LEASE, me)
        desk.close()
        log.info("robot stopped")


def _opened(settings: Settings) -> Desk:
    desk = Desk.open(settings)
    try:
        setup.follow_settings(desk)
    except GlazokError:
        desk.close()
        raise
    return desk


def _reloaded(desk: Desk, load: Callable[[], Settings]) -> Desk:
    """The desk under the new configuration; the old one where that cannot be used."""
    try:
        fresh = _opened(load())
    except GlazokError as error:
        log.warning("configuration not reloaded, the old one goes on", why=str(error))
        return desk
    desk.close()
    log.info("configuration reloaded", times=_times(fresh))
    return fresh


def _times(desk: Desk) -> str:
    """The desk's numbers in force, for the log: seconds, or `off`."""
    promises = {str(name): desk.settings.scenario("", name) for name in (*Scenario, ASK)}
    return " ".join(
        f"{name}={promise.after.total_seconds():.0f}" if promise.enabled else f"{name}=off"
        for name, promise in promises.items()
    )


def beat(desk: Desk, me: str, stopped: Callable[[], bool] = _never) -> list[Acted]:
    """One pass, if this process holds the lease and as long as it does; what cannot be done now is logged and left to
    the next one. Where `stopped` says so it ends after the ticket in hand."""
    try:
        if not ledger.lease(desk, LEASE, me, LEASE_SECONDS):
            return []
        acted = robot.run_once(desk, go_on=_Held(desk, me, stopped), rearm_for=REARM_SECONDS)
    except Unavailable as error:
        log.warning(str(error))
        return []
    for one in acted:
        log.info(
            "acted",
            ticket=one.ticket_id,
            scenario=one.scenario,
            outcome=one.outcome,
            told=",".join(dict.fromkeys(login for deed in one.acts for login in deed.to)),
        )
    return acted


def pause(desk: Desk) -> float:
    """Seconds until the next pass: short while clocks are being set anew."""
    try:
        return BETWEEN_REARMS if rearming.waits(desk) else PAUSE_SECONDS
    except Unavailable:
        return PAUSE_SECONDS
