"""Whose ball it is: answers, letters, bounces, closed tickets that are answered; own statuses and scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from core import clock
from core.db.tables import ContactRow
from core.domain.letters import DeliveryStatus, LetterKind
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


def in_north(story: Story, lines: str) -> None:
    """Add lines to the section of the group north."""
    path = story.folder / "config.toml"
    text = path.read_text("utf-8").replace("[groups.north]\n", f"[groups.north]\n{lines}\n", 1)
    path.write_text(text, "utf-8")


# A closed ticket is answered


def closed(story: Story) -> int:
    """A ticket that anna answered and closed at noon."""
    ticket = story.ticket()
    story.reply(ticket)
    story.do("ticket", "close", str(ticket))
    return ticket


@pytest.mark.parametrize(
    ("policy", "after_2", "after_20"),
    [
        ("", "joined", "opened"),
        ('reopen = "always"', "joined", "joined"),
        ('reopen = "never"', "opened", "opened"),
        ('reopen = "window"\nreopen_days = 1', "opened", "opened"),
        ('reopen = "window"\nreopen_days = 30', "joined", "joined"),
        ('reopen = { mail = "always", form = "never" }', "joined", "joined"),
        ('reopen = { mail = "never", form = "always" }', "opened", "opened"),
    ],
)
def test_a_client_who_answers_a_closed_ticket(story: Story, policy: str, after_2: str, after_20: str) -> None:
    in_north(story, policy)
    for days, outcome in ((2, after_2), (20, after_20)):
        ticket = closed(story.at())
        taken = story.at(days=days).answer(ticket)
        assert taken.outcome == outcome, days
        if outcome == "joined":
            assert story.where(ticket) == ("needs_reply", "north", "anna"), "it returns to its owner"
        else:
            assert story.where(ticket)[0] == "closed"
            assert taken.ticket_id is not None
            assert story.show(taken.ticket_id)["previous"] == ticket
            assert story.where(taken.ticket_id)[0] == "new"


# A letter that did not arrive


def test_a_bounce_brings_the_ball_back_and_an_undo_does_not_hide_it(story: Story) -> None:
    ticket = story.ticket()
    story.reply(ticket)
    story.staff_letters()
    assert story.where(ticket)[0] == "waiting"
    with closing(story.at(minutes=5).desk()) as desk:
        ours = [
            item.message.rfc_id
            for item in builders.seen_by_all(desk, ticket).timeline
            if item.message and item.message.kind == "reply"
        ]
        bounce = builders.letter(
            "No such user", sender="mailer-daemon@x.example", kind=LetterKind.BOUNCE,
            returned_message_id=ours[0], dsn=(DeliveryStatus(builders.CLIENT, "failed", "5.1.1"),),
        )  # fmt: skip
        assert builders.arrive(desk, bounce).outcome == "bounce"
    assert story.where(ticket) == ("needs_reply", "north", "anna")
    assert story.refused("ticket", "undo", str(ticket))[0] == 6


def test_a_refused_delivery_brings_the_ball_back_also_from_solved(story: Story) -> None:
    ticket = story.ticket()
    story.reply(ticket)
    with closing(story.desk()) as desk:
        items = outbox.due(desk, "post", 100)
    story.do("ticket", "solve", str(ticket))
    with closing(story.at(minutes=5).desk()) as desk:
        for item in items:
            refused = {to: Delivery("failed", 550, "no such user") for to in item.recipients}
            outbox.finish(desk, item.id, refused, "post")
    assert story.where(ticket) == ("needs_reply", "north", "anna")
    assert story.refused("ticket", "undo", str(ticket))[0] == 6, "the failure came after solving"


def test_what_machines_write_moves_nothing(story: Story) -> None:
    ticket = story.ticket()
    story.reply(ticket)
    with closing(story.at(minutes=5).desk()) as desk:
        away = builders.answer_to(desk, ticket, "Я в отпуске", kind=LetterKind.AUTOMATIC)
        assert builders.arrive(desk, away).ticket_id == ticket
    assert story.where(ticket)[0] == "waiting"


# Statuses and processes of a team's own

VENDOR = """
[statuses.vendor]
kind = "waiting"
name = "Waits for the vendor"
order = 25
[statuses.checking]
kind = "needs_reply"
name = "Being checked"
order = 5
moves = ["vendor", "solved"]
[processes.repair]
name = "Repairs"
statuses = ["vendor", "checking"]
without = ["solved"]
[templates.repair]
name = "Repair"
process = "repair"
priority = "high"
"""


def test_a_template_puts_a_ticket_into_its_process(story: Story) -> None:
    story.configure(VENDOR)
    path = story.folder / "config.toml"
    text = path.read_text("utf-8").replace(
        'region = "siberia"\n', 'region = "siberia"\ntemplate = "repair"\n', 1
    )
    path.write_text(text, "utf-8")
    repair = story.ticket()
    plain = story.ticket(region="Caucasus", sender="b@x.example")
    assert (story.show(repair)["priority"], story.show(plain)["priority"]) == ("high", "normal")
    story.do("ticket", "accept", str(repair))
    assert story.where(repair)[0] == "checking", "the first status of its kind"
    code, _sentence = story.refused("ticket", "status", str(repair), "needs_reply")
    assert code == 6
    story.do("ticket", "status", str(repair), "vendor")
    assert repair in [row["id"] for row in story.do("ticket", "list")], "an own status is as open as its kind"
    story.at(hours=9).answer(repair)
    assert story.where(repair)[0] == "checking", "the client wrote: ours again"
    story.do("ticket", "solve", str(repair))
    assert story.where(repair)[0] == "closed", "what cannot be solved is closed"
    assert story.refused("ticket", "status", str(plain), "vendor", by="sonya")[0] == 6


def test_an_agent_and_a_contact_can_choose_the_template(story: Story) -> None:
    story.configure(VENDOR)
    with closing(story.desk()) as desk:
        builders.opened(desk)
        with desk.write() as session:
            session.execute(update(ContactRow).values(template="repair"))
    theirs = story.ticket()
    assert story.show(theirs)["priority"] == "high"
    made = story.do(
        "ticket", "new", "--to", "eva@x.example", "--subject", "Ремонт", "--text", "Готово?", "--group", "north",
        "--template", "repair",
    )  # fmt: skip
    assert story.where(made["ticket_id"])[0] == "vendor"
    words = ("ticket", "new", "--to", "e@x.example", "--subject", "s", "--text", "t", "--group", "north")
    assert story.refused(*words, "--template", "nothing")[0] == 4


def test_a_colleagues_ticket_is_not_put_back_to_new_by_a_move(story: Story) -> None:
    ticket = story.ticket()
    story.do("ticket", "accept", str(ticket))
    assert story.refused("ticket", "status", str(ticket), "new", by="boris")[0] == 5
    story.do("ticket", "status", str(ticket), "new", by="nadia")
    assert story.where(ticket) == ("new", "north", "")


# Scenarios of a team's own

URGENT = """
[[scenarios]]
name = "urgent"
when = { event = "opened" }
if = { subject = "пожар" }
then = [
    { priority = "urgent" },
    { assign = "boris" },
    { notify = "agent:sonya", text = "{client}: {subject} (#{ticket})", by_mail = true },
    { note = "Горит уже {minutes} мин." },
]
[[scenarios]]
name = "long wait"
when = { status = "waiting", for = "2d" }
then = [{ notify = "owner", text = "{time}" }, { status = "solved" }]
"""


def test_own_scenarios_act_on_what_happens_and_on_time(story: Story) -> None:
    story.configure(URGENT)
    assert story.robot() == []
    calm, fire = story.ticket(sender="b@x.example"), story.ticket(subject="Пожар в {зале}")
    story.at(minutes=1)
    assert story.would() == [f"own:urgent #{fire}"]
    assert story.robot() == [f"own:urgent #{fire}"]
    assert story.where(fire) == ("needs_reply", "north", "boris")
    assert story.show(fire)["priority"] == "urgent"
    assert story.told("sonya", "own") == [f"Иван Петров: Пожар в {{зале}} (#{fire})"]
    assert list(story.staff_letters()) == ["sonya@desk.example"]
    (note,) = story.notes(fire)
    assert note.startswith("Горит уже 0 мин.")
    assert "urgent" in note
    assert "enabled = false" in note
    assert story.robot() == []
    assert story.where(calm) == ("new", "north", "")
    story.reply(fire, "boris")
    story.do("ticket", "close", str(calm))
    assert story.at(days=2).robot() == []
    assert story.at(days=2, minutes=2).robot() == [f"own:long wait #{fire}"]
    assert story.told("boris", "own") == ["2 days"], "the number in force"
    assert story.where(fire)[0] == "solved"


def test_loops_are_cut(story: Story) -> None:
    story.configure(
        "".join(
            f'[[scenarios]]\nname = "{one}"\nwhen = {{ event = "passed" }}\nif = {{ group = "{here}" }}\n'
            f'then = [{{ pass = "{there}" }}]\n'
            for one, here, there in (("a", "south", "north"), ("b", "north", "south"))
        )
    )
    story.robot()
    ticket = story.ticket()
    story.do("ticket", "pass", str(ticket), "--group", "south")
    assert story.at(minutes=1).robot() == [f"own:a #{ticket}", f"own:b #{ticket}"]
    assert story.robot() == []
    assert story.where(ticket)[1] == "south"


def test_a_scenario_that_is_written_later_does_not_answer_history(story: Story) -> None:
    scenario = '[[scenarios]]\nname = "x"\nwhen = { event = "opened" }\nthen = [{ note = "x" }]\n'
    story.configure(scenario)
    story.robot()
    story.configure()
    story.ticket()
    story.robot()
    story.configure(scenario)
    assert story.at(minutes=1).robot() == []
    ticket = story.ticket(sender="b@x.example")
    assert story.robot() == [f"own:x #{ticket}"]


def test_two_scenarios_say_their_own_of_one_cause(story: Story) -> None:
    story.configure(
        "".join(
            f'[[scenarios]]\nname = "after {n}"\nwhen = {{ status = "new", for = "{n}m" }}\n'
            f'then = [{{ notify = "supervisors", text = "after {n}" }}]\n'
            for n in (5, 10)
        )
    )
    story.ticket()
    story.at(minutes=11).robot()
    assert sorted(story.told("nadia", "own")) == ["after 10", "after 5"]


def test_a_scenario_names_somebody_who_has_left_and_the_robot_goes_on(story: Story) -> None:
    story.configure(URGENT)
    story.robot()
    story.do("agent", "edit", "boris", "--inactive", by="")
    fire = story.ticket(subject="Пожар")
    story.at(minutes=1).robot()
    assert story.where(fire) == ("new", "north", "")
    assert story.show(fire)["priority"] == "urgent"


def test_a_group_without_a_head_is_watched_over_by_the_admins(story: Story) -> None:
    story.do("agent", "edit", "nadia", "--inactive", by="")
    ticket = story.ticket()
    story.at(minutes=31).robot()
    assert story.notices("root") == [f"unaccepted #{ticket}"]
    (notice,) = story.do("notice", "list", by="root")
    story.do("notice", "ack", str(notice["id"]), by="root")
    assert story.notices("root") == []
