"""The keys of a dialog stand beside what they do, however narrow it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.text import width as cells
from tui.widgets.key_row import GAP, rows_of

KEYS = st.lists(
    st.tuples(st.sampled_from(["s", "Esc", "Ctrl+S"]), st.text("абв 宽", max_size=30)), max_size=8
)


@given(KEYS, st.integers(10, 120))
def test_no_row_is_wider_than_the_dialog_and_no_key_is_lost(keys: list[tuple[str, str]], width: int) -> None:
    rows = rows_of(keys, width)
    assert [key for row in rows for key in row] == keys
    for row in rows:
        sizes = [cells(key) + 3 + cells(label) for key, label in row]
        assert sum(sizes) + GAP * (len(row) - 1) <= width or len(row) == 1


def test_what_fits_beside_the_last_key_stands_there() -> None:
    assert rows_of([("s", "ab"), ("k", "cd")], 6 + GAP + 6) == [[("s", "ab"), ("k", "cd")]]
    assert rows_of([("s", "ab"), ("k", "cd")], 6 + GAP + 5) == [[("s", "ab")], [("k", "cd")]]
