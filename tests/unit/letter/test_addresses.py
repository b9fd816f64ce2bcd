"""Addresses as letters really write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.letter import read
from mailbridge.letter.addresses import parse, parse_text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ivan@Client.Example", [("ivan@client.example", "")]),
        ("Ivan Petrov <ivan@c.example>", [("ivan@c.example", "Ivan Petrov")]),
        ('"Petrov, Ivan" <ivan@c.example>', [("ivan@c.example", "Petrov, Ivan")]),
        ('"Ivan \\"the\\" P" <ivan@c.example>', [("ivan@c.example", 'Ivan "the" P')]),
        ("ivan@c.example (Ivan Petrov)", [("ivan@c.example", "Ivan Petrov")]),
        ("<ivan@c.example> (Ivan)", [("ivan@c.example", "Ivan")]),
        ("a@c.example, b@c.example", [("a@c.example", ""), ("b@c.example", "")]),
        ("a@c.example; b@c.example", [("a@c.example", ""), ("b@c.example", "")]),
        (
            "Friends: a@c.example, B <b@c.example>;, c@c.example",
            [("a@c.example", ""), ("b@c.example", "B"), ("c@c.example", "")],
        ),
        ("undisclosed-recipients:;", []),
        ("Ivan ivan@c.example", [("ivan@c.example", "Ivan")]),
        ("Ivan <ivan@c.example", [("ivan@c.example", "Ivan")]),
        ("<<ivan@c.example>>", [("ivan@c.example", "")]),
        ("<mailto:ivan@c.example>", [("ivan@c.example", "")]),
        ("Ivan <SMTP:ivan@c.example>", [("ivan@c.example", "Ivan")]),
        ("< ivan@c.example >", [("ivan@c.example", "")]),
        ("ivan @ c.example", [("ivan@c.example", "")]),
        ('"ivan@c.example" <ivan@c.example>', [("ivan@c.example", "ivan@c.example")]),
        ("'ivan@c.example'", [("ivan@c.example", "")]),
        ('"quoted local"@c.example', [('"quoted local"@c.example', "")]),
        ("ivan@[192.0.2.1]", [("ivan@[192.0.2.1]", "")]),
        ("<@relay.example:ivan@c.example>", [("ivan@c.example", "")]),
        ("=?utf-8?B?0JjQstCw0L0=?= <ivan@c.example>", [("ivan@c.example", "Иван")]),
        ('"=?utf-8?B?0JjQstCw0L0=?=" <ivan@c.example>', [("ivan@c.example", "Иван")]),
        ("=?utf-8?Q?Petrov,_Ivan?= <ivan@c.example>", [("ivan@c.example", "Petrov, Ivan")]),
        ("=?utf-8?B?0JjQstCw0L0gPGl2YW5AYy5leGFtcGxlPg==?=", [("ivan@c.example", "Иван")]),
        ("ivan@пример.рф", [("ivan@пример.рф", "")]),
        ("=?utf-8?Q?A_=3Ca=40c.example=3E?=, b@c.example", [("a@c.example", "A"), ("b@c.example", "")]),
        ("<a b c>", [("a b c", "")]),
        ("root", [("root", "")]),
        ("Ivan <a@c.example> Petr <b@c.example>", [("a@c.example", "Ivan"), ("b@c.example", "Petr")]),
        ('"Ivan <a@c.example>, "Petr" <b@c.example>', [("a@c.example", "Ivan"), ("b@c.example", "Petr")]),
        ("a@c.example,, ,b@c.example,", [("a@c.example", ""), ("b@c.example", "")]),
        (
            "Petrov, Ivan <a@c.example>, Acme Corp, Inc. <b@c.example>; root, Petr <c@c.example>",
            [
                ("a@c.example", "Petrov, Ivan"),
                ("b@c.example", "Acme Corp, Inc."),
                ("root", ""),
                ("c@c.example", "Petr"),
            ],
        ),
        ("Petrov, Ivan, c@c.example", [("Petrov", ""), ("Ivan", ""), ("c@c.example", "")]),
        ("Ivan; Sales <a@c.example>", [("a@c.example", "Ivan; Sales")]),
        ('"Ivan <x>" <a@c.example>', [("a@c.example", "Ivan <x>")]),
        ("'Ivan' <ivan@c.example>", [("ivan@c.example", "Ivan")]),
        ("\"'Ivan'\" <ivan@c.example>", [("ivan@c.example", "Ivan")]),
        ("Support: Ivan <a@c.example>", [("a@c.example", "Support: Ivan")]),
        ("Friends: A <a@c.example>;", [("a@c.example", "A")]),
        ("Friends: A <a@c.example>, <b@c.example>", [("a@c.example", "A"), ("b@c.example", "")]),
        ('"Petrov\\, Ivan" <a@c.example>', [("a@c.example", "Petrov, Ivan")]),
        ('"DESK\\ivan" <a@c.example>', [("a@c.example", "DESK\\ivan")]),
        ("Ivan [mailto:a@c.example]", [("a@c.example", "Ivan")]),
        ('"Ivan <a@c.example>"', [("a@c.example", "Ivan")]),
        ("a@c.example <Ivan Petrov>", [("a@c.example", "Ivan Petrov")]),
        ("Ivan <Sales> <a@c.example>", [("a@c.example", "Ivan <Sales>")]),
        ("a@c.example (Ivan", [("a@c.example", "Ivan")]),
        ('"Ivan <a@c.example>', [("a@c.example", "Ivan")]),
        ("a@c.example b@c.example", [("a@c.example", ""), ("b@c.example", "")]),
        ("<Undisclosed-Recipient:;>", []),
        ("", []),
        ("<>", []),
    ],
)
def test_an_address_list_is_read(raw: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.addr, one.name) for one in parse_text(raw)] == expected


def test_the_sender_is_the_first_header_with_an_address() -> None:
    assert (
        read(b"From: nobody\r\nReply-To: a@b.example\r\nSender: c@d.example\r\n\r\nx").from_addr
        == "a@b.example"
    )
    assert read(b"Return-Path: <r@b.example>\r\nSender: c@d.example\r\n\r\nx").from_addr == "r@b.example"
    assert read(b"Sender: c@d.example\r\n\r\nx").from_addr == "c@d.example"


def test_reply_to_does_not_decide_who_wrote() -> None:
    letter = read(b"From: Ivan <ivan@c.example>\r\nReply-To: other@c.example\r\n\r\nx")
    assert letter.from_addr == "ivan@c.example"
    assert [one.addr for one in letter.reply_to] == ["other@c.example"]


def test_where_a_letter_was_delivered_is_kept_for_the_token() -> None:
    letter = read(
        b"From: a@b.example\r\nDelivered-To: s+tok@c.example\r\nX-Original-To: s2@c.example\r\n\r\nx"
    )
    assert letter.delivered_to == ("s+tok@c.example", "s2@c.example")


def test_names_in_raw_bytes_take_the_charset_of_the_body() -> None:
    assert parse(["Иван Петров <i@c.example>".encode("koi8-r")], "koi8-r")[0].name == "Иван Петров"


@given(st.text(max_size=200))
def test_any_text_gives_addresses_that_are_not_empty(text: str) -> None:
    assert all(one.addr.strip() for one in parse_text(text))


def test_a_last_name_before_an_unquoted_comma_belongs_to_the_writer() -> None:
    letter = read(b"From: Petrov, Ivan <ivan@c.example>\n\nwords")
    assert (letter.from_addr, letter.from_name) == ("ivan@c.example", "Petrov, Ivan")


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        (b"From: Ivan Petrov", ("", "Ivan Petrov")),
        (b"From: =?utf-8?B?0JjQstCw0L0=?=", ("", "Иван")),
        (b'From: "Ivan Petrov" <>\nReply-To: r@c.example', ("r@c.example", "Ivan Petrov")),
        (b"From: <>\nReturn-Path: <r@c.example>", ("r@c.example", "")),
    ],
)
def test_words_in_from_that_are_no_address_name_the_writer(fields: bytes, sender: tuple[str, str]) -> None:
    letter = read(fields + b"\n\nwords")
    assert (letter.from_addr, letter.from_name) == sender
