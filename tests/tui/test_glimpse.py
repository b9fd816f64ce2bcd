"""What the first frame knows: the file, with the environment on top of it, whatever state the file is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.i18n import language
from tui.glimpse import glimpse

FILE = '[desk]\nname = "North"\nlanguage = "en"\n[console]\ntheme = "dark"\nlabels = true\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_the_first_frame_has_what_the_file_says(config: Path) -> None:
    found = glimpse(config)
    assert (found.config, found.desk, found.theme, found.labels) == (config, "North", "dark", True)
    config.write_text(FILE.replace('"dark"', '"light"').replace("true", "false"), "utf-8")
    assert (glimpse(config).theme, glimpse(config).labels) == ("light", False)


@pytest.mark.parametrize("text", [FILE, "", "[console", 'desk = 1\nconsole = "dark"'])
def test_the_environment_beats_the_file_in_the_first_frame_too(
    config: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    config.write_text(text, "utf-8")
    for name, value in {
        "GLAZOK_CONSOLE_THEME": "light", "GLAZOK_CONSOLE_LABELS": "false",
        "GLAZOK_DESK_NAME": "South", "GLAZOK_DESK_LANGUAGE": "ru",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    found = glimpse(config)
    assert (found.theme, found.labels, found.desk) == ("light", False, "South")
    assert language() == "ru"


def test_without_a_file_the_first_frame_is_plain(tmp_path: Path) -> None:
    found = glimpse(tmp_path / "nowhere.toml")
    assert (found.desk, found.theme, found.labels) == ("", "dark", True)
