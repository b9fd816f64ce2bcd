"""A ticket as it is read: one timeline of everything, and an audit log that names nobody."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

from core import clock
from core.domain.letters import DeliveryStatus, LetterKind, Mailaddr
from core.services import agents, intake, opening, outbox, reading, replies, tickets
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.services.models.outbox import Delivery
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
    recorded,
    rows,
    seen_by_all,
    who,
)

STRANGER = "stranger@elsewhere.example"


def rich(desk: Desk) -> int:
    """A ticket to which everything has happened that can."""
    anna, boris = who(desk, "anna"), who(desk, "boris")
    ticket = opened(desk, cc=("boss@client.example",), files={"секретный файл.txt": b"secret"})
    tickets.accept(desk, anna, ticket)
    replies.note(desk, anna, ticket, "Секретная заметка")
    replies.reply(desk, anna, ticket, "Секретный ответ", last_of(desk, ticket))
    for item in outbox.due(desk, "w"):
        results = {to: Delivery("sent", 250, f"ok {to}") for to in item.recipients}
        outbox.finish(desk, item.id, results, "w")
    reply = [i.message for i in seen_by_all(desk, ticket).timeline if i.message and i.message.kind == "reply"]
    arrive(desk, answer_to(desk, ticket, "Я в отпуске до понедельника", kind=LetterKind.AUTOMATIC))
    arrive(
        desk,
        letter(
            "It failed", sender="daemon@relay.example", kind=LetterKind.BOUNCE,
            returned_message_id=reply[-1].rfc_id, dsn=(DeliveryStatus(CLIENT, "failed", "5.1.1"),),
        ),
    )  # fmt: skip
    arrive(desk, answer_to(desk, ticket, "Секретные слова клиента"))
    arrive(desk, answer_to(desk, ticket, "Секретные слова чужого", sender=STRANGER, name="Чужой Человек"))
    arrive(desk, answer_to(desk, ticket, "Секретное письмо коллеги", sender="boris@desk.example"))
    replies.reply(desk, boris, ticket, "Второй секретный ответ", last_of(desk, ticket), solve=True)
    (item,) = outbox.due(desk, "w")
    outbox.phase(desk, item.id, "data", "w")
    outbox.recover(desk, "w2")
    outbox.resend(desk, boris, item.id)
    (item,) = outbox.due(desk, "w2")
    outbox.fail(desk, item.id, f"no such user {CLIENT}", "w2")
    outbox.give_up(desk, boris, item.id)
    tickets.release(desk, who(desk, "nadia"), ticket)
    tickets.accept(desk, boris, ticket)
    tickets.close(desk, boris, ticket)
    arrive(desk, answer_to(desk, ticket, "Снова"))
    tickets.solve(desk, boris, ticket)
    tickets.reopen(desk, boris, ticket)
    return ticket


def test_the_timeline_tells_everything_in_order_and_once(desk: Desk) -> None:
    ticket = rich(desk)
    view = seen_by_all(desk, ticket)
    assert [(item.event.kind, item.event.actor_name or item.event.actor) for item in view.timeline] == [
        ("opened", "Иван Петров"),
        ("confirmed", "bridge"),
        ("accepted", "Anna Kotova"),
        ("noted", "Anna Kotova"),
        ("replied", "Anna Kotova"),
        ("delivery", "bridge"),
        ("delivery", "bridge"),
        ("automatic", "Иван Петров"),
        ("bounced", "bridge"),
        ("client_wrote", "Иван Петров"),
        ("new_voice", "Чужой Человек"),
        ("noted", "Boris Orlov"),
        ("replied", "Boris Orlov"),
        ("delivery", "bridge"),
        ("resent", "Boris Orlov"),
        ("delivery", "bridge"),
        ("given_up", "Boris Orlov"),
        ("released", "Nadia Volkova"),
        ("accepted", "Boris Orlov"),
        ("closed", "Boris Orlov"),
        ("client_wrote", "Иван Петров"),
        ("solved", "Boris Orlov"),
        ("reopened", "Boris Orlov"),
    ]
    shown = [item.message.id for item in view.timeline if item.message]
    stored = rows(desk, "SELECT id FROM message WHERE ticket_id = :ticket ORDER BY id", ticket=ticket)
    assert shown == [row[0] for row in stored], "every message stands on it exactly once"


def test_the_chain_of_statuses_can_be_read_from_the_events(desk: Desk) -> None:
    view = seen_by_all(desk, rich(desk))
    moves = [
        (item.event.data.get("from", "new"), item.event.data["to"])
        for item in view.timeline
        if "to" in item.event.data and item.event.data.get("from") != item.event.data["to"]
    ]
    for (_, after), (before, _) in pairwise(moves):
        assert after == before, "no move is missing"
    assert moves[-1][1] == view.status


def test_a_message_shows_its_words_its_writer_its_files_and_its_delivery(desk: Desk) -> None:
    view = seen_by_all(desk, rich(desk))
    first = view.timeline[0].message
    assert first is not None
    assert (first.author, first.author_address, first.kind) == ("Иван Петров", CLIENT, "inbound")
    assert [(file.name, file.size) for file in first.attachments] == [("секретный файл.txt", 6)]
    assert {(r.header, r.address) for r in first.recipients} == {
        ("to", SUPPORT),
        ("cc", "boss@client.example"),
    }
    answer = view.timeline[4].message
    assert answer is not None
    assert (answer.author, answer.agent_id, answer.delivery) == (
        "Anna Kotova",
        agent(desk, "anna").id,
        "failed",
    )
    assert {r.address: r.state for r in answer.recipients} == {
        CLIENT: "bounced",
        "boss@client.example": "sent",
    }


def test_events_hold_no_names_no_addresses_and_no_words(desk: Desk) -> None:
    ticket = rich(desk)
    broken = letter("Секретное", sender="broken@client.example")
    (ledger_id,) = recorded(desk, broken)
    quarantined = [intake.failed(desk, ledger_id, "секретная причина") for _ in range(3)]
    assert quarantined[-1] is not None
    opening.open_ticket(
        desk, who(desk, "anna"), subject="Секретная тема", text="Секрет", group_key="north",
        to=Mailaddr("maria@client.example", "Мария"),
    )  # fmt: skip
    agents.edit(desk, "anna", name="Secret Name", email="secret@desk.example")
    agents.new_token(desk, "anna")
    closed_at(desk, ticket, clock.now() - timedelta(days=30))
    told = rows(desk, "SELECT kind, data, actor, actor_id FROM event")
    assert len(told) > 30
    for kind, data, actor, _id in told:
        for name, value in (json.loads(data) if isinstance(data, str) else data).items():
            plain = all(
                isinstance(one, (int, type(None))) for one in (value if type(value) is list else [value])
            )
            assert plain or name in {"from", "to", "by", "rule", "state", "was"}, (kind, name)
            assert not isinstance(value, str) or value.isascii(), (kind, name)
            assert "@" not in str(value), (kind, name)
            assert str(value).isascii(), (kind, name)
        assert actor in {"agent", "contact", "bridge", "robot", "operator"}


def test_lists_are_pages_by_number(desk: Desk) -> None:
    numbers = [opened(desk) for _ in range(7)]
    tickets.solve(desk, who(desk, "anna"), numbers[0])
    tickets.accept(desk, who(desk, "anna"), numbers[1])
    page = reading.list_tickets(desk, who(desk, "anna"), limit=3)
    assert [row.id for row in page] == numbers[1:4]
    rest = reading.list_tickets(desk, who(desk, "anna"), limit=30, after=page[-1].id)
    assert [row.id for row in rest] == numbers[4:]
    assert [row.id for row in reading.all_tickets(desk, OPERATOR, statuses=(), limit=2)] == numbers
    mine = reading.list_tickets(desk, who(desk, "anna"), owner_id=agent(desk, "anna").id)
    assert [(row.id, row.owner, row.group, row.client) for row in mine] == [
        (numbers[1], "anna", "north", "Иван Петров")
    ]
    assert [row.id for row in reading.list_tickets(desk, OPERATOR, unowned=True)] == numbers[2:]


def test_what_one_has_seen_is_remembered_and_never_goes_back(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    last = last_of(desk, ticket)
    for event in (1, last, last - 1):
        tickets.mark_seen(desk, anna, ticket, event)
    assert rows(desk, "SELECT event_id FROM seen") == [(last,)]
    before = seen_by_all(desk, ticket).last_event
    assert before == rows(desk, "SELECT max(id) FROM event WHERE ticket_id = :t", t=ticket)[0][0]
