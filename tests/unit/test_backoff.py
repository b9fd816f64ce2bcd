"""Back-off grows, is capped, jitters, and forgets."""

from __future__ import annotations

import random

from mailbridge.backoff import Backoff


def test_delays_grow_to_the_cap_and_jitter_below_it() -> None:
    backoff = Backoff(first=1, cap=300, rng=random.Random(1))
    delays = [backoff.next() for _ in range(40)]
    ceilings = [min(300, 2**number) for number in range(40)]
    assert all(ceiling / 2 <= delay <= ceiling for delay, ceiling in zip(delays, ceilings, strict=True))
    assert len(set(delays)) == 40
    assert backoff.failures == 40


def test_success_starts_from_the_first_delay_again() -> None:
    backoff = Backoff(first=1, cap=300, rng=random.Random(1))
    for _ in range(9):
        backoff.next()
    backoff.reset()
    assert backoff.failures == 0
    assert backoff.next() <= 1
