"""Checks of the servers that the desk talks to, each with a time-out, in threads beside one another.

By the standard library's own clients, so that a fault of the bridge's cannot hide itself. No letter is sent,
no mark is set.
"""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cli.checkup import Check, failed, ok, warning
from core.errors import ConfigError, GlazokError, Unavailable
from core.i18n import _, ngettext
from core.names import system_words
from core.settings import ImapSettings, MailboxSettings, Settings, SmtpSettings

TIMEOUT = 10.0
"""Seconds that a server has to answer each step."""


def check_servers(settings: Settings, *, timeout: float = TIMEOUT) -> Iterator[Check]:
    """Every mailbox's IMAP and SMTP server, and the presence server."""
    jobs: list[Callable[[], Check]] = []
    for key, mailbox in settings.mailboxes.items():
        jobs += [
            partial(check_imap, key, mailbox, timeout),
            partial(check_smtp, key, mailbox.smtp, timeout),
        ]
    jobs.append(partial(check_presence, settings, timeout))
    with ThreadPoolExecutor(max_workers=min(len(jobs), 16), thread_name_prefix="doctor") as threads:
        yield from threads.map(lambda job: job(), jobs)
    if not settings.mailboxes:
        yield warning(
            "mailboxes",
            _("No mailbox is configured: no letter comes in and none goes out."),
            _("Add a section [mailboxes.support] to {path}; the example in it shows how.").format(
                path=settings.path
            ),
        )


def check_imap(key: str, mailbox: MailboxSettings, timeout: float = TIMEOUT) -> Check:
    """Log in and open the folder, for reading only."""
    part = f"mailboxes.{key}.imap"
    server = mailbox.imap
    try:
        secret = _secret(part, server)
        with _imap(server, timeout) as client:
            _log_in(client, server, secret)
            return _open_folder(part, client, mailbox.folder)
    except (ConfigError, Unavailable) as error:
        return failed(part, error.message, error.hint)
    except imaplib.IMAP4.abort as error:
        return _no_answer(part, server, str(error))
    except imaplib.IMAP4.error as error:
        return failed(
            part,
            _("{host} refuses the login of {user}: {answer}").format(
                host=server.host, user=server.user, answer=_answer(error)
            ),
            _("Check user and password; many providers want a password made for this program alone."),
        )
    except OSError as error:
        return _unreachable(part, server, error)


def _secret(part: str, server: ImapSettings | SmtpSettings) -> str:
    """The password, or the token that stands for it."""
    if server.auth == "xoauth2":
        from mailbridge.tokens import fetch_token

        return fetch_token(server.token_command, f"{part}.token_command")
    return server.password.reveal_line()


def _log_in(client: imaplib.IMAP4, server: ImapSettings, secret: str) -> None:
    if server.auth == "xoauth2":
        from mailbridge.tokens import xoauth2

        # The server's error comes as a challenge, and wants an empty answer.
        client.authenticate("XOAUTH2", lambda said: b"" if said else xoauth2(server.user, secret))
    elif secret.isascii():
        client.login(server.user, secret)
    else:
        client.authenticate("PLAIN", lambda _challenge: f"\0{server.user}\0{secret}".encode())


def _imap(server: ImapSettings, timeout: float) -> imaplib.IMAP4:
    if server.security == "tls":
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=timeout)
    return imaplib.IMAP4(server.host, server.port, timeout=timeout)


def _open_folder(part: str, client: imaplib.IMAP4, folder: str) -> Check:
    from mailbridge.imap_words import folder_name, quoted

    status, answer = client.select(quoted(folder_name(folder)), readonly=True)
    if status != "OK":
        told = answer[0].decode("utf-8", "replace") if answer and isinstance(answer[0], bytes) else ""
        return failed(
            part,
            _("The folder {folder} cannot be opened: {answer}").format(folder=folder, answer=told),
            _("Name a folder that is there under `folder`; most mailboxes have INBOX."),
        )
    count = int(answer[0] or 0)
    text = ngettext(
        "Logged in; the folder {folder} has {count} letter.",
        "Logged in; the folder {folder} has {count} letters.",
        count,
    ).format(folder=folder, count=count)
    if "IDLE" not in client.capabilities:
        return warning(part, text, _("The server cannot push (no IDLE): letters arrive with each look only."))
    return ok(part, text)


def check_smtp(key: str, server: SmtpSettings, timeout: float = TIMEOUT) -> Check:
    """Connect, secure the line, log in; no letter is sent."""
    part = f"mailboxes.{key}.smtp"
    try:
        secret = _secret(part, server) if server.user else ""
        with _smtp(server, timeout) as client:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            client.ehlo()
            if server.auth == "xoauth2":
                from mailbridge.tokens import xoauth2

                words = xoauth2(server.user, secret).decode()
                client.auth("XOAUTH2", lambda said=None: "" if said else words)
            elif server.user:
                client.login(server.user, secret)
            return ok(part, _("{host} would take letters.").format(host=server.host))
    except (ConfigError, Unavailable) as error:
        return failed(part, error.message, error.hint)
    except smtplib.SMTPAuthenticationError as error:
        return failed(
            part,
            _("{host} refuses the login of {user}: {answer}").format(
                host=server.host,
                user=server.user,
                answer=f"{error.smtp_code} {bytes(error.smtp_error).decode('utf-8', 'replace')}"
                if isinstance(error.smtp_error, bytes)
                else f"{error.smtp_code} {error.smtp_error}",
            ),
            _("Check user and password; many providers want a password made for this program alone."),
        )
    except smtplib.SMTPNotSupportedError as error:
        return failed(
            part,
            _("{host} cannot do what is asked of it: {answer}").format(host=server.host, answer=str(error)),
            _("Check `security` and `port`; without login leave `user` empty."),
        )
    except smtplib.SMTPException as error:
        if isinstance(error.__context__, TimeoutError):
            return _unreachable(part, server, error.__context__)
        return _no_answer(part, server, str(error))
    except UnicodeError:
        return failed(
            part,
            _("The password has letters that SMTP logins cannot carry."),
            _("Use a password of plain ASCII characters."),
        )
    except OSError as error:
        return _unreachable(part, server, error)


def _smtp(server: SmtpSettings, timeout: float) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=timeout)


def check_presence(settings: Settings, timeout: float = TIMEOUT) -> Check:
    """Say hello as the desk itself: the server is there, and has the same secret."""
    import secrets

    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    from core import presence_protocol as protocol
    from core.clock import now
    from core.domain.tokens import SYSTEM_SUBJECT, sign_presence
    from core.presence_frames import BAD_TOKEN, SUBPROTOCOL, Welcome

    part, url = "presence", settings.presence.url
    start = _("Start it with: glazok presence, or glazok serve. Without it everything but the eyes works.")
    try:
        secret = settings.desk.secret.reveal().encode()
        token = sign_presence(secret, SYSTEM_SUBJECT, now(), secrets.token_hex(12))
        with connect(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            # As the consoles do: their way must be the one that is checked.
            proxy=None,
            open_timeout=timeout,
            close_timeout=1,
        ) as socket_:
            socket_.send(protocol.hello(token, (), "doctor"))
            answer = socket_.recv(timeout=timeout)
            if isinstance(answer, str) and isinstance(protocol.read_server(answer), Welcome):
                return ok(part, _("{url} answers.").format(url=url))
    except GlazokError as error:
        return failed(part, error.message, error.hint)
    except ConnectionClosed as error:
        if error.rcvd is not None and error.rcvd.code == BAD_TOKEN:
            return failed(
                part,
                _("{url} does not accept this desk's secret.").format(url=url),
                _("Start the presence server with the same configuration and secret."),
            )
        return warning(part, _("{url} hung up.").format(url=url), start)
    except (OSError, ValueError, InvalidHandshake):
        return warning(part, _("No presence server answers at {url}.").format(url=url), start)
    return warning(part, _("What answers at {url} is no presence server.").format(url=url), start)


def _unreachable(part: str, server: ImapSettings | SmtpSettings, error: OSError) -> Check:
    place = f"{server.host}:{server.port}"
    match error:
        case socket.gaierror():
            text = _("The name {host} is not known.").format(host=server.host)
            advice = _("Check `host`, and that this machine can resolve names.")
        case ssl.SSLCertVerificationError():
            text = _("The certificate of {place} is not valid: {why}.").format(
                place=place, why=error.verify_message
            )
            advice = _(
                "Use the host name that the certificate is made for, and keep the system's roots up to date."
            )
        case ssl.SSLError():
            text = _("{place} does not speak TLS.").format(place=place)
            advice = _("Check `port` and `security`: 993 and 465 speak TLS at once, 587 wants starttls.")
        case TimeoutError():
            text = _("{place} does not answer.").format(place=place)
            advice = _("Check `host` and `port`, and whether a firewall stands between.")
        case ConnectionRefusedError():
            text = _("{place} refuses the connection.").format(place=place)
            advice = _("Check `port`, and that the server runs.")
        case _:
            text = _("{place} cannot be reached: {why}.").format(place=place, why=system_words(error))
            advice = _("Check `host` and `port`, and the network of this machine.")
    return failed(part, text, advice)


def _no_answer(part: str, server: ImapSettings | SmtpSettings, why: str) -> Check:
    return failed(
        part,
        _("{place} broke off: {why}").format(place=f"{server.host}:{server.port}", why=why),
        _("Check `port` and `security`; the server's own log may say more."),
    )


def _answer(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
