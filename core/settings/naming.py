"""What the scenarios name that only the desk can tell to be there: people, and statuses of processes. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.domain.processes import STANDARD
from core.domain.robot import ASK, Scenario
from core.domain.scenarios import ANYBODY, NOBODY
from core.settings.problems import quoted

if TYPE_CHECKING:
    from core.settings.life import OwnScenarioSettings
    from core.settings.models import Settings
    from core.settings.robot import ScenariosSettings

AGENT = "agent:"


def logins_named(settings: Settings) -> Iterator[tuple[str, str]]:
    """(key, login) of everybody whom the robot is to tell, or whom a team's own scenario names."""
    yield from _told("robot", settings.robot)
    for key, group in settings.groups.items():
        yield from _told(f"groups.{key}.robot", group.robot)
    for number, scenario in enumerate(settings.scenarios, 1):
        if scenario.conditions.owner not in ("", NOBODY, ANYBODY):
            yield f"{_place(number, scenario)}.if.owner", scenario.conditions.owner
        for place, act in enumerate(scenario.then, 1):
            here = f"{_place(number, scenario)}.then[{place}]"
            if act.notify.startswith(AGENT):
                yield f"{here}.notify", act.notify.removeprefix(AGENT)
            if act.assign:
                yield f"{here}.assign", act.assign
            if act.follow and not act.follow.startswith("group:"):
                yield f"{here}.follow", act.follow


def _told(path: str, section: ScenariosSettings) -> Iterator[tuple[str, str]]:
    for name in (*Scenario, ASK):
        one = getattr(section, name)
        for target in getattr(one, "tell", ()):
            if target.startswith(AGENT):
                yield f"{path}.{name}.tell", target.removeprefix(AGENT)


def statuses_missed(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """(key, status, process) of every act that moves tickets to a status which a process does not have.

    A scenario that waits for time in a status, or asks for one, is only for processes that have that one.
    """
    keys = dict.fromkeys((STANDARD, *settings.processes))
    for number, scenario in enumerate(settings.scenarios, 1):
        asked = {scenario.when.status} - {""} | set(scenario.conditions.status)
        for place, act in enumerate(scenario.then, 1):
            for key in keys if act.status else ():
                has = settings.process(key).statuses
                reached = not asked or any(
                    one in has or one in {s.kind for s in has.values()} for one in asked
                )
                if reached and act.status not in has:
                    yield f"{_place(number, scenario)}.then[{place}].status", act.status, key


def _place(number: int, scenario: OwnScenarioSettings) -> str:
    """A scenario as the configuration's own mistakes name it."""
    return f"scenarios[{number} {quoted(scenario.name)}]"
