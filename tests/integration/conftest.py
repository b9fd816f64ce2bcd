"""A desk for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.services.desk import Desk
from tests import builders


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The standard test desk with its staff, in a folder of its own."""
    with builders.desk_in(tmp_path / "desk") as made:
        yield made
