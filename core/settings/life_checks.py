"""Mistakes between the keys of a ticket's life: a process names a status that is not there, say. Pure.

Works on the raw tables, as `core.settings.checks` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.domain.processes import BUILT_IN, NEXT_SHIFT, REMOVABLE, STANDARD
from core.domain.tickets import Status
from core.i18n import _
from core.settings.problems import Problem, quoted, unknown
from core.settings.raw import Raw, table, texts

BUILT_IN_KEYS = [str(status.key) for status in BUILT_IN]
MOVABLE = [key for key in BUILT_IN_KEYS if key not in (NEXT_SHIFT, Status.DELETED)]
"""Built-in statuses to which a ticket may be moved by hand or by a scenario."""


def life_check(data: Raw) -> Iterator[Problem]:
    """Every mistake between these sections, in the order of the file's."""
    yield from _groups(data)
    yield from _statuses(data)
    yield from _processes(data)
    yield from _templates(data)
    yield from _scenarios(data)


def _known(path: tuple[str | int, ...], what: str, values: object, known: Sequence[str]) -> Iterator[Problem]:
    for value in texts(values):
        if value and value not in known:
            yield Problem(path, unknown(what, value, known))


def _groups(data: Raw) -> Iterator[Problem]:
    calendars = list(table(data, "calendars"))
    for key, group in table(data, "groups").items():
        what = _("there is no calendar {found}")
        yield from _known(("groups", key, "hours"), what, group.get("hours"), calendars)


def _statuses(data: Raw) -> Iterator[Problem]:
    own = table(data, "statuses")
    for key, status in own.items():
        if key in BUILT_IN_KEYS:
            yield Problem(("statuses", key), _("a built-in status has this key; use another one"))
        what = _("there is no status {found} to move to")
        yield from _known(("statuses", key, "moves"), what, status.get("moves"), [*MOVABLE, *own])


def _processes(data: Raw) -> Iterator[Problem]:
    own = table(data, "statuses")
    for key, process in table(data, "processes").items():
        what = _("there is no status {found}")
        yield from _known(("processes", key, "statuses"), what, process.get("statuses"), list(own))
        what = _("a process cannot be without {found}")
        yield from _known(("processes", key, "without"), what, process.get("without"), sorted(REMOVABLE))
        mine = set(texts(process.get("statuses")))
        if key == STANDARD:
            named = {one for each in table(data, "processes").values() for one in texts(each.get("statuses"))}
            mine |= set(own) - named
        kinds = [own[status].get("kind") for status in mine if status in own]
        for status in texts(process.get("without")):
            if status in (Status.NEEDS_REPLY, Status.WAITING) and status not in kinds:
                yield Problem(
                    ("processes", key, "without"),
                    _("without {found} it needs a status of its own of this kind").format(
                        found=quoted(status)
                    ),
                )


def _templates(data: Raw) -> Iterator[Problem]:
    templates = table(data, "templates")
    processes = list(dict.fromkeys((STANDARD, *table(data, "processes"))))
    for key, template in templates.items():
        what = _("there is no process {found}")
        yield from _known(("templates", key, "process"), what, template.get("process"), processes)
        what = _("there is no group {found}")
        yield from _known(
            ("templates", key, "group"), what, template.get("group"), list(table(data, "groups"))
        )
    for index, rule in _listed(data, "rules"):
        what = _("there is no template {found}")
        yield from _known(("rules", index, "template"), what, rule.get("template"), list(templates))


def _scenarios(data: Raw) -> Iterator[Problem]:
    names: dict[str, int] = {}
    statuses, groups = list(table(data, "statuses")), list(table(data, "groups"))
    no_status, no_group = _("there is no status {found}"), _("there is no group {found}")
    for index, scenario in _listed(data, "scenarios"):
        at: tuple[str | int, ...] = ("scenarios", index)
        name = scenario.get("name")
        if isinstance(name, str) and names.setdefault(name, index) != index:
            yield Problem(
                (*at, "name"),
                _("scenario {number} has this name already; names are unique").format(number=names[name] + 1),
            )
        when, only = _mapping(scenario.get("when")), _mapping(scenario.get("if"))
        anywhere = [*BUILT_IN_KEYS, *statuses]
        yield from _known((*at, "when", "status"), no_status, when.get("status"), anywhere)
        yield from _known((*at, "if", "status"), no_status, only.get("status"), anywhere)
        yield from _known((*at, "if", "group"), no_group, only.get("group"), groups)
        regions = list(table(data, "regions"))
        yield from _known((*at, "if", "region"), _("there is no region {found}"), only.get("region"), regions)
        acts = scenario.get("then")
        for number, act in enumerate(acts if isinstance(acts, list) else []):
            here, act = (*at, "then", number), _mapping(act)
            yield from _known((*here, "status"), no_status, act.get("status"), [*MOVABLE, *statuses])
            yield from _known((*here, "pass"), no_group, act.get("pass"), groups)
            follow = act.get("follow")
            if isinstance(follow, str) and follow.startswith("group:"):
                yield from _known((*here, "follow"), no_group, follow.removeprefix("group:"), groups)


def _listed(data: Raw, name: str) -> Iterator[tuple[int, Raw]]:
    found = data.get(name)
    for index, one in enumerate(found if isinstance(found, list) else []):
        if isinstance(one, Mapping):
            yield index, one


def _mapping(value: Any) -> Raw:
    return value if isinstance(value, Mapping) else {}
