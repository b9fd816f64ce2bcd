"""From a selected IMAP folder into tickets, exactly once.

The order is what makes it safe: raw bytes to the blob store (fsync), then a ledger row, then parsing from the
stored bytes, then the ticket, and the cosmetic mark on the server last. Whatever dies in between is found
again: bytes without a row are fetched again (and are the same file), rows without a ticket are pending.
Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from core import logs
from core.domain.letters import Letter
from core.errors import GlazokError, Unavailable
from core.services import intake, ledger
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.ledger import Fetched, Pending
from mailbridge.figures import Figures
from mailbridge.imap_words import UNDATED
from mailbridge.outgoing import loop_mark
from mailbridge.progress import Progress, Sweep
from mailbridge.source import RANGE_BYTES, MailSource, Metadata, Selected, ranges
from mailbridge.stored import (
    explained,
    fetched,
    head,
    in_part,
    is_too_large,
    lag,
    light,
    to_be_read,
    told_apart,
)

log = logs.get("bridge")

OVERLAP = 500
"""UIDs below the watermark that are looked at again: letters may appear late or out of order."""
METADATA_CHUNK = 300
AT_ONCE = 5
"""Files that are written at the same time."""
BATCH = 50
"""Letters of one transaction at most."""
REST_SECONDS = 60.0
"""Between the first two tries to read a letter that ran into a limit; then twice as long."""


class Reader(Protocol):
    """Reads letters under a time limit; never raises for a letter."""

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        """At least the first of the letters, in order, each with `error` where it could not be read in full."""


class Fetcher:
    """One mailbox's letters. `told` is called after each commit with what was filed."""

    def __init__(
        self,
        desk: Desk,
        mailbox: str,
        source: MailSource,
        reader: Reader,
        *,
        go_on: Callable[[], bool],
        told: Callable[[Sequence[Taken]], None],
        figures: Figures | None = None,
        progress: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`progress` takes words for people about a fetch that is long."""
        self.desk = desk
        self.mailbox = mailbox
        self.settings = desk.settings.mailboxes[mailbox]
        self.source = source
        self._reader = reader
        self._go_on = go_on
        self._told = told
        self._own_mark = loop_mark(desk.secret)
        self._figures = figures or Figures()
        self._progress = progress
        self.done = Sweep()
        """What was done so far; whoever reads it may start a new one."""
        self._failed: set[int] = set()
        """Ledger ids that failed in this look: one attempt for each, so that a passing trouble may pass."""
        self._resting: dict[int, float] = {}
        """Ledger ids of letters that ran into a limit, and until when (the loop's clock) they are left alone."""
        self._careful: Counter[int] = Counter()
        """UIDs that could not be had, and how often: they come last, the worst behind the others, alone and in
        parts, so that they hold up nobody; and they are searched for however many letters have come since. Kept in
        the database over a restart."""
        self._uidvalidity = 0
        self._noted: dict[int, int] = {}
        """What the database knows of them."""

    @property
    def puts_off(self) -> bool:
        """Whether there are letters that are to be asked for by themselves at the next look."""
        return bool(self._careful)

    @property
    def kept_back(self) -> int:
        """Letters that the server lists and has not given, though asked for them by themselves."""
        return sum(times > 1 for times in self._careful.values())

    async def sweep(self, selected: Selected) -> None:
        """Everything that is new in the folder, into tickets. Raises Unavailable; what is stored stays so."""
        if selected.uidvalidity != self._uidvalidity:
            self._noted = await self.desk.call(ledger.unfetched, self.mailbox, selected.uidvalidity)
            self._careful, self._uidvalidity = Counter(self._noted), selected.uidvalidity
        try:
            await self._sweep(selected)
        finally:
            self._failed.clear()
            await self._note_unfetched()

    async def _note_unfetched(self) -> None:
        left = dict(self._careful)
        if left == self._noted:
            return
        try:
            await self.desk.call(ledger.note_unfetched, self.mailbox, self._uidvalidity, left)
            self._noted = left
        except Unavailable as error:
            # It is only for the next start; what came of the look itself matters more.
            log.warning("letters not given were not noted", mailbox=self.mailbox, why=str(error))

    async def _sweep(self, selected: Selected) -> None:
        await self.take_pending(selected)
        low = max(1, min([await self._watermark(selected) - OVERLAP + 1, *self._careful]))
        found = await self.source.search(low)
        for gone in self._careful.keys() - set(found):
            del self._careful[gone]
        known = await self.desk.call(ledger.known, self.mailbox, selected.uidvalidity, low)
        new = [uid for uid in found if uid not in known]
        if len(new) > METADATA_CHUNK:
            log.info("many new letters", mailbox=self.mailbox, count=len(new))
        await self.fetch_these(selected, new)

    async def fetch_these(self, selected: Selected, uids: Sequence[int]) -> None:
        """Letters of the folder, into tickets. Raises Unavailable; what is stored stays so."""
        new = sorted(uids, key=lambda uid: (self._careful[uid], uid))
        progress = Progress(self.mailbox, len(new), self._figures, self._progress, long=METADATA_CHUNK)
        try:
            for start in range(0, len(new), METADATA_CHUNK):
                for letters in self._runs(await self._sized(new[start : start + METADATA_CHUNK])):
                    if not self._go_on():
                        return
                    await self._store(selected, letters)
                    await self.take_pending(selected)
                    await progress.come(len(letters))
        finally:
            progress.end()

    async def _sized(self, uids: Sequence[int]) -> list[Metadata]:
        """What the server says of letters. One without a size is put off, and then taken as it comes: in parts
        its end shows by itself."""
        letters = await self.source.metadata(uids)
        silent = set(uids) - {letter.uid for letter in letters}
        bare = sorted(uid for uid in silent if self._careful[uid])
        self._careful.update(silent.difference(bare))
        return [*letters, *(Metadata(uid, 0, UNDATED) for uid in bare)]

    async def take_pending(self, selected: Selected | None = None) -> None:
        """File what is stored and not filed yet, in batches; mark it on the server where it is `selected`."""
        while self._go_on():
            passed_over = self._failed | self._rested()
            rows = await self.desk.call(ledger.pending, self.mailbox, BATCH + len(passed_over))
            rows = light([row for row in rows if row.id not in passed_over][:BATCH])
            if not rows:
                break
            taken = await self._take(rows)
            self.done.add(taken)
            self._figures.filed(self.mailbox, Counter(one.outcome for one in taken))
            self._told(taken)
            await self._mark(selected, rows, taken)

    def _rested(self) -> set[int]:
        """The letters that are to be left alone still."""
        at = asyncio.get_running_loop().time()
        self._resting = {number: until for number, until in self._resting.items() if until > at}
        return set(self._resting)

    async def _watermark(self, selected: Selected) -> int:
        return await self.desk.call(ledger.watermark, self.mailbox, selected.uidvalidity)

    def _runs(self, letters: list[Metadata]) -> list[list[Metadata]]:
        easy = [letter for letter in letters if letter.uid not in self._careful]
        hard = [letter for letter in letters if letter.uid in self._careful]
        hard.sort(key=lambda letter: (self._careful[letter.uid], letter.uid))
        return [*ranges(easy), *([letter] for letter in hard)]

    async def _store(self, selected: Selected, letters: list[Metadata]) -> None:
        """Bytes into the blob store, then rows into the ledger."""
        stored: list[Fetched] = []
        wanted, first = {letter.uid for letter in letters}, letters[0]
        try:
            if first.size > RANGE_BYTES or first.uid in self._careful:
                stored += await self._stream(first)
            else:
                await self._store_run(letters, stored)
        except Unavailable:
            self._careful.update(wanted)
            raise
        finally:
            if stored:
                await self.desk.call(ledger.record, self.mailbox, selected.uidvalidity, stored)
                self.done.fetched += len(stored)
                self._figures.stored(self.mailbox, [lag(letter) for letter in stored])
            for letter in stored:
                self._careful.pop(letter.uid, None)
        missing = wanted - {letter.uid for letter in stored}
        if missing - self._careful.keys():
            log.warning("letters listed and not given", mailbox=self.mailbox, count=len(missing))
        self._careful.update(missing)

    async def _store_run(self, letters: list[Metadata], stored: list[Fetched]) -> None:
        """A whole range; several files at a time, since each waits for the disk."""

        def keep(some: Sequence[tuple[Metadata, bytes]]) -> None:
            for letter, raw in some:
                sha256 = self.desk.blobs.put(raw)
                stored.append(fetched(replace(letter, size=len(raw)), sha256, raw))

        came = [pair async for pair in self.source.fetch(letters)]
        shares = (came[first::AT_ONCE] for first in range(min(AT_ONCE, len(came))))
        results = await asyncio.gather(
            *(asyncio.to_thread(keep, some) for some in shares), return_exceptions=True
        )
        stored.sort(key=lambda one: one.uid)
        for failure in results:
            if failure is not None:
                raise failure

    async def _stream(self, letter: Metadata) -> list[Fetched]:
        """A large letter, part by part to the store's disk."""
        path = self.desk.blobs.temporary()
        try:
            try:
                with path.open("wb") as file:
                    size = await self.source.stream(letter, file)
            except OSError as error:
                raise self.desk.blobs.unavailable(error) from error
            if not size:
                return []
            start = await asyncio.to_thread(head, path)
            sha256 = await asyncio.to_thread(self.desk.blobs.adopt, path)
            return [fetched(replace(letter, size=size), sha256, start)]
        finally:
            path.unlink(missing_ok=True)

    async def _take(self, rows: Sequence[Pending]) -> list[Taken]:
        found = dict(zip((row.id for row in rows), await asyncio.to_thread(self._found, rows), strict=True))
        broken = {number: str(source) for number, source in found.items() if isinstance(source, Unavailable)}
        sources = [source for source in found.values() if not isinstance(source, Unavailable)]
        readable = [row for row in rows if row.id not in broken]
        parsed = await self._reader.parse_many(sources, trusted=self.settings.trusted)
        letters = [explained(told_apart(letter, self._own_mark)) for letter in parsed]
        read = []
        # What the reader did not come to within its turn stays pending.
        for row, letter in zip(readable[: len(letters)], letters, strict=True):
            if letter.cut_short and row.attempts + 1 < intake.MAX_ATTEMPTS:
                broken[row.id] = letter.error
                at = asyncio.get_running_loop().time()
                self._resting[row.id] = at + REST_SECONDS * 2**row.attempts
                continue
            read.append((row.id, await self._shown(letter, row)))
        taken = await self._file(read)
        broken |= {one.ledger_id: one.why for one in taken if one.outcome == "failed"}
        return [one for one in taken if one.outcome != "failed"] + await self._fail(rows, broken)

    async def _file(self, read: list[tuple[int, Letter]]) -> list[Taken]:
        """Put letters on tickets together; one by one where that stumbles, so that one costs only itself."""
        if not read:
            return []
        try:
            return await self.desk.call(intake.take, read)
        except GlazokError:
            raise
        except Exception as error:
            # A bug of ours that one letter wakes must not stop the letters behind it.
            log.exception("letters could not be filed", mailbox=self.mailbox, count=len(read))
            if len(read) == 1:
                return [Taken(read[0][0], "failed", why=type(error).__name__)]
        return [taken for one in read for taken in await self._file([one])]

    async def _fail(self, rows: Sequence[Pending], broken: dict[int, str]) -> list[Taken]:
        """Note what could not be filed; after some attempts it becomes a quarantined ticket."""
        taken = []
        for row in rows:
            if row.id in broken:
                log.warning("letter not filed", mailbox=self.mailbox, uid=row.uid, ledger=row.id)
                quarantined = await self.desk.call(intake.failed, row.id, broken[row.id])
                taken.append(quarantined or Taken(row.id, "failed"))
                self._failed.add(row.id)
        return taken

    def _found(self, rows: Sequence[Pending]) -> list[bytes | Path | Unavailable]:
        """What is to be read of each stored letter, or why it cannot be."""
        return [self._bytes_of(row) for row in rows]

    def _bytes_of(self, row: Pending) -> bytes | Path | Unavailable:
        try:
            return to_be_read(self.desk.blobs.path(row.sha256), row, self.settings.max_letter_mb)
        except OSError as error:
            return self.desk.blobs.unavailable(error)

    async def _shown(self, letter: Letter, row: Pending) -> Letter:
        """The letter, or what stands for one that is too large; whatever is not whole is known by its bytes."""
        limit = self.settings.max_letter_mb
        if not (letter.error or is_too_large(row.size, limit)):
            return letter

        def of_file() -> Letter:
            with self.desk.blobs.path(row.sha256).open("rb") as file:
                return in_part(letter, file, row.size, row.sha256, limit)

        try:
            return await asyncio.to_thread(of_file)
        except OSError as error:
            raise self.desk.blobs.unavailable(error) from error

    async def _mark(self, selected: Selected | None, rows: Sequence[Pending], taken: Sequence[Taken]) -> None:
        """Cosmetic, for people who look into the folder: a crash before it costs nothing."""
        if selected is None or self.settings.after != "seen":
            return
        filed = {one.ledger_id for one in taken if one.outcome != "failed"}
        uids = [row.uid for row in rows if row.id in filed and row.uidvalidity == selected.uidvalidity]
        if uids and not await self.source.mark_seen(uids):
            # A folder that may only be read is no reason not to file its letters.
            log.warning("letters not marked: the server does not allow it", mailbox=self.mailbox)
