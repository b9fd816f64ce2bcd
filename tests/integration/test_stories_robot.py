"""What the robot says and leaves undone, and what commands tell of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


# What cannot be done

REPAIRS = """
[processes.repair]
without = ["solved"]
[templates.repair]
name = "Repair"
process = "repair"
[[rules]]
name = "repair"
subject = "ремонт"
group = "north"
template = "repair"
[[scenarios]]
name = "finish"
when = { event = "noted" }
then = [{ status = "solved" }, { priority = "high" }]
"""


def test_an_act_that_cannot_be_done_is_named_on_the_ticket_and_to_the_heads_once(story: Story) -> None:
    story.configure(REPAIRS)
    story.robot()
    tickets = [story.ticket(subject=f"Ремонт {n}", region="", sender=f"{n}@x.example") for n in range(2)]
    for ticket in tickets:
        story.do("ticket", "accept", str(ticket))
        story.do("ticket", "note", str(ticket), "--text", "Готово.")
    done = story.do("robot", "--once", by="")
    assert [one["outcome"] for one in done] == ["partly", "partly"]
    moved, raised = done[0]["acts"]
    assert (moved["act"], moved["value"], raised["why"]) == ("status", "solved", "")
    assert "The ticket's process repair has no status solved" in moved["why"]
    assert "status solved" in story.notes(tickets[0])[-1]
    assert story.show(tickets[0])["priority"] == "high", "the other act is done"
    assert [one for one in story.notices("nadia") if one.startswith("scenario_failed")] == [
        f"scenario_failed #{tickets[0]}"
    ]
    (said,) = story.told("nadia", "scenario_failed")
    assert "finish" in said


GHOSTS = """
[robot.unaccepted]
tell = ["agent:ghost"]
[groups.south.robot.ask]
tell = ["agent:spirit"]
[[scenarios]]
name = "haunt"
when = { event = "opened" }
then = [{ assign = "ghost" }, { notify = "agent:ghost", text = "Бу" }, { follow = "ghost" }]
"""


def test_who_is_not_there_is_told_to_the_supervisors_and_said(story: Story) -> None:
    story.configure(GHOSTS)
    story.robot()
    ticket = story.ticket()
    (haunted,) = story.do("robot", "--once", by="")
    assert [bool(one["why"]) for one in haunted["acts"]] == [True, True, True]
    assert haunted["acts"][1]["to"] == ["nadia"]
    assert story.told("nadia", "own") == ["Бу"]
    (late,) = story.at(minutes=31).do("robot", "--once", by="")
    assert (late["outcome"], late["acts"][0]["to"]) == ("partly", ["nadia"])
    assert f"unaccepted #{ticket}" in story.notices("nadia")
    assert "nobody here has the login ghost" in story.notes(ticket)[-1]


def test_the_robots_table_says_who_gets_a_ticket_and_who_is_only_told(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.configure(GHOSTS.replace('notify = "agent:ghost"', 'notify = "agent:boris"'))
    story.robot()
    story.do("ticket", "accept", str(story.ticket()))
    caplog.clear()
    text = story.run("robot", "--once")[1]
    assert "tell boris;" in text
    assert "give to ghost ✗ " in text
    assert caplog.records == [], "the table says it, in words"
    assert "back to north (and tell anna)" in story.at(minutes=16).run("robot", "--once")[1]


def test_where_nobody_owns_a_ticket_a_scenarios_words_say_so(story: Story) -> None:
    story.configure(
        "[[scenarios]]\nname = 'said'\nwhen = { event = 'opened' }\n"
        "then = [{ note = 'In the hands of {owner} now.' }]\n"
    )
    story.robot()
    ticket = story.ticket()
    story.robot()
    assert story.notes(ticket)[-1].startswith("In the hands of nobody now.")


def checks(story: Story) -> dict[str, Any]:
    """What doctor says, by part."""
    _code, out, _err = story.run("doctor", "--offline", "--json")
    return {one["part"]: one for one in json.loads(out)["checks"]}


def test_doctor_names_the_keys_of_those_who_are_not_there(story: Story) -> None:
    story.configure(GHOSTS)
    found = checks(story)
    for key, login in {
        "robot.unaccepted.tell": "ghost",
        "groups.south.robot.ask.tell": "spirit",
        'scenarios[1 "haunt"].then[1].assign': "ghost",
        'scenarios[1 "haunt"].then[2].notify': "ghost",
        'scenarios[1 "haunt"].then[3].follow': "ghost",
    }.items():
        assert found[key]["state"] == "failed"
        assert login in found[key]["text"]


def test_doctor_warns_of_a_status_that_a_process_does_not_have(story: Story) -> None:
    story.configure(REPAIRS)
    found = checks(story)['scenarios[1 "finish"].then[1].status']
    assert found["state"] == "warning"
    assert "repair" in found["text"]
    story.configure(REPAIRS.replace("when = {", 'if = { status = "solved" }\nwhen = {'))
    assert checks(story)["robot"]["state"] == "ok", "only where the ticket can be so"


# A rehearsal of one pass


def test_a_dry_run_says_what_it_would_do_and_to_whom_and_names_no_event(story: Story) -> None:
    ticket = story.ticket()
    story.at(minutes=31)
    (would,) = story.do("robot", "--dry-run", by="")
    assert (would["outcome"], would["event_id"]) == ("would", None)
    assert [(one["act"], one["value"], one["to"]) for one in would["acts"]] == [
        ("notify", "supervisors", ["nadia"])
    ]
    _code, text, _err = story.run("robot", "--dry-run")
    assert "would act" in text
    assert "tell supervisors: nadia" in text
    (did,) = story.do("robot", "--once", by="")
    assert (did["outcome"], did["ticket_id"], did["acts"]) == ("acted", ticket, would["acts"])
    assert did["event_id"]


# Commands with names of their own


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("accept", "{a}"), ("accept", "{b}")),
        (("accept", "{a}"), ("solve", "{a}")),
        (("pass", "{a}", "--to", "boris"), ("pass", "{a}", "--group", "south")),
        (("status", "{a}", "closed"), ("status", "{a}", "needs_reply")),
        (("hand-over", "{a}", "--next-shift"), ("hand-over", "{b}", "--next-shift")),
    ],
)
def test_a_used_name_is_refused_for_another_target(
    story: Story, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    a, b = (str(story.ticket(sender=f"{n}@x.example")) for n in range(2))
    one, two = ([word.format(a=a, b=b) for word in words] for words in (first, second))
    if one[0] != "accept":
        for ticket in (a, b):
            story.do("ticket", "accept", ticket)
    story.do("ticket", *one, "--op-id", "x", by="anna")
    before = story.where(int(a)), story.where(int(b))
    code, sentence = story.refused("ticket", *two, "--op-id", "x", by="anna")
    assert (code, (story.where(int(a)), story.where(int(b)))) == (8, before)
    assert "was used before" in sentence
    story.do("ticket", *one, "--op-id", "x", by="anna")


def test_solving_says_what_became_of_the_ticket(story: Story) -> None:
    story.configure(REPAIRS)
    ticket = str(story.ticket(subject="Ремонт", region=""))
    story.do("ticket", "accept", ticket)
    _code, said, _err = story.run("ticket", "solve", ticket, by="anna")
    assert said.strip() == f"Ticket {ticket} is now: closed."


# What one may not see


def test_an_outsider_cannot_tell_a_hidden_question_from_a_missing_one(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    asked = story.do("ticket", "ask", ticket, "--of", "boris", "--text", "?")["id"]
    for words in (("answer", "{}", "--text", "x"), ("withdraw", "{}")):
        hidden, missing = (
            story.refused("ticket", *(word.format(number) for word in words), by="sonya")
            for number in (asked, 999)
        )
        assert hidden == (4, missing[1].replace("999", str(asked)))


def test_a_ticket_that_one_may_not_see_is_not_named_as_the_previous_one(story: Story) -> None:
    hidden = story.ticket(sender="eva@client.example")
    seen = story.ticket(sender="eva@client.example", region="", subject="Другое")
    story.do("ticket", "pass", str(seen), "--group", "south", by="root")
    assert story.show(seen)["previous"] == hidden
    for view in (story.show(seen, by="sonya"), *story.do("ticket", "list", by="sonya")):
        assert view.get("previous_id", view.get("previous")) is None
        data = [item["event"]["data"] for item in view.get("timeline", ())]
        assert hidden not in [one.get("previous") for one in data]
    (row,) = [row for row in story.do("ticket", "list", by="root") if row["id"] == seen]
    assert row["previous"] == hidden
