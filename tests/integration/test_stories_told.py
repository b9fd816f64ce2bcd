"""What people are told by scenarios that close the ticket, of letters that move nothing, and of acts taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import clock
from tests.integration.stories import Story


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Story:
    return Story(tmp_path / "desk", monkeypatch, capfd)


# A client's letter on what is solved, where nothing moves by itself

STILL = "[robot]\nmoves_ball = false\n"


def solved(story: Story) -> str:
    """The number of a ticket that anna has solved, where letters move nothing."""
    story.configure(STILL)
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    story.do("ticket", "solve", ticket)
    return ticket


def test_a_letter_on_a_solved_ticket_that_stays_solved_is_told_to_its_owner(story: Story) -> None:
    ticket = solved(story)
    story.at(minutes=5).answer(int(ticket), "Не решено.")
    assert story.where(int(ticket))[0] == "solved"
    assert story.notices("anna") == [f"client_wrote #{ticket}"]
    assert story.notices("boris") == []
    story.do("ticket", "note", ticket, "--text", "Смотрю.")
    assert story.notices("anna") == [f"client_wrote #{ticket}"], "a note is no answer"


@pytest.mark.parametrize("words", [("reopen",), ("status", "needs_reply"), ("close",), ("reply",)])
def test_it_goes_when_somebody_answers_or_moves_the_ticket_and_returns_with_an_undo(
    story: Story, words: tuple[str, ...]
) -> None:
    ticket = solved(story)
    story.at(minutes=5).answer(int(ticket), "Не решено.")
    if words == ("reply",):
        story.reply(int(ticket))
    else:
        story.do("ticket", words[0], ticket, *words[1:])
    assert story.notices("anna") == []
    story.do("ticket", "undo", ticket)
    assert story.notices("anna") == [f"client_wrote #{ticket}"]


def test_it_does_not_come_back_when_the_ticket_is_solved_again(story: Story) -> None:
    ticket = solved(story)
    story.answer(int(ticket), "Не решено.")
    story.do("ticket", "reopen", ticket)
    story.do("ticket", "solve", ticket)
    assert story.notices("anna") == []


def test_each_letter_is_told_and_acknowledged_for_itself(story: Story) -> None:
    ticket = solved(story)
    story.answer(int(ticket), "Не решено.")
    (first,) = story.do("notice", "list")
    story.do("notice", "ack", str(first["id"]))
    assert story.notices("anna") == []
    story.at(minutes=9).answer(int(ticket), "Ау!")
    assert story.notices("anna") == [f"client_wrote #{ticket}"]


def test_the_group_is_told_where_the_owner_has_left(story: Story) -> None:
    ticket = solved(story)
    story.answer(int(ticket), "Не решено.")
    story.do("agent", "edit", "anna", "--inactive", by="")
    assert f"client_wrote #{ticket}" in story.notices("boris")
    story.do("ticket", "reopen", ticket, by="boris")
    assert f"client_wrote #{ticket}" not in story.notices("boris")


def test_a_letter_in_the_very_second_of_the_solving_is_not_closed_unread(story: Story) -> None:
    ticket = solved(story)
    story.answer(int(ticket), "Не решено.")
    assert story.at(days=4).robot() == []
    assert story.where(int(ticket))[0] == "solved"
    story.reply(int(ticket))
    assert story.at(days=6).robot() == []
    assert story.at(days=7, minutes=1).robot() == [f"forgotten #{ticket}"]


def test_an_answer_in_the_very_second_of_the_letter_lets_the_three_days_run(story: Story) -> None:
    ticket = solved(story)
    story.answer(int(ticket), "Не решено.")
    story.reply(int(ticket))
    assert story.at(days=3, minutes=1).robot() == [f"forgotten #{ticket}"]


# Scenarios that tell somebody of a ticket and end it

ENDS = """
[[scenarios]]
name = "end"
when = {{ event = "replied" }}
then = [{{ notify = "owner", text = "Закрыто роботом" }}, {{ status = "{status}" }}]
"""


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_a_scenario_that_tells_of_a_ticket_and_ends_it_is_heard(story: Story, status: str) -> None:
    story.configure(ENDS.format(status=status))
    story.robot()
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket)
    story.at(minutes=1).robot()
    assert story.where(ticket)[0] == status
    assert story.told("anna", "own") == ["Закрыто роботом"]
    (notice,) = [one for one in story.do("notice", "list") if one["kind"] == "own"]
    story.do("notice", "ack", str(notice["id"]))
    assert story.told("anna", "own") == []


def test_what_a_scenario_said_of_a_ticket_in_the_trash_is_said_no_more_until_it_is_restored(
    story: Story,
) -> None:
    story.configure(ENDS.format(status="solved"))
    story.robot()
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket)
    story.at(minutes=1).robot()
    story.do("ticket", "delete", str(ticket))
    assert story.told("anna", "own") == []
    story.do("ticket", "restore", str(ticket))
    assert story.told("anna", "own") == ["Закрыто роботом"]


# What was taken back before the robot looked

ANSWERS = """
[[scenarios]]
name = "answers"
when = {{ event = "{event}" }}
then = [{{ notify = "supervisors", text = "!" }}, {{ note = "!" }}, {{ priority = "high" }}]
"""


@pytest.mark.parametrize(
    ("event", "words"),
    [("solved", ("solve",)), ("closed", ("close",)), ("passed", ("pass", "--group", "south"))],
)
def test_what_was_taken_back_before_the_robot_looked_sets_off_nothing(
    story: Story, event: str, words: tuple[str, ...]
) -> None:
    story.configure(ANSWERS.format(event=event))
    story.robot()
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    story.do("ticket", words[0], ticket, *words[1:])
    story.do("ticket", "undo", ticket)
    assert story.would() == []
    assert story.robot() == []
    assert story.show(int(ticket))["priority"] == "normal"
    story.do("ticket", words[0], ticket, *words[1:])
    assert story.robot() == [f"own:answers #{ticket}"], "done anew, it has happened"


def test_an_answer_that_was_taken_back_accepted_nothing_either(story: Story) -> None:
    story.configure(ANSWERS.format(event="accepted"))
    story.robot()
    ticket = story.ticket()
    story.reply(ticket, "anna", "--hold", "60")
    story.do("ticket", "undo", str(ticket))
    assert story.where(ticket)[0] == "new"
    assert story.robot() == []
