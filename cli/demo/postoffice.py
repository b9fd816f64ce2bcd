"""A mail provider on loopback: SMTP in front (aiosmtpd), everybody's mailboxes behind it over IMAP (pymap).

The desk's addresses have a mailbox each, `name+anything@` included; every other address gets one of its own
with its first letter. All accounts share one password: nobody but this machine can reach them, and they end with
the process. Imports nothing of the desk.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from core.clock import now

HOST = "127.0.0.1"
MOST_BYTES = 64 * 1024 * 1024
"""Of one letter."""
NAME = "mx.sarma.example"

Delivered = Callable[[str, bytes], None]
"""Told after a letter lies in a mailbox: whose, and the letter."""


class Unhashed:
    """Passwords as they are: half a million rounds of a hash would protect nothing that lives for minutes."""

    def hash(self, value: str) -> str:
        """The password itself."""
        return value

    def verify(self, value: str, digest: str) -> bool:
        """Whether it is the right one."""
        return secrets.compare_digest(value.encode(), digest.encode())

    def copy(self) -> Unhashed:
        """There is nothing to share."""
        return self


class PostOffice:
    """The accounts, and the SMTP handler that delivers to them."""

    def __init__(self, desk_addresses: Collection[str], password: str) -> None:
        self.password = password
        self.imap_port = 0
        self.smtp_port = 0
        self.delivered: Delivered | None = None
        """Called for every letter that was put into a mailbox."""
        self._ours = frozenset(desk_addresses)
        self.login: Any = None
        self._config: Any = None

    async def open_accounts(self) -> Any:
        """pymap's login object, with the desk's accounts; raises nothing."""
        from pymap.backend.dict import DictBackend

        options = Namespace(
            host=HOST, port=0, debug=False, cert=None, key=None, tls=False, proxy_protocol=None,
            passlib_cfg=None, demo_data=False, demo_user="postmaster", demo_password=self.password,
        )  # fmt: skip
        backend, self._config = await DictBackend.init(options, hash_context=Unhashed())
        self._config.apply_context()
        self.login = backend.login
        for address in self._ours:
            self._open_account(address)
        return self._config

    def _open_account(self, address: str) -> None:
        from pymap.user import UserMetadata

        if address not in self.login.users_dict:
            self.login.users_dict[address] = UserMetadata(self._config, address, password=self.password)

    def account_of(self, address: str) -> str:
        """Whose mailbox takes letters to an address."""
        local, _at, domain = address.lower().rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        return plain if plain in self._ours else address.lower()

    async def append(self, account: str, letter: bytes) -> None:
        """Put a letter into an account's INBOX, as APPEND does; whoever idles there is told."""
        from pymap.backend.dict import Identity
        from pymap.parsing.message import AppendMessage

        self._open_account(account)
        identity = Identity(account, self.login, None, frozenset())
        async with identity.new_session() as session:
            await session.append_messages("INBOX", [AppendMessage(letter, datetime.now(UTC), frozenset())])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        letter = content if isinstance(content, bytes) else str(content).encode()
        peer = session.host_name or "localhost"
        for recipient in dict.fromkeys(envelope.rcpt_tos):
            account = self.account_of(recipient)
            head = (
                f"Return-Path: <{envelope.mail_from or ''}>\r\nDelivered-To: {recipient}\r\n"
                f"Received: from {peer} by {NAME} with ESMTP\r\n\tfor <{recipient}>; {format_datetime(now())}\r\n"
            )
            await self.append(account, head.encode() + letter)
            if self.delivered is not None:
                self.delivered(account, letter)
        return "250 2.0.0 Ok: delivered"


@asynccontextmanager
async def post_office(desk_addresses: Collection[str], password: str) -> AsyncIterator[PostOffice]:
    """Serve on free ports inside the block."""
    from proxyprotocol.reader import ProxyProtocolReader
    from pymap.imap import IMAPServer

    # Both servers would ask the name service for this machine's name, which can take seconds.
    os.environ["FQDN"] = NAME
    for noisy in ("pymap", "mail.log", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    office = PostOffice(desk_addresses, password)
    config = await office.open_accounts()
    welcome = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(office.login, config))
    imap = await asyncio.start_server(welcome, HOST, 0)
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(
        lambda: SMTP(office, hostname=NAME, enable_SMTPUTF8=True, loop=loop, data_size_limit=MOST_BYTES),
        HOST,
        0,
    )
    office.imap_port = imap.sockets[0].getsockname()[1]
    office.smtp_port = smtp.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        for server in (imap, smtp):
            server.close()
