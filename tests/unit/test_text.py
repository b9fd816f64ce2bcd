"""Text from outside cannot steer a terminal, and is measured and cut by cells."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import cut, fit, one_line, terminal_safe, width

ANYTHING = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("attack", "harmless"),
    [
        ("\x1b[2Jgone", "[2Jgone"),
        ("\x1b]0;title\x07x", "]0;titlex"),
        ("\x1b]52;c;aGk=\x1b\\x", "]52;c;aGk=\\x"),
        ("\x9b31mred", "31mred"),
        ("\x90q\x9cx", "qx"),
        ("back\x08\x08space", "backspace"),
        ("bell\x07", "bell"),
        ("nul\x00l", "null"),
        ("del\x7f", "del"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffmark", "mark"),
        ("tag\U000e0041s", "tags"),
        ("lone\ud83dhalf", "lonehalf"),
        ("tab\tstop", "tab stop"),
    ],
)
def test_what_steers_a_terminal_is_taken_out(attack: str, harmless: str) -> None:
    assert terminal_safe(attack) == harmless


@pytest.mark.parametrize(
    "text", ["Здравствуйте, не приходит счёт", "naïve café", "日本語", "🙂", "[bold]x[/bold]"]
)
def test_what_people_write_stays(text: str) -> None:
    assert terminal_safe(text) == text


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
def test_every_line_break_is_one_or_none(line_break: str) -> None:
    assert terminal_safe(f"one{line_break}two", keep_newlines=True) == "one\ntwo"
    assert terminal_safe(f"one{line_break}two") == "one two"


@given(ANYTHING)
def test_nothing_that_is_left_is_a_control_character(text: str) -> None:
    safe = terminal_safe(text, keep_newlines=True)
    assert not [c for c in safe if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
    assert not set(safe) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert "\n" not in terminal_safe(text)


@given(ANYTHING)
def test_making_safe_twice_changes_nothing_more(text: str) -> None:
    assert terminal_safe(terminal_safe(text)) == terminal_safe(text)


def test_a_rows_text_is_one_line_without_what_terminals_disagree_about() -> None:
    assert one_line("  Не\u00a0приходит \n\t счёт  ") == "Не приходит счёт"
    assert (
        one_line("family 👨\u200d👩 flag 🇷🇺 thumb 👍\U0001f3fd heart ❤\ufe0f")
        == "family 👨👩 flag thumb 👍 heart ❤"
    )


@pytest.mark.parametrize(("text", "cells"), [("", 0), ("abc", 3), ("абв", 3), ("日本", 4), ("e\u0301", 1)])
def test_width_is_counted_in_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "cells", "result"),
    [
        ("счёт", 4, "счёт"),
        ("счета", 4, "сче…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("", 5, ""),
    ],
)
def test_what_is_too_long_ends_in_an_ellipsis(text: str, cells: int, result: str) -> None:
    assert cut(text, cells) == result


@given(st.text(st.characters(codec="utf-8")).map(one_line), st.integers(0, 40))
def test_a_cut_text_never_takes_more_room_than_it_has(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= cells


@given(st.text(st.characters(codec="utf-8")).map(one_line), st.integers(0, 40))
def test_a_fitted_text_takes_exactly_its_room(text: str, cells: int) -> None:
    assert width(fit(text, cells)) == cells
