"""Bytes in a letter's headers that no database takes as text keep no letter out, and stop none behind it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from core.services import intake, ledger
from core.services.desk import Desk
from mailbridge.letter import read
from mailbridge.source import Metadata
from mailbridge.stored import fetched
from tests.builders import rows

ORDINARY = (
    b"From: ivan@client.example\r\nSubject: Ordinary\r\nMessage-ID: <o@client.example>\r\n\r\nWords\r\n"
)
ODD = {
    "a NUL in a Message-ID": b"Message-ID: <a\0b@client.example>\r\n",
    "a NUL in a Message-ID without brackets": b"Message-ID: a\0b@client.example\r\n",
    "a NUL in what it answers": b"In-Reply-To: a\0b@client.example\r\nReferences: c\0d@client.example\r\n",
    "half a letter of UTF-16 in a Message-ID": b"Message-ID: =?utf-7?Q?<+2AA-@client.example>?=\r\n",
    "bytes of no charset in a Message-ID": b"Message-ID: <\xed\xa0\x80\xff@client.example>\r\n",
    "NULs in names": b"To: \0A\0 <support@example.com>\r\nCc: b\0@client.example\r\n",
    "a NUL in a file's name": (
        b'Content-Type: application/pdf; name="a\0b.pdf"\r\nContent-ID: <a\0b>\r\n'
        b'Content-Disposition: attachment; filename="a\0b.pdf"\r\n'
    ),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_bytes_in_a_header_keep_no_letter_out(desk: Desk, odd: bytes) -> None:
    raws = [b"From: odd@client.example\r\nSubject: Odd\r\n" + odd + b"\r\nWords\r\n", ORDINARY]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    found = [
        fetched(Metadata(uid, len(raw), at), hashlib.sha256(raw).hexdigest(), raw)
        for uid, raw in enumerate(raws, 1)
    ]
    ids = ledger.record(desk, "support", 1, found)
    taken = intake.take(desk, list(zip(ids, map(read, raws), strict=True)))
    assert [one.outcome for one in taken] == ["opened", "opened"]
    assert rows(desk, "SELECT subject FROM ticket ORDER BY id") == [("Odd",), ("Ordinary",)]
    assert ledger.pending(desk, "support") == []
