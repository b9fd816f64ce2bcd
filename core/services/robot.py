"""The robot keeps the promises: what is due is read by index, decided again on the ticket as it stands, and done
with an event, a note that says which scenario it was, and notices. One ticket, one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
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
from core.i18n import choose, speaking
from core.services import acting, events, life, notices, rules, words
from core.services.access import ROBOT
from core.services.desk import Desk
from core.services.robot_types import Acted
from core.services.telling import tell

BATCH = 100
"""Timers looked at in one go."""

PAGE = 200
"""Tickets whose clocks are set anew in one transaction when the settings have changed."""

FINGERPRINT = "robot.settings"


def run_once(desk: Desk, *, dry: bool = False) -> list[Acted]:
    """Everything that is due now, oldest first, then what the team's own scenarios answer to, then the letters.

    `dry` tells what would be done and leaves no trace. With nothing due it costs two look-ups by index.
    """
    rearm_if_changed(desk, dry=dry)
    done: list[Acted] = []
    seen: set[tuple[int, str]] = set()
    while batch := [key for key in _due(desk) if key not in seen]:
        for key in batch:
            seen.add(key)
            acted = _act(desk, *key, dry=dry)
            if acted is not None:
                done.append(acted)
    done += acting.answer_events(desk, dry=dry)
    if not dry:
        notices.mail(desk)
    return done


def rearm_if_changed(desk: Desk, *, dry: bool = False) -> bool:
    """Set the clocks of all living tickets anew where the robot's settings are others than last time."""
    fingerprint = _fingerprint(desk)
    with desk.read() as session:
        if dry or db.remembered(session, FINGERPRINT) == fingerprint:
            return False
    after = 0
    while True:
        with desk.write() as session:
            page = db.living_tickets(session, after, PAGE)
            if not page:
                db.remember(session, FINGERPRINT, fingerprint)
                return True
            for ticket in page:
                life.rearm(session, ticket)
            after = page[-1].id or 0


def _due(desk: Desk) -> list[tuple[int, str]]:
    with desk.read() as session:
        return [(row.ticket_id, row.scenario) for row in db.due_timers(session, now(), BATCH)]


@contextmanager
def _transaction(desk: Desk, *, dry: bool) -> Iterator[Session]:
    with desk.write() as session:
        yield session
        if dry:
            session.flush()
            session.rollback()


def _act(desk: Desk, ticket_id: int, scenario: str, *, dry: bool) -> Acted | None:
    """Act on one timer, if the ticket still needs it. The robot's words are in the desk's language."""
    with _transaction(desk, dry=dry) as session, speaking(choose(desk.settings.desk.language)):
        return _decide(session, ticket_id, scenario, now())


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
    event = _fire(session, ticket, row, at)
    return Acted(ticket_id, scenario, due, event, "acted" if event else "gone")


def _held(session: Session, ticket: TicketRow, row: TimerRow, at: datetime) -> datetime | None:
    """Until when a fresh draft of the owner holds the silent owner's clock."""
    if row.scenario != Scenario.SILENT_OWNER or ticket.owner_id is None:
        return None
    draft = ticket_db.draft_of(session, ticket.owner_id, ticket.id or 0, "reply")
    due = next((t.due_at for t in life.timers_of(session, ticket) if t.scenario == row.scenario), row.due_at)
    return held_until(due, draft.updated_at if draft else None, at)


def _fire(session: Session, ticket: TicketRow, row: TimerRow, at: datetime) -> int:
    """Do what a due clock demands; returns the event's id, 0 where nothing had to be done."""
    name, _colon, key = row.scenario.partition(":")
    if name == "own":
        return acting.act_on_clock(session, ticket, key, at)
    limit = rules.promise_of(session, ticket, name).after
    data: dict[str, Any] = {
        "scenario": row.scenario,
        "cause": row.cause,
        "seconds": int(limit.total_seconds()),
    }
    match name:
        case Scenario.UNACCEPTED:
            tell(session, ticket, name, NoticeKind.UNACCEPTED, row.cause, at, data)
        case Scenario.SILENT_OWNER:
            return _take_back(session, ticket, data, limit, at)
        case Scenario.IN_WORK_OWNER:
            tell(session, ticket, name, NoticeKind.IN_WORK_OWNER, row.cause, at, data)
        case Scenario.IN_WORK_HEAD:
            tell(session, ticket, name, NoticeKind.IN_WORK_HEAD, row.cause, at, data)
        case Scenario.FORGOTTEN:
            before, was = ticket.status, life.snapshot(ticket)
            if not life.follow(session, ticket, Act.CLOSE, at):
                return 0
            data |= {"from": before, "to": ticket.status, "was": was}
            data["message"] = say(session, ticket, name, limit, at)
            return events.record(session, ticket, ROBOT, "closed", at, data=data)
        case "ask":
            ask = session.get_one(AskRow, int(key))
            data["ask"] = ask.id
            tell(session, ticket, "ask", NoticeKind.ASK_WAITING, row.cause, at, data, also=ask.by_agent)
    data["message"] = say(session, ticket, name, limit, at)
    return events.record(session, ticket, ROBOT, "reminded", at, data=data)


def _take_back(
    session: Session, ticket: TicketRow, data: dict[str, Any], limit: timedelta, at: datetime
) -> int:
    """The silent owner's ticket goes back to its group and New, where the clock of accepting starts anew."""
    owner, before, was = ticket.owner_id, ticket.status, life.snapshot(ticket)
    life.back_to_group(session, ticket, at)
    data |= {"from": before, "to": ticket.status, "was": was, "owner": owner}
    data["message"] = say(session, ticket, Scenario.SILENT_OWNER, limit, at)
    event = events.record(session, ticket, ROBOT, "returned", at, data=data)
    notices.post(
        session, ticket, NoticeKind.TAKEN_BACK, event, at, audience="agent", agent_id=owner, data=data
    )
    return event


def say(session: Session, ticket: TicketRow, scenario: str, limit: timedelta, at: datetime) -> int:
    """The robot's note on the ticket: what it did, by which scenario, and how to stop it."""
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="note", sender_name=words.robot_name(session), created_at=at,
        body=words.robot_note(scenario, limit),
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message.id or 0


def _fingerprint(desk: Desk) -> str:
    """What the clocks depend on, as one short text."""
    settings = desk.settings
    parts = [settings.model_dump_json(include={"robot", "scenarios", "calendars", "statuses", "processes"})]
    parts += [repr(settings.clocks(key)) for key in sorted(settings.groups)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
