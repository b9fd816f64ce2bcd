"""A client's letter becomes a ticket, or joins one. Each letter of a batch succeeds or fails by itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from core.db import arrivals as db
from core.db.tables import LedgerRow
from core.domain.letters import Letter
from core.errors import GlazokError
from core.logs import get as get_log
from core.services import filing
from core.services.arrivals import Arrivals
from core.services.desk import Desk, repeat, repeated
from core.services.filing import Taken
from core.services.stored_letters import Stored, store

__all__ = ["MAX_ATTEMPTS", "Taken", "failed", "take"]

MAX_ATTEMPTS = 3
"""After so many failed readings a letter becomes a visible ticket with its raw file."""

_PLACING = (GlazokError, ValueError, TypeError, LookupError, RecursionError)
"""What a letter that cannot be placed raises."""

log = get_log(__name__)


def take(desk: Desk, letters: Sequence[tuple[int, Letter]]) -> list[Taken]:
    """Put letters (by their ledger ids) on tickets, in one transaction; with a savepoint for each where one of
    them stumbles.

    A letter that fails is reported as `failed` and leaves no trace; the others stand. Taking a letter again
    changes nothing. A batch that collides with others who write on the same tickets is taken again. Raises
    Unavailable where the database or the disk cannot be written: nothing happened then.
    """
    stored = [(ledger_id, store(desk, letter)) for ledger_id, letter in letters]
    try:
        return repeat(_take_together, desk, stored)
    except _Stumbled:
        return repeat(_take_each, desk, stored)


@repeated
def failed(desk: Desk, ledger_id: int, error: str) -> Taken | None:
    """Note a failed reading. After MAX_ATTEMPTS the letter becomes a quarantined ticket, which is
    returned."""
    with desk.write() as session:
        row = session.get(LedgerRow, ledger_id)
        if row is None or row.state != "stored":
            return None
        row.attempts += 1
        row.error = error[:500]
        if row.attempts < MAX_ATTEMPTS:
            return None
        return filing.quarantine(desk, session, row, error)


class _Stumbled(Exception):
    """A letter could not be placed: nothing of its batch is kept, and each is tried for itself."""


def _take_together(desk: Desk, letters: Sequence[tuple[int, Stored]]) -> list[Taken]:
    """The fast way: no savepoints, and one look-up and one insert for all. Raises _Stumbled."""
    with desk.write() as session:
        db.choose_ids(session)
        try:
            arrivals = _arrivals(session, letters)
            taken = [_take_one(desk, arrivals, ledger_id, letter) for ledger_id, letter in letters]
            arrivals.finish()
        except _PLACING as error:
            raise _Stumbled from error
        return taken


def _take_each(desk: Desk, letters: Sequence[tuple[int, Stored]]) -> list[Taken]:
    """The slow way: a savepoint for each."""
    with desk.write() as session:
        db.choose_ids(session)
        return [_take_alone(desk, session, ledger_id, letter) for ledger_id, letter in letters]


def _take_alone(desk: Desk, session: Session, ledger_id: int, stored: Stored) -> Taken:
    try:
        with session.begin_nested():
            arrivals = _arrivals(session, [(ledger_id, stored)])
            taken = _take_one(desk, arrivals, ledger_id, stored)
            arrivals.write()
            return taken
    except _PLACING as error:
        # One letter that cannot be placed must not stop the others; it is tried again, then quarantined.
        log.warning("letter could not be placed", extra={"ledger": ledger_id, "error": type(error).__name__})
        return Taken(ledger_id, "failed", why=f"{type(error).__name__}: {error}"[:300])


def _arrivals(session: Session, letters: Sequence[tuple[int, Stored]]) -> Arrivals:
    return Arrivals(
        session, [ledger_id for ledger_id, _ in letters], [stored.letter for _, stored in letters]
    )


def _take_one(desk: Desk, arrivals: Arrivals, ledger_id: int, stored: Stored) -> Taken:
    row = arrivals.ledger.get(ledger_id)
    if row is None or row.state != "stored":
        return Taken(ledger_id, "repeated", row.ticket_id if row else None, row.message_id if row else None)
    taken = filing.file(desk, arrivals, row, stored)
    if taken.outcome == "notice":
        log.info("an answer to a letter to the staff opens no ticket", extra={"ledger": ledger_id})
    row.state, row.outcome = "done", taken.outcome
    row.ticket_id, row.message_id = taken.ticket_id, taken.message_id
    return taken
