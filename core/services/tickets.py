"""What happens to a ticket: accept, release, solve, close, reopen. Each is one compare-and-set and one
event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import tickets as db
from core.db.tables import AgentRow, TicketRow
from core.domain import permissions
from core.domain.tickets import OPEN, Act, Status
from core.errors import AlreadyOwned, BadInput, Conflict, MoveNotAllowed
from core.i18n import _
from core.names import act_word, status_word
from core.services import events, life, rules
from core.services.access import Actor, facts_of, require, require_agent, ticket_for, ticket_to_act_on
from core.services.desk import Desk, desk_of
from core.services.models.outcomes import Done


def accept(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Take a ticket that nobody owns; the first one wins, always. Accepting one's own again changes nothing.

    Raises AlreadyOwned, which names the winner; MoveNotAllowed for a ticket that is not open.
    """
    agent_id = require_agent(actor)
    with desk.read() as session:
        # Who comes too late learns it from a look; only who may win has to wait for the other writers.
        ticket, done = _accepted_before(session, actor, agent_id, ticket_id, op_id)
        if done is not None:
            return done
        if ticket.owner_id is not None:
            raise _already_owned(session, ticket)
    with desk.write() as session:
        ticket, done = _accepted_before(session, actor, agent_id, ticket_id, op_id)
        if done is not None:
            return done
        claim(session, actor, agent_id, ticket, now(), op_id=op_id)
        return Done(ticket_id, ticket.last_event, ticket.status)


def _accepted_before(
    session: Session, actor: Actor, agent_id: int, ticket_id: int, op_id: str | None
) -> tuple[TicketRow, Done | None]:
    """The ticket, and what to answer where it is the agent's already or the command was run before."""
    ticket, _viewer = ticket_to_act_on(session, actor, ticket_id)
    if events.done_before(session, op_id, "accepted", ticket_id) or ticket.owner_id == agent_id:
        return ticket, Done(ticket_id, ticket.last_event, ticket.status, changed=False)
    return ticket, None


def claim(
    session: Session,
    actor: Actor,
    agent_id: int,
    ticket: TicketRow,
    at: datetime,
    *,
    op_id: str | None = None,
) -> None:
    """Make the agent the owner, inside somebody's writing transaction, which has the ticket for itself since it
    loaded it. Raises AlreadyOwned, MoveNotAllowed."""
    before, was = ticket.status, life.snapshot(ticket)
    after = life.status_after(session, ticket, Act.ACCEPT, owned=True)
    if ticket.owner_id is not None:
        raise _already_owned(session, ticket)
    if after is None:
        raise not_allowed(session, ticket, Act.ACCEPT)
    life.own(ticket, agent_id, at)
    life.enter(session, ticket, after, at)
    events.record(
        session,
        ticket,
        actor,
        "accepted",
        at,
        data={"from": before, "to": ticket.status, "owner": agent_id, "was": was},
        op_id=op_id,
    )


def take_over(session: Session, actor: Actor, agent_id: int, ticket: TicketRow, at: datetime) -> None:
    """Make the agent the owner of what nobody owns although it is not New (solved by nobody, or by one who has left),
    inside somebody's transaction. The status stays."""
    was = life.snapshot(ticket)
    life.own(ticket, agent_id, at)
    data = {"from": ticket.status, "to": ticket.status, "owner": agent_id, "was": was}
    events.record(session, ticket, actor, "accepted", at, data=data)


def _already_owned(session: Session, ticket: TicketRow) -> AlreadyOwned:
    winner = session.get_one(AgentRow, ticket.owner_id).name
    return AlreadyOwned(
        _("{winner} has accepted ticket {id} already.").format(winner=winner, id=ticket.id),
        winner=winner,
        hint=_("You may still open it, write a note, or answer."),
    )


def release(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Give a ticket back to its group: it is New again."""
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, "released", ticket_id):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        require(
            permissions.may_release(viewer, facts_of(session, ticket)),
            _("Only its owner or a supervisor can give ticket {id} back.").format(id=ticket_id),
        )
        was, owner, since = life.snapshot(ticket), ticket.owner_id, life.waits_since(session, ticket)
        life.disown(ticket)
        data = {"owner": owner}
        return _move(session, actor, ticket, Act.RELEASE, "released", op_id, was, data=data, since=since)


def solve(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """The client has what they need. Solving what is solved changes nothing."""
    return _finish(desk, actor, ticket_id, Act.SOLVE, Status.SOLVED, "solved", op_id)


def close(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Finished for good: the client's next letter follows the reopening policy."""
    return _finish(desk, actor, ticket_id, Act.CLOSE, Status.CLOSED, "closed", op_id)


def reopen(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Back to work: to its owner where there is one who is still here, else to New."""
    with desk.write() as session:
        ticket, _viewer = ticket_to_act_on(session, actor, ticket_id)
        if events.done_before(session, op_id, "reopened", ticket_id) or Status(ticket.kind) in OPEN:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        return _move(session, actor, ticket, Act.REOPEN, "reopened", op_id, life.snapshot(ticket))


def move_to(desk: Desk, actor: Actor, ticket_id: int, status: str, *, op_id: str | None = None) -> Done:
    """Move a ticket to a status of its process by hand. What is put back to New has no owner; what is taken from New
    into work has one: who moves it.

    Raises NotFound for a status that there is not, MoveNotAllowed where the process has no such move, naming those that
    it has; Forbidden for putting a colleague's ticket back to New.
    """
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket, viewer = ticket_to_act_on(session, actor, ticket_id)
        if events.done_before(session, op_id, "moved", ticket_id, {"to": status}) or ticket.status == status:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        rules.check_statuses(desk, session, [status])
        process = rules.process_of(session, ticket)
        if not process.may_move(ticket.status, status):
            own = desk.settings.statuses
            # By key, which is what one types; a name of the team's own says which one it is.
            allowed = [
                f"{key} ({own[key].name})" if key in own else key
                for key in process.statuses
                if process.may_move(ticket.status, key)
            ]
            raise MoveNotAllowed(
                _("Ticket {id} is {status}: it cannot become {target} now.").format(
                    id=ticket_id, status=status_word(ticket.status, own), target=status_word(status, own)
                ),
                hint=_("It can become: {allowed}.").format(allowed=", ".join(allowed) or "—"),
            )
        was, before, at = life.snapshot(ticket), ticket.status, now()
        kind = process.kind_of(status)
        if kind is Status.NEW:
            require(
                permissions.may_move_on(viewer, facts_of(session, ticket)),
                _("Only its owner or a supervisor can give ticket {id} back.").format(id=ticket_id),
            )
            life.disown(ticket)
        elif kind in OPEN:
            keep_owner_if_here(session, ticket)
            if ticket.owner_id is None:
                life.own(ticket, agent_id, at)
        life.enter(session, ticket, status, at)
        data = {"from": before, "to": status, "was": was, "owner": ticket.owner_id}
        event = events.record(session, ticket, actor, "moved", at, data=data, op_id=op_id)
        return Done(ticket_id, event, status)


def delete(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Put a ticket into the trash: the owner, a supervisor, or for a ticket that nobody owns anyone of its group."""
    require_agent(actor)
    with desk.write() as session:
        ticket, viewer = ticket_to_act_on(session, actor, ticket_id)
        if events.done_before(session, op_id, "deleted", ticket_id) or ticket.kind == Status.DELETED:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        require(
            permissions.may_move_on(viewer, facts_of(session, ticket)),
            _("Only its owner or a supervisor can put ticket {id} into the trash.").format(id=ticket_id),
        )
        was, before, at = life.snapshot(ticket), ticket.status, now()
        life.enter(session, ticket, Status.DELETED, at)
        data = {"from": before, "to": ticket.status, "was": was}
        return Done(
            ticket_id,
            events.record(session, ticket, actor, "deleted", at, data=data, op_id=op_id),
            ticket.status,
        )


def restore(desk: Desk, actor: Actor, ticket_id: int, *, op_id: str | None = None) -> Done:
    """Take a ticket out of the trash: it is what it was. Raises MoveNotAllowed for one that is not there, Conflict for
    one that would be empty."""
    require_agent(actor)
    with desk.write() as session:
        ticket, _viewer = ticket_to_act_on(session, actor, ticket_id)
        if events.done_before(session, op_id, "restored", ticket_id):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        check_not_emptied(session, ticket)
        gone = db.last_event_of_kind(session, ticket_id, "deleted")
        if ticket.kind != Status.DELETED or gone is None:
            raise MoveNotAllowed(_("Ticket {id} is not in the trash.").format(id=ticket_id))
        was, before, at = life.snapshot(ticket), ticket.status, now()
        life.put_back(session, ticket, gone.data["was"], at)
        settle_owner(session, ticket, at)
        data = {"from": before, "to": ticket.status, "was": was}
        return Done(
            ticket_id,
            events.record(session, ticket, actor, "restored", at, data=data, op_id=op_id),
            ticket.status,
        )


def check_not_emptied(session: Session, ticket: TicketRow) -> None:
    """Raises Conflict for a ticket in the trash whose letters went back to where they came from: taken out it would be
    empty."""
    gone = (
        db.last_event_of_kind(session, ticket.id or 0, "deleted") if ticket.kind == Status.DELETED else None
    )
    if gone is not None and gone.data.get("letters_on"):
        raise Conflict(
            _(
                "Ticket {id} was made of a letter that is back on ticket {other}: there is nothing to bring back."
            ).format(id=ticket.id, other=gone.data["letters_on"]),
            hint=_("Decide about the letter anew with: glazok ticket voice"),
        )


def has_owner_here(session: Session, ticket: TicketRow) -> bool:
    """Whether somebody owns a ticket who has not left."""
    owner = session.get(AgentRow, ticket.owner_id) if ticket.owner_id else None
    return owner is not None and owner.active


def keep_owner_if_here(session: Session, ticket: TicketRow) -> None:
    """A ticket that comes back returns to its owner; one who has left is none."""
    if not has_owner_here(session, ticket):
        life.disown(ticket)


def settle_owner(session: Session, ticket: TicketRow, at: datetime) -> None:
    """What was put back to an owner who has left meanwhile is New in its group."""
    keep_owner_if_here(session, ticket)
    if ticket.owner_id is None and Status(ticket.kind) in (Status.NEEDS_REPLY, Status.WAITING):
        life.back_to_group(session, ticket, at)


def mark_seen(desk: Desk, actor: Actor, ticket_id: int, event_id: int) -> None:
    """Remember how far the agent has read; the unread dot goes out. Not an event: nobody else's business.

    Raises BadInput for an event that is yet to come.
    """
    agent_id = require_agent(actor)
    with desk.write() as session:
        ticket, _viewer = ticket_for(session, actor, ticket_id)
        check_seen(ticket, event_id)
        db.mark_seen(session, agent_id, ticket_id, event_id)


def check_seen(ticket: TicketRow, event_id: int) -> None:
    """Raises BadInput for an event that the ticket does not have yet.

    A number out of the future would let every answer pass, whatever comes until then, and put the unread dot out.
    """
    if not 0 <= event_id <= ticket.last_event:
        raise BadInput(
            _("Ticket {id} has no event {event} yet; its last one is {last}.").format(
                id=ticket.id, event=event_id, last=ticket.last_event
            ),
            hint=_("Give the last event that you have read: glazok ticket show {id}").format(id=ticket.id),
        )


def not_allowed(session: Session, ticket: TicketRow, act: Act) -> MoveNotAllowed:
    """The error for a move that the table does not have."""
    status = status_word(ticket.status, desk_of(session).settings.statuses)
    hint = ""
    if ticket.kind == Status.DELETED:
        hint = _("Take it out of the trash first: glazok ticket restore {id}").format(id=ticket.id)
    elif Status(ticket.kind) not in OPEN:
        hint = _("Reopen it first: glazok ticket reopen {id}").format(id=ticket.id)
    return MoveNotAllowed(
        _("Ticket {id} is {status}: it cannot take “{act}” now.").format(
            id=ticket.id, status=status, act=act_word(act)
        ),
        hint=hint,
    )


def _finish(
    desk: Desk, actor: Actor, ticket_id: int, act: Act, goal: Status, kind: str, op_id: str | None
) -> Done:
    with desk.write() as session:
        ticket, _viewer = ticket_to_act_on(session, actor, ticket_id)
        if events.done_before(session, op_id, kind, ticket_id) or ticket.kind == goal:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        return _move(session, actor, ticket, act, kind, op_id, life.snapshot(ticket))


def _move(
    session: Session,
    actor: Actor,
    ticket: TicketRow,
    act: Act,
    kind: str,
    op_id: str | None,
    was: dict[str, Any],
    data: dict[str, Any] | None = None,
    since: datetime | None = None,
) -> Done:
    """`since` is for a status that the ticket never quite left: its clocks go on from there."""
    before, at = ticket.status, now()
    if not life.follow(session, ticket, act, at):
        raise not_allowed(session, ticket, act)
    ticket.status_since = since or ticket.status_since
    facts = {"from": before, "to": ticket.status, "was": was, **(data or {})}
    event = events.record(session, ticket, actor, kind, at, data=facts, op_id=op_id)
    return Done(ticket.id or 0, event, ticket.status)
