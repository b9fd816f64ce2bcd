"""Whether a regular expression can be made to take too long, tried out under a time limit. Main thread only."""

from __future__ import annotations

import re
import signal
from types import FrameType

from core.domain.rule_checks import probes

LIMIT = 0.5
"""Seconds for one text; patterns without a flaw need some thousandths."""


class _TooLong(Exception):
    pass


def is_slow(pattern: str, limit: float = LIMIT) -> bool:
    """Whether searching one of `core.domain.rule_checks.probes` takes longer than `limit` seconds."""
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    before = signal.signal(signal.SIGALRM, _ring)
    try:
        for text in probes(pattern):
            # The engine of expressions looks for signals while it searches.
            signal.setitimer(signal.ITIMER_REAL, limit)
            compiled.search(text)
    except _TooLong:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return False


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _TooLong
