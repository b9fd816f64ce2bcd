"""The sections `[groups.KEY]`: teams."""

from __future__ import annotations

from pydantic import Field

from core.settings.life_values import Reopen
from core.settings.robot import GroupRobotSettings
from core.settings.section import Section


class GroupSettings(Section):
    """`[groups.KEY]`: a team that serves a stream of tickets."""

    name: str = Field(min_length=1)
    """The group's name, as people read it."""
    line: int = Field(1, ge=1, le=3)
    """Line of support: 1, 2 or 3."""
    signature: str = ""
    """Text under every reply of the group; empty for none."""
    hours: str = ""
    """Key of the calendar with the group's working hours; empty: round the clock."""
    reopen: Reopen = "window"
    """A letter to a closed ticket: `always` reopens it, `never`, or within the `window`; or by channel."""
    reopen_days: int = Field(7, ge=1, le=3650)
    """Days from closing within which `window` reopens."""
    same_company: bool = False
    """Whether any address of a participant's domain speaks as the client; if not, it is a new voice."""
    robot: GroupRobotSettings = GroupRobotSettings()
    """What of `[robot]` is otherwise for this group: `enabled`, and any key of any scenario."""
