"""Where the configuration is looked for, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.paths import example_config, find_config


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_named_file_beats_everything(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(here / "config.toml")
    monkeypatch.setenv("GLAZOK_CONFIG", str(made(tmp_path / "environment.toml")))
    named = made(tmp_path / "named.toml")
    assert find_config(named) == named


def test_the_environment_beats_the_working_folder(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(here / "config.toml")
    named = made(tmp_path / "environment.toml")
    monkeypatch.setenv("GLAZOK_CONFIG", str(named))
    assert find_config() == named


def test_the_working_folder_beats_the_users(here: Path, tmp_path: Path) -> None:
    users = made(tmp_path / "home" / ".config" / "glazok" / "config.toml")
    assert find_config() == users
    local = made(here / "config.toml")
    assert find_config() == local


def test_the_machines_comes_last(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path}/one:{tmp_path}/two")
    machines = made(tmp_path / "two" / "glazok" / "config.toml")
    assert find_config() == machines


def test_a_folder_means_the_configuration_in_it(here: Path) -> None:
    config = made(here / "desk" / "config.toml")
    assert find_config("desk") == config


def test_paths_are_absolute_and_know_the_home(here: Path, tmp_path: Path) -> None:
    made(here / "my.toml")
    assert find_config("my.toml") == here / "my.toml"
    made(tmp_path / "home" / "my.toml")
    assert find_config("~/my.toml") == tmp_path / "home" / "my.toml"


def test_a_named_file_that_is_missing_is_an_error_even_if_others_exist(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(here / "config.toml")
    with pytest.raises(ConfigError, match=f"--config names {tmp_path}/no.toml, and there is no such file"):
        find_config(tmp_path / "no.toml")
    monkeypatch.setenv("GLAZOK_CONFIG", "/no/where.toml")
    with pytest.raises(ConfigError, match=r"\$GLAZOK_CONFIG names /no/where\.toml") as caught:
        find_config()
    assert caught.value.hint.endswith("glazok init --dir desk")


def test_without_any_it_says_where_it_looked_and_what_to_do(here: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config()
    for place in (here / "config.toml", tmp_path / "home" / ".config" / "glazok" / "config.toml"):
        assert str(place) in caught.value.message
    assert "glazok init" in caught.value.hint
    assert "glazok demo" in caught.value.hint


def test_the_example_is_found() -> None:
    assert "[groups.first]" in example_config().read_text("utf-8")
