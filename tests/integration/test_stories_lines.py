"""Passing on, asking, going home, leaving, and taking back: played on the command line."""

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


def accepted(story: Story, by: str = "anna", **fields: object) -> str:
    """The number of a ticket of north that somebody has accepted."""
    ticket = str(story.ticket(**fields))
    story.do("ticket", "accept", ticket, by=by)
    return ticket


# Two regions with their own staff


def test_two_regions_see_their_own_tickets_and_neither_the_others(story: Story) -> None:
    north, south = story.ticket(), story.ticket(region="Caucasus", sender="b@x.example")
    for login, mine, others in (("anna", north, south), ("sonya", south, north)):
        assert [row["id"] for row in story.do("ticket", "list", by=login)] == [mine]
        assert story.notices(login) == [f"new_ticket #{mine}"]
        for act in ("show", "accept", "solve", "close", "delete", "release", "undo", "follow"):
            assert story.refused("ticket", act, str(others), by=login)[0] == 4
    assert {row["id"] for row in story.do("ticket", "list", by="root")} == {north, south}


def test_passing_to_another_line_gives_it_half_an_hour_and_leaves_a_way_back(story: Story) -> None:
    ticket = accepted(story)
    story.at(minutes=10).do("ticket", "pass", ticket, "--group", "south", "--note", "Нужны логи.")
    assert story.where(int(ticket)) == ("new", "south", "")
    assert story.notices("sonya") == [f"new_ticket #{ticket}"]
    assert story.show(int(ticket), by="anna")["id"] == story.show(int(ticket), by="boris")["id"]
    assert story.at(minutes=39).robot() == []
    assert story.at(minutes=41).robot() == [f"unaccepted #{ticket}"]
    assert story.notices("dora") == [f"new_ticket #{ticket}", f"unaccepted #{ticket}"]
    assert story.notices("nadia") == []
    story.do("ticket", "accept", ticket, by="sonya")
    assert story.refused("ticket", "back", ticket, by="anna")[0] == 5, "it is in sonya's hands"
    story.at(minutes=45).do("ticket", "back", ticket, "--note", "Логи чистые.", by="sonya")
    assert story.where(int(ticket)) == ("needs_reply", "north", "anna")
    assert story.notices("anna") == [f"passed #{ticket}"]
    assert story.notes(int(ticket))[0] == "Нужны логи."
    assert story.show(int(ticket), by="sonya")["id"] == int(ticket), "who passes goes on following"
    assert story.refused("ticket", "back", ticket)[0] == 6


def test_passing_to_a_person_makes_them_the_owner_and_tells_them_alone(story: Story) -> None:
    ticket = accepted(story)
    story.do("ticket", "pass", ticket, "--to", "boris")
    assert story.where(int(ticket)) == ("needs_reply", "north", "boris")
    assert (story.notices("boris"), story.notices("anna")) == ([f"passed #{ticket}"], [])
    assert story.refused("ticket", "pass", ticket, "--to", "anna")[0] == 5
    assert story.refused("ticket", "pass", ticket, "--to", "boris", by="boris")[0] == 6
    assert story.refused("ticket", "pass", ticket, by="boris")[0] == 8
    assert story.refused("ticket", "pass", ticket, "--to", "boris", "--group", "south", by="boris")[0] == 8
    story.do("ticket", "pass", ticket, "--to", "nadia", by="boris")
    assert story.notices("boris") == [], "what is no longer in one's hands is off one's screen"


def test_a_command_that_is_repeated_with_its_name_is_done_once(story: Story) -> None:
    ticket = accepted(story)
    for _ in range(2):
        story.do("ticket", "pass", ticket, "--to", "boris", "--op-id", "one")
    assert story.where(int(ticket))[2] == "boris"
    kinds = [item["event"]["kind"] for item in story.show(int(ticket))["timeline"]]
    assert kinds.count("passed") == 1


def test_a_repeated_command_is_known_also_by_who_may_only_look_by_now(story: Story) -> None:
    ticket = accepted(story)
    for _ in range(2):
        story.do("ticket", "pass", ticket, "--group", "south", "--op-id", "there")
    story.do("ticket", "accept", ticket, by="sonya")
    for _ in range(2):
        story.do("ticket", "back", ticket, "--op-id", "back", by="sonya")
    kinds = [item["event"]["kind"] for item in story.show(int(ticket))["timeline"]]
    assert (kinds.count("passed"), kinds.count("passed_back")) == (1, 1)
    assert story.refused("ticket", "back", ticket, "--op-id", "new", by="sonya")[0] == 5


# Help


def test_an_ask_stands_on_the_colleagues_board_until_it_is_answered(story: Story) -> None:
    ticket = accepted(story)
    asked = story.do("ticket", "ask", ticket, "--of", "sonya", "--text", "Это у вас?")
    assert story.notices("sonya") == [f"asked #{ticket}"]
    assert story.show(int(ticket), by="sonya")["id"] == int(ticket), "who is asked sees it"
    (stands,) = story.do("ticket", "asks", by="sonya")
    assert (stands["ticket_id"], stands["by"], stands["of"]) == (int(ticket), "anna", "sonya")
    assert story.refused("ticket", "answer", str(asked["id"]), "--text", "Нет", by="boris")[0] == 5
    story.at(minutes=3).do("ticket", "answer", str(asked["id"]), "--text", "Нет", by="sonya")
    assert story.notices("sonya") == story.do("ticket", "asks", by="sonya") == []
    assert story.notices("anna") == [f"ask_answered #{ticket}"]
    assert story.where(int(ticket)) == ("needs_reply", "north", "anna")
    assert story.refused("ticket", "answer", str(asked["id"]), "--text", "Да", by="sonya")[0] == 6


def test_an_ask_that_nobody_answers_is_told_to_who_asked_and_to_the_heads(story: Story) -> None:
    ticket = accepted(story)
    asked = story.do("ticket", "ask", ticket, "--of", "boris", "--text", "?")
    assert story.at(minutes=29).robot() == []
    assert story.at(minutes=31).robot() == [f"ask:{asked['id']} #{ticket}"]
    assert story.notices("anna") == story.notices("nadia") == [f"ask_waiting #{ticket}"]
    story.do("ticket", "withdraw", str(asked["id"]))
    assert story.notices("boris") == story.notices("nadia") == story.notices("anna") == []


def test_the_head_is_asked_as_a_head(story: Story) -> None:
    ticket = accepted(story)
    asked = story.do("ticket", "ask", ticket, "--text", "Можно скидку?")
    assert (story.notices("nadia"), story.notices("boris")) == ([f"asked #{ticket}"], [])
    story.do("ticket", "answer", str(asked["id"]), "--text", "Можно.", by="nadia")
    assert story.refused("ticket", "ask", ticket, "--of", "anna", "--text", "?")[0] == 8


def test_a_mention_lets_a_colleague_in_and_says_so(story: Story) -> None:
    ticket = accepted(story)
    noted = story.do("ticket", "note", ticket, "--text", "@sonya, @boris и x@sonya.example: гляньте. @nobody")
    assert noted["mentioned_outside"] == ["Sonya Belova"]
    assert story.notices("sonya") == story.notices("boris") == [f"mentioned #{ticket}"]
    assert story.show(int(ticket), by="sonya")["status"] == "needs_reply"


# A shift goes home


def test_who_mentions_somebody_who_has_left_is_told_that_nobody_heard_it(story: Story) -> None:
    ticket = str(story.ticket())
    story.do("agent", "edit", "anna", "--inactive", by="")
    assert story.run("ticket", "note", ticket, "--text", "@anna, @sonya: look", by="boris")[1] == (
        f"The note stands on ticket {ticket}. Until now they could not see the ticket: Sonya Belova. "
        "They have left and were not told: Anna Kotova.\n"
    )
    done = story.do("ticket", "note", ticket, "--text", "@anna @nobody", by="boris")
    assert (done["mentioned_outside"], done["mentioned_gone"]) == ([], ["Anna Kotova"])


def test_a_shift_ends_with_empty_hands(story: Story) -> None:
    story.do("shift", "start")
    one, two, three = (accepted(story, sender=f"{n}@x.example") for n in range(3))
    code, sentence = story.at(minutes=5).refused("shift", "end")
    assert code == 6
    assert all(f"#{ticket}" in sentence for ticket in (one, two, three))
    assert [held["id"] for held in story.do("shift", "hands")] == [int(one), int(two), int(three)]
    story.do("ticket", "hand-over", one, "--to", "boris", "--note", "Ждёт поставщика.")
    assert story.told("boris", "passed") == [
        "Anna Kotova has handed this ticket over to you, for your shift."
    ]
    story.do("ticket", "hand-over", two, "--group", "south")
    story.do("ticket", "hand-over", "--all", "--next-shift", "--note", "Позвонить утром.")
    story.do("shift", "end")
    assert story.where(int(one)) == ("needs_reply", "north", "boris")
    assert story.where(int(two)) == ("new", "south", "")
    assert story.where(int(three)) == ("next_shift", "north", "")
    assert story.notes(int(three)) == ["Позвонить утром."]
    assert int(three) in [row["id"] for row in story.do("ticket", "list", "--unowned", by="boris")]
    shown = {row["login"]: row["state"] for row in story.do("shift", "list", by="nadia")}
    assert (shown["anna"], shown["boris"]) == ("gone", "gone")
    story.do("ticket", "accept", three, by="boris")
    assert story.where(int(three)) == ("needs_reply", "north", "boris")


def test_what_is_kept_over_the_night_is_told_to_the_heads(story: Story) -> None:
    story.do("shift", "start")
    story.do("shift", "away")
    assert {row["login"]: row["state"] for row in story.do("shift", "list")}["anna"] == "away"
    story.do("shift", "start")
    ticket = accepted(story)
    story.do("shift", "end", "--keep")
    assert story.notices("nadia") == [f"kept #{ticket}"]
    assert story.where(int(ticket))[2] == "anna"
    assert story.refused("shift", "end")[0] == 6
    story.do("ticket", "pass", ticket, "--to", "boris", by="nadia")
    assert story.notices("nadia") == [], "it is not with who went home any more"
    story.do("ticket", "pass", ticket, "--to", "anna", by="boris")
    assert story.notices("nadia") == [], "what was said of one evening does not come back with the ticket"


@pytest.mark.parametrize("words", [("--to", "sonya"), ("--group", "south"), ("--next-shift",)])
def test_what_was_kept_is_said_no_more_once_it_is_handed_on_to_whomever(
    story: Story, words: tuple[str, ...]
) -> None:
    story.do("shift", "start")
    ticket = accepted(story)
    story.do("shift", "end", "--keep")
    story.do("ticket", "hand-over", ticket, *words, by="nadia")
    assert f"kept #{ticket}" not in story.notices("nadia")


def test_a_handed_over_baton_has_half_an_hour_like_anything_new(story: Story) -> None:
    ticket = accepted(story)
    story.at(minutes=10).do("ticket", "hand-over", ticket, "--next-shift")
    assert story.at(minutes=39).robot() == []
    assert story.at(minutes=41).robot() == [f"unaccepted #{ticket}"]


def test_somebody_who_leaves_leaves_nothing_behind(story: Story) -> None:
    mine, hers = accepted(story), accepted(story, by="boris", sender="b@x.example")
    asked = story.do("ticket", "ask", hers, "--of", "anna", "--text", "?", by="boris")
    own = story.do("ticket", "ask", mine, "--of", "boris", "--text", "?")
    solved = accepted(story, sender="c@x.example")
    story.reply(int(solved), "anna", "--solve")
    story.at(minutes=5).do("agent", "edit", "anna", "--inactive", by="")
    assert story.where(int(mine)) == ("new", "north", "")
    assert f"ask_lost #{hers}" in story.notices("boris")
    assert f"new_ticket #{mine}" in story.notices("boris")
    for question in (asked, own):
        assert story.refused("ticket", "withdraw", str(question["id"]), by="nadia")[0] == 6
    assert story.at(minutes=6).answer(int(solved)).outcome == "joined"
    assert story.where(int(solved)) == ("new", "north", ""), "what comes back, comes back to the group"
    assert story.refused("ticket", "list", by="anna")[0] in (4, 5)


def test_an_edit_says_what_it_took_out_of_somebodys_hands(story: Story) -> None:
    first, second = accepted(story), accepted(story, sender="b@x.example")
    question = story.do("ticket", "ask", first, "--of", "boris", "--text", "?")
    assert story.run("agent", "edit", "anna", "--inactive")[1] == (
        f"Anna Kotova (anna) is changed. 2 tickets went back to their groups: #{first}, #{second}. "
        "1 question was withdrawn.\n"
    )
    again = story.do("agent", "edit", "anna", "--inactive", by="")
    assert (again["returned"], again["withdrawn"]) == ([], []), question


def test_who_leaves_a_group_leaves_what_is_its_in_its_hands(story: Story) -> None:
    mine, shown = accepted(story), accepted(story, by="boris", sender="b@x.example")
    asked = story.do("ticket", "ask", shown, "--of", "anna", "--text", "?", by="boris")
    own = story.do("ticket", "ask", mine, "--of", "boris", "--text", "?")
    said = story.do("agent", "edit", "anna", "--leave", "north", "--group", "south", by="")
    assert (said["returned"], said["withdrawn"]) == ([int(mine)], [own["id"]])
    assert story.where(int(mine)) == ("new", "north", "")
    assert f"new_ticket #{mine}" in story.notices("boris"), "its group is told"
    assert (
        "Anna Kotova has left the group: the ticket is back with it"
        in story.run("ticket", "show", mine, by="boris")[1]
    )
    assert story.refused("ticket", "show", mine)[0] == 4
    story.do("ticket", "answer", str(asked["id"]), "--text", "!")
    south = str(story.ticket(region="Caucasus", sender="c@x.example"))
    story.do("ticket", "accept", south)
    assert story.do("agent", "edit", "anna", "--name", "Anna", by="")["returned"] == []
    assert story.where(int(south)) == ("needs_reply", "south", "anna")


def test_who_is_no_admin_any_more_keeps_only_what_is_of_their_groups(story: Story) -> None:
    mine, others = accepted(story), str(story.ticket(region="Caucasus", sender="b@x.example"))
    story.do("agent", "edit", "anna", "--admin", by="")
    story.do("ticket", "accept", others)
    assert story.do("agent", "edit", "anna", "--leave", "north", by="")["returned"] == [], (
        "an admin serves all"
    )
    story.do("agent", "edit", "anna", "--group", "north", by="")
    assert story.do("agent", "edit", "anna", "--no-admin", by="")["returned"] == [int(others)]
    assert story.where(int(mine))[2] == "anna"


def test_a_group_is_not_joined_and_left_at_once(story: Story) -> None:
    words = ("agent", "edit", "anna", "--group", "north:supervisor", "--leave", "north", "--name", "Anya")
    assert story.refused(*words, by="") == (8, "anna cannot join the group north and leave it at once.")
    assert (
        next(one for one in story.do("agent", "list", by="") if one["login"] == "anna")["name"]
        == "Anna Kotova"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", ""), "The login is empty."),
        (("add", "zoya", "--name", "Zo\x1b[31mya"), "The name Zo[31mya has characters that cannot be shown."),
        (("edit", "anna", "--name", "An\u202ena"), "The name Anna has characters that cannot be shown."),
        (("edit", "anna", "--email", "a\x1b@x.example"), "a\x1b@x.example is not an e-mail address."),
    ],
)
def test_no_agent_is_called_what_steers_a_terminal_or_nothing(
    story: Story, words: tuple[str, ...], said: str
) -> None:
    assert story.refused("agent", *words, by="") == (8, said)


# Undo


def test_every_act_can_be_taken_back(story: Story) -> None:
    acts: dict[str, tuple[str, ...]] = {
        "accepted": ("accept",),
        "released": ("release",),
        "solved": ("solve",),
        "closed": ("close",),
        "reopened": ("reopen",),
        "moved": ("status", "waiting"),
        "passed": ("pass", "--group", "south"),
        "passed to a person": ("pass", "--to", "boris"),
        "handed over": ("hand-over", "--next-shift"),
        "deleted": ("delete",),
        "restored": ("restore",),
    }
    before_each = {"accepted": (), "reopened": ("solve",), "restored": ("delete",)}
    for n, (name, (act, *more)) in enumerate(acts.items()):
        ticket = str(story.ticket(sender=f"{n}@x.example"))
        if name != "accepted":
            story.do("ticket", "accept", ticket)
        for earlier in before_each.get(name, ()):
            story.do("ticket", earlier, ticket)
        was = {key: value for key, value in story.show(int(ticket)).items() if key in STANDING}
        story.at(minutes=n + 1).do("ticket", act, ticket, *more)
        assert {key: value for key, value in story.show(int(ticket)).items() if key in STANDING} != was, name
        story.do("ticket", "undo", ticket)
        assert {key: value for key, value in story.show(int(ticket)).items() if key in STANDING} == was, name
        last = story.show(int(ticket))["timeline"][-1]["event"]
        assert last["kind"] == "undone", "an event of its own"


STANDING = ("status", "board", "group", "owner", "since", "accepted_at", "solved_at", "closed_at")


def test_an_answer_is_taken_back_until_it_is_on_its_way(story: Story) -> None:
    ticket = accepted(story)
    story.staff_letters()
    story.at(minutes=5)
    story.reply(int(ticket))
    story.do("ticket", "undo", ticket)
    assert story.where(int(ticket))[0] == "needs_reply"
    assert story.staff_letters() == {}
    assert story.at(minutes=16).robot() == [f"silent_owner #{ticket}"], "no answer, no stopped clock"
    again = accepted(story, sender="b@x.example")
    story.reply(int(again))
    story.staff_letters()
    assert story.refused("ticket", "undo", again)[0] == 6


def test_an_answer_that_is_held_leaves_in_its_time_and_can_be_taken_back_until_then(story: Story) -> None:
    ticket = int(accepted(story))
    story.staff_letters()
    story.at(minutes=5).reply(ticket, "anna", "--hold", "10")
    story.at(minutes=5, seconds=9).staff_letters()
    story.do("ticket", "undo", str(ticket))
    assert story.where(ticket)[0] == "needs_reply"
    story.at(minutes=6).reply(ticket, "anna", "--hold", "10")
    story.at(minutes=6, seconds=10).staff_letters()
    assert story.refused("ticket", "undo", str(ticket))[0] == 6


def test_only_ones_own_last_act_is_taken_back_and_only_while_nothing_came_after(story: Story) -> None:
    ticket = accepted(story)
    assert story.refused("ticket", "undo", ticket, by="boris")[0] == 6
    story.do("ticket", "note", ticket, "--text", "Своя заметка ничего не меняет.")
    story.do("ticket", "follow", ticket, by="boris")
    story.do("ticket", "undo", ticket)
    assert story.where(int(ticket))[0] == "new"
    assert story.refused("ticket", "undo", ticket)[0] == 6
    assert f"new_ticket #{ticket}" in story.notices("boris"), "the group is told of it again"
    story.do("ticket", "accept", ticket)
    story.do("ticket", "solve", ticket)
    story.answer(int(ticket))
    assert story.refused("ticket", "undo", ticket)[0] == 6, "the client has written since"


def test_taking_back_never_hands_a_ticket_to_somebody_who_has_left(story: Story) -> None:
    ticket = accepted(story)
    story.do("ticket", "pass", ticket, "--to", "boris", by="nadia")
    story.do("agent", "edit", "anna", "--inactive", by="")
    story.do("ticket", "undo", ticket, by="nadia")
    assert story.where(int(ticket)) == ("new", "north", "")


def test_taking_back_an_acceptance_tells_nobody_twice(story: Story) -> None:
    ticket = str(story.ticket())
    assert story.at(minutes=31).robot() == [f"unaccepted #{ticket}"]
    story.do("ticket", "accept", ticket)
    story.do("ticket", "pass", ticket, "--group", "south")
    story.do("ticket", "undo", ticket)
    story.do("ticket", "undo", ticket)
    assert story.where(int(ticket)) == ("new", "north", "")
    assert story.at(hours=5).robot() == []
    assert f"unaccepted #{ticket}" in story.notices("nadia"), "what was said still stands"
