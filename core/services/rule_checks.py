"""What is wrong, or odd, about the rules and forms of a configuration that is valid. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.domain import rule_checks
from core.domain.forms import Form
from core.domain.routing import MAX_LINE, MAX_TEXT, Conditions, Rule
from core.i18n import _
from core.services import agents
from core.services.desk import Desk

if TYPE_CHECKING:
    from core.settings import Settings

Weight = Literal["problem", "remark"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the rules."""

    weight: Weight
    """`problem`: something does not work as it is written; `remark`: it may well be meant so."""
    kind: str
    """shadowed, contradiction, slow, no-people, region-unrouted, group-unreached."""
    about: str
    """The rule, form, region or group."""
    text: str


def check_rules(settings: Settings, is_slow: Callable[[str, int], bool]) -> list[Finding]:
    """What the configuration alone tells. `is_slow` says whether a pattern takes too long on hostile text of so many
    characters."""
    rules, forms = settings.routing_rules, settings.site_forms
    return [
        *_never(rules),
        *_never_forms(forms),
        *_slow(rules, forms, is_slow),
        *_regions(settings, rules),
        *_groups(settings, rules),
    ]


def check_people(desk: Desk) -> list[Finding]:
    """Groups to which rules lead, and in which nobody is."""
    settings = desk.settings
    led = {settings.desk.default_group, *(rule.group for rule in settings.routing_rules)}
    manned = {one.group.key for one in agents.groups(desk) if one.agents or one.supervisors}
    return [
        Finding(
            "problem",
            "no-people",
            key,
            _("group {key}: rules lead to it, and nobody is in it; add people with: glazok agent add").format(
                key=key
            ),
        )
        for key in settings.groups
        if key in led and key not in manned
    ]


def _never(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    for earlier, later in rule_checks.shadows(rules):
        text = _("rule {later}: never fires, {earlier} before it catches all that it would catch")
        yield Finding("problem", "shadowed", later.name, text.format(later=later.name, earlier=earlier.name))
    for rule in rules:
        if rule_checks.contradicts_itself(rule):
            text = _("rule {name}: never fires, no sender fits both its sender and its domain")
            yield Finding("problem", "contradiction", rule.name, text.format(name=rule.name))


def _never_forms(forms: tuple[Form, ...]) -> Iterator[Finding]:
    for index, form in enumerate(forms):
        earlier = next((one for one in forms[:index] if rule_checks.is_wider(one.when, form.when)), None)
        if earlier is not None:
            text = _("form {later}: never fires, {earlier} before it catches all that it would catch")
            yield Finding(
                "problem", "shadowed", form.name, text.format(later=form.name, earlier=earlier.name)
            )


def _slow(
    rules: tuple[Rule, ...], forms: tuple[Form, ...], is_slow: Callable[[str, int], bool]
) -> Iterator[Finding]:
    patterns: dict[tuple[str, int], str] = {}
    told: list[tuple[Conditions, str]] = [(rule, _("rule {name}").format(name=rule.name)) for rule in rules]
    told += [(form.when, _("form {name}").format(name=form.name)) for form in forms]
    for when, owner in told:
        for one in (*when.subject, *(value for _name, value in when.header)):
            patterns.setdefault((one, MAX_LINE), owner)
        for one in when.body:
            patterns.setdefault((one, MAX_TEXT), owner)
    for form in forms:
        for place in form.places.values():
            if place.regex:
                size = MAX_LINE if place.header else MAX_TEXT
                patterns.setdefault((place.regex, size), _("form {name}").format(name=form.name))
    for (one, size), owner in patterns.items():
        if is_slow(one, size):
            text = _(
                "{owner}: the pattern {pattern} can hold the bridge up: a letter made for it takes too long"
            )
            yield Finding("problem", "slow", owner, text.format(owner=owner, pattern=one))


def _regions(settings: Settings, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    named = {region for rule in rules for region in rule.region}
    for key in settings.regions:
        if key not in named:
            text = _("region {key}: no rule asks for it; its letters go where any other letter would")
            yield Finding("remark", "region-unrouted", key, text.format(key=key))


def _groups(settings: Settings, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    led = {settings.desk.default_group, *(rule.group for rule in rules)}
    for key, group in settings.groups.items():
        if key not in led and group.line == 1:
            text = _("group {key}: no rule leads to it; it gets only what people or scenarios pass to it")
            yield Finding("remark", "group-unreached", key, text.format(key=key))
