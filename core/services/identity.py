"""Who an agent is: logins, presence tickets, agent tokens, and which presence rooms they may enter."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from core.clock import now
from core.db import people
from core.db.tables import AgentRow, GroupRow
from core.db.tickets import homes
from core.domain import permissions
from core.domain.tokens import SYSTEM_SUBJECT, hash_agent_token, read_presence, sign_presence
from core.errors import Forbidden, NotFound
from core.i18n import _
from core.services.access import Actor, seen_by, viewer_of
from core.services.desk import Desk
from core.services.models.people import AgentInfo, Directory, GroupInfo

EVERY_ROOM = "*"
"""The room of the desk's own programs: they may send hints anywhere and are seen nowhere."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose connection it is. Agent 0 is the desk itself."""

    agent_id: int
    rooms: frozenset[str]


def agent_info(row: AgentRow) -> AgentInfo:
    """The read model of a row."""
    assert row.id is not None
    return AgentInfo(row.id, row.login, row.name, row.email, row.admin, row.active)


def group_info(desk: Desk, row: GroupRow) -> GroupInfo:
    """The read model of a row. Active is what the configuration names as well."""
    assert row.id is not None
    active = row.active and row.key in desk.settings.groups
    return GroupInfo(row.id, row.key, row.name, row.line, active)


def agent_by_login(desk: Desk, login: str) -> AgentInfo:
    """An agent. Raises NotFound."""
    with desk.read() as session:
        row = people.agent_by_login(session, login)
    if row is None:
        raise NotFound(
            _("There is no agent with the login {login}.").format(login=login),
            hint=_("See who there is with: glazok agent list"),
        )
    return agent_info(row)


def directory(desk: Desk) -> Directory:
    """All agents and groups."""
    with desk.read() as session:
        agents = [agent_info(row) for row in people.agents(session)]
        groups = [group_info(desk, row) for row in people.groups(session)]
    return Directory({agent.id: agent for agent in agents}, {group.id: group for group in groups})


def presence_ticket(desk: Desk, agent_id: int | None) -> str:
    """A ticket for one connection to the presence server, for an agent or (None) for the desk's own
    programs."""
    subject = SYSTEM_SUBJECT if agent_id is None else f"a{agent_id}"
    return sign_presence(desk.secret, subject, now(), secrets.token_hex(12))


class Identity:
    """Tells the presence server who a token is. Methods block: call them from a thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._used: dict[str, datetime] = {}
        self._lock = Lock()

    def check(self, token: str) -> Who:
        """Who a presence ticket (accepted once) or an agent token belongs to. Raises Forbidden."""
        ticket = read_presence(self._desk.secret, token, now())
        if ticket is None:
            return self.rooms_of(self._agent_of_token(token))
        with self._lock:
            current = now()
            for nonce in [nonce for nonce, expires in self._used.items() if expires < current]:
                del self._used[nonce]
            if ticket.nonce in self._used:
                raise Forbidden(_("This presence ticket was used before."))
            self._used[ticket.nonce] = ticket.expires
        if ticket.subject == SYSTEM_SUBJECT:
            return Who(0, frozenset({EVERY_ROOM}))
        return self.rooms_of(int(ticket.subject.removeprefix("a")))

    def is_revoked(self, token: str) -> bool:
        """Whether an agent token that was good has been taken back. A presence ticket (they have a dot)
        cannot be."""
        if "." in token:
            return False
        with self._desk.read() as session:
            return people.agent_by_token(session, hash_agent_token(token)) is None

    def rooms_of(self, agent_id: int) -> Who:
        """The rooms that an agent may be in now. Raises Forbidden for one who left."""
        if agent_id == 0:
            return Who(0, frozenset({EVERY_ROOM}))
        with self._desk.read() as session:
            viewer = viewer_of(session, Actor.agent(agent_id))
            groups = [group.id for group in people.groups(session) if group.id is not None]
        return Who(agent_id, permissions.rooms(viewer, groups))

    def seen(self, agent_id: int, tickets: Collection[str]) -> dict[str, str]:
        """Which of these tickets (their numbers, as on the wire) an agent may see now, each with the room of
        its group. Raises Forbidden for one who left.
        """
        # Nineteen digits and more are no id that a database could hold; "007" is nobody's number.
        numbers = {
            ticket for ticket in tickets if len(ticket) < 19 and ticket.isascii() and ticket.isdecimal()
        }
        ids = [int(number) for number in numbers if not number.startswith("0")]
        with self._desk.read() as session:
            viewer = viewer_of(session, Actor.agent(agent_id))
            groups = homes(session, seen_by(viewer), ids)
        return {str(ticket): f"g{group}" for ticket, group in groups.items()}

    def _agent_of_token(self, token: str) -> int:
        with self._desk.read() as session:
            found = people.agent_by_token(session, hash_agent_token(token))
        if found is None:
            raise Forbidden(_("This token is unknown, expired or revoked."))
        return found
