"""Writing, viewing, idle: from keys and focus, over time."""

from __future__ import annotations

import pytest

from core.domain.attention import Attention


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def now(attention: Attention) -> str:
    """The state; a function, since a type checker takes a property for constant."""
    return attention.state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attention(clock: Clock) -> Attention:
    return Attention(clock)


def test_a_window_just_opened_is_viewed(attention: Attention) -> None:
    assert now(attention) == "v"


def test_typing_counts_as_writing_for_twenty_seconds(attention: Attention, clock: Clock) -> None:
    attention.typed()
    clock.time += 19.9
    assert now(attention) == "w"
    clock.time += 0.1
    assert now(attention) == "v"


def test_sending_ends_the_writing_at_once(attention: Attention) -> None:
    attention.typed()
    attention.stopped_writing()
    assert now(attention) == "v"


def test_keys_that_type_nothing_do_not_prolong_the_writing(attention: Attention, clock: Clock) -> None:
    attention.typed()
    clock.time += 15
    attention.key()
    clock.time += 6
    assert now(attention) == "v"


def test_two_minutes_without_a_key_are_idle_and_a_key_ends_it(attention: Attention, clock: Clock) -> None:
    clock.time += 119.9
    assert now(attention) == "v"
    clock.time += 0.1
    assert now(attention) == "i"
    attention.key()
    assert now(attention) == "v"


def test_without_the_focus_one_is_idle_even_while_writing(attention: Attention) -> None:
    attention.typed()
    attention.focus(False)
    assert now(attention) == "i"
    attention.focus(True)
    assert now(attention) == "w"
