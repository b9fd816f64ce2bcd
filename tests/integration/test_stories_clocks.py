"""The robot's promises, played on the command line: what happens when nobody takes, answers, or closes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core import clock
from core.services import drafts
from tests.builders import who
from tests.integration.stories import Story, numbers_in


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Story:
    return Story(tmp_path / "desk", monkeypatch, capfd)


# Nobody accepts


def test_a_letter_that_nobody_takes_for_half_an_hour_is_told_to_the_heads_of_its_group_alone(
    story: Story,
) -> None:
    ticket = story.ticket()
    assert story.at(minutes=29).robot() == []
    assert story.at(minutes=31).robot() == [f"unaccepted #{ticket}"]
    assert story.notices("nadia") == [f"new_ticket #{ticket}", f"unaccepted #{ticket}"]
    assert story.notices("anna") == [f"new_ticket #{ticket}"], "an agent is told by the note"
    assert story.notices("dora") == story.notices("sonya") == story.notices("root") == []
    (note,) = story.notes(ticket)
    assert "30 minutes" in note
    assert "unaccepted" in note
    assert "enabled = false" in note
    assert story.at(minutes=50).robot() == story.at(days=2).robot() == [], "once for one cause"
    assert story.where(ticket) == ("new", "north", "")


def test_with_the_limit_at_45_it_is_silent_at_44_and_says_45_at_46(story: Story) -> None:
    story.configure('[robot.unaccepted]\nafter = "45m"\n')
    ticket = story.ticket()
    assert story.at(minutes=31).robot() == story.at(minutes=44).robot() == []
    assert story.notes(ticket) == []
    assert story.at(minutes=46).robot() == [f"unaccepted #{ticket}"]
    assert numbers_in(story.told("nadia", "unaccepted")[0]) == [45]
    assert numbers_in(story.notes(ticket)[0]) == [45]


def test_a_limit_that_is_changed_after_the_ticket_came_holds_for_it_too(story: Story) -> None:
    ticket = story.ticket()
    assert story.at(minutes=10).robot() == []
    story.configure('[robot.unaccepted]\nafter = "45m"\n')
    assert story.at(minutes=31).robot() == story.at(minutes=44).robot() == []
    assert story.at(minutes=46).robot() == [f"unaccepted #{ticket}"]
    assert numbers_in(story.notes(ticket)[0]) == [45]
    story.configure('[robot.unaccepted]\nafter = "20m"\n')
    assert story.at(minutes=47).robot() == [], "who was told is not told again"


def test_a_limit_that_is_made_shorter_is_kept_at_once(story: Story) -> None:
    ticket = story.ticket()
    story.configure('[groups.north.robot.unaccepted]\nafter = "5m"\n')
    assert story.at(minutes=6).robot() == [f"unaccepted #{ticket}"]
    assert numbers_in(story.notes(ticket)[0]) == [5]


def test_a_second_letter_on_a_ticket_that_nobody_accepted_does_not_restart_its_clock(story: Story) -> None:
    ticket = story.ticket()
    assert story.at(minutes=20).answer(ticket).ticket_id == ticket
    assert story.at(minutes=31).robot() == [f"unaccepted #{ticket}"]
    assert story.where(ticket) == ("new", "north", "")


def test_accepting_takes_the_notices_from_every_screen(story: Story) -> None:
    ticket = story.ticket()
    story.at(minutes=31).robot()
    story.do("ticket", "accept", str(ticket), by="boris")
    assert story.notices("nadia") == story.notices("anna") == []


def test_a_notice_is_acknowledged_by_each_for_themselves(story: Story) -> None:
    ticket = story.ticket()
    (mine,) = story.do("notice", "list", by="anna")
    story.do("notice", "ack", str(mine["id"]), by="anna")
    assert story.notices("anna") == []
    assert story.notices("boris") == [f"new_ticket #{ticket}"]
    assert story.refused("notice", "ack", str(mine["id"]), by="sonya")[0] == 4


# The owner is silent


def test_an_owner_who_writes_a_note_but_does_not_answer_for_16_minutes_loses_the_ticket(story: Story) -> None:
    ticket = story.ticket()
    story.at(minutes=1).do("ticket", "accept", str(ticket))
    story.at(minutes=10).do("ticket", "note", str(ticket), "--text", "Смотрю.")
    assert story.at(minutes=15).robot() == []
    assert story.at(minutes=17).robot() == [f"silent_owner #{ticket}"]
    assert story.where(ticket) == ("new", "north", "")
    assert sorted(story.notices("anna")) == [f"new_ticket #{ticket}", f"taken_back #{ticket}"]
    assert numbers_in(story.told("anna", "taken_back")[0]) == [15]
    assert story.at(minutes=46).robot() == [], "the 30 minutes start anew"
    assert story.at(minutes=48).robot() == [f"unaccepted #{ticket}"]


@pytest.mark.parametrize("act", ["reply", "pass", "ask"])
def test_an_answer_passing_on_or_an_open_ask_stop_the_silent_owners_clock(story: Story, act: str) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.at(minutes=14)
    match act:
        case "reply":
            story.reply(ticket)
        case "pass":
            story.do("ticket", "pass", str(ticket), "--to", "boris")
        case "ask":
            story.do("ticket", "ask", str(ticket), "--of", "boris", "--text", "Видел такое?")
    assert story.at(minutes=16).robot() == []
    if act == "pass":
        assert story.at(minutes=30).robot() == [f"silent_owner #{ticket}"], "the new owner has their own 15"


def test_an_ask_that_is_answered_lets_the_clock_start_anew(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    asked = story.at(minutes=5).do("ticket", "ask", str(ticket), "--of", "boris", "--text", "Видел?")
    assert story.at(minutes=20).robot() == []
    story.do("ticket", "answer", str(asked["id"]), "--text", "Да, кабель.", by="boris")
    assert story.at(minutes=34).robot() == []
    assert story.at(minutes=36).robot() == [f"silent_owner #{ticket}"]


def test_a_fresh_draft_holds_the_clock_for_two_minutes_and_all_drafts_for_fifteen(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))

    def write(minute: float) -> None:
        with closing(story.at(minutes=minute).desk()) as desk:
            drafts.save(desk, who(desk, "anna"), ticket, "reply", f"Здравствуйте, {minute}", 1)

    write(14)
    assert story.at(minutes=15.5).robot() == [f"silent_owner #{ticket} held"]
    assert story.at(minutes=15.9).robot() == [], "nothing to look at before the draft is old"
    write(15.95)
    assert story.at(minutes=16.1).robot() == [f"silent_owner #{ticket} held"]
    for minute in range(17, 30):
        write(minute)
        acted = story.at(minutes=minute + 0.5).robot()
        assert acted in ([], [f"silent_owner #{ticket} held"]), minute
    write(29.9)
    assert story.at(minutes=30.1).robot() == [f"silent_owner #{ticket}"], "fifteen more, and no more"


def test_a_draft_that_is_older_than_two_minutes_holds_nothing(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    with closing(story.at(minutes=12.5).desk()) as desk:
        drafts.save(desk, who(desk, "anna"), ticket, "reply", "Здравствуйте", 1)
    assert story.at(minutes=15.1).robot() == [f"silent_owner #{ticket}"]


# Long in work


def test_two_hours_in_work_are_told_to_the_owner_and_three_to_the_heads(story: Story) -> None:
    story.configure("[robot.silent_owner]\nenabled = false\n")
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.at(hours=1).answer(ticket, "Ну что там?")
    assert story.at(hours=1, minutes=59).robot() == []
    assert story.at(hours=2, minutes=1).robot() == [f"in_work_owner #{ticket}"], "letters do not restart it"
    assert story.notices("anna") == [f"in_work_owner #{ticket}"]
    assert story.notices("nadia") == story.notices("boris") == []
    assert "2 hours" in story.told("anna", "in_work_owner")[0]
    assert story.at(hours=2, minutes=59).robot() == []
    assert story.at(hours=3, minutes=1).robot() == [f"in_work_head #{ticket}"]
    assert story.notices("nadia") == [f"in_work_head #{ticket}"]
    story.reply(ticket)
    assert story.notices("anna") == story.notices("nadia") == [], "the cause is gone"
    story.at(hours=4).answer(ticket)
    assert story.at(hours=5).robot() == []
    assert story.at(hours=6, minutes=1).robot() == [f"in_work_owner #{ticket}"], "back in work: a new cause"


def test_what_is_solved_and_forgotten_is_closed_after_three_days(story: Story) -> None:
    ticket = story.ticket()
    story.reply(ticket, "anna", "--solve")
    assert story.at(days=2, hours=23).robot() == []
    assert story.at(days=3, minutes=1).robot() == [f"forgotten #{ticket}"]
    assert story.where(ticket)[0] == "closed"
    assert "3 days" in story.notes(ticket)[-1]


# Switched off, down, and gone through without acting


@pytest.mark.parametrize(
    "name", ["unaccepted", "silent_owner", "in_work_owner", "in_work_head", "forgotten", "ask"]
)
def test_each_scenario_can_be_switched_off_alone(story: Story, name: str) -> None:
    story.configure(f"[robot.{name}]\nenabled = false\n")
    story.ticket()
    solved = story.ticket(sender="b@x.example")
    story.reply(solved, "anna", "--solve")
    asked = story.ticket(sender="c@x.example")
    story.do("ticket", "accept", str(asked))
    story.do("ticket", "ask", str(asked), "--of", "boris", "--text", "?")
    silent = story.ticket(sender="d@x.example")
    story.do("ticket", "accept", str(silent))
    acted = {one.partition(" ")[0].partition(":")[0] for one in story.at(minutes=20).robot()}
    acted |= {one.partition(" ")[0].partition(":")[0] for one in story.at(days=4).robot()}
    everything = {"unaccepted", "silent_owner", "in_work_owner", "in_work_head", "forgotten", "ask"}
    assert acted == everything - {name}


def test_with_everything_switched_off_nothing_moves_by_itself(story: Story) -> None:
    story.configure("[robot]\nenabled = false\nmoves_ball = false\n")
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    story.at(minutes=5)
    story.reply(ticket)
    assert story.where(ticket)[0] == "needs_reply", "an answer leaves the ball where it is"
    story.do("ticket", "status", str(ticket), "waiting")
    story.at(hours=1).answer(ticket)
    assert story.where(ticket)[0] == "waiting"
    for days in (1, 5, 30):
        assert story.at(days=days).robot() == story.at(days=days).would() == []
    assert story.notices("nadia") == []
    assert len(story.notes(ticket)) == 0


def test_a_robot_that_was_down_for_days_catches_up_once_and_writes_one_letter_each(story: Story) -> None:
    story.configure("[robot.unaccepted]\nby_mail = true\n[robot.in_work_owner]\nby_mail = true\n")
    tickets = [story.ticket(sender=f"client{n}@x.example") for n in range(5)]
    story.staff_letters()
    acted = story.at(days=3).robot()
    assert acted == [f"unaccepted #{ticket}" for ticket in tickets]
    letters = story.staff_letters()
    assert list(letters) == ["nadia@desk.example"]
    (body,) = letters["nadia@desk.example"]
    assert all(f"#{ticket} " in body for ticket in tickets)
    assert story.at(days=4).robot() == []
    assert story.staff_letters() == {}


def test_a_dry_run_says_what_the_real_run_does_and_leaves_no_trace(story: Story) -> None:
    new = story.ticket()
    silent = story.ticket(sender="b@x.example")
    story.do("ticket", "accept", str(silent))
    story.at(hours=5)
    before = [story.show(one) for one in (new, silent)]
    would = story.would()
    assert [story.show(one) for one in (new, silent)] == before
    assert story.notices("nadia") == [f"new_ticket #{new}"]
    assert story.robot() == would == [f"silent_owner #{silent}", f"unaccepted #{new}"]


def test_working_hours_stop_the_clocks_at_night(story: Story) -> None:
    story.configure(
        '[calendars.office]\nzone = "Europe/Moscow"\n'
        + "".join(f'{day} = "09:00-18:00"\n' for day in ("monday", "tuesday", "wednesday"))
    )
    # The section of the group stands in the standard configuration; its hours are added there.
    path = story.folder / "config.toml"
    path.write_text(path.read_text("utf-8").replace("[groups.north]\n", '[groups.north]\nhours = "office"\n'))
    late = story.at(hours=2, minutes=50).ticket()  # 17:50 in Moscow
    assert story.at(hours=12).robot() == []
    assert story.at(hours=18, minutes=19).robot() == []  # 09:19 on Tuesday
    assert story.at(hours=18, minutes=21).robot() == [f"unaccepted #{late}"]


def test_a_real_desk_refuses_a_clock_that_is_set(story: Story) -> None:
    path = story.folder / "config.toml"
    path.write_text(path.read_text("utf-8").replace("rehearsal = true\n", ""), "utf-8")
    code, sentence = story.refused("robot", "--once", by="")
    assert code == 2
    assert "GLAZOK_NOW" in sentence
