"""The configuration's rules of a ticket's life, as the domain knows them: processes, clocks, reopening."""

from __future__ import annotations

from sqlmodel import Session

from core.db.tables import GroupRow, TicketRow
from core.domain.calendars import add_working_time
from core.domain.processes import Process
from core.domain.reopening import Reopening
from core.domain.robot import Clocks, Life, Promise, Timer
from core.services.desk import Desk, desk_of


def process_of(session: Session, ticket: TicketRow) -> Process:
    """The process that a ticket lives by; the standard one where its own has left the configuration."""
    return desk_of(session).settings.process(ticket.process)


def group_key_of(session: Session, ticket: TicketRow) -> str:
    """The key of a ticket's group in the configuration."""
    return session.get_one(GroupRow, ticket.group_id).key


def clocks_of(session: Session, ticket: TicketRow) -> Clocks:
    """Which of the robot's scenarios run in a ticket's group, and its working hours."""
    return desk_of(session).settings.clocks(group_key_of(session, ticket))


def promise_of(session: Session, ticket: TicketRow, name: str) -> Promise:
    """One of the robot's scenarios as it is set for the ticket's group: on or off, its time, whom it tells."""
    return desk_of(session).settings.scenario(group_key_of(session, ticket), name)


def own_timers(session: Session, ticket: TicketRow, life: Life) -> list[Timer]:
    """The clocks of the team's own scenarios that count the time in a status."""
    calendar = clocks_of(session, ticket).calendar
    found = []
    for scenario in desk_of(session).settings.own_scenarios():
        if scenario.status != ticket.status or scenario.after is None:
            continue
        due = add_working_time(life.status_since, scenario.after, calendar)
        if due is not None:
            found.append(Timer(f"own:{scenario.name}", life.status_event, due))
    return found


def reopening_of(session: Session, ticket: TicketRow, channel: str) -> Reopening:
    """What a client's letter does to a closed ticket of this group."""
    return desk_of(session).settings.reopening(group_key_of(session, ticket), channel)


def ball_moves(desk: Desk) -> bool:
    """Whether answers and clients' letters move the ball by themselves."""
    return desk.settings.robot.moves_ball
