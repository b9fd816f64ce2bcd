"""Russian for tests: our catalogue, freshly compiled, and the Latin words that a Russian text may hold.

What is English by nature: names of commands, options, keys of the configuration, protocols, files, keys of the
keyboard. Everything else in Latin letters is a text that somebody forgot to translate.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core import i18n

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

NAMES = frozenset(
    {
        *(
            "Glazok",
            "NO_COLOR",
            "IMAP",
            "SMTP",
            "IDLE",
            "TLS",
            "JSON",
            "SQLite",
            "UUID",
            "UTF-8",
            "ASCII",
            "SSH",
        ),
        *(
            "WebSocket",
            "Maildir",
            "SIGTERM",
            "SIGHUP",
            "Message-ID",
            "X-Glazok-*",
            "Python",
            "PostgreSQL",
            "pymap",
        ),
        *("aiosmtpd", "INBOX", "UIDVALIDITY", "SMTPUTF8", "STARTTLS"),
    }
)
"""Products, protocols and signals."""
KEYS = frozenset(["Enter", "Esc", "Tab", "PgDn", "PgUp", "Home", "End", "Space", "Shift", "Ctrl", "F1"])
"""What is printed on the keys of a keyboard."""

_NOT_WORDS = (
    re.compile(r"\S+@\S+"),
    re.compile(r"\b[\w.-]+=\S+"),
    re.compile(r"\S*/[\w./*-]+"),
    re.compile(r"(?<!\w)--?[a-z][\w-]*"),
    re.compile(r"\$\w+"),
    re.compile(r"GLZ-\d+"),
    re.compile(r"\bglazok(?:\s+[a-z][a-z-]*)*"),
)
"""Addresses, settings, paths, options, variables, the numbers of tickets in letters, commands."""
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_*-]*[A-Za-z0-9_*-]")


def latin_words(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """The words in Latin letters, longer than one letter, that are not allowed; in their order."""
    for pattern in _NOT_WORDS:
        text = pattern.sub(" ", text)
    known = {*NAMES, *KEYS, *allowed}
    return [word for word in _LATIN.findall(text) if word not in known]


@cache
def _compiled() -> TemporaryDirectory[str]:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    folder = TemporaryDirectory(prefix="glazok-locale-")
    target = Path(folder.name) / "ru" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (i18n.LOCALE_FOLDER / "ru" / "LC_MESSAGES" / "glazok.po").open("rb") as reading:
        catalogue = read_po(reading, locale="ru", abort_invalid=True)
    with (target / "glazok.mo").open("wb") as writing:
        write_mo(writing, catalogue)
    return folder


def speak_russian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything in this process speak Russian by the catalogue as it stands in the source."""
    folder = Path(_compiled().name)
    monkeypatch.setattr(i18n, "LOCALE_FOLDER", folder)
    monkeypatch.setenv("LANGUAGE", "ru")
    i18n.set_language("ru")


@pytest.fixture
def russian(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test speaks Russian."""
    speak_russian(monkeypatch)
    yield
    monkeypatch.undo()
    i18n.set_language("en")
