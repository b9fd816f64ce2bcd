"""What is drawn: exact cells, enough contrast, nothing said by colour alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.names import age_text
from core.text import one_line, width
from tui.conversation import wrap_text
from tui.themes import DARK, LIGHT, MONO, PALETTES, Palette, contrast, pairs
from tui.widgets.card import EyeMark, Face, age_level, caption, draw_card
from tui.widgets.drawn import changed_cells, strip_of
from tui.widgets.lane import wrap_words

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMITS = (timedelta(minutes=15), timedelta(minutes=30))


def face(**fields: Any) -> Face:
    """A card's face."""
    usual = Face(
        id=1042,
        subject="Курьер не приехал 🚚 второй раз",
        client="北方電機株式会社",
        who="North support",
        ours=False,
        unread=True,
        eyes=(),
        age="16h",
        level=2,
        selected=False,
    )
    return replace(usual, **fields)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
def test_every_pair_that_is_shown_has_enough_contrast(palette: Palette) -> None:
    weak = {
        what: round(contrast(ink, ground), 2)
        for what, ink, ground in pairs(palette)
        if contrast(ink, ground) < 4.5
    }
    assert weak == {}


def test_contrast_is_measured_as_the_guideline_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_without_colours_nothing_is_coloured() -> None:
    for strip in draw_card(face(eyes=(EyeMark("AK", 1),), selected=True), 28, MONO):
        for segment in strip:
            assert segment.style is None or (segment.style.color is None and segment.style.bgcolor is None)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_age_unread_and_selection_are_told_by_shapes(palette: Palette) -> None:
    def shape(**fields: Any) -> list[str]:
        return [strip.text for strip in draw_card(face(**fields), 40, palette)]

    shapes = [shape(level=0), shape(level=1), shape(level=2), shape(unread=False), shape(selected=True)]
    assert len({tuple(rows) for rows in shapes}) == len(shapes)


words = st.text(st.characters(codec="utf-8"), max_size=60).map(one_line)
marks = st.lists(
    st.builds(EyeMark, st.sampled_from(["AK", "ДВ", "北電"]), st.integers(0, 9), st.sampled_from("wvi")),
    max_size=6,
)


@given(
    words,
    words,
    words,
    st.booleans(),
    st.booleans(),
    marks,
    st.integers(0, 2),
    st.booleans(),
    st.integers(24, 60),
)
def test_a_card_fills_its_cells_exactly(
    subject: str,
    client: str,
    who: str,
    ours: bool,
    unread: bool,
    eyes: list[EyeMark],
    level: int,
    selected: bool,
    cells: int,
) -> None:
    card = face(
        subject=subject, client=client, who=who, ours=ours, unread=unread, eyes=tuple(eyes), level=level,
        selected=selected,
    )  # fmt: skip
    for strip in draw_card(card, cells, DARK):
        assert strip.cell_length == cells
        assert sum(width(segment.text) for segment in strip) == cells
    assert draw_card(card, cells, DARK)[1].text.rstrip().endswith("16h")


def test_the_eyes_of_many_are_counted() -> None:
    eyes = tuple(EyeMark(initials, number) for number, initials in enumerate(["AK", "MS", "DV", "OP"]))
    text = draw_card(face(eyes=eyes), 40, DARK)[1].text
    assert "◉ AK MS" in text
    assert "+" in text


def test_a_caption_gives_the_client_up_before_the_number_and_keeps_first_names() -> None:
    card = face(client="Umbrella GmbH", who="Max Steiner")
    assert caption(card, 40) == "#1042 Umbrella GmbH · Max Steiner"
    assert caption(card, 25) == "#1042 Umbrella GmbH · Max"
    assert caption(card, 20).endswith("· Max")
    assert caption(card, 20).startswith("#1042 Umb")
    assert caption(card, 8).startswith("#1042")


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0m"), (59, "59m"), (60, "1h"), (47 * 60 + 59, "47h"), (48 * 60, "2d"), (10**7, "999d"), (-5, "0m")],
)
def test_ages_fit_their_field(minutes: int, text: str) -> None:
    assert age_text(NOW - timedelta(minutes=minutes), NOW) == text


def test_age_levels_begin_at_their_limits() -> None:
    levels = [age_level(NOW - timedelta(minutes=minutes), NOW, LIMITS) for minutes in (14, 15, 29, 30)]
    assert levels == [0, 1, 1, 2]


@given(st.text(st.characters(codec="utf-8"), max_size=400), st.integers(8, 60))
@example("0000\t0", 8)
@example("0000   000000000", 8)
def test_wrapped_text_fits_and_ends_in_no_blanks(text: str, cells: int) -> None:
    rows = wrap_text(text, cells)
    assert all(width(row) <= cells for row in rows)
    assert all(row == row.rstrip(" ") for row in rows)


@given(
    st.lists(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30), max_size=12
    )
)
def test_wrapping_keeps_every_character(given_words: list[str]) -> None:
    assert "".join("".join(wrap_words(" ".join(given_words), 10)).split()) == "".join(given_words)


def test_only_the_changed_cells_of_a_row_are_sent() -> None:
    plain, bold = DARK, LIGHT
    from tui.themes import style

    one, two = style(plain.text), style(bold.text)
    old = strip_of([("ab", one), ("cd", two), ("rest", one)], 8, one)
    same = strip_of([("ab", one), ("cd", two), ("rest", one)], 8, one)
    new = strip_of([("ab", one), ("XX", two), ("rest", one)], 8, one)
    assert changed_cells(old, same) == (0, 0)
    assert changed_cells(old, new) == (2, 4)
