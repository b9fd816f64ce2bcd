"""The catalogues of messages: `update` collects the texts, `compile` makes .mo files, `check` finds faults.

Texts come from our packages alone: what click says is listed in `cli/click_strings.py`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.i18n import DOMAIN, LANGUAGES, LOCALE_FOLDER  # noqa: E402
from hatch_build import compile_catalogues  # noqa: E402

PACKAGES = ("cli", "core", "mailbridge", "presence_server", "tui")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
WIDTH = 110
_FIELD = re.compile(r"(?<!\{)\{[^{}]*\}(?!\})")
_PERCENT = re.compile(r"%(?:\(\w+\))?[sd]")


def collect() -> Catalog:
    """A catalogue of every text in the source, without translations."""
    found = _new(None)
    for package in PACKAGES:
        _collect_from(found, ROOT / package, package)
    return found


def _new(language: str | None) -> Catalog:
    return Catalog(
        locale=language,
        domain=DOMAIN,
        header_comment="# Glazok's texts. `make locale` keeps this file in step with the source.",
        project="Glazok",
        version="0",
        msgid_bugs_address="none",
        last_translator="The Glazok authors",
        language_team="The Glazok authors",
        fuzzy=False,
    )


def _collect_from(catalogue: Catalog, folder: Path, name: str) -> None:
    messages = extract_from_dir(
        folder, [("**.py", "python")], keywords=KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True
    )
    for file, _line, text, comments, _context in messages:
        # Without line numbers a catalogue changes only when a text does.
        catalogue.add(text, locations=[(f"{name}/{file}", 0)], auto_comments=comments)


def path_of(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return LOCALE_FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """The catalogue of a language; an empty one when there is none yet."""
    path = path_of(language)
    if not path.exists():
        return _new(language)
    with path.open("rb") as reading:
        return read_po(reading, locale=language, domain=DOMAIN)


def translated_languages() -> list[str]:
    """The languages that need a catalogue: all but the source's."""
    return [language for language in LANGUAGES if language != "en"]


def update() -> None:
    """Bring new texts into every catalogue and drop those that are gone."""
    template = collect()
    for language in translated_languages():
        catalogue = read(language)
        created = catalogue.creation_date
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.creation_date = created
        catalogue.obsolete.clear()
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as writing:
            write_po(
                writing, catalogue, width=WIDTH, sort_by_file=True, include_lineno=False, ignore_obsolete=True
            )
        missing = sum(1 for message in catalogue if message.id and not _filled(message))
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} texts, {missing} to translate")


def _filled(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(strings) and all(strings)


def _fields(text: str) -> list[str]:
    return sorted(_FIELD.findall(text) + _PERCENT.findall(text))


def _wrong_fields(message: Message) -> bool:
    """Whether a translation names a placeholder that its source does not have, or forgets one.

    A plural form may leave a number out ("one ticket"): it is held to the fields of either source form.
    """
    if isinstance(message.id, str):
        return _fields(message.id) != _fields(str(message.string))
    known = {field for source in message.id for field in _fields(source)}
    return any(not set(_fields(form)) <= known for form in message.string or ())


def faults(language: str) -> Iterator[str]:
    """What is wrong with a catalogue, one sentence each."""
    catalogue, template = read(language), collect()
    for wanted in template:
        if not wanted.id:
            continue
        message = catalogue.get(wanted.id)
        first = wanted.id if isinstance(wanted.id, str) else wanted.id[0]
        where = ", ".join(file for file, _ in wanted.locations)
        if message is None or not _filled(message):
            yield f"not translated: {first!r} ({where})"
        elif message.fuzzy:
            yield f"fuzzy: {first!r} ({where})"
        elif _wrong_fields(message):
            yield f"placeholders differ: {first!r} ({where})"
    for present in catalogue:
        if present.id and template.get(present.id) is None:
            yield f"no longer in the source: {present.id!r}"


def check() -> int:
    """Print what is wrong with the catalogues; the exit code."""
    bad = 0
    for language in translated_languages():
        path = path_of(language)
        if not path.exists():
            print(f"catalogues: there is none for {language} yet; `make locale` makes it")
            continue
        found = list(faults(language))
        for fault in found[:40]:
            print(f"{path.relative_to(ROOT)}: {fault}")
        if found:
            print(f"{path.relative_to(ROOT)}: {len(found)} faults; run `make locale`, then translate")
        bad += len(found)
    if not bad:
        print("catalogues: complete")
    return 1 if bad else 0


def main() -> int:
    """Run the step named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["update", "compile", "check"])
    step = parser.parse_args().step
    if step == "update":
        update()
    elif step == "compile":
        for path in compile_catalogues(LOCALE_FOLDER):
            print(f"compiled {path.relative_to(ROOT)}")
    else:
        return check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
