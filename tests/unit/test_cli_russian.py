"""Every command's help and the commonest errors in Russian hold no word that somebody forgot to translate."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.commands import doctor
from cli.localise import localise
from cli.main import glazok, main
from cli.table import SECTIONS, names
from tests.russian import latin_words, russian

__all__ = ["russian"]

pytestmark = pytest.mark.usefixtures("russian")

CODES = frozenset(
    [
        *("supervisor", "agent", "auto", "en", "ru", "ms", "show", "last_event", "presence", "listen", "eml"),
        *("templates", "Maildir", "mbox", "stored"),
    ]
)
"""Words of the command line and the configuration that help texts name."""


def commands() -> Iterator[tuple[str, ...]]:
    """The words that call each command and group."""

    def below(command: click.Command, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield at
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield from below(inner, (*at, name))

    yield ()
    for name in names():
        yield from below(importlib.import_module(f"cli.commands.{name}").command, (name,))


def words_of(command: click.Command) -> set[str]:
    """Names of options, choices and subcommands, which are the same in every language."""
    found = {"glazok", command.name or ""}
    for parameter in command.params:
        if isinstance(parameter.type, click.Choice):
            found |= {str(choice) for choice in parameter.type.choices}
    if isinstance(command, click.Group):
        found |= set(command.commands)
    return found


def prose(help_text: str) -> str:
    """A help page without its examples, which are commands."""
    return help_text.partition("  Пример:\n")[0]


def command_at(path: tuple[str, ...]) -> click.Command:
    if not path:
        return glazok
    command: click.Command = importlib.import_module(f"cli.commands.{path[0]}").command
    for name in path[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_help_is_russian(path: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*path, "--help"]) == 0
    shown = capfd.readouterr().out
    assert shown.startswith("Вызов: ")
    assert "Параметры:" in shown
    known = {*CODES, *path, *names(), *words_of(command_at(path))}
    found = latin_words(prose(shown), known)
    assert found == [], f"not translated: {found} in the help of “glazok {' '.join(path)}”:\n{shown}"


def test_the_sections_of_the_help_are_russian() -> None:
    localise(glazok)
    help_text = glazok.get_help(click.Context(glazok, info_name="glazok"))
    assert "Для сотрудников:" in help_text
    for title, rows in SECTIONS:
        assert title not in help_text
        assert all(text not in help_text for _name, text in rows)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nonsense"], 2, "Ошибка: Нет команды nonsense."),
        (["bridg"], 2, "Может быть, bridge?"),
        (["ticket", "nonsense"], 2, "Нет такой команды: 'nonsense'."),
        (["init", "--nonsense"], 2, "Нет такого параметра: '--nonsense'."),
        (["ticket", "show"], 2, "Не указан аргумент 'ОБРАЩЕНИЕ'"),
        (["ticket", "show", "x"], 2, "'x'"),
        (["outbox", "resend", "x"], 2, "'x' не подходит: нужно целое число не меньше 1."),
        (["ticket", "reply", "1"], 2, "Не указан параметр '--seen'"),
        (["ticket", "show", "1", "2"], 2, "Лишний аргумент (2)"),
        (["ticket", "show", "1", "2", "3"], 2, "Лишние аргументы (2 3)"),
        (["demo", "--seconds"], 2, "Параметру '--seconds' нужно значение."),
        (["mail", "parse", "нет-такого"], 3, ""),
        (["ticket", "list", "--config", "нет.toml"], 3, "нет.toml"),
        (["console", "--config", "нет.toml"], 3, ""),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_errors_are_russian(
    args: list[str],
    code: int,
    said: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(args) != 0
    shown = capfd.readouterr().err
    assert said in shown
    found = latin_words(shown, {*CODES, *args, *names(), "glazok", "init", "demo", "toml", "nonsense"})
    assert found == [], f"not translated: {found} in what “glazok {' '.join(args)}” says:\n{shown}"
    assert code


CONFIG = """
[desk]
name = "Облако"
language = "ru"
default_group = "первая"
nme = 1
[presence]
listen = 5
[groups.first]
name = ""
line = 9
[mailboxes.support]
address = "none"
"""


def test_a_broken_configuration_is_explained_in_russian(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG, "utf-8")
    assert main(["ticket", "list", "--config", str(config)]) != 0
    shown = capfd.readouterr().err.replace(str(config), "").replace(config.name, "")
    assert "ошибок:" in shown or "ошибки:" in shown
    keys = "desk default_group name nme presence listen groups first line mailboxes support address imap smtp none host"
    schema = {word for line in shown.splitlines() if "неизвестный ключ" in line for word in latin_words(line)}
    found = latin_words(shown, {*keys.split(), *schema})
    assert found == [], f"not translated: {found} in:\n{shown}"


def test_doctor_speaks_russian(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "служба"
    assert main(["init", "--dir", str(folder), "--name", "Облако", "--language", "ru"]) == 0
    said = capfd.readouterr().out.replace(str(folder), "")
    assert latin_words(said, ["config", "toml", "secret", "key", "db"]) == [], said
    main(["doctor", "--offline", "--config", str(folder / "config.toml")])
    shown = capfd.readouterr().out.replace(str(folder), "")
    assert any(shown.startswith(word) for word in ("порядок", "внимание", "СБОЙ"))
    assert doctor.STATES.keys() == {"ok", "warning", "failed"}
    # Each row begins with the part that was looked at, by its key.
    rows = [
        line.partition(": ")[2] if not line.lstrip().startswith("→") else line for line in shown.splitlines()
    ]
    found = latin_words("\n".join(rows), ["first"])
    assert found == [], f"not translated: {found} in:\n{shown}"
