"""What a look into a mailbox did, and how far a long one has come: for the log, the consoles, /healthz and systemd.

Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from core.services.intake import Taken
from mailbridge.figures import Figures, progress_words

PROGRESS_SECONDS = 10.0
"""Between two words about it at least: each is a write into the database."""


@dataclass(slots=True)
class Sweep:
    """What one look into a mailbox did."""

    fetched: int = 0
    """Letters stored."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """What became of letters: opened, joined, …, failed (tried again later)."""
    tickets: list[int] = field(default_factory=list)
    """Tickets that changed, in order, without repetition."""

    def add(self, taken: Sequence[Taken]) -> None:
        """Count filed letters in."""
        self.outcomes.update(one.outcome for one in taken)
        changed = (one.ticket_id for one in taken if one.ticket_id is not None)
        self.tickets = list(dict.fromkeys([*self.tickets, *changed]))


class Progress:
    """One fetch of `total` letters; a short one says nothing."""

    def __init__(
        self, mailbox: str, total: int, figures: Figures, tell: Callable[[str], Awaitable[None]] | None, *,
        long: int,
    ) -> None:  # fmt: skip
        """`tell` takes the words for people; fetches of up to `long` letters are short."""
        self._mailbox = mailbox
        self._total = total
        self._figures = figures
        self._tell = tell if total > long else None
        self._done = 0
        self._next = 0.0

    async def come(self, letters: int) -> None:
        """So many more are done."""
        self._done += letters
        clock = asyncio.get_running_loop().time()
        if self._tell is None or clock < self._next:
            return
        self._next = clock + PROGRESS_SECONDS
        self._figures.progress[self._mailbox] = (self._done, self._total)
        await self._tell(progress_words(self._done, self._total))

    def end(self) -> None:
        """It is over, well or not."""
        self._figures.progress.pop(self._mailbox, None)
