"""A lane keeps its order and its selection, whatever changes come in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.domain.tickets import Lane
from tui.lane_model import LaneModel


def key(place: int, ticket_id: int) -> tuple[str, str, int]:
    return ("new", f"{place:06}", ticket_id)


def lane(*places: int, complete: bool = True) -> LaneModel:
    """A lane of tickets 1, 2, 3 … at these places."""
    model = LaneModel(Lane.NEW)
    entries = sorted((key(place, number), number) for number, place in enumerate(places, 1))
    model.start(entries, complete=complete)
    return model


def test_the_selection_follows_its_ticket_when_rows_come_and_go_above() -> None:
    model = lane(10, 20, 30)
    model.select(3)
    model.place(9, key(5, 9))
    assert model.selected == 3
    model.place(1, None)
    assert model.selected == 3


def test_when_the_selected_ticket_leaves_the_next_row_is_chosen() -> None:
    model = lane(10, 20, 30)
    model.select(2)
    model.place(2, None)
    assert model.selected == 3
    model.place(3, None)
    assert model.selected == 1
    model.place(1, None)
    assert model.selected is None


def test_the_selected_card_keeps_its_row_on_the_screen() -> None:
    model = lane(*range(10, 300, 10))
    model.cursor, model.top = 15, 12
    chosen = model.selected
    model.place(99, key(5, 99))
    assert (model.selected, model.cursor - model.top) == (chosen, 3)


def test_what_belongs_behind_the_loaded_part_waits_for_its_page() -> None:
    model = lane(10, 20, complete=False)
    assert not model.place(9, key(50, 9))
    assert 9 not in model
    model.extend([(key(40, 8), 8), (key(50, 9), 9)], complete=True)
    assert list(model.ids) == [1, 2, 8, 9]


def test_a_page_does_not_double_what_a_change_has_placed() -> None:
    model = lane(10, 30, complete=False)
    model.place(3, key(20, 3))
    model.extend([(key(20, 3), 3), (key(40, 4), 4)], complete=True)
    assert list(model.ids) == [1, 3, 2, 4]


def test_reading_anew_keeps_the_selection() -> None:
    model = lane(10, 20, 30)
    model.select(3)
    model.start([(key(5, 7), 7), (key(30, 3), 3)], complete=True)
    assert model.selected == 3


@given(
    st.lists(st.integers(0, 50), max_size=20),
    st.lists(st.tuples(st.integers(1, 30), st.none() | st.integers(0, 50)), max_size=60),
    st.integers(0, 19),
)
def test_after_any_changes_the_lane_is_what_sorting_would_give(
    places: list[int], changes: list[tuple[int, int | None]], cursor: int
) -> None:
    model = lane(*places)
    model.move(cursor)
    truth = {number: key(place, number) for number, place in enumerate(places, 1)}
    for ticket_id, place in changes:
        before = model.selected
        wanted = None if place is None else key(place, ticket_id)
        model.place(ticket_id, wanted)
        truth.pop(ticket_id, None)
        if wanted is not None:
            truth[ticket_id] = wanted
        assert list(model.ids) == sorted(truth, key=lambda number: truth[number])
        assert model.keys == sorted(truth.values())
        if before in truth:
            assert model.selected == before
        assert 0 <= model.cursor < max(1, len(model))


@given(st.integers(1, 40), st.lists(st.integers(-50, 50), max_size=30), st.integers(1, 12))
def test_the_selection_is_always_on_the_screen(count: int, moves: list[int], rows: int) -> None:
    model = lane(*range(count))
    for by in moves:
        model.move(by)
        model.show(rows)
        assert model.selected in model.visible(rows)
    for by in moves:
        model.scroll(by, rows)
        assert model.selected in model.visible(rows)
