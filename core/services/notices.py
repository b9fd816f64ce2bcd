"""Telling people: notices that stand on their screens until acknowledged or until their cause is gone."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import now
from core.db import clocks as clock_db
from core.db import notices as db
from core.db import tickets as ticket_db
from core.db import voices as voice_db
from core.db.arrivals import tickets as tickets_by_id
from core.db.tables import AgentRow, NoticeAckRow, NoticeRow, OutboxRecipientRow, OutboxRow, TicketRow
from core.domain import permissions
from core.domain.notices import (
    OF_HOLDER,
    RETURNS,
    UNTIL_DECIDED,
    Audience,
    NoticeKind,
    concerns,
    still_holds,
)
from core.domain.permissions import Role, Viewer
from core.domain.tickets import Status
from core.domain.tokens import message_id
from core.errors import NotFound
from core.i18n import _, choose, speaking
from core.services import history, words
from core.services.access import BEYOND, Actor, facts_of_all, require_agent, viewer_of
from core.services.desk import Desk

LISTED = 200
TOLD_IN_FULL = 100
"""Notices whose words a letter brings; it counts the others."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that somebody should know."""

    id: int
    ticket_id: int
    subject: str
    """Of the ticket; empty where the reader may not see it any more. The text tells nothing of it then."""
    kind: str
    audience: str
    text: str
    """One sentence in the reader's language, with the numbers in force when it was written."""
    created_at: datetime


def post(
    session: Session,
    ticket: TicketRow,
    kind: str,
    cause: int,
    at: datetime,
    *,
    audience: Audience,
    agent_id: int | None = None,
    group_id: int | None = None,
    data: dict[str, Any] | None = None,
    by_mail: bool = False,
    fresh: bool = False,
) -> bool:
    """Tell somebody; False where exactly this was told already. On a `fresh` ticket nothing was."""
    told = (kind, cause, audience, agent_id, group_id, _said(kind, data or {}))
    for row in () if fresh else db.open_of_ticket(session, ticket.id or 0):
        if (row.kind, row.cause, row.audience, row.agent_id, row.group_id, _said(row.kind, row.data)) == told:
            return False
    db.add(
        session,
        NoticeRow(
            audience=audience, agent_id=agent_id, group_id=group_id, ticket_id=ticket.id or 0, kind=kind, cause=cause,
            data=data or {}, by_mail=by_mail, created_at=at,
        ),
    )  # fmt: skip
    if not fresh:
        session.flush()
    return True


def _said(kind: str, data: dict[str, Any]) -> object:
    """What tells notices of one cause apart: a team's scenarios say different things of it."""
    return (data.get("scenario"), data.get("text")) if kind == NoticeKind.OWN else None


def withdraw_stale(session: Session, ticket: TicketRow, at: datetime) -> None:
    """Take back, everywhere, the notices of a ticket whose cause is gone; what an undo brings back stands again."""
    rows = db.of_ticket(session, ticket.id or 0)
    if not rows:
        return
    asks = [ask.event for ask in clock_db.asks_of(session, ticket.id or 0) if ask.state == "open"]
    settled = _settled(session, ticket, rows)
    about_voices = any(row.kind == NoticeKind.NEW_VOICE for row in rows)
    voices = voice_db.asking(session, ticket.id or 0) if about_voices else []
    unread = set()
    for row in rows:
        if row.kind in OF_HOLDER:
            has_it = (row.audience, row.agent_id, row.group_id) == _holder(session, ticket)
        elif row.kind == NoticeKind.KEPT:
            has_it = row.data.get("agent") == ticket.owner_id
        else:
            has_it = row.audience != "agent" or row.agent_id == ticket.owner_id
        status, entered = Status(ticket.kind), ticket.status_event
        answered = _is_settled(row, settled)
        waiting = [*asks, *voices]
        if row.kind == NoticeKind.CLIENT_WROTE and still_holds(
            row.kind, row.cause, status, entered, waiting, answered=answered
        ):
            unread.add(row.cause)
        if not still_holds(row.kind, row.cause, status, entered, waiting, has_it=has_it, answered=answered):
            row.withdrawn_at = row.withdrawn_at or at
        elif row.kind in RETURNS:
            row.withdrawn_at = None
    if voices:
        ask_about_voices(session, ticket, at)
    for cause in sorted(unread):
        client_wrote(session, ticket, cause, at)


def ask_about_voices(session: Session, ticket: TicketRow, at: datetime) -> None:
    """Ask whoever has the ticket to decide about the new voices on it; once for all that one of them has written."""
    if ticket.kind == Status.DELETED:
        return
    for cause in voice_db.asking(session, ticket.id or 0):
        _tell_holder(session, ticket, NoticeKind.NEW_VOICE, cause, at)


def client_wrote(session: Session, ticket: TicketRow, cause: int, at: datetime) -> None:
    """Tell whoever has a solved ticket that the client has written on it, by the event `cause`, where letters move
    nothing: it stands in no column."""
    _tell_holder(session, ticket, NoticeKind.CLIENT_WROTE, cause, at)


def _tell_holder(
    session: Session,
    ticket: TicketRow,
    kind: NoticeKind,
    cause: int,
    at: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Tell the owner, or the group where nobody who is here owns the ticket."""
    audience, agent_id, group_id = _holder(session, ticket)
    post(
        session, ticket, kind, cause, at, audience=audience, agent_id=agent_id, group_id=group_id, data=data
    )  # fmt: skip


def _holder(session: Session, ticket: TicketRow) -> tuple[Audience, int | None, int | None]:
    """Who has a ticket: its owner, or its group where nobody who is here owns it."""
    owner = session.get(AgentRow, ticket.owner_id) if ticket.owner_id else None
    if owner is not None and owner.active:
        return "agent", owner.id, None
    return "group", None, ticket.group_id


@dataclass(frozen=True, slots=True)
class _Settled:
    """What of a ticket's history settles notices of letters."""

    replies: Sequence[int] = ()
    """The events by which the client was answered."""
    decisions: Sequence[tuple[int, int]] = ()
    """The events by which somebody decided what becomes of a letter that did not arrive, with that letter."""
    taken_back: Collection[int] = ()


def _settled(session: Session, ticket: TicketRow, rows: Sequence[NoticeRow]) -> _Settled:
    """Asked for only where a notice depends on it."""
    about = [row.cause for row in rows if row.kind in UNTIL_DECIDED or row.kind == NoticeKind.CLIENT_WROTE]
    if not about:
        return _Settled()
    since = ticket_db.events_since(session, ticket.id or 0, min(about) - 1)
    gone = history.taken_back(since)
    return _Settled(
        [event.id or 0 for event in since if event.kind == "replied" and event.id not in gone],
        [
            (event.id or 0, int(event.data.get("message") or 0))
            for event in since
            if event.kind in ("resent", "given_up")
        ],
        gone,
    )


def _is_settled(row: NoticeRow, settled: _Settled) -> bool:
    """Whether a notice's cause was answered, decided about or taken back."""
    about = row.data.get("message")
    return (
        row.cause in settled.taken_back
        or any(event > row.cause for event in settled.replies)
        or (
            row.kind in UNTIL_DECIDED
            and any(event > row.cause and about in (None, letter) for event, letter in settled.decisions)
        )
    )


def undelivered(
    session: Session,
    ticket: TicketRow,
    message_id: int | None,
    cause: int,
    at: datetime,
    *,
    copies: bool = False,
) -> None:
    """Tell the owner, or the group where nobody owns the ticket, that an answer (or only `copies` of it) did not
    arrive, by the event `cause`."""
    kind = NoticeKind.COPY_UNDELIVERED if copies else NoticeKind.UNDELIVERED
    _tell_holder(session, ticket, kind, cause, at, {"message": message_id})


def mine(desk: Desk, actor: Actor, *, without: Collection[str] = ()) -> list[Notice]:
    """What the agent should know and has not acknowledged, newest first; `without` leaves out kinds.

    Where a group has no head, what its supervisors should know comes to the admins.
    """
    agent_id = require_agent(actor)
    with desk.read() as session:
        viewer = viewer_of(session, actor)
        supervised = set(viewer.heads)
        if viewer.admin:
            supervised |= db.headless(session)
        rows = db.of_agent(session, agent_id, list(viewer.groups), supervised, LISTED, without)
        return _notices(desk, session, rows, viewer)


def acknowledge(desk: Desk, actor: Actor, notice_id: int) -> None:
    """Seen: it leaves this agent's screen, the others' keep it. Raises NotFound for a notice of others."""
    agent_id = require_agent(actor)
    with desk.write() as session:
        row = session.get(NoticeRow, notice_id) if 0 < notice_id < BEYOND else None
        viewer = viewer_of(session, actor)
        if row is None or not _is_for(session, viewer, row):
            raise NotFound(_("There is no notice {id} for you.").format(id=notice_id))
        if session.get(NoticeAckRow, (notice_id, agent_id)) is None:
            session.add(NoticeAckRow(notice_id=notice_id, agent_id=agent_id, at=now()))


def _is_for(session: Session, viewer: Viewer, row: NoticeRow) -> bool:
    if concerns(viewer, row.audience, row.agent_id, row.group_id):
        return True
    return viewer.admin and row.audience == "supervisors" and row.group_id in db.headless(session)


def mail(desk: Desk) -> int:
    """Put notices that are to go by e-mail into the outbox, one letter per person however many there are; returns
    the number of letters. Nothing is mailed of a ticket that the reader may not see any more."""
    at = now()
    with desk.read() as session:
        if not db.any_unmailed(session):
            return 0
    with desk.write() as session, speaking(choose(desk.settings.desk.language)):
        letters: dict[int, list[NoticeRow]] = {}
        people: dict[int, AgentRow] = {}
        told: dict[tuple[str, int | None, int | None], Sequence[AgentRow]] = {}
        for row in db.unmailed(session):
            row.mailed_at = at
            audience = (row.audience, row.agent_id, row.group_id)
            if audience not in told:
                told[audience] = readers(session, *audience)
            for agent in told[audience]:
                if agent.email:
                    people[agent.id or 0] = agent
                    letters.setdefault(agent.id or 0, []).append(row)
        queued = [
            _queue_letter(desk, session, people[agent_id], about, at) for agent_id, about in letters.items()
        ]
        return sum(queued)


def readers(
    session: Session, audience: str, agent_id: int | None, group_id: int | None
) -> Sequence[AgentRow]:
    """The active agents whom a notice concerns; the admins where a group has no head."""
    if audience == "agent":
        agent = session.get(AgentRow, agent_id)
        return [agent] if agent is not None and agent.active else []
    if audience == "group":
        return db.members(session, group_id or 0)
    return db.members(session, group_id or 0, Role.SUPERVISOR) or db.admins(session)


def _queue_letter(
    desk: Desk, session: Session, agent: AgentRow, about: Sequence[NoticeRow], at: datetime
) -> bool:
    key = desk.mailbox_key("")
    mailbox = desk.mailbox(key)
    language, viewer = choose(desk.settings.desk.language), viewer_of(session, Actor.agent(agent.id or 0))
    seen = _seen(session, about, viewer)
    about = [row for row in about if row.ticket_id in seen]
    if mailbox is None or not about:
        return False
    lines = _notices(desk, session, about[:TOLD_IN_FULL], viewer)
    body = "\n\n".join(f"#{line.ticket_id} {line.subject}".rstrip() + f"\n{line.text}" for line in lines)
    if len(about) > len(lines):
        body += "\n\n" + words.more_notices(len(about) - len(lines))
    notice = {
        "subject": words.letter_subject(desk, lines[0].ticket_id, lines[0].text, len(about)),
        "body": body,
        "rfc_id": message_id(desk.secret, 0, secrets.token_hex(6), mailbox.address.rpartition("@")[2]),
        "language": language,
    }
    row = OutboxRow(notice=notice, mailbox=key, due_at=at, created_at=at)
    session.add(row)
    session.flush()
    session.add(OutboxRecipientRow(outbox_id=row.id or 0, email=agent.email.lower()))
    return True


def _notices(desk: Desk, session: Session, rows: Sequence[NoticeRow], viewer: Viewer) -> list[Notice]:
    seen = _seen(session, rows, viewer)
    hidden = _("You may not see this ticket any more.")
    return [
        Notice(
            row.id or 0, row.ticket_id, seen.get(row.ticket_id, ""), row.kind, row.audience,
            words.notice(desk, session, row) if row.ticket_id in seen else hidden, row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def _seen(session: Session, rows: Sequence[NoticeRow], viewer: Viewer) -> dict[int, str]:
    """Subjects of the tickets that a reader of notices may see, by number."""
    tickets = tickets_by_id(session, {row.ticket_id for row in rows})
    facts = facts_of_all(session, tickets.values())
    return {one: row.subject for one, row in tickets.items() if permissions.may_see(viewer, facts[one])}
