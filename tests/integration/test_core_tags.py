"""Tags: given by agents, rules and scenarios; taken back; asked for by lists and filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.domain.letters import Mailaddr
from core.errors import BadInput, Conflict
from core.services import intake, opening, reading, rehearsal, robot, tags, tickets, undoing
from core.services.desk import Desk
from tests.builders import (
    answer_to,
    arrive,
    desk_in,
    everything,
    last_of,
    letter,
    opened,
    recorded,
    rows,
    seen_by_all,
    who,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULE = '[[rules]]\nname = "money"\nsubject = "счёт"\ngroup = "north"\ntags = ["Billing", "оплата"]\n'


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def tagged(desk: Desk, ticket: int) -> tuple[str, ...]:
    return seen_by_all(desk, ticket).tags


def listed(desk: Desk, *wanted: str) -> dict[int, tuple[str, ...]]:
    return {row.id: row.tags for row in reading.list_tickets(desk, who(desk, "anna"), tags=wanted)}


def told(desk: Desk, ticket: int) -> list[tuple[str, dict[str, Any]]]:
    """The kinds of the events with the words that came and went."""
    events = [item.event for item in seen_by_all(desk, ticket).timeline]
    return [
        (one.kind, {key: one.data[key] for key in ("added", "removed", "tags") if key in one.data})
        for one in events
    ]


def test_one_command_is_one_event_with_what_came_and_went(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    tags.change(desk, anna, ticket, ["Old", "Оплата", "old"])
    done = tags.change(desk, anna, ticket, ["billing", "оплата"], ["OLD", "never-there"])
    assert (done.tags, done.event_id, done.changed) == (("billing", "оплата"), last_of(desk, ticket), True)
    assert tagged(desk, ticket) == ("billing", "оплата")
    assert told(desk, ticket)[-2:] == [
        ("tagged", {"added": ["old", "оплата"], "removed": []}),
        ("tagged", {"added": ["billing"], "removed": ["old"]}),
    ]


def test_what_is_so_already_is_no_event_and_a_command_is_done_once(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    tags.change(desk, anna, ticket, ["a"], op_id="x")
    tags.change(desk, anna, ticket, (), ["a"])
    before = everything(desk)
    assert tags.change(desk, anna, ticket, ["a"], op_id="x").changed is False
    assert tags.change(desk, anna, ticket, (), ["a", "b"]).changed is False
    with pytest.raises(BadInput, match="The operation id x was used before"):
        tags.change(desk, anna, ticket, ["b"], op_id="x")
    assert everything(desk) == before


@pytest.mark.parametrize(
    ("add", "remove", "sentence"),
    [
        (["two words"], [], "“two words” is no tag"),
        ([], ["\x1b[2J"], r"“\[2J” is no tag"),
        ([], [], "No tag is named"),
        (["a", "b"], ["B"], "The tag b cannot be added and removed at once"),
        ([f"t{n}" for n in range(31)], [], "30 tags at most"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    desk: Desk, add: list[str], remove: list[str], sentence: str
) -> None:
    ticket = opened(desk)
    before = everything(desk)
    with pytest.raises(BadInput, match=sentence):
        tags.change(desk, who(desk, "anna"), ticket, add, remove)
    assert everything(desk) == before


def test_a_ticket_has_thirty_tags_at_most(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    tags.change(desk, anna, ticket, [f"t{n}" for n in range(30)])
    before = everything(desk)
    with pytest.raises(Conflict, match="would have 31 tags, and 30 are the most"):
        tags.change(desk, anna, ticket, ["one-more"])
    assert everything(desk) == before
    assert "one-more" in tags.change(desk, anna, ticket, ["one-more"], ["t0"]).tags


def test_tags_move_no_ball_and_no_clock(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    columns = "status, board, owner_id, since, status_since, status_event, guard_event FROM ticket"
    before = [
        rows(desk, f"SELECT {columns}"),
        rows(desk, "SELECT * FROM timer"),
        rows(desk, "SELECT * FROM notice"),
    ]
    tags.change(desk, anna, ticket, ["a"])
    after = [
        rows(desk, f"SELECT {columns}"),
        rows(desk, "SELECT * FROM timer"),
        rows(desk, "SELECT * FROM notice"),
    ]
    assert after == before


# -- taking back ------------------------------------------------------------------------------------------


def test_a_change_of_tags_is_taken_back_as_an_event_of_its_own(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    tickets.accept(desk, anna, ticket)
    tags.change(desk, anna, ticket, ["old"])
    tags.change(desk, anna, ticket, ["new"], ["old"])
    undoing.undo(desk, anna, ticket)
    assert tagged(desk, ticket) == ("old",)
    undoing.undo(desk, anna, ticket)
    assert tagged(desk, ticket) == ()
    assert seen_by_all(desk, ticket).status == "needs_reply"
    # What came before it is next.
    undoing.undo(desk, anna, ticket)
    assert seen_by_all(desk, ticket).status == "new"
    assert [kind for kind, _words in told(desk, ticket)][-3:] == ["undone"] * 3


def test_an_undo_of_tags_leaves_what_the_ticket_has_become(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    tickets.accept(desk, anna, ticket)
    tags.change(desk, anna, ticket, ["mine", "ours"])
    tags.change(desk, who(desk, "boris"), ticket, ["his"], ["ours"])
    undoing.undo(desk, anna, ticket)
    assert tagged(desk, ticket) == ("his",)
    assert seen_by_all(desk, ticket).owner is not None


def test_a_colleagues_tags_are_neither_mine_to_undo_nor_in_the_way(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    tickets.accept(desk, anna, ticket)
    tags.change(desk, who(desk, "boris"), ticket, ["his"])
    undoing.undo(desk, anna, ticket)
    assert (seen_by_all(desk, ticket).status, tagged(desk, ticket)) == ("new", ("his",))


# -- lists and opening ------------------------------------------------------------------------------------


def test_lists_show_tags_and_are_narrowed_by_all_that_are_named(desk: Desk) -> None:
    anna = who(desk, "anna")
    first, second, third = (opened(desk, sender=f"{n}@x.example") for n in "abc")
    tags.change(desk, anna, first, ["a", "b"])
    tags.change(desk, anna, second, ["b"])
    assert listed(desk) == {first: ("a", "b"), second: ("b",), third: ()}
    assert listed(desk, "B") == {first: ("a", "b"), second: ("b",)}
    assert listed(desk, "a", "b") == listed(desk, "b", "a") == {first: ("a", "b")}
    assert listed(desk, "nobody-has-it") == {}
    with pytest.raises(BadInput, match="is no tag"):
        listed(desk, "no tag")


def test_a_ticket_that_an_agent_opens_has_its_tags_at_once(desk: Desk) -> None:
    sent = opening.open_ticket(
        desk, who(desk, "anna"), subject="Работы", text="Завтра", to=Mailaddr("x@y.example"), group_key="north",
        tags=["Works", "works", "plan"],
    )  # fmt: skip
    assert tagged(desk, sent.ticket_id) == ("plan", "works")
    assert told(desk, sent.ticket_id)[0] == ("opened", {"tags": ["works", "plan"]})
    before = everything(desk)
    with pytest.raises(BadInput, match="is no tag"):
        opening.open_ticket(
            desk, who(desk, "anna"), subject="Тема", text="Текст", to=Mailaddr("x@y.example"), group_key="north",
            tags=["no tag"],
        )  # fmt: skip
    assert everything(desk) == before


def test_a_rule_tags_what_it_routes_and_an_answer_changes_nothing(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=RULE) as desk:
        first, other, second = (
            letter(subject=subject, sender=f"{n}@x.example", name=f"N{n}")
            for n, subject in enumerate(("Мой счёт", "Вход", "Счёт"))
        )
        batch = [first, other, second]
        taken = intake.take(desk, list(zip(recorded(desk, *batch), batch, strict=True)))
        money = ("billing", "оплата")
        assert [tagged(desk, one.ticket_id or 0) for one in taken] == [money, (), money]
        assert told(desk, taken[0].ticket_id or 0)[0] == ("opened", {"tags": list(money)})
        arrive(desk, answer_to(desk, taken[1].ticket_id or 0, subject="Re: счёт"))
        assert tagged(desk, taken[1].ticket_id or 0) == ()


# -- scenarios --------------------------------------------------------------------------------------------

MARK = """
[[scenarios]]
name = "mark"
when = { event = "client_wrote" }
if = { tags = ["billing", "vip"], without_tags = ["seen", "old"] }
then = [{ tag = "Seen" }, { untag = "vip" }]
"""


def test_a_scenario_tags_and_untags_what_has_all_and_none(tmp_path: Path) -> None:
    clock.set_to(NOON)
    with desk_in(tmp_path / "desk", toml=MARK) as desk:
        robot.run_once(desk)
        fits, half, old = (opened(desk, sender=f"{n}@x.example") for n in "abc")
        for ticket, words in (
            (fits, ["billing", "vip"]),
            (half, ["billing"]),
            (old, ["billing", "vip", "old"]),
        ):
            tags.change(desk, who(desk, "anna"), ticket, words)
        for ticket in (fits, half, old):
            arrive(desk, answer_to(desk, ticket))
        before = everything(desk)
        rehearsed = rehearsal.run(desk)
        assert everything(desk) == before
        assert [(one.ticket_id, one.outcome) for one in rehearsed] == [(fits, "would")]
        assert [(deed.act, deed.value, deed.why) for deed in rehearsed[0].acts] == [
            ("tag", "seen", ""),
            ("untag", "vip", ""),
        ]
        robot.run_once(desk)
        assert tagged(desk, fits) == ("billing", "seen")
        assert (tagged(desk, half), tagged(desk, old)) == (("billing",), ("billing", "old", "vip"))
        changes = [words for kind, words in told(desk, fits) if kind == "tagged"]
        assert changes[1:] == [{"added": ["seen"], "removed": []}, {"added": [], "removed": ["vip"]}]
        arrive(desk, answer_to(desk, fits))
        assert robot.run_once(desk) == []


TIMED = """
[robot.unaccepted]
enabled = false
[[scenarios]]
name = "%s"
when = { status = "new", for = "5m" }
if = { tags = "%s" }
then = [{ untag = "%s" }, { tag = "%s" }]
"""


def test_a_clock_that_asks_for_a_tag_runs_once_the_tag_is_there(tmp_path: Path) -> None:
    clock.set_to(NOON)
    with desk_in(tmp_path / "desk", toml=RULE + TIMED % ("slow", "billing", "billing", "slow")) as desk:
        robot.run_once(desk)
        by_rule, by_hand, neither = (
            opened(desk, sender="a@x.example", subject="счёт", region=""),
            opened(desk, sender="b@x.example"),
            opened(desk, sender="c@x.example"),
        )
        timers = "SELECT ticket_id FROM timer WHERE scenario = 'own:slow' ORDER BY ticket_id"
        assert rows(desk, timers) == [(by_rule,)]
        tags.change(desk, who(desk, "anna"), by_hand, ["billing"])
        assert rows(desk, timers) == [(by_rule,), (by_hand,)]
        clock.set_to(NOON + timedelta(minutes=6))
        robot.run_once(desk)
        assert [tagged(desk, one) for one in (by_rule, by_hand, neither)] == [
            ("slow", "оплата"),
            ("slow",),
            (),
        ]
        undoing.undo(desk, who(desk, "anna"), by_hand)
        assert tagged(desk, by_hand) == ("slow",)


def test_two_scenarios_do_not_hand_tags_to_and_fro(tmp_path: Path) -> None:
    clock.set_to(NOON)
    second = TIMED.partition("[[scenarios]]")[2] % ("b", "y", "y", "x")
    with desk_in(tmp_path / "desk", toml=TIMED % ("a", "x", "x", "y") + "[[scenarios]]" + second) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        tags.change(desk, who(desk, "anna"), ticket, ["x"])
        for minute in range(6, 60, 6):
            clock.set_to(NOON + timedelta(minutes=minute))
            robot.run_once(desk)
        changes = [words for kind, words in told(desk, ticket) if kind == "tagged"]
        assert len(changes) == 1 + 4, "each scenario once"


def test_a_tag_too_many_is_left_out_and_said(tmp_path: Path) -> None:
    scenario = '[[scenarios]]\nname = "m"\nwhen = { event = "client_wrote" }\nthen = [{ tag = "more" }]\n'
    with desk_in(tmp_path / "desk", toml=scenario) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        tags.change(desk, who(desk, "anna"), ticket, [f"t{n}" for n in range(30)])
        arrive(desk, answer_to(desk, ticket))
        (acted,) = robot.run_once(desk)
        assert acted.outcome == "partly"
        assert "30 are the most" in acted.acts[0].why
        assert "more" not in tagged(desk, ticket)
