"""Passing a ticket on and back, and following it: who does what is always written on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import people
from core.db.tables import AgentRow, GroupRow, MessageRow, TicketRow
from core.domain import permissions
from core.domain.notices import NoticeKind
from core.domain.permissions import Viewer
from core.domain.tickets import OPEN, Act, Status
from core.errors import BadInput, Conflict, NotFound
from core.i18n import _
from core.services import events, life, mentions, notices, rules, tickets
from core.services.access import Actor, check_may_act, facts_of, require, require_agent, ticket_for
from core.services.desk import Desk
from core.services.models.outcomes import Done


def pass_on(
    desk: Desk,
    actor: Actor,
    ticket_id: int,
    *,
    group_key: str = "",
    login: str = "",
    text: str = "",
    op_id: str | None = None,
) -> Done:
    """Pass a ticket to a group (it is New there) or to a person (who owns it), with a note.

    Who passes, and the group it leaves, go on following it, and the way back is remembered. Raises BadInput unless
    exactly one of group and person is named, NotFound for an unknown one, Conflict for a ticket that is not open,
    or is there already.
    """
    if bool(group_key) == bool(login):
        raise BadInput(_("Say either a group or a person to pass the ticket to."))
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        receiver = _receiver(session, login, group_key) if op_id else {}
        if events.done_before(session, op_id, "passed", ticket_id, receiver):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        check_may_act(viewer, ticket)
        _check_in_hand(session, viewer, ticket)
        check_open(session, ticket)
        if login and agent_named(session, login).id == ticket.owner_id:
            raise Conflict(
                _("Ticket {id} is in the hands of {login} already.").format(id=ticket_id, login=login),
                hint=_("Name somebody else, or a group."),
            )
        was, at, before = life.snapshot(ticket), now(), ticket.status
        source = ticket.group_id
        if login:
            agent = give(session, actor, ticket, login, at)
        else:
            agent, target = None, group_named(session, group_key)
            if target.id == ticket.group_id:
                raise Conflict(
                    _("Ticket {id} is in the group {group} already.").format(id=ticket_id, group=target.name),
                    hint=_("Name another group, or give it back with: glazok ticket release"),
                )
            remember_way(session, actor, ticket, at)
            ticket.group_id = target.id or 0
            life.back_to_group(session, ticket, at)
        message = write_note(session, ticket, actor, text, at)
        data = {
            "from": before, "to": ticket.status, "was": was, "from_group": source, "group": ticket.group_id,
            "owner": ticket.owner_id, "message": message,
        }  # fmt: skip
        event = events.record(
            session, ticket, actor, "passed", at, data=data, guard=message is not None, op_id=op_id
        )
        outside = tell_receivers(session, ticket, actor, agent, event, at, text)
        return Done(ticket_id, event, ticket.status, mentioned_outside=outside)


def _receiver(session: Session, login: str, group_key: str) -> dict[str, object]:
    """What an event of passing on says of whoever got the ticket."""
    if login:
        return {"owner": agent_named(session, login).id}
    return {"owner": None, "group": group_named(session, group_key).id}


def pass_back(desk: Desk, actor: Actor, ticket_id: int, *, text: str = "", op_id: str | None = None) -> Done:
    """Return a ticket to where it was passed on from: to that group, and to its owner if they are still there.

    Raises Conflict where it never was passed on.
    """
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        if events.done_before(session, op_id, "passed_back", ticket_id):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        check_may_act(viewer, ticket)
        _check_in_hand(session, viewer, ticket)
        check_open(session, ticket)
        if not ticket.way_back:
            raise Conflict(
                _("Ticket {id} was not passed on from anywhere.").format(id=ticket_id),
                hint=_("Pass it to a group or a person by name."),
            )
        was, at, before = life.snapshot(ticket), now(), ticket.status
        *rest, (group_id, owner_id) = ticket.way_back
        origin = session.get_one(GroupRow, group_id or ticket.group_id)
        if origin.id != ticket.group_id and not rules.takes_tickets(session, origin):
            raise Conflict(
                _("The group {name}, from which ticket {id} came, takes no tickets any more.").format(
                    name=origin.name, id=ticket_id
                ),
                hint=_("Pass it to a group or a person by name."),
            )
        ticket.way_back = rest
        _go_on_following(session, actor, ticket, at)
        _put_into(ticket, origin.id or 0)
        agent = session.get(AgentRow, owner_id) if owner_id else None
        if agent is not None and agent.active and _serves(session, agent, ticket.group_id):
            life.own(ticket, agent.id or 0, at)
            if ticket.kind == Status.NEW:
                life.follow(session, ticket, Act.ACCEPT, at)
        else:
            agent = None
            life.back_to_group(session, ticket, at)
        message = write_note(session, ticket, actor, text, at)
        data = {
            "from": before, "to": ticket.status, "was": was, "group": ticket.group_id, "owner": ticket.owner_id,
            "message": message,
        }  # fmt: skip
        event = events.record(
            session, ticket, actor, "passed_back", at, data=data, guard=message is not None, op_id=op_id
        )
        outside = tell_receivers(session, ticket, actor, agent, event, at, text)
        return Done(ticket_id, event, ticket.status, mentioned_outside=outside)


def follow(desk: Desk, actor: Actor, ticket_id: int, *, login: str = "", group_key: str = "") -> Done:
    """Keep a ticket in view: oneself, or a colleague or a group that is named. Raises BadInput for both, Forbidden for
    letting in a whole group where one was only asked to look."""
    check_one_is_meant(login, group_key)
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        if group_key:
            check_may_act(viewer, ticket)
        at = now()
        agent_id = None if group_key else (agent_named(session, login).id if login else require_agent(actor))
        group_id = group_named(session, group_key).id if group_key else None
        if not people.involve(session, ticket_id, "follows", at, agent_id=agent_id, group_id=group_id):
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        data = {"agent": agent_id, "group": group_id}
        return Done(
            ticket_id, events.record(session, ticket, actor, "followed", at, data=data), ticket.status
        )


def unfollow(desk: Desk, actor: Actor, ticket_id: int, *, login: str = "", group_key: str = "") -> Done:
    """Keep it in view no more. What is seen by belonging to the group stays seen. Raises Forbidden for taking others
    out where one was only asked to look."""
    check_one_is_meant(login, group_key)
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        agent_id = None if group_key else (agent_named(session, login).id if login else require_agent(actor))
        group_id = _known_group(session, group_key).id if group_key else None
        if agent_id is None or agent_id != actor.id:
            check_may_act(viewer, ticket)
        gone = [
            row
            for row in people.involved_in(session, ticket_id)
            if (row.agent_id, row.group_id, row.how) == (agent_id, group_id, "follows")
        ]
        if not gone:
            return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
        for row in gone:
            session.delete(row)
        session.flush()
        data = {"agent": agent_id, "group": group_id}
        event = events.record(session, ticket, actor, "unfollowed", now(), data=data)
        return Done(ticket_id, event, ticket.status)


def remember_way(session: Session, actor: Actor, ticket: TicketRow, at: datetime) -> None:
    """Who passes a ticket on goes on following it, with the group that it leaves."""
    ticket.way_back = [*ticket.way_back, [ticket.group_id, ticket.owner_id]]
    people.involve(session, ticket.id or 0, "follows", at, group_id=ticket.group_id)
    _go_on_following(session, actor, ticket, at)


def _go_on_following(session: Session, actor: Actor, ticket: TicketRow, at: datetime) -> None:
    if actor.kind == "agent":
        people.involve(session, ticket.id or 0, "follows", at, agent_id=actor.id)


def give(session: Session, actor: Actor, ticket: TicketRow, login: str, at: datetime) -> AgentRow:
    """Make an agent the owner, and remember the way; the ticket moves to a group of theirs where they are not in its
    own. Raises NotFound, Conflict; nothing is changed then."""
    agent = agent_named(session, login)
    target = ticket.group_id
    if not _serves(session, agent, target):
        roles = people.roles_of(session, agent.id or 0)
        theirs = [group.id or 0 for group in people.groups(session) if group.id in roles]
        open_to = [one for one in theirs if rules.takes_tickets(session, session.get_one(GroupRow, one))]
        if not open_to:
            raise Conflict(
                _("{name} belongs to no group.").format(name=agent.name), hint=_("Choose somebody else.")
            )
        target = min(open_to)
    remember_way(session, actor, ticket, at)
    _put_into(ticket, target)
    life.own(ticket, agent.id or 0, at)
    if ticket.kind == Status.NEW:
        life.follow(session, ticket, Act.ACCEPT, at)
    return agent


def _serves(session: Session, agent: AgentRow, group_id: int) -> bool:
    """Whether somebody has what is a group's: its people, and an admin everywhere."""
    return agent.admin or group_id in people.roles_of(session, agent.id or 0)


def _put_into(ticket: TicketRow, group_id: int) -> None:
    """Let a group have a ticket that somebody owns."""
    if group_id != ticket.group_id and ticket.kind == Status.NEEDS_REPLY:
        # What was told to the heads of the group that it leaves was not told to those of this one.
        ticket.status_event = 0
    ticket.group_id = group_id


def write_note(session: Session, ticket: TicketRow, actor: Actor, text: str, at: datetime) -> int | None:
    """A note that goes with an act; None for no words."""
    if not text.strip():
        return None
    agent_id = actor.id if actor.kind == "agent" else None
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="note", agent_id=agent_id, body=text.strip(), created_at=at
    )
    session.add(message)
    session.flush()
    return message.id


def tell_receivers(
    session: Session,
    ticket: TicketRow,
    actor: Actor,
    agent: AgentRow | None,
    event: int,
    at: datetime,
    text: str = "",
    *,
    handed: bool = False,
) -> tuple[str, ...]:
    """Notify the person that a ticket came to (`handed` over, or passed on), and whom the note that goes with it
    mentions; a group is told by the ticket's being New. Returns the names of the mentioned who could not see the
    ticket before."""
    data: dict[str, Any] = {"agent": actor.id if actor.kind == "agent" else None}
    if handed:
        data["handed"] = True
    if agent is not None and agent.id != actor.id:
        notices.post(
            session, ticket, NoticeKind.PASSED, event, at, audience="agent", agent_id=agent.id, data=data
        )
    besides = {agent.id} if agent is not None else set()
    return mentions.tell(session, ticket, actor.id or 0, text, event, at, besides=besides)


def agent_named(session: Session, login: str) -> AgentRow:
    """An agent who works here. Raises NotFound."""
    row = people.agent_by_login(session, login)
    if row is None or not row.active:
        raise NotFound(
            _("There is no agent with the login {login}.").format(login=login),
            hint=_("See who there is with: glazok agent list"),
        )
    return row


def group_named(session: Session, key: str) -> GroupRow:
    """A group to which tickets may come. Raises NotFound."""
    row = people.group_by_key(session, key)
    if row is None or not rules.takes_tickets(session, row):
        raise NotFound(
            _("There is no group {key}.").format(key=key), hint=_("See the groups with: glazok group list")
        )
    return row


def _known_group(session: Session, key: str) -> GroupRow:
    """A group, also one that takes no tickets any more. Raises NotFound."""
    return people.group_by_key(session, key) or group_named(session, key)


def check_one_is_meant(login: str, group_key: str) -> None:
    """Raises BadInput where both are named."""
    if login and group_key:
        raise BadInput(_("Say either a colleague or a group, not both."))


def _check_in_hand(session: Session, viewer: Viewer, ticket: TicketRow) -> None:
    mine = permissions.may_move_on(viewer, facts_of(session, ticket))
    message = _("Ticket {id} is in somebody else's hands: only they or a supervisor can pass it on.")
    require(mine, message.format(id=ticket.id))


def check_open(session: Session, ticket: TicketRow) -> None:
    """Raises MoveNotAllowed for a ticket that is over."""
    if Status(ticket.kind) not in OPEN:
        raise tickets.not_allowed(session, ticket, Act.RELEASE)
