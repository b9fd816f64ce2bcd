"""Commands speak the configured language, click's own words included."""

from __future__ import annotations

import ast
from pathlib import Path

import click
import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from cli import click_strings
from cli.localise import localise
from cli.main import main
from cli.options import example
from core import i18n
from core.i18n import N_

WORDS = {
    "Usage:": "Вызов:",
    "Options": "Параметры",
    "[OPTIONS]": "[ПАРАМЕТРЫ]",
    "FILE": "ФАЙЛ",
    "TEXT": "ТЕКСТ",
    "INTEGER": "ЧИСЛО",
    "LETTERS": "ПИСЬМА",
    "required": "обязательно",
    "default: {default}": "по умолчанию: {default}",
    "Example:": "Пример:",
    "Read letters.": "Прочитать письма.",
    "How many.": "Сколько.",
    "For agents": "Для сотрудников",
    "Show this message and exit.": "Показать эту справку.",
    "No such option {name!r}.": "Параметра {name!r} нет.",
    "Try '{command} {option}' for help.": "Справка: {command} {option}.",
    "Error: {message}": "Ошибка: {message}",
}


@pytest.fixture
def russian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small Russian catalogue in the place of ours."""
    catalogue = Catalog(locale="ru")
    for source, translation in WORDS.items():
        catalogue.add(source, translation)
    folder = tmp_path / "locale" / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "glazok.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(i18n, "LOCALE_FOLDER", tmp_path / "locale")
    i18n.set_language("ru")


@click.command("letters", help=N_("Read letters."), epilog=example("glazok letters --count 3"))
@click.argument("letters", nargs=-1, required=True)
@click.option("--count", type=click.IntRange(1), default=1, show_default=True, help=N_("How many."))
@click.option("--name", required=True)
@click.option("--from", "source", type=click.Path(dir_okay=False))
def letters(letters: tuple[str, ...], count: int, name: str, source: str) -> None:
    pass


def help_of(command: click.Command) -> str:
    return localise(command).get_help(click.Context(command, info_name="letters"))


def test_help_is_translated_down_to_the_metavars(russian: None) -> None:
    assert help_of(letters).splitlines() == [
        "Вызов: letters [ПАРАМЕТРЫ] ПИСЬМА...",
        "",
        "  Прочитать письма.",
        "",
        "Параметры:",
        "  --count ЧИСЛО  Сколько.  [по умолчанию: 1]",
        "  --name ТЕКСТ   [обязательно]",
        "  --from ФАЙЛ",
        "  --help         Показать эту справку.",
        "",
        "  Пример:",
        "    glazok letters --count 3",
    ]


def test_the_language_may_change_and_change_back(russian: None) -> None:
    assert "Прочитать письма." in help_of(letters)
    i18n.set_language("en")
    assert "Read letters." in help_of(letters)
    assert "--count INTEGER" in help_of(letters)
    i18n.set_language("ru")
    assert "Прочитать письма." in help_of(letters)


def test_the_language_of_the_configuration_holds_from_the_first_word(
    russian: None, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    config = tmp_path / "config.toml"
    config.write_text('[desk]\nlanguage = "ru"')
    assert main(["--config", str(config), "--help"]) == 0
    assert "Для сотрудников:" in capfd.readouterr().out
    monkeypatch.setenv("GLAZOK_DESK_LANGUAGE", "en")
    assert main(["--config", str(config), "--help"]) == 0
    assert "For agents:" in capfd.readouterr().out


def test_errors_are_translated(russian: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--nonsense"]) == 2
    assert capfd.readouterr().err == "Ошибка: Параметра '--nonsense' нет.\nСправка: glazok init --help.\n"


NEVER_SHOWN = {
    "_winconsole.py",
    "_termui_impl.py",
    "shell_completion.py",
}
"""Parts of click that speak to other systems, or start editors and pagers, which no command of ours does."""

FOR_AUTHORS = (
    "DeprecationWarning",
    "Could not determine name",
    "No options defined but",
    "Arguments take exactly",
    "Name '{name}' defined twice",
    "Boolean option {decl",
    "Value must be an iterable",
    "Invalid start character",
    "%(prog)s",
    "Unknown color",
    "Unknown standard stream",
    "Choice({choices})",
)
"""Messages to whoever writes a command."""


def test_everything_that_click_can_say_is_in_our_catalogue() -> None:
    ours = {*click_strings.messages(), *click_strings.plurals(1), *click_strings.plurals(2)}
    theirs = set()
    for file in Path(click.__file__).parent.glob("*.py"):
        if file.name in NEVER_SHOWN:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"_", "ngettext"}
            ):
                words = [word.value for word in node.args if isinstance(word, ast.Constant)]
                theirs |= {
                    word for word in words if isinstance(word, str) and not word.startswith(FOR_AUTHORS)
                }
    assert theirs - ours == set()
