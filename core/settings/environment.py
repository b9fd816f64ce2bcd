"""The environment on top of the file: `GLAZOK_<SECTION>_<KEY>` for every key that has a name of its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from core.i18n import _
from core.settings.problems import Problem, nearest, quoted
from core.settings.secret import Secret
from core.settings.shape import KeyPath, choices, field_at, leaves

SHORT: dict[str, KeyPath] = {"GLAZOK_SECRET": ("desk", "secret")}
"""Variables with a shorter name than their key's."""

_SECTIONS = (
    "DESK",
    "PRESENCE",
    "GROUPS",
    "REGIONS",
    "RULES",
    "MAILBOXES",
    "BRIDGE",
    "BOARD",
    "CONSOLE",
    "LOG",
)


def variable(path: KeyPath) -> str:
    """`("mailboxes", "support", "imap", "port")` → `GLAZOK_MAILBOXES_SUPPORT_IMAP_PORT`."""
    return re.sub(r"[^A-Z0-9]", "_", "_".join(("GLAZOK", *map(str, path))).upper())


def overlay(data: dict[str, Any], environ: Mapping[str, str]) -> tuple[dict[KeyPath, str], list[Problem]]:
    """Put the environment's values into `data`; returns which variable each came from, and what is wrong.

    An empty variable counts as not set. A variable that looks like a key and is none is a mistake.
    """
    known = {variable(path): path for path in leaves(data)}
    known.update(SHORT)
    origins: dict[KeyPath, str] = {}
    problems: list[Problem] = []
    for name in sorted(environ):
        if not name.startswith("GLAZOK_") or not environ[name]:
            continue
        path = known.get(name)
        if path is None:
            if name.removeprefix("GLAZOK_").startswith(tuple(f"{section}_" for section in _SECTIONS)):
                problems.append(Problem((), _unknown(name, sorted(known))))
            continue
        if path in origins:
            problems.append(
                Problem(path, _("set by ${one} and by ${two}; keep one").format(one=origins[path], two=name))
            )
        _put(data, path, _value(path, environ[name]))
        origins[path] = name
    return origins, problems


def _unknown(name: str, known: list[str]) -> str:
    near = nearest(name.lower(), [one.lower() for one in known])
    text = _("the environment variable {name} fits no key").format(name=quoted(name))
    return text + ("; " + _("did you mean {near}?").format(near=quoted(near.upper())) if near else "")


def _value(path: KeyPath, text: str) -> Any:
    field = field_at(path)
    if field is None or field.annotation in (str, Secret) or choices(field.annotation):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(data: dict[str, Any], path: KeyPath, value: Any) -> None:
    section: Any = data
    for part in path[:-1]:
        below = section.get(part)
        if not isinstance(below, dict):
            if part in section:
                return  # not a section in the file: that mistake is reported by itself
            below = section[part] = {}
        section = below
    stem = re.sub(r"_(file|env)$", "", str(path[-1]))
    if stem in ("secret", "password"):
        # The environment beats the file as a whole: three sources of one secret must not meet.
        for other in (stem, f"{stem}_file", f"{stem}_env"):
            section.pop(other, None)
    section[path[-1]] = value
