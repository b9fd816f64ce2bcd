"""How a ticket moves through its process, and the clocks that follow every move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from core.clock import now
from core.db import clocks as db
from core.db import tickets as ticket_db
from core.db.tables import AgentRow, AskRow, EventRow, TicketRow, TimerRow
from core.domain import robot
from core.domain.calendars import add_working_time
from core.domain.notices import NoticeKind
from core.domain.tickets import OPEN, Act, Status, ball_of, board_of
from core.services import clock_settings, history, notices, rules
from core.services.desk import Desk, desk_of

REMEMBERED = (
    "status", "kind", "group_id", "owner_id", "since", "status_since", "status_event", "accepted_at",
    "accepted_event", "client_since", "replied_at", "solved_at", "closed_at", "way_back", "baton", "thanks",
)  # fmt: skip
"""The columns that an act on a ticket may change, and an undo puts back."""

TO_US = frozenset({Act.CLIENT_WROTE, Act.DELIVERY_FAILED})
"""What brings the ball back to us."""

BY_ITSELF = frozenset({Act.REPLY, Act.CLIENT_WROTE, Act.DELIVERY_FAILED})
"""Moves of the ball that nobody asked for; a setting switches them off."""


def follow(session: Session, ticket: TicketRow, act: Act, at: datetime) -> bool:
    """Move a ticket as an act demands; False where the table has no such move.

    With the ball's automatic moves switched off, answers and letters leave the status as it is. What comes back to
    an owner who has left is New.
    """
    after = status_after(session, ticket, act)
    if after is None:
        return False
    if _moves(session, act):
        if not _is_owned(session, ticket) and rules.process_of(session, ticket).kind_of(after) in OPEN:
            disown(ticket)
        enter(session, ticket, after, at)
        if act in TO_US and ticket.client_since is not None:
            # It stands in New already; from now on somebody waits for us, and the time to take it begins.
            ticket.client_since, ticket.since = None, at
            restart(ticket, at)
    elif act is Act.CLIENT_WROTE and ticket.kind == Status.SOLVED:
        # The ball does not move by itself here. Still the client waits: it must not be closed unread.
        ticket.since = at
    return True


def status_after(session: Session, ticket: TicketRow, act: Act, *, owned: bool | None = None) -> str | None:
    """The status in which an act would leave a ticket; None where the table has no such move. Changes nothing.

    `owned` is for an act that gives the ticket an owner first. Accepting what was handed on while the client had the
    ball leaves the ball where it is.
    """
    if act is Act.ACCEPT and ticket.client_since is not None:
        act = Act.RESUME
    process = rules.process_of(session, ticket)
    owned = _is_owned(session, ticket) if owned is None else owned
    after = process.after(ticket.status, act, owned=owned)
    return after if after is None or _moves(session, act) else ticket.status


def _moves(session: Session, act: Act) -> bool:
    return act not in BY_ITSELF or rules.ball_moves(desk_of(session))


def _is_owned(session: Session, ticket: TicketRow) -> bool:
    """Whether a ticket's owner is there to go on with it."""
    return ticket.owner_id is not None and (
        Status(ticket.kind) in OPEN or _is_active(session, ticket.owner_id)
    )


def _is_active(session: Session, agent_id: int) -> bool:
    return session.get_one(AgentRow, agent_id).active


def enter(session: Session, ticket: TicketRow, status: str, at: datetime) -> None:
    """Put a ticket into a status of its process.

    What waited for the client and is New again, because nobody owns it now, remembers that the ball is the client's:
    it waits on, as long as before, once somebody has it.
    """
    client_since = ticket.since if ticket.kind == Status.WAITING else ticket.client_since
    settle(ticket, status, rules.process_of(session, ticket).kind_of(status), at)
    if ticket.kind == Status.WAITING and client_since is not None:
        ticket.since = client_since
    ticket.client_since = client_since if ticket.kind == Status.NEW else None
    if ticket.kind in (Status.SOLVED, Status.CLOSED):
        ticket.thanks = False


def found(desk: Desk, ticket: TicketRow, kind: Status, template: str) -> None:
    """Give a ticket that is being opened its template, the process that follows from it, and the first status."""
    section = desk.settings.template(template)
    if section is not None:
        ticket.template, ticket.process = template, section.process
        ticket.priority = section.priority or ticket.priority
        ticket.language = ticket.language or section.language
    process = desk.settings.process(ticket.process)
    ticket.status, ticket.kind, ticket.board = process.first_of(kind), kind, board_of(kind)


class Standing(Protocol):
    """What a status hangs on: a ticket's row, or a ticket whose history is being played."""

    status: str
    kind: str
    board: str | None
    since: datetime
    status_since: datetime
    status_event: int
    solved_at: datetime | None
    closed_at: datetime | None


def settle(ticket: Standing, status: str, kind: Status, at: datetime) -> None:
    """Write a status with all that hangs on it: kind, board, the ball's age, times of solving and closing."""
    before = Status(ticket.kind)
    if ball_of(kind) != ball_of(before):
        ticket.since = at
    if status != ticket.status:
        ticket.status_since, ticket.status_event = at, 0
    ticket.status, ticket.kind, ticket.board = status, kind, board_of(kind)
    if kind is Status.SOLVED:
        ticket.solved_at = at
    elif kind is Status.CLOSED and before is not Status.CLOSED:
        # What fails on a closed ticket closes it no later: its week goes on.
        ticket.closed_at = at
    elif kind in OPEN:
        ticket.solved_at = ticket.closed_at = None


def restart(ticket: TicketRow, at: datetime) -> None:
    """Let the clocks of its status start anew: another group has it now, and the same time to take it."""
    ticket.status_since, ticket.status_event = at, 0


def back_to_group(session: Session, ticket: TicketRow, at: datetime) -> None:
    """Nobody owns it any more: it is New in its group, with the whole time to be taken."""
    disown(ticket)
    enter(session, ticket, rules.process_of(session, ticket).first_of(Status.NEW), at)
    restart(ticket, at)


def own(ticket: TicketRow, agent_id: int, at: datetime) -> None:
    """Give a ticket to an agent: the owner's clocks start anew."""
    ticket.owner_id, ticket.accepted_at, ticket.accepted_event = agent_id, at, 0


def disown(ticket: TicketRow) -> None:
    """Take a ticket from its owner, if there is one."""
    ticket.owner_id, ticket.accepted_at, ticket.accepted_event = None, None, 0


def snapshot(ticket: TicketRow) -> dict[str, Any]:
    """What an undo would put back: facts and times, for the event's data."""
    return {name: _plain(getattr(ticket, name)) for name in REMEMBERED}


def put_back(session: Session, ticket: TicketRow, was: Mapping[str, Any], at: datetime) -> None:
    """Make a ticket what it was; the board's hint follows from the status.

    A status that the configuration has lost meanwhile, or made another kind, is one as it knows it now.
    """
    values = remembered(was)
    for name in REMEMBERED:
        setattr(ticket, name, values.get(name))
    ticket.thanks = bool(was.get("thanks"))
    ticket.board = board_of(Status(ticket.kind))
    process = rules.process_of(session, ticket)
    status = ticket.status if process.knows(ticket.status) else process.first_of(Status(ticket.kind))
    if (status, process.kind_of(status)) != (ticket.status, ticket.kind):
        if process.kind_of(status) is Status.NEW:
            disown(ticket)
        enter(session, ticket, status, at)
        restart(ticket, at)


def remembered(was: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot as an event keeps it, with its times as times."""
    return {
        name: datetime.fromisoformat(value)
        if isinstance(value, str) and name.endswith(("_at", "since"))
        else value
        for name, value in was.items()
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


QUIET = frozenset(
    ("confirmed", "automatic", "delayed", "followed", "unfollowed", "withheld", "loop_cut", "tagged")
)
"""Kinds of events that start and stop no clock and make no notice stale."""


def stamp(session: Session, ticket: TicketRow, event_id: int, kind: str, at: datetime) -> None:
    """Called with every event of a ticket: what it started gets its id, and the clocks are set anew."""
    ticket.last_event = event_id
    if ticket.status_event == 0:
        ticket.status_event = event_id
    if ticket.owner_id is not None and ticket.accepted_event == 0:
        ticket.accepted_event = event_id
    if kind in QUIET:
        return
    # A ticket that was opened this moment has neither clocks nor notices yet: nothing to look up.
    fresh = kind == "opened"
    rearm(session, ticket, fresh=fresh)
    if not fresh:
        notices.withdraw_stale(session, ticket, at)
    if ticket.kind == Status.SOLVED and kind in history.WROTE:
        notices.client_wrote(session, ticket, event_id, at)
    if ticket.kind == Status.NEW and ticket.status_event == event_id:
        notices.post(
            session, ticket, NoticeKind.NEW_TICKET, event_id, at, audience="group", group_id=ticket.group_id,
            fresh=fresh,
        )  # fmt: skip


def waits_since(session: Session, ticket: TicketRow) -> datetime | None:
    """Since when a ticket that its owner gives back has waited to be taken: since before they had it, where they
    neither answered the client nor were the supervisors told meanwhile. None where its time begins anew."""
    taken = session.get(EventRow, ticket.accepted_event) if ticket.accepted_event else None
    was = taken.data.get("was", {}) if taken is not None else {}
    if was.get("kind") != Status.NEW or ticket.accepted_at is None:
        return None
    if ticket.replied_at is not None and ticket.replied_at >= ticket.accepted_at:
        return None
    timer = db.timers_of(session, ticket.id or 0).get(robot.Scenario.UNACCEPTED)
    if timer is not None and timer.fired_at is not None:
        return None
    return datetime.fromisoformat(str(was["status_since"]))


def rearm(session: Session, ticket: TicketRow, *, fresh: bool = False) -> None:
    """Bring a ticket's timers in line with it. One that fired stays while its cause stays, so that nobody is told
    twice. A `fresh` ticket has none yet."""
    rows = {} if fresh else db.timers_of(session, ticket.id or 0)
    wanted = {timer.scenario: timer for timer in timers_of(session, ticket, fresh=fresh)}
    if clock_settings.are_others(session):
        wanted[clock_settings.ANEW] = robot.Timer(clock_settings.ANEW, 0, now())
    for scenario, row in rows.items():
        timer = wanted.pop(scenario, None)
        if timer is None:
            if row.fired_at is None:
                db.drop_timer(session, row)
        elif timer.cause != row.cause:
            row.cause, row.due_at, row.fired_at = timer.cause, timer.due_at, None
        elif row.fired_at is None:
            row.due_at = timer.due_at
    for timer in wanted.values():
        db.add_timer(
            session,
            TimerRow(
                ticket_id=ticket.id or 0, scenario=timer.scenario, cause=timer.cause, due_at=timer.due_at
            ),
        )


def timers_of(session: Session, ticket: TicketRow, *, fresh: bool = False) -> list[robot.Timer]:
    """The clocks that run on a ticket now. On a `fresh` one nothing has been asked yet."""
    asks = [] if fresh else db.asks_of(session, ticket.id or 0)
    clocks, own = rules.clocks_of(session, ticket), rules.own_timers_of(session, ticket)
    # Letters on what is solved are told apart by their events: several things happen in one second.
    waits = ticket.kind == Status.SOLVED and history.client_waits(
        ticket_db.events_since(session, ticket.id or 0, ticket.status_event)
    )
    mine = robot.timers(_life_of(ticket, asks, waits=waits), clocks)
    return [*mine, *own, *_ask_timers(session, ticket, asks)]


def _life_of(ticket: TicketRow, asks: Sequence[AskRow], *, waits: bool) -> robot.Life:
    closed = [ask.closed_at for ask in asks if ask.closed_at is not None]
    return robot.Life(
        kind=Status(ticket.kind),
        owner_id=ticket.owner_id,
        status_since=ticket.status_since,
        status_event=ticket.status_event,
        accepted_at=ticket.accepted_at,
        accepted_event=ticket.accepted_event,
        replied_at=ticket.replied_at,
        ask_open=any(ask.state == "open" for ask in asks),
        ask_closed_at=max(closed, default=None),
        ball_since=ticket.since,
        clients_ball=ticket.client_since is not None,
        client_waits=waits,
    )


def _ask_timers(session: Session, ticket: TicketRow, asks: Sequence[AskRow]) -> list[robot.Timer]:
    """Every open ask has a clock of its own, while the ticket is not over."""
    promise = rules.promise_of(session, ticket, "ask")
    over = ticket.kind in (Status.CLOSED, Status.DELETED)
    waiting = [ask for ask in asks if ask.state == "open" and not over]
    if not waiting or not promise.enabled:
        return []
    calendar = rules.clocks_of(session, ticket).calendar
    due = [(ask, add_working_time(ask.asked_at, promise.after, calendar)) for ask in waiting]
    return [robot.Timer(f"ask:{ask.id}", ask.event, at) for ask, at in due if at is not None]
