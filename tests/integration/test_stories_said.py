"""What the command line says of a ticket: by which names, with which age, and what it took back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.services import outbox
from tests.integration.stories import Story

MENDING = """
[statuses.vendor]
name = "At the vendor"
kind = "waiting"
[processes.mending]
name = "Mending"
statuses = ["vendor"]
[templates.repair]
name = "A thing to mend"
process = "mending"
group = "north"
"""


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Story:
    """A desk with a template that lives by a process of its own."""
    return Story(tmp_path / "desk", monkeypatch, capfd, MENDING)


def test_show_has_what_the_list_has_by_the_same_names(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket)
    with closing(story.desk()) as desk:
        for item in outbox.due(desk, "w"):
            outbox.fail(desk, item.id, "no such user", "w")
    later = story.ticket()
    for number in (ticket, later):
        (row,) = (row for row in story.do("ticket", "list") if row["id"] == number)
        whole = story.show(number)
        assert {key: whole[key] for key in row if key != "client"} == {
            k: v for k, v in row.items() if k != "client"
        }
        assert whole["client"]["name"] == row["client"]
    assert story.show(ticket)["undelivered"] == 2, "confirmation and answer"
    assert [story.show(ticket)[key] for key in ("group", "group_name", "owner", "owner_name")] == [
        "north", "North", "anna", "Anna Kotova",
    ]  # fmt: skip
    assert [story.show(later)[key] for key in ("owner", "owner_name", "previous")] == ["", "", ticket]
    (first, *_more) = story.do("contact", "show", "ivan@client.example")["tickets"]
    assert (first["id"], first["group"], "group_id" in first) == (later, "north", False)


def test_a_question_says_whether_a_head_or_a_colleague_is_asked(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    story.do("ticket", "ask", ticket, "--of", "boris", "--text", "?")
    story.do("ticket", "ask", ticket, "--head", "south", "--text", "?")
    assert [(one["of"], one["head"]) for one in story.do("ticket", "asks")] == [
        ("boris", False),
        ("south", True),
    ]
    colleague, head = story.run("ticket", "asks", by="anna")[1].splitlines()[1:]
    assert "boris" in colleague
    assert "the head of south" in head


def test_a_list_says_how_long_each_ticket_waits(story: Story) -> None:
    old = story.ticket()
    new = story.at(hours=3).ticket(sender="b@x.example")
    head, *rows = story.at(hours=3, minutes=5).run("ticket", "list", by="anna")[1].splitlines()
    assert head.split()[:3] == ["#", "status", "age"]
    assert [row.split()[:3] for row in rows] == [[str(old), "new", "3h"], [str(new), "new", "5m"]]


def test_an_unknown_template_is_refused_with_those_that_there_are(story: Story) -> None:
    story.ticket()
    new = (
        "ticket",
        "new",
        "--to",
        "eva@client.example",
        "--subject",
        "Hello",
        "--text",
        "Hello",
        "--template",
        "nope",
    )
    edit = ("contact", "edit", "ivan@client.example", "--template", "nope")
    for words in (new, edit):
        said = "There is no ticket template nope; there are: repair."
        assert story.refused(*words, by="nadia") == (4, said)
    story.configure()
    for words in (new, edit):
        said = "There is no ticket template nope: the configuration has none."
        assert story.refused(*words, by="nadia") == (4, said)


def test_a_ticket_names_its_template_and_its_process_as_people_do(story: Story) -> None:
    new = ("--to", "eva@client.example", "--subject", "Hello", "--text", "Hello", "--template", "repair")
    ticket = str(story.do("ticket", "new", *new)["ticket_id"])
    shown = story.run("ticket", "show", ticket, by="anna")[1]
    assert "template: A thing to mend\n" in shown
    assert "process: Mending\n" in shown
    whole = story.show(int(ticket))
    assert (whole["template"], whole["process"]) == ("repair", "mending")


def test_who_wants_to_work_in_the_trash_is_told_the_way_out_of_it(story: Story) -> None:
    gone, done = str(story.ticket()), str(story.ticket(sender="b@x.example"))
    story.do("ticket", "accept", done)
    story.do("ticket", "delete", gone)
    story.do("ticket", "close", done)
    ways = {
        gone: "Take it out of the trash first: glazok ticket restore",
        done: "Reopen it first: glazok ticket reopen",
    }
    for ticket, way in ways.items():
        seen = str(story.show(int(ticket))["last_event"])
        for act, *words in (
            ("accept",),
            ("pass", "--group", "south"),
            ("reply", "--seen", seen, "--text", "?"),
        ):
            if (act, ticket) == ("accept", done):
                continue
            code, _out, err = story.run("ticket", act, ticket, *words, by="anna")
            assert (code, err.splitlines()[-1]) == (6, f"{way} {ticket}"), words


def test_an_undo_says_what_it_took_back(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    story.do("ticket", "solve", ticket)
    assert story.run("ticket", "undo", ticket, "--op-id", "u1", by="anna")[1] == (
        f"Taken back: marking as solved. Ticket {ticket} is: needs reply.\n"
    )
    assert story.do("ticket", "undo", ticket, "--op-id", "u1")["act"] == "solved", "told again, done once"
    assert story.do("ticket", "undo", ticket)["act"] == "accepted"
