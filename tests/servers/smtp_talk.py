"""One connection of the tests' SMTP server: aiosmtpd's, with a dialogue recorded and faults struck. Must not import
the product."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Literal, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

if TYPE_CHECKING:
    from tests.servers.smtp import SmtpServer

Step = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "body", "dot"]
"""Where a fault strikes. `data` is the command, `body` right after 354, `dot` after the final dot."""


@dataclass(frozen=True)
class Received:
    """One letter that the server has taken."""

    envelope_from: str
    """The reverse path; empty for `<>`."""
    recipients: tuple[str, ...]
    """The recipients that the server accepted, in order."""
    data: bytes
    """The bytes between DATA and the final dot, dots unstuffed."""
    utf8: bool
    """Whether MAIL asked for SMTPUTF8."""
    login: str | None
    """Who had logged in."""
    tls: bool
    """Whether the connection was encrypted."""

    @property
    def message(self) -> EmailMessage:
        """The letter, parsed anew."""
        return email.message_from_bytes(self.data, policy=email.policy.default)


@dataclass
class Fault:
    """A failure that was asked for."""

    step: Step
    action: Literal["reply", "drop", "hang"]
    reply: str = ""
    """The whole status line, without line end; 421 closes the connection after it."""
    address: str | None = None
    """For `rcpt`: only this recipient."""
    times: int | None = None
    """How often it strikes; None: always."""
    keep: bool = False
    """For `dot`: the letter counts as received all the same."""
    struck: int = 0
    """How often it has struck."""


@dataclass(frozen=True)
class SmtpOptions:
    """What kind of server to run."""

    users: Mapping[str, str] = field(default_factory=dict)
    """Logins with passwords; when any is given, MAIL without AUTH is refused with 530."""
    tls: Literal["plain", "starttls", "tls"] = "plain"
    """`starttls` requires it; `tls` speaks it from the first byte."""
    utf8: bool = False
    """Whether SMTPUTF8 is offered."""
    size_limit: int = 33_554_432
    """Bytes of the largest letter; offered as SIZE."""
    idle_seconds: float = 300
    """A silent connection is closed after this many seconds."""


class Talk(SMTP):
    """One connection."""

    def __init__(self, owner: SmtpServer, **kwargs: Any) -> None:
        self._owner = owner
        super().__init__(_Handler(owner), **kwargs)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.live.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._owner.live.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else str(status)
        self._owner.note("S", text)
        await super().push(status)
        if text.startswith("354"):
            await self.strike("body")
        if text.startswith("421"):
            self.cut()

    def cut(self) -> None:
        """Close the connection and end its task, as aiosmtpd does when the client is gone."""
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).close()
        raise asyncio.CancelledError

    async def strike(self, step: Step, address: str | None = None) -> bool:
        """Apply the fault for this step, if any; True when the answer has been given by it."""
        fault = self._owner.next_fault(step, address)
        if fault is None:
            return False
        if fault.action == "drop":
            self.cut()
        if fault.action == "hang":
            await self._owner.wait_released()
            return False
        await self.push(fault.reply)
        return True

    async def _handle_client(self) -> None:
        if await self.strike("connect"):
            self.cut()
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        self._owner.note("C", f"EHLO {hostname}")
        if not await self.strike("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        self._owner.note("C", f"HELO {hostname}")
        await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        self._owner.note("C", "STARTTLS")
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        self._owner.note("C", f"AUTH {(arg or '').split(' ')[0]} ***")
        if not await self.strike("auth"):
            await super().smtp_AUTH(arg)

    async def auth_XOAUTH2(self, _protocol: SMTP, words: list[str]) -> AuthResult:
        """A user's password is the token too; a refusal comes as a challenge that wants an empty answer."""
        fields = base64.b64decode(words[1]).decode().split("\x01") if len(words) == 2 else []
        login = fields[0].removeprefix("user=") if fields else ""
        expected = self._owner.options.users.get(login)
        if expected is not None and fields == [f"user={login}", f"auth=Bearer {expected}", "", ""]:
            return AuthResult(success=True, auth_data=login)
        answer = await self.challenge_auth(b'{"status":"401","schemes":"bearer"}')
        self._owner.note("C", f"answer {answer!r}")
        return AuthResult(success=False, handled=False)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self._owner.note("C", f"MAIL {arg}")
        if await self.strike("mail"):
            return
        if self._owner.options.users and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self._owner.note("C", f"RCPT {arg}")
        address = (arg or "").partition("<")[2].partition(">")[0]
        if not await self.strike("rcpt", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._owner.note("C", "DATA")
        if not await self.strike("data"):
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str) -> None:
        self._owner.note("C", "RSET")
        await super().smtp_RSET(arg)

    async def smtp_NOOP(self, arg: str) -> None:
        self._owner.note("C", "NOOP")
        await super().smtp_NOOP(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        self._owner.note("C", "QUIT")
        await super().smtp_QUIT(arg)


class _Handler:
    """What aiosmtpd calls once a letter is complete."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_EHLO(
        self, _protocol: Talk, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [line for line in answers if line.strip() != "250-AUTH"]

    async def handle_DATA(self, protocol: Talk, session: Session, envelope: Envelope) -> str:
        letter = Received(
            envelope_from=(envelope.mail_from or "").removeprefix("<>"),
            recipients=tuple(envelope.rcpt_tos),
            data=cast(bytes, envelope.original_content),
            utf8=bool(envelope.smtp_utf8),
            login=cast("str | None", session.auth_data),
            tls=protocol.transport is not None and bool(protocol.transport.get_extra_info("ssl_object")),
        )
        self._owner.note("C", ".")
        fault = self._owner.next_fault("dot", None)
        if fault is None or fault.keep:
            await asyncio.to_thread(self._owner.take, letter)
        if fault is None:
            return "250 2.0.0 Taken"
        if fault.action == "drop":
            protocol.cut()
        if fault.action == "hang":
            await self._owner.wait_released()
            return "250 2.0.0 Taken, late"
        return fault.reply
