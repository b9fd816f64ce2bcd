"""Who may see and do what: the one place that every way in passes (lists, the eye, the command line)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """An agent's role in one group."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Viewer:
    """An agent as far as permissions are concerned."""

    agent_id: int
    admin: bool = False
    active: bool = True
    groups: Mapping[int, Role] = field(default_factory=dict)
    """Role by group id."""

    def supervises(self, group_id: int) -> bool:
        """True for the group's supervisors and for admins."""
        return self.admin or self.groups.get(group_id) is Role.SUPERVISOR


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What of a ticket decides who may see it."""

    group_id: int
    owner_id: int | None
    agents: frozenset[int] = frozenset()
    """Agents who follow it, were asked for help, or mentioned."""
    groups: frozenset[int] = frozenset()
    """Groups that follow it: those that passed it on."""


def may_see(viewer: Viewer, ticket: TicketFacts) -> bool:
    """An agent sees their groups' tickets, those that they own, follow, or are asked or mentioned in; an admin
    all."""
    if not viewer.active:
        return False
    return (
        viewer.admin
        or ticket.group_id in viewer.groups
        or ticket.owner_id == viewer.agent_id
        or viewer.agent_id in ticket.agents
        or not ticket.groups.isdisjoint(viewer.groups)
    )


def may_release(viewer: Viewer, ticket: TicketFacts) -> bool:
    """A ticket is taken from its owner by the owner, by the group's supervisors, or by an admin."""
    return may_see(viewer, ticket) and (
        ticket.owner_id == viewer.agent_id or viewer.supervises(ticket.group_id)
    )


def may_open_in(viewer: Viewer, group_id: int) -> bool:
    """Tickets are opened in one's own groups."""
    return viewer.active and (viewer.admin or group_id in viewer.groups)


def rooms(viewer: Viewer, all_groups: Collection[int]) -> frozenset[str]:
    """The presence rooms that an agent may enter without asking: their groups, for an admin all."""
    if not viewer.active:
        return frozenset()
    return frozenset(f"g{group}" for group in (all_groups if viewer.admin else viewer.groups))
