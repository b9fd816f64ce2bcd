"""Delivery failures give one result per recipient, whoever words them."""

from __future__ import annotations

import pytest

from core.domain.letters import LetterKind
from mailbridge.letter import read
from tests.unit.letter.bounces import CASES, WITH_RETURNED


@pytest.mark.parametrize("name", CASES)
def test_a_bounce_names_recipient_action_and_code(name: str) -> None:
    raw, rows = CASES[name]
    letter = read(raw)
    assert letter.kind == LetterKind.BOUNCE
    assert [(one.recipient, one.action, one.status) for one in letter.dsn] == rows


@pytest.mark.parametrize("name", WITH_RETURNED)
def test_a_bounce_names_the_letter_that_came_back(name: str) -> None:
    assert read(CASES[name][0]).returned_message_id == "<sent-1@example.com>"


def test_every_recipient_has_a_result_of_its_own() -> None:
    report = (
        "From: MAILER-DAEMON@x.example\nSubject: Undelivered\nContent-Type: multipart/report; "
        "report-type=delivery-status;"
        " boundary=b\n\n--b\n\nsorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
        "Final-Recipient: rfc822; a@c.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; "
        "550 5.1.1 no such user\n\n"
        "Final-Recipient: rfc822;<b@c.example>\nAction: delayed (still trying)\nStatus: 4.4.7\n\n"
        "Final-Recipient: rfc822; c@c.example\nAction: relayed\nStatus: 2.0.0\nFinal-Recipient: rfc822; d@c.example\n"
        "Action: Failed\nStatus: 5.2.2 (mailbox full)\n--b--\n"
    )
    rows = [(one.recipient, one.action, one.status) for one in read(report.encode()).dsn]
    assert rows == [
        ("a@c.example", "failed", "5.1.1"),
        ("b@c.example", "delayed", "4.4.7"),
        ("c@c.example", "relayed", "2.0.0"),
        ("d@c.example", "failed", "5.2.2"),
    ]


def test_a_letter_from_a_person_has_no_results() -> None:
    assert read(b"From: a@b.example\nSubject: x\n\n<c@d.example>: 550 5.1.1 no such user").dsn == ()


@pytest.mark.parametrize("name", WITH_RETURNED)
def test_a_bounce_that_a_person_attaches_is_no_bounce_of_their_letter(name: str) -> None:
    attached = CASES[name][0].replace(b"\r\n", b"\n")
    raw = (
        b"From: ivan@client.example\nSubject: my mail came back\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=outer\n\n--outer\n\nPlease look at this.\n--outer\n"
        b"Content-Type: message/rfc822\n\n" + attached + b"\n--outer--\n"
    )
    letter = read(raw)
    assert (letter.kind, letter.dsn, letter.reply_text) == (LetterKind.LETTER, (), "Please look at this.")
    assert [one.content_type for one in letter.attachments] == ["message/rfc822"]
