"""A client's card: what is known of them, and which kind of ticket theirs are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlmodel import Session

from core.clock import now
from core.db import people
from core.db import tickets as db
from core.db.tables import ContactRow, EventRow
from core.domain.permissions import Viewer
from core.errors import NotFound
from core.i18n import _
from core.services import rules
from core.services.access import OPERATOR, Actor, require, require_agent, seen_by, viewer_of
from core.services.desk import Desk

LISTED = 50
"""Tickets that a card names, the newest ones."""


@dataclass(frozen=True, slots=True)
class ClientTicket:
    """One of a client's tickets."""

    id: int
    subject: str
    status: str
    group: str
    """Key of the group."""


@dataclass(frozen=True, slots=True)
class Client:
    """What is known of a client."""

    id: int
    name: str
    addresses: tuple[str, ...]
    region: str
    language: str
    template: str
    """Key of the ticket template that their tickets get; empty: none of their own."""
    tickets: tuple[ClientTicket, ...]
    """Of those that whoever asks may see, the newest first, no more than LISTED."""


def card(desk: Desk, actor: Actor, address: str) -> Client:
    """A client by one of their addresses. Raises NotFound, the same for an unknown one and for one none of whose
    tickets the actor may see."""
    with desk.read() as session:
        viewer = viewer_of(session, actor)
        return _card(session, viewer, _contact(session, viewer, address))


def set_template(desk: Desk, actor: Actor, address: str, template: str) -> Client:
    """Say by which template this client's further tickets are opened, where no rule says another; empty: by none.

    It holds for all groups, so it is a supervisor's decision: of a group that has a ticket of theirs. Raises NotFound
    for an unknown client or template, Forbidden for who supervises none of those groups.
    """
    if actor != OPERATOR:
        require_agent(actor)
    rules.check_template(desk, template)
    with desk.write() as session:
        viewer = viewer_of(session, actor)
        contact = _contact(session, viewer, address)
        theirs = _card(session, viewer, contact)
        headed = {group.key for group in people.groups(session) if viewer.supervises(group.id or 0)}
        require(
            viewer.admin or any(ticket.group in headed for ticket in theirs.tickets),
            _("Only a supervisor can say which kind of ticket a client's tickets are."),
        )
        if contact.template != template:
            contact.template = template
            data = {"contact": contact.id, "template": template}
            session.add(
                EventRow(at=now(), actor=actor.kind, actor_id=actor.id, kind="contact.template", data=data)
            )
        return _card(session, viewer, contact)


def _contact(session: Session, viewer: Viewer, address: str) -> ContactRow:
    row = people.address_of(session, address.strip().lower())
    contact = session.get(ContactRow, row.contact_id) if row else None
    if contact is None or not (viewer.admin or _tickets(session, viewer, contact.id or 0, 1)):
        raise NotFound(
            _("There is no client with the address {address} on your board.").format(address=address),
            hint=_("Look their ticket up with: glazok ticket list"),
        )
    return contact


def _card(session: Session, viewer: Viewer, contact: ContactRow) -> Client:
    return Client(
        contact.id or 0, contact.name, tuple(people.addresses_of_contact(session, contact.id or 0)),
        contact.region, contact.language, contact.template, _tickets(session, viewer, contact.id or 0, LISTED),
    )  # fmt: skip


def _tickets(session: Session, viewer: Viewer, contact_id: int, limit: int) -> tuple[ClientTicket, ...]:
    wanted = replace(seen_by(viewer), contact_id=contact_id)
    keys = {group.id: group.key for group in people.groups(session)}
    return tuple(
        ClientTicket(number, subject, status, keys[group])
        for number, subject, status, group in db.newest_tickets(session, wanted, limit)
    )
