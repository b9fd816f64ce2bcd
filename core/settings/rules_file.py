"""Changed rules beside the configuration in force: a file that has only rules in it, or a whole configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.i18n import _
from core.settings.reader import parse_tables, read_tables, text_of

if TYPE_CHECKING:
    from core.settings.models import Settings

ROUTING = ("rules", "regions", "forms", "groups", "templates")
"""The sections that say where a letter goes."""


def read_rules(path: Path, current: Settings) -> Settings:
    """The configuration in force with the sections of another file in place of its own. Raises ConfigError.

    A file with [groups] is a whole configuration: sections that it does not have are empty then.
    """
    changed, data = (
        parse_tables(text_of(path, "--rules"), path),
        parse_tables(text_of(current.path), current.path),
    )
    whole = "groups" in changed
    for name in ROUTING:
        if name in changed or whole:
            data.pop(name, None)
            data |= {name: changed[name]} if name in changed else {}
    desk, mine = changed.get("desk"), data.get("desk")
    if isinstance(desk, dict) and "default_group" in desk:
        data["desk"] = {**(mine if isinstance(mine, dict) else {}), "default_group": desk["default_group"]}
    if not any(name in changed for name in ROUTING):
        raise ConfigError(
            _("{file} has no rules in it.").format(file=path),
            hint=_("Needed is at least one of [[rules]], [regions.KEY], [[forms]] and [groups.KEY]."),
        )
    return read_tables(data, path.absolute(), os.environ)
