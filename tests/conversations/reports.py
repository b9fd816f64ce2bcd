"""Letters that machines write about ours: bounces in the forms of several mail servers, receipts, absences. Pure."""

from __future__ import annotations

import email
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail server knows of the letter that it could not deliver."""

    original: bytes
    """Our letter, as it was composed."""
    message_id: str
    """Of ours."""
    recipient: str
    to: str
    """Our address, to which the report goes."""
    own_id: str
    """Message-ID of the report."""
    marker: str
    final: bool = True

    @property
    def host(self) -> str:
        """The server that reports."""
        return f"mx.{self.recipient.rpartition('@')[2]}"

    @property
    def headers(self) -> str:
        """The header block of our letter."""
        return self.original.partition(b"\r\n\r\n")[0].decode("ascii", "replace") + "\r\n"

    def status(self, code: str = "") -> str:
        """The machine-readable part, RFC 3464."""
        code = code or ("5.1.1" if self.final else "4.4.1")
        action = "failed" if self.final else "delayed"
        return (
            f"Reporting-MTA: dns; {self.host}\r\n\r\nFinal-Recipient: rfc822; {self.recipient}\r\n"
            f"Action: {action}\r\nStatus: {code}\r\n"
            f"Diagnostic-Code: smtp; {code.replace('.', '')} {code} no such user\r\n"
        )


def _report(back: Returned, name: str, subject: str, words: str, third: str, more: str = "") -> bytes:
    return (
        f"Return-Path: <>\r\nFrom: {name} <MAILER-DAEMON@{back.host}>\r\nTo: {back.to}\r\nSubject: {subject}\r\n"
        f"Message-ID: {back.own_id}\r\n{more}Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="=_r"\r\n\r\n'
        f"--=_r\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{words} {back.marker}\r\n"
        f"--=_r\r\nContent-Type: message/delivery-status\r\n\r\n{back.status()}\r\n{third}--=_r--\r\n"
    ).encode()


def _whole(back: Returned) -> str:
    original = back.original.decode("ascii", "replace")
    return f"--=_r\r\nContent-Type: message/rfc822\r\n\r\n{original}\r\n"


def postfix(back: Returned) -> bytes:
    """Postfix returns the whole letter."""
    subject = "Undelivered Mail Returned to Sender" if back.final else "Delayed Mail (still being retried)"
    return _report(back, "Mail Delivery System", subject, "This is the mail system at host.", _whole(back))


def exchange(back: Returned) -> bytes:
    """Exchange returns headers only."""
    third = f"--=_r\r\nContent-Type: text/rfc822-headers\r\n\r\n{back.headers}\r\n"
    return _report(back, "Microsoft Outlook", "Undeliverable: your letter", "Delivery has failed.", third)


def gmail(back: Returned) -> bytes:
    """Gmail answers the letter, and returns none of it here."""
    answers = f"In-Reply-To: {back.message_id}\r\nReferences: {back.message_id}\r\n"
    more = f"{answers}X-Failed-Recipients: {back.recipient}\r\n"
    words = "Address not found. Your message wasn't delivered."
    return _report(back, "Mail Delivery Subsystem", "Delivery Status Notification (Failure)", words, "", more)


def _prose(back: Returned, subject: str, words: str, more: str = "") -> bytes:
    return (
        f"Return-Path: <>\r\nFrom: Mail Delivery System <Mailer-Daemon@{back.host}>\r\nTo: {back.to}\r\n"
        f"Subject: {subject}\r\nMessage-ID: {back.own_id}\r\n{more}MIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=us-ascii\r\n\r\n{words}\r\n"
    ).encode()


def exim(back: Returned) -> bytes:
    """Exim writes prose with a copy below, and calls itself auto-replied."""
    words = (
        f"This message was created automatically by mail delivery software. {back.marker}\r\n\r\n"
        "A message that you sent could not be delivered to one or more of its\r\nrecipients. "
        f"This is a permanent error. The following address(es) failed:\r\n\r\n  {back.recipient}\r\n"
        "    550 5.1.1 no such user\r\n\r\n"
        f"------ This is a copy of the message, including all the headers. ------\r\n\r\n{back.headers}\r\n"
    )
    more = f"X-Failed-Recipients: {back.recipient}\r\nAuto-Submitted: auto-replied\r\n"
    return _prose(back, "Mail delivery failed: returning message to sender", words, more)


def qmail(back: Returned) -> bytes:
    """qmail has no machine-readable part at all."""
    words = (
        f"Hi. This is the qmail-send program at {back.host}. {back.marker}\r\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        f"This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n<{back.recipient}>:\r\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        f"--- Below this line is a copy of the message.\r\n\r\n{back.headers}\r\n"
    )
    return _prose(back, "failure notice", words)


def nameless(back: Returned) -> bytes:
    """A report that says nothing of the letter it is about."""
    words = f"{back.marker} Your message could not be delivered to:\r\n\r\n<{back.recipient}>:\r\n550 5.1.1 unknown"
    return _prose(back, "Undeliverable mail", words)


FINAL: dict[str, Callable[[Returned], bytes]] = {
    "Postfix": postfix,
    "Exchange": exchange,
    "Gmail": gmail,
    "Exim": exim,
    "qmail": qmail,
    "a nameless server": nameless,
}


def receipt(back: Returned, more: str) -> bytes:
    """A read receipt, RFC 8098; `more` are further header lines."""
    return (
        f"From: {back.recipient}\r\nTo: {back.to}\r\nSubject: Read: your letter\r\nMessage-ID: {back.own_id}\r\n{more}"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification;\r\n"
        f' boundary="=_m"\r\n\r\n--=_m\r\nContent-Type: text/plain\r\n\r\nYour letter was read. {back.marker}\r\n'
        "--=_m\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; {back.recipient}\r\nOriginal-Message-ID: {back.message_id}\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--=_m--\r\n"
    ).encode()


def text_of(raw: bytes) -> tuple[str, ...]:
    """The lines of one of our letters, as its recipient sees them."""
    letter = email.message_from_bytes(raw)
    content = letter.get_payload(decode=True)
    assert isinstance(content, bytes)
    return tuple(content.decode("utf-8").replace("\r\n", "\n").rstrip("\n").split("\n"))
