"""Reading tickets: one whole, and lists by number."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlmodel import Session

from core.db import clocks, people
from core.db import tags as tags_db
from core.db import tickets as db
from core.db.tables import ContactRow, EventRow, GroupRow, TicketRow
from core.domain.letters import no_sender
from core.domain.permissions import Viewer
from core.domain.tickets import OPEN, Board, Status
from core.errors import NotFound
from core.i18n import _
from core.services import life, rules
from core.services.access import BEYOND, Actor, seen_by, ticket_for, viewer_of
from core.services.desk import Desk
from core.services.identity import agent_info, group_info
from core.services.models.conversation import (
    AttachmentView,
    EventView,
    MessageKind,
    MessageView,
    Recipient,
    TimelineItem,
)
from core.services.models.people import Directory
from core.services.models.ticket import AskView, ClientView, Follower, TicketView, WayBack
from core.services.replies import default_recipients
from core.services.tags import words

PAGE = 200


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """A line of a list."""

    id: int
    subject: str
    status: str
    group: str
    """Key of the group."""
    owner: str
    """Login, empty for nobody."""
    client: str
    region: str
    channel: str
    mailbox: str
    rule: str
    created_at: datetime
    since: datetime
    last_event: int
    guard_event: int
    previous: int | None
    thanks: bool
    """The client's latest letter says nothing but thanks."""
    undelivered: int
    """Letters of ours that did not get through, or perhaps did not: `glazok outbox list`."""
    tags: tuple[str, ...]


def view(desk: Desk, actor: Actor, ticket_id: int) -> TicketView:
    """A whole ticket. Raises NotFound where there is none that the actor may see."""
    with desk.read() as session:
        ticket, viewer = ticket_for(session, actor, ticket_id)
        directory = Directory(
            {row.id or 0: agent_info(row) for row in people.agents(session)},
            {row.id or 0: group_info(desk, row) for row in people.groups(session)},
        )
        mailbox = desk.mailbox(ticket.mailbox)
        previous = _previous(session, viewer, ticket)
        return TicketView(
            id=ticket_id,
            subject=ticket.subject,
            status=ticket.status,
            board=cast("Board | None", ticket.board),
            group=directory.groups[ticket.group_id],
            owner=directory.agents.get(ticket.owner_id or 0),
            client=_client(session, ticket.contact_id),
            channel=ticket.channel,
            mailbox=ticket.mailbox,
            region=ticket.region,
            language=ticket.language,
            priority=ticket.priority,
            rule=ticket.rule,
            why=ticket.why,
            created_at=ticket.created_at,
            since=ticket.since,
            accepted_at=ticket.accepted_at,
            solved_at=ticket.solved_at,
            closed_at=ticket.closed_at,
            previous_id=previous,
            undelivered=db.undelivered(session, [ticket_id]).get(ticket_id, 0),
            last_event=ticket.last_event,
            guard_event=ticket.guard_event,
            version=ticket.version,
            thanks=ticket.thanks,
            to=tuple(default_recipients(desk, session, ticket)),
            sender=mailbox.address if mailbox else "",
            timeline=_timeline(session, ticket, directory, previous),
            seen=db.seen_upto(session, viewer.agent_id, ticket_id) if viewer.agent_id else 0,
            kind=ticket.kind,
            process=ticket.process,
            template=ticket.template,
            followers=_followers(session, ticket_id, directory),
            asks=_asks(session, ticket_id, directory),
            way_back=_way_back(ticket, directory),
            tags=tags_db.tags_of(session, ticket_id),
        )


def list_tickets(
    desk: Desk,
    actor: Actor,
    *,
    statuses: tuple[str, ...] = tuple(sorted(OPEN)),
    group_key: str = "",
    owner_id: int | None = None,
    unowned: bool = False,
    undelivered: bool = False,
    tags: Collection[str] = (),
    after: int = 0,
    limit: int = PAGE,
) -> list[ListedTicket]:
    """Up to `limit` tickets that the actor may see, by number, after the number `after`. No statuses mean any
    but the trash. Raises NotFound for an unknown group or status, BadInput for what is no tag."""
    with desk.read() as session:
        viewer = viewer_of(session, actor)
        rules.check_statuses(desk, session, statuses)
        groups = {row.id or 0: row for row in people.groups(session)}
        logins = {row.id: row.login for row in people.agents(session)}
        wanted = replace(
            seen_by(viewer),
            in_groups=_group_ids(groups, group_key),
            statuses=statuses or tuple(status for status in Status if status is not Status.DELETED),
            owner_id=owner_id,
            unowned=unowned,
            undelivered=undelivered,
            tags=words(tags),
        )
        rows = db.list_tickets(session, wanted, after, limit)
        troubles = db.undelivered(session, [row.id for row in rows])
        tagged = tags_db.tags_of_all(session, [row.id for row in rows])
        known = db.visible(session, wanted, {row.previous_id for row in rows})
        return [
            ListedTicket(
                row.id, row.subject, row.status, groups[row.group_id].key, logins.get(row.owner_id, ""),
                row.client or "",
                row.region, row.channel, row.mailbox, row.rule, row.created_at, row.since, row.last_event,
                row.guard_event, row.previous_id if row.previous_id in known else None, row.thanks,
                troubles.get(row.id, 0), tagged.get(row.id, ()),
            )
            for row in rows
        ]  # fmt: skip


def all_tickets(
    desk: Desk, actor: Actor, *, after: int = 0, most: int | None = None, **wanted: Any
) -> Iterator[ListedTicket]:
    """Every ticket of a list with a number above `after`, or `most` of them, read page by page."""

    def pages() -> Iterator[ListedTicket]:
        last = min(max(after, 0), BEYOND - 1)
        while page := list_tickets(desk, actor, after=last, **wanted):
            yield from page
            last = page[-1].id

    return islice(pages(), None if most is None else min(most, sys.maxsize))


def _group_ids(groups: dict[int, GroupRow], key: str) -> tuple[int, ...]:
    if not key:
        return ()
    found = tuple(group_id for group_id, group in groups.items() if group.key == key)
    if not found:
        known = ", ".join(sorted(group.key for group in groups.values()))
        raise NotFound(_("There is no group {key}; there are: {known}.").format(key=key, known=known))
    return found


def _followers(session: Session, ticket_id: int, directory: Directory) -> tuple[Follower, ...]:
    return tuple(
        Follower(
            directory.agent_login(row.agent_id), directory.group_key(row.group_id),
            directory.agent_name(row.agent_id) or directory.group_name(row.group_id or 0), row.since,
        )
        for row in people.involved_in(session, ticket_id)
        if row.how == "follows"
    )  # fmt: skip


def _asks(session: Session, ticket_id: int, directory: Directory) -> tuple[AskView, ...]:
    return tuple(
        AskView(
            id=row.id or 0,
            by=directory.agent_login(row.by_agent),
            by_name=directory.agent_name(row.by_agent),
            of=directory.agent_login(row.to_agent) or directory.group_key(row.to_group),
            of_name=directory.agent_name(row.to_agent) or directory.group_name(row.to_group or 0),
            head=row.to_agent is None,
            state=row.state,
            asked_at=row.asked_at,
            closed_at=row.closed_at,
            question=row.question,
            answer=row.answer,
        )
        for row in clocks.asks_of(session, ticket_id)
    )


def _way_back(ticket: TicketRow, directory: Directory) -> tuple[WayBack, ...]:
    return tuple(
        WayBack(
            directory.group_key(group), directory.group_name(group or 0),
            directory.agent_login(owner), directory.agent_name(owner),
        )
        for group, owner in ticket.way_back
    )  # fmt: skip


def _client(session: Session, contact_id: int | None) -> ClientView:
    contact = session.get(ContactRow, contact_id) if contact_id else None
    if contact is None or contact_id is None:
        return ClientView(None, "", (), "")
    return ClientView(
        contact_id, contact.name, tuple(people.addresses_of_contact(session, contact_id)), contact.region
    )


def _previous(session: Session, viewer: Viewer, ticket: TicketRow) -> int | None:
    """The contact's ticket before this one; None where the reader may not see it."""
    found = db.visible(session, seen_by(viewer), {ticket.previous_id})
    return ticket.previous_id if ticket.previous_id in found else None


def _timeline(
    session: Session, ticket: TicketRow, directory: Directory, previous: int | None
) -> tuple[TimelineItem, ...]:
    rows = db.messages_of(session, ticket.id or 0)
    ids = [row.id or 0 for row in rows]
    attachments, outbox = db.attachments_of(session, ids), db.outbox_of(session, ids)
    addresses = people.addresses(session, {row.address_id for row in rows if row.address_id})
    messages = {}
    for row in rows:
        queued, recipients = outbox.get(row.id or 0, (None, []))
        states = {recipient.email: recipient for recipient in recipients}
        address = addresses.get(row.address_id or 0)
        messages[row.id or 0] = MessageView(
            id=row.id or 0,
            kind=cast("MessageKind", row.kind),
            letter_kind=row.letter_kind,
            private=row.private,
            author=directory.agent_name(row.agent_id) or row.sender_name,
            author_address=address.email if address else "",
            agent_id=row.agent_id,
            at=row.created_at,
            body=row.body,
            quote=row.quote,
            subject=row.subject,
            recipients=tuple(
                Recipient(header, addr, name, *_state(states, addr))
                for header, addr, name in row.recipients
                if header != "reply-to"
            ),
            attachments=tuple(
                AttachmentView(file.name, file.content_type, file.size, file.sha256, file.inline)
                for file in attachments.get(row.id or 0, [])
            ),
            rfc_id=row.rfc_id or "",
            outbox_id=queued.id if queued else None,
            delivery=queued.state if queued else "",
            delivery_reason=queued.reason if queued else "",
            raw_sha256=row.raw_sha256 or "",
            dmarc=row.dmarc,
            undecided=row.private and row.voice_event is None and row.letter_kind == "letter",
        )
    events = db.events_of(session, ticket.id or 0)
    speakers = {row.actor_id for row in events if row.actor == "contact" and row.actor_id}
    nobody = no_sender(ticket.mailbox)
    contacts = {
        contact: (name, "" if address == nobody else address)
        for contact, (name, address) in people.contacts_in_brief(session, speakers).items()
    }
    return tuple(_item(row, messages, directory, contacts, previous) for row in events)


SPEAKS_OF = frozenset(("delivery", "resent", "given_up", "undone"))
"""Kinds of events whose data name a message that another event brought."""


def _item(
    row: EventRow,
    messages: dict[int, MessageView],
    directory: Directory,
    contacts: dict[int, tuple[str, str]],
    previous: int | None,
) -> TimelineItem:
    name = address = ""
    if row.actor == "agent":
        name = directory.agent_name(row.actor_id)
    elif row.actor == "contact":
        name, address = contacts.get(row.actor_id or 0, ("", ""))
    data = {**row.data, "was": life.remembered(row.data["was"])} if "was" in row.data else row.data
    # A ticket that the reader may not see is not named to them, by its number either.
    data = {**data, "previous": previous} if data.get("previous") else data
    event = EventView(row.id or 0, row.at, row.kind, row.actor, name, data, address)
    brought = messages.get(int(row.data.get("message") or 0)) if row.kind not in SPEAKS_OF else None
    return TimelineItem(event, brought)


def _state(states: dict[str, Any], address: str) -> tuple[str, str]:
    found = states.get(address.lower())
    return (found.state, found.reason) if found else ("", "")
