"""Loops end: between scenarios, over clocks, with machines; and a robot that catches up does not storm clients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.domain.letters import LetterKind
from core.services import notices, replies, robot, tickets
from core.services.desk import Desk
from tests.builders import answer_to, arrive, desk_in, last_of, opened, rows, seen_by_all, who

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUIET = "[robot.silent_owner]\nenabled = false\n"
CANNED = '[[scenarios]]\nname = "auto"\nwhen = { event = "%s" }\nthen = [{ reply = "We are on it" }]\n'


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def at(**after_noon: float) -> None:
    clock.set_to(NOON + timedelta(**after_noon))


def begun(folder: Path, toml: str) -> Any:
    at()
    return desk_in(folder / "desk", toml=toml)


def letters(desk: Desk, ticket: int) -> int:
    """Canned letters on a ticket; the confirmation of its opening is not one of them."""
    found = [item.message for item in seen_by_all(desk, ticket).timeline]
    return sum(1 for one in found if one and one.kind == "confirmation" and one.body == "We are on it")


def notes(desk: Desk, ticket: int) -> list[str]:
    found = [item.message for item in seen_by_all(desk, ticket).timeline]
    return [one.body for one in found if one and one.kind == "note"]


def kinds(desk: Desk, login: str) -> list[str]:
    return [one.kind for one in notices.mine(desk, who(desk, login))]


# Machines


@pytest.mark.parametrize(
    "fields",
    [{"kind": LetterKind.AUTOMATIC}, {"kind": LetterKind.FEEDBACK}, {"loop": True}],
    ids=["automatic", "feedback", "loop mark"],
)
def test_a_canned_letter_never_answers_a_machine(tmp_path: Path, fields: dict[str, Any]) -> None:
    with begun(tmp_path, QUIET + CANNED % "opened") as desk:
        robot.run_once(desk)
        machine = opened(desk, sender="news@m.example", **fields)
        human = opened(desk, sender="b@x.example")
        robot.run_once(desk)
        assert letters(desk, machine) == 0
        assert letters(desk, human) == 1
        assert "scenario_failed" not in kinds(desk, "nadia"), "that is right so, and nothing to mend"


def test_a_canned_letter_on_time_never_answers_a_ticket_of_machines_alone(tmp_path: Path) -> None:
    scenario = '[[scenarios]]\nname = "t"\nwhen = { status = "new", for = "5m" }\nthen = [{ reply = "We are on it" }]\n'
    with begun(tmp_path, QUIET + scenario) as desk:
        machine = opened(desk, sender="news@m.example", kind=LetterKind.AUTOMATIC)
        human = opened(desk, sender="b@x.example")
        at(minutes=6)
        robot.run_once(desk)
        assert (letters(desk, machine), letters(desk, human)) == (0, 1)


def test_canned_letters_are_held_to_the_limits_against_loops(tmp_path: Path) -> None:
    with begun(tmp_path, QUIET + CANNED % "client_wrote") as desk:
        ticket = opened(desk)
        robot.run_once(desk)
        for second in range(20):
            at(seconds=second)
            arrive(desk, answer_to(desk, ticket))
            robot.run_once(desk)
        # With the confirmation of its opening these are ten within ten minutes.
        assert letters(desk, ticket) == 9


# Over clocks


def test_two_scenarios_of_time_do_not_hand_a_ticket_to_and_fro(tmp_path: Path) -> None:
    to_and_fro = (
        '[[scenarios]]\nname = "a"\nwhen = { status = "waiting", for = "5m" }\n'
        'then = [{ status = "needs_reply" }, { reply = "We are on it" }]\n'
        '[[scenarios]]\nname = "b"\nwhen = { status = "needs_reply", for = "5m" }\nthen = [{ status = "waiting" }]\n'
    )
    with begun(tmp_path, QUIET + to_and_fro) as desk:
        ticket = opened(desk)
        replies.reply(desk, who(desk, "anna"), ticket, "?", last_of(desk, ticket))
        for minute in range(6, 90, 6):
            at(minutes=minute)
            robot.run_once(desk)
        assert letters(desk, ticket) == 1
        assert sum("start one another" in note for note in notes(desk, ticket)) == 1, "said once"
        (note,) = [note for note in notes(desk, ticket) if "start one another" in note]
        assert "“a” → “b” → “a”" in note
        assert kinds(desk, "nadia").count("scenario_loop") == 1
        at(minutes=100)
        arrive(desk, answer_to(desk, ticket))
        replies.reply(desk, who(desk, "anna"), ticket, "?", last_of(desk, ticket))
        at(minutes=106)
        robot.run_once(desk)
        assert letters(desk, ticket) == 2, "what a person did begins anew"


def test_a_scenario_does_not_play_against_a_promise_for_ever(tmp_path: Path) -> None:
    give = '[[scenarios]]\nname = "give"\nwhen = { event = "released" }\nthen = [{ assign = "anna" }]\n'
    with begun(tmp_path, give) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        tickets.accept(desk, who(desk, "anna"), ticket)
        for minute in range(1, 24 * 60, 10):
            at(minutes=minute)
            robot.run_once(desk)
        history = [item.event.kind for item in seen_by_all(desk, ticket).timeline]
        assert history.count("assigned") == 1
        assert history.count("returned") == 2
        assert history.count("reminded") == 1, "and then the heads are told, as of anything that nobody takes"


def test_each_scenario_acts_once_for_one_first_cause(tmp_path: Path) -> None:
    many = "".join(
        f'[[scenarios]]\nname = "s{n}"\nwhen = {{ event = "noted" }}\nthen = [{{ note = "n{n}" }}]\n'
        for n in range(6)
    )
    with begun(tmp_path, QUIET + many) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        replies.note(desk, who(desk, "anna"), ticket, "go")
        acted = [one for one in robot.run_once(desk) if one.outcome == "acted"]
        assert len(acted) == 6
        assert robot.run_once(desk) == []
        assert kinds(desk, "nadia").count("scenario_loop") == 1


def test_a_scenario_that_would_answer_itself_is_no_loop_to_speak_of(tmp_path: Path) -> None:
    with begun(
        tmp_path, QUIET + '[[scenarios]]\nname = "s"\nwhen = { event = "noted" }\nthen = [{ note = "n" }]\n'
    ) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        replies.note(desk, who(desk, "anna"), ticket, "go")
        assert len(robot.run_once(desk)) == 1
        assert robot.run_once(desk) == []
        assert "scenario_loop" not in kinds(desk, "nadia")


# Catching up


def test_a_client_who_wrote_nine_times_meanwhile_gets_one_canned_letter(tmp_path: Path) -> None:
    with begun(tmp_path, QUIET + CANNED % "client_wrote") as desk:
        ticket = opened(desk)
        robot.run_once(desk)
        for minute in range(9):
            at(minutes=minute)
            arrive(desk, answer_to(desk, ticket))
        robot.run_once(desk)
        assert letters(desk, ticket) == 1
        arrive(desk, answer_to(desk, ticket))
        robot.run_once(desk)
        assert letters(desk, ticket) == 2, "the next pass is another one"


def test_what_happened_long_ago_is_only_noted_and_once(tmp_path: Path) -> None:
    with begun(tmp_path, QUIET + CANNED % "client_wrote") as desk:
        ticket = opened(desk)
        robot.run_once(desk)
        for minute in range(3):
            at(minutes=minute)
            arrive(desk, answer_to(desk, ticket))
        at(minutes=63)
        robot.run_once(desk)
        assert letters(desk, ticket) == 0
        (note,) = [note for note in notes(desk, ticket) if "auto" in note]
        assert "1 hour 3 minutes ago" in note


@pytest.mark.parametrize("meanwhile", ["closed", "answered"])
def test_a_canned_letter_is_not_sent_where_its_cause_does_not_hold_any_more(
    tmp_path: Path, meanwhile: str
) -> None:
    with begun(tmp_path, QUIET + CANNED % "opened") as desk:
        robot.run_once(desk)
        ticket, other = opened(desk), opened(desk, sender="b@x.example")
        at(minutes=1)
        if meanwhile == "closed":
            tickets.close(desk, who(desk, "anna"), ticket)
        else:
            replies.reply(desk, who(desk, "anna"), ticket, "Done", last_of(desk, ticket))
        robot.run_once(desk)
        assert (letters(desk, ticket), letters(desk, other)) == (0, 1)
        assert "Left out: reply" in notes(desk, ticket)[-1]
        assert rows(desk, "SELECT count(*) FROM notice WHERE kind = 'scenario_failed'")[0][0] == 0
