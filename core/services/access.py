"""Who acts, and the door that every service passes: permissions are applied here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from core.db import people
from core.db.tables import TicketRow
from core.db.tickets import Filter
from core.domain import permissions
from core.domain.permissions import Role, TicketFacts, Viewer
from core.errors import Forbidden, NotFound
from core.i18n import _

ActorKind = Literal["agent", "contact", "bridge", "robot", "operator"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as it stands in the audit log."""

    kind: ActorKind
    id: int | None = None

    @classmethod
    def agent(cls, agent_id: int) -> Actor:
        """One of the staff."""
        return cls("agent", agent_id)

    @classmethod
    def contact(cls, contact_id: int) -> Actor:
        """A client."""
        return cls("contact", contact_id)


BEYOND = 2**63
"""No id is as great; a greater one is an error of the driver, not a ticket that is missing."""

BRIDGE = Actor("bridge")
ROBOT = Actor("robot")
OPERATOR = Actor("operator")
"""Whoever may open the database's file without being an agent: reads everything, answers nobody."""


def viewer_of(session: Session, actor: Actor) -> Viewer:
    """The permissions of an actor. Programs of the desk itself see everything.

    Raises Forbidden for an agent who has left.
    """
    if actor.kind != "agent":
        return Viewer(0, admin=True)
    standing = people.standing_of(session, actor.id or 0)
    if standing is None or not standing.active:
        raise Forbidden(
            _("You have no access to this desk any more."),
            hint=_("Ask an operator to bring your account back."),
        )
    roles = {group: Role(role) for group, role in standing.roles.items()}
    return Viewer(actor.id or 0, standing.admin, standing.active, roles)


def ticket_for(session: Session, actor: Actor, ticket_id: int) -> tuple[TicketRow, Viewer]:
    """A ticket that the actor may see. Raises NotFound, the same for a missing and for a hidden one."""
    viewer = viewer_of(session, actor)
    ticket = session.get(TicketRow, ticket_id) if 0 < ticket_id < BEYOND else None
    if ticket is None or not _may_see(session, viewer, ticket):
        raise NotFound(
            _("There is no ticket {id} on your board.").format(id=ticket_id),
            hint=_("Look it up with: glazok ticket list"),
        )
    return ticket, viewer


def _may_see(session: Session, viewer: Viewer, ticket: TicketRow) -> bool:
    # Being let in from outside only ever adds to what a group's people and an owner may: mostly nobody need ask.
    inside = TicketFacts(ticket.group_id, ticket.owner_id)
    return permissions.may_see(viewer, inside) or permissions.may_see(viewer, facts_of(session, ticket))


def ticket_to_act_on(session: Session, actor: Actor, ticket_id: int) -> tuple[TicketRow, Viewer]:
    """A ticket on which the actor may work. Raises NotFound as `ticket_for` does, Forbidden for who may only look."""
    ticket, viewer = ticket_for(session, actor, ticket_id)
    check_may_act(viewer, ticket)
    return ticket, viewer


def check_may_act(viewer: Viewer, ticket: TicketRow, *, was_in: int | None = None) -> None:
    """Raises Forbidden for who may only look at a ticket that they see; not where they may act on what is in the group
    `was_in`, in which it was."""
    groups = [ticket.group_id] if was_in is None else [ticket.group_id, was_in]
    if not any(permissions.may_act(viewer, TicketFacts(group, ticket.owner_id)) for group in groups):
        raise Forbidden(
            _("Ticket {id} belongs to another group: you may read it, not act on it.").format(id=ticket.id),
            hint=_("Write a note, or answer what you are asked there."),
        )


def facts_of(session: Session, ticket: TicketRow) -> TicketFacts:
    """What of a ticket decides who may see it."""
    return facts_of_all(session, [ticket])[ticket.id or 0]


def facts_of_all(session: Session, tickets: Collection[TicketRow]) -> dict[int, TicketFacts]:
    """The same of several tickets, by their ids."""
    outsiders = people.outsiders(session, [ticket.id or 0 for ticket in tickets])
    return {
        ticket.id or 0: TicketFacts(ticket.group_id, ticket.owner_id, outsiders[ticket.id or 0])
        for ticket in tickets
    }


def seen_by(viewer: Viewer) -> Filter:
    """What lists are narrowed to before anything else: the tickets that somebody may see."""
    groups = None if viewer.admin else tuple(viewer.groups)
    return Filter(groups=groups, agent_id=viewer.agent_id, heads=tuple(viewer.heads))


def require_agent(actor: Actor) -> int:
    """The agent's id. Raises Forbidden where no agent acts: tickets are answered by people with names."""
    if actor.kind != "agent" or actor.id is None:
        raise Forbidden(
            _("Only an agent can do this, and you are none."),
            hint=_(
                "Say who you are with --as LOGIN, or add yourself with: glazok agent add LOGIN --group GROUP"
            ),
        )
    return actor.id


def require(allowed: bool, message: str) -> None:
    """Raises Forbidden with `message` unless `allowed`."""
    if not allowed:
        raise Forbidden(message)
