"""What importing a module drags in: measured in a fresh interpreter, since start-up time is what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(
    f"core.services.{path.stem}"
    for path in (ROOT / "core" / "services").glob("*.py")
    if path.stem != "__init__"
)
DATABASE = {"sqlalchemy", "sqlmodel", "alembic"}


def loaded_by(module: str) -> set[str]:
    """The top-level names of everything that importing `module` loads."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", SERVICES)
def test_a_service_loads_no_screen(module: str) -> None:
    assert not loaded_by(module) & {"textual", "tui"}


def test_the_boards_reader_loads_no_orm() -> None:
    assert not loaded_by("core.services.board") & DATABASE


def test_the_command_line_starts_without_anything_heavy() -> None:
    heavy = {"textual", "pydantic", "asyncio", "websockets", "aioimaplib", "aiosmtplib", "rich", *DATABASE}
    assert not loaded_by("cli.main") & heavy


@pytest.mark.parametrize("program", ["mailbridge", "presence_server"])
def test_a_daemon_loads_no_screen(program: str) -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / program).rglob("*.py"))
        if path.stem not in {"__init__", "__main__"}
    ]
    assert names
    assert not loaded_by(", ".join(names)) & {"textual", "tui"}
