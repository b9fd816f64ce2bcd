"""The team's own scenarios: what they do, and the chain by which loops are cut."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import clocks as db
from core.db import mail as mail_db
from core.db import people
from core.db import tickets as ticket_db
from core.db.tables import EventRow, MessageRow, TicketRow
from core.domain import loops
from core.domain.joining import tagged
from core.domain.notices import NoticeKind
from core.domain.scenarios import Action, OwnScenario, Verb, matches, may_act
from core.domain.tickets import Status
from core.domain.tokens import message_id
from core.errors import NotFound
from core.services import events, life, lines, replies, rules, words
from core.services.access import ROBOT
from core.services.desk import Desk, desk_of
from core.services.robot_types import Acted
from core.services.telling import tell_one

CURSOR = "robot.feed"
EVENTS = 500
"""Events looked at in one go."""

HAPPENINGS = {
    "opened": "opened", "client_wrote": "client_wrote", "replied": "replied", "noted": "noted",
    "accepted": "accepted", "released": "released", "returned": "released", "passed": "passed",
    "handed_over": "passed", "solved": "solved", "closed": "closed", "reopened": "reopened", "bounced": "bounced",
}  # fmt: skip
"""What a scenario can wait for, by kind of event."""


def answer_events(desk: Desk, *, dry: bool = False) -> list[Acted]:
    """Let the scenarios that wait for something to happen act on what has happened since the last pass.

    The first pass of a desk only notes where the feed stands: history is not answered.
    """
    done: list[Acted] = []
    if not any(scenario.event for scenario in desk.settings.own_scenarios()):
        return done
    while True:
        with desk.write() as session:
            cursor = db.remembered(session, CURSOR)
            if not cursor:
                db.remember(session, CURSOR, str(db.last_event(session)))
                return done
            batch = db.events_after(session, int(cursor), EVENTS)
            if not batch:
                return done
            for event in batch:
                done += _answer(session, event)
            db.remember(session, CURSOR, str(batch[-1].id))
            if dry:
                session.rollback()
                return done


def _answer(session: Session, event: EventRow) -> list[Acted]:
    happened = HAPPENINGS.get(event.kind)
    ticket = session.get(TicketRow, event.ticket_id) if event.ticket_id and happened else None
    if ticket is None or happened is None:
        return []
    chain = [str(name) for name in event.data.get("chain", [])]
    done = []
    for scenario in rules.own_scenarios_of(session, ticket):
        facts = rules.facts_of(session, ticket, happened)
        if scenario.event and matches(scenario, facts) and may_act(chain, scenario):
            last = perform(session, ticket, scenario, event.id or 0, chain, now())
            done.append(Acted(ticket.id or 0, scenario.key, event.at, last))
    return done


def act_on_clock(session: Session, ticket: TicketRow, name: str, at: datetime) -> int:
    """A scenario's time in a status has come; returns the last event, 0 where its filter lets nothing through."""
    for scenario in rules.own_scenarios_of(session, ticket):
        if scenario.name == name and matches(scenario, rules.facts_of(session, ticket)):
            return perform(session, ticket, scenario, ticket.status_event, [], at)
    return 0


def perform(
    session: Session, ticket: TicketRow, scenario: OwnScenario, cause: int, chain: list[str], at: datetime
) -> int:
    """Do a scenario's acts in their order; each writes its event with the chain that led to it."""
    data: dict[str, Any] = {"scenario": scenario.key, "cause": cause, "chain": [*chain, scenario.name]}
    last = 0
    for action in scenario.actions:
        last = _do(session, ticket, action, dict(data), at) or last
    return last or events.record(session, ticket, ROBOT, "scenario", at, data=data)


def _do(session: Session, ticket: TicketRow, action: Action, data: dict[str, Any], at: datetime) -> int:
    before, was = ticket.status, life.snapshot(ticket)
    kind = ""
    match action.verb:
        case Verb.NOTIFY:
            minutes = int((at - ticket.status_since).total_seconds() // 60)
            data["text"] = words.own_text(action.text, ticket, minutes)
            tell_one(
                session, ticket, action.value, NoticeKind.OWN, data["cause"], at, data, by_mail=action.by_mail
            )
            data.pop("text")
            kind = "reminded"
        case Verb.ASSIGN:
            with suppress(NotFound):
                lines.give(session, ticket, action.value, at)
                kind = "assigned"
        case Verb.FOLLOW:
            with suppress(NotFound):
                kind = _follow(session, ticket, action.value, data, at)
        case Verb.TO_GROUP:
            kind = _pass(session, ticket, action.value, at)
        case Verb.STATUS:
            if rules.process_of(session, ticket).may_move(ticket.status, action.value):
                life.enter(session, ticket, action.value, at)
                if ticket.kind == Status.NEW:
                    life.disown(ticket)
                kind = "moved"
        case Verb.NOTE:
            data["message"] = _note(session, ticket, action.value, at)
            kind = "noted"
        case Verb.REPLY:
            data["message"] = _letter(session, ticket, action.value, at)
            kind = "confirmed" if data["message"] else ""
        case Verb.PRIORITY:
            data["priority"] = action.value
            ticket.priority = action.value
            kind = "prioritised"
    if not kind:
        return 0
    data |= {
        "from": before,
        "to": ticket.status,
        "was": was,
        "owner": ticket.owner_id,
        "group": ticket.group_id,
    }
    return events.record(session, ticket, ROBOT, kind, at, data=data)


def _follow(session: Session, ticket: TicketRow, value: str, data: dict[str, Any], at: datetime) -> str:
    if value.startswith("group:"):
        group = lines.group_named(session, value.removeprefix("group:"))
        added = people.involve(session, ticket.id or 0, "follows", at, group_id=group.id)
    else:
        agent = lines.agent_named(session, value)
        added = people.involve(session, ticket.id or 0, "follows", at, agent_id=agent.id)
    return "followed" if added else ""


def _pass(session: Session, ticket: TicketRow, key: str, at: datetime) -> str:
    group = people.group_by_key(session, key)
    if group is None or group.id is None or group.id == ticket.group_id:
        return ""
    lines.remember_way(session, ROBOT, ticket, at)
    ticket.group_id = group.id
    life.back_to_group(session, ticket, at)
    return "passed"


def _note(session: Session, ticket: TicketRow, text: str, at: datetime) -> int:
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="note", sender_name=words.robot_name(session), body=text, created_at=at
    )
    session.add(message)
    session.flush()
    return message.id or 0


def _letter(session: Session, ticket: TicketRow, text: str, at: datetime) -> int:
    """A canned letter to the client: automatic, so it moves no ball and is held to the limits against loops."""
    desk = desk_of(session)
    mailbox, last = desk.mailbox(ticket.mailbox), ticket_db.last_inbound(session, ticket.id or 0)
    clients = people.participants(session, ticket.id or 0)
    if mailbox is None or not clients:
        return 0
    address = clients[0][0].email
    if not loops.may_answer_automatically(
        mail_db.automatic_letters_since(session, address, at - loops.WINDOW), at
    ):
        return 0
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="confirmation", subject=tagged(f"Re: {ticket.subject}", ticket.id or 0),
        body=text, recipients=[["to", address, ""]],
        rfc_id=message_id(desk.secret, ticket.id or 0, secrets.token_hex(6), mailbox.address.rpartition("@")[2]),
        in_reply_to=(last.rfc_id or "") if last else "", references=(last.rfc_id or "") if last else "",
        created_at=at,
    )  # fmt: skip
    session.add(message)
    session.flush()
    replies.queue(session, ticket, message, at)
    return message.id or 0
