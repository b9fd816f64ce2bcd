"""The team's own scenarios: what they do on a ticket, act by act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.db import notices as notice_db
from core.db import people
from core.db.tables import AgentRow, MessageRow, TicketRow
from core.domain.notices import NoticeKind
from core.domain.scenarios import Action, OwnScenario, Verb, matches
from core.domain.tickets import OPEN, Status
from core.errors import Conflict, NotFound
from core.i18n import _
from core.logs import get as get_log
from core.names import status_word
from core.services import canned, chains, events, life, lines, notices, rules, tags, tickets, words
from core.services.access import ROBOT
from core.services.canned import Withheld
from core.services.chains import Cause
from core.services.desk import desk_of
from core.services.robot_types import Deed
from core.services.telling import tell_one

log = get_log("robot")


def act_on_clock(session: Session, ticket: TicketRow, name: str, at: datetime) -> tuple[int, list[Deed]]:
    """A scenario's time in a status has come; returns the last event (0 where its filter lets nothing through) and
    what was done."""
    cause = chains.of_clock(session, ticket.status_event)
    for scenario in rules.own_scenarios_of(session, ticket):
        if scenario.name != name or not matches(scenario, rules.facts_of(session, ticket)):
            continue
        if chains.allows(session, ticket, scenario, cause, at):
            return perform(session, ticket, scenario, cause, at, set())
    return 0, []


def perform(
    session: Session,
    ticket: TicketRow,
    scenario: OwnScenario,
    cause: Cause,
    at: datetime,
    written: set[tuple[int, str]],
) -> tuple[int, list[Deed]]:
    """Do a scenario's acts in their order; each writes its event with the chain that led to it.

    What cannot be done is left out and said: on the ticket, in the log, and once to the supervisors. A client gets one
    letter of a scenario in a pass, however often they wrote: `written` has (ticket, scenario) of those; with a "?"
    where it was left out, which is said once.
    """
    data = {**cause.data(), "scenario": scenario.key, "chain": [*cause.chain, scenario.name]}
    last, deeds, left = 0, [], []
    for action in scenario.actions:
        if action.verb is Verb.REPLY and (ticket.id or 0, scenario.key) in written:
            continue
        try:
            event, deed = _do(session, ticket, action, scenario, cause, dict(data), at)
        except Withheld as error:
            if (ticket.id or 0, f"{scenario.key}?") not in written:
                left.append(words.left_out(action.verb, str(error)))
            written.add((ticket.id or 0, f"{scenario.key}?"))
            continue
        if action.verb is Verb.REPLY and event:
            written.add((ticket.id or 0, scenario.key))
        last = event or last
        deeds.append(deed)
    problems = [deed for deed in deeds if deed.why]
    noted = any(deed.act == Verb.NOTE for deed in deeds)
    if problems or left or (deeds and not noted):
        text = "\n".join([*left, *(words.not_done(deed.act, deed.value, deed.why) for deed in problems)])
        data["message"] = _note(session, ticket, words.own_note(scenario.name, text), at)
        last = events.record(session, ticket, ROBOT, "scenario", at, data=data)
    if problems:
        report(session, ticket, scenario.key, cause.event, at, problems)
    return last, deeds


def report(
    session: Session, ticket: TicketRow, scenario: str, cause: int, at: datetime, problems: Sequence[Deed]
) -> None:
    """Log what a scenario could not do, and tell the group's supervisors, once while such a notice stands unread."""
    for deed in problems:
        log.warning(
            "a scenario's act could not be done",
            ticket=ticket.id, scenario=scenario, act=deed.act, value=deed.value, why=deed.why,
        )  # fmt: skip
    standing = notice_db.unread(session, NoticeKind.SCENARIO_FAILED, ticket.group_id)
    if not any(row.data.get("scenario") == scenario for row in standing):
        notices.post(
            session, ticket, NoticeKind.SCENARIO_FAILED, cause, at, audience="supervisors",
            group_id=ticket.group_id, data={"scenario": scenario},
        )  # fmt: skip


def _do(
    session: Session,
    ticket: TicketRow,
    action: Action,
    scenario: OwnScenario,
    cause: Cause,
    data: dict[str, Any],
    at: datetime,
) -> tuple[int, Deed]:
    """One act; returns its event, 0 where nothing had to be done or could be, and what came of it. Raises Withheld."""
    before, was = ticket.status, life.snapshot(ticket)
    # A note's and a letter's value are its words: they stand on the ticket.
    deed = Deed(action.verb, "" if action.verb in (Verb.NOTE, Verb.REPLY) else action.value)
    assigned: AgentRow | None = None
    try:
        if action.verb is Verb.NOTIFY:
            kind, deed = _notify(session, ticket, action, scenario, data, at)
        elif action.verb is Verb.ASSIGN:
            kind, assigned = _assign(session, ticket, action.value, at)
        elif action.verb in (Verb.NOTE, Verb.REPLY):
            kind = _write(session, ticket, action, scenario, cause, data, at)
        else:
            kind = _change(session, ticket, action, data, at)
    except Withheld:
        raise
    except (NotFound, Conflict) as error:
        return 0, replace(deed, why=str(error))
    if not kind:
        return 0, deed
    data |= {
        "from": before,
        "to": ticket.status,
        "was": was,
        "owner": ticket.owner_id,
        "group": ticket.group_id,
    }
    # A letter to the client is a public message: whoever is writing an answer has to see it first.
    event = events.record(session, ticket, ROBOT, kind, at, data=data, guard=action.verb is Verb.REPLY)
    if assigned is not None:
        lines.tell_receivers(session, ticket, ROBOT, assigned, event, at)
        deed = replace(deed, to=(assigned.login,))
    return event, deed


def _notify(
    session: Session,
    ticket: TicketRow,
    action: Action,
    scenario: OwnScenario,
    data: dict[str, Any],
    at: datetime,
) -> tuple[str, Deed]:
    said = {**data, "text": words.own_text(session, action.text, ticket, at, scenario.after)}
    deed, new = tell_one(
        session, ticket, action.value, NoticeKind.OWN, data["cause"], at, said, by_mail=action.by_mail
    )
    return "reminded" if new else "", deed


def _write(
    session: Session,
    ticket: TicketRow,
    action: Action,
    scenario: OwnScenario,
    cause: Cause,
    data: dict[str, Any],
    at: datetime,
) -> str:
    """A note, or a letter to the client; its message goes into the event's data."""
    text = words.own_text(session, action.value, ticket, at, scenario.after)
    if action.verb is Verb.NOTE:
        data["message"] = _note(session, ticket, words.own_note(scenario.name, text), at)
        return "noted"
    data["message"] = canned.send(session, ticket, text, at, cause.happened)
    return "confirmed"


def _change(session: Session, ticket: TicketRow, action: Action, data: dict[str, Any], at: datetime) -> str:
    """An act that changes the ticket or who sees it; empty where it is so already."""
    match action.verb:
        case Verb.FOLLOW:
            return _follow(session, ticket, action.value, data, at)
        case Verb.TO_GROUP:
            return _pass(session, ticket, action.value, at)
        case Verb.STATUS:
            return _move(session, ticket, action.value, at)
        case Verb.TAG | Verb.UNTAG:
            add, remove = ((action.value,), ()) if action.verb is Verb.TAG else ((), (action.value,))
            data |= tags.apply(session, ticket, add, remove)
            return "tagged" if data["added"] or data["removed"] else ""
    data["priority"] = ticket.priority = action.value
    return "prioritised"


def _assign(session: Session, ticket: TicketRow, login: str, at: datetime) -> tuple[str, AgentRow | None]:
    """Not again to who has it: their clock would start anew. Raises NotFound, and Conflict for what is not open."""
    agent = lines.agent_named(session, login)
    if agent.id == ticket.owner_id:
        return "", None
    _check_open(session, ticket)
    return "assigned", lines.give(session, ROBOT, ticket, login, at)


def _named(session: Session, status: str) -> str:
    return status_word(status, desk_of(session).settings.statuses)


def _check_open(session: Session, ticket: TicketRow) -> None:
    if Status(ticket.kind) not in OPEN:
        raise Conflict(
            _("The ticket is not open: it is {status}.").format(status=_named(session, ticket.status))
        )


def _move(session: Session, ticket: TicketRow, status: str, at: datetime) -> str:
    """Move a ticket by hand, as it were. What nobody owns is New: it cannot be put into work. Raises Conflict."""
    process = rules.process_of(session, ticket)
    if ticket.status == status:
        return ""
    if status not in process.statuses:
        raise Conflict(
            _("The ticket's process {process} has no status {status}.").format(
                process=process.name or process.key, status=status
            )
        )
    kind = process.kind_of(status)
    if not process.may_move(ticket.status, status):
        raise Conflict(
            _("A ticket that is {status} cannot become {target}.").format(status=ticket.status, target=status)
        )
    if kind in (Status.NEEDS_REPLY, Status.WAITING) and not tickets.has_owner_here(session, ticket):
        raise Conflict(_("Nobody owns the ticket: it stays New until somebody accepts it."))
    if kind is Status.NEW:
        life.disown(ticket)
    life.enter(session, ticket, status, at)
    return "moved"


def _follow(session: Session, ticket: TicketRow, value: str, data: dict[str, Any], at: datetime) -> str:
    if value.startswith("group:"):
        group = lines.group_named(session, value.removeprefix("group:"))
        added = people.involve(session, ticket.id or 0, "follows", at, group_id=group.id)
    else:
        agent = lines.agent_named(session, value)
        added = people.involve(session, ticket.id or 0, "follows", at, agent_id=agent.id)
    return "followed" if added else ""


def _pass(session: Session, ticket: TicketRow, key: str, at: datetime) -> str:
    group = lines.group_named(session, key)
    if group.id == ticket.group_id:
        return ""
    _check_open(session, ticket)
    lines.remember_way(session, ROBOT, ticket, at)
    ticket.group_id = group.id or 0
    life.back_to_group(session, ticket, at)
    return "passed"


def _note(session: Session, ticket: TicketRow, text: str, at: datetime) -> int:
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="note", sender_name=words.robot_name(session), body=text, created_at=at
    )
    session.add(message)
    session.flush()
    return message.id or 0
