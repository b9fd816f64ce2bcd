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


DAEMON = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.client.example\nTo: support@desk.example\nSubject: {}\n"
FOO, BAR = "foo@client.example", "bar@client.example"


def results(subject: str, words: str, headers: str = "") -> list[tuple[str, str, str]]:
    """The results of a bounce in words alone."""
    letter = read(f"{DAEMON.format(subject)}{headers}\n{words}".encode())
    assert letter.kind == LetterKind.BOUNCE
    return [(one.recipient, one.action, one.status) for one in letter.dsn]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("<{}>: mail for client.example loops back to myself", "5.4.6"),
        ("<{}>: Host or domain name not found. Name service error for name=x", "5.4.4"),
        ("<{}>:\nThis user doesn't have a yahoo.com account ({}) [0]", "5.1.1"),
        (
            "<{}>:\nRemote host said: 554 delivery error: This account has been disabled or discontinued",
            "5.2.1",
        ),
        ("User {} ({}) not listed in Domino Directory", "5.1.1"),
        ("unknown host: nowhere.example\nundeliverable to {}", "5.1.2"),
        ("User mailbox exceeds allowed size: {}", "5.2.2"),
        ("Unknown user: {}\n\nOriginal message follows.\n\nTo: <bar@client.example> 550 5.7.1", "5.1.1"),
        (
            "Recipient: [SMTP:{}]\nReason: the domain name (client.example) does not appear to be registered",
            "5.1.2",
        ),
        ("  {}\n    retry timeout exceeded", "5.4.7"),
        (
            "  {}\n    host mx [192.0.2.1]:587: 554 no. Exim 4.94.2 waits 450 minutes, 250 2.1.0 before, 5.7.9.",
            "5.7.9",
        ),
        ("抱歉，您的邮件被退回来了\n收件人：{}\n退信原因：收件人邮件地址（{}）不存在", "5.1.1"),
        (
            "|---- Failed addresses follow: ----|\n <{}> unknown host\n|--- Message text follows: ----|\n<b@x.example>",
            "5.1.2",
        ),
    ],
)
def test_the_words_of_a_bounce_mean_a_code(words: str, code: str) -> None:
    assert results("failure notice", words.replace("{}", FOO)) == [(FOO, "failed", code)]


def test_codes_are_looked_for_where_their_recipient_is_spoken_of() -> None:
    words = (
        f"----- The following addresses had permanent fatal errors -----\n<{FOO}>\n<{BAR}>\n\n"
        f"----- Transcript of session follows -----\n>>> RCPT To:<{FOO}>\n<<< 552 <{FOO}>... Mailbox full\n"
        f"554 <{FOO}>... Service unavailable\n550 <{BAR}>... Host unknown\n"
    )
    assert results("Returned mail", words) == [(FOO, "failed", "5.2.2"), (BAR, "failed", "5.1.2")]


def test_a_report_in_words_may_tell_of_success() -> None:
    words = f"--- The following addresses had successful delivery notifications ---\n<{FOO}>  (to mailbox)"
    assert results("Return receipt", words) == [(FOO, "delivered", "2.0.0")]


def test_who_is_called_the_recipient_is_one_and_others_in_the_report_are_not() -> None:
    words = (
        f"This report relates to your message:\n  Message-id: <sent-1@desk.example>\n  To: {FOO}, other@c.example\n"
        f"  Recipient address: {FOO}\n  Original address: alias@c.example\n  Diagnostic code: smtp;550 5.7.1 no"
    )
    assert results("Delivery Notification: Delivery has failed", words) == [(FOO, "failed", "5.7.1")]


@pytest.mark.parametrize(
    ("report", "rows"),
    [
        ("Final-Recipient: rfc822; {}\n\nAction: failed\n\nStatus: 5.1.1", [(FOO, "failed", "5.1.1")]),
        ("Final-Recipient: rfc822; {}\n  Action: failed\n  Status: 5.1.1", [(FOO, "failed", "5.1.1")]),
        ('Final-Recipient: rfc822; "a b"@c.example\nStatus: 5.1.1', [('"a b"@c.example', "failed", "5.1.1")]),
        ("X-Actual-Recipient: rfc822; {}\nAction: failed\nStatus: 5.1.1", [(FOO, "failed", "5.1.1")]),
        ("Final-Recipient: rfc822; {}\nAction: failed\nStatus: 5.0.0", [(FOO, "failed", "5.2.2")]),
        ("Final-Recipient: rfc822; {}\nAction: failed\nStatus: 4.0.0", [(FOO, "failed", "4.0.0")]),
        (
            (
                "Action: failed\nFinal-Recipient: rfc822; {}\nStatus: 5.1.1\nAction: delayed\n"
                "Final-Recipient: rfc822; bar@client.example\nStatus: 4.2.2"
            ),
            [(FOO, "failed", "5.1.1"), (BAR, "delayed", "4.2.2")],
        ),
    ],
)
@pytest.mark.parametrize(
    "kind", ["message/delivery-status", "text/plain; name=details.txt", "application/octet-stream"]
)
def test_a_report_that_breaks_the_rules_is_read(
    kind: str, report: str, rows: list[tuple[str, str, str]]
) -> None:
    parts = (
        f"--b\n\n<{FOO}>: 552 5.2.2 over quota\n--b\nContent-Type: {kind}\n\nReporting-MTA: dns; x\n\n"
        f"{report.format(FOO)}\n--b--\n"
    )
    headers = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
    assert results("Undelivered", parts, headers) == rows
