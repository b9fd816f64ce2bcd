"""A desk for every test that asks for one; tests of the core run once on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db import board_postgres
from core.services.desk import Desk
from tests import builders, engines

ON_BOTH = ("test_core_", "test_life_", "test_robot_", "test_stories_", "test_postgres_")
"""Beginnings of the names of modules whose tests run on SQLite and on PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `sqlite` or `postgres` are about that one database alone."""
    if metafunc.module.__name__.rpartition(".")[2].startswith(ON_BOTH):
        alone = [name for name in ("sqlite", "postgres") if metafunc.definition.get_closest_marker(name)]
        metafunc.parametrize("engine", alone or ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The database on which the desks of a test stand, by name."""
    name: str = getattr(request, "param", "sqlite")
    if name == "sqlite":
        yield name
        return
    # News at once: when a test looks again says nothing about how often a console does.
    monkeypatch.setattr(board_postgres, "POLL_SECONDS", 0)
    with engines.on(request.getfixturevalue("postgres")):
        yield name


@pytest.fixture
def desk(engine: str, tmp_path: Path) -> Iterator[Desk]:
    """The standard test desk with its staff, in a folder of its own."""
    with builders.desk_in(tmp_path / "desk") as made:
        yield made
