"""What is said of rules is certain: a rule that is called shadowed catches nothing, whatever letter comes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.routing import Facts, Rule, check
from core.domain.rule_checks import contradicts_itself, is_wider, probes, shadows


def rule(name: str = "rule", **conditions: Any) -> Rule:
    values: dict[str, Any] = {key: tuple(value) for key, value in conditions.items()}
    return Rule(name, "first", **values)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"region": ["a"]}),
        ({"region": ["a", "b"]}, {"region": ["a"], "mailbox": ["m"]}),
        ({"sender": ["*@client.example"]}, {"sender": ["Ivan@client.example", "a*@client.example"]}),
        ({"domain": ["client.example"]}, {"domain": ["mail.client.example"]}),
        ({"domain": ["client.example"]}, {"sender": ["*@x.client.example", "ivan@client.example"]}),
        ({"subject": ["x", "y"]}, {"subject": ["y"]}),
        ({"header": [("X", "1")]}, {"header": [("X", "1"), ("Y", "2")]}),
    ],
)
def test_a_rule_behind_a_wider_one_is_shadowed(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    first, second = rule("first", **wide), rule("second", **narrow)
    assert list(shadows([first, second])) == [(first, second)]
    assert not list(shadows([second, first])) or wide == narrow


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"region": ["a"]}, {}),
        ({"region": ["a"]}, {"region": ["a", "b"]}),
        ({"region": ["a"], "mailbox": ["m"]}, {"region": ["a"]}),
        ({"sender": ["?@client.example"]}, {"sender": ["*@client.example"]}),
        ({"sender": ["ivan@client.example"]}, {"sender": ["*@client.example"]}),
        ({"domain": ["client.example"]}, {"sender": ["*@*client.example"]}),
        ({"domain": ["mail.client.example"]}, {"domain": ["client.example"]}),
        ({"subject": ["x"]}, {"subject": ["xy"]}),
    ],
)
def test_a_rule_that_may_still_fire_is_not(wide: dict[str, Any], narrow: dict[str, Any]) -> None:
    assert not is_wider(rule(**wide), rule(**narrow))


ADDRESS = st.builds(
    "{}@{}".format,
    st.sampled_from(["a", "ab", "*", "a*", "?"]),
    st.sampled_from(["x.d", "d", "*.d", "*d", "y.x.d"]),
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "sender": st.lists(ADDRESS, min_size=1, max_size=2),
        "recipient": st.lists(ADDRESS, min_size=1, max_size=2),
        "domain": st.lists(st.sampled_from(["d", "x.d", "y.x.d"]), min_size=1, max_size=2),
        "region": st.lists(st.sampled_from("pq"), min_size=1, max_size=2),
    },
)
LETTER = st.builds(
    Facts,
    sender=st.sampled_from(["a@d", "ab@x.d", "b@y.x.d", "a@xd"]),
    recipients=st.lists(st.sampled_from(["a@d", "ab@x.d", "b@y.x.d"]), max_size=2).map(tuple),
    region=st.sampled_from(["", "p", "q"]),
)


@given(CONDITIONS, CONDITIONS, LETTER)
def test_no_letter_belies_what_was_said(one: dict[str, Any], other: dict[str, Any], letter: Facts) -> None:
    wide, narrow = rule(**one), rule(**other)
    if is_wider(wide, narrow) and not check(narrow, letter).failed:
        assert not check(wide, letter).failed
    if contradicts_itself(narrow):
        assert check(narrow, letter).failed


def test_a_sender_outside_the_domain_contradicts() -> None:
    assert contradicts_itself(rule(sender=["a@other.example"], domain=["client.example"]))
    assert not contradicts_itself(rule(sender=["a@*"], domain=["client.example"]))


def test_probes_hold_what_the_pattern_repeats() -> None:
    texts = list(probes(r"(?:foo|x)+y", 10_000))
    assert any(text.startswith("foofoo") for text in texts)
    assert any(text.startswith("xxxx") for text in texts)
    assert max(map(len, texts)) <= 10_001
