"""Queries over agents, groups, contacts and their addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.db.engine import writes
from core.db.tables import (
    AddressRow,
    AgentRow,
    AskRow,
    ContactRow,
    GroupRow,
    InvolvedRow,
    MembershipRow,
    ParticipantRow,
    TicketRow,
)
from core.domain.permissions import Outsiders


def agents(session: Session) -> Sequence[AgentRow]:
    """Everyone, by login."""
    return session.execute(select(AgentRow).order_by(col(AgentRow.login))).scalars().all()


def agent_by_login(session: Session, login: str) -> AgentRow | None:
    """An agent, active or not. In a writing transaction they stay as they are until it ends."""
    query = select(AgentRow).where(col(AgentRow.login) == login)
    if writes(session):
        query = query.with_for_update(read=True)
    return session.execute(query).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Standing:
    """What an agent may do hangs on this."""

    admin: bool
    active: bool
    roles: dict[int, str]
    """By group id."""


def standing_of(session: Session, agent_id: int) -> Standing | None:
    """An agent's standing. In a writing transaction nobody who takes a ticket can leave at the same moment, and leave
    it behind unnoticed."""
    query = (
        select(
            col(AgentRow.admin), col(AgentRow.active), col(MembershipRow.group_id), col(MembershipRow.role)
        )
        .outerjoin(MembershipRow, col(MembershipRow.agent_id) == col(AgentRow.id))
        .where(col(AgentRow.id) == agent_id)
    )
    if writes(session):
        query = query.with_for_update(read=True, of=AgentRow)
    rows = session.execute(query).all()
    if not rows:
        return None
    roles = {group: role for _admin, _active, group, role in rows if group is not None}
    return Standing(rows[0][0], rows[0][1], roles)


def agent_by_token(session: Session, token_hash: str) -> int | None:
    """The id of the active agent to whom a token belongs."""
    return session.execute(
        select(col(AgentRow.id)).where(col(AgentRow.token_hash) == token_hash, col(AgentRow.active))
    ).scalar_one_or_none()


def agents_by_email(session: Session, emails: Iterable[str]) -> dict[str, int]:
    """Active agents' ids by their lower-cased e-mail addresses."""
    rows = session.execute(
        select(col(AgentRow.email), col(AgentRow.id)).where(
            func.lower(col(AgentRow.email)).in_([email for email in emails if email]), col(AgentRow.active)
        )
    )
    return {email.lower(): agent_id for email, agent_id in rows if agent_id is not None}


def groups(session: Session) -> Sequence[GroupRow]:
    """Every group, by line and name."""
    return session.execute(select(GroupRow).order_by(col(GroupRow.line), col(GroupRow.name))).scalars().all()


def group_by_key(session: Session, key: str) -> GroupRow | None:
    """A group by its key in the configuration."""
    return session.execute(select(GroupRow).where(col(GroupRow.key) == key)).scalar_one_or_none()


def roles_of(session: Session, agent_id: int) -> dict[int, str]:
    """An agent's role by group id."""
    rows = session.execute(
        select(col(MembershipRow.group_id), col(MembershipRow.role)).where(
            col(MembershipRow.agent_id) == agent_id
        )
    )
    return {row[0]: row[1] for row in rows}


def all_roles(session: Session) -> list[tuple[int, str, str]]:
    """(agent id, group key, role) of every membership."""
    rows = session.execute(
        select(col(MembershipRow.agent_id), col(GroupRow.key), col(MembershipRow.role)).join(
            GroupRow, col(GroupRow.id) == col(MembershipRow.group_id)
        )
    )
    return [(agent, key, role) for agent, key, role in rows]


def leave_group(session: Session, agent_id: int, group_id: int) -> bool:
    """End a membership; False where there is none."""
    row = session.get(MembershipRow, (agent_id, group_id))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def address_of(session: Session, email: str) -> AddressRow | None:
    """A client's address, lower-cased."""
    return session.execute(
        select(AddressRow).where(col(AddressRow.email) == email.lower())
    ).scalar_one_or_none()


def addresses(session: Session, ids: Collection[int]) -> dict[int, AddressRow]:
    """Addresses by id."""
    rows = session.execute(select(AddressRow).where(col(AddressRow.id).in_(list(ids)))).scalars()
    return {row.id: row for row in rows if row.id is not None}


def addresses_of_contact(session: Session, contact_id: int) -> Sequence[str]:
    """All of a contact's addresses, oldest first."""
    return (
        session.execute(
            select(col(AddressRow.email))
            .where(col(AddressRow.contact_id) == contact_id)
            .order_by(col(AddressRow.id))
        )
        .scalars()
        .all()
    )


def participants(session: Session, ticket_id: int) -> list[tuple[AddressRow, bool]]:
    """(address, whether the requester's) of a ticket's clients, the requester first."""
    rows = session.execute(
        select(AddressRow, col(ParticipantRow.requester))
        .join(ParticipantRow, col(ParticipantRow.address_id) == col(AddressRow.id))
        .where(col(ParticipantRow.ticket_id) == ticket_id)
        .order_by(col(ParticipantRow.requester).desc(), col(AddressRow.id))
    )
    return [(address, requester) for address, requester in rows]


def names_of_contacts(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Display names by contact id."""
    rows = session.execute(
        select(col(ContactRow.id), col(ContactRow.name)).where(col(ContactRow.id).in_(list(ids)))
    )
    return {contact: name for contact, name in rows if contact is not None}


def contacts_in_brief(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Display names and the oldest addresses (empty: none) by contact id."""
    oldest = (
        select(col(AddressRow.contact_id), func.min(col(AddressRow.id)).label("id"))
        .where(col(AddressRow.contact_id).in_(list(ids)))
        .group_by(col(AddressRow.contact_id))
        .subquery()
    )
    rows = session.execute(
        select(col(ContactRow.id), col(ContactRow.name), col(AddressRow.email))
        .outerjoin(oldest, oldest.c.contact_id == col(ContactRow.id))
        .outerjoin(AddressRow, col(AddressRow.id) == oldest.c.id)
        .where(col(ContactRow.id).in_(list(ids)))
    )
    return {contact: (name, email or "") for contact, name, email in rows if contact is not None}


def involved_in(session: Session, ticket_id: int) -> Sequence[InvolvedRow]:
    """The staff from outside who may see a ticket, and why."""
    return (
        session.execute(
            select(InvolvedRow).where(col(InvolvedRow.ticket_id) == ticket_id).order_by(col(InvolvedRow.id))
        )
        .scalars()
        .all()
    )


HEAD_IS_ASKED = (col(AskRow.state) == "open", col(AskRow.to_group).is_not(None))
"""Which questions let a group's supervisors see the ticket."""


def outsiders(session: Session, ticket_ids: Collection[int]) -> dict[int, Outsiders]:
    """Who may see each of some tickets from outside."""
    rows = session.execute(
        select(col(InvolvedRow.ticket_id), col(InvolvedRow.agent_id), col(InvolvedRow.group_id)).where(
            col(InvolvedRow.ticket_id).in_(list(ticket_ids))
        )
    ).all()
    asked = session.execute(
        select(col(AskRow.ticket_id), col(AskRow.to_group)).where(
            col(AskRow.ticket_id).in_(list(ticket_ids)), *HEAD_IS_ASKED
        )
    ).all()
    agents: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    groups: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    heads: dict[int, set[int]] = {ticket_id: set() for ticket_id in ticket_ids}
    for ticket_id, agent, group in rows:
        if agent is not None:
            agents[ticket_id].add(agent)
        if group is not None:
            groups[ticket_id].add(group)
    for ticket_id, head in asked:
        heads[ticket_id].add(head)
    return {
        one: Outsiders(frozenset(agents[one]), frozenset(groups[one]), frozenset(heads[one]))
        for one in ticket_ids
    }


def involve(
    session: Session,
    ticket_id: int,
    how: str,
    since: datetime,
    *,
    agent_id: int | None = None,
    group_id: int | None = None,
) -> bool:
    """Let an agent or a group see a ticket; False where they were involved in this way already."""
    for row in involved_in(session, ticket_id):
        if (row.how, row.agent_id, row.group_id) == (how, agent_id, group_id):
            return False
    session.add(InvolvedRow(ticket_id=ticket_id, agent_id=agent_id, group_id=group_id, how=how, since=since))
    session.flush()
    return True


def involve_if_outside(
    session: Session, ticket: TicketRow, agent_id: int, since: datetime, how: str = "mentioned"
) -> None:
    """Let an agent who is told of a ticket, or asked about it, see it too."""
    if ticket.owner_id != agent_id and ticket.group_id not in roles_of(session, agent_id):
        involve(session, ticket.id or 0, how, since, agent_id=agent_id)
