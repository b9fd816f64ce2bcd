"""What happens to a ticket: accept, release, solve, close, reopen. Each is one compare-and-set and one
event."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from core.clock import now
from core.db import tickets as db
from core.db.tables import AgentRow, TicketRow
from core.domain import permissions
from core.domain.permissions import TicketFacts
from core.domain.tickets import OPEN, Act, Status, ball_of, board_of, next_status
from core.errors import AlreadyOwned, Conflict, MoveNotAllowed
from core.i18n import _
from core.names import act_word, status_word
from core.services import events
from core.services.access import Actor, require, require_agent, ticket_for
from core.services.desk import Desk
from core.services.models import Done


def accept(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Take a ticket that nobody owns; the first one wins, always. Accepting one's own again changes nothing.

    Raises AlreadyOwned, which names the winner; MoveNotAllowed for a ticket that is not open.
    """
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, "accepted", ticket_id) or ticket.owner_id == agent_id:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        claim(session, actor, agent_id, ticket, now(), op_id=op_id)
        return Done(ticket_id, ticket.last_event, ticket.status)


def claim(
    session: Session,
    actor: Actor,
    agent_id: int,
    ticket: TicketRow,
    at: datetime,
    *,
    op_id: str | None = None,
) -> None:
    """Make the agent the owner, inside somebody's transaction. Raises AlreadyOwned, MoveNotAllowed, or
    Conflict where the ticket changed meanwhile and still is nobody's."""
    before = Status(ticket.status)
    after = next_status(before, Act.ACCEPT, owned=True)
    if ticket.owner_id is None and after is None:
        raise not_allowed(ticket, Act.ACCEPT)
    if ticket.owner_id is not None or not db.claim(
        session, ticket, agent_id, status=after or before, board=board_of(after or before), now=at
    ):
        if ticket.owner_id is None:
            # Where writers do not exclude one another, a note may have come between: nobody won.
            raise Conflict(
                _("Somebody changed the ticket at the same moment."),
                hint=_("Look at it again and repeat the command."),
            )
        winner = session.get_one(AgentRow, ticket.owner_id).name
        raise AlreadyOwned(
            _("{winner} has accepted ticket {id} already.").format(winner=winner, id=ticket.id),
            winner=winner,
            hint=_("You may still open it, write a note, or answer."),
        )
    events.record(
        session,
        ticket,
        actor,
        "accepted",
        at,
        data={"from": before, "to": ticket.status, "owner": agent_id},
        op_id=op_id,
    )


def release(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Give a ticket back to its group: it is New again."""
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, "released", ticket_id):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        require(
            permissions.may_release(viewer, TicketFacts(ticket.group_id, ticket.owner_id)),
            _("Only its owner or a supervisor can give ticket {id} back.").format(id=ticket_id),
        )
        owner = ticket.owner_id
        ticket.owner_id = ticket.accepted_at = None
        return _move(session, actor, ticket, Act.RELEASE, "released", op_id, data={"owner": owner})


def solve(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """The client has what they need. Solving what is solved changes nothing."""
    return _finish(desk, actor, ticket_id, Act.SOLVE, Status.SOLVED, "solved", op_id)


def close(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Finished for good: the client's next letter follows the reopening policy."""
    return _finish(desk, actor, ticket_id, Act.CLOSE, Status.CLOSED, "closed", op_id)


def reopen(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Back to work: to its owner where there is one who is still here, else to New."""
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, "reopened", ticket_id) or Status(ticket.status) in OPEN:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        keep_owner_if_here(session, ticket)
        return _move(session, actor, ticket, Act.REOPEN, "reopened", op_id)


def keep_owner_if_here(session: Session, ticket: TicketRow) -> None:
    """A ticket that comes back returns to its owner; one who has left is none."""
    owner = session.get(AgentRow, ticket.owner_id) if ticket.owner_id else None
    if owner is not None and not owner.active:
        ticket.owner_id = ticket.accepted_at = None


def mark_seen(desk: Desk, actor: Actor, ticket_id: int, event_id: int) -> None:
    """Remember how far the agent has read; the unread dot goes out. Not an event: nobody else's business."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket_for(session, actor, ticket_id)
        db.mark_seen(session, agent_id, ticket_id, event_id)


class Standing(Protocol):
    """What a status hangs on: a ticket's row, or a ticket whose history is being played."""

    status: str
    board: str | None
    since: datetime
    solved_at: datetime | None
    closed_at: datetime | None


def set_status(ticket: Standing, after: Status, at: datetime) -> None:
    """Write a status with all that hangs on it: the board, the ball's age, and the times of solving and
    closing."""
    before = Status(ticket.status)
    if ball_of(after) != ball_of(before):
        ticket.since = at
    ticket.status, ticket.board = after, board_of(after)
    if after is Status.SOLVED:
        ticket.solved_at = at
    elif after is Status.CLOSED and before is not Status.CLOSED:
        # What fails on a closed ticket closes it no later: its week goes on.
        ticket.closed_at = at
    elif after in OPEN:
        ticket.solved_at = ticket.closed_at = None


def not_allowed(ticket: TicketRow, act: Act) -> MoveNotAllowed:
    """The error for a move that the table does not have."""
    return MoveNotAllowed(
        _("Ticket {id} is {status}: it cannot take “{act}” now.").format(
            id=ticket.id, status=status_word(ticket.status), act=act_word(act)
        ),
        hint=_("Reopen it first.") if Status(ticket.status) not in OPEN else "",
    )


def _finish(
    desk: Desk, actor: Actor, ticket_id: int, act: Act, goal: Status, kind: str, op_id: str | None
) -> Done:
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, kind, ticket_id) or ticket.status == goal:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        return _move(session, actor, ticket, act, kind, op_id)


def _move(
    session: Session,
    actor: Actor,
    ticket: TicketRow,
    act: Act,
    kind: str,
    op_id: str | None,
    data: dict[str, Any] | None = None,
) -> Done:
    before, at = Status(ticket.status), now()
    after = next_status(before, act, owned=ticket.owner_id is not None)
    if after is None:
        raise not_allowed(ticket, act)
    set_status(ticket, after, at)
    event = events.record(
        session, ticket, actor, kind, at, data={"from": before, "to": after, **(data or {})}, op_id=op_id
    )
    return Done(ticket.id or 0, event, after)
