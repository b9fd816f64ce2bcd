"""Letters on their way out: nothing is lost, nothing is sent again blindly, and every failure brings the ball back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.db.tables import OutboxRow
from core.domain.letters import DeliveryStatus, LetterKind, Mailaddr
from core.domain.tokens import plus_address
from core.errors import Conflict, Forbidden, MoveNotAllowed, NotFound
from core.services import outbox, replies, tickets
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outbox import Delivery, OutboxItem, Phase
from core.services.models.ticket import TicketView
from tests.builders import (
    CLIENT,
    SUPPORT,
    answer_to,
    arrive,
    desk_in,
    last_of,
    letter,
    mailbox_toml,
    opened,
    rows,
    seen_by_all,
    who,
)

SENT, LATER = Delivery("sent", 250, "ok"), Delivery("later", 451, "451 try later")
REFUSED = Delivery("failed", 550, "550 no such user")
BOSS = "boss@client.example"


@pytest.fixture
def ticket(desk: Desk) -> int:
    """A ticket whose confirmation is out, owned by anna, with one answer queued for two people."""
    number = opened(desk, cc=(BOSS,))
    (confirmation,) = outbox.due(desk, "w0")
    outbox.finish(desk, confirmation.id, {CLIENT: SENT}, "w0")
    replies.reply(desk, who(desk, "anna"), number, "Проверьте ещё раз", last_of(desk, number))
    return number


def taken(desk: Desk, worker: str = "w1") -> OutboxItem:
    """The one letter that is due, leased to a worker."""
    (item,) = outbox.due(desk, worker)
    return item


def states(desk: Desk, item: OutboxItem) -> dict[str, str]:
    """How each recipient fares, and under "" the letter itself."""
    found = dict(
        rows(desk, "SELECT email, state FROM outbox_recipient WHERE outbox_id = :id", id=item.id)
    ) | dict(rows(desk, "SELECT '', state FROM outbox WHERE id = :id", id=item.id))
    return {str(key): str(value) for key, value in found.items()}


def reply_of(view: TicketView) -> MessageView:
    return [item.message for item in view.timeline if item.message and item.message.kind == "reply"][-1]


def test_a_queued_letter_is_leased_to_one_worker_at_a_time(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    assert (item.recipients, item.worker, item.attempts, item.sha256) == ((BOSS, CLIENT), "w1", 1, None)
    assert outbox.due(desk, "w2") == []
    assert outbox.next_due(desk) is None
    assert states(desk, item)[""] == "sending"
    assert item.ticket_id == ticket


def due_in(desk: Desk, **mailboxes: int) -> None:
    """Queue one letter for each mailbox named, due so many seconds from now."""
    with desk.write() as session:
        for mailbox, seconds in mailboxes.items():
            at = clock.now() + timedelta(seconds=seconds)
            session.add(OutboxRow(mailbox=mailbox, due_at=at, created_at=at))


def test_full_mailboxes_are_passed_over_and_the_longest_due_letters_go_first(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=mailbox_toml("sales", "sales@desk.example")) as desk:
        due_in(desk, sales=-3)
        due_in(desk, support=-2, gone=-1, sales=-4)
        due_in(desk, support=60, sales=30)
        soon = clock.now()

        def leased(limit: int, *full: str) -> list[str]:
            return [item.mailbox for item in outbox.due(desk, "w", limit, full)]

        assert outbox.next_due(desk, ["support", "sales"]) is None
        assert leased(20, "support", "sales") == []
        # What a mailbox that was taken out would have sent goes by the first one, and waits with it.
        assert leased(1, "support") == ["sales"]
        assert leased(20, "sales") == ["support", "gone"]
        at = outbox.next_due(desk, ["sales"])
        assert at is not None
        assert timedelta(seconds=50) < at - soon < timedelta(seconds=61)
        assert leased(20) == ["sales"]
        at = outbox.next_due(desk)
        assert at is not None
        assert at - soon < timedelta(seconds=31)


def test_the_letter_says_everything_that_the_composer_needs(desk: Desk, ticket: int) -> None:
    made = taken(desk)
    assert made.envelope_from == made.letter.from_addr == SUPPORT
    assert made.letter.from_name == "Anna Kotova (Support)"
    assert made.letter.reply_to == plus_address(desk.secret, ticket, SUPPORT)
    assert [a.addr for a in (*made.letter.to, *made.letter.cc)] == [CLIENT, BOSS]
    assert made.letter.body_text == "Проверьте ещё раз\n\n-- \nYour North"
    assert not made.letter.automatic
    assert made.letter.language == "ru"


def test_a_confirmation_has_no_envelope_sender_and_no_signature(desk: Desk) -> None:
    opened(desk)
    made = taken(desk)
    assert (made.envelope_from, made.letter.automatic) == ("", True)
    assert "Your North" not in made.letter.body_text


def test_a_letter_that_everyone_got_is_sent(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    assert outbox.finish(desk, item.id, {CLIENT: SENT, BOSS: SENT}, "w1") == "sent"
    view = seen_by_all(desk, ticket)
    message = reply_of(view)
    assert (view.status, message.delivery, {r.state for r in message.recipients}) == (
        "waiting", "sent", {"sent"},
    )  # fmt: skip
    assert view.timeline[-1].event.kind == "delivery"
    assert outbox.due(desk, "w1") == []


def test_only_who_was_put_off_is_tried_again(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    assert outbox.finish(desk, item.id, {CLIENT: SENT, BOSS: LATER}, "w1", 0) == "queued"
    assert reply_of(seen_by_all(desk, ticket)).delivery_reason == LATER.text
    again = taken(desk)
    assert (again.id, again.recipients, again.attempts) == (item.id, (BOSS,), 2)
    assert again.letter == item.letter, "the same letter, whoever is still to get it"
    assert outbox.finish(desk, again.id, {BOSS: SENT}, "w1") == "sent"


def test_who_was_put_off_waits(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    outbox.finish(desk, item.id, {CLIENT: LATER, BOSS: LATER}, "w1", 3600)
    assert outbox.due(desk, "w1") == []
    assert outbox.next_due(desk) is not None
    assert seen_by_all(desk, ticket).status == "waiting", "being put off is no failure"


def test_a_recipient_of_whom_nothing_is_known_is_not_taken_for_served(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    assert outbox.finish(desk, item.id, {CLIENT: SENT}, "w1", 0) == "queued"
    assert taken(desk).recipients == (BOSS,)


def test_a_refusal_for_good_is_shown_and_brings_the_ball_back(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    assert outbox.finish(desk, item.id, {CLIENT: REFUSED, BOSS: SENT}, "w1") == "failed"
    view = seen_by_all(desk, ticket)
    message = reply_of(view)
    assert view.status == "needs_reply"
    assert (message.delivery, message.delivery_reason) == ("failed", REFUSED.text)
    assert {r.address: r.state for r in message.recipients} == {CLIENT: "failed", BOSS: "sent"}
    assert (view.timeline[-1].event.data["from"], view.timeline[-1].event.data["to"]) == (
        "waiting", "needs_reply",
    )  # fmt: skip
    assert view.timeline[-1].event.data["reached"] == 1


def test_one_refused_and_one_put_off_ends_only_when_all_is_known(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    assert outbox.finish(desk, item.id, {CLIENT: REFUSED, BOSS: LATER}, "w1", 0) == "queued"
    again = taken(desk)
    assert again.recipients == (BOSS,)
    assert outbox.finish(desk, again.id, {BOSS: SENT}, "w1") == "failed"
    assert seen_by_all(desk, ticket).status == "needs_reply"


def test_a_letter_that_cannot_be_sent_at_all_fails_visibly(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    outbox.fail(desk, item.id, "no such mailbox any more", "w1")
    view = seen_by_all(desk, ticket)
    assert (view.status, reply_of(view).delivery) == ("needs_reply", "failed")
    assert states(desk, item) == {CLIENT: "failed", BOSS: "failed", "": "failed"}


def test_a_confirmation_that_fails_moves_nothing(desk: Desk) -> None:
    number = opened(desk)
    tickets.accept(desk, who(desk, "anna"), number)
    item = taken(desk)
    replies.reply(desk, who(desk, "anna"), number, "Ответ", last_of(desk, number))
    outbox.finish(desk, item.id, {CLIENT: REFUSED}, "w1")
    assert seen_by_all(desk, number).status == "waiting"
    outbox.resend(desk, who(desk, "anna"), item.id)
    arrive(desk, answer_to(desk, number))
    outbox.fail(desk, next(i.id for i in outbox.due(desk, "w1") if i.id == item.id), "x", "w1")
    outbox.resend(desk, who(desk, "anna"), item.id)
    assert seen_by_all(desk, number).status == "needs_reply", "confirming again is no answer"


# Interrupted senders


@pytest.mark.parametrize("reached", ["none", "connect", "mail", "rcpt"])
def test_a_sender_killed_before_data_is_followed_by_another_try(
    desk: Desk, ticket: int, reached: Phase
) -> None:
    item = taken(desk)
    if reached != "none":
        outbox.phase(desk, item.id, reached, "w1")
    assert outbox.recover(desk, "w2") == (1, 0)
    assert taken(desk, "w2").id == item.id
    assert seen_by_all(desk, ticket).status == "waiting"


@pytest.mark.parametrize("reached", ["data", "sent"])
def test_a_sender_killed_from_data_on_leaves_a_letter_that_an_agent_decides_about(
    desk: Desk, ticket: int, reached: Phase
) -> None:
    item = taken(desk)
    outbox.phase(desk, item.id, reached, "w1")
    assert outbox.recover(desk, "w2") == (0, 1)
    assert outbox.due(desk, "w2") == [], "nothing is sent again blindly"
    view = seen_by_all(desk, ticket)
    assert (view.status, reply_of(view).delivery) == ("needs_reply", "unknown")


def test_a_sender_recovers_others_letters_never_its_own(desk: Desk, ticket: int) -> None:
    item = taken(desk, "w1")
    assert outbox.recover(desk, "w1") == (0, 0)
    assert states(desk, item)[""] == "sending"
    assert ticket


Report = Callable[[Desk, int, str], object]


@pytest.mark.parametrize(
    "report",
    [
        lambda desk, item, worker: outbox.phase(desk, item, "data", worker),
        lambda desk, item, worker: outbox.finish(desk, item, {CLIENT: SENT, BOSS: SENT}, worker),
        lambda desk, item, worker: outbox.retry_later(desk, item, "no connection", worker, 0),
        lambda desk, item, worker: outbox.fail(desk, item, "no such user", worker),
        lambda desk, item, worker: outbox.unknown(desk, item, "it broke off", worker),
    ],
)
def test_a_sender_that_lost_a_letter_can_neither_go_on_nor_say_what_became_of_it(
    desk: Desk, ticket: int, report: Report
) -> None:
    item = taken(desk, "w1")
    outbox.recover(desk, "w2")
    with pytest.raises(Conflict, match="Another sender"):
        report(desk, item.id, "w1")
    again = taken(desk, "w2")
    with pytest.raises(Conflict, match="Another sender"):
        report(desk, item.id, "w1")
    assert states(desk, item) == {CLIENT: "queued", BOSS: "queued", "": "sending"}
    assert outbox.finish(desk, again.id, {CLIENT: SENT, BOSS: SENT}, "w2") == "sent"
    with pytest.raises(Conflict, match="Another sender"):
        report(desk, item.id, "w2")
    assert states(desk, item)[""] == "sent"
    assert seen_by_all(desk, ticket).status == "waiting"


# What an agent decides


def lost(desk: Desk) -> OutboxItem:
    """The queued answer, with its bytes stored and its fate unknown."""
    item = taken(desk)
    outbox.store_bytes(desk, item.id, desk.blobs.put(b"the final bytes"))
    outbox.phase(desk, item.id, "data", "w1")
    outbox.unknown(desk, item.id, "the connection broke off", "w1")
    return item


def test_sending_again_keeps_the_bytes_and_the_message_id(desk: Desk, ticket: int) -> None:
    item = lost(desk)
    outbox.resend(desk, who(desk, "anna"), item.id)
    again = taken(desk)
    assert desk.blobs.read(again.sha256 or "") == b"the final bytes"
    assert (again.letter, again.recipients) == (item.letter, item.recipients)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.timeline[-1].event.kind) == ("waiting", "resent")


def test_sending_again_serves_only_those_who_did_not_get_it(desk: Desk, ticket: int) -> None:
    item = taken(desk)
    outbox.finish(desk, item.id, {CLIENT: SENT, BOSS: REFUSED}, "w1")
    outbox.resend(desk, who(desk, "anna"), item.id)
    assert taken(desk).recipients == (BOSS,)
    assert seen_by_all(desk, ticket).status == "waiting"


def test_sending_an_old_answer_again_does_not_answer_what_came_since(desk: Desk, ticket: int) -> None:
    item = lost(desk)
    arrive(desk, answer_to(desk, ticket))
    outbox.resend(desk, who(desk, "anna"), item.id)
    assert seen_by_all(desk, ticket).status == "needs_reply"


def test_giving_up_keeps_the_ball_with_us_and_the_letter_off(desk: Desk, ticket: int) -> None:
    item = lost(desk)
    outbox.give_up(desk, who(desk, "boris"), item.id)
    view = seen_by_all(desk, ticket)
    assert (view.status, reply_of(view).delivery) == ("needs_reply", "cancelled")
    assert view.timeline[-1].event.kind == "given_up"
    assert outbox.due(desk, "w1") == []
    for act in (outbox.resend, outbox.give_up):
        with pytest.raises(Conflict, match="given up"):
            act(desk, who(desk, "anna"), item.id)


@pytest.mark.parametrize("act", [outbox.resend, outbox.give_up])
def test_there_is_nothing_to_decide_about_a_letter_that_is_on_its_way(
    desk: Desk, ticket: int, act: Callable[..., None]
) -> None:
    item = taken(desk)
    with pytest.raises(Conflict, match="being sent"):
        act(desk, who(desk, "anna"), item.id)
    with pytest.raises(NotFound):
        act(desk, who(desk, "anna"), 4711)
    with pytest.raises(Forbidden):
        act(desk, OPERATOR, item.id)
    assert ticket


# Bounces


def bounce(desk: Desk, ticket: int, *dsn: DeliveryStatus, **fields: Any) -> Any:
    """A delivery report about our latest answer."""
    given: dict[str, Any] = {"returned_message_id": reply_of(seen_by_all(desk, ticket)).rfc_id} | fields
    return arrive(
        desk,
        letter(
            "It failed.",
            sender="MAILER-DAEMON@relay.example",
            name="",
            kind=LetterKind.BOUNCE,
            dsn=dsn,
            **given,
        ),
    )


@pytest.fixture
def gone(desk: Desk, ticket: int) -> int:
    """The ticket, its answer taken by the relay."""
    item = taken(desk)
    outbox.finish(desk, item.id, {CLIENT: SENT, BOSS: SENT}, "w1")
    return ticket


def test_a_bounce_brings_the_ball_back_and_flags_who_did_not_get_it(desk: Desk, gone: int) -> None:
    result = bounce(desk, gone, DeliveryStatus(CLIENT.upper(), "failed", "5.1.1"))
    view = seen_by_all(desk, gone)
    assert (result.outcome, result.ticket_id, view.status) == ("bounce", gone, "needs_reply")
    assert {r.address: r.state for r in reply_of(view).recipients} == {CLIENT: "bounced", BOSS: "sent"}
    assert rows(desk, "SELECT email FROM address WHERE bounced_at IS NOT NULL") == [(CLIENT,)]
    assert view.timeline[-1].event.kind == "bounced"
    assert view.timeline[-1].message is not None
    assert rows(desk, "SELECT count(*) FROM ticket") == [(1,)], "nothing is opened in the daemon's name"


@pytest.mark.parametrize(
    "how",
    [
        {"returned_message_id": "", "in_reply_to": True},
        {"returned_message_id": "", "references": True},
        {"returned_message_id": "", "token": True},
    ],
)
def test_a_bounce_is_linked_by_what_it_answers_or_by_the_token(
    desk: Desk, gone: int, how: dict[str, Any]
) -> None:
    ours = reply_of(seen_by_all(desk, gone)).rfc_id
    fields: dict[str, Any] = {key: (ours,) for key in ("in_reply_to", "references") if key in how}
    if "token" in how:
        fields = {"to": (plus_address(desk.secret, gone, SUPPORT),)}
    result = bounce(desk, gone, returned_message_id="", **fields)
    assert (result.outcome, seen_by_all(desk, gone).status) == ("bounce", "needs_reply")


def test_a_delay_moves_nothing(desk: Desk, gone: int) -> None:
    bounce(desk, gone, DeliveryStatus(CLIENT, "delayed", "4.4.1"))
    view = seen_by_all(desk, gone)
    assert (view.status, view.timeline[-1].event.kind) == ("waiting", "delayed")
    assert rows(desk, "SELECT count(*) FROM address WHERE bounced_at IS NOT NULL") == [(0,)]


def test_a_soft_failure_does_not_flag_the_address(desk: Desk, gone: int) -> None:
    bounce(desk, gone, DeliveryStatus(CLIENT, "failed", "4.2.2"))
    assert seen_by_all(desk, gone).status == "needs_reply"
    assert rows(desk, "SELECT count(*) FROM address WHERE bounced_at IS NOT NULL") == [(0,)]


def test_a_sole_recipient_is_meant_whatever_address_a_forwarder_made_of_theirs(desk: Desk) -> None:
    number = opened(desk)
    replies.reply(desk, who(desk, "anna"), number, "Ответ", last_of(desk, number))
    for item in outbox.due(desk, "w1"):
        outbox.finish(desk, item.id, {CLIENT: SENT}, "w1")
    bounce(desk, number, DeliveryStatus("ivan.petrov@forwarded.example", "failed", "5.1.1"))
    assert {r.address: r.state for r in reply_of(seen_by_all(desk, number)).recipients} == {CLIENT: "bounced"}


def test_a_bounced_confirmation_moves_nothing(desk: Desk) -> None:
    number = opened(desk)
    confirmation = seen_by_all(desk, number).timeline[-1].message
    assert confirmation is not None
    replies.reply(desk, who(desk, "anna"), number, "Ответ", last_of(desk, number))
    bounce(desk, number, returned_message_id=confirmation.rfc_id)
    view = seen_by_all(desk, number)
    assert (view.status, view.timeline[-1].event.kind) == ("waiting", "bounced")


def test_a_bounce_that_nobody_can_place_is_visible_and_never_answered(desk: Desk, ticket: int) -> None:
    before = rows(desk, "SELECT count(*) FROM outbox")
    result = bounce(desk, ticket, returned_message_id="<foreign@x.example>")
    assert result.outcome == "opened"
    assert rows(desk, "SELECT count(*) FROM outbox") == before


def test_a_bounce_does_not_reopen_what_is_closed(desk: Desk, gone: int) -> None:
    tickets.close(desk, who(desk, "anna"), gone)
    bounce(desk, gone, DeliveryStatus(CLIENT, "failed", "5.1.1"))
    assert seen_by_all(desk, gone).status == "closed"
    with pytest.raises(MoveNotAllowed):
        replies.reply(desk, who(desk, "anna"), gone, "x", last_of(desk, gone), to=[Mailaddr(CLIENT)])
