"""The log of a whole run, at its most talkative, holds no word of any letter."""

from __future__ import annotations

import email.policy
import re
import signal
import time
from email.message import EmailMessage
from pathlib import Path

from tests.integration.bridge_desks import client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

WORD = "Zaborschik"
"""Stands in every place of a letter where a person can write."""
PATIENCE = 60.0


def secretive(number: int) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f'"{WORD} Name" <{WORD.lower()}{number}@{WORD.lower()}.example>'
    message["To"] = f"{WORD} <support@desk.example>"
    message["Cc"] = f"{WORD}-copy@example.com"
    message["Reply-To"] = f"{WORD}-reply{number}@example.com"
    message["Subject"] = f"{WORD} {number}"
    message["Message-ID"] = f"<{number}.{WORD}@example.com>"
    message["X-Form"] = WORD
    message.set_content(f"My secret is {WORD}.\n")
    message.add_alternative(f"<p>My secret is <b>{WORD}</b></p>", subtype="html")
    message.add_attachment(WORD.encode(), maintype="text", subtype=WORD, filename=f"{WORD}.txt")
    return message


def bounce(number: int) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: support@desk.example\r\nSubject: Undelivered {WORD}\r\n"
        f"Message-ID: <bounce{number}@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{WORD} is not here\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {WORD}@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; 550 {WORD}\r\n--b--\r\n"
    ).encode()


def broken(number: int) -> bytes:
    head = f"From: {WORD}{number}@example.com\r\nSubject: =?x-{WORD}?Q?{WORD}?=\r\n"
    return (
        head.encode() + b"Content-Type: multipart/mixed; boundary=" + WORD.encode() + b"\r\n\r\n\xff\x00" * 50
    )


def test_no_word_of_a_letter_is_in_the_log(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox(), smtp_server, max_letter_mb=1)
    desk.config.write_text(desk.config.read_text() + '[log]\nlevel = "debug"\n')
    # Servers repeat addresses and more in what they say.
    smtp_server.fail(
        "rcpt", f"550 5.1.1 <{WORD.lower()}1@{WORD.lower()}.example> {WORD}: no such user", times=1
    )
    smtp_server.fail("rcpt", f"451 4.7.1 {WORD} greylisted", times=1)
    smtp_server.fail("mail", f"421 4.3.2 <{WORD}@example.com>: too busy", times=1)
    smtp_server.drop("dot", times=1)
    letters = [secretive(number).as_bytes() for number in range(1, 9)]
    large = secretive(9)
    large.add_attachment(
        WORD.encode() * 200_000, maintype="application", subtype="octet-stream", filename="x"
    )
    letters += [large.as_bytes(), bounce(10), broken(11), client_letter(12)]
    process = desk.start("bridge")
    try:
        desk.box.deliver_all(letters)
        deadline = time.monotonic() + PATIENCE
        while (
            len(desk.ask("SELECT id FROM message WHERE kind = 'inbound'")) < len(letters)
            or "letter handed over" not in desk.log()
            or "sending" in desk.outbox()
        ):
            assert time.monotonic() < deadline, desk.log()
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    log = desk.log()
    assert "letters filed" in log
    assert "letter handed over" in log
    lines = [line for line in log.splitlines() if WORD.lower() in line.lower()]
    assert lines == []
    assert not re.search(r"[\w.+-]+@(?!desk\.test)[\w-]+\.\w+", log), log
