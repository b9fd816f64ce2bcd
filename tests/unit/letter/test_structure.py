"""Whatever is broken in a letter's structure, every part of it is found."""

from __future__ import annotations

import base64
import email
import email.message
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.letter import read
from mailbridge.letter.guard import MAX_DEPTH, MAX_PARTS, Budget
from mailbridge.letter.structure import Part, parse, split_headers

HEAD = b"From: ivan@client.example\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"
TWO = (
    b'Content-Type: multipart/mixed; boundary="b1"\r\n\r\npreamble\r\n--b1\r\nContent-Type: '
    b"text/plain\r\n\r\nfirst text\r\n"
    b"--b1\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: "
    b"base64\r\n\r\nUERG\r\n--b1--\r\nepilogue"
)


def test_a_mixed_letter_has_its_text_and_its_file() -> None:
    letter = read(HEAD + TWO)
    assert letter.body_text == "first text"
    assert [(one.name, one.content) for one in letter.attachments] == [("a.pdf", b"PDF")]
    assert letter.error == ""


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_kind_of_line_end_is_understood(end: bytes) -> None:
    letter = read((HEAD + TWO).replace(b"\r\n", end))
    assert letter.subject == "parts"
    assert letter.body_text == "first text"
    assert letter.attachments[0].content == b"PDF"


def test_line_ends_may_be_mixed() -> None:
    letter = read(HEAD.replace(b"\r\n", b"\n") + TWO.replace(b"--b1\r\n", b"--b1\n"))
    assert (letter.subject, letter.body_text, len(letter.attachments)) == ("parts", "first text", 1)


def test_doubled_carriage_returns_do_not_end_the_headers() -> None:
    letter = read((HEAD + TWO).replace(b"\r\n", b"\r\r\n"))
    assert (letter.subject, letter.body_text) == ("parts", "first text")


def test_a_missing_closing_boundary_loses_nothing() -> None:
    letter = read(HEAD + TWO.split(b"\r\n--b1--")[0])
    assert (letter.body_text, letter.attachments[0].content) == ("first text", b"PDF")


def test_an_inner_multipart_that_never_closes_ends_with_the_outer_one() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\nContent-Type: text/plain\r\n\r\ninner"
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n" + inner + b"\r\n--b1\r\n"
    letter = read(raw + b"Content-Type: image/png\r\n\r\nPNG\r\n--b1--\r\n")
    assert letter.body_text == "inner"
    assert letter.attachments[0].content == b"PNG"


def test_a_wrong_boundary_is_found_out_from_the_body() -> None:
    letter = read(HEAD + TWO.replace(b'boundary="b1"', b'boundary="other"'))
    assert (letter.body_text, letter.attachments[0].content) == ("first text", b"PDF")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Content-Type: multipart", b"Content-Type: text/plain\r\nContent-Type: multipart"),
        (b"Content-Type: multipart", b"Content-Transfer-Encoding: base64\r\nContent-Type: multipart"),
        (b'"b1"\r\n\r\npreamble\r\n', b'"b1"\r\n'),
    ],
)
def test_headers_that_contradict_the_parts_that_are_there_hide_none(old: bytes, new: bytes) -> None:
    letter = read(HEAD + TWO.replace(old, new, 1))
    assert (letter.body_text, letter.attachments[0].content) == ("first text", b"PDF")


def test_a_multipart_without_any_boundary_is_read_as_text() -> None:
    letter = read(HEAD + b"Content-Type: multipart/mixed\r\n\r\njust words")
    assert letter.body_text == "just words"


def test_parts_behind_the_closing_boundary_are_kept() -> None:
    raw = HEAD + TWO.replace(
        b"--b1\r\nContent-Type: application", b"--b1--\r\n--b1\r\nContent-Type: application"
    )
    assert read(raw).attachments[0].content == b"PDF"


def test_the_first_line_of_an_mbox_is_no_header() -> None:
    letter = read(b"From ivan@client.example Wed Mar 12 14:05:00 2025\n" + HEAD + TWO)
    assert (letter.from_addr, letter.body_text) == ("ivan@client.example", "first text")


def test_a_junk_line_among_the_headers_is_skipped() -> None:
    letter = read(b"From: ivan@client.example\r\nthis is no header\r\nSubject: still here\r\n\r\nwords")
    assert (letter.subject, letter.body_text) == ("still here", "words")


def test_a_letter_without_the_blank_line_loses_no_word() -> None:
    letter = read(b"From: ivan@client.example\r\nSubject: short\r\nHello there\r\nsecond line\r\n\r\nthird")
    assert letter.subject == "short"
    assert letter.body_text.split() == ["Hello", "there", "second", "line", "third"]


def test_a_letter_without_headers_is_all_body() -> None:
    assert read(b"Hello\r\n\r\nno headers at all").body_text == "Hello\n\nno headers at all"


def test_a_blank_looking_continuation_does_not_end_the_headers() -> None:
    letter = read(b"From: a@client.example\r\nX-Long: one\r\n \r\nSubject: behind it\r\n\r\nbody")
    assert (letter.subject, letter.body_text) == ("behind it", "body")


def test_a_byte_order_mark_in_front_is_no_part_of_the_first_header() -> None:
    assert read(b"\xef\xbb\xbfFrom: a@client.example\r\n\r\nx").from_addr == "a@client.example"


def test_parts_nested_two_thousand_deep_are_kept_and_reported() -> None:
    raw = HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)
    )
    letter = read(raw + b"Content-Type: text/plain\r\n\r\nat the bottom\r\n")
    assert str(MAX_DEPTH) in letter.error
    assert any(b"at the bottom" in one.content for one in letter.attachments)


def test_thousands_of_parts_are_kept_and_reported() -> None:
    part = b"--b\r\nContent-Type: application/x\r\n\r\nfile %d\r\n"
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"".join(part % n for n in range(MAX_PARTS * 2))
    )
    letter = read(raw + b"--b--")
    assert str(MAX_PARTS) in letter.error
    content = b"\n".join(one.content for one in letter.attachments)
    assert all(b"file %d" % n in content for n in range(0, MAX_PARTS * 2, 97))


def test_a_letter_to_ten_thousand_people_names_them_all() -> None:
    people = b",\r\n ".join(b'"User, %d" <user%d@client.example>' % (n, n) for n in range(10_000))
    letter = read(b"From: a@b.example\r\nTo: " + people + b"\r\n\r\nx")
    assert len(letter.to) == 10_000
    assert (letter.to[77].addr, letter.to[77].name) == ("user77@client.example", "User, 77")


def _shape(part: Part) -> object:
    return (part.content_type, [_shape(child) for child in part.children])


def _their_shape(part: object) -> object:
    assert isinstance(part, email.message.Message)
    kind = part.get_content_type()
    children = part.get_payload() if part.is_multipart() and kind != "message/rfc822" else []
    return (kind, [_their_shape(child) for child in children])


TREES = st.recursive(
    st.sampled_from(["text/plain", "text/html", "application/pdf", "image/png"]),
    lambda inner: st.tuples(
        st.sampled_from(["mixed", "alternative", "related"]), st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def _written(tree: object, number: list[int]) -> bytes:
    if isinstance(tree, str):
        return (
            f"Content-Type: {tree}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
            + base64.b64encode(b"leaf")
        )
    assert isinstance(tree, tuple)
    number[0] += 1
    mark = b"=_%d_" % number[0]
    head = f'Content-Type: multipart/{tree[0]}; boundary="'.encode() + mark + b'"\r\n\r\n'
    return (
        head
        + b"".join(b"--" + mark + b"\r\n" + _written(one, number) + b"\r\n" for one in tree[1])
        + b"--"
        + mark
        + b"--\r\n"
    )


@given(TREES)
def test_well_formed_trees_have_the_shape_that_the_standard_library_sees(tree: object) -> None:
    raw = b"MIME-Version: 1.0\r\n" + _written(tree, [0])
    theirs = email.message_from_bytes(raw, policy=email.policy.compat32)
    assert _shape(parse(raw, Budget())) == _their_shape(theirs)


@given(st.binary(max_size=400))
def test_the_headers_of_any_bytes_end_inside_them(raw: bytes) -> None:
    headers, body_at = split_headers(raw)
    assert 0 <= body_at <= len(raw)
    assert all(name for name, _ in headers)


def test_parts_of_what_calls_itself_text_are_found_by_the_boundary_that_it_declares() -> None:
    letter = read(HEAD + TWO.replace(b"multipart/mixed", b"text/plain", 1))
    assert (letter.body_text, [one.content for one in letter.attachments]) == ("first text", [b"PDF"])
    undivided = read(b"Content-Type: text/plain; boundary=b1\n\none\n--b1\ntwo")
    assert (undivided.body_text, undivided.attachments) == ("one\n--b1\ntwo", ())


def test_a_part_whose_delimiter_closes_is_a_part() -> None:
    letter = read(
        HEAD + TWO.replace(b"--b1\r\nContent-Type: application", b"--b1--\r\nContent-Type: application")
    )
    assert (letter.body_text, [one.content for one in letter.attachments]) == ("first text", [b"PDF"])


def test_an_attachment_whose_semicolon_was_forgotten_or_that_is_declared_twice_is_one() -> None:
    field = b'Content-Disposition: attachment filename="a b.txt"\r\n'
    twice = b'Content-Disposition: inline\r\nContent-Disposition: attachment; filename="a b.txt"\r\n'
    for fields in (field, twice):
        raw = HEAD + TWO.replace(b"Content-Type: application/pdf; name=a.pdf\r\n", fields)
        assert [(one.name, one.content) for one in read(raw).attachments] == [("a b.txt", b"PDF")]


def test_a_file_name_may_stand_in_the_description() -> None:
    for words, name in ((b"report.pdf", "report.pdf"), (b"Sent by a scanner.", "part-3.pdf")):
        raw = HEAD + TWO.replace(b"; name=a.pdf", b"\r\nContent-Description: " + words)
        assert [one.name for one in read(raw).attachments] == [name]


def test_a_letter_saved_as_utf_16_is_read() -> None:
    letter = read("From: a@b.example\r\nSubject: Привет\r\n\r\nтекст".encode("utf-16"))
    assert (letter.from_addr, letter.subject, letter.body_text) == ("a@b.example", "Привет", "текст")


def test_an_empty_letter_says_so() -> None:
    assert read(b"").error == read(b"\r\n").error == "the letter is empty"
