"""Which language is chosen, and that plurals and fallbacks come out right."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from core import i18n
from core.i18n import N_, _, choose, language, ngettext, set_language, translations

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture
def locale(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No locale variable is set."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def russian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small Russian catalogue in the place of ours."""
    catalogue = Catalog(locale="ru")
    catalogue.add("ticket", "обращение")
    catalogue.add(("{n} letter", "{n} letters"), ("{n} письмо", "{n} письма", "{n} писем"))
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "glazok.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(i18n, "LOCALE_FOLDER", tmp_path)


@pytest.mark.parametrize(
    ("variables", "chosen"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru"}, "ru"),
        ({"LANG": "russian"}, "ru"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ru:en"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LANGUAGE": ""}, "ru"),
    ],
)
def test_the_locale_chooses_the_language(
    variables: dict[str, str], chosen: str, locale: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        locale.setenv(name, value)
    assert choose("auto") == chosen


def test_a_named_language_beats_the_locale(locale: pytest.MonkeyPatch) -> None:
    locale.setenv("LANG", "ru_RU.UTF-8")
    assert choose("en") == "en"
    assert choose("ru") == "ru"


def test_an_unknown_language_falls_back_to_the_locale(locale: pytest.MonkeyPatch) -> None:
    locale.setenv("LANG", "ru_RU.UTF-8")
    assert choose("tlh") == "ru"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 писем"), (1, "1 письмо"), (2, "2 письма"), (5, "5 писем"), (11, "11 писем"), (21, "21 письмо")],
)
def test_russian_plurals(count: int, text: str, russian: None) -> None:
    set_language("ru")
    assert ngettext("{n} letter", "{n} letters", count).format(n=count) == text


def test_the_language_can_be_changed_while_running(russian: None) -> None:
    assert set_language("ru") == language() == "ru"
    assert _("ticket") == "обращение"
    assert set_language("en") == language() == "en"
    assert _("ticket") == "ticket"


def test_what_has_no_translation_is_shown_as_it_stands(russian: None) -> None:
    set_language("ru")
    assert _("no such text") == "no such text"
    assert ngettext("{n} cat", "{n} cats", 2) == "{n} cats"


def test_an_empty_text_stays_empty(russian: None) -> None:
    # gettext answers the empty text with the catalogue's header.
    set_language("ru")
    assert _("") == ""


def test_libraries_that_ask_gettext_speak_our_language(russian: None) -> None:
    set_language("ru")
    assert gettext.gettext("ticket") == "обращение"
    set_language("en")
    assert gettext.gettext("ticket") == "ticket"


def test_letters_may_be_written_in_another_language_than_the_screen(russian: None) -> None:
    set_language("en")
    assert translations("ru").gettext("ticket") == "обращение"
    assert _("ticket") == "ticket"


def test_marking_a_message_changes_nothing() -> None:
    assert N_("ticket") == "ticket"
