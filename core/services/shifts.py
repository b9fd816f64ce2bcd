"""Shifts, and handing over what is in one's hands: nothing stays behind unnoticed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.clock import now
from core.db import notices as notice_db
from core.db import people
from core.db import shifts as db
from core.db.tables import AgentRow, AskRow, EventRow, ShiftRow, TicketRow
from core.domain import permissions
from core.domain.notices import OF_HOLDER, NoticeKind
from core.domain.processes import NEXT_SHIFT
from core.domain.tickets import OPEN, Act, Status
from core.errors import BadInput, Conflict
from core.i18n import _, ngettext
from core.services import asking, events, life, lines, notices, tickets
from core.services.access import (
    BEYOND,
    OPERATOR,
    Actor,
    facts_of,
    require,
    require_agent,
    seen_by,
    ticket_for,
    viewer_of,
)
from core.services.desk import Desk, repeated
from core.services.models.outcomes import Done


class HandsNotEmpty(Conflict):
    """A shift cannot end while tickets are in one's hands."""

    def __init__(self, message: str, *, tickets: tuple[int, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tickets = tickets
        """What is still in hand."""


@dataclass(frozen=True, slots=True)
class OnShift:
    """An agent as the shift board shows them."""

    login: str
    name: str
    state: str
    """here, away or gone."""
    since: datetime | None
    in_hand: int
    """Open tickets that they own, of those that the reader may see."""


@dataclass(frozen=True, slots=True)
class InHand:
    """A ticket in one's hands at the end of a shift."""

    id: int
    subject: str
    status: str
    since: datetime


def start(desk: Desk, actor: Actor) -> datetime:
    """Begin a shift, or come back from being away; beginning it twice changes nothing. Returns since when."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        viewer_of(session, actor)
        at = now()
        if db.begin(session, agent_id, at):
            _note(session, actor, "shift.started", at)
            return at
        row = _current(session, agent_id)
        if row.away_since is not None:
            row.away_since = None
            _note(session, actor, "shift.back", at)
        return row.started_at


def away(desk: Desk, actor: Actor) -> None:
    """Leave the desk for a while. Raises Conflict outside a shift."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        row, at = _current(session, agent_id), now()
        if row.away_since is None:
            row.away_since = at
            _note(session, actor, "shift.away", at)


@repeated
def end(desk: Desk, actor: Actor, *, keep: bool = False) -> None:
    """End the shift. Raises HandsNotEmpty, naming the tickets, unless they are handed over or `keep` says that they
    are to stay: the supervisors are told then."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        # The tickets before the shift, and in their order, as everybody takes them.
        _take_all(session, db.tickets_of_agent(session, agent_id))
        row, at = _current(session, agent_id), now()
        held = db.in_hand(session, agent_id)
        if held and not keep:
            ids = tuple(ticket.id or 0 for ticket in held)
            raise HandsNotEmpty(
                ngettext(
                    "{count} ticket is still in your hands: {ids}.",
                    "{count} tickets are still in your hands: {ids}.",
                    len(ids),
                ).format(count=len(ids), ids=", ".join(f"#{one}" for one in ids[:20])),
                tickets=ids,
                hint=_("Hand them over with: glazok ticket hand-over, or keep them with --keep."),
            )
        row.ended_at = at
        _note(session, actor, "shift.ended", at)
        for ticket in held:
            event = events.record(session, ticket, actor, "kept", at, data={"owner": agent_id})
            notices.post(
                session, ticket, NoticeKind.KEPT, event, at, audience="supervisors", group_id=ticket.group_id,
                data={"agent": agent_id},
            )  # fmt: skip


def in_hand(desk: Desk, actor: Actor) -> list[InHand]:
    """Every open ticket that the agent owns, oldest first: what a hand-over is about."""
    agent_id = require_agent(actor)
    with desk.read() as session:
        viewer_of(session, actor)
        return [
            InHand(ticket.id or 0, ticket.subject, ticket.status, ticket.since)
            for ticket in db.in_hand(session, agent_id)
        ]


@repeated
def hand_over(
    desk: Desk,
    actor: Actor,
    ticket_ids: Sequence[int],
    *,
    login: str = "",
    group_key: str = "",
    next_shift: bool = False,
    text: str = "",
    op_id: str | None = None,
) -> list[Done]:
    """Hand tickets over: to a person, to a group, or to the next shift, whose first comer accepts each. The words go
    along as the baton's note. All of them or none."""
    if sum((bool(login), bool(group_key), next_shift)) != 1:
        raise BadInput(_("Say one of: a person, a group, the next shift."))
    with desk.write() as session:
        _take_all(session, ticket_ids)
        return [
            _hand_over(session, actor, one, login, group_key, text, _op_id(op_id, one, ticket_ids))
            for one in dict.fromkeys(ticket_ids)
        ]


def _take_all(session: Session, ticket_ids: Sequence[int]) -> None:
    """Have several tickets for oneself, in the order of their numbers: two who take them in different orders would
    wait for each other."""
    for ticket_id in sorted(set(ticket_ids)):
        if 0 < ticket_id < BEYOND:
            session.get(TicketRow, ticket_id)


def _op_id(op_id: str | None, ticket_id: int, ticket_ids: Sequence[int]) -> str | None:
    """The command's idempotency key stands on its lowest ticket, so that it is known again on others; the rest have
    keys of their own made of it."""
    return op_id if op_id is None or ticket_id == min(ticket_ids) else f"{op_id}:{ticket_id}"


def _hand_over(
    session: Session, actor: Actor, ticket_id: int, login: str, group_key: str, text: str, op_id: str | None
) -> Done:
    ticket, viewer = ticket_for(session, actor, ticket_id)
    receiver: dict[str, object] = {"owner": None}
    if login and op_id:
        receiver = {"owner": lines.agent_named(session, login).id}
    if events.done_before(session, op_id, "handed_over", ticket_id, receiver):
        return Done(ticket_id, ticket.last_event, ticket.status, changed=False)
    mine = permissions.may_release(viewer, facts_of(session, ticket))
    require(mine, _("Ticket {id} is not in your hands.").format(id=ticket_id))
    if Status(ticket.kind) not in OPEN:
        raise tickets.not_allowed(session, ticket, Act.RELEASE)
    was, at, before = life.snapshot(ticket), now(), ticket.status
    agent = None
    if login:
        agent = lines.give(session, actor, ticket, login, at)
    else:
        if group_key:
            group = lines.group_named(session, group_key).id or 0
            if group != ticket.group_id:
                lines.remember_way(session, actor, ticket, at)
            ticket.group_id = group
        life.back_to_group(session, ticket, at)
        if not group_key:
            life.enter(session, ticket, NEXT_SHIFT, at)
    ticket.baton = lines.write_note(session, ticket, actor, text, at)
    data = {
        "from": before, "to": ticket.status, "was": was, "group": ticket.group_id, "owner": ticket.owner_id,
        "message": ticket.baton,
    }  # fmt: skip
    event = events.record(
        session, ticket, actor, "handed_over", at, data=data, guard=ticket.baton is not None, op_id=op_id
    )
    outside = lines.tell_receivers(session, ticket, actor, agent, event, at, text, handed=True)
    return Done(ticket_id, event, ticket.status, mentioned_outside=outside)


def board(desk: Desk, actor: Actor) -> list[OnShift]:
    """Who is here, away, or gone, and how much is in whose hands; of the actor's groups."""
    with desk.read() as session:
        viewer = viewer_of(session, actor)
        shifts = db.latest_shifts(session)
        held = db.count_in_hand(session, seen_by(viewer))
        found = []
        for agent in people.agents(session):
            groups = people.roles_of(session, agent.id or 0)
            if not agent.active or not (viewer.admin or not groups.keys().isdisjoint(viewer.groups)):
                continue
            shift = shifts.get(agent.id or 0)
            state, since = _state(shift)
            found.append(OnShift(agent.login, agent.name, state, since, held.get(agent.id or 0, 0)))
        return found


@dataclass(frozen=True, slots=True)
class LetGo:
    """What somebody who left, for good or a group, had with them."""

    returned: tuple[int, ...] = ()
    """Tickets that went back to their groups."""
    withdrawn: tuple[int, ...] = ()
    """Questions that were taken back."""


def let_go(session: Session, agent: AgentRow, at: datetime) -> LetGo:
    """Somebody left for good: their tickets go back to the groups, and so does what waits on those that are over; their
    asks are withdrawn, their shift ends."""
    agent_id = agent.id or 0
    told = notice_db.tickets_told(session, agent_id, OF_HOLDER)
    _take_all(session, [*db.tickets_of_agent(session, agent_id), *told])
    held, asked_of = db.in_hand(session, agent_id), db.open_asks_of_agent(session, agent_id)
    for ticket in held:
        _give_back(session, ticket, agent_id, "left", at)
    for ask in asked_of:
        ticket = session.get_one(TicketRow, ask.ticket_id)
        event = asking.close_ask(session, ticket, OPERATOR, ask, at)
        if ask.by_agent != agent_id:
            notices.post(
                session, ticket, NoticeKind.ASK_LOST, event, at, audience="agent", agent_id=ask.by_agent,
                data={"agent": agent_id},
            )  # fmt: skip
    asked_by = db.open_asks_by_agent(session, agent_id)
    for ask in asked_by:
        asking.close_ask(session, session.get_one(TicketRow, ask.ticket_id), OPERATOR, ask, at)
    for one in told:
        # On what is over they were asked to decide or to look; now its group is.
        notices.withdraw_stale(session, session.get_one(TicketRow, one), at)
    shift = db.open_shift(session, agent_id)
    if shift is not None:
        shift.ended_at = at
    return _gone(held, [*asked_of, *asked_by])


def leave_groups(session: Session, agent: AgentRow, groups: Collection[int], at: datetime) -> LetGo:
    """Somebody works in these groups no more: what is in their hands of them goes back, and their questions on tickets
    that they cannot see any more are withdrawn. Who is asked something goes on seeing the ticket, and may answer."""
    if not groups:
        return LetGo()
    agent_id, actor = agent.id or 0, Actor.agent(agent.id or 0)
    _take_all(session, db.tickets_of_agent(session, agent_id))
    held = [ticket for ticket in db.in_hand(session, agent_id) if ticket.group_id in groups]
    for ticket in held:
        _give_back(session, ticket, agent_id, "left_group", at)
    viewer, hidden = viewer_of(session, actor), []
    for ask in db.open_asks_by_agent(session, agent_id):
        ticket = session.get_one(TicketRow, ask.ticket_id)
        if not permissions.may_see(viewer, facts_of(session, ticket)):
            asking.close_ask(session, ticket, OPERATOR, ask, at)
            hidden.append(ask)
    return _gone(held, hidden)


def _give_back(session: Session, ticket: TicketRow, agent_id: int, why: str, at: datetime) -> None:
    """The group has it again, as New, which tells the group."""
    was, before = life.snapshot(ticket), ticket.status
    life.back_to_group(session, ticket, at)
    data = {"from": before, "to": ticket.status, "owner": agent_id, "was": was, why: True}
    events.record(session, ticket, OPERATOR, "released", at, data=data)
    lines.tell_receivers(session, ticket, OPERATOR, None, ticket.last_event, at)


def _gone(held: Iterable[TicketRow], asks: Iterable[AskRow]) -> LetGo:
    returned, withdrawn = (one.id or 0 for one in held), {one.id or 0 for one in asks}
    return LetGo(tuple(sorted(returned)), tuple(sorted(withdrawn)))


def _state(shift: ShiftRow | None) -> tuple[str, datetime | None]:
    if shift is None:
        return "gone", None
    if shift.ended_at is not None:
        return "gone", shift.ended_at
    return ("away", shift.away_since) if shift.away_since else ("here", shift.started_at)


def _current(session: Session, agent_id: int) -> ShiftRow:
    row = db.open_shift(session, agent_id)
    if row is None:
        raise Conflict(_("You are not on shift."), hint=_("Begin one with: glazok shift start"))
    return row


def _note(session: Session, actor: Actor, kind: str, at: datetime) -> None:
    session.add(EventRow(at=at, actor=actor.kind, actor_id=actor.id, kind=kind, data={}))
