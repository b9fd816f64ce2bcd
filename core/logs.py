"""Logging by the standard library: one line per fact on stderr, with fields, no secrets, no letters.

Imports nothing of ours but `core.text`, late. A record is a sentence plus fields:
`log.info("letters taken", mailbox="support", count=3)`.
"""

from __future__ import annotations

import json as jsonlib
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

ROOT = "glazok"

_STANDARD = frozenset({"exc_info", "stack_info", "stacklevel", "extra"})
_SECRET_FIELD = re.compile(r"pass(word|wd)?$|secret|token|authori[sz]ation|cookie|credential", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i)\b(pass(?:word|wd)?|secret|token|authorization|bearer)(\s*[=:]\s*|\s+)((?:bearer |basic )?\S+)"
)
_URL_LOGIN = re.compile(r"(?<=://)([^/\s:@]+):([^/\s@]+)@")
# sd-daemon(3): journald reads the priority from this prefix when stderr is its stream.
_PRIORITY = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
_NOISY = ("websockets", "aioimaplib", "aiosmtplib", "asyncio", "sqlalchemy", "alembic", "mail.log", "pymap")

_hidden: set[str] = set()


def hide(value: str) -> None:
    """Blank this text out of every later line; under six characters it would blank ordinary words."""
    if len(value) >= 6:
        _hidden.add(value)


def redact(text: str) -> str:
    """`text` with known secrets, and what stands behind words such as "password=", replaced by stars."""
    for secret in _hidden:
        if secret in text:
            text = text.replace(secret, "***")
    text = _URL_LOGIN.sub(r"\1:***@", text)
    return _SECRET_TEXT.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    # "password rejected" is a sentence; only an assignment or a bearer token gives something away. So is what is said
    # about a key of the configuration: "mailboxes.support.imap.password: the file … cannot be read".
    key = match[2].strip() == ":" and match.string[: match.start()].endswith(".")
    if key or (not match[2].strip() and match[1].lower() != "bearer"):
        return match[0]
    return f"{match[1]}{match[2]}***"


class Log(logging.LoggerAdapter[logging.Logger]):
    """A logger whose keyword arguments become the record's fields."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        fields = {name: kwargs[name] for name in kwargs if name not in _STANDARD}
        rest = {name: kwargs[name] for name in kwargs if name in _STANDARD}
        given = rest.get("extra")
        if isinstance(given, Mapping):
            fields = {**given, **fields}
        rest["extra"] = {"fields": fields}
        return msg, rest


def get(name: str) -> Log:
    """The logger of a part of the program: `get("bridge")`, `get("presence.registry")`."""
    return Log(logging.getLogger(name if name.startswith(ROOT) else f"{ROOT}.{name}"))


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second `setup` takes the first one's place and nobody else's."""


def setup(level: str = "info", json: bool = False, stream: TextIO | None = None) -> None:
    """Send this process's records to stderr, as lines for people or as JSON lines; may be called again."""
    handler = _Handler(stream or sys.stderr)
    journal = "JOURNAL_STREAM" in os.environ and stream is None
    handler.setFormatter(JsonLines() if json else HumanLines(journal=journal))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(number)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def errors_alone() -> Iterator[None]:
    """For a command that says by itself what it did, and what it could not do."""
    ours = logging.getLogger(ROOT)
    level = ours.level
    ours.setLevel(logging.ERROR)
    try:
        yield
    finally:
        ours.setLevel(level)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    found: object = getattr(record, "fields", {})
    fields = found if isinstance(found, Mapping) else {}
    return {str(name): "***" if _SECRET_FIELD.search(str(name)) else fields[name] for name in fields}


def _time(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


class HumanLines(logging.Formatter):
    """`2026-11-21T10:00:00.000Z info bridge: letters taken count=3`; journald brings its own time."""

    def __init__(self, *, journal: bool = False) -> None:
        super().__init__()
        self.journal = journal

    def format(self, record: logging.LogRecord) -> str:
        from core.text import terminal_safe

        text = record.getMessage()
        for name, value in _fields(record).items():
            shown = str(value)
            text += (
                f" {name}={jsonlib.dumps(shown, ensure_ascii=False) if ' ' in shown or not shown else shown}"
            )
        text = terminal_safe(f"{record.name.removeprefix(ROOT + '.')}: {text}")
        if record.exc_info:
            text += "\n" + terminal_safe(self.formatException(record.exc_info), keep_newlines=True)
        head = (
            f"<{_PRIORITY.get(record.levelname, 6)}>"
            if self.journal
            else f"{_time(record)} {record.levelname.lower()} "
        )
        return head + redact(text)


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, part, message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            **{name: _plain(value) for name, value in _fields(record).items()},
            "time": _time(record),
            "level": record.levelname.lower(),
            "part": record.name.removeprefix(ROOT + "."),
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        from core.text import json_safe

        return json_safe(jsonlib.dumps(line, ensure_ascii=False, sort_keys=True))


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, bool, type(None))) else redact(str(value))
