"""Agents and their memberships: who is on the staff, in which groups, with which role."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from core.clock import now
from core.db import people, tickets
from core.db.tables import AgentRow, EventRow, GroupRow, MembershipRow
from core.domain.permissions import Role
from core.domain.tokens import hash_agent_token
from core.errors import BadInput, Conflict, NotFound
from core.i18n import _
from core.services import rules, shifts
from core.services.access import OPERATOR
from core.services.desk import Desk, desk_of, repeated
from core.services.identity import agent_info, group_info
from core.services.models.people import AgentInfo, GroupInfo
from core.text import terminal_safe

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """An agent with their groups."""

    agent: AgentInfo
    roles: Mapping[str, str]
    """Role by group key."""
    has_token: bool


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """A group with its people."""

    group: GroupInfo
    agents: tuple[str, ...]
    """Logins."""
    supervisors: tuple[str, ...]
    open_tickets: int
    """Tickets of its that are on a board."""


@dataclass(frozen=True, slots=True)
class Edited:
    """An agent after a change."""

    agent: AgentInfo
    changed: bool
    """False where everything had been so already."""
    not_in: tuple[str, ...] = ()
    """Keys of the groups that they were to leave and never were in."""
    returned: tuple[int, ...] = ()
    """Tickets of theirs that went back to their groups."""
    withdrawn: tuple[int, ...] = ()
    """Numbers of the questions that were taken back."""


def add(
    desk: Desk,
    login: str,
    name: str = "",
    email: str = "",
    *,
    groups: Mapping[str, Role] | None = None,
    admin: bool = False,
) -> AgentInfo:
    """Add an agent. Raises BadInput for a login that cannot be one, Conflict for one that is taken,
    NotFound for an unknown group."""
    if not _LOGIN.fullmatch(login):
        said = _("{login} cannot be a login.") if login.strip() else _("The login is empty.")
        raise BadInput(
            said.format(login=login),
            hint=_("Use up to 32 small Latin letters, digits, dots, dashes and underscores: anna.k"),
        )
    _check_name(name)
    _check_email(email)
    with desk.write() as session:
        if people.agent_by_login(session, login):
            raise Conflict(
                _("There is already an agent {login}.").format(login=login),
                hint=_("Change them with: glazok agent edit {login}").format(login=login),
            )
        row = AgentRow(
            login=login, name=name.strip() or login, email=email.lower(), admin=admin, created_at=now()
        )
        session.add(row)
        session.flush()
        _set_roles(session, row, groups or {})
        _note(session, "agent.added", row)
        return agent_info(row)


@repeated
def edit(
    desk: Desk,
    login: str,
    *,
    name: str | None = None,
    email: str | None = None,
    admin: bool | None = None,
    active: bool | None = None,
    add_groups: Mapping[str, Role] | None = None,
    remove_groups: Collection[str] = (),
) -> Edited:
    """Change what is given. What they had in hand of groups in which they work no more goes back there.

    Raises NotFound for an unknown agent or group, BadInput for a group to join and to leave at once.
    """
    both = sorted((add_groups or {}).keys() & set(remove_groups))
    if both:
        raise BadInput(
            _("{login} cannot join the group {key} and leave it at once.").format(login=login, key=both[0]),
            hint=_("Say either --group or --leave; --group alone changes the role in a group."),
        )
    if name is not None:
        _check_name(name)
    if email is not None:
        _check_email(email)
    with desk.write() as session:
        row = _agent(session, login)
        before, served = _standing(session, row), _serves(session, row)
        row.name = name.strip() or row.name if name is not None else row.name
        row.email = email.lower() if email is not None else row.email
        row.admin = row.admin if admin is None else admin
        row.active = row.active if active is None else active
        let_go = shifts.LetGo()
        if not row.active:
            row.token_hash = None
            let_go = shifts.let_go(session, row, now())
        _set_roles(session, row, add_groups or {})
        session.flush()
        not_in = tuple(
            key
            for key in dict.fromkeys(remove_groups)
            if not people.leave_group(session, row.id or 0, _group(session, key).id or 0)
        )
        if row.active:
            let_go = shifts.leave_groups(session, row, served - _serves(session, row), now())
        changed = _standing(session, row) != before
        if changed:
            _note(session, "agent.edited", row)
        return Edited(agent_info(row), changed, not_in, let_go.returned, let_go.withdrawn)


def staff(desk: Desk) -> list[StaffMember]:
    """Everyone, in the order of their logins."""
    with desk.read() as session:
        roles: dict[int, dict[str, str]] = {}
        for agent_id, key, role in people.all_roles(session):
            roles.setdefault(agent_id, {})[key] = role
        rows = people.agents(session)
    return [
        StaffMember(agent_info(row), roles.get(row.id or 0, {}), row.token_hash is not None) for row in rows
    ]


def groups(desk: Desk) -> list[GroupMembers]:
    """Every group with its people, by line and name."""
    members = staff(desk)
    with desk.read() as session:
        rows, open_tickets = people.groups(session), tickets.open_by_group(session)

    def logins(key: str, role: Role) -> tuple[str, ...]:
        return tuple(m.agent.login for m in members if m.agent.active and m.roles.get(key) == role)

    return [
        GroupMembers(
            group_info(desk, row),
            logins(row.key, Role.AGENT),
            logins(row.key, Role.SUPERVISOR),
            open_tickets.get(row.id or 0, 0),
        )
        for row in rows
    ]


def groups_without_agents(desk: Desk) -> list[str]:
    """Keys of the configuration's groups in which nobody is who still works here, the default group first."""
    inhabited = {one.group.key for one in groups(desk) if one.agents or one.supervisors}
    default = desk.settings.desk.default_group
    return sorted(desk.settings.groups.keys() - inhabited, key=lambda key: (key != default, key))


def new_token(desk: Desk, login: str) -> str:
    """A new token for the agent's remote console, shown once; the old one ends. Only its hash is kept. Raises
    Conflict for one who has left."""
    token = secrets.token_urlsafe(32)
    with desk.write() as session:
        row = _agent(session, login)
        if not row.active:
            raise Conflict(
                _("{login} has left this desk.").format(login=login),
                hint=_("An operator can bring them back with: glazok agent edit {login} --active").format(
                    login=login
                ),
            )
        row.token_hash = hash_agent_token(token)
        _note(session, "agent.token", row)
    return token


def revoke_token(desk: Desk, login: str) -> bool:
    """End the agent's token; False where there was none."""
    with desk.write() as session:
        row = _agent(session, login)
        if row.token_hash is None:
            return False
        row.token_hash = None
        _note(session, "agent.token_revoked", row)
        return True


def _agent(session: Session, login: str) -> AgentRow:
    row = people.agent_by_login(session, login)
    if row is None:
        raise NotFound(
            _("There is no agent with the login {login}.").format(login=login),
            hint=_("See who there is with: glazok agent list"),
        )
    return row


def _group(session: Session, key: str, *, to_join: bool = False) -> GroupRow:
    row = people.group_by_key(session, key)
    if row is None or (to_join and not rules.takes_tickets(session, row)):
        known = ", ".join(sorted(desk_of(session).settings.groups))
        raise NotFound(
            _("There is no group {key}; there are: {known}.").format(key=key, known=known),
            hint=_("Groups are written in the configuration, under [groups.KEY]."),
        )
    return row


def _set_roles(session: Session, agent: AgentRow, groups: Mapping[str, Role]) -> None:
    for key, role in groups.items():
        group = _group(session, key, to_join=True)
        row = session.get(MembershipRow, (agent.id, group.id))
        if row is None:
            session.add(MembershipRow(agent_id=agent.id or 0, group_id=group.id or 0, role=role))
        else:
            row.role = role


def _standing(session: Session, agent: AgentRow) -> tuple[object, ...]:
    """Everything of an agent that an edit can change."""
    roles = people.roles_of(session, agent.id or 0)
    return agent.name, agent.email, agent.admin, agent.active, roles


def _serves(session: Session, agent: AgentRow) -> set[int]:
    """Ids of the groups whose tickets an agent has to do with: their own, an admin's are all."""
    if agent.admin:
        return {group.id or 0 for group in people.groups(session)}
    return set(people.roles_of(session, agent.id or 0))


def _note(session: Session, kind: str, agent: AgentRow) -> None:
    session.add(EventRow(at=now(), actor=OPERATOR.kind, kind=kind, data={"agent": agent.id}))


def _check_name(name: str) -> None:
    if terminal_safe(name) != name:
        raise BadInput(
            _("The name {name} has characters that cannot be shown.").format(name=terminal_safe(name)),
            hint=_("Write it in letters, on one line."),
        )


def _check_email(email: str) -> None:
    if email and (terminal_safe(email) != email or not re.fullmatch(r"[^@\s]+@[^@\s]+", email)):
        raise BadInput(
            _("{email} is not an e-mail address.").format(email=email),
            hint=_("Write it as name@example.com."),
        )
