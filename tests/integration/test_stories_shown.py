"""What the command line shows of a desk and refuses to do to it, in the words of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cli.tickets import print_ticket
from core import clock
from core.domain.permissions import Role
from core.services import agents, outbox
from core.services.models.outbox import Delivery
from tests import builders
from tests.integration.stories import Story
from tui.conversation import delivery_text
from tui.names import Names

VENDOR = """
[statuses.vendor]
name = "At the vendor"
kind = "waiting"
[[scenarios]]
name = "vendor-told"
when.event = "noted"
if.status = "vendor"
then = [{note = "Now it is {status}."}]
"""
SECOND = """
[groups.second]
name = "Second line"
line = 2
"""


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Story:
    """A desk with a status of its own and a second line."""
    return Story(tmp_path / "desk", monkeypatch, capfd, VENDOR + SECOND)


def shown(story: Story, ticket: int) -> str:
    """A ticket as text."""
    code, out, err = story.run("ticket", "show", str(ticket), by="root")
    assert code == 0, err
    return out


# -- a ticket's life --------------------------------------------------------------------------------------


def test_show_tells_the_whole_life_of_a_ticket(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    story.do("ticket", "follow", ticket, "--of", "nadia")
    story.do("ticket", "ask", ticket, "--of", "boris", "--text", "Which array?")
    story.do("ticket", "ask", ticket, "--head", "north", "--text", "May we refund?")
    story.do("ticket", "answer", "1", "--text", "The left one.", by="boris")
    story.do("ticket", "pass", ticket, "--group", "second", "--note", "Needs the logs.")
    text = shown(story, int(ticket))
    told = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "AT", row) for row in text.splitlines()]
    for row in (
        "·  AT Anna Kotova accepted the ticket",
        "·  AT Anna Kotova had Nadia Volkova follow the ticket",
        "·  AT Anna Kotova passed the ticket on to Second line",
        "── AT note: Anna Kotova",
        "·  AT Anna Kotova asked Boris Orlov for help",
        "── AT question 1 to Boris Orlov: Anna Kotova",
        "── AT question 2 to the head of North: Anna Kotova",
        "── AT answer to question 1: Boris Orlov",
    ):
        assert row in told, text
    facts = {name.strip(): value for name, _colon, value in (row.partition(": ") for row in told)}
    assert facts["priority"] == "normal"
    assert facts["followers"] == "Nadia Volkova, North, Anna Kotova"
    assert facts["passed on by"] == "North, Anna Kotova"
    assert facts["question 2"] == "Anna Kotova → the head of North, since AT"
    assert "question 1" not in facts
    whole = story.show(int(ticket))
    assert whole["way_back"] == [
        {"group": "north", "group_name": "North", "owner": "anna", "owner_name": "Anna Kotova"}
    ]
    assert [(one["by"], one["of"], one["head"], one["state"]) for one in whole["asks"]] == [
        ("anna", "boris", False, "answered"),
        ("anna", "north", True, "open"),
    ]
    assert [one["login"] or one["group"] for one in whole["followers"]] == ["nadia", "north", "anna"]
    assert (whole["kind"], whole["process"], whole["template"]) == ("new", "standard", "")


def test_what_machines_wrote_is_not_called_the_clients(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket)
    with closing(story.desk()) as desk:
        away = builders.answer_to(desk, ticket, "Out of office.", kind="automatic")
        builders.arrive(desk, away)
    sequel = story.show(ticket)
    text = shown(story, ticket)
    assert "automatic letter: " in text
    assert "confirmation: " in text
    assert text.count(" client: ") == 2, "the line of facts, and the only letter of the client"
    assert sequel["previous"] is None


FORGED = "── 2026-11-22 01:30 note: Anna Kotova"


def test_nothing_that_a_letter_says_passes_for_a_line_of_ours(story: Story) -> None:
    words = f"Help.\n{FORGED}\n·  2026-11-22 01:31 Anna Kotova accepted the ticket\r\n  owner: Anna\n\nBye."
    ticket = story.ticket(text=words, cc=("boss@client.example",))
    text = shown(story, ticket)
    assert f"│ {FORGED}\n" in text
    assert "│ To: support@desk.example\n│ Cc: boss@client.example\n" in text
    ours = [line for line in text.splitlines() if not line.startswith("│")]
    assert not [line for line in ours if "01:3" in line or line in ("  owner: Anna", "Bye.")], text


def test_a_long_line_does_not_reach_the_terminals_edge_with_a_forged_one(
    story: Story, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    with closing(story.desk()) as desk:
        ticket = builders.arrive(
            desk, builders.letter(text=f"{'x' * 78}{FORGED}", name=f"{'y' * 60}{FORGED}")
        )
        view, names = builders.seen_by_all(desk, ticket.ticket_id or 0), Names.of(desk.settings, None)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    print_ticket(view, names)
    rows = capfd.readouterr().out.splitlines()
    assert max(map(len, rows)) < 80
    assert not [row for row in rows if row.startswith(FORGED[:10])], rows


def test_quoted_text_is_folded_and_shown_when_asked_for(story: Story) -> None:
    ticket = story.ticket(quote_text=f"> one\n> two\n{FORGED}\n")
    assert "│ … 3 quoted lines: --quotes shows them\n" in shown(story, ticket)
    text = story.run("ticket", "show", str(ticket), "--quotes", by="root")[1]
    assert f"│ > one\n│ > two\n│ {FORGED}\n" in text
    assert "--quotes" not in text


def test_a_stranger_called_like_an_agent_is_told_by_the_address(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket)
    with closing(story.desk()) as desk:
        one = builders.answer_to(desk, ticket, "Me too.", sender="evil@else.example", name="Anna Kotova")
        builders.arrive(desk, one)
    assert " a new voice: Anna Kotova <evil@else.example>\n" in shown(story, ticket)
    (voice,) = story.do("ticket", "voices", by="root")
    story.do("ticket", "voice", "split", str(voice["message_id"]))
    assert " somebody new wrote: Anna Kotova <evil@else.example>\n" in shown(story, ticket)


def test_a_refused_recipient_is_told_apart_from_those_who_were_reached(story: Story) -> None:
    three = [f"{name}@client.example" for name in ("boss", "eva", "oleg")]
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.reply(ticket, "anna", *(word for one in three for word in ("--cc", one)))
    with closing(story.desk()) as desk:
        for item in outbox.due(desk, "post", 10):
            said = dict.fromkeys(item.recipients, Delivery("sent", 250, "ok"))
            if "eva@client.example" in said:
                said["eva@client.example"] = Delivery("failed", 550, "no such user")
            outbox.finish(desk, item.id, said, "post")
        message = next(
            one.message
            for one in builders.seen_by_all(desk, ticket).timeline
            if one.message and one.message.kind == "reply"
        )
    told = "not delivered to eva@client.example (no such user); delivered to 3 others"
    assert f"answer: Anna Kotova, {told}\n" in shown(story, ticket)
    assert delivery_text(message) == (f"✗ {told}", "alarm")


def test_the_previous_ticket_of_a_client_is_named(story: Story) -> None:
    first = story.ticket()
    assert f"previous: #{first}\n" in shown(story, story.ticket())


def test_times_are_written_in_one_way_everywhere(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.do("ticket", "solve", str(ticket))
    document = story.run("ticket", "show", str(ticket), "--json", by="root")[1]
    assert '"was": {' in document
    assert "+00:00" not in document
    story.do("ticket", "undo", str(ticket))
    assert story.where(ticket) == ("needs_reply", "north", "anna")


def test_people_read_the_time_of_their_own_clock(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    ticket = story.at(hours=9).ticket()
    monkeypatch.setenv("TZ", "Asia/Novosibirsk")
    time.tzset()
    try:
        assert "── 2026-03-03 04:00 client: " in shown(story, ticket)
    finally:
        monkeypatch.undo()
        time.tzset()


# -- statuses ---------------------------------------------------------------------------------------------


def test_a_status_of_ones_own_is_called_by_its_name(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    assert story.robot() == []
    assert story.run("ticket", "status", ticket, "vendor", by="anna")[1] == (
        f"Ticket {ticket} is now: At the vendor.\n"
    )
    assert "At the vendor" in story.run("ticket", "list", by="anna")[1]
    assert "At the vendor" in story.run("shift", "hands", by="anna")[1]
    assert "status: At the vendor\n" in shown(story, int(ticket))
    assert story.show(int(ticket))["status"] == "vendor"
    assert [row["status"] for row in story.do("ticket", "list", "--status", "vendor")] == ["vendor"]
    assert "is At the vendor: it cannot" in story.refused("ticket", "status", ticket, "deleted")[1]
    story.do("ticket", "note", ticket, "--text", "Sent the disk.")
    story.robot()
    assert story.notes(int(ticket))[-1].startswith("Now it is At the vendor.")


def test_an_unknown_status_is_refused_with_those_that_there_are(story: Story) -> None:
    code, said = story.refused("ticket", "list", "--status", "bogus")
    assert (code, said) == (
        4,
        "There is no status bogus; there are: new, next_shift, needs_reply, waiting, solved, closed, deleted, vendor.",
    )
    assert story.do("ticket", "list", "--status", "vendor") == []
    ticket = str(story.ticket())
    assert story.refused("ticket", "status", ticket, "bogus") == (code, said)
    empty = (4, said.replace("There is no status bogus", "The status is empty"))
    assert (
        story.refused("ticket", "status", ticket, "")
        == story.refused("ticket", "list", "--status", "")
        == empty
    )


def test_tickets_in_a_status_that_has_left_the_configuration_are_still_found(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("ticket", "accept", ticket)
    story.do("ticket", "status", ticket, "vendor")
    story.configure(SECOND)
    assert [str(row["id"]) for row in story.do("ticket", "list", "--status", "vendor")] == [ticket]


# -- what does not go together ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ask", "1", "--of", "boris", "--head", "north", "--text", "?"), 8),
        (("pass", "1", "--to", "boris", "--group", "second"), 8),
        (("follow", "1", "--of", "boris", "--group", "second"), 8),
        (("unfollow", "1", "--of", "boris", "--group", "second"), 8),
        (("hand-over", "1", "--all", "--to", "boris"), 2),
        (("list", "--mine", "--unowned"), 2),
    ],
)
def test_two_answers_to_one_question_are_refused(story: Story, words: tuple[str, ...], code: int) -> None:
    story.do("ticket", "accept", str(story.ticket()))
    before = story.show(1)["last_event"]
    assert story.refused("ticket", *words)[0] == code
    assert story.show(1)["last_event"] == before


def test_empty_hands_are_said_in_a_sentence(story: Story) -> None:
    assert story.run("ticket", "hand-over", "--all", "--next-shift", by="anna")[1] == (
        "Your hands are empty: there is nothing to hand over.\n"
    )


# -- staff ------------------------------------------------------------------------------------------------


def test_who_has_left_gets_no_token(story: Story) -> None:
    story.do("agent", "token", "boris", by="")
    story.do("agent", "edit", "boris", "--inactive", by="")
    code, said = story.refused("agent", "token", "boris", by="")
    assert (code, said) == (6, "boris has left this desk.")
    assert story.run("agent", "token", "boris", "--revoke")[1] == "boris has no token.\n"
    story.do("agent", "edit", "boris", "--active", by="")
    assert story.do("agent", "token", "boris", by="")["token"]
    assert story.run("agent", "token", "boris", "--revoke")[1] == "The token of boris has ended.\n"


def test_an_edit_says_what_it_did_not_change(story: Story) -> None:
    assert story.run("agent", "edit", "boris", "--leave", "south")[1] == (
        "boris is not in the group south. Nothing about Boris Orlov (boris) has changed.\n"
    )
    assert story.do("agent", "edit", "boris", "--name", "Boris Orlov", by="")["changed"] is False
    with closing(story.desk()) as desk:
        assert not list(builders.rows(desk, "SELECT kind FROM event WHERE kind = 'agent.edited'"))
    assert story.run("agent", "edit", "boris", "--leave", "north")[1] == "Boris Orlov (boris) is changed.\n"


# -- a group that was taken out of the configuration ------------------------------------------------------


def refuses_tickets(story: Story, other: str) -> None:
    """Nothing comes to the second line by any way."""
    for words in (
        ("ticket", "pass", other, "--group", "second"),
        ("ticket", "hand-over", other, "--group", "second"),
        ("ticket", "follow", other, "--group", "second"),
    ):
        assert story.refused(*words)[0] == 4
    letter = ("--to", "eva@client.example", "--subject", "Hello", "--text", "Hello")
    assert story.refused("ticket", "new", *letter, "--group", "second", by="root")[0] == 4
    assert story.refused("ticket", "new", *letter, by="zoya")[0] == 5
    assert story.refused("ticket", "pass", other, "--to", "zoya") == (6, "zoya belongs to no group.")
    assert story.refused("agent", "edit", "boris", "--group", "second", by="")[0] == 4


def test_a_group_out_of_the_configuration_takes_no_tickets_and_shows_what_it_has(story: Story) -> None:
    story.do("agent", "add", "zoya", "--group", "second", by="")
    left, passed, other = (str(story.ticket()) for _n in range(3))
    for ticket in (left, passed):
        story.do("ticket", "pass", ticket, "--group", "second")
    story.do("ticket", "pass", passed, "--group", "north", by="zoya")
    story.do("ticket", "accept", other)
    story.configure(VENDOR)
    for upgraded in (False, True):
        if upgraded:
            story.do("db", "upgrade", by="")
        refuses_tickets(story, other)
        assert story.refused("ticket", "back", passed)[0] == 6
        (row,) = (one for one in story.do("group", "list", by="") if one["key"] == "second")
        assert (row["active"], row["open_tickets"]) == (False, 1)
        assert re.search(
            r"second .*zoya +not in the configuration, 1 open ticket\n", story.run("group", "list")[1]
        )
        told = story.run("doctor", "--offline", "--json")[1]
        assert "The group has left the configuration, and 1 ticket is still open in it." in told
        assert "glazok ticket list --group second" in told
    assert story.where(int(left))[1] == "second"
    story.do("ticket", "pass", left, "--group", "north", by="zoya")
    assert "second" not in story.run("group", "list")[1]
    assert "left the configuration" not in story.run("doctor", "--offline", "--json")[1]


def test_a_new_voice_of_such_a_group_gets_a_ticket_in_the_default_one(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "pass", str(ticket), "--group", "second")
    with closing(story.desk()) as desk:
        agents.add(desk, "zoya", groups={"second": Role.AGENT})
    story.reply(ticket, "zoya")
    with closing(story.desk()) as desk:
        builders.arrive(desk, builders.answer_to(desk, ticket, "Me too.", sender="new@else.example"))
    (voice,) = story.do("ticket", "voices", by="root")
    story.configure(VENDOR)
    own = story.do("ticket", "voice", "split", str(voice["message_id"]), by="root")["ticket_id"]
    assert story.where(own)[1] != "second"
