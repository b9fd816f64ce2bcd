"""Handing letters to an SMTP server, step by step, over aiosmtplib; one reused connection per server.

`deliver` calls MAIL, RCPT and DATA itself and says beforehand which step comes: the library reports a drop
after the final dot the same as one before MAIL, and only the former may not be repeated. Imports nothing of
core.db.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from core.errors import Unavailable
from core.i18n import _
from mailbridge.outgoing import ascii_domain
from mailbridge.servers import LoginRefused, Server, recipient_words, server_words
from mailbridge.tokens import xoauth2

Phase = Literal["connect", "mail", "rcpt", "data"]
"""Which step comes next: from "data" on the letter may have been taken, whatever we hear."""
OnPhase = Callable[[Phase], Awaitable[None]]

CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 300.0
"""For MAIL and RCPT, RFC 5321 section 4.5.3.2."""
DATA_SECONDS = 600.0
"""For the answer to the final dot, RFC 5321 section 4.5.3.2.6."""
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f-\x9f]{1,64}@[^\s<>@\x00-\x1f\x7f-\x9f]{1,255}")
_NAMED = re.compile(r"<?[^\s<>@]{1,320}@[^\s<>@]{1,320}>?")
UNAVAILABLE = 421
"""The server closes the connection."""
CHALLENGE = 334
AUTHENTICATED = 235


@dataclass(frozen=True, slots=True)
class Result:
    """What the server said about one recipient; 2xx is taken, 4xx may be tried again, 5xx is final."""

    code: int
    text: str

    @property
    def taken(self) -> bool:
        """The server is responsible now."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Worth another attempt."""
        return 400 <= self.code < 500


class FateUnknown(Unavailable):
    """The connection broke after the final dot: the letter left or did not, and only a person may resend."""


class SmtpSink:
    """One server; not to be used by two tasks at once."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._client: aiosmtplib.SMTP | None = None

    async def deliver(
        self, sender: str, recipients: Sequence[str], letter: bytes, on_phase: OnPhase
    ) -> dict[str, Result]:
        """Hand one letter over; a result for every recipient.

        `sender` is the envelope's, empty for `<>`; `letter` has CRLF line ends. Before each step `on_phase`
        is awaited, and a step whose phase could not be stored is not taken. Raises Unavailable where nothing
        was handed over, FateUnknown where that is not known.
        """
        await on_phase("connect")
        reused = self._client is not None and self._client.is_connected
        try:
            client = await self._connected()
            return await self._transaction(client, sender, recipients, letter, on_phase)
        except _StaleError as error:
            if not reused:
                raise self._failure(error.__cause__ or error) from error
        # An idle connection that the server has closed meanwhile: that is no failure, once.
        client = await self._connected()
        try:
            return await self._transaction(client, sender, recipients, letter, on_phase)
        except _StaleError as error:
            raise self._failure(error.__cause__ or error) from error

    async def close(self) -> None:
        """Say QUIT, briefly; never raises."""
        client, self._client = self._client, None
        if client is None or not client.is_connected:
            return
        try:
            await client.quit(timeout=3)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            _hang_up(client)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _hang_up(client)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        kept = self.server.token is not None and self.server.token.kept
        try:
            self._client = await self._login()
        except LoginRefused:
            if not kept:
                raise
            # Tokens run out after an hour or so: a kept one that is refused is no failure, once.
            self._client = await self._login()
        return self._client

    async def _login(self) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(
            hostname=self.server.host,
            port=self.server.port,
            use_tls=self.server.security == "tls",
            start_tls=self.server.security == "starttls",
            timeout=CONNECT_SECONDS,
            # What the machine calls itself concerns nobody and may be slow to find out.
            local_hostname="[127.0.0.1]" if self.server.security == "plain" else None,
        )
        try:
            await client.connect()
            if self.server.token is not None:
                await _xoauth2(client, self.server.user, await self.server.token.get())
            elif self.server.user:
                await client.login(self.server.user, self.server.secret())
            else:
                await client.ehlo()
        except aiosmtplib.SMTPAuthenticationError as error:
            _hang_up(client)
            no_room = self.server.no_room(f"{error.code} {error.message}")
            if no_room is not None:
                raise no_room from error
            if self.server.token is not None and error.code >= 500:
                self.server.token.forget()
            if 400 <= error.code < 500:
                raise self.server.unavailable(server_words(f"{error.code} {error.message}")) from error
            raise self.server.login_refused(f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            _hang_up(client)
            raise self._failure(error) from error
        except BaseException:
            _hang_up(client)
            raise
        return client

    def _failure(self, error: BaseException) -> Unavailable:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            # This goes into the log, and servers like to repeat whom a letter is for.
            said = _NAMED.sub("<…>", f"{error.code} {error.message}")
            return self.server.unavailable(server_words(said))
        if isinstance(error, aiosmtplib.SMTPTimeoutError):
            return self.server.unavailable(_("did not answer in time"))
        if any(isinstance(one, aiosmtplib.SMTPServerDisconnected) for one in (error, error.__cause__)):
            return self.server.unavailable(_("the connection was lost"))
        # The library wraps what the socket said; the cause is clearer.
        if isinstance(error.__cause__, OSError):
            return self.server.from_exception(error.__cause__)
        if "STARTTLS" in str(error):
            return self.server.unavailable(
                _("it offers no STARTTLS"), _("Set `security` to tls, or ask the server's operator.")
            )
        return self.server.unavailable(server_words(str(error)))

    async def _transaction(
        self,
        client: aiosmtplib.SMTP,
        sender: str,
        recipients: Sequence[str],
        letter: bytes,
        on_phase: OnPhase,
    ) -> dict[str, Result]:
        results: dict[str, Result] = {}
        sender = ascii_domain(sender)
        envelope = {one: ascii_domain(one) for one in recipients}
        utf8 = client.supports_extension("smtputf8")
        for one, written in envelope.items():
            if not _ADDRESS.fullmatch(written):
                results[one] = Result(553, _("5.1.3 this is no mail address"))
            elif not utf8 and not (written.isascii() and sender.isascii()):
                results[one] = Result(
                    553, _("5.6.7 the server takes no such letters in an address (SMTPUTF8)")
                )
        wanted = [one for one in recipients if one not in results]
        if not wanted:
            return results
        foreign = not (sender.isascii() and all(envelope[one].isascii() for one in wanted))
        try:
            await on_phase("mail")
            refused = await self._mail(client, sender, letter, utf8=foreign)
            if refused is not None:
                await self._reset(client)
                return results | dict.fromkeys(wanted, refused)
            await on_phase("rcpt")
            accepted = await self._rcpt(client, {one: envelope[one] for one in wanted}, results)
            if not accepted:
                await self._reset(client)
                return results
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            raise _StaleError from error
        answer = await self._data(client, letter, on_phase)
        if not answer.taken:
            await self._reset(client)
        return results | dict.fromkeys(accepted, answer)

    async def _mail(
        self, client: aiosmtplib.SMTP, sender: str, letter: bytes, *, utf8: bool
    ) -> Result | None:
        """MAIL FROM; None where the server agrees."""
        options = ["SMTPUTF8"] if utf8 else []
        if client.supports_extension("size"):
            options.append(f"SIZE={len(letter)}")
        try:
            await client.mail(
                sender, options=options, encoding="utf-8" if utf8 else "ascii", timeout=COMMAND_SECONDS
            )
        except aiosmtplib.SMTPSenderRefused as error:
            self._stale_on(error)
            return Result(error.code, recipient_words(error.message))
        return None

    async def _rcpt(
        self, client: aiosmtplib.SMTP, envelope: dict[str, str], results: dict[str, Result]
    ) -> list[str]:
        """RCPT TO for each; the accepted ones. Refusals go into `results`."""
        accepted = []
        for one, written in envelope.items():
            try:
                await client.rcpt(
                    written, encoding="ascii" if written.isascii() else "utf-8", timeout=COMMAND_SECONDS
                )
                accepted.append(one)
            except aiosmtplib.SMTPRecipientRefused as error:
                self._stale_on(error)
                results[one] = Result(error.code, recipient_words(error.message))
        return accepted

    async def _data(self, client: aiosmtplib.SMTP, letter: bytes, on_phase: OnPhase) -> Result:
        """DATA, the letter, the final dot, the answer."""
        try:
            opening = await client.execute_command(b"DATA", timeout=COMMAND_SECONDS)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            raise _StaleError from error
        if opening.code != 354:
            if opening.code == UNAVAILABLE or not _is_refusal(opening.code):
                self._drop()
            # What is no answer to DATA refuses nothing for good.
            code = opening.code if _is_refusal(opening.code) else 451
            return Result(code, recipient_words(opening.message))
        try:
            await on_phase("data")
        except BaseException:
            # Nothing was sent after 354: without its dot the server throws the transaction away.
            self._drop()
            raise
        protocol = client.protocol
        if protocol is None:
            self._drop()
            raise self.server.unavailable(_("the connection was lost"))
        try:
            protocol.write(dot_stuffed(letter) + b".\r\n")
            answer = await protocol.read_response(timeout=DATA_SECONDS)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            raise self._unknown() from error
        except BaseException:
            self._drop()
            raise
        if not (200 <= answer.code < 300 or _is_refusal(answer.code)):
            self._drop()
            raise self._unknown()
        return Result(answer.code, recipient_words(answer.message))

    def _unknown(self) -> FateUnknown:
        return FateUnknown(
            _("{server} did not answer after the whole letter was sent").format(server=self.server.name),
            hint=_("It may have arrived or not. Ask the client, or resend it: it keeps its Message-ID."),
        )

    def _stale_on(self, error: aiosmtplib.SMTPResponseException) -> None:
        """421 at a step is a closed connection, and rubbish a broken one: neither refuses this letter."""
        if error.code == UNAVAILABLE or not _is_refusal(error.code):
            self._drop()
            raise _StaleError from error

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        """RSET, so that the connection can be used again; a failure only costs the connection."""
        if not client.is_connected:
            return
        try:
            await client.rset(timeout=COMMAND_SECONDS)
        except (aiosmtplib.SMTPException, OSError):
            self._drop()


def _is_refusal(code: int) -> bool:
    """Whether a server has said no in words that SMTP knows (RFC 5321 section 4.2.1)."""
    return 400 <= code < 600


async def _xoauth2(client: aiosmtplib.SMTP, user: str, token: str) -> None:
    """AUTH XOAUTH2. A refusal comes as a challenge first, and wants an empty answer before it says its code."""
    await client.ehlo()
    response = base64.b64encode(xoauth2(user, token))
    answer = await client.execute_command(b"AUTH", b"XOAUTH2", response)
    if answer.code == CHALLENGE:
        answer = await client.execute_command(b"")
    if answer.code != AUTHENTICATED:
        raise aiosmtplib.SMTPAuthenticationError(answer.code, answer.message)


def _hang_up(client: aiosmtplib.SMTP) -> None:
    """Close at once: a polite end of TLS waits for the other side, which may be the one that is gone."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def dot_stuffed(letter: bytes) -> bytes:
    """RFC 5321 section 4.5.2: a line's leading dot is doubled. Ends with CRLF."""
    return re.sub(rb"(?m)^\.", b"..", letter if letter.endswith(b"\r\n") else letter + b"\r\n")


class _StaleError(Exception):
    """The connection was gone before the letter was sent."""
