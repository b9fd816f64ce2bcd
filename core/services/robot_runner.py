"""Running the robot: a lease keeps it single, whoever runs it (the bridge, or a process of its own)."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from core.clock import now
from core.errors import Conflict, Unavailable
from core.i18n import _
from core.logs import get as get_log
from core.services import ledger, rearming, robot
from core.services.desk import Desk
from core.services.robot_types import Acted

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


def once(desk: Desk) -> list[Acted]:
    """One pass. Raises Conflict while another robot runs."""
    me = holder()
    if not ledger.lease(desk, LEASE, me, LEASE_SECONDS):
        raise Conflict(
            _("The robot is running already, in another process."),
            hint=_("It does what is due by itself; see what that is with --dry-run."),
        )
    try:
        return robot.run_once(desk, go_on=_Held(desk, me, _never))
    finally:
        ledger.release_lease(desk, LEASE, me)


def run_until_stopped(desk: Desk, stop: threading.Event | None = None) -> None:
    """Pass after pass, while this one holds the lease; ends on SIGTERM and SIGINT, or by `stop`, and by nothing else:
    what goes wrong is logged, and tried again with the next pass, later and later."""
    stop = stop or _on_signals()
    me, wait = holder(), PAUSE_SECONDS
    try:
        while not stop.is_set():
            try:
                beat(desk, me, stop.is_set)
                wait = pause(desk)
            except Exception as error:
                # The edge of the process: promises are kept again as soon as they can be.
                log.exception("unexpected error", error=type(error).__name__)
                wait = min(2 * max(wait, PAUSE_SECONDS), LONGEST_PAUSE)
            stop.wait(wait)
    finally:
        with suppress(Unavailable):
            ledger.release_lease(desk, LEASE, me)


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
        log.info("acted", ticket=one.ticket_id, scenario=one.scenario, outcome=one.outcome)
    return acted


def pause(desk: Desk) -> float:
    """Seconds until the next pass: short while clocks are being set anew."""
    try:
        return BETWEEN_REARMS if rearming.waits(desk) else PAUSE_SECONDS
    except Unavailable:
        return PAUSE_SECONDS


def _on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    return stop
