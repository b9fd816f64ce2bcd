"""The feed of events, read for the team's own scenarios: each is answered once, in its order."""

from __future__ import annotations

from sqlmodel import Session

from core.clock import now
from core.db import clocks as db
from core.db import feed
from core.db import tickets as ticket_db
from core.db.tables import EventRow, TicketRow
from core.domain.scenarios import happenings, matches
from core.domain.tickets import Status
from core.errors import Unavailable
from core.logs import get as get_log
from core.services import acting, chains, history, rules
from core.services.desk import Desk, repeat
from core.services.robot_types import CANNOT, Acted, Pass, acted

CURSOR = "robot.feed"
EVENTS = 500
"""Events looked at in one go."""

log = get_log("robot")


def answer_events(run: Pass) -> list[Acted]:
    """Let the scenarios that wait for something to happen act on what has happened since the last pass.

    The first pass of a desk, and of one that had no such scenario, only notes where the feed stands: history is
    not answered. Each event is answered in a transaction of its own that holds the place in the feed: where another
    robot has gone on meanwhile, this one stops.
    """
    awaited = _awaited(run.desk)
    if not _begun(run, awaited):
        return []
    done: list[Acted] = []
    while run.go_on():
        with run.desk.read() as session:
            place = db.remembered(session, CURSOR)
            batch, _behind = feed.after(session, place, EVENTS)
            wanted = [
                at for at, event in enumerate(batch, 1) if not awaited.isdisjoint(_meant(session, event))
            ]
        if not batch:
            break
        taken = 0
        for upto in [*wanted, *([len(batch)] if len(batch) not in wanted else [])]:
            if not run.go_on():
                return done
            try:
                came = repeat(_go_on_to, run, place, upto - taken, upto in wanted)
            except Unavailable as error:
                # Events are answered in their order: the next pass begins with this one.
                log.warning("left to the next pass", ticket=batch[upto - 1].ticket_id, error=str(error))
                return done
            if came is None:
                return done
            place, acts = came
            done, taken = done + acts, upto
    return done


def waiting(desk: Desk) -> list[tuple[int, int]] | None:
    """What the next pass would let scenarios answer of what has happened so far: (event, ticket), in the feed's order;
    None where it would answer nothing, whatever happens."""
    awaited = _awaited(desk)
    with desk.read() as session:
        place = db.remembered(session, CURSOR)
    if not awaited or not place:
        return None
    found: list[tuple[int, int]] = []
    while True:
        with desk.read() as session:
            batch, place = feed.after(session, place, EVENTS)
            found += [
                (event.id or 0, event.ticket_id or 0)
                for event in batch
                if not awaited.isdisjoint(_meant(session, event))
            ]
        if not batch:
            return found


def _awaited(desk: Desk) -> set[str]:
    """The names of the happenings on which a scenario acts."""
    return {scenario.event for scenario in desk.settings.own_scenarios() if scenario.event}


def _begun(run: Pass, awaited: set[str]) -> bool:
    """Whether there is a place in the feed to go on from; where it is the first time, this very place is noted."""
    with run.desk.read() as session:
        place = db.remembered(session, CURSOR)
    if awaited and place:
        return True
    if awaited or place:
        with run.desk.write() as session:
            db.remember(session, CURSOR, feed.here(session) if awaited else "")
    return False


def _go_on_to(run: Pass, place: str, count: int, wanted: bool) -> tuple[str, list[Acted]] | None:
    """Go on by so many events, and answer the last one where it is `wanted`; None where another robot is at it."""
    with run.desk.write() as session:
        if db.held(session, CURSOR) != place:
            return None
        part, behind = feed.after(session, place, count)
        done = answer(session, part[-1], run.written) if wanted and part else []
        db.remember(session, CURSOR, behind)
        return behind, done


def answer(session: Session, event: EventRow, written: set[tuple[int, str]]) -> list[Acted]:
    """Let the scenarios act on one event, inside somebody's transaction; `written` as `acting.perform` has it.

    One ticket on which a scenario cannot act must not stop the others, nor the feed.
    """
    try:
        with session.begin_nested():
            return _answer(session, event, written)
    except CANNOT as error:
        if isinstance(error, Unavailable):
            raise
        log.warning("a scenario could not act", ticket=event.ticket_id, error=type(error).__name__)
        return []


def _answer(session: Session, event: EventRow, written: set[tuple[int, str]]) -> list[Acted]:
    ticket = session.get(TicketRow, event.ticket_id) if event.ticket_id else None
    if ticket is None or ticket.kind == Status.DELETED:
        return []
    happened = _happened(session, ticket, event)
    if not happened or _is_taken_back(session, event):
        return []
    done, cause, at = [], chains.of_event(event), now()
    # All of them answer what happened, none what another one has made of it: that is an event of its own.
    facts = rules.facts_of(session, ticket, happened)
    for scenario in rules.own_scenarios_of(session, ticket):
        if (
            scenario.event
            and matches(scenario, facts)
            and chains.allows(session, ticket, scenario, cause, at)
        ):
            last, deeds = acting.perform(session, ticket, scenario, cause, at, written)
            done.append(acted(ticket.id or 0, scenario.key, event.at, last, deeds))
    return done


def _is_taken_back(session: Session, event: EventRow) -> bool:
    """Whether somebody has undone an event before the robot came to it."""
    since = ticket_db.events_since(session, event.ticket_id or 0, (event.id or 0) - 1)
    return event.id in history.taken_back(since)


def _meant(session: Session, event: EventRow) -> frozenset[str]:
    """What an event means for scenarios; nothing where its ticket is gone or in the trash."""
    ticket = session.get(TicketRow, event.ticket_id) if event.ticket_id else None
    if ticket is None or ticket.kind == Status.DELETED:
        return frozenset()
    return _happened(session, ticket, event)


def _happened(session: Session, ticket: TicketRow, event: EventRow) -> frozenset[str]:
    process = rules.process_of(session, ticket)
    before, after = (
        process.kind_of(str(event.data[key])) if event.data.get(key) else None for key in ("from", "to")
    )
    # What the relay refused came back, as what it took and could not hand on.
    failed = event.kind == "delivery" and event.data.get("state") == "failed"
    return happenings("bounced" if failed else event.kind, before, after)
