"""What a hostile letter costs grows with its length and no faster."""

from __future__ import annotations

import time
from typing import SupportsIndex, overload

import pytest

from mailbridge.letter import html, introductions, prose, quotes, read, structure
from mailbridge.letter.addresses import parse_text
from mailbridge.letter.guard import MAX_INTRODUCTIONS, MAX_PARTS, MAX_RECIPIENTS, Budget
from mailbridge.letter.lines import Line, from_text
from mailbridge.letter.signatures import without_signatures
from mailbridge.letter.structure import parse

MULTIPART = b"From: a@c.example\r\nContent-Type: multipart/mixed; boundary=elsewhere\r\n\r\n"


class Counted(list[Line]):
    """Lines that count how many of them are handed out."""

    handed = 0

    @overload
    def __getitem__(self, index: SupportsIndex) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            found = super().__getitem__(index)
            self.handed += len(found)
            return found
        self.handed += 1
        return super().__getitem__(index)


@pytest.mark.parametrize(
    "line", [b"--a:b\r\n", b"--a\r\nb: c\r\n", b"--a\r\n", b"x: y\r\n z\r\n", b"--a:b\n\n"]
)
def test_looking_for_a_boundary_that_was_not_declared_takes_one_pass(line: bytes) -> None:
    def effort(times: int) -> float:
        raw, spent = MULTIPART + line * times, []
        for _ in range(3):
            before = time.process_time()
            parse(raw, Budget())
            spent.append(time.process_time() - before)
        return min(spent)

    # 16 times as long: 16 times the effort where it is one pass, 256 times where it is one for every line.
    assert effort(16_000) < 80 * effort(1_000)


@pytest.mark.parametrize(
    "raw",
    [
        b"words above\r\n--part\r\nContent-Type: text/plain\r\n\r\nthe body\r\n--part--\r\n",
        b"--part  \r\nX-Own: 1\r\n folded\r\nContent-Type: text/plain\r\n\r\nthe body\r\n--part--\r\n",
        b"--\r\n--no part\r\nwords\r\n--part\ncontent-disposition: inline\n\nthe body\n--part--\n",
    ],
)
def test_a_boundary_that_was_not_declared_is_found_by_the_headers_behind_it(raw: bytes) -> None:
    letter = read(MULTIPART + raw)
    assert letter.body_text.strip() == "the body"


@pytest.mark.parametrize("text", ["On Monday, Ivan wrote:\n", "foo:\n", "foo:\n\n", "----------\n"])
def test_each_line_of_a_body_is_handled_a_few_times_only(text: str) -> None:
    lines = Counted(from_text("hello\n" + text * 2_000))
    quotes.split(lines)
    assert 0 < lines.handed < 60 * len(lines)


def test_quotes_are_looked_for_closely_at_so_many_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def introduction(_lines: list[Line], i: int, _last: int, *, answers: bool) -> tuple[int, bool]:
        assert answers
        nonlocal looks
        looks += 1
        return i, False

    monkeypatch.setattr(introductions, "introduction", introduction)
    quotes.split(from_text("foo:\n" * 20_000))
    assert looks == MAX_INTRODUCTIONS


def test_a_forward_is_recognised_near_the_start_of_a_quote_without_reading_to_the_end() -> None:
    lines = Counted(from_text("> -\n" * 5_000))
    assert not introductions.starts_forward(lines, 0, len(lines))
    assert 0 < lines.handed < 100


def test_a_signature_is_looked_for_near_the_end_of_the_words_only() -> None:
    lines = Counted(from_text("x\n--\n" * 2_000))
    without_signatures(lines, [False] * len(lines))
    assert 0 < lines.handed < 100


@pytest.mark.parametrize("markup", [b"<b>x</i>", b"<b>x", b"<div>x</b>"])
def test_tags_that_close_others_than_are_open_do_not_nest_without_end(markup: bytes) -> None:
    opened = html.flattened("<b>x</i>" * 5_000)
    assert opened.count("<b>") <= 300
    letter = read(b"From: a@c.example\r\nContent-Type: text/html\r\n\r\n" + markup * 5_000)
    assert letter.body_text.count("x") == 5_000


def test_the_words_of_a_bounce_are_searched_once_for_all_recipients(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    class Searching:
        def search(self, text: str) -> None:
            searched.append(len(text))

    monkeypatch.setattr(prose, "_HARD", Searching())
    words = "".join(f"a{number}@b.example: unknown\n" for number in range(1_000))
    assert len(prose.results({}, "failure", words)) == 1_000
    assert len(searched) == 1


def test_a_bounce_names_so_many_recipients_and_no_more() -> None:
    named = ", ".join(f"a{number}@b.example" for number in range(MAX_RECIPIENTS + 100))
    assert len(prose.results({"x-failed-recipients": [named]}, "failure", "words")) == MAX_RECIPIENTS


def test_lines_of_dashes_among_the_headers_are_compared_with_boundaries_a_few_times_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0
    is_delimiter = structure._is_delimiter

    def counted(line: bytes, fields: list[tuple[str, list[bytes]]]) -> bool:
        nonlocal looks
        looks += 1
        return is_delimiter(line, fields)

    monkeypatch.setattr(structure, "_is_delimiter", counted)
    raw = b"Content-Type: text/plain; boundary=bb\r\n" + b"--none\r\n" * 1_000 + b"Subject: x\r\n\r\nwords"
    fields, _body_at = structure.split_headers(raw)
    assert [name for name, _value in fields] == ["Content-Type", "Subject"]
    assert 0 < looks < 30


def test_uuencoded_files_count_as_parts() -> None:
    raw = b"From: a@c.example\r\n\r\nwords\r\n" + b"begin 644 a.txt\r\n#86)C\r\nend\r\n" * (MAX_PARTS * 2)
    letter = read(raw)
    assert MAX_PARTS // 2 < len(letter.attachments) <= MAX_PARTS
    assert letter.body_text.count("begin 644") == MAX_PARTS * 2 - len(letter.attachments), "the rest is text"


@pytest.mark.parametrize("text", ["a:", " ", "[ ", "<a ", "a@ "])
def test_an_address_list_of_signs_or_spaces_takes_one_pass(text: str) -> None:
    def effort(times: int) -> float:
        written, spent = "x" + text * times + "b@c.example", []
        for _ in range(3):
            before = time.process_time()
            parse_text(written)
            spent.append(time.process_time() - before)
        return min(spent)

    assert effort(16_000) < 80 * effort(1_000)
