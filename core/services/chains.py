"""What led to what: the chain of scenarios from a first cause, over events and clocks alike, and where it is cut.

A chain is carried by the events that scenarios write. A clock goes on with the chain of the event that started it, so
that two scenarios of time cannot hand a ticket to and fro; what a person or a client does begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.db import tickets as db
from core.db.tables import EventRow, MessageRow, TicketRow
from core.domain.notices import NoticeKind
from core.domain.scenarios import PREFIX, OwnScenario, may_act
from core.services import events, notices, words
from core.services.access import ROBOT


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a scenario acts."""

    event: int
    """What happened, or what started the clock."""
    root: int
    """The first cause: nothing that a scenario did led to it."""
    chain: tuple[str, ...] = ()
    """Names of the scenarios between them, oldest first."""
    happened: EventRow | None = None
    """What happened; None where a clock came due."""

    def data(self) -> dict[str, Any]:
        """For the events that come of it."""
        return {"cause": self.event, "chain": list(self.chain), "root": self.root}


def of_event(event: EventRow) -> Cause:
    """The cause of what a scenario does about an event."""
    chain = tuple(str(name) for name in event.data.get("chain", ()))
    number = event.id or 0
    return Cause(number, int(event.data.get("root", number)) if chain else number, chain, event)


def of_clock(session: Session, started: int) -> Cause:
    """The cause of what a clock does that an event started."""
    event = session.get(EventRow, started)
    if event is None:
        return Cause(started, started)
    found = of_event(event)
    return Cause(started, found.root, found.chain)


def inherited(session: Session, started: int) -> dict[str, Any]:
    """What the events of a promise from the box carry on: promises are always kept, and begin no chain anew."""
    cause = of_clock(session, started)
    return {"chain": list(cause.chain), "root": cause.root} if cause.chain else {}


def allows(session: Session, ticket: TicketRow, scenario: OwnScenario, cause: Cause, at: datetime) -> bool:
    """Whether a scenario may act for a cause: none twice for one first cause, and not too many in a row.

    Where scenarios start one another without end it is said once for a first cause: on the ticket, and to the group's
    supervisors. That a scenario does not answer itself is nothing to speak of.
    """
    if cause.root == cause.event or not cause.chain:
        return True
    before = [
        event for event in db.events_of_actor(session, ticket.id or 0, ROBOT.kind, cause.root)
        if event.data.get("root") == cause.root
    ]  # fmt: skip
    acted = {str(event.data.get("scenario", "")) for event in before}
    if may_act(cause.chain, scenario) and scenario.key not in acted:
        return True
    if cause.chain[-1] != scenario.name and not any(event.kind == "loop_cut" for event in before):
        _tell(session, ticket, (*cause.chain, scenario.name), cause, at)
    return False


def _tell(session: Session, ticket: TicketRow, chain: tuple[str, ...], cause: Cause, at: datetime) -> None:
    message = MessageRow(
        ticket_id=ticket.id or 0, kind="note", sender_name=words.robot_name(session), created_at=at,
        body=words.loop_cut(chain),
    )  # fmt: skip
    session.add(message)
    session.flush()
    data = {
        "scenario": PREFIX + chain[-1],
        "cause": cause.event,
        "root": cause.root,
        "cut": list(chain),
        "message": message.id,
    }
    events.record(session, ticket, ROBOT, "loop_cut", at, data=data)
    notices.post(
        session, ticket, NoticeKind.SCENARIO_LOOP, cause.root, at, audience="supervisors", group_id=ticket.group_id,
        data={"cut": list(chain)},
    )  # fmt: skip
