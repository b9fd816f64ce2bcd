"""Where letters come from: the small interface that fetching knows; the client behind it can be replaced.

Plain values and a Protocol; imports the standard library alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

RANGE_LETTERS = 50
"""Letters of one FETCH at most."""
RANGE_BYTES = 8 * 1024 * 1024
"""Bytes of one FETCH at most; a bigger letter is streamed in parts."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as SELECT describes it."""

    uidvalidity: int
    uidnext: int
    """The UID that the next letter gets, 0 where the server does not say."""
    exists: int
    """Letters in the folder."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a letter before its bytes are fetched."""

    uid: int
    size: int
    """RFC822.SIZE in bytes, as the server says; it may lie a little."""
    internal_date: datetime
    """Aware UTC: when the server took the letter."""


class MailSource(Protocol):
    """What fetching needs of a mail server. Every method raises Unavailable and is then of no more use."""

    async def open(self) -> None:
        """Connect and log in. Raises LoginRefused for a wrong password."""

    async def select(self, folder: str) -> Selected:
        """Open a folder for reading and marking."""

    async def search(self, low_uid: int) -> list[int]:
        """All UIDs from `low_uid` on, ascending."""

    async def metadata(self, uids: Sequence[int]) -> list[Metadata]:
        """Sizes and dates; letters that are gone meanwhile are left out."""

    def fetch(self, letters: Sequence[Metadata]) -> AsyncIterator[tuple[Metadata, bytes]]:
        """The raw bytes of one range (`ranges`), without setting \\Seen."""

    async def stream(self, letter: Metadata, into: BinaryIO) -> int:
        """One letter of any size, part by part into a file; bytes written, 0 where it is gone."""

    async def mark_seen(self, uids: Sequence[int]) -> bool:
        """Set \\Seen, for people who look into the folder; False where the server does not allow it."""

    async def idle(self, seconds: float, stop: asyncio.Event) -> bool:
        """Wait for new letters; True where the server has announced some since the last `search` began
        (at once where that was before this call), False after `seconds` or `stop`."""

    async def close(self) -> None:
        """Say goodbye, briefly; never raises."""


def ranges(letters: Iterable[Metadata]) -> Iterator[list[Metadata]]:
    """Cut into runs of at most 50 letters and 8 MB; a bigger letter stands alone."""
    run: list[Metadata] = []
    total = 0
    for letter in letters:
        if run and (len(run) >= RANGE_LETTERS or total + letter.size > RANGE_BYTES):
            yield run
            run, total = [], 0
        run.append(letter)
        total += letter.size
    if run:
        yield run
