"""Compile the catalogues of messages (.po → .mo) whenever Glazok is built or installed, editably too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_catalogues(folder: Path) -> list[Path]:
    """Compile every `glazok.po` under `folder` whose .mo is missing or older; returns what was written.

    Fuzzy entries are left out. Raises ValueError that names the file when one cannot be read.
    """
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        with source.open("rb") as reading:
            catalogue = read_po(reading, locale=source.parts[-3], abort_invalid=True)
        temporary = target.with_suffix(".mo.new")
        with temporary.open("wb") as writing:
            write_mo(writing, catalogue)
        temporary.replace(target)
        written.append(target)
    return written


class CatalogueHook(BuildHookInterface[Any]):
    """What hatchling runs before it builds."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues in the source tree."""
        compile_catalogues(Path(self.root) / "core" / "locale")
