"""A secret that cannot be printed by accident: it is read where it is used, and shown as three stars."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from core import logs
from core.errors import ConfigError
from core.i18n import _
from core.names import system_words


class Secret:
    """A value, or the file or environment variable that holds it; `reveal` reads it each time it is asked.

    A plain class on purpose: what takes dataclasses apart to print them must not take this one apart.
    """

    __slots__ = ("_value", "env", "file", "key")

    def __init__(self, key: str = "", *, value: str = "", file: Path | None = None, env: str = "") -> None:
        self.key = key
        """Where the configuration names it, such as `mailboxes.support.imap.password`."""
        self._value = value
        self.file = file
        """Absolute path of the file that holds it."""
        self.env = env
        """Name of the environment variable that holds it."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = ((one.key, one._value, one.file, one.env) for one in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.key, self._value, self.file, self.env))

    @property
    def by_value(self) -> bool:
        """True where the configuration (or the environment on top of it) holds the secret itself."""
        return bool(self._value)

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    @property
    def given(self) -> bool:
        """True where the configuration names any source at all."""
        return bool(self._value or self.file or self.env)

    @property
    def source(self) -> str:
        """Where it comes from, for a person; never the secret itself."""
        if self.file:
            return str(self.file)
        return f"${self.env}" if self.env else self.key

    def reveal(self) -> str:
        """The secret itself. Raises ConfigError where its file or variable is missing or empty."""
        found = self._read()
        logs.hide(found)
        return found

    def reveal_line(self) -> str:
        """The same for a password, which no server takes with a line's end in it. Raises ConfigError."""
        found = self.reveal()
        if any(sign in found for sign in "\r\n\0"):
            raise ConfigError(
                _("{key}: what {source} holds is more than one line.").format(
                    key=self.key, source=self.source
                ),
                hint=_("The password has to be all of it, on one line."),
            )
        return found

    def _read(self) -> str:
        if self.file:
            return self._read_file(self.file)
        if self.env:
            found = os.environ.get(self.env, "")
            if not found:
                raise ConfigError(
                    _("{key}: the environment variable {name} is not set.").format(
                        key=self.key, name=self.env
                    ),
                    hint=_("Set it for this process, or name a file instead."),
                )
            return found
        return self._value

    def _read_file(self, file: Path) -> str:
        try:
            # Only the line's end goes: a password may begin or end with a space.
            found = file.read_text("utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            why = system_words(error) if isinstance(error, OSError) else _("it is not UTF-8 text")
            raise ConfigError(
                _("{key}: the file {file} cannot be read: {why}.").format(key=self.key, file=file, why=why),
                hint=_("Create it with the secret as its only line, for the desk's user alone (chmod 600)."),
            ) from None
        if not found:
            raise ConfigError(
                _("{key}: the file {file} is empty.").format(key=self.key, file=file),
                hint=_("Write the secret into it as its only line."),
            )
        return found

    def open_to_others(self) -> bool:
        """True where the secret's file can be read or written by anyone but its owner."""
        if self.file is None:
            return False
        try:
            mode = self.file.stat().st_mode
        except OSError:
            return False
        return bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
