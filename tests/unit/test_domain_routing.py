"""Routing by rules: every condition, their order, the default, the reason, and regions found in letters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.routing import DEFAULT_RULE, Facts, Region, Routed, Rule, find_region, route

FACTS = Facts(
    region="siberia",
    recipients=("Support@Desk.example", "sales@desk.example"),
    sender="Ivan@mail.client.example",
    headers=(("X-Form", "contact"), ("X-Form", "order 17"), ("List-Id", "none")),
    subject="Не могу ВОЙТИ",
    body="first line\nномер счёта 42\n",
    channel="mail",
    mailbox="support",
)

REGIONS = (
    Region("siberia", "Siberia", ("Сибирь", "Сибирский ФО")),
    Region("caucasus", "Caucasus", ("Кавказ",)),
)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ({"region": ("caucasus", "siberia")}, "region=siberia"),
        ({"recipient": ("sales@desk.example",)}, "recipient=sales@desk.example"),
        ({"recipient": ("support@*",)}, "recipient=support@*"),
        ({"sender": ("ivan@mail.client.example",)}, "sender=ivan@mail.client.example"),
        ({"sender": ("*@*.client.example",)}, "sender=*@*.client.example"),
        ({"domain": ("client.example",)}, "domain=client.example"),
        ({"domain": ("@Mail.Client.example",)}, "domain=@Mail.Client.example"),
        ({"header": (("x-form", r"order \d+"),)}, r"header x-form=order \d+"),
        ({"subject": ("войти",)}, "subject=войти"),
        ({"body": (r"^номер счёта \d+$",)}, r"body=^номер счёта \d+$"),
        ({"channel": ("form", "mail")}, "channel=mail"),
        ({"mailbox": ("support",)}, "mailbox=support"),
        ({}, ""),
    ],
)
def test_each_condition_that_holds_routes_and_says_why(condition: dict[str, Any], why: str) -> None:
    rule = Rule("rule", "north", **condition, priority="high", language="ru")
    assert route([rule], FACTS, "first") == Routed("north", "rule", why, "high", "ru")


@pytest.mark.parametrize(
    "condition",
    [
        {"region": ("caucasus",)},
        {"recipient": ("support@other.example", "desk.example")},
        {"sender": ("ivan@client.example",)},
        {"domain": ("ient.example", "other.example")},
        {"header": (("x-form", "invoice"),)},
        {"header": (("x-form", "contact"), ("x-none", ""))},
        {"subject": ("выйти",)},
        {"body": (r"^счёта",)},
        {"channel": ("form",)},
        {"mailbox": ("sales",)},
        {"region": ("siberia",), "mailbox": ("sales",)},
    ],
)
def test_a_condition_that_fails_leaves_the_letter_to_the_next_rule(condition: dict[str, Any]) -> None:
    rules = [Rule("first one", "north", **condition), Rule("second", "south")]
    assert route(rules, FACTS, "first").rule == "second"


def test_the_first_rule_that_holds_wins() -> None:
    rules = [Rule("a", "north", mailbox=("support",)), Rule("b", "south", region=("siberia",))]
    assert route(rules, FACTS, "first").group == "north"
    assert route(rules[::-1], FACTS, "first").group == "south"


def test_all_reasons_are_told_together() -> None:
    rule = Rule("a", "north", region=("siberia",), mailbox=("support",), header=(("List-Id", "none"),))
    assert route([rule], FACTS, "first").why == "region=siberia, mailbox=support, header List-Id=none"


@given(st.lists(st.sampled_from(["caucasus", "volga", "urals"]), max_size=5))
def test_nothing_is_ever_unrouted(regions: list[str]) -> None:
    rules = [Rule(f"rule {n}", "north", region=(region,)) for n, region in enumerate(regions)]
    assert route(rules, FACTS, "first") == Routed("first", DEFAULT_RULE, "")


@pytest.mark.parametrize(
    "text",
    [
        "Регион: Сибирь",
        "Здравствуйте!\nregion: siberia\nспасибо",
        "Область = СИБИРСКИЙ ФО",
        "> Region: Siberia",
        "**Region:** Siberia".replace("**", ""),
        "Region\uff1a «Сибирь».",
        "Регион:\u00a0Сибирь  ",
        "Region: Atlantis\nRegion: Siberia",
        "\r\nRegion: Siberia\r\n",
    ],
)
def test_a_region_line_of_a_letter_is_found_however_it_is_spelled(text: str) -> None:
    assert find_region(REGIONS, given="", text=text, known="") == "siberia"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Region: Atlantis",
        "Region:",
        "Region: ***",
        "Мы живём в регионе: да",
        "I am from Siberia",
        "x" * 4000 + "\nRegion: Siberia",
    ],
)
def test_an_unknown_spelling_counts_as_nothing(text: str) -> None:
    assert find_region(REGIONS, given="", text=text, known="") == ""
    assert find_region(REGIONS, given="", text=text, known="caucasus") == "caucasus"


def test_what_the_form_gave_beats_the_letter_and_the_letter_beats_what_is_known() -> None:
    text = "Region: Siberia"
    assert find_region(REGIONS, given="кавказ", text=text, known="") == "caucasus"
    assert find_region(REGIONS, given="Atlantis", text=text, known="caucasus") == "siberia"


@given(st.text(alphabet=st.sampled_from("region:= \n\t>*сибРь\u00a0\r"), max_size=400))
def test_any_letter_has_a_known_region_or_none(text: str) -> None:
    assert find_region(REGIONS, given="", text=text, known="") in {"", "siberia", "caucasus"}


@pytest.mark.parametrize("condition", [{"subject": ("x",)}, {"body": ("x",)}, {"header": (("X", "x"),)}])
def test_patterns_look_at_the_beginning_so_that_their_cost_has_an_end(condition: dict[str, Any]) -> None:
    for size, rule in ((100, "rule"), (1_000_000, DEFAULT_RULE)):
        text = " " * size + "x"
        facts = Facts(subject=text, body=text, headers=(("X", text),))
        assert route([Rule("rule", "north", **condition)], facts, "first").rule == rule
