"""The shape of `[robot]` and of a group's own numbers for it. Reads no file."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from core.domain.robot import DEFAULT_AFTER, Promise, Scenario
from core.settings.life_values import Audiences, Limit
from core.settings.section import Section


class ScenarioSettings(Section):
    """What every scenario from the box has."""

    enabled: bool = True
    """Whether the robot does this at all."""


class UnacceptedSettings(ScenarioSettings):
    """`[robot.unaccepted]`: nobody has accepted a ticket."""

    after: Limit = DEFAULT_AFTER[Scenario.UNACCEPTED]
    """Time in New until somebody is told."""
    tell: Audiences = ("supervisors",)
    """Who is told: `supervisors`, `group`, `owner` or `agent:LOGIN`; the robot's note tells the group."""
    by_mail: bool = False
    """Whether they are told by e-mail as well."""


class SilentOwnerSettings(ScenarioSettings):
    """`[robot.silent_owner]`: accepted, but the client was not answered."""

    after: Limit = DEFAULT_AFTER[Scenario.SILENT_OWNER]
    """Time since accepting until the ticket goes back to its group and to New."""


class InWorkOwnerSettings(ScenarioSettings):
    """`[robot.in_work_owner]`: long in work."""

    after: Limit = DEFAULT_AFTER[Scenario.IN_WORK_OWNER]
    """Time in work until the owner is told."""
    by_mail: bool = False
    """Whether the owner is told by e-mail as well."""


class InWorkHeadSettings(ScenarioSettings):
    """`[robot.in_work_head]`: longer in work."""

    after: Limit = DEFAULT_AFTER[Scenario.IN_WORK_HEAD]
    """Time in work until the supervisors are told."""
    tell: Audiences = ("supervisors",)
    """Who is told: `supervisors`, `group`, `owner` or `agent:LOGIN`."""
    by_mail: bool = False
    """Whether they are told by e-mail as well."""


class ForgottenSettings(ScenarioSettings):
    """`[robot.forgotten]`: solved and forgotten."""

    after: Limit = DEFAULT_AFTER[Scenario.FORGOTTEN]
    """Time in solved until the ticket is closed."""


class AskSettings(ScenarioSettings):
    """`[robot.ask]`: help was asked and is not answered."""

    after: Limit = timedelta(minutes=30)
    """Time since the question until whoever asked and the people below are told."""
    tell: Audiences = ("supervisors",)
    """Who is told besides whoever asked: `supervisors`, `group`, `owner` or `agent:LOGIN`."""
    by_mail: bool = False
    """Whether they are told by e-mail as well."""


class ScenariosSettings(Section):
    """The scenarios from the box, of the desk or of one group."""

    enabled: bool = True
    """Whether the robot acts at all; its clocks stand still while it does not."""
    unaccepted: UnacceptedSettings = UnacceptedSettings()
    """Nobody has accepted a ticket."""
    silent_owner: SilentOwnerSettings = SilentOwnerSettings()
    """Accepted, but the client was not answered."""
    in_work_owner: InWorkOwnerSettings = InWorkOwnerSettings()
    """Long in work."""
    in_work_head: InWorkHeadSettings = InWorkHeadSettings()
    """Longer in work."""
    forgotten: ForgottenSettings = ForgottenSettings()
    """Solved and forgotten."""
    ask: AskSettings = AskSettings()
    """Help was asked and is not answered."""


class GroupRobotSettings(ScenariosSettings):
    """`[groups.KEY.robot]`: what the robot does otherwise for one group; what is not given is the desk's."""


class RobotSettings(ScenariosSettings):
    """`[robot]`: who runs the timed scenarios."""

    name: str = Field("Morty", min_length=1)
    """The robot's name, under its notes and letters."""
    moves_ball: bool = True
    """Whether answers and clients' letters move the ball by themselves."""

    def scenario(self, name: str, group: GroupRobotSettings | None = None) -> Promise:
        """A scenario from the box (a Scenario, or "ask") as it is in force, for a group with its own numbers.

        What the group gives beats the desk's, key by key; a robot that the desk switches off is off for all.
        """
        values = dict(getattr(self, name))
        enabled = self.enabled
        if group is not None:
            mine = getattr(group, name)
            values.update({key: getattr(mine, key) for key in mine.model_fields_set})
            enabled = enabled and group.enabled
        values["enabled"] = enabled and values["enabled"]
        return Promise(**values)
