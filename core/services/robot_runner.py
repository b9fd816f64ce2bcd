"""Running the robot: a lease keeps it single, whoever runs it (the bridge, or a process of its own)."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading

from core.errors import Conflict, Unavailable
from core.i18n import _
from core.logs import get as get_log
from core.services import ledger, robot
from core.services.desk import Desk
from core.services.robot_types import Acted

LEASE = "robot"
LEASE_SECONDS = 15.0
"""A dead robot's place is taken after so long."""

PAUSE_SECONDS = 5.0
"""Between two passes."""

log = get_log("robot")


def holder() -> str:
    """A name for this process, unlike any other's."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def once(desk: Desk) -> list[Acted]:
    """One pass. Raises Conflict while another robot runs."""
    me = holder()
    if not ledger.lease(desk, LEASE, me, LEASE_SECONDS):
        raise Conflict(
            _("The robot is running already, in another process."),
            hint=_("It does what is due by itself; see what that is with --dry-run."),
        )
    try:
        return robot.run_once(desk)
    finally:
        ledger.release_lease(desk, LEASE, me)


def run_until_stopped(desk: Desk, stop: threading.Event | None = None) -> None:
    """Pass after pass, while this one holds the lease; ends on SIGTERM and SIGINT, or by `stop`.

    A busy database or a full disk is logged, and tried again with the next pass.
    """
    stop = stop or _on_signals()
    me = holder()
    try:
        while not stop.is_set():
            beat(desk, me)
            stop.wait(PAUSE_SECONDS)
    finally:
        ledger.release_lease(desk, LEASE, me)


def beat(desk: Desk, me: str) -> list[Acted]:
    """One pass, if this process holds the lease; what cannot be done now is logged and left to the next one."""
    try:
        if not ledger.lease(desk, LEASE, me, LEASE_SECONDS):
            return []
        acted = robot.run_once(desk)
    except Unavailable as error:
        log.warning(str(error))
        return []
    for one in acted:
        log.info("acted", ticket=one.ticket_id, scenario=one.scenario, outcome=one.outcome)
    return acted


def _on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    return stop
