"""`glazok init` makes a desk that works at once, and overwrites nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands.init import make_desk
from cli.main import main
from core import settings
from core.errors import Conflict, Unavailable
from core.services.desk import Desk


def test_what_it_makes_is_a_working_desk(tmp_path: Path) -> None:
    made = make_desk(tmp_path / "desk")
    desk = Desk.open(settings.load(made.config))
    desk.close()
    assert len(desk.secret) == 64
    assert made.database.is_file()


def test_nobody_else_can_read_what_it_makes(tmp_path: Path) -> None:
    made = make_desk(tmp_path / "desk")
    for file in (made.config, made.secret, made.database):
        assert file.stat().st_mode & 0o077 == 0


def test_every_desk_has_a_secret_of_its_own(tmp_path: Path) -> None:
    assert make_desk(tmp_path / "a").secret.read_text() != make_desk(tmp_path / "b").secret.read_text()


def test_the_configuration_is_the_commented_example_with_name_and_language(tmp_path: Path) -> None:
    made = make_desk(tmp_path, name='Desk "A" \\ Поддержка', language="ru")
    found = settings.load(made.config)
    assert (found.desk.name, found.desk.language) == ('Desk "A" \\ Поддержка', "ru")
    assert "# Whether the client of a new ticket gets a confirmation letter." in made.config.read_text(
        "utf-8"
    )


def test_an_existing_configuration_stops_it(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine")
    with pytest.raises(Conflict, match=r"config\.toml exists already; nothing was changed"):
        make_desk(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["config.toml"]
    assert (tmp_path / "config.toml").read_text() == "mine"


def test_an_existing_secret_and_database_are_kept(tmp_path: Path) -> None:
    first = make_desk(tmp_path)
    secret, size = first.secret.read_text(), first.database.stat().st_size
    first.config.unlink()
    again = make_desk(tmp_path)
    assert again.secret_kept
    assert again.secret.read_text() == secret
    assert again.database.stat().st_size == size


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="The desk cannot be made in") as caught:
        make_desk(tmp_path / "file" / "desk")
    assert "--dir" in caught.value.hint


def test_it_says_what_comes_next(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.init.system_user", lambda: "anna")
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert capfd.readouterr().out.splitlines()[-3:] == [
        "  glazok agent add anna --group first",
        "  glazok doctor",
        "  glazok serve",
    ]
    assert main(["init", "--dir", "other"]) == 0
    assert f"  glazok doctor --config {tmp_path}/other/config.toml" in capfd.readouterr().out


def test_with_json_it_says_where_everything_lies(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--dir", str(tmp_path), "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {
        "config": str(tmp_path / "config.toml"),
        "secret": str(tmp_path / "secret.key"),
        "secret_kept": False,
        "database": str(tmp_path / "glazok.db"),
    }


def test_the_database_can_be_brought_up_to_date_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = make_desk(tmp_path)
    assert main(["db", "upgrade", "--config", str(made.config), "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"backup": None, "database": str(made.database)}
