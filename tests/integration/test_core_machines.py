"""What daemons, providers and robots write is linked to the letter of ours that it is about, and answered by nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import delete

from cli import explanations
from core import clock
from core.db.tables import MessageRow, OutboxRecipientRow, OutboxRow, TicketRow
from core.domain.letters import DeliveryStatus, Letter, LetterKind
from core.domain.notices import NoticeKind
from core.domain.tokens import message_id, plus_address
from core.errors import BadInput
from core.services import breaker, explaining, notices, outbox, replies
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outbox import Delivery
from core.services.models.ticket import TicketView
from mailbridge.letter import read
from tests.builders import CLIENT, SUPPORT, arrive, last_of, letter, opened, rows, seen_by_all, who

BOSS = "boss@client.example"

ARF = """\
From: feedback@provider.example
To: support@desk.example
Subject: Abuse report
Message-ID: <arf-1@provider.example>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is an abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
--b
Content-Type: message/rfc822

From: support@desk.example
To: ivan@client.example
Subject: Re: Help
Message-ID: {ours}

Hello
--b--
"""

RECEIPT = """\
From: ivan@client.example
To: support@desk.example
Subject: Read: Help
Message-ID: <mdn-1@client.example>
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b
Content-Type: text/plain

Your message was read.
--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822;ivan@client.example
Original-Message-ID: {ours}
Disposition: manual-action/MDN-sent-manually; displayed
--b--
"""


def answered(desk: Desk, **fields: Any) -> tuple[int, MessageView]:
    """A ticket whose answer the relay has taken, and that answer."""
    number = opened(desk, **fields)
    replies.reply(desk, who(desk, "anna"), number, "Проверьте", last_of(desk, number))
    for item in outbox.due(desk, "w"):
        outbox.finish(desk, item.id, {one: Delivery("sent", 250, "ok") for one in item.recipients}, "w")
    return number, reply_of(seen_by_all(desk, number))


def reply_of(view: TicketView) -> MessageView:
    """Our latest answer."""
    return [item.message for item in view.timeline if item.message and item.message.kind == "reply"][-1]


def daemon(desk: Desk, *results: DeliveryStatus, **fields: Any) -> Letter:
    """A bounce."""
    return letter(
        "could not be delivered",
        **{"sender": "mailer-daemon@relay.example", "kind": LetterKind.BOUNCE, "dsn": results, **fields},
    )


@pytest.mark.parametrize(("template", "kind"), [(ARF, "feedback"), (RECEIPT, "receipt")])
def test_a_report_about_our_letter_is_kept_on_its_ticket_and_moves_nothing(
    desk: Desk, template: str, kind: str
) -> None:
    number, ours = answered(desk)
    report = read(template.format(ours=ours.rfc_id).replace("\n", "\r\n").encode())
    taken = arrive(desk, report)
    view = seen_by_all(desk, number)
    assert (report.kind, taken.outcome, taken.ticket_id) == (kind, "joined", number)
    assert (view.status, view.timeline[-1].event.kind) == ("waiting", "automatic")
    assert rows(desk, "SELECT count(*) FROM ticket") == [(1,)]


def test_an_abuse_report_makes_its_sender_nobodys_client(desk: Desk) -> None:
    number, ours = answered(desk)
    arrive(desk, read(ARF.format(ours=ours.rfc_id).encode()))
    arrive(desk, read(ARF.format(ours="<foreign@x.example>").replace("arf-1", "arf-2").encode()))
    assert rows(desk, "SELECT count(*) FROM address WHERE email LIKE '%provider%'") == [(0,)]
    assert [one.address for one in seen_by_all(desk, number).to] == [CLIENT]


@pytest.mark.parametrize(
    "spell",
    [str.upper, lambda rfc_id: rfc_id[:20] + "\r\n\t" + rfc_id[20:], lambda rfc_id: f"  {rfc_id} "],
    ids=["case", "folded", "blanks"],
)
def test_a_bounce_that_spells_our_id_otherwise_marks_that_very_letter(desk: Desk, spell: Any) -> None:
    number, ours = answered(desk)
    raw = (
        "From: MAILER-DAEMON@relay.example\r\nTo: support@desk.example\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <b-1@relay.example>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nfailed\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {CLIENT}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {spell(ours.rfc_id)}\r\n--b--\r\n"
    )
    taken = arrive(desk, read(raw.encode()))
    view = seen_by_all(desk, number)
    assert (taken.outcome, taken.ticket_id, view.status) == ("bounce", number, "needs_reply")
    assert [one.state for one in reply_of(view).recipients] == ["bounced"]
    assert rows(desk, "SELECT email FROM address WHERE bounced_at IS NOT NULL") == [(CLIENT,)]


def test_a_bounce_to_the_token_alone_marks_the_latest_letter_to_whom_it_names(desk: Desk) -> None:
    number, _ours = answered(desk, cc=(BOSS,))
    address = plus_address(desk.secret, number, SUPPORT)
    taken = arrive(desk, daemon(desk, DeliveryStatus(BOSS, "failed", "5.1.1"), delivered_to=(address,)))
    view = seen_by_all(desk, number)
    assert taken.outcome == "bounce"
    assert {one.address: one.state for one in reply_of(view).recipients} == {CLIENT: "sent", BOSS: "bounced"}


def test_a_bounce_never_takes_a_recipient_off_a_letter_that_still_waits(desk: Desk) -> None:
    number = opened(desk)
    (confirmation,) = outbox.due(desk, "w1")
    outbox.finish(desk, confirmation.id, {CLIENT: Delivery("sent", 250, "ok")}, "w1")
    replies.reply(desk, who(desk, "anna"), number, "Уже чиним", last_of(desk, number))
    address = plus_address(desk.secret, number, SUPPORT)
    arrive(desk, daemon(desk, DeliveryStatus(CLIENT, "failed", "4.2.2"), delivered_to=(address,)))
    view = seen_by_all(desk, number)
    assert [one.state for one in reply_of(view).recipients] == ["queued"], "the confirmation came back"
    assert rows(desk, "SELECT state FROM outbox ORDER BY id") == [("failed",), ("queued",)]
    (item,) = outbox.due(desk, "w1")
    assert item.recipients == (CLIENT,)
    # Even one that names the waiting letter itself, as a late bounce of an earlier attempt does.
    arrive(
        desk, daemon(desk, DeliveryStatus(CLIENT, "failed", ""), returned_message_id=reply_of(view).rfc_id)
    )
    assert [one.state for one in reply_of(seen_by_all(desk, number)).recipients] == ["queued"]
    assert outbox.finish(desk, item.id, {}, "w1") == "queued"


def test_a_bounce_that_is_faster_than_the_relays_last_word_stands(desk: Desk) -> None:
    number = opened(desk)
    sent = replies.reply(desk, who(desk, "anna"), number, "Уже чиним", last_of(desk, number))
    item = next(one for one in outbox.due(desk, "w1") if one.id == sent.outbox_id)
    outbox.phase(desk, item.id, "data", "w1")
    ours = reply_of(seen_by_all(desk, number)).rfc_id
    arrive(desk, daemon(desk, DeliveryStatus(CLIENT, "failed", "5.1.1"), returned_message_id=ours))
    assert outbox.finish(desk, item.id, {CLIENT: Delivery("sent", 250, "ok")}, "w1") == "failed"
    view = seen_by_all(desk, number)
    assert (view.status, [one.state for one in reply_of(view).recipients]) == ("needs_reply", ["bounced"])


def test_a_letter_that_reached_nobody_is_not_sent(desk: Desk) -> None:
    opened(desk)
    (item,) = outbox.due(desk, "w1")
    with desk.write() as session:
        session.execute(delete(OutboxRecipientRow))
    assert outbox.finish(desk, item.id, {}, "w1") == "failed"


def test_a_bounce_that_names_a_clients_letter_marks_none_of_ours(desk: Desk) -> None:
    number = opened(desk, message_id="<theirs@client.example>")
    (item,) = outbox.due(desk, "w1")
    outbox.finish(desk, item.id, {CLIENT: Delivery("sent", 250, "ok")}, "w1")
    replies.reply(desk, who(desk, "anna"), number, "Уже чиним", last_of(desk, number))
    bounce = daemon(
        desk, DeliveryStatus(CLIENT, "failed", "5.1.1"), returned_message_id="<theirs@client.example>"
    )
    taken = arrive(desk, bounce)
    assert (taken.outcome, taken.ticket_id, seen_by_all(desk, number).status) == ("joined", number, "waiting")
    assert rows(desk, "SELECT count(*) FROM outbox_recipient WHERE state = 'bounced'") == [(0,)]


@pytest.mark.parametrize(
    ("action", "kind"), [("delivered", "automatic"), ("relayed", "automatic"), ("delayed", "delayed")]
)
def test_a_report_of_success_is_no_delay_and_moves_nothing(desk: Desk, action: str, kind: str) -> None:
    number, ours = answered(desk)
    report = daemon(desk, DeliveryStatus(CLIENT, action, "2.0.0"), returned_message_id=ours.rfc_id)
    assert arrive(desk, report).outcome == "bounce"
    view = seen_by_all(desk, number)
    assert (view.status, view.timeline[-1].event.kind) == ("waiting", kind)
    assert [one.state for one in reply_of(view).recipients] == ["sent"]


def test_a_bounce_of_nobody_knows_what_is_visible_and_has_nobody_to_answer(desk: Desk) -> None:
    taken = arrive(desk, daemon(desk, DeliveryStatus("x@y.example", "failed", "5.1.1")))
    view = seen_by_all(desk, taken.ticket_id or 0)
    assert (taken.outcome, view.status, view.board, view.to, view.client.id) == (
        "opened", "new", "new", (), None,
    )  # fmt: skip
    assert rows(desk, "SELECT count(*) FROM contact") == [(0,)]
    with pytest.raises(BadInput, match=re.escape(f"Ticket {view.id} has no client whose address is known.")):
        replies.reply(desk, who(desk, "root"), view.id, "Получено", view.last_event)
    assert rows(desk, "SELECT count(*) FROM outbox") == [(0,)]


def noticed(desk: Desk, cause: int = 1) -> str:
    """The Message-ID of a letter that tells nadia of a ticket, which is on its way."""
    with desk.write() as session:
        ticket = session.get_one(TicketRow, 1)
        notices.post(
            session, ticket, NoticeKind.UNACCEPTED, cause, clock.now(), audience="supervisors",
            group_id=ticket.group_id, by_mail=True,
        )  # fmt: skip
    assert notices.mail(desk) == 1
    (item,) = [one for one in outbox.due(desk, "w") if not one.ticket_id]
    assert item.recipients == ("nadia@desk.example",)
    return item.letter.message_id


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "nadia@desk.example"},
        {"sender": "nadia@home.example", "subject": "Out of office"},
        {"sender": "nadia@desk.example", "kind": LetterKind.AUTOMATIC},
        {"sender": "mailer-daemon@x.example", "kind": LetterKind.BOUNCE},
    ],
)
def test_an_answer_to_a_mailed_notice_opens_nothing_and_is_answered_by_nothing(
    desk: Desk, fields: dict[str, Any]
) -> None:
    opened(desk)
    notice = noticed(desk)
    before = rows(desk, "SELECT count(*) FROM outbox")
    answer = letter("Меня нет", in_reply_to=(notice,), **fields)
    taken = arrive(desk, answer)
    assert (taken.outcome, taken.ticket_id) == ("notice", None)
    found = explaining.explain(desk, who(desk, "root"), answer, "support")
    assert (found.outcome, found.opening) == ("notice", None)
    assert "letter of ours to the staff" in explanations.why(found)
    assert rows(desk, "SELECT count(*) FROM ticket") == [(1,)]
    assert rows(desk, "SELECT count(*) FROM outbox") == before
    assert rows(desk, "SELECT state, outcome FROM mail_ledger ORDER BY id DESC LIMIT 1") == [
        ("done", "notice")
    ]


def test_who_answers_an_agents_words_about_a_notice_is_a_client(desk: Desk) -> None:
    opened(desk)
    references = (noticed(desk), "<annas@desk.example>")
    fresh = letter("Да, это я", sender="new@else.example", in_reply_to=references[1:], references=references)
    assert arrive(desk, fresh).outcome == "opened"


def test_mailed_notices_count_for_the_breaker(desk: Desk) -> None:
    opened(desk)
    for cause in range(10):
        with desk.read() as session:
            assert breaker.lets(session, "nadia@desk.example", clock.now())
        noticed(desk, cause)
    with desk.read() as session:
        assert not breaker.lets(session, "nadia@desk.example", clock.now())
        assert breaker.lets(session, CLIENT, clock.now())


@pytest.mark.parametrize("sender", ["", "undisclosed", SUPPORT])
def test_an_answer_to_a_letter_whose_sender_cannot_be_written_to_asks_for_an_address(
    desk: Desk, sender: str
) -> None:
    number = opened(desk, sender=sender, name="")
    assert seen_by_all(desk, number).to == ()
    with pytest.raises(BadInput, match="has no client whose address is known"):
        replies.reply(desk, who(desk, "anna"), number, "Ответ", last_of(desk, number))
    assert rows(desk, "SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize("how", ["mark", "sender", "id"])
def test_our_own_letter_on_its_way_around_is_kept_and_moves_nothing(desk: Desk, how: str) -> None:
    number, ours = answered(desk)
    own_id = message_id(desk.secret, number, "abcdef", "desk.example")
    ways: dict[str, dict[str, Any]] = {
        "mark": {"loop": True},
        "sender": {"sender": SUPPORT, "name": "Support"},
        "id": {"message_id": own_id},
    }
    fields = ways[how]
    taken = arrive(desk, letter("Проверьте", in_reply_to=(ours.rfc_id,), **fields))
    view, outbox_before = seen_by_all(desk, number), rows(desk, "SELECT count(*) FROM outbox")
    assert (taken.outcome, taken.ticket_id, view.status) == ("joined", number, "waiting")
    assert (view.timeline[-1].event.kind, view.guard_event < taken.event_id) == ("automatic", True)
    fresh = {**fields, "message_id": message_id(desk.secret, number, "fedcba", "desk.example")}
    again = arrive(desk, letter("Новое", **(fresh if how == "id" else fields)))
    assert (again.outcome, rows(desk, "SELECT count(*) FROM outbox")) == ("opened", outbox_before)
    assert rows(desk, "SELECT count(*) FROM address WHERE email = :a", a=SUPPORT) == [(0,)]


def notices_of(desk: Desk, login: str) -> list[str]:
    """What somebody is told of loops."""
    return [one.kind for one in notices.mine(desk, who(desk, login)) if one.kind == "loop"]


def test_the_eleventh_confirmation_is_withheld_and_the_supervisors_hear_of_it_once(desk: Desk) -> None:
    for _letter in range(12):
        last = opened(desk)
    assert rows(desk, "SELECT count(*) FROM outbox") == [(10,)]
    assert [item.event.kind for item in seen_by_all(desk, last).timeline] == ["opened", "withheld"]
    assert (notices_of(desk, "nadia"), notices_of(desk, "anna")) == (["loop"], [])
    opened(desk, sender="other@client.example")
    assert rows(desk, "SELECT count(*) FROM outbox") == [(11,)], "others get theirs"


def test_one_ticket_gets_no_more_automatic_letters_than_one_address(desk: Desk) -> None:
    number = opened(desk)
    with desk.write() as session:
        message = MessageRow(ticket_id=number, kind="confirmation", created_at=clock.now())
        assert breaker.lets(session, CLIENT, clock.now(), number)
        for copy in range(9):
            session.add(one := MessageRow(**message.model_dump(exclude={"id"})))
            session.flush()
            session.add(
                box := OutboxRow(
                    message_id=one.id, mailbox="support", due_at=clock.now(), created_at=clock.now()
                )
            )
            session.flush()
            session.add(OutboxRecipientRow(outbox_id=box.id or 0, email=f"c{copy}@client.example"))
        assert not breaker.lets(session, "fresh@client.example", clock.now(), number)
        assert breaker.lets(session, "fresh@client.example", clock.now())


def test_a_letter_under_our_own_address_makes_nobody_a_client_of_the_ticket_it_answers(desk: Desk) -> None:
    ticket, ours = answered(desk)
    arrive(desk, letter("Проверьте", in_reply_to=(ours.rfc_id,), sender=SUPPORT))
    assert rows(desk, "SELECT count(*) FROM address WHERE email = :a", a=SUPPORT) == [(0,)]
    last = seen_by_all(desk, ticket).timeline[-1].message
    assert last is not None
    assert last.author_address == ""


def test_a_clients_letter_that_bears_one_of_our_ids_is_no_copy_of_ours(desk: Desk) -> None:
    own_id = message_id(desk.secret, 1, "abcdef", "desk.example")
    first = letter("Первое", message_id=own_id, loop=True)
    ticket = arrive(desk, first).ticket_id
    again = arrive(desk, letter("Второе", message_id=own_id, loop=True))
    assert again.outcome == "opened", "what is stored under that id came from outside: the second is not lost"
    assert again.ticket_id != ticket
