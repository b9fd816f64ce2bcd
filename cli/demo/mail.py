"""A client's own mail program, for simulated people: sends by SMTP, reads its mailbox by IMAP.

Plain blocking calls of the standard library, so that what the desk does is checked by somebody else's code.
"""

from __future__ import annotations

import imaplib
import smtplib
from contextlib import suppress
from email.message import EmailMessage

from cli.demo.desk import MailServers
from cli.demo.letters import Received

TIMEOUT = 10.0
"""Seconds for each answer of a server on this machine."""


def send(mail: MailServers, sender: str, recipient: str, letter: EmailMessage) -> None:
    """Hand a letter over. Raises OSError or smtplib.SMTPException."""
    with smtplib.SMTP(mail.host, mail.smtp_port, "localhost", TIMEOUT) as server:
        server.sendmail(sender, [recipient], letter.as_bytes())


def fetch(mail: MailServers, address: str) -> list[Received]:
    """Every letter in somebody's own mailbox, oldest first; none where there is no such account yet.

    Raises OSError or imaplib.IMAP4.error for a server that is away or breaks off.
    """
    server = imaplib.IMAP4(mail.host, mail.imap_port, TIMEOUT)
    try:
        try:
            server.login(f'"{address}"', mail.password)
        except imaplib.IMAP4.error:
            return []
        server.select("INBOX", readonly=True)
        numbers = server.search(None, "ALL")[1][0].split()
        if not numbers:
            return []
        parts = server.fetch(f"1:{len(numbers)}", "(BODY.PEEK[])")[1]
        return [Received.read(part[1]) for part in parts if isinstance(part, tuple)]
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
