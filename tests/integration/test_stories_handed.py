"""What a bounce looks like, what a ticket became, and tickets that are handed on while they wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core import clock
from core.domain.letters import DeliveryStatus, LetterKind
from core.i18n import choose, speaking
from core.services import notices, outbox
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
            refused = Delivery("failed", 550, "no such user")
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
