"""Scenarios of a team's own: when they act, on which tickets, and how loops are cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.robot import Timer
from core.domain.scenarios import (
    DEPTH,
    Conditions,
    Happening,
    OwnScenario,
    TicketFacts,
    matches,
    may_act,
    own_timers,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TICKET = TicketFacts(
    "vendor",
    "waiting",
    "north",
    "high",
    "siberia",
    "ru",
    "mail",
    "olga",
    "Сломался диск",
    frozenset({"disk", "vip", "eu"}),
    happened=frozenset({"client_wrote"}),
)
WROTE = OwnScenario("wrote", event=Happening.CLIENT_WROTE)
SLOW = OwnScenario("slow", status="waiting", after=timedelta(days=2))


def with_filter(**wanted: object) -> OwnScenario:
    """A scenario for every client's letter, with a filter."""
    return replace(WROTE, conditions=Conditions(**wanted))  # type: ignore[arg-type]


def test_a_scenario_acts_on_its_event_only() -> None:
    assert matches(WROTE, TICKET)
    assert not matches(WROTE, replace(TICKET, happened=frozenset({"replied"})))
    assert not matches(WROTE, replace(TICKET, happened=frozenset()))


def test_a_scenario_of_time_acts_when_the_clock_comes_due_and_on_no_event() -> None:
    assert matches(SLOW, replace(TICKET, happened=frozenset()))
    assert not matches(SLOW, TICKET)
    assert not matches(SLOW, replace(TICKET, happened=frozenset(), status="new", kind="new"))


@pytest.mark.parametrize(
    ("key", "fits", "misses"),
    [
        ("group", ("south", "north"), ("south",)),
        ("status", ("vendor",), ("lab",)),
        ("status", ("waiting",), ("new",)),
        ("priority", ("high", "urgent"), ("low",)),
        ("region", ("siberia",), ("urals",)),
        ("language", ("ru",), ("en",)),
        ("channel", ("mail",), ("form",)),
        ("owner", "olga", "ivan"),
        ("owner", "any", "none"),
        ("subject", ("disk", "ДИСК"), ("^диск",)),
        ("tags", ("disk", "vip"), ("disk", "paid")),
        ("without_tags", ("paid", "old"), ("paid", "disk")),
    ],
)
def test_every_condition_counts(key: str, fits: object, misses: object) -> None:
    assert matches(with_filter(**{key: fits}), TICKET)
    assert not matches(with_filter(**{key: misses}), TICKET)
    assert not matches(with_filter(**{key: fits, "group": ("elsewhere",)}), TICKET)


def test_nobodys_ticket_is_for_scenarios_that_ask_for_none() -> None:
    nobodys = replace(TICKET, owner="")
    assert matches(with_filter(owner="none"), nobodys)
    assert not matches(with_filter(owner="any"), nobodys)
    assert not matches(with_filter(owner="olga"), nobodys)


def test_the_clock_counts_from_entering_the_status_and_carries_its_cause() -> None:
    assert own_timers([WROTE, SLOW], TICKET, NOON, 7) == (Timer("own:slow", 7, NOON + timedelta(days=2)),)


def test_no_clock_runs_in_another_status_or_outside_of_the_filter() -> None:
    assert own_timers([SLOW], replace(TICKET, status="new", kind="new"), NOON, 7) == ()
    assert own_timers([replace(SLOW, conditions=Conditions(group=("south",)))], TICKET, NOON, 7) == ()


def test_the_same_scenario_never_acts_twice_in_a_chain() -> None:
    assert may_act((), WROTE)
    assert may_act(("slow",), WROTE)
    assert not may_act(("wrote", "slow"), WROTE)


@given(st.lists(st.sampled_from("abcdef"), max_size=40))
def test_every_chain_ends(wanted: list[str]) -> None:
    chain: tuple[str, ...] = ()
    for name in wanted:
        if may_act(chain, OwnScenario(name, event="noted")):
            chain = (*chain, name)
    assert len(chain) <= DEPTH
    assert len(set(chain)) == len(chain)
