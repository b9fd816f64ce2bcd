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
    from core.services.models import Directory
    from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Names:
    """What to call things; empty until settings and directory have been read."""

    directory: Directory | None = None
    statuses: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Own status → (name, kind)."""
    robot: str = ""

    @classmethod
    def of(cls, settings: Settings | None, directory: Directory | None) -> Names:
        """From what the console knows so far."""
        if settings is None:
            return cls(directory)
        own = {key: (one_line(status.name) or key, str(status.kind))
               for key, status in settings.statuses.items()}  # fmt: skip
        return cls(directory, own, one_line(settings.robot.name))

    def status(self, key: str) -> str:
        """A status as people say it: a team's own by the name that they gave it."""
        return self.statuses[key][0] if key in self.statuses else one_line(status_word(key))

    def kind(self, key: str) -> str:
        """The built-in status that it behaves like; work to do, where the configuration has lost it."""
        if key in self.statuses:
            return self.statuses[key][1]
        return "new" if key == NEXT_SHIFT else key if key in set(Status) else "needs_reply"

    def agent(self, agent_id: object) -> str:
        """An agent's name."""
        found = self.directory.agent_name(agent_id) if self.directory and isinstance(agent_id, int) else ""
        return one_line(found) or _("a colleague")

    def group(self, group_id: object) -> str:
        """A group's name."""
        found = self.directory.group_name(group_id) if self.directory and isinstance(group_id, int) else ""
        return one_line(found) or _("another group")
