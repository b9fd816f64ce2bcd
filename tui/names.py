"""Who and what ids and keys stand for: people, groups, statuses of the team's own, the robot. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.domain.processes import NEXT_SHIFT
from core.domain.tickets import Status
from core.i18n import _
from core.names import status_word
from core.text import one_line

if TYPE_CHECKING:
    from core.services.models.people import Directory
    from core.settings import Settings
    from core.settings.life import ProcessSettings, StatusSettings, TemplateSettings


@dataclass(frozen=True, slots=True)
class Names:
    """What to call things; empty until settings and directory have been read."""

    directory: Directory | None = None
    statuses: Mapping[str, StatusSettings] = field(default_factory=dict)
    """The team's own, by key."""
    robot: str = ""
    processes: Mapping[str, ProcessSettings] = field(default_factory=dict)
    """Sets of statuses, by key."""
    templates: Mapping[str, TemplateSettings] = field(default_factory=dict)
    """Kinds of tickets, by key."""

    @classmethod
    def of(cls, settings: Settings | None, directory: Directory | None) -> Names:
        """From what the console knows so far."""
        if settings is None:
            return cls(directory)
        robot = one_line(settings.robot.name)
        return cls(directory, settings.statuses, robot, settings.processes, settings.templates)

    def status(self, key: str) -> str:
        """A status as people say it: a team's own by the name that they gave it."""
        return one_line(status_word(key, self.statuses)) or key

    def process(self, key: str) -> str:
        """A process by its name, where it has one."""
        found = self.processes.get(key)
        return one_line(found.name) or key if found else key

    def template(self, key: str) -> str:
        """A ticket template by its name."""
        found = self.templates.get(key)
        return one_line(found.name) or key if found else key

    def kind(self, key: str) -> str:
        """The built-in status that it behaves like; work to do, where the configuration has lost it."""
        if key in self.statuses:
            return self.statuses[key].kind
        return "new" if key == NEXT_SHIFT else key if key in set(Status) else "needs_reply"

    def agent(self, agent_id: object) -> str:
        """An agent's name."""
        found = self.directory.agent_name(agent_id) if self.directory and isinstance(agent_id, int) else ""
        return one_line(found) or _("a colleague")

    def group(self, group_id: object) -> str:
        """A group's name."""
        found = self.directory.group_name(group_id) if self.directory and isinstance(group_id, int) else ""
        return one_line(found) or _("another group")
