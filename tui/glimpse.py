"""The few words of the configuration that the first frame needs, read without pydantic. Never raises.

What is wrong with the file is said by `core.settings.load`, a moment later.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import GlazokError
from core.i18n import set_language
from core.paths import find_config


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is known before the settings are."""

    config: Path | None
    desk: str = ""
    theme: str = "dark"
    labels: bool = True


def glimpse(config: Path | str | None) -> Glimpse:
    """Desk name, theme and labels; sets the language."""
    import tomllib

    try:
        path = find_config(config)
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (GlazokError, OSError, ValueError):
        set_language(os.environ.get("GLAZOK_DESK_LANGUAGE", "auto"))
        return Glimpse(Path(config) if config else None)
    desk, console = (data.get(name) for name in ("desk", "console"))
    desk = desk if isinstance(desk, dict) else {}
    console = console if isinstance(console, dict) else {}
    set_language(os.environ.get("GLAZOK_DESK_LANGUAGE") or str(desk.get("language", "auto")))
    theme = os.environ.get("GLAZOK_CONSOLE_THEME") or str(console.get("theme", "dark"))
    labels = os.environ.get("GLAZOK_CONSOLE_LABELS")
    shown = labels != "false" if labels else bool(console.get("labels", True))
    return Glimpse(path, str(desk.get("name", "")), theme, shown)
