"""What the team's own scenarios do: their acts in their order, and what is said of those that could not be done."""

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
from core.domain.scenarios import Action, OwnScenario, Verb
from core.domain.tickets import OPEN, Status
from core.errors import Conflict, NotFound
from core.i18n import _
from core.logs import get as get_log
from core.names import status_word
from core.services import canned, events, life, lines, notices, rules, tickets, words
from core.services.access import ROBOT
from core.services.canned import Withheld
from core.services.chains import Cause
from core.services.desk import desk_of
from core.services.robot_types import Deed
from core.services.telling import tell_one

log = get_log("robot")


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
    assigned: AgentRow | None = None
    deed = Deed(action.verb, action.value)
    try:
        match action.verb:
            case Verb.NOTIFY:
                said = {**data, "text": words.own_text(session, action.text, ticket, at, scenario.after)}
                deed, new = tell_one(
                    session, ticket, action.value, NoticeKind.OWN, data["cause"], at, said,
                    by_mail=action.by_mail,
                )  # fmt: skip
                kind = "reminded" if new else ""
            case Verb.ASSIGN:
                kind, assigned = _assign(session, ticket, action.value, at)
            case Verb.FOLLOW:
                kind = _follow(session, ticket, action.value, data, at)
            case Verb.TO_GROUP:
                kind = _pass(session, ticket, action.value, at)
            case Verb.STATUS:
                kind = _move(session, ticket, action.value, at)
            case Verb.NOTE:
                text = words.own_text(session, action.value, ticket, at, scenario.after)
                data["message"] = _note(session, ticket, words.own_note(scenario.name, text), at)
                kind, deed = "noted", Deed(action.verb)
            case Verb.REPLY:
                deed = Deed(action.verb)
                text = words.own_text(session, action.value, ticket, at, scenario.after)
                data["message"] = canned.send(session, ticket, text, at, cause.happened)
                kind = "confirmed"
            case Verb.PRIORITY:
                data["priority"] = action.value
                ticket.priority = action.value
                kind = "prioritised"
    except Withheld:
        raise
    except (NotFound, Conflict) as error:
        return 0, replace(deed, why=str(error))
    if not kind:
        return 0, deed
    data |= {
        "from": before, "to": ticket.status, "was": was, "owner": ticket.owner_id, "group": ticket.group_id,
    }  # fmt: skip
    # A letter to the client is a public message: whoever is writing an answer has to see it first.
    event = events.record(session, ticket, ROBOT, kind, at, data=data, guard=action.verb is Verb.REPLY)
    if assigned is None:
        return event, deed
    lines.tell_receivers(session, ticket, ROBOT, assigned, event, at)
    return event, replace(deed, to=(assigned.login,))


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
