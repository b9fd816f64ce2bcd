"""Mistakes of a configuration, in words: where, what was found, what is allowed, what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotated_types import Ge, Le
from pydantic_core import ErrorDetails

from core.i18n import _
from core.logs import redact
from core.settings.life_values import NotThat
from core.settings.shape import KeyPath, choices, field_at, keys_of, section_at, section_in

SECRET_KEYS = ("secret", "password", "database_password")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake."""

    path: KeyPath
    text: str
    """What is wrong and what is allowed: a clause without a final full stop."""


def dotted(path: KeyPath, data: Mapping[str, Any]) -> str:
    """`mailboxes.support.imap.port`, `rules[2 "siberia"].subject`."""
    text = ""
    here: Any = data
    for part in path:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(part, int):
            name = here.get("name") if isinstance(here, Mapping) else None
            text += f"[{part + 1} {quoted(name)}]" if isinstance(name, str) else f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


def quoted(text: str) -> str:
    """`text` in quotes, short, with whatever a URL's login or an assignment gives away blanked."""
    text = redact(text)
    return '"' + (text if len(text) <= 60 else text[:59] + "…") + '"'


def listed(words: Collection[str]) -> str:
    """`"a", "b", "c"`."""
    return ", ".join(quoted(word) for word in words)


def nearest(word: str, words: Collection[str]) -> str:
    """The word that was probably meant, empty where none is near."""
    near = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return near[0] if near else ""


def unknown(what: str, found: str, known: Sequence[str]) -> str:
    """`there is no group "nroth"; did you mean "north"?`; `what` is a whole clause with {found}."""
    text = what.format(found=quoted(found))
    near = nearest(found, known)
    if near:
        return text + "; " + _("did you mean {near}?").format(near=quoted(near))
    if known:
        return text + "; " + _("there are {known}").format(known=listed(known))
    return text


def found_words(value: object) -> str:
    """What stands in the file, for a person."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int() | float():
            return str(value)
        case list() | tuple():
            return _("a list")
        case dict():
            return _("a section")
        case _:
            return quoted(str(value))


def from_pydantic(error: ErrorDetails) -> Problem:
    """A mistake that pydantic found, in our words."""
    path: KeyPath = error["loc"]
    kind = error["type"]
    if path and path[-1] == "[key]":
        return Problem(
            path[:-1],
            _("the name {found} cannot be used; allowed are small Latin letters, digits, _ and -").format(
                found=quoted(str(path[-2]))
            ),
        )
    if kind == "extra_forbidden":
        return Problem(path, _unknown_key(path))
    if kind in {"missing", "too_short"} and path == ("groups",):
        return Problem(path, _("a desk needs at least one group, such as [groups.first] with a name"))
    if kind == "missing":
        return Problem(path, _("is missing; needed is {allowed}").format(allowed=_allowed(path)))
    field = field_at(path)
    words = choices(field.annotation) if field else []
    value = error["input"]
    found = _("a value that does not fit") if path[-1] in SECRET_KEYS else found_words(value)
    if kind == "value_error":
        why = error.get("ctx", {}).get("error", "")
        reason = str(why)
        if path[-1] in SECRET_KEYS or isinstance(why, NotThat):
            return Problem(path, reason)
        if isinstance(value, dict) and section_at(path) is not None:
            return Problem(path, reason)  # a whole section: nothing worth repeating
        return Problem(path, _("found {found}; {reason}").format(found=found, reason=reason))
    text = _("found {found}; allowed is {allowed}").format(found=found, allowed=_allowed(path))
    near = nearest(value, words) if isinstance(value, str) and words else ""
    if near:
        text += "; " + _("did you mean {near}?").format(near=quoted(near))
    return Problem(path, text)


def _unknown_key(path: KeyPath) -> str:
    section = section_at(path[:-1])
    known = keys_of(section) if section else []
    near = nearest(str(path[-1]), known)
    if near:
        return _("unknown key; did you mean {near}?").format(near=quoted(near))
    return _("unknown key; allowed here: {known}").format(known=", ".join(known))


def _allowed(path: KeyPath) -> str:
    field = field_at(path)
    if path[0] == "forms" and "fields" in path:
        return _(
            'for each field a label such as "E-mail", a list of labels, or a table such as { regex = "…" }'
        )
    if field is None or section_at(path) is not None:
        return _("a section of its own")
    if len(path) > 1 and section_in(field.annotation)[1]:
        return _('a list of tables, not empty, such as [{ notify = "supervisors" }]')
    words = choices(field.annotation)
    if words:
        return _("one of {words}").format(words=listed(words))
    low = next((rule.ge for rule in field.metadata if isinstance(rule, Ge)), None)
    high = next((rule.le for rule in field.metadata if isinstance(rule, Le)), None)
    if low is not None and high is not None:
        return _("a whole number from {low} to {high}").format(low=low, high=high)
    if field.annotation is bool:
        return _("true or false, without quotes")
    if path[-1] == "address":
        return _("an address such as support@example.com, which nobody else here has")
    if len(path) == 1:
        return _("named sections, such as [groups.first] or [[rules]]")
    if path[-1] == "header":
        return _('a table of header names and regular expressions, such as { X-Form = "site" }')
    if field.annotation is not str and "tuple" in str(field.annotation):
        return _("text in quotes, or a list of such texts")
    return _("text in quotes, not empty")
