"""systemd's notification protocol, sd_notify(3): ready, status, watchdog, stopping. Standard library alone.

Without $NOTIFY_SOCKET everything here does nothing.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping

from core import logs

log = logs.get("bridge")

STATUS_SECONDS = 5.0
"""Between two looks whether the status line has changed, at most."""


class Notifier:
    """One service's line to systemd. A line that is broken is logged once and troubles nobody."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._watchdog = _watchdog_seconds(environ)
        self._status = ""
        self._broken = False

    @property
    def listened_to(self) -> bool:
        """True where systemd waits for notifications."""
        return bool(self._address)

    def ready(self) -> None:
        """Started, or reloaded."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The configuration is read again; `ready` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`, sent where it has changed."""
        line = " ".join(text.split())
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    async def keep(self, status: Callable[[], str]) -> None:
        """For ever: the status line, and the watchdog's sign that the loop runs."""
        pause = min(STATUS_SECONDS, self._watchdog / 2) if self._watchdog else STATUS_SECONDS
        while self.listened_to:
            self.status(status())
            if self._watchdog:
                self._send("WATCHDOG=1")
            await asyncio.sleep(pause)

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                # systemd's end may be full for a moment: the loop does not wait for it.
                line.setblocking(False)
                line.sendto(message.encode(), self._address)
        except OSError as error:
            if not self._broken:
                log.warning("systemd is not told", why=error.strerror or str(error))
            self._broken = True


def _address(path: str) -> str:
    """A socket's path; `@` stands for the abstract namespace. Other kinds, such as vsock, are left alone."""
    if path.startswith("@"):
        return "\0" + path[1:]
    return path if path.startswith("/") else ""


def _watchdog_seconds(environ: Mapping[str, str]) -> float:
    """The watchdog's limit, 0 where there is none or it is meant for another process."""
    limit, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not limit.isdecimal() or (process and process != str(os.getpid())):
        return 0.0
    return int(limit) / 1_000_000
