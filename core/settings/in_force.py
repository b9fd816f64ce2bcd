"""From the configuration's sections to what the domain works with: processes, clocks, reopening, rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from core.domain.calendars import ALWAYS
from core.domain.processes import STANDARD, Process, make_process
from core.domain.reopening import Reopening
from core.domain.robot import Clocks, Scenario
from core.domain.routing import Rule

if TYPE_CHECKING:
    from typing import Literal

    from core.settings.groups import GroupSettings
    from core.settings.models import Settings
    from core.settings.routing import RuleSettings


def processes(settings: Settings) -> Mapping[str, Process]:
    """Every process by key, the standard one always among them.

    An own status that no process names belongs to the standard one.
    """
    named = {status for process in settings.processes.values() for status in process.statuses}
    loose = tuple(key for key in settings.statuses if key not in named)
    found = {}
    for key in dict.fromkeys((STANDARD, *settings.processes)):
        section = settings.processes.get(key)
        keys = (*(section.statuses if section else ()), *(loose if key == STANDARD else ()))
        own = [settings.statuses[status].status(status) for status in dict.fromkeys(keys)]
        found[key] = make_process(
            key, section.name if section else "", own, section.without if section else ()
        )
    return found


def clocks(settings: Settings, group_key: str) -> Clocks:
    """Which scenarios run in a group, and its working hours."""
    group = settings.groups.get(group_key)
    promises = {scenario: settings.scenario(group_key, scenario) for scenario in Scenario}
    return Clocks(
        {scenario: promise.after for scenario, promise in promises.items() if promise.enabled},
        settings.calendars[group.hours].calendar() if group and group.hours else ALWAYS,
    )


def reopening(group: GroupSettings | None, channel: str) -> Reopening:
    """A group's policy for a channel; the usual one where the group has left the configuration."""
    if group is None:
        return Reopening()
    policy = group.reopen if isinstance(group.reopen, str) else group.reopen.get(channel, "window")
    return Reopening(cast("Literal['always', 'never', 'window']", policy), timedelta(days=group.reopen_days))


def rule(settings: Settings, section: RuleSettings) -> Rule:
    """A rule as the domain knows it. What it does not say itself, its template says."""
    values = {**dict(section), "header": tuple(section.header.items())}  # same names on both sides
    template = settings.template(section.template)
    if template is not None:
        for name in ("priority", "language"):
            if name not in section.model_fields_set and getattr(template, name):
                values[name] = getattr(template, name)
    return Rule(**values)
