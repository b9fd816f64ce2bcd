"""Asking a colleague or a group's head for help: open until it is answered or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.clock import now
from core.db import notices as notice_db
from core.db import people
from core.db import shifts as ask_db
from core.db.arrivals import tickets as tickets_by_id
from core.db.tables import AskRow, MessageRow, TicketRow
from core.domain import permissions
from core.domain.notices import NoticeKind
from core.domain.permissions import Role, Viewer
from core.errors import BadInput, Conflict, NotFound
from core.i18n import _
from core.services import events, life, lines, mentions, notices, questions
from core.services.access import (
    BEYOND,
    Actor,
    check_may_act,
    facts_of,
    facts_of_all,
    require,
    require_agent,
    ticket_for,
    viewer_of,
)
from core.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask for help that stands on a ticket."""

    id: int
    ticket_id: int
    event_id: int
    mentioned_outside: tuple[str, ...] = ()
    """Names of colleagues who are mentioned and could not see the ticket before."""


def ask(
    desk: Desk,
    actor: Actor,
    ticket_id: int,
    text: str,
    *,
    login: str = "",
    head_of: str = "",
    op_id: str | None = None,
) -> Asked:
    """Ask a colleague for help, or a group's head (its supervisors; of the ticket's own group where none is named).

    The owner stays the owner; the silent owner's clock stops until the ask is answered or withdrawn. Raises
    BadInput for an empty question, Conflict for a ticket that is not open.
    """
    agent_id = require_agent(actor)
    lines.check_one_is_meant(login, head_of)
    if not text.strip():
        raise BadInput(_("The question is empty."), hint=_("Write what you want to know."))
    with desk.write() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        earlier = events.done_before(session, op_id, "asked", ticket_id)
        if earlier is not None:
            return Asked(int(earlier.data["ask"]), ticket_id, earlier.id or 0)
        check_may_act(viewer, ticket)
        lines.check_open(session, ticket)
        at = now()
        to_agent = lines.agent_named(session, login) if login else None
        if to_agent is not None and to_agent.id == agent_id:
            raise BadInput(_("You cannot ask yourself."), hint=_("Name a colleague with --of LOGIN."))
        to_group = (
            None if to_agent else (lines.group_named(session, head_of).id if head_of else ticket.group_id)
        )
        addressed = [to_agent] if to_agent else notice_db.members(session, to_group or 0, Role.SUPERVISOR)
        if not addressed:
            raise Conflict(
                _("The group has no supervisor to ask."), hint=_("Ask a colleague by name, with --of LOGIN.")
            )
        question = lines.write_note(session, ticket, actor, text, at)
        row = AskRow(
            ticket_id=ticket_id, by_agent=agent_id, to_agent=to_agent.id if to_agent else None, to_group=to_group,
            question=question or 0, asked_at=at,
        )  # fmt: skip
        session.add(row)
        session.flush()
        questions.let_in(session, row)
        data = {"ask": row.id, "agent": row.to_agent, "group": row.to_group, "message": question}
        event = events.record(session, ticket, actor, "asked", at, data=data, guard=True, op_id=op_id)
        row.event = event
        life.rearm(session, ticket)
        notices.post(
            session, ticket, NoticeKind.ASKED, event, at, audience="agent" if to_agent else "supervisors",
            agent_id=row.to_agent, group_id=row.to_group, data={"agent": agent_id},
        )  # fmt: skip
        told = {agent.id for agent in addressed}
        outside = mentions.tell(session, ticket, agent_id, text, event, at, besides=told)
        return Asked(row.id or 0, ticket_id, event, outside)


def answer(desk: Desk, actor: Actor, ask_id: int, text: str, *, op_id: str | None = None) -> Asked:
    """Answer an ask that is addressed to the actor, by a note. Raises Conflict where it is closed already."""
    agent_id = require_agent(actor)
    if not text.strip():
        raise BadInput(_("The answer is empty."), hint=_("Write what your colleague should know."))
    with desk.write() as session:
        row, ticket, viewer = _open_ask(session, actor, ask_id, op_id, "ask_answered")
        if row.state != "open":
            return Asked(ask_id, ticket.id or 0, ticket.last_event)
        mine = permissions.may_answer_ask(viewer, row.to_agent, row.to_group)
        require(mine, _("This question was asked of somebody else."))
        at = now()
        # Once it is answered the question lets nobody in any more; who answered goes on seeing the ticket.
        people.involve_if_outside(session, ticket, agent_id, at, "asked")
        row.answer = lines.write_note(session, ticket, actor, text, at)
        row.state, row.closed_at = "answered", at
        questions.end_right(session, row)
        data = {"ask": ask_id, "message": row.answer}
        event = events.record(session, ticket, actor, "ask_answered", at, data=data, guard=True, op_id=op_id)
        notices.post(
            session, ticket, NoticeKind.ASK_ANSWERED, event, at, audience="agent", agent_id=row.by_agent,
            data={"agent": agent_id},
        )  # fmt: skip
        outside = mentions.tell(session, ticket, agent_id, text, event, at, besides={row.by_agent})
        return Asked(ask_id, ticket.id or 0, event, outside)


def withdraw(desk: Desk, actor: Actor, ask_id: int, *, op_id: str | None = None) -> Asked:
    """Take an ask back: by who asked, by the owner, or by a supervisor."""
    with desk.write() as session:
        row, ticket, viewer = _open_ask(session, actor, ask_id, op_id, "ask_withdrawn")
        if row.state != "open":
            return Asked(ask_id, ticket.id or 0, ticket.last_event)
        allowed = actor.id == row.by_agent or permissions.may_release(viewer, facts_of(session, ticket))
        require(allowed, _("Only who asked, the owner or a supervisor can take this question back."))
        return Asked(ask_id, ticket.id or 0, close_ask(session, ticket, actor, row, now(), op_id))


def close_ask(
    session: Session, ticket: TicketRow, actor: Actor, row: AskRow, at: datetime, op_id: str | None = None
) -> int:
    """Withdraw an ask inside somebody's transaction; returns the event's id."""
    questions.withdraw(session, row, at)
    return events.record(session, ticket, actor, "ask_withdrawn", at, data={"ask": row.id}, op_id=op_id)


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """A question that waits for its answer."""

    id: int
    ticket_id: int
    by: str
    """Login of who asked."""
    of: str
    """Login of the colleague, or the key of the group whose head is asked."""
    head: bool
    """Whether the head of a group is asked."""
    asked_at: datetime
    text: str


def open_asks(desk: Desk, actor: Actor) -> list[OpenAsk]:
    """The open questions that were asked of the actor (or of a group that they head), or by them, on tickets that they
    may see; oldest first."""
    agent_id = require_agent(actor)
    with desk.read() as session:
        viewer = viewer_of(session, actor)
        asks = ask_db.open_asks(session, agent_id, viewer.heads)
        tickets = tickets_by_id(session, {row.ticket_id for row in asks})
        facts = facts_of_all(session, tickets.values())
        rows = [row for row in asks if permissions.may_see(viewer, facts[row.ticket_id])]
        logins = {agent.id: agent.login for agent in people.agents(session)}
        groups = {group.id: group.key for group in people.groups(session)}
        return [
            OpenAsk(
                row.id or 0, row.ticket_id, logins.get(row.by_agent, ""),
                logins.get(row.to_agent, "") if row.to_agent else groups.get(row.to_group, ""),
                row.to_agent is None, row.asked_at, session.get_one(MessageRow, row.question).body,
            )
            for row in rows
        ]  # fmt: skip


def _open_ask(
    session: Session, actor: Actor, ask_id: int, op_id: str | None, kind: str
) -> tuple[AskRow, TicketRow, Viewer]:
    missing = NotFound(
        _("There is no question {id} for you.").format(id=ask_id),
        hint=_("See those that wait for an answer: glazok ticket asks"),
    )
    # The ticket first, as everybody does it: two who take both the other way round would wait for each other.
    ticket_id = ask_db.ticket_of_ask(session, ask_id) if 0 < ask_id < BEYOND else None
    if ticket_id is None:
        raise missing
    try:
        ticket, viewer = ticket_for(session, actor, ticket_id)
    except NotFound:
        # The same words for what is not there and for what is hidden.
        raise missing from None
    row = session.get_one(AskRow, ask_id)
    if not events.done_before(session, op_id, kind, ticket.id) and row.state != "open":
        raise Conflict(_("Question {id} is closed already.").format(id=ask_id))
    return row, ticket, viewer
