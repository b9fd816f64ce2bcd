"""Tickets that an agent opens: the desk writes to the client first."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session

from core.clock import now
from core.db import people
from core.db import tickets as db
from core.db.tables import AddressRow, ContactRow, GroupRow, ParticipantRow, TicketRow
from core.domain import permissions
from core.domain.letters import Mailaddr
from core.domain.permissions import Viewer
from core.domain.tickets import Status
from core.errors import BadInput, Forbidden
from core.i18n import _
from core.services import contacts, events, life, lines, replies, rules
from core.services import tags as tagging
from core.services.access import Actor, require, require_agent, ticket_for, viewer_of
from core.services.desk import Desk
from core.services.models.outcomes import Sent
from core.text import well_formed


def open_ticket(
    desk: Desk,
    actor: Actor,
    *,
    subject: str,
    text: str,
    to: Mailaddr,
    group_key: str = "",
    template: str = "",
    tags: Collection[str] = (),
    op_id: str | None = None,
) -> Sent:
    """Write to a client first: a ticket of one's own, whose first letter is really sent.

    Without a group the ticket is the template's, else the agent's own; without a template it is the contact's own kind
    of ticket. Raises BadInput for an empty subject or text, for what is no address or no tag, and where several groups
    could be meant; NotFound for an unknown group or template; Forbidden for a group of others.
    """
    agent_id = require_agent(actor)
    text, subject = replies.words_of(text), " ".join(well_formed(subject).split())
    if not subject:
        raise BadInput(_("The letter has no subject."), hint=_("Give it one with --subject."))
    replies.check_address(to.addr)
    words = tagging.words(tags)
    with desk.write() as session:
        earlier = events.done_before(session, op_id, "replied")
        if earlier is not None and earlier.ticket_id is not None:
            return replies.as_sent(session, ticket_for(session, actor, earlier.ticket_id)[0], earlier)
        group_of_template = _group_of(desk, template)
        group = _group_for(desk, session, viewer_of(session, actor), group_key or group_of_template)
        at = now()
        address = contacts.address_for(session, to.addr, to.name, at)
        ticket = _owned_ticket(desk, session, agent_id, group, address, template)
        ticket.subject = subject
        session.add(ticket)
        session.flush()
        session.add(ParticipantRow(ticket_id=ticket.id or 0, address_id=address.id or 0, requester=True))
        opened = {"to": ticket.status, "owner": agent_id, **tagging.on_new(session, ticket, words)}
        events.record(session, ticket, actor, "opened", at, data=opened)
        message, _joined = replies.letter_to_client(desk, session, ticket, agent_id, text, [to], (), at)
        outbox = replies.queue(session, ticket, message, at)
        data = {"from": ticket.status, "to": ticket.status, "message": message.id, "owner": agent_id}
        event = events.record(session, ticket, actor, "replied", at, data=data, guard=True, op_id=op_id)
        db.mark_seen(session, agent_id, ticket.id or 0, event)
        return Sent(ticket.id or 0, message.id or 0, event, ticket.status, outbox.id)


def _owned_ticket(
    desk: Desk, session: Session, agent_id: int, group: GroupRow, address: AddressRow, template: str
) -> TicketRow:
    at = now()
    ticket = TicketRow(
        subject="", status=Status.WAITING, kind=Status.WAITING, board="waiting", group_id=group.id or 0,
        owner_id=agent_id, contact_id=address.contact_id, mailbox=desk.mailbox_key(""), created_at=at, since=at,
        status_since=at, accepted_at=at, replied_at=at,
        previous_id=db.latest_of_contact(session, address.contact_id), rule="agent",
    )  # fmt: skip
    contact = session.get_one(ContactRow, address.contact_id)
    life.found(desk, ticket, Status.WAITING, template or contact.template)
    return ticket


def _group_of(desk: Desk, template: str) -> str:
    """Key of the template's group, empty where it names none. Raises NotFound."""
    rules.check_template(desk, template)
    section = desk.settings.template(template)
    return section.group if section else ""


def _group_for(desk: Desk, session: Session, viewer: Viewer, key: str) -> GroupRow:
    """The group that is named by its key, else the agent's own: the only one, or the desk's default group where they
    are in it (an admin of no group is in all)."""
    if not key:
        groups = [group for group in people.groups(session) if rules.takes_tickets(session, group)]
        own = [group for group in groups if group.id in viewer.groups]
        default = desk.settings.desk.default_group
        if len(own) == 1:
            return own[0]
        if not own and not viewer.admin:
            raise Forbidden(
                _("You belong to no group, and a ticket is a group's."),
                hint=_("An operator can let you join one with: glazok agent edit LOGIN --group GROUP"),
            )
        if own and default not in {group.key for group in own}:
            raise BadInput(
                _("You are in several groups: {keys}.").format(keys=", ".join(group.key for group in own)),
                hint=_("Say whose ticket it is with --group."),
            )
        key = default
    group = lines.group_named(session, key)
    require(
        permissions.may_open_in(viewer, group.id or 0),
        _("You do not belong to the group {name}.").format(name=group.name),
    )
    return group
