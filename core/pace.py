"""A token bucket: so many at once, so many a second for ever. Pure, and imports nothing of ours."""

from __future__ import annotations


class Bucket:
    """Holds at most `burst` tokens and gains `rate` a second. `now` is always monotonic seconds."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._left = float(burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Take one; False when there is none."""
        self._fill(now)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def wait(self, now: float) -> float:
        """Seconds until there is one to take."""
        self._fill(now)
        return max(0.0, (1.0 - self._left) / self._rate)

    def _fill(self, now: float) -> None:
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
