"""What the bridge counts, and how its parts fare: for Prometheus, for /healthz, and for systemd's status line.

Labels are keys of the configuration and fixed words: never an address, a subject, a ticket. Imports nothing of
core.db.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from core.clock import now
from core.i18n import _, ngettext

OUTBOX_STATES = ("queued", "sending", "sent", "failed", "unknown")
"""States that are told even where no letter is in them."""
LAG_SECONDS = 1.0
"""Between two measurements of the loop."""


@dataclass(slots=True)
class PartState:
    """How a part fares."""

    ok: bool
    text: str
    """Why not, or what is to be known; may be empty."""
    since: datetime
    """Aware UTC: since when it has been so."""


class Figures:
    """The counters of one process, across reloads of its configuration."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.parts: dict[str, PartState] = {}
        """Every part by its name, such as "mailbox support"."""
        self.progress: dict[str, tuple[int, int]] = {}
        """Mailboxes with a long fetch under way: letters stored and letters in all."""
        self._fetched = Counter(
            "glazok_letters_fetched", "Letters stored from a mailbox.", ["mailbox"], registry=registry
        )
        self._filed = Counter(
            "glazok_letters_filed",
            "Letters put on tickets, by what became of them; failed ones are tried again.",
            ["mailbox", "outcome"],
            registry=registry,
        )
        self._lag = Histogram(
            "glazok_fetch_lag_seconds",
            "From the arrival of a letter at the server until it was stored.",
            ["mailbox"],
            buckets=(1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 86400),
            registry=registry,
        )
        self._sent = Counter(
            "glazok_letters_sent",
            "Attempts to hand a letter over, by the letter's state afterwards.",
            ["mailbox", "result"],
            registry=registry,
        )
        self._wakes = Counter(
            "glazok_idle_wakes", "New letters announced by the server.", ["mailbox"], registry=registry
        )
        self._outbox = Gauge("glazok_outbox_letters", "Letters by state.", ["state"], registry=registry)
        self._up = Gauge(
            "glazok_part_up", "1 where a part works, 0 where it does not.", ["part"], registry=registry
        )
        self._success = Gauge(
            "glazok_part_last_success_timestamp_seconds",
            "When a part last worked, in seconds since 1970.",
            ["part"],
            registry=registry,
        )
        self._missing = Gauge(
            "glazok_reconciliation_missing_letters",
            "Letters on the server that the last reconciliation found in no ledger and could not fetch.",
            ["mailbox"],
            registry=registry,
        )
        self._loop = Histogram(
            "glazok_loop_lag_seconds",
            "How late the program's loop wakes.",
            buckets=(0.005, 0.02, 0.1, 0.5, 1, 5, 30),
            registry=registry,
        )

    def begin(self) -> None:
        """A new term: parts of an earlier configuration may be gone."""
        self.parts.clear()
        self.progress.clear()
        self._up.clear()
        self._success.clear()

    def stored(self, mailbox: str, lags: list[float]) -> None:
        """Letters of a mailbox were stored, so many seconds after their arrival."""
        self._fetched.labels(mailbox).inc(len(lags))
        for lag in lags:
            self._lag.labels(mailbox).observe(max(0.0, lag))

    def filed(self, mailbox: str, outcomes: Mapping[str, int]) -> None:
        """Letters of a mailbox were put on tickets, or could not be."""
        for outcome, count in outcomes.items():
            self._filed.labels(mailbox, outcome).inc(count)

    def sent(self, mailbox: str, result: str) -> None:
        """A letter was handed over, or not."""
        self._sent.labels(mailbox, result).inc()

    def woken(self, mailbox: str) -> None:
        """A server announced new letters."""
        self._wakes.labels(mailbox).inc()

    def reconciled(self, mailbox: str, missing: int) -> None:
        """A reconciliation came to an end with so many letters that could not be fetched."""
        self._missing.labels(mailbox).set(missing)

    def part(self, part: str, *, ok: bool, text: str) -> None:
        """How a part fares now."""
        before = self.parts.get(part)
        if before is None or (before.ok, before.text) != (ok, text):
            self.parts[part] = PartState(ok, text, now())
        self._up.labels(part).set(ok)
        if ok:
            self._success.labels(part).set(time.time())

    @property
    def ok(self) -> bool:
        """True where every part works."""
        return all(part.ok for part in self.parts.values())

    def status(self) -> str:
        """One line for `systemctl status`."""
        bad = sum(not part.ok for part in self.parts.values())
        words = [
            ngettext("{count} part in trouble", "{count} parts in trouble", bad).format(count=bad)
            if bad
            else _("works")
        ]
        words += [
            _("{mailbox}: {progress}").format(mailbox=mailbox, progress=progress_words(*progress))
            for mailbox, progress in sorted(self.progress.items())
        ]
        return "; ".join(words)

    def exposition(self, outbox: Mapping[str, int]) -> bytes:
        """All of it as Prometheus reads it; `outbox` are letters by state, counted just now."""
        for state in {*OUTBOX_STATES, *outbox}:
            self._outbox.labels(state).set(outbox.get(state, 0))
        return generate_latest(self._registry)

    async def watch_the_loop(self) -> None:
        """For ever: how late the loop wakes."""
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(LAG_SECONDS)
            self._loop.observe(max(0.0, clock() - before - LAG_SECONDS))


def progress_words(done: int, total: int) -> str:
    """Such as "1,200 of 45,000 letters"."""
    from core.i18n import number

    return ngettext("{done} of {total} letter", "{done} of {total} letters", total).format(
        done=number(done), total=number(total)
    )
