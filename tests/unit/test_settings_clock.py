"""The clock of a rehearsal: who may set it, to what, and how it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core import clock
from core.errors import ConfigError
from tests.unit.small_settings import settings


@pytest.fixture
def real_time() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.mark.usefixtures("real_time")
class TestTheClock:
    def test_a_rehearsals_clock_stands_where_it_was_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLAZOK_NOW", "2031-03-01T12:30:00+03:00")
        clock.from_environment(allowed=True)
        assert clock.now() == clock.now() == datetime(2031, 3, 1, 9, 30, tzinfo=UTC)

    def test_with_a_plus_it_runs_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLAZOK_NOW", "2031-03-01T09:30:00Z+")
        clock.from_environment(allowed=True)
        first = clock.now()
        assert first >= datetime(2031, 3, 1, 9, 30, tzinfo=UTC)
        while (second := clock.now()) == first:
            pass
        assert second > first

    def test_a_running_clock_is_not_set_back_by_whoever_reads_the_variable_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GLAZOK_NOW", "2031-03-01T09:30:00Z+")
        clock.from_environment(allowed=True)
        while clock.now() == datetime(2031, 3, 1, 9, 30, tzinfo=UTC):
            pass
        later = clock.now()
        clock.from_environment(allowed=True)
        assert clock.now() >= later

    def test_a_real_desk_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLAZOK_NOW", "2031-03-01T09:30:00Z")
        with pytest.raises(ConfigError, match="a real one"):
            clock.from_environment(allowed=settings().desk.rehearsal)
        assert clock.now().year != 2031

    @pytest.mark.parametrize("given", ["tomorrow", "2031-13-01", "+", "0001-01-01T00:00:00+23:00"])
    def test_what_is_no_moment_is_told(self, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLAZOK_NOW", given)
        with pytest.raises(ConfigError, match="GLAZOK_NOW holds no moment"):
            clock.from_environment(allowed=True)

    def test_without_the_variable_nothing_changes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GLAZOK_NOW", raising=False)
        clock.set_to(datetime(2031, 1, 1, tzinfo=UTC))
        clock.from_environment(allowed=False)
        assert clock.now().year == 2031

    def test_the_variable_is_no_key(self) -> None:
        assert settings("", GLAZOK_NOW="2031-03-01T09:30:00Z", GLAZOK_DESK_REHEARSAL="true").desk.rehearsal
