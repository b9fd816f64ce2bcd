"""Who may import whom: what import-linter cannot say, and that its own rules hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("tui", "mailbridge", "presence_server")
PRESENCE_MAY = {
    "core.errors",
    "core.i18n",
    "core.names",
    "core.logs",
    "core.pace",
    "core.presence_frames",
    "core.presence_protocol",
    "core.services.identity",
    "core.settings",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            # `from core import errors` names a module, `from core.errors import X` an object.
            yield from (
                f"{node.module}.{alias.name}"
                if (ROOT / str(node.module).replace(".", "/") / f"{alias.name}.py").exists()
                or (ROOT / str(node.module).replace(".", "/") / alias.name).is_dir()
                else str(node.module)
                for alias in node.names
            )


def test_the_contracts_of_import_linter_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", modules("core/domain"), ids=lambda path: path.stem)
def test_the_domain_uses_the_standard_library_alone(path: Path) -> None:
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("core.domain")
    }
    assert not foreign


@pytest.mark.parametrize("path", modules("presence_server"), ids=lambda path: path.stem)
def test_the_presence_server_knows_only_what_it_may(path: Path) -> None:
    known = {name for name in imports(path) if name.split(".")[0] == "core"}
    strange = {
        name for name in known if not any(name == may or name.startswith(f"{may}.") for may in PRESENCE_MAY)
    }
    assert not strange


@pytest.mark.parametrize("package", ["core", "cli", *PROGRAMS])
def test_no_sql_outside_the_database_layer(package: str) -> None:
    offenders = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        if "core/db/" not in path.as_posix() and "core/services/" not in path.as_posix()
        for name in imports(path)
        if name.split(".")[0] in {"sqlite3", "sqlalchemy", "sqlmodel", "alembic"}
    }
    assert not offenders


def declared(*extras: str) -> set[str]:
    """The distributions that pyproject.toml names for a program with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {re.split(r"[^\w-]", line)[0].lower() for line in lines}


def imported_libraries() -> dict[str, str]:
    """Each library that the product imports, by distribution, with one file that does."""
    distributions = packages_distributions()
    ours = {"core", "cli", *PROGRAMS}
    return {
        found.lower().replace("_", "-"): str(path.relative_to(ROOT))
        for package in ours
        for path in modules(package)
        for name in {full.split(".")[0] for full in imports(path)} - ours - set(sys.stdlib_module_names)
        for found in distributions.get(name, [name])
    }


def test_every_library_that_is_imported_is_a_declared_dependency() -> None:
    parts_of_pydantic = {"pydantic-core", "annotated-types"}
    known = declared("demo", "postgres") | parts_of_pydantic
    assert {name: file for name, file in imported_libraries().items() if name not in known} == {}


def test_every_declared_dependency_is_used() -> None:
    assert declared() - imported_libraries().keys() == set()
