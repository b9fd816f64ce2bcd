"""The configuration: TOML into frozen models, errors in plain words. Imports pydantic late.

`load` reads everything; `peek_language` reads one key without pydantic, to speak at once.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.settings.secret import Secret

if TYPE_CHECKING:
    from core.settings.mailboxes import ImapSettings, MailboxSettings, SmtpSettings
    from core.settings.models import Settings

__all__ = [
    "ImapSettings",
    "MailboxSettings",
    "Secret",
    "Settings",
    "SmtpSettings",
    "load",
    "peek_language",
    "read",
]


def load(path: Path | str | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file (None: wherever `core.paths.find_config` finds one), the environment on top.

    Raises ConfigError with every mistake, one line each.
    """
    from core.paths import find_config
    from core.settings.reader import read_file

    return read_file(find_config(path), os.environ if environ is None else environ)


def read(text: str, path: Path, *, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a TOML text, as if it stood in `path`; no environment unless it is given."""
    from core.settings.reader import read_text

    return read_text(text, path, environ or {})


def peek_language(path: Path | None) -> str:
    """The wanted language, "auto" where the file says nothing or cannot be read; never raises."""
    wanted = os.environ.get("GLAZOK_DESK_LANGUAGE")
    if wanted:
        return wanted
    try:
        data = tomllib.loads(path.read_text("utf-8")) if path else {}
    except (OSError, ValueError):
        return "auto"
    desk = data.get("desk")
    found = desk.get("language") if isinstance(desk, dict) else None
    return found if isinstance(found, str) else "auto"


def __getattr__(name: str) -> Any:
    if name in __all__:
        from core.settings import mailboxes, models

        return getattr(models if name == "Settings" else mailboxes, name)
    raise AttributeError(name)
