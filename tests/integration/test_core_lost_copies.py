"""An answer that the client has and somebody in copy has not: the copy is told of, the ball stays the client's."""

from __future__ import annotations

import pytest

from core.domain.letters import DeliveryStatus, LetterKind
from core.services import notices, outbox, replies, undoing
from core.services.desk import Desk
from core.services.models.outbox import Delivery
from tests.builders import CLIENT, arrive, last_of, letter, opened, seen_by_all, who
from tests.integration.lives import told, where

BOSS = "boss@client.example"
SENT, REFUSED = Delivery("sent", 250, "ok"), Delivery("failed", 550, "550 no such user")


@pytest.fixture
def ticket(desk: Desk) -> int:
    """A ticket of anna's whose client has their boss in copy; her answer to both is due."""
    number = opened(desk, cc=(BOSS,))
    (confirmation,) = outbox.due(desk, "w")
    outbox.finish(desk, confirmation.id, {CLIENT: SENT}, "w")
    replies.reply(desk, who(desk, "anna"), number, "Ответ", last_of(desk, number))
    return number


def ends(desk: Desk, client: Delivery, boss: Delivery) -> int:
    """How the relay answers for each; returns the letter's number in the outbox."""
    (item,) = outbox.due(desk, "w")
    assert set(item.recipients) == {CLIENT, BOSS}
    outbox.finish(desk, item.id, {CLIENT: client, BOSS: boss}, "w")
    return item.id


def bounces(desk: Desk, ticket: int, email: str) -> str:
    """A report that the answer did not reach somebody; returns the status of the ticket."""
    sent = [item.message for item in seen_by_all(desk, ticket).timeline if item.message]
    ours = [message.rfc_id for message in sent if message.kind == "reply"][-1]
    arrive(
        desk,
        letter(
            "It failed.", sender="MAILER-DAEMON@relay.example", name="", kind=LetterKind.BOUNCE,
            dsn=(DeliveryStatus(email, "failed", "5.1.1"),), returned_message_id=ours,
        ),
    )  # fmt: skip
    return seen_by_all(desk, ticket).status


def test_a_copy_that_is_refused_leaves_the_ball_with_the_client_and_is_told_by_its_address(
    desk: Desk, ticket: int
) -> None:
    ends(desk, SENT, REFUSED)
    assert where(desk, ticket)[0] == "waiting"
    assert told(desk, "anna", ticket) == ["copy_undelivered"]
    (notice,) = notices.mine(desk, who(desk, "anna"))
    assert BOSS in notice.text
    assert CLIENT not in notice.text
    (listed,) = outbox.list_letters(desk, who(desk, "anna"))
    assert listed.recipients == {CLIENT: "sent", BOSS: "failed"}, "somebody decides: send it again, or not"


@pytest.mark.parametrize("boss", [SENT, REFUSED])
def test_an_answer_that_the_client_did_not_get_comes_back_whoever_else_has_it(
    desk: Desk, ticket: int, boss: Delivery
) -> None:
    ends(desk, REFUSED, boss)
    assert where(desk, ticket)[0] == "needs_reply"
    assert told(desk, "anna", ticket) == ["undelivered"]


def test_the_requester_is_no_copy_when_somebody_else_is_answered_first(desk: Desk, ticket: int) -> None:
    ends(desk, SENT, SENT)
    arrive(desk, letter("Я ещё раз.", sender=BOSS, subject=f"Re: [GLZ-{ticket}]"))
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", last_of(desk, ticket))
    ends(desk, REFUSED, SENT)
    assert where(desk, ticket)[0] == "needs_reply"


def test_a_connection_that_broke_over_a_copy_alone_takes_no_ball_back(desk: Desk, ticket: int) -> None:
    (item,) = outbox.due(desk, "w")
    outbox.finish(desk, item.id, {CLIENT: SENT, BOSS: Delivery("later", 451, "later")}, "w", retry_seconds=0)
    (again,) = outbox.due(desk, "w")
    assert again.recipients == (BOSS,)
    outbox.unknown(desk, again.id, "gone", "w")
    assert (where(desk, ticket)[0], told(desk, "anna", ticket)) == ("waiting", ["copy_undelivered"])


def test_a_copy_that_comes_back_later_leaves_the_ball_with_the_client(desk: Desk, ticket: int) -> None:
    ends(desk, SENT, SENT)
    assert bounces(desk, ticket, BOSS) == "waiting"
    assert told(desk, "anna", ticket) == ["copy_undelivered"]
    assert bounces(desk, ticket, CLIENT) == "needs_reply", "now the client does not have it either"
    assert told(desk, "anna", ticket) == ["copy_undelivered", "undelivered"]


@pytest.mark.parametrize("decide", [outbox.resend, outbox.give_up])
def test_deciding_about_a_lost_copy_moves_nothing_and_settles_it(
    desk: Desk, ticket: int, decide: object
) -> None:
    number = ends(desk, SENT, REFUSED)
    assert callable(decide)
    decide(desk, who(desk, "anna"), number)
    assert (where(desk, ticket)[0], told(desk, "anna", ticket)) == ("waiting", [])


def test_what_is_said_of_a_lost_copy_stands_again_when_the_next_answer_is_taken_back(
    desk: Desk, ticket: int
) -> None:
    ends(desk, SENT, REFUSED)
    replies.reply(desk, who(desk, "anna"), ticket, "Ещё", last_of(desk, ticket))
    assert told(desk, "anna", ticket) == []
    undoing.undo(desk, who(desk, "anna"), ticket)
    assert told(desk, "anna", ticket) == ["copy_undelivered"]
