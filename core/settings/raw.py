"""Looks into tables as the file has them, before anything is known of their shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Raw = Mapping[str, Any]


def table(data: Raw, name: str) -> dict[str, Raw]:
    """The named sections under a key; whatever is no section is left out."""
    found = data.get(name)
    if not isinstance(found, Mapping):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, Mapping)}


def texts(value: object) -> list[str]:
    """One text or a list of them; whatever is no text is left out."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
