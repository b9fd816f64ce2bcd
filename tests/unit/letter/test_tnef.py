"""Files inside a winmail.dat are found, and the container is kept beside them."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from mailbridge.letter import read
from mailbridge.letter.tnef import unpacked


def attribute(ident: int, value: bytes) -> bytes:
    """One attribute of an attachment, MS-OXTNEF section 2.1.1: level, id with type, length, value, checksum."""
    return struct.pack("<BII", 2, ident, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def long_name(name: str) -> bytes:
    """A MAPI property list with the attachment's long file name in UTF-16."""
    raw = (name + "\0").encode("utf-16-le")
    return struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(raw)) + raw + b"\0" * (-len(raw) % 4)


def container(*files: tuple[str, str, bytes]) -> bytes:
    """A winmail.dat with (short name, long name, content) of each file."""
    data = struct.pack("<IH", 0x223E9F78, 1)
    for short, name, content in files:
        data += attribute(0x00069002, b"\0" * 14) + attribute(0x00018010, short.encode() + b"\0")
        data += attribute(0x0006800F, content)
        if name:
            data += attribute(0x00069005, long_name(name))
    return data


def test_files_come_with_their_long_names_and_contents() -> None:
    data = container(("OTCHET~1.PDF", "Отчёт за март.pdf", b"PDF"), ("a.txt", "", b"text"))
    assert unpacked(data) == [
        ("Отчёт за март.pdf", "application/pdf", b"PDF"),
        ("a.txt", "text/plain", b"text"),
    ]


def test_the_container_is_kept_beside_what_it_holds() -> None:
    data = container(("a.txt", "", b"text"))
    head = b"From: a@b.example\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"
    found = read(head + data).attachments
    assert [(one.name, one.content) for one in found] == [("winmail.dat", data), ("a.txt", b"text")]


def test_names_inside_a_container_are_made_safe_as_any_files_name() -> None:
    data = container(
        ("a.txt", "..", b"1"), ("a.txt", "x" * 5_000 + ".pdf", b"2"), ("a.txt", "a\u202etxt.exe", b"3")
    )
    head = b"From: a@b.example\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"
    first, long, turned = read(head + data).attachments[1:]
    assert (first.name, turned.name) == ("winmail-1.bin", "atxt.exe")
    assert long.name.endswith("x.pdf")
    assert len(long.name.encode()) <= 200


@given(st.integers(0, 200), st.binary(max_size=8))
def test_a_damaged_container_is_no_error(place: int, junk: bytes) -> None:
    data = container(("a.txt", "long name.txt", b"text"))
    for name, _, _ in unpacked(data[:place] + junk + data[place + len(junk) :]):
        assert "/" not in name
