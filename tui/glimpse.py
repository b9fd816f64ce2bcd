"""The few words of the configuration that the first frame needs, read without pydantic.

The environment beats the file, as it does in the settings.

What is wrong with the file is said by `core.settings.load`, a moment later.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import GlazokError
from core.i18n import set_language
from core.paths import find_config
from tui.keys import Keys, remapped


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is known before the settings are."""

    config: Path | None
    desk: str = ""
    theme: str = "dark"
    labels: bool = True
    keys: Keys = field(default_factory=dict)
    """Commands that have other keys than their own."""


def glimpse(config: Path | str | None) -> Glimpse:
    """Desk name, theme, labels and keys; sets the language. Raises ConfigError for keys that cannot be used."""
    import tomllib

    data: dict[str, Any] = {}
    path = Path(config) if config else None
    try:
        path = find_config(config)
        data = tomllib.loads(path.read_text("utf-8"))
    except (GlazokError, OSError, ValueError):
        pass  # said by core.settings.load
    set_language(_word(data, "desk", "language", "auto"))
    labels = _word(data, "console", "labels", "true").strip().lower()
    console = data.get("console")
    keys = console.get("keys") if isinstance(console, dict) else None
    return Glimpse(
        path,
        _word(data, "desk", "name"),
        _word(data, "console", "theme", "dark"),
        labels != "false",
        remapped(keys) if isinstance(keys, dict) else {},
    )


def _word(data: dict[str, Any], section: str, key: str, default: str = "") -> str:
    set_outside = os.environ.get(f"GLAZOK_{section}_{key}".upper())
    inside = data.get(section)
    return set_outside or str(inside.get(key, default) if isinstance(inside, dict) else default)
