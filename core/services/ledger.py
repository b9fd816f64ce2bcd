"""Letters as fetched: every one is in the ledger before anybody reads it, and stays there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import now
from core.db import mail as db
from core.db.tables import LedgerRow
from core.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Fetched:
    """A letter whose raw bytes are in the blob store."""

    uid: int
    sha256: str
    size: int
    internal_date: str
    """As the server wrote it."""
    message_id: str = ""
    """Raw Message-ID header, for recognising the letter under another UIDVALIDITY."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A letter that waits to be read."""

    id: int
    uid: int
    uidvalidity: int
    sha256: str
    size: int
    attempts: int


def lease(desk: Desk, name: str, holder: str, seconds: float) -> bool:
    """Take or renew the right to do what only one may do at a time; False while somebody else has it."""
    at = now()
    with desk.write() as session:
        return db.take_lease(session, name, holder, at, at + timedelta(seconds=seconds))


def lease_holder(desk: Desk, name: str, *, in_force: bool = False) -> str:
    """Who has it, expired or not unless it has to be `in_force`; empty for nobody."""
    with desk.read() as session:
        return db.lease_holder(session, name, now() if in_force else None)


def release_lease(desk: Desk, name: str, holder: str) -> None:
    """Give it back at once, so that another one need not wait."""
    with desk.write() as session:
        db.drop_lease(session, name, holder)


def known(desk: Desk, mailbox: str, uidvalidity: int, low: int) -> set[int]:
    """Which UIDs from `low` up have been fetched."""
    with desk.read() as session:
        return db.known_uids(session, mailbox, uidvalidity, low)


def watermark(desk: Desk, mailbox: str, uidvalidity: int) -> int:
    """The highest UID fetched, 0 for none: a new mailbox, or a new UIDVALIDITY."""
    with desk.read() as session:
        return db.highest_uid(session, mailbox, uidvalidity)


def record(desk: Desk, mailbox: str, uidvalidity: int, letters: Sequence[Fetched]) -> list[int]:
    """Write fetched letters down; returns their ledger ids in order. Repeating it changes nothing.

    A letter that the mailbox had under another UIDVALIDITY is written down as repeated, and is not read
    again.
    """
    if not letters:
        return []
    at = now()
    with desk.write() as session:
        before = db.earlier_letters(session, mailbox, uidvalidity, {letter.sha256 for letter in letters})
        rows = []
        for letter in letters:
            row = LedgerRow(
                mailbox=mailbox, uidvalidity=uidvalidity, uid=letter.uid, sha256=letter.sha256,
                size=letter.size,
                internal_date=letter.internal_date, rfc_id=letter.message_id, fetched_at=at,
            )  # fmt: skip
            same = before.get((letter.sha256, letter.message_id, letter.internal_date))
            if same is not None:
                row.state, row.outcome = "done", "repeated"
                row.ticket_id, row.message_id = same
            rows.append(row.model_dump(exclude={"id"}))
        db.insert_ledger(session, rows)
        ids = db.ledger_ids(session, mailbox, uidvalidity, [letter.uid for letter in letters])
        return [ids[letter.uid] for letter in letters]


def unfetched(desk: Desk, mailbox: str, uidvalidity: int) -> dict[int, int]:
    """UIDs that the server lists and has not given so far, and how often they were asked for."""
    with desk.read() as session:
        return db.unfetched(session, mailbox, uidvalidity)


def note_unfetched(desk: Desk, mailbox: str, uidvalidity: int, tries: Mapping[int, int]) -> None:
    """Write down which letters of a mailbox are still to be had; the others are forgotten."""
    with desk.write() as session:
        db.note_unfetched(session, mailbox, uidvalidity, tries, now())


def all_unfetched(desk: Desk) -> list[tuple[str, int, datetime]]:
    """(mailbox, how many letters its server does not give though asked twice, since when), of those that have some."""
    with desk.read() as session:
        return db.all_unfetched(session)


def pending(desk: Desk, mailbox: str, limit: int = 50) -> list[Pending]:
    """Letters that wait to be read, oldest first."""
    with desk.read() as session:
        return [Pending(*row) for row in db.pending(session, mailbox, limit)]
