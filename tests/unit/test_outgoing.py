"""Letters that leave: what a mail program reads in them, and that nothing can be smuggled in."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.letters import Mailaddr, OutgoingLetter
from mailbridge.outgoing import MAX_REFERENCES, compose, loop_mark

LETTER = OutgoingLetter(
    message_id="<glz.7.abcd.efgh@desk.example>",
    from_addr="support@desk.example",
    from_name="Поддержка",
    to=(Mailaddr("client@example.com", "Иванов, Пётр"),),
    cc=(),
    subject="Не работает вход",
    body_text="Здравствуйте!\n\nВсё починили.\n",
    date=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
)
BLOBS = {hashlib.sha256(data).hexdigest(): data for data in (b"one\r\n.two\n", bytes(range(256)) * 40)}


def raw_of(letter: OutgoingLetter) -> bytes:
    return compose(letter, BLOBS.__getitem__, "m4rk")


def read(letter: OutgoingLetter) -> EmailMessage:
    message = email.message_from_bytes(raw_of(letter), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body_of(message: EmailMessage) -> str:
    part = message.get_body()
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def assert_fit_for_smtp(raw: bytes) -> None:
    """7 bits, CRLF alone, no line over 998 octets (RFC 5322 section 2.1.1)."""
    assert raw.isascii()
    assert b"\0" not in raw
    assert raw.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_plain_reply_reads_as_it_was_written() -> None:
    letter = replace(
        LETTER,
        reply_to="support+t7.tok@desk.example",
        in_reply_to="<a@b>",
        references=("<first@b>", "<a@b>"),
        cc=(Mailaddr("boss@example.com"),),
    )
    message = read(letter)
    assert_fit_for_smtp(raw_of(letter))
    assert message["Subject"] == letter.subject
    assert message["From"].addresses[0].display_name == "Поддержка"
    assert message["To"].addresses[0].display_name == "Иванов, Пётр"
    assert message["To"].addresses[0].addr_spec == "client@example.com"
    assert message["Cc"] == "boss@example.com"
    assert message["Reply-To"].addresses[0].addr_spec == "support+t7.tok@desk.example"
    assert message["Message-ID"] == letter.message_id
    assert message["In-Reply-To"] == "<a@b>"
    assert message["References"] == "<first@b> <a@b>"
    assert message["Date"].datetime == letter.date
    assert message["X-Glazok-Loop"] == "m4rk"
    assert message["Auto-Submitted"] is None
    assert body_of(message) == letter.body_text


def test_automatic_letters_ask_robots_to_be_silent() -> None:
    message = read(replace(LETTER, automatic=True))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] == "auto_reply"


def test_the_same_value_makes_the_same_bytes() -> None:
    files = tuple((f"f{number}.bin", "application/x-thing", sha) for number, sha in enumerate(BLOBS))
    letter = replace(LETTER, attachments=files)
    assert raw_of(letter) == raw_of(replace(letter))
    assert raw_of(letter) != raw_of(replace(letter, message_id="<glz.8.abcd.efgh@desk.example>"))


def test_attachments_arrive_byte_for_byte_under_their_names() -> None:
    names = ("отчёт за май.pdf", "plain.txt")
    files = tuple((name, "text/plain", sha) for name, sha in zip(names, BLOBS, strict=True))
    message = read(replace(LETTER, attachments=files))
    parts = list(message.iter_attachments())
    assert [part.get_filename() for part in parts] == list(names)
    assert [part.get_payload(decode=True) for part in parts] == list(BLOBS.values())


def test_a_forwarded_letter_goes_as_a_file() -> None:
    sha = next(iter(BLOBS))
    message = read(
        replace(LETTER, attachments=(("a.eml", "message/rfc822", sha), ("x", "nonsense\r\nX: y", sha)))
    )
    assert [part.get_content_type() for part in message.iter_attachments()] == [
        "application/octet-stream"
    ] * 2


def test_references_are_bounded_and_keep_the_ends() -> None:
    ids = tuple(f"<{number}@b>" for number in range(200))
    kept = read(replace(LETTER, references=ids))["References"].split()
    assert len(kept) == MAX_REFERENCES
    assert (kept[0], kept[-1]) == (ids[0], ids[-1])


def test_foreign_message_ids_that_are_none_are_left_out() -> None:
    message = read(
        replace(
            LETTER, in_reply_to="no id\r\nBcc: x@y", references=("<a b>", "<ok@b>", "<" + "x" * 2000 + "@b>")
        )
    )
    assert message["In-Reply-To"] is None
    assert message["References"] == "<ok@b>"
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: spy@evil.example", "x\nBcc: spy@evil.example", "x\rBcc: spy@evil.example\x00"]
)
def test_no_header_can_be_injected(evil: str) -> None:
    letter = replace(
        LETTER,
        subject=evil,
        from_name=evil,
        to=(Mailaddr("client@example.com", evil), Mailaddr(f"a{evil}")),
        reply_to=f"r@desk.example{evil}",
        in_reply_to=evil,
        references=(evil,),
        language=evil,
        attachments=((evil, evil, next(iter(BLOBS))),),
    )
    message = read(letter)
    assert_fit_for_smtp(raw_of(letter))
    assert message["Bcc"] is None
    assert all(part["Bcc"] is None for part in message.walk())


def test_domains_go_as_a_labels_and_unwritable_addresses_as_an_empty_group() -> None:
    message = read(
        replace(LETTER, to=(Mailaddr("client@почта.рф", "К"), Mailaddr("почта@example.com", "Юзер")))
    )
    assert message["To"].addresses[0].addr_spec == "client@xn--80a1acny.xn--p1ai"
    assert [group.display_name for group in message["To"].groups][1] == "Юзер"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("Hello\n", "7bit"),
        ("Hello " * 40, "quoted-printable"),
        ("From here on\n", "quoted-printable"),
        ("A caf\u00e9 in a long line of plain words\n", "quoted-printable"),
        ("Привет, мир\n", "base64"),
    ],
)
def test_the_encoding_suits_the_text(body: str, encoding: str) -> None:
    message = read(replace(LETTER, body_text=body))
    assert message["Content-Transfer-Encoding"] == encoding
    assert body_of(message).rstrip("\n") == body.rstrip("\n")
    assert b"\r\nFrom " not in raw_of(replace(LETTER, body_text=body))


@settings(max_examples=300, deadline=None)
@given(
    subject=st.text(max_size=400),
    body=st.text(max_size=2000),
    name=st.text(max_size=300),
    addr=st.text(max_size=80),
    file=st.text(max_size=300),
)
def test_whatever_is_written_the_letter_stays_fit(
    subject: str, body: str, name: str, addr: str, file: str
) -> None:
    letter = replace(
        LETTER,
        subject=subject,
        body_text=body,
        from_name=name,
        to=(Mailaddr(addr or "x", name), *LETTER.to),
        attachments=((file, "text/plain", next(iter(BLOBS))),),
    )
    raw = raw_of(letter)
    assert_fit_for_smtp(raw)
    head = raw.split(b"\r\n\r\n", 1)[0].decode()
    names = [line.split(":")[0] for line in head.split("\r\n") if not line.startswith(" ")]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "X-Glazok-Loop", "Content-Language", "MIME-Version",
        "Content-Type",
    ]  # fmt: skip


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=300))
def test_every_subject_comes_back(subject: str) -> None:
    message = email.message_from_bytes(raw_of(replace(LETTER, subject=subject)), policy=email.policy.compat32)
    from email.header import decode_header, make_header

    assert str(make_header(decode_header(message["Subject"]))) == subject


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=3000))
def test_every_body_comes_back(body: str) -> None:
    message = email.message_from_bytes(raw_of(replace(LETTER, body_text=body)))
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    expected = body if body.endswith("\n") else body + "\n"
    assert payload.decode().replace("\r\n", "\n") == expected


def test_the_loop_mark_is_stable_and_reveals_no_secret() -> None:
    assert loop_mark(b"secret") == loop_mark(b"secret")
    assert loop_mark(b"secret") != loop_mark(b"other")
    assert "secret" not in loop_mark(b"secret")
