"""From a TOML text and the environment to Settings, or to one ConfigError that lists every mistake."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import ConfigError
from core.i18n import _, ngettext
from core.names import system_words
from core.settings.checks import cross_check
from core.settings.environment import overlay
from core.settings.models import Settings
from core.settings.problems import Problem, dotted, from_pydantic
from core.settings.secret import Secret
from core.settings.shape import KeyPath, keys_of, section_at

SECTIONS = ("desk", "presence", "robot", "bridge", "board", "console", "log")
"""Sections that may be left out."""

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_TOML: tuple[tuple[str, Callable[[], str]], ...] = (
    (r"Expected '=' after a key", lambda: _('a "=" is expected after the key')),
    (r"Cannot declare .* twice", lambda: _("this section is given twice")),
    (r"Cannot overwrite a value|Cannot mutate", lambda: _("this key is given twice")),
    (r"Invalid value", lambda: _("this value cannot be read; text needs quotes")),
    (r"Unterminated string|Illegal character '\\n'", lambda: _("a quote is not closed")),
    (r"Unclosed array|Unclosed inline table", lambda: _("a bracket is not closed")),
    (r"Expected '\]' at the end of a table|Expected '\]\]'", lambda: _('the section\'s "]" is missing')),
    (
        r"Expected newline or end of document",
        lambda: _("something after the value does not belong there"),
    ),
    (
        r"Invalid initial character|Invalid statement",
        lambda: _("neither a key nor a [section] stands here"),
    ),
    (r"Unescaped '\\'", lambda: _("a backslash has to be doubled, or the text put into 'single quotes'")),
)


def read_file(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a file; raises ConfigError."""
    return read_text(text_of(path), path, environ)


def text_of(path: Path, option: str = "--config") -> str:
    """What stands in a file that `option` names; raises ConfigError."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            _("{file} is not UTF-8 text (byte {position}).").format(file=path, position=error.start + 1),
            hint=_("Save it as UTF-8."),
        ) from None
    except OSError as error:
        raise ConfigError(
            _("{file} cannot be read: {why}.").format(file=path, why=system_words(error)),
            hint=_("Run the command as the desk's user, or name another file with {option}.").format(
                option=option
            ),
        ) from None


def read_text(text: str, path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a TOML text that stands in `path`; raises ConfigError."""
    path = path.absolute()
    return read_tables(parse_tables(text, path), path, environ)


def parse_tables(text: str, path: Path) -> dict[str, Any]:
    """The tables of a TOML text that stands in `path`; raises ConfigError."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            _syntax(str(error), path, text), hint=_("Mend that line; see docs/configuration.md.")
        ) from None


def read_tables(data: dict[str, Any], path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of parsed tables, which the environment may change in place; raises ConfigError."""
    origins, found = overlay(data, environ)
    found += cross_check(data)
    if "path" in data:
        found.append(Problem(("path",), _("unknown key")))
    shaped: dict[str, Any] = {**{name: {} for name in SECTIONS}, **data, "path": path}
    shaped, more = _gather_secrets(shaped, path.parent)
    found += more
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(shaped)
    except ValidationError as error:
        found += [from_pydantic(detail) for detail in error.errors(include_url=False)]
    if found or settings is None:
        raise ConfigError(
            _tell(path, found, data, origins), hint=_("Every key is explained in docs/configuration.md.")
        )
    return settings


def _syntax(message: str, path: Path, text: str) -> str:
    at = _AT.search(message)
    reason = next((say() for pattern, say in _TOML if re.search(pattern, message)), _AT.sub("", message))
    if at and at[1]:
        line, column = int(at[1]), int(at[2])
    else:
        lines = text.splitlines() or [""]
        line, column = len(lines), len(lines[-1]) + 1
    return _("{file}, line {line}, column {column}: {reason}.").format(
        file=path, line=line, column=column, reason=reason
    )


def _tell(path: Path, found: list[Problem], data: Mapping[str, Any], origins: Mapping[KeyPath, str]) -> str:
    lines = []
    # A mistyped name explains what then seems to be missing.
    for problem in sorted(dict.fromkeys(found), key=lambda one: not _is_unknown(one.path)):
        key = dotted(problem.path, data)
        if problem.path in origins:
            key += f" (${origins[problem.path]})"
        lines.append(f"{key}: {problem.text}" if key else problem.text)
    if len(lines) == 1:
        return f"{path}: {lines[0]}{'' if lines[0].endswith('?') else '.'}"
    head = ngettext("{file} has {n} mistake:", "{file} has {n} mistakes:", len(lines)).format(
        file=path, n=len(lines)
    )
    return "\n".join([head, *(f"  {line}" for line in lines)])


def _is_unknown(path: KeyPath) -> bool:
    section = section_at(path[:-1]) if path else None
    return section is not None and str(path[-1]) not in keys_of(section)


def _gather_secrets(data: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """`data` with each secret's three possible keys joined into one Secret; copies what it changes."""
    found: list[Problem] = []
    data = dict(data)
    data["desk"] = _gather(data["desk"], ("desk",), "secret", folder, found, default_file="secret.key")
    data["desk"] = _gather(data["desk"], ("desk",), "database_password", folder, found)
    mailboxes = data.get("mailboxes")
    if isinstance(mailboxes, dict):
        data["mailboxes"] = {
            key: {
                **mailbox,
                **{
                    kind: _gather(mailbox[kind], ("mailboxes", key, kind), "password", folder, found)
                    for kind in ("imap", "smtp")
                    if kind in mailbox
                },
            }
            if isinstance(mailbox, dict)
            else mailbox
            for key, mailbox in mailboxes.items()
        }
    return data, found


def _gather(
    section: Any, at: KeyPath, key: str, folder: Path, found: list[Problem], default_file: str = ""
) -> Any:
    if not isinstance(section, dict):
        return section
    names = (key, f"{key}_file", f"{key}_env")
    given = [name for name in names if name in section]
    rest = {name: value for name, value in section.items() if name not in names}
    if len(given) > 1:
        found.append(
            Problem(
                (*at, key),
                _("given more than once ({given}); keep one of them").format(given=", ".join(given)),
            )
        )
        return rest
    if not given:
        if not default_file:
            return rest
        given, section = [names[1]], {names[1]: default_file}
    name = given[0]
    value = section[name]
    if not isinstance(value, str) or not value:
        found.append(Problem((*at, name), _("allowed is text in quotes, not empty")))
        return rest
    path = ".".join(map(str, (*at, key)))
    if name == names[0]:
        secret = Secret(path, value=value)
    elif name == names[1]:
        rest[name] = value
        secret = Secret(path, file=(folder / value).absolute())
    else:
        rest[name] = value
        secret = Secret(path, env=value)
    return {**rest, key: secret}
