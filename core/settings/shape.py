"""Looks into the models: which keys a section has, and what kind of value a key takes. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.settings.models import Settings

KeyPath = tuple[str | int, ...]
"""Keys from the top: `("mailboxes", "support", "imap", "port")`; rules by their index."""

NOT_IN_FILE = frozenset({"path"})
"""Fields of Settings that no file may set."""


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a section by the keys that stand in the file."""
    return {
        field.alias or name: field
        for name, field in model.model_fields.items()
        if not (model is Settings and name in NOT_IN_FILE)
    }


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a section may have."""
    return list(fields_of(model))


def section_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that an annotation holds, if any, and whether it stands behind a name or an index."""
    if get_origin(annotation) in {dict, list}:
        inner = get_args(annotation)[-1]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner, True
    elif (
        get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel)
    ):
        return annotation, False
    return None, False


def section_at(path: KeyPath) -> type[BaseModel] | None:
    """The model of the section at a path, None where no section stands."""
    model: type[BaseModel] = Settings
    rest = list(path)
    while rest:
        field = fields_of(model).get(str(rest.pop(0)))
        inner, named = section_in(field.annotation) if field else (None, False)
        if inner is None or (named and not rest):
            return None
        if named:
            rest.pop(0)
        model = inner
    return model


def field_at(path: KeyPath) -> FieldInfo | None:
    """The field that a path names; of a list's item, the list's field."""
    while path:
        model = section_at(path[:-1])
        if model is not None:
            return fields_of(model).get(str(path[-1]))
        path = path[:-1]
    return None


def choices(annotation: Any) -> list[str]:
    """The words of a Literal, wherever in the annotation it stands."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation) if word]
    return [word for inner in get_args(annotation) for word in choices(inner)]


def leaves(data: Mapping[str, Any], model: type[BaseModel] = Settings, at: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key that could be set in the sections of `data`; not of lists, whose items have no names."""
    for name, field in fields_of(model).items():
        inner, named = section_in(field.annotation)
        path = (*at, name)
        if inner is None:
            yield path
            continue
        below = data.get(name, {})
        if not named:
            yield from leaves(below if isinstance(below, Mapping) else {}, inner, path)
        elif isinstance(below, Mapping):
            for key, value in below.items():
                yield from leaves(value if isinstance(value, Mapping) else {}, inner, (*path, key))
