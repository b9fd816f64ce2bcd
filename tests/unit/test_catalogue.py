"""The Russian catalogue is whole: every text, every placeholder, every plural, and the compiled file is it."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import re
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo, write_mo

from core import i18n

ROOT = Path(__file__).parents[2]
PO = i18n.LOCALE_FOLDER / "ru" / "LC_MESSAGES" / "glazok.po"
_FIELD = re.compile(r"(?<!\{)\{[^{}]*\}(?!\})")
_LETTERS = re.compile(r"[A-Za-zА-Яа-яЁё]+")
_BOTH = re.compile(r"[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]")


def _catalogues() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "scripts" / "catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """`scripts/catalogues.py`."""
    return _catalogues()


@pytest.fixture(scope="module")
def catalogue(script: ModuleType) -> Catalog:
    """The Russian catalogue as it stands in the source."""
    read: Catalog = script.read("ru")
    return read


def forms(message: object) -> list[str]:
    """All translations of a message."""
    string = getattr(message, "string", "")
    return list(string) if isinstance(string, tuple | list) else [string]


def test_nothing_is_missing_fuzzy_or_left_over(script: ModuleType) -> None:
    assert list(script.faults("ru")) == []


def test_russian_has_three_plural_forms_and_each_is_there(catalogue: Catalog) -> None:
    assert catalogue.num_plurals == 3
    plurals = [message for message in catalogue if message.pluralizable]
    assert plurals
    for message in plurals:
        assert len(forms(message)) == 3, message.id
        assert all(forms(message)), message.id


def test_plurals_of_numbers_differ_where_russian_words_do(catalogue: Catalog) -> None:
    ngettext = _translations(catalogue).ngettext
    told = [ngettext("{n} quoted line", "{n} quoted lines", n).format(n=n) for n in (1, 2, 5, 11, 21, 104)]
    assert told == [
        "1 строка цитаты", "2 строки цитаты", "5 строк цитаты", "11 строк цитаты", "21 строка цитаты",
        "104 строки цитаты",
    ]  # fmt: skip


def test_every_form_of_a_plural_names_its_number(catalogue: Catalog) -> None:
    # 21 takes the first form too: "one letter" in words would be wrong for it.
    for message in catalogue:
        if message.pluralizable and "{n}" in message.id[1]:
            assert all("{n}" in form for form in forms(message)), message.id
        if message.pluralizable and "{count}" in message.id[1]:
            assert all("{count}" in form for form in forms(message)), message.id


def test_placeholders_are_the_source_s(catalogue: Catalog) -> None:
    for message in catalogue:
        if isinstance(message.id, str) and message.id:
            assert sorted(_FIELD.findall(message.id)) == sorted(_FIELD.findall(str(message.string))), (
                message.id
            )


def test_the_ends_of_sentences_agree(catalogue: Catalog) -> None:
    for message in catalogue:
        if isinstance(message.id, str) and message.id:
            assert message.id.startswith(" ") == str(message.string).startswith(" "), message.id
            assert message.id.endswith("\n") == str(message.string).endswith("\n"), message.id
            if message.id.endswith(".") and not message.id.endswith("..."):
                # A command or an address at the end of a sentence is easier to copy without the point.
                assert re.search(r"[.!?…}]$|--[\w -]+$|glazok [\w -]+$|\w+://$", str(message.string)), (
                    message.id
                )


def test_no_word_mixes_latin_and_cyrillic_letters(catalogue: Catalog) -> None:
    for message in catalogue:
        for form in forms(message) if message.id else []:
            bare = re.sub(r"\{[^{}]*\}|\\n|%\(\w+\)s", " ", form)
            assert not [word for word in _LETTERS.findall(bare) if _BOTH.search(word)], form


def test_russian_has_its_own_quotation_marks(catalogue: Catalog) -> None:
    for message in catalogue:
        for form in forms(message) if message.id else []:
            assert not set(form) & set("“”"), form


def test_one_word_for_one_thing(catalogue: Catalog) -> None:
    """The words of the product; a synonym would make the reader look for a difference."""
    forbidden = {
        "тикет": "обращение", "заявк": "обращение", "мейл": "почта", "имейл": "почта", "агент": "сотрудник",
        "оператор": "сотрудник", "супервайзер": "руководитель", "бридж": "мост", "ошибк произошла": "ошибка",
        "комментари": "заметка", "дескт": "служба", "аккаунт": "доступ",
    }  # fmt: skip
    for message in catalogue:
        for form in forms(message) if message.id else []:
            for word, ours in forbidden.items():
                assert word not in form.lower(), f"{form!r}: say “{ours}”"


def test_the_compiled_catalogue_is_the_one_in_the_source(catalogue: Catalog) -> None:
    compiled = PO.with_suffix(".mo")
    assert compiled.exists(), "run: make locale"
    with compiled.open("rb") as reading:
        found = read_mo(reading)
    wanted = _texts(catalogue)
    assert _texts(found) == wanted, "run: make locale"


def _texts(catalogue: Catalog) -> dict[str, list[str]]:
    return {repr(tuple(one.id) if one.pluralizable else one.id): forms(one) for one in catalogue if one.id}


def _translations(catalogue: Catalog) -> gettext.GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


MARKED = ("_", "N_", "gettext", "ngettext")
PACKAGES = ("core", "tui", "cli", "mailbridge", "presence_server")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_text_hides_in_an_f_string_where_it_is_not_collected(package: str) -> None:
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKED
        if any(isinstance(word, ast.Constant) for word in call.args)
    ]
    assert hidden == []
