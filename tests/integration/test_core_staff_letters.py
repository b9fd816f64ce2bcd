"""What one of the staff writes from their own mail program: a note, an answer, a forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.domain.letters import DeliveryStatus, Letter, LetterKind, Mailaddr
from core.services import outbox, replies, tickets
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outbox import Delivery
from core.services.models.ticket import TicketView
from mailbridge.letter import read
from tests.builders import (
    CLIENT,
    SUPPORT,
    agent,
    answer_to,
    arrive,
    closed_at,
    last_of,
    letter,
    opened,
    rows,
    seen_by_all,
    who,
)

ANNA = "anna@desk.example"
ORIGINAL = Letter(
    from_addr="olga@firm.example",
    from_name="Ольга",
    subject="Счёт",
    body_text="Где счёт?",
    reply_text="Где счёт?",
)


def messages(view: TicketView) -> list[MessageView]:
    """What was said, oldest first."""
    return [item.message for item in view.timeline if item.message]


def forward(**fields: Any) -> Letter:
    """Anna passes a client's letter on."""
    how = {
        "sender": ANNA,
        "name": "Anna",
        "subject": "Fwd: Счёт",
        "forwarded": ORIGINAL,
        "preface": "Это к вам",
    }
    return letter("Это к вам\n\n---- Forwarded message ----", **{**how, **fields})


# Answers and notes


def test_an_agents_letter_to_the_client_with_us_in_copy_is_the_answer(desk: Desk) -> None:
    ticket = opened(desk)
    answer = answer_to(
        desk, ticket, "Уже чиним", sender=ANNA, to=(CLIENT,), cc=(SUPPORT, "chief@client.example")
    )
    taken = arrive(desk, answer)
    view = seen_by_all(desk, ticket)
    said = messages(view)[-1]
    assert (view.status, view.owner, view.board) == ("waiting", agent(desk, "anna"), "waiting")
    assert (said.kind, said.author, said.body, said.delivery) == ("reply", "Anna Kotova", "Уже чиним", "")
    assert [one.address for one in said.recipients] == [CLIENT, "chief@client.example"], "not ourselves"
    assert view.guard_event == taken.event_id
    assert rows(desk, "SELECT count(*) FROM outbox WHERE message_id = :id", id=said.id) == [(0,)], (
        "sent already"
    )
    back = letter("Спасибо, ждём", in_reply_to=(answer.message_id,), sender="chief@client.example")
    assert (arrive(desk, back).ticket_id, seen_by_all(desk, ticket).status) == (ticket, "needs_reply")
    assert not messages(seen_by_all(desk, ticket))[-1].private


def test_the_same_answer_by_another_way_is_one(desk: Desk) -> None:
    ticket = opened(desk)
    answer = answer_to(desk, ticket, "Уже чиним", sender=ANNA, to=(CLIENT,), cc=(SUPPORT,))
    arrive(desk, answer)
    assert arrive(desk, answer).outcome == "duplicate"


def test_a_colleague_who_answers_leaves_the_owner(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket)
    arrive(desk, answer_to(desk, ticket, sender="boris@desk.example", to=(CLIENT,)))
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner) == ("waiting", agent(desk, "anna"))


def test_an_agents_letter_to_us_alone_moves_nothing(desk: Desk) -> None:
    ticket = opened(desk)
    arrive(desk, answer_to(desk, ticket, "Для своих", sender=ANNA))
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner, messages(view)[-1].kind) == ("new", None, "note")


def test_on_a_closed_ticket_an_agents_answer_is_a_note(desk: Desk) -> None:
    ticket = opened(desk)
    answer = answer_to(desk, ticket, "Вдогонку", sender=ANNA, to=(CLIENT,))
    tickets.close(desk, who(desk, "anna"), ticket)
    arrive(desk, answer)
    view = seen_by_all(desk, ticket)
    assert (view.status, messages(view)[-1].kind) == ("closed", "note")


# Forwards


def test_an_agents_forward_opens_a_ticket_for_who_wrote_it(desk: Desk) -> None:
    taken = arrive(desk, forward())
    view = seen_by_all(desk, taken.ticket_id or 0)
    first, note = messages(view)
    assert (taken.outcome, view.client.name, view.client.addresses) == (
        "opened",
        "Ольга",
        ("olga@firm.example",),
    )
    assert (view.subject, view.status, view.owner) == ("Счёт", "new", None)
    assert (first.kind, first.author_address, first.body) == ("inbound", "olga@firm.example", "Где счёт?")
    assert (note.kind, note.author, note.body) == ("note", "Anna Kotova", "Это к вам")
    assert [one.address for one in view.to] == ["olga@firm.example"], "the answer goes to who wrote it"
    assert view.guard_event == taken.event_id
    assert rows(desk, "SELECT count(*) FROM outbox") == [(0,)], "they wrote to Anna: no machine answers them"
    assert rows(desk, "SELECT count(*) FROM address WHERE email = :a", a=ANNA) == [(0,)]


def test_the_same_forward_by_another_way_opens_nothing(desk: Desk) -> None:
    one = forward()
    assert [arrive(desk, one).outcome for _ in range(2)] == ["opened", "duplicate"]


def test_a_letter_that_is_attached_keeps_its_files_and_its_thread(desk: Desk) -> None:
    inner = (
        b"From: Olga <olga@firm.example>\r\nTo: anna@desk.example\r\nCc: boss@firm.example\r\n"
        b"Reply-To: office@firm.example\r\nSubject: Bill\r\nMessage-ID: <bill@firm.example>\r\n"
        b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nWhere is the bill?\r\n"
        b"--i\r\nContent-Type: application/pdf; name=bill.pdf\r\n\r\n%PDF\r\n--i--\r\n"
    )
    raw = (
        b"From: Anna <anna@desk.example>\r\nTo: support@desk.example\r\nSubject: for you\r\n"
        b"Message-ID: <fwd@desk.example>\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\n"
        b"--o\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--o--\r\n"
    )
    taken = arrive(desk, read(raw))
    view = seen_by_all(desk, taken.ticket_id or 0)
    first, note = messages(view)
    assert (view.subject, first.rfc_id, note.rfc_id) == ("Bill", "<bill@firm.example>", "<fwd@desk.example>")
    assert [file.name for file in first.attachments] == ["bill.pdf", "Bill.eml"]
    assert [desk.blobs.read(file.sha256)[:4] for file in first.attachments] == [b"%PDF", b"From"]
    assert [one.address for one in view.to] == ["office@firm.example", "boss@firm.example"]
    sent = replies.reply(desk, who(desk, "root"), view.id, "Вот он", view.last_event)
    answer = next(one for one in messages(seen_by_all(desk, view.id)) if one.id == sent.message_id)
    (references,) = rows(desk, "SELECT in_reply_to FROM message WHERE id = :id", id=answer.id)
    assert references == ("<bill@firm.example>",), "their mail program shows it below their own letter"


def test_a_forward_of_what_is_here_already_is_a_note_there(desk: Desk) -> None:
    one = letter(region="Siberia")
    ticket = arrive(desk, one).ticket_id
    inner = Letter(from_addr=CLIENT, message_id=one.message_id, body_text="x", reply_text="x")
    taken = arrive(desk, forward(forwarded=inner))
    view = seen_by_all(desk, ticket or 0)
    assert (taken.ticket_id, messages(view)[-1].kind, view.status) == (ticket, "note", "new")


@pytest.mark.parametrize(
    "inner",
    [
        Letter(from_addr="boris@desk.example", body_text="x", reply_text="x"),
        Letter(from_addr=SUPPORT, body_text="x", reply_text="x"),
        Letter(from_addr="nobody", body_text="x", reply_text="x"),
        Letter(from_addr="daemon@x.example", kind=LetterKind.BOUNCE, body_text="x", reply_text="x"),
    ],
)
def test_a_forward_of_what_no_client_wrote_is_the_agents_own_letter(desk: Desk, inner: Letter) -> None:
    view = seen_by_all(desk, arrive(desk, forward(forwarded=inner)).ticket_id or 0)
    assert view.client.addresses == (ANNA,)


def test_a_clients_forward_is_the_clients(desk: Desk) -> None:
    view = seen_by_all(desk, arrive(desk, forward(sender=CLIENT)).ticket_id or 0)
    assert view.client.addresses == (CLIENT,)


# What is deleted


def test_an_agent_who_writes_on_a_deleted_ticket_writes_nothing_there(desk: Desk) -> None:
    ticket = opened(desk)
    answer = answer_to(desk, ticket, sender=ANNA)
    tickets.delete(desk, who(desk, "nadia"), ticket)
    before = len(messages(seen_by_all(desk, ticket)))
    taken = arrive(desk, answer)
    assert (taken.outcome, taken.ticket_id != ticket) == ("opened", True)
    view = seen_by_all(desk, ticket)
    assert (view.status, len(messages(view))) == ("deleted", before)


def test_a_forward_of_a_letter_whose_ticket_is_deleted_opens_a_new_one(desk: Desk) -> None:
    one = letter(region="Siberia")
    ticket = arrive(desk, one).ticket_id or 0
    tickets.delete(desk, who(desk, "nadia"), ticket)
    inner = Letter(from_addr=CLIENT, message_id=one.message_id, body_text="x", reply_text="x")
    taken = arrive(desk, forward(forwarded=inner))
    assert (taken.outcome, taken.ticket_id != ticket) == ("opened", True)
    assert seen_by_all(desk, taken.ticket_id or 0).client.addresses == (CLIENT,)


# Late answers


def late(desk: Desk, ticket: int, **fields: Any) -> Letter:
    """An answer to our latest letter on a ticket."""
    return answer_to(desk, ticket, **fields)


def test_further_answers_to_a_ticket_closed_long_ago_join_the_one_that_the_first_opened(desk: Desk) -> None:
    ticket = opened(desk, cc=("boss@client.example",))
    answers = [late(desk, ticket) for _ in range(3)]
    boss = late(desk, ticket, sender="boss@client.example")
    stranger = late(desk, ticket, sender="new@else.example")
    tickets.close(desk, who(desk, "anna"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=30))
    fresh = arrive(desk, letter("О другом"))
    sequel = arrive(desk, answers[0])
    assert (fresh.outcome, sequel.outcome) == ("opened", "opened")
    assert sequel.ticket_id != fresh.ticket_id
    assert [arrive(desk, one).ticket_id for one in (answers[1], boss, stranger)] == [sequel.ticket_id] * 3
    view = seen_by_all(desk, sequel.ticket_id or 0)
    assert [one.private for one in messages(view) if one.kind == "inbound"] == [False, False, False, True]
    assert {one.address for one in view.to} == {CLIENT, "boss@client.example"}, "who took part takes part"
    tickets.close(desk, who(desk, "root"), sequel.ticket_id or 0)
    closed_at(desk, sequel.ticket_id or 0, clock.now() - timedelta(days=30))
    third = arrive(desk, answers[2])
    assert (third.outcome, seen_by_all(desk, third.ticket_id or 0).previous_id) == (
        "opened",
        sequel.ticket_id,
    )


def test_who_takes_part_in_a_later_sequel_is_a_stranger_on_an_earlier_one_that_is_open_again(
    desk: Desk,
) -> None:
    ticket = opened(desk)
    first, second, theirs = (
        late(desk, ticket),
        late(desk, ticket),
        late(desk, ticket, sender="new@else.example"),
    )
    tickets.close(desk, who(desk, "anna"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=30))
    sequel = arrive(desk, first).ticket_id or 0
    tickets.close(desk, who(desk, "root"), sequel)
    closed_at(desk, sequel, clock.now() - timedelta(days=30))
    last = arrive(desk, replace(second, cc=(Mailaddr("new@else.example"),))).ticket_id or 0
    assert last not in (ticket, sequel)
    tickets.reopen(desk, who(desk, "root"), sequel)
    assert arrive(desk, theirs).ticket_id == sequel
    assert [one.private for one in messages(seen_by_all(desk, sequel)) if one.kind == "inbound"] == [
        False,
        True,
    ]


def test_two_late_answers_of_one_batch_are_one_ticket(desk: Desk) -> None:
    from core.services import intake
    from tests.builders import recorded

    ticket = opened(desk)
    both = [late(desk, ticket), late(desk, ticket)]
    tickets.close(desk, who(desk, "anna"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=30))
    taken = intake.take(desk, list(zip(recorded(desk, *both), both, strict=True)))
    assert [one.outcome for one in taken] == ["opened", "joined"]
    assert taken[0].ticket_id == taken[1].ticket_id


# Whom a reply names


def test_whoever_a_reply_names_takes_part_and_answers_as_the_client(desk: Desk) -> None:
    ticket = opened(desk)
    to, cc = (
        [Mailaddr("tech@client.example", "Tech")],
        [Mailaddr("boss@client.example"), Mailaddr(ANNA), Mailaddr(SUPPORT)],
    )
    replies.reply(desk, who(desk, "anna"), ticket, "Проверьте", last_of(desk, ticket), to=to, cc=cc)
    arrive(desk, answer_to(desk, ticket, sender="TECH@client.example"))
    view = seen_by_all(desk, ticket)
    assert (view.status, view.timeline[-1].event.kind, messages(view)[-1].private) == (
        "needs_reply", "client_wrote", False,
    )  # fmt: skip
    assert {one.address for one in view.to} == {"tech@client.example", CLIENT, "boss@client.example"}
    assert view.client.addresses == (CLIENT,)


def test_a_reply_to_a_crowd_adds_no_more_than_forty_in_all(desk: Desk) -> None:
    ticket = opened(desk)
    crowd = [Mailaddr(f"c{n}@crowd.example") for n in range(60)]
    replies.reply(desk, who(desk, "anna"), ticket, "Всем", last_of(desk, ticket), to=crowd)
    assert rows(desk, "SELECT count(*), sum(CASE WHEN requester THEN 1 END) FROM participant") == [(40, 1)]


def test_both_spellings_of_a_domain_are_one_client(desk: Desk) -> None:
    shown, carried = "ivan@пример.рф", "ivan@xn--e1afmkfd.xn--p1ai"
    ticket = opened(desk, sender=carried)
    assert [one.address for one in seen_by_all(desk, ticket).to] == [shown]
    replies.reply(desk, who(desk, "anna"), ticket, "Проверьте", last_of(desk, ticket), to=[Mailaddr(carried)])
    for sender in (shown, carried.upper()):
        arrive(desk, answer_to(desk, ticket, sender=sender))
    view = seen_by_all(desk, ticket)
    assert [one.private for one in messages(view) if one.kind == "inbound"] == [False] * 3
    assert rows(desk, "SELECT email FROM address") == [(shown,)]
    ours = next(one for one in messages(view) if one.kind == "reply")
    for item in outbox.due(desk, "w"):
        outbox.finish(desk, item.id, {one: Delivery("sent", 250, "ok") for one in item.recipients}, "w")
    bounce = letter(
        "failed", sender="mailer-daemon@x.example", kind=LetterKind.BOUNCE, returned_message_id=ours.rfc_id,
        dsn=(DeliveryStatus(carried, "failed", "5.1.1"),),
    )  # fmt: skip
    arrive(desk, bounce)
    assert rows(desk, "SELECT email FROM address WHERE bounced_at IS NOT NULL") == [(shown,)]
