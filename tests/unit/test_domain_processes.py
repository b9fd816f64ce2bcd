"""Statuses of a team's own live by the rules of their kind, in processes that may be without some."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.processes import BUILT_IN, NEXT_SHIFT, STANDARD, Process, StatusDef, make_process
from core.domain.tickets import Act, Status, next_status

PLAIN = make_process(STANDARD)
VENDOR = StatusDef("vendor", Status.WAITING, "Waiting for the vendor", order=35)


def test_the_standard_process_moves_as_the_table_says() -> None:
    for status in Status:
        for act in Act:
            for owned in (True, False):
                assert PLAIN.after(status, act, owned=owned) == next_status(status, act, owned=owned)


def test_an_own_status_takes_the_moves_of_its_kind() -> None:
    process = make_process("p", own=[VENDOR])
    assert process.after("vendor", Act.CLIENT_WROTE, owned=True) == "needs_reply"
    assert process.after("vendor", Act.REPLY, owned=True) == "vendor"
    assert process.after("needs_reply", Act.REPLY, owned=True) == "waiting"


def test_the_first_of_a_kind_is_where_the_ball_leads() -> None:
    first = StatusDef("asked", Status.WAITING, order=5)
    assert make_process("p", own=[VENDOR, first]).after("needs_reply", Act.REPLY, owned=True) == "asked"


def test_the_ball_never_leads_to_the_batons_status() -> None:
    assert PLAIN.after("needs_reply", Act.RELEASE, owned=False) == "new"
    late = StatusDef("queue", Status.NEW, order=99)
    assert make_process("p", own=[late]).first_of(Status.NEW) == "new"


def test_the_first_comer_accepts_what_the_last_shift_left() -> None:
    assert PLAIN.kind_of(NEXT_SHIFT) is Status.NEW
    assert PLAIN.after(NEXT_SHIFT, Act.ACCEPT, owned=True) == "needs_reply"
    assert PLAIN.after(NEXT_SHIFT, Act.CLIENT_WROTE, owned=False) == NEXT_SHIFT


def test_without_solved_solving_closes() -> None:
    process = make_process("p", without=["solved"])
    assert process.after("needs_reply", Act.SOLVE, owned=True) == "closed"


def test_a_ticket_in_a_status_that_its_process_is_without_stays_what_it_was() -> None:
    process = make_process("p", without=["solved"])
    assert process.kind_of("solved") is Status.SOLVED
    assert process.after("solved", Act.CLIENT_WROTE, owned=True) == "needs_reply"


def test_a_status_that_the_configuration_lost_is_work_to_do() -> None:
    assert PLAIN.kind_of("vendor") is Status.NEEDS_REPLY
    assert PLAIN.may_move("vendor", "waiting")
    assert not PLAIN.may_move("vendor", "deleted")


@pytest.mark.parametrize("status", ["new", "next_shift", "closed", "deleted", "needs_reply", "waiting"])
def test_a_process_cannot_lose_what_tickets_need(status: str) -> None:
    assert status in make_process("p", without=[status]).statuses


def test_an_own_status_can_take_the_place_of_a_built_in_one() -> None:
    process = make_process("p", own=[VENDOR], without=["waiting"])
    assert process.after("needs_reply", Act.REPLY, owned=True) == "vendor"
    assert "waiting" not in process.statuses


def test_moves_by_hand_are_those_that_a_status_names() -> None:
    strict = StatusDef("lab", Status.NEEDS_REPLY, moves=frozenset({"vendor"}))
    process = make_process("p", own=[VENDOR, strict])
    assert process.may_move("lab", "vendor")
    assert not process.may_move("lab", "waiting")


@pytest.mark.parametrize("source", [status.key for status in BUILT_IN])
def test_nobody_moves_by_hand_into_the_batons_status_or_the_trash(source: str) -> None:
    greedy = StatusDef("lab", Status.NEEDS_REPLY, moves=frozenset({NEXT_SHIFT, "deleted"}))
    process = make_process("p", own=[greedy])
    for target in (NEXT_SHIFT, "deleted"):
        assert not process.may_move(source, target)
        assert not process.may_move("lab", target)


def test_nothing_is_moved_by_hand_out_of_the_trash() -> None:
    assert not any(PLAIN.may_move("deleted", target) for target in PLAIN.statuses)


KINDS = st.sampled_from([kind for kind in Status if kind is not Status.DELETED])
OWN = st.lists(
    st.builds(StatusDef, st.sampled_from("abcdef"), KINDS, order=st.integers(0, 100)),
    max_size=5,
    unique_by=lambda one: one.key,
)
PROCESSES = st.builds(
    lambda own, without: make_process("p", own=own, without=without),
    OWN,
    st.sets(st.sampled_from([*Status, NEXT_SHIFT])),
)


@given(PROCESSES, st.data())
def test_whatever_happens_a_ticket_stands_in_one_status_of_the_right_kind(
    process: Process, data: st.DataObject
) -> None:
    status = data.draw(st.sampled_from(sorted(process.statuses)))
    for act in data.draw(st.lists(st.sampled_from(Act), max_size=8)):
        owned = data.draw(st.booleans())
        expected = next_status(process.kind_of(status), act, owned=owned)
        after = process.after(status, act, owned=owned)
        assert (after is None) == (expected is None)
        if after is None:
            continue
        assert after in process.statuses
        solved = any(one.kind is Status.SOLVED for one in process.statuses.values())
        if expected is not Status.SOLVED or solved:
            assert process.kind_of(after) is expected
        else:
            assert process.kind_of(after) is Status.CLOSED
        assert after != NEXT_SHIFT or status == NEXT_SHIFT
        status = after
