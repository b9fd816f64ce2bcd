"""How long to wait before the next try: growing, capped, and never in step with the others."""

from __future__ import annotations

import random


class Backoff:
    """Delays that double from `first` to `cap` seconds, each drawn from its upper half.

    The jitter keeps fifty mailboxes of one server from knocking together after it was down.
    """

    def __init__(self, first: float = 1.0, cap: float = 300.0, rng: random.Random | None = None) -> None:
        self.first = first
        self.cap = cap
        self._rng = rng or random.Random()
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._failures

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        ceiling = min(self.cap, self.first * 2 ** min(self._failures, 32))
        self._failures += 1
        return self._rng.uniform(ceiling / 2, ceiling)

    def reset(self) -> None:
        """It worked: the next failure starts from `first` again."""
        self._failures = 0
