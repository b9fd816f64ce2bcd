"""What the robot says and leaves undone, what a bounce looks like, and tickets that are handed on while they wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.domain.letters import DeliveryStatus, LetterKind
from core.i18n import choose, speaking
from core.services import notices, outbox
from tests import builders
from tests.integration.stories import Story


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Story:
    return Story(tmp_path / "desk", monkeypatch, capfd)


def answered(story: Story, sender: str = "ivan@client.example") -> int:
    """A ticket that anna has accepted and answered."""
    ticket = story.ticket(sender=sender)
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket)
    return ticket


# An answer that does not arrive


def comes_back(story: Story, ticket: int, which: int = 0) -> None:
    """The relay has taken everything; then one of our answers on a ticket comes back."""
    story.staff_letters()
    answers = [
        item["message"]["rfc_id"]
        for item in story.show(ticket)["timeline"]
        if item["message"] and item["message"]["kind"] == "reply"
    ]
    story.letter(
        builders.letter(
            "It failed.", sender="MAILER-DAEMON@relay.example", name="", kind=LetterKind.BOUNCE,
            returned_message_id=answers[which], dsn=(DeliveryStatus("ivan@client.example", "failed", "5.1.1"),),
        )
    )  # fmt: skip


def test_an_answer_that_came_back_is_nowhere_sent(story: Story) -> None:
    ticket = answered(story)
    comes_back(story, ticket)
    _code, text, _err = story.run("ticket", "show", str(ticket), by="anna")
    (head,) = [line for line in text.splitlines() if "Anna" in line and line.startswith("──")]
    assert "not delivered (came back: ivan@client.example 5.1.1)" in head
    assert [row["id"] for row in story.do("ticket", "list", "--trouble")] == [ticket]
    (listed,) = story.do("outbox", "list")
    assert (listed["ticket_id"], listed["state"]) == (ticket, "failed")
    assert "5.1.1" in listed["reason"]
    assert story.where(ticket)[0] == "needs_reply"


def test_the_owner_is_told_that_an_answer_came_back_until_they_answer_anew(story: Story) -> None:
    ticket = answered(story)
    comes_back(story, ticket)
    assert story.notices("anna") == [f"undelivered #{ticket}"]
    assert story.notices("boris") == []
    story.do("ticket", "note", str(ticket), "--text", "Звоню.")
    assert story.notices("anna") == [f"undelivered #{ticket}"], "a note is no answer"
    story.reply(ticket)
    assert story.notices("anna") == []
    story.do("ticket", "undo", str(ticket))
    assert story.notices("anna") == [f"undelivered #{ticket}"], "the answer was taken back"


@pytest.mark.parametrize("decision", ["resend", "give-up"])
def test_deciding_about_the_letter_settles_the_notice(story: Story, decision: str) -> None:
    ticket = answered(story)
    comes_back(story, ticket)
    (listed,) = story.do("outbox", "list")
    story.do("outbox", decision, str(listed["id"]))
    assert (story.notices("anna"), story.do("outbox", "list")) == ([], [])


@pytest.mark.parametrize("decision", ["resend", "give-up"])
def test_deciding_about_one_letter_says_nothing_of_another(story: Story, decision: str) -> None:
    ticket = answered(story)
    story.reply(ticket)
    for which in range(2):
        comes_back(story, ticket, which)
    assert story.notices("anna") == [f"undelivered #{ticket}"] * 2
    newer, older = story.do("outbox", "list")
    story.do("outbox", decision, str(older["id"]))
    assert story.notices("anna") == [f"undelivered #{ticket}"], "the newer one still waits for a decision"
    story.do("outbox", decision, str(newer["id"]))
    assert story.notices("anna") == []


def test_what_the_relay_refuses_is_told_to_the_group_where_nobody_owns_the_ticket(story: Story) -> None:
    ticket = answered(story)
    story.do("ticket", "release", str(ticket))
    with closing(story.desk()) as desk:
        for item in outbox.due(desk, "w", 10):
            refused = outbox.Delivery("failed", 550, "no such user")
            outbox.finish(desk, item.id, dict.fromkeys(item.recipients, refused), "w")
    assert f"undelivered #{ticket}" in story.notices("boris")
    assert story.notices("sonya") == []


# What a ticket became, by whatever way

EVENTS = """
[[scenarios]]
name = "praise"
when = { event = "solved" }
then = [{ note = "Решено." }]
[[scenarios]]
name = "archive"
when = { event = "closed" }
then = [{ note = "Завершено." }]
[[scenarios]]
name = "again"
when = { event = "reopened" }
then = [{ note = "Снова." }]
"""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("solve",), "praise"),
        (("status", "solved"), "praise"),
        (("reply", "--solve"), "praise"),
        (("close",), "archive"),
        (("status", "closed"), "archive"),
    ],
)
def test_solved_and_closed_are_what_a_ticket_became(story: Story, words: tuple[str, ...], name: str) -> None:
    story.configure(EVENTS)
    story.robot()
    ticket = answered(story)
    act, *more = words
    if act == "reply":
        story.reply(ticket, "anna", *more)
    else:
        story.do("ticket", act, str(ticket), *more)
    assert story.robot() == [f"own:{name} #{ticket}"]


def test_what_the_robot_closes_is_closed_and_what_a_letter_brings_back_is_reopened(story: Story) -> None:
    story.configure(EVENTS)
    story.robot()
    forgotten, back = answered(story), answered(story, "b@client.example")
    for ticket in (forgotten, back):
        story.do("ticket", "solve", str(ticket))
    story.robot()
    story.at(days=1).answer(back)
    assert story.robot() == [f"own:again #{back}"]
    found = story.at(days=3, minutes=1).robot()
    assert f"forgotten #{forgotten}" in found
    assert f"own:archive #{forgotten}" in found + story.robot()


# Handed on while the client has the ball


@pytest.mark.parametrize(
    "words",
    [
        ("hand-over", "--next-shift", "--note", "Ждёт клиента."),
        ("hand-over", "--group", "south"),
        ("pass", "--group", "south"),
        ("release",),
    ],
)
def test_what_waits_for_the_client_waits_on_with_whoever_accepts_it(
    story: Story, words: tuple[str, ...]
) -> None:
    ticket = answered(story)
    since = story.show(ticket)["since"]
    act, *more = words
    story.at(minutes=10).do("ticket", act, str(ticket), *more)
    status, group, owner = story.where(ticket)
    assert (status, owner) == ("next_shift" if "--next-shift" in words else "new", "")
    taker = "boris" if group == "north" else "sonya"
    assert f"new_ticket #{ticket}" in story.notices(taker), "it does not stay behind unnoticed"
    assert story.at(hours=9).robot() == [], "the client was answered: nobody waits for us"
    story.do("ticket", "accept", str(ticket), by=taker)
    assert story.where(ticket) == ("waiting", group, taker)
    assert story.show(ticket)["since"] == since, "the ball has not moved"
    assert story.at(hours=12).robot() == []
    story.answer(ticket)
    assert story.where(ticket)[0] == "needs_reply"


def test_when_the_client_writes_before_anybody_accepts_the_half_hour_begins(story: Story) -> None:
    ticket = answered(story)
    story.at(minutes=10).do("ticket", "hand-over", str(ticket), "--next-shift")
    story.at(hours=5).answer(ticket)
    assert story.at(hours=5, minutes=29).robot() == []
    assert story.at(hours=5, minutes=31).robot() == [f"unaccepted #{ticket}"]
    story.do("ticket", "accept", str(ticket), by="boris")
    assert story.where(ticket) == ("needs_reply", "north", "boris")


def test_an_answer_that_comes_back_after_the_hand_over_begins_the_half_hour_too(story: Story) -> None:
    ticket = answered(story)
    story.at(minutes=10).do("ticket", "hand-over", str(ticket), "--next-shift")
    story.at(minutes=20)
    comes_back(story, ticket)
    assert story.at(minutes=51).robot() == [f"unaccepted #{ticket}"]
    assert f"undelivered #{ticket}" in story.notices("boris")


def test_taking_a_hand_over_back_leaves_it_waiting_as_it_was(story: Story) -> None:
    ticket = answered(story)
    was = story.show(ticket)
    story.at(minutes=10).do("ticket", "hand-over", str(ticket), "--next-shift")
    story.do("ticket", "undo", str(ticket))
    now = story.show(ticket)
    assert [now[key] for key in ("status", "owner", "since")] == [
        was[key] for key in ("status", "owner", "since")
    ]


# Numbers


@pytest.mark.parametrize(
    ("after", "english", "russian"),
    [
        ("5s", "5 seconds", "5 секунд"),
        ("1s", "1 second", "1 секунду"),
        ("90s", "1 minute 30 seconds", "1 минуту 30 секунд"),
        ("1h", "1 hour", "1 час"),
    ],
)
def test_the_robots_words_say_the_number_in_force_exactly(
    story: Story, after: str, english: str, russian: str
) -> None:
    story.configure(f'[robot.unaccepted]\nafter = "{after}"\n')
    ticket = story.ticket()
    assert story.at(hours=2).robot() == [f"unaccepted #{ticket}"]
    assert f"for {english}." in story.notes(ticket)[0]
    assert "To switch it off: enabled = false under [robot.unaccepted]" in story.notes(ticket)[0]
    _code, said, _err = story.run("notice", "list", by="nadia")
    assert f"for {english}." in said
    with speaking(choose("ru")), closing(story.desk()) as desk:
        (notice,) = [
            one for one in notices.mine(desk, builders.who(desk, "nadia")) if one.kind == "unaccepted"
        ]
    assert russian in notice.text


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
    assert "tell supervisors → nadia" in text
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
    assert story.show(seen)["previous_id"] == hidden
    for view in (story.show(seen, by="sonya"), *story.do("ticket", "list", by="sonya")):
        assert view.get("previous_id", view.get("previous")) is None
        data = [item["event"]["data"] for item in view.get("timeline", ())]
        assert hidden not in [one.get("previous") for one in data]
    (row,) = [row for row in story.do("ticket", "list", by="root") if row["id"] == seen]
    assert row["previous"] == hidden
