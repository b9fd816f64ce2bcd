"""Letters that did not get through, and who reads what, played on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core import clock
from core.services import outbox
from core.services.models.outbox import Delivery
from tests import builders
from tests.integration.stories import Story


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Story:
    return Story(tmp_path / "desk", monkeypatch, capfd)


def end_all(story: Story, state: str) -> None:
    """Every letter that is due ends like that."""
    with closing(story.desk()) as desk:
        for item in outbox.due(desk, "w"):
            if state == "unknown":
                outbox.unknown(desk, item.id, "the connection broke", "w")
            else:
                result = (
                    Delivery("sent", 250, "") if state == "sent" else Delivery("failed", 550, "no such user")
                )
                outbox.finish(desk, item.id, dict.fromkeys(item.recipients, result), "w")


def answered(story: Story, state: str) -> int:
    """A ticket of north, its confirmation out, anna's answer ended as `state`."""
    ticket = story.ticket(sender=f"{state}@client.example")
    end_all(story, "sent")
    story.reply(ticket)
    end_all(story, state)
    return ticket


def test_letters_that_did_not_get_through_are_found_by_whoever_may_see_their_tickets(story: Story) -> None:
    lost, refused, fine = (answered(story, state) for state in ("unknown", "failed", "sent"))
    found = story.do("outbox", "list")
    assert [(one["ticket_id"], one["state"], one["kind"]) for one in found] == [
        (refused, "failed", "reply"), (lost, "unknown", "reply"),
    ]  # fmt: skip
    assert found[0]["reason"] == "no such user"
    assert found[0]["recipients"] == {"failed@client.example": "failed"}
    assert [one["ticket_id"] for one in story.do("outbox", "list", "--state", "unknown")] == [lost]
    assert len(story.do("outbox", "list", "--all")) == 6
    assert len(story.do("outbox", "list", "--all", "--limit", "2")) == 2
    assert story.do("outbox", "list", by="sonya") == [], "tickets of north are none of hers"
    assert len(story.do("outbox", "list", by="root")) == 2
    listed = {row["id"]: row["undelivered"] for row in story.do("ticket", "list")}
    assert listed == {lost: 1, refused: 1, fine: 0}
    assert [row["id"] for row in story.do("ticket", "list", "--trouble")] == [lost, refused]
    code, out, _err = story.run("outbox", "list", by="anna")
    assert (code, "no such user" in out, "failed@client.example" in out) == (0, True, True)


def test_whom_a_letter_did_not_reach_is_told_apart_from_whom_it_did(story: Story) -> None:
    boss = "boss@client.example"
    ticket = story.ticket(sender="ivan@client.example")
    end_all(story, "sent")
    story.reply(ticket, "anna", "--cc", boss)
    with closing(story.desk()) as desk:
        (item,) = outbox.due(desk, "w")
        fates = {one: Delivery("sent", 250, "") for one in item.recipients}
        outbox.finish(desk, item.id, fates | {boss: Delivery("failed", 550, "no such user")}, "w")
    _code, out, _err = story.run("outbox", "list", by="anna")
    assert "boss@client.example (not delivered), ivan@client.example (sent)" in out
    events = [one["event"] for one in story.show(ticket)["timeline"]]
    last = [one["data"] for one in events if one["kind"] == "delivery"][-1]
    assert (last["state"], last["reached"]) == ("failed", 1)


def test_a_letter_is_sent_again_or_given_up_by_its_number(story: Story) -> None:
    lost, refused = answered(story, "unknown"), answered(story, "failed")
    number = {one["ticket_id"]: str(one["id"]) for one in story.do("outbox", "list")}
    for act in ("resend", "give-up"):
        assert story.refused("outbox", act, number[lost], by="sonya") == story.refused(
            "outbox", act, number[lost], by="fedor"
        )
        assert story.refused("outbox", act, number[lost], by="sonya")[0] == 4
        assert story.refused("outbox", act, "999999")[0] == 4
    assert story.do("outbox", "resend", number[lost]) == {"id": int(number[lost]), "state": "queued"}
    assert story.where(lost)[0] == "waiting"
    story.do("outbox", "give-up", number[refused])
    assert story.where(refused)[0] == "needs_reply"
    assert story.do("outbox", "list") == []
    assert {one["state"] for one in story.do("outbox", "list", "--state", "queued")} == {"queued"}
    code, sentence = story.refused("outbox", "give-up", number[refused])
    assert (code, "given up" in sentence) == (6, True)


def test_an_answer_over_events_yet_to_come_is_refused_on_the_command_line(story: Story) -> None:
    ticket = story.ticket()
    last = story.show(ticket)["last_event"]
    words = ("ticket", "reply", str(ticket), "--text", "Ответ", "--seen", "99999999")
    assert story.refused(*words) == (
        8, f"Ticket {ticket} has no event 99999999 yet; its last one is {last}."
    )  # fmt: skip
    assert story.show(ticket)["last_event"] == last


def test_whoever_is_no_agent_is_told_that_they_read_as_the_operator(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.options.system_user", lambda: "somebody")
    north, south = story.ticket(), story.ticket(region="Caucasus", sender="b@x.example")
    for words in (["ticket", "list"], ["outbox", "list"], ["ticket", "voices"]):
        code, _out, err = story.run(*words)
        assert (code, err.count("Reading as the operator: no agent has your login")) == (0, 1)
        assert story.run(*words, "--json")[2] == "", "a script's stderr is for errors"
        assert story.run(*words, by="anna")[2] == ""
    for words in (["ticket", "show", str(north)], ["ticket", "voices", str(north)]):
        assert story.run(*words)[2] == "", "one ticket is the same, whoever reads it"
    assert {row["id"] for row in story.do("ticket", "list", by="")} == {north, south}


@pytest.mark.parametrize("login", ["", "  "])
def test_an_empty_login_reads_and_acts_as_nobody(
    story: Story, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script whose variable is empty gets nothing, rather than what the system's user may see."""
    monkeypatch.setattr("cli.options.system_user", lambda: "nadia")
    ticket = str(story.ticket())
    said = "--as names nobody: the login is empty."
    for words in (
        ("ticket", "list"), ("ticket", "show", ticket), ("ticket", "accept", ticket), ("outbox", "list"),
        ("contact", "show", "ivan@client.example"), ("shift", "start"), ("notice", "list"), ("console",),
    ):  # fmt: skip
        code, out, err = story.run(*words, f"--as={login}")
        assert (code, out, err.splitlines()[0]) == (2, "", f"Error: {said}"), words
    assert story.run(f"--as={login}", "ticket", "list")[0] == 2
    assert story.where(int(ticket)) == ("new", "north", "")


def test_a_ticket_names_its_people_once_and_never_with_nothing(story: Story) -> None:
    named = story.ticket()
    nameless = story.ticket(sender="quiet@client.example", name="")
    unsent = story.ticket(sender="", name="")
    shown = {
        ticket: story.run("ticket", "show", str(ticket), by="root")[1] for ticket in (named, nameless, unsent)
    }
    assert f"client: Иван Петров, {builders.CLIENT}\n" in shown[named]
    assert "client: quiet@client.example\n" in shown[nameless]
    assert " client: quiet@client.example\n" in shown[nameless].split("──")[1]
    assert f"confirmation: {builders.SUPPORT}, queued" in shown[named]
    assert " client: no sender\n" in shown[unsent]
    assert "client: no sender\n" in shown[unsent].split("──")[0]


# Groups that were just written into the configuration


def test_a_group_is_there_as_soon_as_the_configuration_has_it(story: Story) -> None:
    story.configure('[groups.east]\nname = "East"\n')
    story.do("agent", "add", "erik", "--group", "east", by="")
    assert [one["key"] for one in story.do("group", "list", by="") if one["agents"] == ["erik"]] == ["east"]
    story.configure('[groups.east]\nname = "Far East"\n[groups.west]\nname = "West"\n')
    story.do("agent", "edit", "erik", "--group", "west", by="")
    groups = {one["key"]: one for one in story.do("group", "list", by="")}
    assert (groups["east"]["name"], groups["west"]["agents"]) == ("Far East", ["erik"])


def test_a_smaller_configuration_closes_no_group_by_looking(story: Story) -> None:
    def is_open() -> bool:
        return bool({one["key"]: one["active"] for one in story.do("group", "list", by="")}["east"])

    story.configure('[groups.east]\nname = "East"\n')
    story.do("agent", "add", "erik", "--group", "east", by="")
    story.configure()
    assert not is_open()
    story.configure('[groups.east]\nname = "East"\n')
    assert is_open()
