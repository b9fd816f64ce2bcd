"""The robot keeps the promises: what is due is read by index, decided again on the ticket as it stands, and done
with an event, a note that says which scenario it was, and notices. One ticket, one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import clocks as db
from core.db import tickets as ticket_db
from core.db.tables import AskRow, MessageRow, TicketRow, TimerRow
from core.domain.notices import NoticeKind
from core.domain.robot import Scenario, held_until
from core.domain.tickets import Act
from core.errors import Unavailable
from core.i18n import choose, speaking
from core.logs import get as get_log
from core.services import acting, answering, chains, events, life, notices, rearming, rules, words
from core.services.access import ROBOT
from core.services.desk import Desk, repeat
from core.services.robot_types import CANNOT, Acted, Deed, Pass, acted
from core.services.telling import tell

BATCH = 100
"""Timers looked at in one go."""

BREATH = 0.01
"""Seconds between two pages of clocks that are set anew, in which others write."""

IN_A_ROW = 3
"""So many tickets one after another that the database does not give say that it gives none."""

TRIED_AGAIN = timedelta(minutes=5)
"""After so long, where a ticket could not be acted on."""

log = get_log("robot")


def run_once(
    desk: Desk, *, go_on: Callable[[], bool] = lambda: True, rearm_for: float | None = None
) -> list[Acted]:
    """Everything that is due now, oldest first, then what the team's own scenarios answer to, then the letters.

    `go_on` is asked before each ticket: where it says no, the pass ends there. `rearm_for` is for how many seconds
    clocks are set anew, where settings have changed; without it until all are. With nothing due it costs a few look-ups
    by index. Raises Unavailable where the database cannot be written.
    """
    done = _pass(Pass(desk, go_on), rearm_for)
    if go_on():
        notices.mail(desk)
    return done


def _pass(run: Pass, rearm_for: float | None) -> list[Acted]:
    with speaking(choose(run.desk.settings.desk.language)):
        seen: set[tuple[int, str]] = set()
        done: list[Acted] = []
        # All clocks are set by them when this pass is over.
        run.desk.clocks_by = run.desk.settings
        if rearming.waits(run.desk):
            # What is due is done meanwhile: each ticket is decided by the settings as they are now.
            until = None if rearm_for is None else time.monotonic() + rearm_for
            while run.go_on() and rearming.step(run.desk):
                done += _do_due(run, seen)
                if until is not None and time.monotonic() > until:
                    break
                time.sleep(BREATH)
        done += _do_due(run, seen)
        return done + answering.answer_events(run)


def _do_due(run: Pass, seen: set[tuple[int, str]]) -> list[Acted]:
    """Act on what is due and was not looked at in this pass. A ticket that the database does not give now is left to
    the next pass."""
    done: list[Acted] = []
    missed = 0
    while batch := [key for key in _due(run.desk) if key not in seen]:
        for key in batch:
            if not run.go_on():
                return done
            seen.add(key)
            try:
                one = repeat(_act, run.desk, *key)
            except Unavailable as error:
                missed += 1
                if missed == IN_A_ROW:
                    raise
                log.warning("left to the next pass", ticket=key[0], scenario=key[1], error=str(error))
                continue
            missed = 0
            if one is not None:
                done.append(one)
    return done


def _due(desk: Desk) -> list[tuple[int, str]]:
    with desk.read() as session:
        return [(row.ticket_id, row.scenario) for row in db.due_timers(session, now(), BATCH)]


def _act(desk: Desk, ticket_id: int, scenario: str) -> Acted | None:
    with desk.write() as session:
        return act(session, ticket_id, scenario)


def act(session: Session, ticket_id: int, scenario: str) -> Acted | None:
    """Act on one timer, if the ticket still needs it, inside somebody's transaction. A ticket that it stumbles over is
    tried again later, and does not keep it from the others."""
    try:
        with session.begin_nested():
            return _decide(session, ticket_id, scenario, now())
    except CANNOT as error:
        if isinstance(error, Unavailable):
            raise
        log.warning("could not act", ticket=ticket_id, scenario=scenario, error=type(error).__name__)
        row = session.get(TimerRow, (ticket_id, scenario))
        if row is not None:
            row.due_at = now() + TRIED_AGAIN
        return None


def _decide(session: Session, ticket_id: int, scenario: str, at: datetime) -> Acted | None:
    ticket = session.get_one(TicketRow, ticket_id)
    # What was written down may be older than the settings or the clock's cause: decide on what is.
    life.rearm(session, ticket)
    session.flush()
    row = session.get(TimerRow, (ticket_id, scenario))
    if row is None or row.fired_at is not None or row.due_at > at:
        return None
    due = row.due_at
    held = _held(session, ticket, row, at)
    if held is not None:
        row.due_at = held
        return Acted(ticket_id, scenario, due, outcome="held")
    row.fired_at = at
    if _acted_before(session, ticket_id, scenario, row.cause):
        return None
    event, deeds = _fire(session, ticket, row, at)
    return acted(ticket_id, scenario, due, event, deeds)


def _acted_before(session: Session, ticket_id: int, scenario: str, cause: int) -> bool:
    """Whether the robot did this for this cause: an undo may bring a cause back whose clock has fired."""
    return any(
        event.actor == ROBOT.kind
        and (event.data.get("scenario"), event.data.get("cause")) == (scenario, cause)
        for event in ticket_db.events_of(session, ticket_id)
    )


def _held(session: Session, ticket: TicketRow, row: TimerRow, at: datetime) -> datetime | None:
    """Until when a fresh draft of the owner holds the silent owner's clock."""
    if row.scenario != Scenario.SILENT_OWNER or ticket.owner_id is None:
        return None
    draft = ticket_db.draft_of(session, ticket.owner_id, ticket.id or 0, "reply")
    due = next((t.due_at for t in life.timers_of(session, ticket) if t.scenario == row.scenario), row.due_at)
    return held_until(due, draft.updated_at if draft else None, at)


def _fire(session: Session, ticket: TicketRow, row: TimerRow, at: datetime) -> tuple[int, list[Deed]]:
    """Do what a due clock demands; returns the event's id (0 where nothing had to be done) and what was done."""
    name, _colon, key = row.scenario.partition(":")
    if name == "own":
        return acting.act_on_clock(session, ticket, key, at)
    limit = rules.promise_of(session, ticket, name).after
    data: dict[str, Any] = {
        "scenario": row.scenario,
        "cause": row.cause,
        "seconds": int(limit.total_seconds()),
        **chains.inherited(session, row.cause),
    }
    told: tuple[NoticeKind, int | None]
    match name:
        case Scenario.SILENT_OWNER:
            return _take_back(session, ticket, data, limit, at)
        case Scenario.FORGOTTEN:
            return _close(session, ticket, data, limit, at)
        case Scenario.IN_WORK_OWNER:
            told = NoticeKind.IN_WORK_OWNER, ticket.owner_id
        case Scenario.IN_WORK_HEAD:
            told = NoticeKind.IN_WORK_HEAD, None
        case "ask":
            ask = session.get_one(AskRow, int(key))
            data["ask"] = ask.id
            told = NoticeKind.ASK_WAITING, ask.by_agent
        case _:
            told = NoticeKind.UNACCEPTED, None
    deeds = tell(session, ticket, name, told[0], row.cause, at, data, also=told[1])
    data["message"] = say(session, ticket, name, limit, at, deeds)
    event = events.record(session, ticket, ROBOT, "reminded", at, data=data)
    problems = [deed for deed in deeds if deed.why]
    if problems:
        acting.report(session, ticket, name, row.cause, at, problems)
    return event, deeds


def _close(
    session: Session, ticket: TicketRow, data: dict[str, Any], limit: timedelta, at: datetime
) -> tuple[int, list[Deed]]:
    """What is solved and forgotten is closed."""
    before, was = ticket.status, life.snapshot(ticket)
    if not life.follow(session, ticket, Act.CLOSE, at):
        return 0, []
    data |= {"from": before, "to": ticket.status, "was": was}
    data["message"] = say(session, ticket, Scenario.FORGOTTEN, limit, at)
    return events.record(session, ticket, ROBOT, "closed", at, data=data), [Deed("close")]


def _take_back(
    session: Session, ticket: TicketRow, data: dict[str, Any], limit: timedelta, at: datetime
) -> tuple[int, list[Deed]]:
    """The silent owner's ticket goes back to its group and New, where the clock of accepting starts anew."""
    owner, before, was = ticket.owner_id, ticket.status, life.snapshot(ticket)
    life.back_to_group(session, ticket, at)
    data |= {"from": before, "to": ticket.status, "was": was, "owner": owner}
    data["message"] = say(session, ticket, Scenario.SILENT_OWNER, limit, at)
    event = events.record(session, ticket, ROBOT, "returned", at, data=data)
    notices.post(
        session, ticket, NoticeKind.TAKEN_BACK, event, at, audience="agent", agent_id=owner, data=data
    )
    told = tuple(agent.login for agent in notices.readers(session, "agent", owner, None))
    return event, [Deed("release", rules.group_key_of(session, ticket), told)]


def say(
    session: Session,
    ticket: TicketRow,
    scenario: str,
    limit: timedelta,
    at: datetime,
    deeds: Sequence[Deed] = (),
) -> int:
    """The robot's note on the ticket: what it did and could not do, by which scenario, and how to stop it."""
    problems = [words.not_done(deed.act, deed.value, deed.why) for deed in deeds if deed.why]
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="note", sender_name=words.robot_name(session), created_at=at,
        body=words.robot_note(scenario, limit, problems),
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message.id or 0
