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
        return self.admin or group_id in self.heads

    @property
    def heads(self) -> frozenset[int]:
        """The groups whose head they are: who asks the head asks them."""
        return frozenset(group for group, role in self.groups.items() if role is Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Outsiders:
    """Who may see a ticket without belonging to its group or owning it."""

    agents: frozenset[int] = frozenset()
    """Agents who follow it, were asked for help, or mentioned."""
    groups: frozenset[int] = frozenset()
    """Groups that follow it: those that passed it on."""
    heads: frozenset[int] = frozenset()
    """Groups whose head is asked for help and has not answered yet."""


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What of a ticket decides who may see it."""

    group_id: int
    owner_id: int | None
    outsiders: Outsiders = field(default_factory=Outsiders)


def may_see(viewer: Viewer, ticket: TicketFacts) -> bool:
    """An agent sees their groups' tickets, those that they own, follow, or are asked or mentioned in; an admin
    all. Whoever sees a ticket may follow it, show it to a colleague, write notes on it, and answer what they are
    asked there.

    While a group's head is asked, whoever heads it now sees the ticket, also who came after the question.
    """
    if not viewer.active:
        return False
    return (
        viewer.admin
        or ticket.group_id in viewer.groups
        or ticket.owner_id == viewer.agent_id
        or viewer.agent_id in ticket.outsiders.agents
        or not ticket.outsiders.groups.isdisjoint(viewer.groups)
        or not ticket.outsiders.heads.isdisjoint(viewer.heads)
    )


def may_act(viewer: Viewer, ticket: TicketFacts) -> bool:
    """A ticket is worked on (accepted, answered, asked about, solved, closed, reopened, restored, shown to a whole
    other group, its followers taken away) by its group, its owner and the admins. Whoever else may see it was asked to
    look, not to act."""
    return may_see(viewer, ticket) and (
        viewer.admin or ticket.group_id in viewer.groups or ticket.owner_id == viewer.agent_id
    )


def may_move_on(viewer: Viewer, ticket: TicketFacts) -> bool:
    """What nobody owns is passed on or put into the trash by whoever works on it; what is in somebody's hands by them,
    the group's supervisors and the admins."""
    return may_release(viewer, ticket) or (ticket.owner_id is None and may_act(viewer, ticket))


def may_answer_ask(viewer: Viewer, to_agent: int | None, to_group: int | None) -> bool:
    """A question is answered by whom it was asked of, or who heads the group whose head was asked; by admins any."""
    return viewer.admin or viewer.agent_id == to_agent or to_group in viewer.heads


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
