"""Queries over the mail ledger, the outbox and leases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from core.db.bulk import on_postgres
from core.db.tables import (
    LeaseRow,
    LedgerRow,
    MessageRow,
    OutboxRecipientRow,
    OutboxRow,
    Row,
    TicketRow,
    UnfetchedRow,
)
from core.db.tickets import Filter, may_be_seen


def take_lease(session: Session, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew a lease: True unless somebody else holds it."""
    values = {"name": name, "holder": holder, "until": until}
    statement = insert_or(session, LeaseRow).values(values)
    taken = session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "until": until},
            where=or_(col(LeaseRow.holder) == holder, col(LeaseRow.until) < now),
        ).returning(col(LeaseRow.name))
    ).first()
    return taken is not None


def lease_holder(session: Session, name: str, now: datetime | None = None) -> str:
    """Who has a lease, at a time or (without one) expired or not; empty for nobody."""
    query = select(col(LeaseRow.holder)).where(col(LeaseRow.name) == name)
    if now is not None:
        query = query.where(col(LeaseRow.until) >= now)
    return session.execute(query).scalar_one_or_none() or ""


def drop_lease(session: Session, name: str, holder: str) -> None:
    """Give a lease back, if it is the holder's."""
    session.execute(delete(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.holder) == holder))


def known_uids(session: Session, mailbox: str, uidvalidity: int, low: int) -> set[int]:
    """The UIDs from `low` up that are in the ledger."""
    rows = session.execute(
        select(col(LedgerRow.uid)).where(
            col(LedgerRow.mailbox) == mailbox,
            col(LedgerRow.uidvalidity) == uidvalidity,
            col(LedgerRow.uid) >= low,
        )
    ).scalars()
    return set(rows)


def highest_uid(session: Session, mailbox: str, uidvalidity: int) -> int:
    """The highest UID in the ledger, 0 without one."""
    return (
        session.execute(
            select(func.max(col(LedgerRow.uid))).where(
                col(LedgerRow.mailbox) == mailbox, col(LedgerRow.uidvalidity) == uidvalidity
            )
        ).scalar_one()
        or 0
    )


def ledger_ids(session: Session, mailbox: str, uidvalidity: int, uids: Collection[int]) -> dict[int, int]:
    """Ledger ids by UID."""
    rows = session.execute(
        select(col(LedgerRow.uid), col(LedgerRow.id)).where(
            col(LedgerRow.mailbox) == mailbox,
            col(LedgerRow.uidvalidity) == uidvalidity,
            col(LedgerRow.uid).in_(list(uids)),
        )
    )
    return {uid: row_id for uid, row_id in rows if row_id is not None}


def earlier_letters(
    session: Session, mailbox: str, uidvalidity: int, sha256s: Collection[str]
) -> dict[tuple[str, str, str], tuple[int | None, int | None]]:
    """Letters of the same mailbox under other UIDVALIDITYs: (ticket, message) by (sha256, Message-ID, INTERNALDATE)."""
    rows = session.execute(
        select(
            col(LedgerRow.sha256), col(LedgerRow.rfc_id), col(LedgerRow.internal_date),
            col(LedgerRow.ticket_id), col(LedgerRow.message_id),
        ).where(
            col(LedgerRow.sha256).in_(list(sha256s)),
            col(LedgerRow.mailbox) == mailbox,
            col(LedgerRow.uidvalidity) != uidvalidity,
        ).order_by(col(LedgerRow.id).desc())
    )  # fmt: skip
    return {(sha256, rfc_id, date): (ticket, message) for sha256, rfc_id, date, ticket, message in rows}


def pending(session: Session, mailbox: str, limit: int) -> list[tuple[int, int, int, str, int, int]]:
    """Letters that are stored and not yet on a ticket, oldest first: (id, UID, UIDVALIDITY, sha256, bytes, attempts
    to file them)."""
    rows = session.execute(
        select(
            col(LedgerRow.id), col(LedgerRow.uid), col(LedgerRow.uidvalidity), col(LedgerRow.sha256),
            col(LedgerRow.size), col(LedgerRow.attempts),
        )
        .where(col(LedgerRow.mailbox) == mailbox, col(LedgerRow.state) == "stored")
        .order_by(col(LedgerRow.id))
        .limit(limit)
    )  # fmt: skip
    return [
        (number or 0, uid, uidvalidity, sha256, size, attempts)
        for number, uid, uidvalidity, sha256, size, attempts in rows
    ]


def unfetched(session: Session, mailbox: str, uidvalidity: int) -> dict[int, int]:
    """Tries by UID, of letters that the server has not given."""
    rows = session.execute(
        select(col(UnfetchedRow.uid), col(UnfetchedRow.tries)).where(
            col(UnfetchedRow.mailbox) == mailbox, col(UnfetchedRow.uidvalidity) == uidvalidity
        )
    )
    return {int(uid): int(tries) for uid, tries in rows}


def note_unfetched(
    session: Session, mailbox: str, uidvalidity: int, tries: Mapping[int, int], now: datetime
) -> None:
    """Make the letters that a mailbox's server has not given those of `tries`, and no others."""
    rows = session.execute(select(UnfetchedRow).where(col(UnfetchedRow.mailbox) == mailbox)).scalars()
    known = {(row.uidvalidity, row.uid): row for row in rows}
    for (validity, uid), row in known.items():
        if validity != uidvalidity or uid not in tries:
            session.delete(row)
        elif row.tries != tries[uid]:
            row.tries, row.at = tries[uid], now
    for uid in tries:
        if (uidvalidity, uid) not in known:
            session.add(
                UnfetchedRow(
                    mailbox=mailbox, uidvalidity=uidvalidity, uid=uid, tries=tries[uid], since=now, at=now
                )
            )


def all_unfetched(session: Session) -> list[tuple[str, int, datetime]]:
    """(mailbox, letters that were asked for more than once, since when the first)."""
    rows = session.execute(
        select(col(UnfetchedRow.mailbox), func.count(), func.min(UnfetchedRow.since))
        .where(col(UnfetchedRow.tries) > 1)
        .group_by(col(UnfetchedRow.mailbox))
        .order_by(col(UnfetchedRow.mailbox))
    )
    return [(mailbox, count, since) for mailbox, count, since in rows]


def messages_by_rfc_id(session: Session, rfc_ids: Iterable[str]) -> dict[str, list[MessageRow]]:
    """Stored messages by Message-ID."""
    found: dict[str, list[MessageRow]] = {}
    wanted = list(rfc_ids)
    if not wanted:
        return found
    rows = session.execute(
        select(MessageRow).where(col(MessageRow.rfc_id).in_(wanted)).order_by(col(MessageRow.id))
    )
    for row in rows.scalars():
        found.setdefault(row.rfc_id or "", []).append(row)
    return found


def outbox_by_message(session: Session, message_id: int) -> OutboxRow | None:
    """The outbox row of a message of ours."""
    return session.execute(
        select(OutboxRow).where(col(OutboxRow.message_id) == message_id)
    ).scalar_one_or_none()


def outbox_of_ticket(session: Session, ticket_id: int) -> list[tuple[OutboxRow, str]]:
    """The letters of ours on a ticket, with their Message-IDs, newest first."""
    rows = session.execute(
        select(OutboxRow, col(MessageRow.rfc_id))
        .join(MessageRow, col(MessageRow.id) == col(OutboxRow.message_id))
        .where(col(MessageRow.ticket_id) == ticket_id, col(OutboxRow.state) != "cancelled")
        .order_by(col(OutboxRow.id).desc())
    )
    return [(row, rfc_id or "") for row, rfc_id in rows]


def recipients_of(session: Session, outbox_id: int) -> Sequence[OutboxRecipientRow]:
    """The recipients of an outbox row, by address."""
    return (
        session.execute(
            select(OutboxRecipientRow)
            .where(col(OutboxRecipientRow.outbox_id) == outbox_id)
            .order_by(col(OutboxRecipientRow.email))
        )
        .scalars()
        .all()
    )


def automatic_letters_since(
    session: Session, since: datetime, *, email: str = "", ticket_id: int | None = None
) -> list[datetime]:
    """When automatic letters of ours were queued, newest first, since a time: those to an address, or on a ticket.
    Letters to the staff, which are no ticket's, are among those to an address."""
    automatic = or_(col(OutboxRow.message_id).is_(None), col(MessageRow.kind) == "confirmation")
    query = (
        select(col(OutboxRow.created_at))
        .outerjoin(MessageRow, col(MessageRow.id) == col(OutboxRow.message_id))
        .where(automatic, col(OutboxRow.created_at) >= since)
        .order_by(col(OutboxRow.created_at).desc())
    )
    if email:
        to_them = col(OutboxRecipientRow.outbox_id) == col(OutboxRow.id)
        query = query.join(OutboxRecipientRow, to_them).where(col(OutboxRecipientRow.email) == email.lower())
    if ticket_id is not None:
        query = query.where(col(MessageRow.ticket_id) == ticket_id)
    return list(session.execute(query).scalars())


def recipients_by_letter(
    session: Session, outbox_ids: Collection[int]
) -> dict[int, list[OutboxRecipientRow]]:
    """Recipients by the letter's row in the outbox."""
    found: dict[int, list[OutboxRecipientRow]] = {}
    for row in session.execute(
        select(OutboxRecipientRow)
        .where(col(OutboxRecipientRow.outbox_id).in_(list(outbox_ids)))
        .order_by(col(OutboxRecipientRow.email))
    ).scalars():
        found.setdefault(row.outbox_id, []).append(row)
    return found


def outbox_list(session: Session, seen_by: Filter, states: Collection[str], limit: int) -> list[Any]:
    """Rows of (OutboxRow, message kind, ticket id, subject) on tickets that may be seen, newest first. No states mean
    any."""
    query = (
        select(OutboxRow, col(MessageRow.kind), col(TicketRow.id), col(TicketRow.subject))
        .join(MessageRow, col(MessageRow.id) == col(OutboxRow.message_id))
        .join(TicketRow, col(TicketRow.id) == col(MessageRow.ticket_id))
        .order_by(col(OutboxRow.id).desc())
        .limit(limit)
    )
    visible = may_be_seen(seen_by)
    if visible is not None:
        query = query.where(visible)
    if states:
        query = query.where(col(OutboxRow.state).in_(list(states)))
    return list(session.execute(query))


def insert_ledger(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add ledger rows, passing over those that are there."""
    session.execute(
        insert_or(session, LedgerRow).on_conflict_do_nothing(
            index_elements=["mailbox", "uidvalidity", "uid"]
        ),
        rows,
    )


def insert_or(session: Session, row: type[Row]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with this database's ON CONFLICT."""
    return postgresql.insert(row) if on_postgres(session) else sqlite.insert(row)
