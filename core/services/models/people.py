"""Agents and groups as their colleagues see them. Frozen values; loads nothing but the standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """An agent as colleagues see them."""

    id: int
    login: str
    name: str
    email: str = ""
    admin: bool = False
    active: bool = True

    @property
    def initials(self) -> str:
        """Two letters for the eye: of the first and the last word of the name, else of the login."""
        words = self.name.split() or [self.login]
        letters = words[0][:1] + words[-1][:1] if len(words) > 1 else words[0][:2]
        return letters.upper()


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A team."""

    id: int
    key: str
    name: str
    line: int = 1
    active: bool = True


@dataclass(frozen=True, slots=True)
class Directory:
    """All agents and groups by id, to put names to what rows hold."""

    agents: Mapping[int, AgentInfo]
    groups: Mapping[int, GroupInfo]

    def agent_login(self, agent_id: int | None) -> str:
        """Login, empty for nobody."""
        agent = self.agents.get(agent_id or 0)
        return agent.login if agent else ""

    def group_key(self, group_id: int | None) -> str:
        """Key, empty for none."""
        group = self.groups.get(group_id or 0)
        return group.key if group else ""

    def agent_name(self, agent_id: int | None) -> str:
        """Display name, empty for nobody."""
        agent = self.agents.get(agent_id or 0)
        return agent.name if agent else ""

    def group_name(self, group_id: int) -> str:
        """Display name, empty for an unknown group."""
        group = self.groups.get(group_id)
        return group.name if group else ""
