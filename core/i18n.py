"""Languages by gettext: source strings are English, catalogues live in `core/locale`. Imports no Babel."""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOMAIN = "glazok"
LANGUAGES = ("en", "ru")
LOCALE_FOLDER = Path(__file__).parent / "locale"

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def choose(wanted: str = "auto") -> str:
    """The language to use: `wanted`, or with "auto" the first of ours in LANGUAGE, LC_ALL, LC_MESSAGES,
    LANG."""
    if wanted in LANGUAGES:
        return wanted
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for name in os.environ.get(variable, "").split(":"):
            short = locale.normalize(name).split("_")[0].split(".")[0].lower()
            if short in LANGUAGES:
                return short
            if name:
                return "en"
    return "en"


def set_language(wanted: str = "auto") -> str:
    """Make `_` and `ngettext` speak a language from here on; returns which. The libraries' strings follow."""
    global _catalogue, _language
    _language = choose(wanted)
    _catalogue = translations(_language)
    gettext.bindtextdomain(DOMAIN, str(LOCALE_FOLDER))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = _language
    return _language


def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language: letters to a client are written in the client's, not in the agent's."""
    return gettext.translation(DOMAIN, str(LOCALE_FOLDER), [language], fallback=True)


def language() -> str:
    """The language in force."""
    return _language


def _(message: str) -> str:
    """The message in the language in force."""
    return _catalogue.gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The plural form that `n` takes in the language in force."""
    return _catalogue.ngettext(singular, plural, n)


def number(value: int) -> str:
    """A whole number with its thousands apart: 12,345, or 12 345 with spaces that do not break."""
    grouped = f"{value:,}"
    return grouped.replace(",", "\u00a0") if _language == "ru" else grouped


def decimal(value: float, places: int = 1) -> str:
    """A number with so many places behind the point, or behind the comma."""
    shown = f"{value:.{places}f}"
    return shown.replace(".", ",") if _language == "ru" else shown


def N_(message: str) -> str:
    """Marks a message for the catalogue where it stands in a table; translate it with `_` where it is
    shown."""
    return message


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Another language for a while: what is stored for others is not in the language of who happens to write it."""
    global _catalogue
    before, _catalogue = _catalogue, translations(wanted)
    try:
        yield
    finally:
        _catalogue = before
