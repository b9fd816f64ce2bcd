"""Ranges, sequence sets and folder names of the IMAP adapter."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailbridge.imap_words import (
    UNDATED,
    body_of,
    folder_name,
    internal_date,
    numbers,
    records,
    size_of,
    uid_of,
    uid_set,
)
from mailbridge.source import RANGE_BYTES, RANGE_LETTERS, Metadata, ranges


@given(st.lists(st.integers(0, 2 * RANGE_BYTES), max_size=300))
def test_ranges_keep_order_and_limits(sizes: list[int]) -> None:
    letters = [Metadata(uid, size, UNDATED) for uid, size in enumerate(sizes, 1)]
    cut = list(ranges(letters))
    assert [letter for part in cut for letter in part] == letters
    for part in cut:
        assert 1 <= len(part) <= RANGE_LETTERS
        assert len(part) == 1 or sum(letter.size for letter in part) <= RANGE_BYTES


@given(st.sets(st.integers(1, 2000)))
def test_a_sequence_set_names_exactly_the_uids(uids: set[int]) -> None:
    named: set[int] = set()
    for part in filter(None, uid_set(list(uids)).split(",")):
        first, _, last = part.partition(":")
        named.update(range(int(first), int(last or first) + 1))
    assert named == uids


def test_folder_names_follow_rfc_3501() -> None:
    assert folder_name("INBOX") == "INBOX"
    assert folder_name("R&D") == "R&-D"
    assert folder_name("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"


def test_internal_dates_of_any_shape_never_raise() -> None:
    assert internal_date(b'INTERNALDATE " 7-Jul-1996 02:44:25 -0700"') == datetime(
        1996, 7, 7, 9, 44, 25, tzinfo=UTC
    )
    for broken in (
        b"",
        b'INTERNALDATE "31-Feb-2024 00:00:00 +0000"',
        b'INTERNALDATE "01-Foo-2024 00:00:00 +0000"',
    ):
        assert internal_date(broken) == UNDATED


def test_what_a_letter_says_is_not_taken_for_its_uid() -> None:
    short = b'1 FETCH (BODY[] "UID 9 RFC822.SIZE 1 \\" UID 8" UID 4 RFC822.SIZE 77)'
    assert (uid_of(short), size_of(short)) == (4, 77)
    assert body_of(short, None) == b'UID 9 RFC822.SIZE 1 " UID 8'


def test_only_possible_numbers_are_uids() -> None:
    assert list(numbers(b"SEARCH 7 0 4294967295 4294967296 -3 1e5 x9 " + b"1" * 5000 + b" 7")) == [
        7,
        4294967295,
        7,
    ]
    assert uid_of(b"1 FETCH (UID 4294967296)") is None
    assert uid_of(b"1 FETCH (UID " + b"9" * 5000 + b")") is None


def test_quotes_without_an_end_are_read_once() -> None:
    # Five million escaped quotes: whoever looks for a string at each of them is not done in this year.
    assert uid_of(b'1 FETCH (BODY[] "' + b'\\"' * 5_000_000) is None


@given(st.lists(st.binary(max_size=40) | st.binary(max_size=40).map(bytearray), max_size=20))
def test_rubbish_among_the_answers_is_refused_or_passed_over(lines: list[bytes | bytearray]) -> None:
    answer = [b"3 FETCH (UID 3 BODY[] {2}", bytearray(b"hi"), b")", *lines]
    with contextlib.suppress(ValueError):
        text, body = next(iter(records(answer)))
        assert body == b"hi"
        assert text.startswith(b"3 FETCH (UID 3")
