"""The small rules: who may see and do what, what reopens, when automatic letters stop, which language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.language import guess_language
from core.domain.loops import LIMITS, WINDOW, may_answer_automatically
from core.domain.permissions import (
    Role,
    TicketFacts,
    Viewer,
    may_open_in,
    may_release,
    may_see,
    rooms,
)
from core.domain.reopening import Reopening, reopens

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENT = Viewer(1, groups={10: Role.AGENT})
HEAD = Viewer(2, groups={10: Role.SUPERVISOR, 11: Role.AGENT})
ADMIN = Viewer(3, admin=True)
GONE = Viewer(4, admin=True, active=False, groups={10: Role.SUPERVISOR})


@pytest.mark.parametrize(
    ("viewer", "ticket", "sees"),
    [
        (AGENT, TicketFacts(10, None), True),
        (AGENT, TicketFacts(10, 9), True),
        (AGENT, TicketFacts(11, None), False),
        (AGENT, TicketFacts(11, 9), False),
        (AGENT, TicketFacts(11, 1), True),
        (HEAD, TicketFacts(12, None), False),
        (ADMIN, TicketFacts(12, 9), True),
        (GONE, TicketFacts(10, 4), False),
    ],
)
def test_an_agent_sees_their_groups_and_what_they_own(
    viewer: Viewer, ticket: TicketFacts, sees: bool
) -> None:
    assert may_see(viewer, ticket) is sees


@pytest.mark.parametrize(
    ("viewer", "ticket", "may"),
    [
        (AGENT, TicketFacts(10, 1), True),
        (AGENT, TicketFacts(10, 9), False),
        (AGENT, TicketFacts(10, None), False),
        (HEAD, TicketFacts(10, 9), True),
        (HEAD, TicketFacts(11, 9), False),
        (ADMIN, TicketFacts(12, 9), True),
        (GONE, TicketFacts(10, 4), False),
    ],
)
def test_a_ticket_is_given_back_by_its_owner_a_supervisor_or_an_admin(
    viewer: Viewer, ticket: TicketFacts, may: bool
) -> None:
    assert may_release(viewer, ticket) is may


def test_tickets_are_opened_in_ones_own_groups() -> None:
    assert may_open_in(AGENT, 10)
    assert not may_open_in(AGENT, 11)
    assert may_open_in(ADMIN, 99)
    assert not may_open_in(GONE, 10)


def test_presence_rooms_are_ones_groups() -> None:
    assert rooms(HEAD, [10, 11, 12]) == {"g10", "g11"}
    assert rooms(ADMIN, [10, 11, 12]) == {"g10", "g11", "g12"}
    assert rooms(GONE, [10, 11, 12]) == frozenset()


def test_a_closed_ticket_comes_back_within_the_window_and_not_a_moment_later() -> None:
    usual = Reopening()
    assert (usual.policy, usual.window) == ("window", timedelta(days=7))
    for policy in (usual, Reopening(window=timedelta(hours=1))):
        assert reopens(policy, NOW - policy.window, NOW)
        assert not reopens(policy, NOW - policy.window - timedelta(microseconds=1), NOW)
        assert not reopens(policy, None, NOW)


@pytest.mark.parametrize("closed_at", [None, NOW, NOW - timedelta(days=1), NOW - timedelta(days=1000)])
def test_always_and_never_look_at_no_clock(closed_at: datetime | None) -> None:
    assert reopens(Reopening("always"), closed_at, NOW)
    assert not reopens(Reopening("never"), closed_at, NOW)


@pytest.mark.parametrize(("window", "most"), LIMITS)
def test_automatic_letters_stop_at_each_limit(window: timedelta, most: int) -> None:
    step = window / (most + 1)
    earlier = [NOW - step * n for n in range(1, most + 1)]
    assert not may_answer_automatically(earlier, NOW)
    assert may_answer_automatically(earlier[1:], NOW)
    assert may_answer_automatically([NOW - WINDOW] * 1000, NOW), "what is older than the window is forgotten"


@given(st.lists(st.integers(0, 36_000), max_size=150))
def test_a_letter_more_never_allows_what_was_forbidden(seconds: list[int]) -> None:
    earlier = [NOW - timedelta(seconds=one) for one in seconds]
    if not may_answer_automatically(earlier, NOW):
        assert not may_answer_automatically([*earlier, NOW], NOW)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Не могу войти", "ru"),
        ("I cannot log in", "en"),
        ("Ошибка HTTP в API: Connection refused", "en"),
        ("Ошибка: HTTP", "ru"),
        ("123 !!!", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_letter_is_guessed_by_its_letters(text: str, language: str) -> None:
    assert guess_language(text) == language
