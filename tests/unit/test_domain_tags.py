"""What a tag is: one short plain word, whoever types it and however."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.tags import LONGEST, SIGNS, changed, parse
from core.text import terminal_safe


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("billing", "billing"),
        ("  Billing\t", "billing"),
        ("Оплата", "оплата"),
        ("vm-2.0_eu/north", "vm-2.0_eu/north"),
        ("2026", "2026"),
        ("й", "й"),
        ("हिन्दी", "हिन्दी"),
        ("a" * LONGEST, "a" * LONGEST),
    ],
)
def test_a_tag_is_a_short_word_of_any_script(typed: str, kept: str) -> None:
    assert parse(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "  ", "two words", "a,b", "-old", "+new", "/x", "._", "a" * (LONGEST + 1), "a\x1b[2J", "a\u202eb",
        "a\u200bb", "a\nb", "☎", "tag!", "\u0301a", "a\ud800",
    ],
)  # fmt: skip
def test_anything_else_is_no_tag(typed: str) -> None:
    assert parse(typed) == ""


@given(st.text())
def test_what_is_kept_is_kept_again_and_does_nothing_to_a_terminal(typed: str) -> None:
    tag = parse(typed)
    assert len(tag) <= LONGEST
    assert parse(tag) == tag
    assert terminal_safe(tag) == tag
    assert all(sign in SIGNS or unicodedata.category(sign)[0] in "LNM" for sign in tag)


@given(*[st.frozensets(st.sampled_from("abcdef"))] * 3)
def test_what_is_taken_away_is_gone_and_the_rest_is_there(
    present: frozenset[str], add: frozenset[str], remove: frozenset[str]
) -> None:
    after = changed(present, add, remove)
    assert after.isdisjoint(remove)
    assert after | remove == present | add | remove
