"""The shape of `[mailboxes.…]`: an address with its IMAP and SMTP servers. Reads no file."""

from __future__ import annotations

import shlex
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from core.i18n import _
from core.settings.secret import Secret
from core.settings.section import Section


class ServerSettings(Section):
    """What an IMAP and an SMTP server have in common."""

    ports: ClassVar[dict[str, int]] = {}

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, data: Any) -> Any:
        if isinstance(data, dict) and "port" not in data:
            usual = cls.ports.get(str(data.get("security", cls.model_fields["security"].default)))
            return {**data, "port": usual} if usual else data
        return data

    @field_validator("token_command", check_fields=False)
    @classmethod
    def _words(cls, value: str) -> str:
        try:
            words = shlex.split(value)
        except ValueError:
            raise ValueError(_("a quote in it is not closed")) from None
        if value and not words:
            raise ValueError(_('allowed is a command, such as "oauth2-token support@example.com"'))
        return value


class ImapSettings(ServerSettings):
    """`[mailboxes.KEY.imap]`: where letters are fetched."""

    ports = {"tls": 993, "plain": 143}

    host: str = Field(min_length=1)
    """Name or address of the IMAP server."""
    port: int = Field(993, ge=1, le=65535)
    """Port of the IMAP server; 993 for tls, 143 for plain."""
    security: Literal["tls", "plain"] = "tls"
    """`tls` from the first byte, or `plain`, on this machine only."""
    user: str = Field(min_length=1)
    """Login name."""
    auth: Literal["password", "xoauth2"] = "password"
    """How to log in: `password`, or `xoauth2` with a token from `token_command`."""
    token_command: str = ""
    """Command whose first line of output is the token; run without a shell, its folder and user the desk's."""
    password: Secret = Secret()
    """The password itself; better `password_file` or `password_env`."""
    password_file: str = ""
    """File that holds the password, relative to the configuration."""
    password_env: str = ""
    """Environment variable that holds the password."""


class SmtpSettings(ServerSettings):
    """`[mailboxes.KEY.smtp]`: where letters are handed over."""

    ports = {"tls": 465, "starttls": 587, "plain": 25}

    host: str = Field(min_length=1)
    """Name or address of the SMTP server."""
    port: int = Field(465, ge=1, le=65535)
    """Port of the SMTP server; 465 for tls, 587 for starttls, 25 for plain."""
    security: Literal["tls", "starttls", "plain"] = "tls"
    """`tls` from the first byte, `starttls` (then required), or `plain`, on this machine only."""
    user: str = ""
    """Login name; empty: no login."""
    auth: Literal["password", "xoauth2"] = "password"
    """How to log in: `password`, or `xoauth2` with a token from `token_command`."""
    token_command: str = ""
    """Command whose first line of output is the token; run without a shell, its folder and user the desk's."""
    password: Secret = Secret()
    """The password itself; better `password_file` or `password_env`."""
    password_file: str = ""
    """File that holds the password, relative to the configuration."""
    password_env: str = ""
    """Environment variable that holds the password."""


class MailboxSettings(Section):
    """`[mailboxes.KEY]`: an address that clients write to."""

    address: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    """The address that clients write to and answers come from; unique."""
    name: str = ""
    """Sender's name on our letters; empty: the desk's name."""
    confirm: bool = True
    """Whether the client of a new ticket gets a confirmation letter."""
    plus_addressing: bool = True
    """Whether the server delivers `name+anything@…` to this mailbox; answers then carry a signed address."""
    verp: bool = False
    """Whether bounces of answers go to the ticket's signed address; the relay has to allow such senders."""
    reply_marker: bool = False
    """Whether answers begin with a line that asks to write above it."""
    trusted: bool = False
    """Whether X-Glazok-* headers of incoming letters count; only for mail that nobody outside can send."""
    authserv_id: str = Field("", pattern=r"^[^\s;]*$")
    """Name under which our own mail server writes Authentication-Results; empty: none of them counts."""
    poll_seconds: int = Field(60, ge=1, le=86400)
    """Seconds between two looks into the mailbox, whether or not the server pushes."""
    idle_seconds: int = Field(300, ge=1, le=1740)
    """Seconds after which IDLE is asked for anew; servers end it after 30 minutes."""
    folder: str = Field("INBOX", min_length=1)
    """Folder of the mailbox that is read."""
    max_letter_mb: int = Field(50, ge=1, le=1024)
    """Size in MB above which a letter is kept as a file and shown by its headers only."""
    after: Literal["seen", "nothing"] = "seen"
    """What happens on the server to a letter once it is safe with us: marked `seen`, or `nothing`."""
    imap: ImapSettings
    """Where letters are fetched."""
    smtp: SmtpSettings
    """Where letters are handed over."""
