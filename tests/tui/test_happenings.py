"""Every kind of event is a plain sentence; every status has a name."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.scenarios import BY_KIND
from core.services.life import QUIET
from core.services.models.conversation import EventView
from core.services.models.people import AgentInfo, Directory, GroupInfo
from core.services.undoing import SILENT, UNDOABLE
from core.settings.life import StatusSettings
from tui.happenings import SENTENCES, UNDONE, event_text
from tui.names import Names

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NAMES = Names(
    Directory(
        {1: AgentInfo(1, "anna", "Anna Kotova"), 2: AgentInfo(2, "boris", "Boris Orlov")},
        {7: GroupInfo(7, "second", "Second line", 2)},
    ),
    {"vendor": StatusSettings(kind="waiting", name="At the vendor", order=100)},
    "Morty",
)
KINDS = {kind.partition(".")[0] for kind in SENTENCES}


def said(happened: str, actor: str = "agent", **data: object) -> str:
    """An event in words."""
    name = "Anna Kotova" if actor == "agent" else ""
    return event_text(EventView(1, AT, happened, actor, name, data), NAMES)


def recorded_kinds() -> set[str]:
    """The kinds that the services write, as their source says."""
    argument = r"(?:[^\",()]|\([^()]*\))+"
    call = re.compile(rf'events\.record\(\s*session,{argument},{argument},\s*"([a-z_]+)"')
    sources = (path.read_text("utf-8") for path in (ROOT / "core" / "services").glob("*.py"))
    return {kind for source in sources for kind in call.findall(source)} | set(BY_KIND) | QUIET


def test_the_services_kinds_are_found_at_all() -> None:
    assert {"accepted", "passed", "asked", "returned", "undone", "delayed", "kept"} <= recorded_kinds()


@pytest.mark.parametrize("kind", sorted(recorded_kinds() | SILENT | UNDOABLE))
def test_every_kind_that_the_services_write_has_a_sentence(kind: str) -> None:
    assert kind in KINDS
    for actor in ("agent", "robot", "bridge", "contact", "operator"):
        text = said(kind, actor)
        assert "{" not in text
        assert f": {kind}" not in text


def test_a_letter_that_reached_some_is_not_said_to_have_reached_nobody() -> None:
    moved = {"state": "failed", "from": "waiting", "to": "needs_reply"}
    assert said("delivery", "bridge", **moved).startswith("a letter could not be delivered")
    assert said("delivery", "bridge", **moved, reached=1).startswith("a letter did not reach everybody")


def test_whatever_can_be_undone_can_be_named() -> None:
    assert set(UNDONE) == UNDOABLE
    assert said("undone", kind="solved", undoes=3) == "Anna Kotova took back: marking as solved"


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("passed", {"owner": None, "group": 7}, "Anna Kotova passed the ticket on to Second line"),
        ("passed", {"owner": 2, "group": 7}, "Anna Kotova passed the ticket on to Boris Orlov"),
        ("handed_over", {"to": "next_shift", "group": 7}, "Anna Kotova left the ticket for the next shift"),
        ("handed_over", {"to": "new", "group": 7}, "Anna Kotova handed the ticket over to Second line"),
        ("asked", {"agent": 2}, "Anna Kotova asked Boris Orlov for help"),
        ("asked", {"group": 7}, "Anna Kotova asked the head of Second line for help"),
        ("moved", {"to": "vendor"}, "Anna Kotova moved the ticket to “At the vendor”"),
        ("moved", {"to": "a_status_that_is_gone"}, "Anna Kotova moved the ticket to “a_status_that_is_gone”"),
        ("followed", {"agent": 1}, "Anna Kotova follows the ticket"),
        ("followed", {"agent": 2}, "Anna Kotova had Boris Orlov follow the ticket"),
        ("released", {"left": True, "owner": 2}, "Boris Orlov has left: the ticket is back with its group"),
        ("tagged", {"added": ["a", "б"], "removed": ["c"]}, "Anna Kotova added tags: a, б; removed: c"),
        ("tagged", {"added": ["a"], "removed": []}, "Anna Kotova added tags: a"),
        ("tagged", {"added": [], "removed": ["c"]}, "Anna Kotova removed tags: c"),
        ("something_new", {}, "Anna Kotova: something_new"),
    ],
)
def test_it_is_said_who_and_where_to(kind: str, data: dict[str, object], text: str) -> None:
    assert said(kind, "agent", **data) == text


def test_the_robot_is_called_by_its_name() -> None:
    assert said("closed", "robot") == "Morty closed the ticket"
    assert said("returned", "robot", owner=2).startswith(
        "Morty gave the ticket back to its group: Boris Orlov"
    )


def test_hostile_facts_neither_crash_nor_steer() -> None:
    assert said("prioritised", priority="{0}\x1b[2J") == "Anna Kotova set the priority: {0}[2J"
    assert said("passed", owner="2", group=[1]) == "Anna Kotova passed the ticket on to a colleague"


def test_statuses_have_names_and_kinds() -> None:
    assert (NAMES.status("vendor"), NAMES.kind("vendor")) == ("At the vendor", "waiting")
    assert (NAMES.status("next_shift"), NAMES.kind("next_shift")) == ("next shift", "new")
    assert NAMES.kind("a_status_that_is_gone") == "needs_reply"
