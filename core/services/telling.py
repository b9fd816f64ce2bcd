"""From "tell the supervisors" in the configuration to notices for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.db import people
from core.db.tables import AgentRow, TicketRow
from core.domain.notices import Audience
from core.domain.scenarios import Verb
from core.i18n import _
from core.services import notices, rules
from core.services.robot_types import Deed


def tell(
    session: Session,
    ticket: TicketRow,
    scenario: str,
    kind: str,
    cause: int,
    at: datetime,
    data: dict[str, Any],
    *,
    also: int | None = None,
) -> list[Deed]:
    """Notify those whom a scenario of the box names for the ticket's group, and an agent besides."""
    promise = rules.promise_of(session, ticket, scenario)
    deeds = []
    if also is not None:
        notices.post(
            session, ticket, kind, cause, at, audience="agent", agent_id=also, data=data, by_mail=promise.by_mail
        )  # fmt: skip
        login = session.get_one(AgentRow, also).login
        deeds.append(Deed(Verb.NOTIFY, f"agent:{login}", (login,)))
    for target in promise.tell:
        deed, _new = tell_one(session, ticket, target, kind, cause, at, data, by_mail=promise.by_mail)
        deeds.append(deed)
    return deeds


def tell_one(
    session: Session,
    ticket: TicketRow,
    target: str,
    kind: str,
    cause: int,
    at: datetime,
    data: dict[str, Any],
    *,
    by_mail: bool = False,
) -> tuple[Deed, bool]:
    """Notify `supervisors`, `group`, `owner` or `agent:LOGIN`; returns who that is, and whether it is new to them.

    Where nobody here has the login the group's supervisors are told in their place, and the deed says so.
    """
    group, agent_id, why = ticket.group_id, None, ""
    audience: Audience = "group" if target == "group" else "supervisors"
    if target == "owner":
        agent_id = ticket.owner_id
        if agent_id is None:
            return Deed(Verb.NOTIFY, target, why=_("nobody owns the ticket")), False
    elif target.startswith("agent:"):
        login = target.removeprefix("agent:")
        agent = people.agent_by_login(session, login)
        if agent is not None and agent.active:
            agent_id = agent.id
        else:
            why = _("nobody here has the login {login}: the supervisors were told instead").format(
                login=login
            )
    if agent_id is not None:
        people.involve_if_outside(session, ticket, agent_id, at)
        audience, group = "agent", 0
    readers = tuple(agent.login for agent in notices.readers(session, audience, agent_id, group))
    if not readers:
        why = _("there is nobody to be told")
    new = notices.post(
        session, ticket, kind, cause, at, audience=audience, agent_id=agent_id, group_id=group or None, data=data,
        by_mail=by_mail,
    )  # fmt: skip
    return Deed(Verb.NOTIFY, target, readers, why), new
