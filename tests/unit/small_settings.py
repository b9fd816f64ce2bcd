"""Settings of a desk with two groups, from a few lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import Settings, read

PATH = Path("/srv/desk/config.toml")
GROUPS = '[desk]\ndefault_group = "north"\n[groups.north]\nname = "North"\n[groups.south]\nname = "South"\n'
SCENARIO = '[[scenarios]]\nname = "one"\n'
WROTE = SCENARIO + 'when = { event = "client_wrote" }\n'
NOTE = 'then = [{ note = "n" }]\n'


def settings(text: str = "", **environ: str) -> Settings:
    """The settings of that desk with more lines; `environ` stands on top."""
    return read(GROUPS + text, PATH, environ=environ)


def complaint(text: str) -> str:
    """What is told of a mistake, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        settings(text)
    return caught.value.message.removeprefix(f"{PATH}: ")
