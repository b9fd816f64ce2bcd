"""A pass of the robot that leaves no trace: what it would do now, and nobody waits for it.

What is due is found by reading. Then each client's tickets are played in a short transaction of their own, by the same
code as in a real pass, and taken back: the limits on automatic letters count what a client gets, so tickets of
different clients know nothing of one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from core.clock import now
from core.db import clocks as db
from core.db import feed
from core.db.tables import EventRow, TicketRow
from core.errors import Unavailable
from core.i18n import choose, speaking
from core.logs import get as get_log
from core.services import answering, clock_settings, life, rearming, robot
from core.services.desk import Desk, repeat
from core.services.robot_types import CANNOT, Acted

TOGETHER = 20
"""Tickets of one client in one transaction: whoever wants to write meanwhile waits no longer than these take."""

LOOKED_AT = 200
"""Tickets of which is read at once whether a clock is due."""

log = get_log("robot")


def run(desk: Desk) -> list[Acted]:
    """What a pass would do now: what is due, oldest first, then what the team's own scenarios would answer.

    Where settings have changed, it is reckoned by those in force, as a pass would after setting the clocks anew. A
    ticket that the database does not give now is left out, and the log says so. Raises Unavailable where it gives
    none.
    """
    with speaking(choose(desk.settings.desk.language)):
        anew = rearming.waits(desk)
        due, happened = _tickets_due(desk, now(), anew), answering.waiting(desk)
        by_clock: list[Acted] = []
        answers: list[Acted] = []
        missed = 0
        for tickets in _of_one_client(desk, due | {ticket for _event, ticket in happened or ()}):
            try:
                acted, answered = repeat(_play, desk, tickets, happened, anew)
            except Unavailable as error:
                missed += 1
                if missed == robot.IN_A_ROW:
                    raise
                log.warning("left out", tickets=tickets, error=str(error))
                continue
            missed = 0
            by_clock += acted
            answers += answered
    by_clock.sort(key=lambda one: (one.at, one.ticket_id, one.scenario))
    answers.sort(key=lambda one: one.at)
    return [_would(one) for one in (*by_clock, *answers)]


def _would(one: Acted) -> Acted:
    """What was written is gone again, with the numbers of its events."""
    outcome = "would" if one.outcome in ("acted", "partly") else one.outcome
    return replace(one, event_id=None, outcome=outcome)


def _tickets_due(desk: Desk, at: datetime, anew: bool) -> set[int]:
    """Tickets with a clock that is due, or that would be once it is set `anew`."""
    with desk.read() as session:
        found = db.tickets_due(session, at)
    last = 0
    while anew:
        with desk.read() as session:
            page = db.living_tickets(session, last, LOOKED_AT)
            if not page:
                break
            db.hold(session, [ticket.id or 0 for ticket in page])
            found |= {ticket.id or 0 for ticket in page if _would_be_due(session, ticket, at)}
        last = page[-1].id or 0
    return found


def _would_be_due(session: Session, ticket: TicketRow, at: datetime) -> bool:
    try:
        timers = life.timers_of(session, ticket)
    except CANNOT as error:
        log.warning("no clocks", ticket=ticket.id, error=type(error).__name__)
        return False
    rows = db.timers_of(session, ticket.id or 0)
    fired = {(row.scenario, row.cause) for row in rows.values() if row.fired_at is not None}
    return any(timer.due_at <= at and (timer.scenario, timer.cause) not in fired for timer in timers)


def _of_one_client(desk: Desk, tickets: Collection[int]) -> Iterator[Sequence[int]]:
    """The tickets, those of one client together."""
    found: dict[int, list[int]] = defaultdict(list)
    with desk.read() as session:
        for some in _parts(sorted(tickets), LOOKED_AT):
            for ticket, client in db.clients_of(session, some).items():
                found[client or -ticket].append(ticket)
    for theirs in found.values():
        yield from _parts(sorted(theirs), TOGETHER)


def _parts(numbers: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    return (numbers[start : start + most] for start in range(0, len(numbers), most))


def _play(
    desk: Desk, tickets: Sequence[int], happened: Sequence[tuple[int, int]] | None, anew: bool
) -> tuple[list[Acted], list[Acted]]:
    """What would be done on some tickets by their clocks, and in answer to what happened, that included."""
    with desk.write() as session:
        rows = [session.get_one(TicketRow, ticket) for ticket in tickets]
        behind = max(row.last_event for row in rows)
        clock_settings.settle(session)
        for row in rows if anew else ():
            rearming.set_anew(session, row)
        acted = _do_due(session, tickets)
        answers: list[Acted] = []
        if happened is not None:
            waiting = [event for event, ticket in happened if ticket in tickets]
            answers = _answer(session, tickets, waiting, behind)
        session.rollback()
    return acted, answers


def _do_due(session: Session, tickets: Sequence[int]) -> list[Acted]:
    seen: set[tuple[int, str]] = set()
    done: list[Acted] = []
    while True:
        due = [(row.ticket_id, row.scenario) for row in db.due_timers(session, now(), robot.BATCH, tickets)]
        fresh = [key for key in due if key not in seen]
        if not fresh:
            return done
        for key in fresh:
            seen.add(key)
            one = robot.act(session, *key)
            if one is not None:
                done.append(one)


def _answer(session: Session, tickets: Sequence[int], waiting: Sequence[int], behind: int) -> list[Acted]:
    """Answer what waits, then what that and the clocks led to, until nothing more comes of it."""
    written: set[tuple[int, str]] = set()
    done: list[Acted] = []
    events: Sequence[EventRow] = [session.get_one(EventRow, event) for event in waiting]
    while True:
        for event in events:
            done += answering.answer(session, event, written)
        events = feed.of_tickets(session, tickets, behind)
        if not events:
            return done
        behind = events[-1].id or 0
