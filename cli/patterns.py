"""Whether a regular expression can be made to take too long, tried out under a time limit. Main thread only."""

from __future__ import annotations

import re
import signal
import time
from types import FrameType

from core.domain.rule_checks import probes

LIMIT = 2.0
"""Seconds of the processor for one text. A pattern that goes over the whole text from each of its signs stays below,
since rules look at no more than `core.domain.routing.MAX_TEXT`; what is worse than that does not."""
BUDGET = 3.0
"""Seconds of the processor after which a pattern that was slow nowhere is let go."""


class _TooLong(Exception):
    pass


def is_slow(pattern: str, longest: int) -> bool:
    """Whether searching one of `core.domain.rule_checks.probes` takes longer than LIMIT."""
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    before = signal.signal(signal.SIGVTALRM, _ring)
    end = time.process_time() + BUDGET
    try:
        for text in probes(pattern, longest):
            # The engine of expressions looks for signals while it searches.
            signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
            compiled.search(text)
            if time.process_time() > end:
                break
    except _TooLong:
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return False


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _TooLong
