"""Queries over notices and their acknowledgements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlmodel import Session, col

from core.db.clocks import beside
from core.db.tables import AgentRow, GroupRow, MembershipRow, NoticeAckRow, NoticeRow

_UNMAILED = (
    col(NoticeRow.by_mail),
    col(NoticeRow.mailed_at).is_(None),
    col(NoticeRow.withdrawn_at).is_(None),
)


def of_ticket(session: Session, ticket_id: int) -> Sequence[NoticeRow]:
    """All of a ticket's notices, withdrawn ones too."""
    if (held := beside(session, ticket_id)) is not None:
        return held.notices
    return session.execute(select(NoticeRow).where(col(NoticeRow.ticket_id) == ticket_id)).scalars().all()


def open_of_ticket(session: Session, ticket_id: int) -> Sequence[NoticeRow]:
    """A ticket's notices that have not been withdrawn."""
    if (held := beside(session, ticket_id)) is not None:
        return [row for row in held.notices if row.withdrawn_at is None]
    return (
        session.execute(
            select(NoticeRow).where(
                col(NoticeRow.ticket_id) == ticket_id, col(NoticeRow.withdrawn_at).is_(None)
            )
        )
        .scalars()
        .all()
    )


def recent_of_group(session: Session, group_id: int, kind: str, since: datetime) -> Sequence[NoticeRow]:
    """A group's notices of one kind that were written since a time and stand still."""
    return (
        session.execute(
            select(NoticeRow).where(
                col(NoticeRow.group_id) == group_id,
                col(NoticeRow.withdrawn_at).is_(None),
                col(NoticeRow.kind) == kind,
                col(NoticeRow.created_at) > since,
            )
        )
        .scalars()
        .all()
    )


def tickets_told(session: Session, agent_id: int, kinds: Collection[str]) -> list[int]:
    """The tickets of which a notice of some kinds stands for an agent; sorted."""
    query = select(col(NoticeRow.ticket_id)).where(
        col(NoticeRow.audience) == "agent", col(NoticeRow.agent_id) == agent_id, col(NoticeRow.kind).in_(list(kinds)),
        col(NoticeRow.withdrawn_at).is_(None),
    )  # fmt: skip
    return sorted(set(session.execute(query).scalars()))


def add(session: Session, row: NoticeRow) -> None:
    """A new notice of a ticket."""
    session.add(row)
    if (held := beside(session, row.ticket_id)) is not None:
        held.notices.append(row)


def of_agent(
    session: Session,
    agent_id: int,
    groups: Collection[int],
    supervised: Collection[int],
    limit: int,
    without: Collection[str] = (),
) -> Sequence[NoticeRow]:
    """Notices for an agent that stand and that they have not acknowledged, newest first; of any kind but some."""
    acknowledged = exists().where(
        col(NoticeAckRow.notice_id) == col(NoticeRow.id), col(NoticeAckRow.agent_id) == agent_id
    )
    mine = or_(
        and_(col(NoticeRow.audience) == "agent", col(NoticeRow.agent_id) == agent_id),
        and_(col(NoticeRow.audience) == "group", col(NoticeRow.group_id).in_(list(groups))),
        and_(col(NoticeRow.audience) == "supervisors", col(NoticeRow.group_id).in_(list(supervised))),
    )
    return (
        session.execute(
            select(NoticeRow)
            .where(
                col(NoticeRow.withdrawn_at).is_(None),
                mine,
                ~acknowledged,
                col(NoticeRow.kind).not_in(list(without)),
            )
            .order_by(col(NoticeRow.id).desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def any_unmailed(session: Session) -> bool:
    """Whether notices are to go by e-mail that have not yet."""
    return session.execute(select(col(NoticeRow.id)).where(*_UNMAILED).limit(1)).first() is not None


def unmailed(session: Session) -> Sequence[NoticeRow]:
    """Notices that are to go by e-mail too and have not yet, oldest first; those that somebody else is just about to
    mail are left to them."""
    return (
        session.execute(
            select(NoticeRow)
            .where(*_UNMAILED)
            .order_by(col(NoticeRow.id))
            .with_for_update(key_share=True, skip_locked=True)
        )
        .scalars()
        .all()
    )


def unread(session: Session, kind: str, group_id: int) -> Sequence[NoticeRow]:
    """A group's notices of a kind that stand and that nobody has acknowledged."""
    acknowledged = select(col(NoticeAckRow.notice_id))
    return (
        session.execute(
            select(NoticeRow).where(
                col(NoticeRow.kind) == kind,
                col(NoticeRow.group_id) == group_id,
                col(NoticeRow.withdrawn_at).is_(None),
                col(NoticeRow.id).not_in(acknowledged),
            )
        )
        .scalars()
        .all()
    )


def headless(session: Session) -> set[int]:
    """The groups that no active supervisor heads."""
    headed = (
        select(col(MembershipRow.group_id))
        .join(AgentRow, col(AgentRow.id) == col(MembershipRow.agent_id))
        .where(col(MembershipRow.role) == "supervisor", col(AgentRow.active))
    )
    found = session.execute(select(col(GroupRow.id)).where(col(GroupRow.id).not_in(headed))).scalars()
    return {group_id for group_id in found if group_id is not None}


def admins(session: Session) -> Sequence[AgentRow]:
    """The active admins."""
    return (
        session.execute(
            select(AgentRow).where(col(AgentRow.admin), col(AgentRow.active)).order_by(col(AgentRow.id))
        )
        .scalars()
        .all()
    )


def members(session: Session, group_id: int, role: str | None = None) -> Sequence[AgentRow]:
    """The active agents of a group, of one role or of any."""
    query = (
        select(AgentRow)
        .join(MembershipRow, col(MembershipRow.agent_id) == col(AgentRow.id))
        .where(col(MembershipRow.group_id) == group_id, col(AgentRow.active))
        .order_by(col(AgentRow.id))
    )
    if role is not None:
        query = query.where(col(MembershipRow.role) == role)
    return session.execute(query).scalars().all()
