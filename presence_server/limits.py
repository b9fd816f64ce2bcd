"""Every limit of the presence server, and the tick that keeps it calm.

Pure: time is passed in. Imports nothing of ours.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts. The defaults are the product's; tests shorten the times."""

    ping_interval: float = 4.0
    ping_timeout: float = 4.0
    close_timeout: float = 1.0
    """A peer that falls silent is gone after at most the sum of these three: 9 s."""
    open_timeout: float = 5.0
    """For the HTTP upgrade."""
    hello_timeout: float = 5.0
    """From the upgrade to the hello."""
    max_queue: int = 16
    """Frames read ahead of the handler, per connection."""
    max_unsent: int = 64 * 1024
    """Bytes waiting for a slow reader before it is cut off."""
    rate: float = 20.0
    """Frames a second that one connection may send for ever."""
    burst: int = 40
    """Frames that it may send at once."""
    system_rate: float = 500.0
    """`rate` for the desk's own programs, which hint at every letter of a busy morning."""
    system_burst: int = 2000
    """`burst` for the desk's own programs."""
    per_agent: int = 8
    """Connections of one agent."""
    per_system: int = 64
    """Connections of the desk's own programs, all together."""
    connections: int = 5000
    """Connections in all, with those that have not said hello."""
    tick: float = 0.05
    """Least time between two frames of one room."""
    tick_under_load: float = 0.25
    """The same when the server cannot keep up."""
    recheck: float = 20.0
    """Between two looks at whether everyone is still allowed where they are."""
    retry_ms: tuple[int, int] = (200, 3000)
    """When clients are asked to come back after a restart."""


class Tick:
    """How long a room collects changes: longer while timers fire late, shorter once they are punctual."""

    __slots__ = ("_calm", "_max", "_min", "seconds")

    CALM = 20
    """Punctual timers in a row before the tick narrows by half."""

    def __init__(self, least: float, most: float) -> None:
        self._min = least
        self._max = most
        self._calm = 0
        self.seconds = least
        """The tick in force."""

    def fired(self, late: float) -> None:
        """A timer fired `late` seconds after its time."""
        if late > self._min:
            self._calm = 0
            self.seconds = min(self._max, self.seconds * 2)
        elif late > self._min / 4:
            self._calm = 0
        elif self.seconds > self._min:
            self._calm += 1
            if self._calm >= self.CALM:
                self._calm = 0
                self.seconds = max(self._min, self.seconds / 2)
