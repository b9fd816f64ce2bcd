"""A mail server as the adapters see it, and how its failures are told to people.

Knows neither aioimaplib nor aiosmtplib, and imports nothing of core.db.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from core.errors import Unavailable
from core.i18n import _
from core.names import system_words
from core.text import cut, terminal_safe
from mailbridge.tokens import TokenSource

Security = Literal["tls", "starttls", "plain"]


_QUOTED = re.compile(r"\"[^\"]*\"|<[^<>]*>|\{[^{}]*\}|“[^”]*”|«[^»]*»")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\",;:=]+@[^\s@<>()\[\]\",;:=]+")
_CODE = re.compile(r"(?<![\w./:-])(?=[A-Z+/_=-]*[a-z0-9])[A-Za-z0-9+/_=-]{20,}(?![\w./:-])")
"""Such as a token or a password in base64; parts of a link are none, nor is a response code in capitals."""


_FULL = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT)\]"
    r"|too many (?:\w+ ){0,3}(?:connections|sessions)"
    r"|(?:maximum|limit)\b[^.]{0,40}\b(?:connections|sessions)"
    r"|(?:connections?|sessions?) (?:\w+ ){0,3}(?:limit|exceeded)",
    re.IGNORECASE,
)
"""Codes of RFC 5530 and RFC 9051, and words of servers without them. "Too many failed logins" is another matter."""


class LoginRefused(Unavailable):
    """The server answers, but not to this user and password: retrying fast would lock the account."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect and as whom."""

    host: str
    port: int
    security: Security
    user: str
    secret: Callable[[], str] = field(repr=False)
    """Gives the password when it is needed, so that it is never kept or shown."""
    what: str = "IMAP"
    """IMAP or SMTP, for sentences."""
    token: TokenSource | None = None
    """Where the login is XOAUTH2: gives the token that stands for the password."""

    @property
    def name(self) -> str:
        """Such as "IMAP server mail.example.com:993"."""
        return _("{what} server {host}:{port}").format(what=self.what, host=self.host, port=self.port)

    def unavailable(self, what_happened: str, hint: str = "") -> Unavailable:
        """One sentence about this server: who, what happened, what to do."""
        return Unavailable(
            _("{server}: {what}").format(server=self.name, what=what_happened),
            hint=hint or _("Check host, port and network; Glazok tries again by itself."),
        )

    def no_room(self, said: str) -> Unavailable | None:
        """The sentence where a login fails for now though user and password may be right; None where they may not."""
        if not _FULL.search(said):
            return None
        return self.unavailable(
            _("it lets nobody else in for now ({said})").format(said=server_words(said)),
            _(
                "Close other programs that use this mailbox, or raise the server's limit; Glazok tries again by itself."
            ),
        )

    def login_refused(self, said: str) -> LoginRefused:
        """The sentence for a wrong user, password or token."""
        if self.token is not None:
            return LoginRefused(
                _("{server}: user {user} or the token was refused ({said})").format(
                    server=self.name, user=self.user, said=server_words(said)
                ),
                hint=_(
                    "Check user and token_command of this mailbox: is the token for this server and account?"
                ),
            )
        return LoginRefused(
            _("{server}: user {user} or the password was refused ({said})").format(
                server=self.name, user=self.user, said=server_words(said)
            ),
            hint=_("Correct user and password of this mailbox in the configuration, then restart or reload."),
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """A verifying context for TLS from the first byte, None for plain connections."""
        return ssl.create_default_context() if self.security == "tls" else None

    def from_exception(self, error: BaseException) -> Unavailable:
        """What an exception of the socket layer means to a person."""
        if isinstance(error, Unavailable):
            return error
        if isinstance(error, ssl.SSLCertVerificationError):
            return self.unavailable(
                _("its certificate is not trusted ({why})").format(why=error.verify_message),
                _("Use the name that stands in the certificate, or install its authority on this machine."),
            )
        if isinstance(error, ssl.SSLError):
            return self.unavailable(
                _("no TLS connection ({why})").format(why=error.reason or error.__class__.__name__),
                _("Check port and security: tls speaks TLS from the first byte, starttls does not."),
            )
        if isinstance(error, TimeoutError):
            return self.unavailable(_("did not answer in time"))
        if isinstance(error, ConnectionRefusedError):
            return self.unavailable(_("refused the connection"))
        cut_off = isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError)
        if cut_off or (isinstance(error, ConnectionError) and not str(error)):
            return self.unavailable(_("the connection was lost"))
        if isinstance(error, OSError):
            return self.unavailable(system_words(error))
        return self.unavailable(server_words(str(error)) or error.__class__.__name__)


def server_words(said: str) -> str:
    """What a server said of itself or of us, for a sentence and for the log: cut, safe to show, and without what could
    come from a letter or a secret: what it quotes or repeats, addresses, long runs of code."""
    said = _QUOTED.sub(lambda found: found[0][0] + "…" + found[0][-1], terminal_safe(said))
    said = _ADDRESS.sub("…@…", said)
    return cut(_CODE.sub("…", said).strip(), 200)


def recipient_words(said: str) -> str:
    """What a server said of one recipient, for the ticket alone: cut and safe to show, with the address."""
    return cut(terminal_safe(said).strip(), 200)
