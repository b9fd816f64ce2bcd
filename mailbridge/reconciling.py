"""The daily reconciliation: the server's letters counted against the ledger, and what is missing fetched.

The usual look starts 500 UIDs below the highest one known; this one sees everything. Imports nothing of core.db.
"""

from __future__ import annotations

from dataclasses import dataclass

from core import logs
from core.clock import now
from core.errors import Unavailable
from core.i18n import _, ngettext, number
from core.services import ledger, upkeep
from core.services.desk import Desk
from mailbridge.fetching import Fetcher
from mailbridge.figures import Figures
from mailbridge.health import PartHealth
from mailbridge.source import MailSource, Selected

log = logs.get("bridge")

EVERY_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation of one mailbox found."""

    server: int
    """Letters in the folder."""
    ledger: int
    """Letters of the folder, as it is now, that have been fetched."""
    missing: int
    """Letters in the folder that had not been fetched though later ones had."""
    fetched: int
    """Missing ones that have been fetched now."""
    gone: int
    """Letters fetched before that people have moved or deleted since: nothing is wrong with that."""


class Reconciliation:
    """One mailbox's: when it is due, what it does, what it says."""

    def __init__(self, desk: Desk, mailbox: str, figures: Figures) -> None:
        self.desk = desk
        self.mailbox = mailbox
        self._figures = figures
        self._health = PartHealth(desk, f"reconciliation {mailbox}", figures)

    async def due(self) -> bool:
        """True a day after the last one, whichever process did it."""
        last = await self.desk.call(upkeep.reported_at, self._health.part)
        return last is None or (now() - last).total_seconds() >= EVERY_SECONDS

    async def run(self, source: MailSource, selected: Selected, fetcher: Fetcher | None = None) -> Reconciled:
        """Count, fetch what is missing where there is a `fetcher`, tell. Raises Unavailable."""
        validity = selected.uidvalidity
        # Letters beyond it are new, and the next look's.
        highest = await self.desk.call(ledger.watermark, self.mailbox, validity)
        found = set(await source.search(1))
        known = await self.desk.call(ledger.known, self.mailbox, validity, 1)
        missing = sorted(uid for uid in found - known if uid <= highest)
        fetched = 0
        if missing and fetcher is not None:
            await fetcher.fetch_these(selected, missing)
            after = await self.desk.call(ledger.known, self.mailbox, validity, missing[0])
            fetched = len(after.intersection(missing))
        result = Reconciled(len(found), len(known), len(missing), fetched, len(known - found))
        await self._tell(result)
        return result

    async def _tell(self, result: Reconciled) -> None:
        left = result.missing - result.fetched
        self._figures.reconciled(self.mailbox, left)
        tell = log.warning if result.missing else log.info
        tell(
            "reconciled",
            mailbox=self.mailbox,
            server=result.server,
            ledger=result.ledger,
            missing=result.missing,
            fetched=result.fetched,
            gone=result.gone,
        )
        if left:
            sentence = ngettext(
                "{count} letter on the server has not been fetched",
                "{count} letters on the server have not been fetched",
                left,
            )
            await self._health.bad(
                Unavailable(
                    sentence.format(count=number(left)),
                    hint=_("The log says why; `glazok bridge --reconcile` tries them again."),
                )
            )
        elif result.missing:
            sentence = ngettext(
                "{count} letter was missing and has been fetched",
                "{count} letters were missing and have been fetched",
                result.missing,
            )
            await self._health.waiting(sentence.format(count=number(result.missing)))
        else:
            await self._health.good()
