"""The audit log: one line for every change, in the change's own transaction. Ids and facts, never words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.db import tickets
from core.db.tables import EventRow, TicketRow
from core.domain.tickets import Status
from core.errors import BadInput
from core.i18n import _
from core.services import life, questions
from core.services.access import Actor
from core.services.desk import Desk


def record(
    session: Session,
    ticket: TicketRow,
    actor: Actor,
    kind: str,
    now: datetime,
    *,
    data: dict[str, Any] | None = None,
    guard: bool = False,
    op_id: str | None = None,
) -> int:
    """Write an event of a ticket and return its id. `guard`: a public message or a note came with it, which a
    reply must have seen. What closes a ticket withdraws the questions on it; its event names them."""
    withdrawn = (
        questions.withdraw_all(session, ticket, now)
        if ticket.kind == Status.CLOSED and kind not in life.QUIET
        else []
    )
    if withdrawn:
        data = {**(data or {}), "withdrew": withdrawn}
    event = EventRow(
        ticket_id=ticket.id,
        at=now,
        actor=actor.kind,
        actor_id=actor.id,
        kind=kind,
        data=data or {},
        op_id=op_id,
    )
    event_id = tickets.add_event(session, event)
    if guard:
        ticket.guard_event = event_id
    life.stamp(session, ticket, event_id, kind, now)
    return event_id


def done_before(
    session: Session,
    op_id: str | None,
    kind: str,
    ticket_id: int | None = None,
    same: Mapping[str, object] | None = None,
) -> EventRow | None:
    """The event of a command that was run before with the same idempotency key.

    To be asked before anything is changed. `same` holds what of the event's data tells one target from another. Raises
    BadInput where the key belongs to another command, or to the same one on something else.
    """
    found = tickets.event_of_op(session, op_id) if op_id is not None else None
    if found is None:
        return None
    meant = found.kind == kind and ticket_id in (None, found.ticket_id)
    if not meant or any(found.data.get(key) != value for key, value in (same or {}).items()):
        raise BadInput(
            _(
                "The operation id {op_id} was used before, for another command or another target; nothing was done."
            ).format(op_id=op_id),
            hint=_("Give every command an id of its own, or none."),
        )
    return found


def latest(desk: Desk, ticket_id: int) -> int:
    """The id of a ticket's last event, 0 where there is no such ticket: what a hint carries."""
    with desk.read() as session:
        ticket = session.get(TicketRow, ticket_id)
        return ticket.last_event if ticket else 0
