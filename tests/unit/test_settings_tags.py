"""Tags in the configuration: of rules, filters and acts."""

from __future__ import annotations

import pytest

from tests.unit.small_settings import NOTE, WROTE, complaint, settings


def test_tags_of_rules_filters_and_acts_are_kept_as_tickets_have_them() -> None:
    found = settings(
        '[[rules]]\nname = "r"\ngroup = "north"\ndomain = "a.example"\ntags = ["VIP", "vip", " Оплата "]\n'
        + WROTE
        + 'if = { tags = "Old", without_tags = ["New"] }\nthen = [{ tag = "Seen" }, { untag = "OLD" }]\n'
    )
    assert found.routing_rules[-1].tags == ("vip", "оплата")
    (own,) = found.own_scenarios("north")
    assert (own.conditions.tags, own.conditions.without_tags) == (("old",), ("new",))
    assert [(act.verb, act.value) for act in own.actions] == [("tag", "seen"), ("untag", "old")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[[rules]]\nname = "r"\ngroup = "north"\ndomain = "a.example"\ntags = ["a", "two words"]\n', "tags"),
        (WROTE + 'if = { tags = "-old" }\n' + NOTE, "if.tags"),
        (WROTE + 'then = [{ untag = "a!" }]\n', "then[1].untag"),
    ],
)
def test_what_is_no_tag_is_told_with_its_place(text: str, place: str) -> None:
    said = complaint(text)
    assert place in said
    assert "allowed is a tag: 1 to 40 letters, digits and - _ . /" in said


def test_a_rule_that_only_tags_has_no_condition() -> None:
    text = '[[rules]]\nname = "a"\ngroup = "north"\ntags = "x"\n[[rules]]\nname = "b"\ngroup = "north"\n'
    assert "without a condition it catches all" in complaint(text)
