"""Queries over tickets, their events and their conversation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select
from sqlmodel import Session, col

from core.db import tags
from core.db.arrivals import number
from core.db.people import HEAD_IS_ASKED
from core.db.tables import (
    AskRow,
    AttachmentRow,
    ContactRow,
    DraftRow,
    EventRow,
    InvolvedRow,
    MessageRow,
    OutboxRecipientRow,
    OutboxRow,
    SeenRow,
    TicketRow,
)


def add_event(session: Session, event: EventRow) -> int:
    """Write an event of a ticket that is in the database, and return its id.

    Past the unit of work, which would write the changed ticket too, and again when that knows the event's id.
    """
    if number(session, event):
        session.add(event)
        assert event.id is not None
        return event.id
    statement = insert(EventRow).returning(col(EventRow.id))
    event_id = session.connection().execute(statement, event.model_dump(exclude={"id"})).scalar_one()
    assert event_id is not None
    return event_id


def event_of_op(session: Session, op_id: str) -> EventRow | None:
    """The event that a command with this idempotency key wrote."""
    return session.execute(select(EventRow).where(col(EventRow.op_id) == op_id)).scalar_one_or_none()


def events_of(session: Session, ticket_id: int) -> Sequence[EventRow]:
    """A ticket's whole history, oldest first."""
    return (
        session.execute(
            select(EventRow).where(col(EventRow.ticket_id) == ticket_id).order_by(col(EventRow.id))
        )
        .scalars()
        .all()
    )


def events_since(session: Session, ticket_id: int, since: int) -> Sequence[EventRow]:
    """What happened on a ticket after an event, oldest first; what a batch of letters has yet to write as well."""
    written = session.execute(
        select(EventRow)
        .where(col(EventRow.ticket_id) == ticket_id, col(EventRow.id) > since)
        .order_by(col(EventRow.id))
    ).scalars()
    to_write = [
        row
        for row in session.new
        if isinstance(row, EventRow) and row.ticket_id == ticket_id and (row.id or 0) > since
    ]
    return [*written, *sorted(to_write, key=lambda row: row.id or 0)]


def events_of_actor(session: Session, ticket_id: int, actor: str, since: int) -> Sequence[EventRow]:
    """What an actor did on a ticket after an event, oldest first."""
    return (
        session.execute(
            select(EventRow)
            .where(
                col(EventRow.ticket_id) == ticket_id, col(EventRow.actor) == actor, col(EventRow.id) > since
            )
            .order_by(col(EventRow.id))
        )
        .scalars()
        .all()
    )


def last_event_of_kind(session: Session, ticket_id: int, kind: str) -> EventRow | None:
    """The latest event of a kind on a ticket."""
    return session.execute(
        select(EventRow)
        .where(col(EventRow.ticket_id) == ticket_id, col(EventRow.kind) == kind)
        .order_by(col(EventRow.id).desc())
        .limit(1)
    ).scalar_one_or_none()


def messages_of(session: Session, ticket_id: int) -> Sequence[MessageRow]:
    """A ticket's conversation, oldest first."""
    return (
        session.execute(
            select(MessageRow).where(col(MessageRow.ticket_id) == ticket_id).order_by(col(MessageRow.id))
        )
        .scalars()
        .all()
    )


def last_inbound(session: Session, ticket_id: int) -> MessageRow | None:
    """The latest letter of a client to whom an answer would go: no machine's, no stranger's."""
    return session.execute(
        select(MessageRow)
        .where(
            col(MessageRow.ticket_id) == ticket_id,
            col(MessageRow.kind) == "inbound",
            col(MessageRow.letter_kind) == "letter",
            col(MessageRow.private).is_(False),
        )
        .order_by(col(MessageRow.id).desc())
        .limit(1)
    ).scalar_one_or_none()


def has_inbound(session: Session, ticket_id: int) -> bool:
    """Whether anything was ever written from outside on a ticket, by whomever."""
    return session.execute(
        select(col(MessageRow.id)).where(
            col(MessageRow.ticket_id) == ticket_id, col(MessageRow.kind) == "inbound"
        ).limit(1)
    ).first() is not None  # fmt: skip


def attachments_of(session: Session, message_ids: Collection[int]) -> dict[int, list[AttachmentRow]]:
    """Attachments by message."""
    found: dict[int, list[AttachmentRow]] = {}
    rows = session.execute(
        select(AttachmentRow)
        .where(col(AttachmentRow.message_id).in_(list(message_ids)))
        .order_by(col(AttachmentRow.id))
    ).scalars()
    for row in rows:
        found.setdefault(row.message_id, []).append(row)
    return found


def outbox_of(
    session: Session, message_ids: Collection[int]
) -> dict[int, tuple[OutboxRow, list[OutboxRecipientRow]]]:
    """The outbox row and its recipients by message."""
    rows = (
        session.execute(select(OutboxRow).where(col(OutboxRow.message_id).in_(list(message_ids))))
        .scalars()
        .all()
    )
    recipients: dict[int, list[OutboxRecipientRow]] = {}
    for recipient in session.execute(
        select(OutboxRecipientRow).where(col(OutboxRecipientRow.outbox_id).in_([row.id for row in rows]))
    ).scalars():
        recipients.setdefault(recipient.outbox_id, []).append(recipient)
    return {row.message_id: (row, recipients.get(row.id or 0, [])) for row in rows}


def latest_of_contact(session: Session, contact_id: int) -> int | None:
    """The contact's newest ticket: the one before the next."""
    return session.execute(
        select(col(TicketRow.id))
        .where(col(TicketRow.contact_id) == contact_id)
        .order_by(col(TicketRow.id).desc())
        .limit(1)
    ).scalar_one_or_none()


def open_by_group(session: Session) -> dict[int, int]:
    """How many tickets of each group are on a board, by the group's id."""
    rows = session.execute(
        select(col(TicketRow.group_id), func.count())
        .where(col(TicketRow.board).is_not(None))
        .group_by(col(TicketRow.group_id))
    )
    return {row[0]: row[1] for row in rows}


def status_is_used(session: Session, status: str) -> bool:
    """Whether any ticket is in a status."""
    query = select(col(TicketRow.id)).where(col(TicketRow.status) == status).limit(1)
    return session.execute(query).first() is not None


def mark_seen(session: Session, agent_id: int, ticket_id: int, event_id: int) -> None:
    """Remember how far an agent has read; never backwards."""
    row = session.get(SeenRow, (agent_id, ticket_id))
    if row is None:
        session.add(SeenRow(agent_id=agent_id, ticket_id=ticket_id, event_id=event_id))
    elif row.event_id < event_id:
        row.event_id = event_id


def seen_upto(session: Session, agent_id: int, ticket_id: int) -> int:
    """How far an agent has read: an event's id, 0 for never."""
    row = session.get(SeenRow, (agent_id, ticket_id))
    return row.event_id if row else 0


def draft_of(session: Session, agent_id: int, ticket_id: int, kind: str) -> DraftRow | None:
    """What an agent has begun to write."""
    return session.get(DraftRow, (agent_id, ticket_id, kind))


def drop_draft(session: Session, agent_id: int, ticket_id: int, kind: str) -> None:
    """Forget a draft, if there is one."""
    session.execute(
        delete(DraftRow).where(
            col(DraftRow.agent_id) == agent_id,
            col(DraftRow.ticket_id) == ticket_id,
            col(DraftRow.kind) == kind,
        )
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of tickets is narrowed to; empty means any."""

    groups: tuple[int, ...] | None = None
    """The groups that may be seen; None for all."""
    agent_id: int = 0
    """Whose own tickets may be seen beside those of `groups`."""
    heads: tuple[int, ...] = ()
    """Groups whose head they are: tickets may be seen on which that head is asked."""
    in_groups: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    owner_id: int | None = None
    unowned: bool = False
    contact_id: int | None = None
    undelivered: bool = False
    """Only tickets with letters of ours that did not get through."""
    tags: tuple[str, ...] = ()
    """All of these."""


TROUBLE = ("failed", "unknown")
"""States of a letter in which somebody has to decide: send it again, or give it up."""


def undelivered(session: Session, ticket_ids: Collection[int]) -> dict[int, int]:
    """By ticket, how many of our letters wait for such a decision; tickets without any are left out."""
    rows = session.execute(
        select(col(MessageRow.ticket_id), func.count())
        .join(OutboxRow, col(OutboxRow.message_id) == col(MessageRow.id))
        .where(col(MessageRow.ticket_id).in_(list(ticket_ids)), col(OutboxRow.state).in_(TROUBLE))
        .group_by(col(MessageRow.ticket_id))
    )
    return {row[0]: row[1] for row in rows}


def may_be_seen(wanted: Filter) -> ColumnElement[bool] | None:
    """The condition on tickets that `groups`, `agent_id` and `heads` of a filter make; None where all may be seen.

    The same as `core.domain.permissions.may_see`, for lists.
    """
    if wanted.groups is None:
        return None
    involved = select(col(InvolvedRow.ticket_id)).where(
        or_(col(InvolvedRow.agent_id) == wanted.agent_id, col(InvolvedRow.group_id).in_(wanted.groups))
    )
    asked = select(col(AskRow.ticket_id)).where(col(AskRow.to_group).in_(wanted.heads), *HEAD_IS_ASKED)
    return or_(
        col(TicketRow.group_id).in_(wanted.groups),
        col(TicketRow.owner_id) == wanted.agent_id,
        col(TicketRow.id).in_(involved),
        col(TicketRow.id).in_(asked),
    )


def visible(session: Session, wanted: Filter, ticket_ids: Collection[int | None]) -> set[int | None]:
    """Which of these tickets may be seen by `groups`, `agent_id` and `heads` of a filter."""
    condition = may_be_seen(wanted)
    known = {ticket_id for ticket_id in ticket_ids if ticket_id is not None}
    if condition is None or not known:
        return set(known)
    return set(
        session.execute(select(col(TicketRow.id)).where(col(TicketRow.id).in_(known), condition)).scalars()
    )


def homes(session: Session, wanted: Filter, ticket_ids: Collection[int]) -> dict[int, int]:
    """The group of each of these tickets that may be seen by `groups`, `agent_id` and `heads` of a filter."""
    query = select(col(TicketRow.id), col(TicketRow.group_id)).where(col(TicketRow.id).in_(list(ticket_ids)))
    condition = may_be_seen(wanted)
    if condition is not None:
        query = query.where(condition)
    return {row[0]: row[1] for row in session.execute(query)}


def newest_tickets(session: Session, wanted: Filter, limit: int) -> list[Any]:
    """(id, subject, status, group) of a client's tickets that may be seen, the newest first."""
    columns = (col(TicketRow.id), col(TicketRow.subject), col(TicketRow.status), col(TicketRow.group_id))
    query = select(*columns).where(col(TicketRow.contact_id) == wanted.contact_id)
    visible = may_be_seen(wanted)
    if visible is not None:
        query = query.where(visible)
    return list(session.execute(query.order_by(col(TicketRow.id).desc()).limit(limit)))


def list_tickets(session: Session, wanted: Filter, after: int, limit: int) -> list[Any]:
    """Rows of (ticket columns, the client's name), by number, after the number `after`."""
    query: Select[*tuple[Any, ...]] = (
        select(
            col(TicketRow.id), col(TicketRow.subject), col(TicketRow.status), col(TicketRow.group_id),
            col(TicketRow.owner_id), col(TicketRow.contact_id), col(TicketRow.region), col(TicketRow.channel),
            col(TicketRow.mailbox), col(TicketRow.rule), col(TicketRow.created_at), col(TicketRow.since),
            col(TicketRow.last_event), col(TicketRow.guard_event), col(TicketRow.previous_id),
            col(TicketRow.thanks),
            col(ContactRow.name).label("client"),
        )
        .outerjoin(ContactRow, col(ContactRow.id) == col(TicketRow.contact_id))
        .where(col(TicketRow.id) > after)
        .order_by(col(TicketRow.id))
        .limit(limit)
    )  # fmt: skip
    visible = may_be_seen(wanted)
    if visible is not None:
        query = query.where(visible)
    if wanted.in_groups:
        query = query.where(col(TicketRow.group_id).in_(wanted.in_groups))
    if wanted.statuses:
        # The key of a built-in status also means a team's own ones of its kind.
        named = (col(TicketRow.status).in_(wanted.statuses), col(TicketRow.kind).in_(wanted.statuses))
        query = query.where(or_(*named))
    if wanted.owner_id is not None:
        query = query.where(col(TicketRow.owner_id) == wanted.owner_id)
    if wanted.unowned:
        query = query.where(col(TicketRow.owner_id).is_(None))
    if wanted.undelivered:
        troubled = (
            select(col(MessageRow.ticket_id))
            .join(OutboxRow, col(OutboxRow.message_id) == col(MessageRow.id))
            .where(col(OutboxRow.state).in_(TROUBLE))
        )
        query = query.where(col(TicketRow.id).in_(troubled))
    for tag in wanted.tags:
        query = query.where(tags.has(tag))
    if wanted.contact_id is not None:
        query = query.where(col(TicketRow.contact_id) == wanted.contact_id)
    return list(session.execute(query))
