"""The sections `[desk]`, the desk as a whole, and `[log]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from core.i18n import _
from core.settings.secret import Secret
from core.settings.section import Section
from core.settings.values import POSTGRES, Texts, postgres_url


class DeskSettings(Section):
    """`[desk]`: the desk as a whole."""

    name: str = Field("Support desk", min_length=1)
    """The desk's name, shown on screens and in letters."""
    language: Literal["auto", "en", "ru"] = "auto"
    """Language of screens and commands: `auto` (the locale's), `en` or `ru`."""
    database: str = "sqlite:///glazok.db"
    """Where the data lies: `sqlite:///file` (relative: beside the configuration), or `postgresql://user@host/name`."""
    database_password: Secret = Secret()
    """Password of the PostgreSQL role; better `database_password_file` or `database_password_env`."""
    database_password_file: str = ""
    """File that holds that password, relative to the configuration; without any source: libpq's own ways."""
    database_password_env: str = ""
    """Environment variable that holds that password."""
    blobs: str = Field("blobs", min_length=1)
    """Folder of attachments and raw letters, relative to the configuration."""
    secret: Secret = Secret()
    """The desk's own secret, it signs Message-IDs, addresses, presence tickets; 16 characters or more."""
    secret_file: str = ""
    """File that holds the secret, relative to the configuration; without any source: `secret.key`."""
    secret_env: str = ""
    """Environment variable that holds the secret."""
    default_group: str = "first"
    """Key of the group that gets what no rule caught."""
    public_domains: Texts = ()
    """Mail providers whose users are no company, for `same_company`, besides the well-known ones."""
    rehearsal: bool = False
    """Whether this desk is for tests, dry runs and demonstrations: its clock may be set with $GLAZOK_NOW."""

    @field_validator("database")
    @classmethod
    def _file_or_server(cls, value: str) -> str:
        if value.startswith(POSTGRES):
            return postgres_url(value)
        if not value.startswith("sqlite:///") or value in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError(
                _(
                    'allowed is a file, such as "sqlite:///glazok.db" or "sqlite:////srv/desk/glazok.db", or a '
                    'PostgreSQL database, such as "postgresql://desk@db.example.com/glazok"'
                )
            )
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: Secret) -> Secret:
        if value.by_value and len(value.reveal()) < 16:
            raise ValueError(_("too short; needed are 16 characters or more, best made by `glazok init`"))
        return value


class LogSettings(Section):
    """`[log]`: what the programs write to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important kind of line that is still written: `debug`, `info`, `warning` or `error`."""
