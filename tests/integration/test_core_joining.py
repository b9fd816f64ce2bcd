"""Where a letter goes whose best evidence leads nowhere, that comes twice at once, or that follows a long story."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from core import clock
from core.domain import tokens
from core.domain.letters import DeliveryStatus, Letter, LetterKind
from core.services import intake, notices, outbox, replies, tickets
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.models.conversation import MessageView
from core.services.models.outbox import Delivery
from tests.builders import (
    CLIENT,
    SUPPORT,
    answer_to,
    arrive,
    closed_at,
    desk_in,
    last_of,
    letter,
    mailbox_toml,
    opened,
    recorded,
    rows,
    seen_by_all,
    who,
)

GONE = 4711
"""The number of a ticket that is not there, though it was: what is signed names it."""


def signed(desk: Desk, ticket: int) -> dict[str, Any]:
    """Fields of a letter that comes to a ticket's own address."""
    return {"to": (tokens.plus_address(desk.secret, ticket, SUPPORT),)}


def own_id(desk: Desk, ticket: int) -> str:
    return tokens.message_id(desk.secret, ticket, "abcd1234", "desk.example")


def last_message(desk: Desk, ticket: int) -> MessageView:
    return [item.message for item in seen_by_all(desk, ticket).timeline if item.message][-1]


# Evidence that leads nowhere


def test_a_signed_number_of_a_ticket_that_is_gone_leaves_the_other_evidence_its_weight(desk: Desk) -> None:
    ticket, newest = opened(desk), opened(desk)
    theirs = rows(desk, "SELECT rfc_id FROM message WHERE kind = 'inbound' ORDER BY id")[0][0]
    found = [
        arrive(desk, letter(**signed(desk, GONE), in_reply_to=(theirs,))),
        arrive(desk, letter(**signed(desk, GONE), cc=signed(desk, ticket)["to"])),
        arrive(desk, letter(**signed(desk, GONE), in_reply_to=(own_id(desk, GONE), own_id(desk, ticket)))),
        arrive(desk, letter(**signed(desk, GONE), subject=f"Re: x [GLZ-{ticket}]")),
    ]
    assert [(one.outcome, one.ticket_id) for one in found] == [("joined", ticket)] * 4
    assert ticket != newest


def test_a_letter_to_a_ticket_that_is_gone_is_a_new_one_linked_to_its_clients_latest(desk: Desk) -> None:
    before = opened(desk)
    taken = arrive(desk, letter(**signed(desk, GONE), in_reply_to=(own_id(desk, GONE),)))
    assert taken.outcome == "opened"
    view = seen_by_all(desk, taken.ticket_id or 0)
    assert (view.status, view.previous_id) == ("new", before)
    assert last_message(desk, taken.ticket_id or 0).kind == "confirmation"


def test_a_bounce_that_names_a_ticket_that_is_gone_marks_the_one_that_it_names_beside_it(desk: Desk) -> None:
    ticket = opened(desk)
    (item,) = outbox.due(desk, "w")
    outbox.finish(desk, item.id, {CLIENT: Delivery("sent", 250, "ok")}, "w")
    report = letter(
        sender="mailer-daemon@x.example", kind=LetterKind.BOUNCE,
        to=(*signed(desk, GONE)["to"], *signed(desk, ticket)["to"]),
        dsn=(DeliveryStatus(CLIENT, "failed", "5.1.1"),),
    )  # fmt: skip
    assert (arrive(desk, report).outcome, last_message(desk, ticket).kind) == ("bounce", "inbound")
    assert rows(desk, "SELECT state FROM outbox") == [("failed",)]


# Spellings of a Message-ID


def test_case_tells_the_ids_of_other_programs_apart(desk: Desk) -> None:
    first = arrive(desk, letter(message_id="<AbC@client.example>"))
    second = arrive(desk, letter(message_id="<abc@client.example>", in_reply_to=("<aBc@client.example>",)))
    assert (second.outcome, first.ticket_id == second.ticket_id) == ("opened", False)
    joined = arrive(desk, letter(in_reply_to=("<abc@client.example>",)))
    assert (joined.outcome, joined.ticket_id) == ("joined", second.ticket_id)


def test_a_bounce_that_writes_our_id_in_capitals_marks_that_letter_not_the_latest(desk: Desk) -> None:
    ticket = opened(desk)
    for words in ("Первое", "Второе"):
        replies.reply(desk, who(desk, "anna"), ticket, words, last_of(desk, ticket))
    for item in outbox.due(desk, "w"):
        outbox.finish(desk, item.id, {CLIENT: Delivery("sent", 250, "ok")}, "w")
    ((first,), _second) = rows(desk, "SELECT rfc_id FROM message WHERE kind = 'reply' ORDER BY id")
    report = letter(
        sender="mailer-daemon@x.example", kind=LetterKind.BOUNCE, returned_message_id=first.upper(),
        dsn=(DeliveryStatus(CLIENT, "failed", "5.1.1"),),
    )  # fmt: skip
    assert arrive(desk, report).outcome == "bounce"
    assert rows(
        desk,
        "SELECT m.body, o.state FROM outbox o JOIN message m ON m.id = o.message_id"
        " WHERE m.kind = 'reply' ORDER BY m.id",
    ) == [("Первое", "failed"), ("Второе", "sent")]


# A long story


def taking_part(desk: Desk, ticket: int) -> set[str]:
    found = rows(
        desk,
        "SELECT a.email FROM participant p JOIN address a ON a.id = p.address_id WHERE p.ticket_id = :ticket",
        ticket=ticket,
    )
    return {str(email) for (email,) in found}


def close_long_ago(desk: Desk, ticket: int) -> None:
    tickets.close(desk, who(desk, "root"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=30))


def test_whoever_took_part_before_the_sequel_speaks_as_the_client_in_it(desk: Desk) -> None:
    boss = "boss@client.example"
    first = opened(desk, cc=(boss,))
    late, theirs = answer_to(desk, first), answer_to(desk, first, sender=boss)
    close_long_ago(desk, first)
    second = arrive(desk, late).ticket_id or 0
    assert second != first
    again = answer_to(desk, second)
    close_long_ago(desk, second)
    third = arrive(desk, again).ticket_id or 0
    assert third not in (first, second)
    assert boss not in taking_part(desk, third)
    assert arrive(desk, theirs).ticket_id == third
    assert not last_message(desk, third).private, "they took part in the first of the three"
    stranger = answer_to(desk, first, sender="eve@else.example")
    assert arrive(desk, stranger).ticket_id == third
    assert last_message(desk, third).private


def test_who_takes_part_in_the_sequel_alone_is_a_stranger_to_the_ticket_before_it(desk: Desk) -> None:
    guest = "guest@client.example"
    first = opened(desk)
    late, early = answer_to(desk, first, cc=(guest,)), answer_to(desk, first, sender=guest)
    close_long_ago(desk, first)
    second = arrive(desk, late).ticket_id or 0
    assert guest in taking_part(desk, second)
    tickets.reopen(desk, who(desk, "root"), first)
    assert arrive(desk, early).ticket_id == first
    assert last_message(desk, first).private


# Many at once


def test_of_a_batch_of_letters_from_one_address_ten_are_confirmed_and_one_notice_tells_of_the_others(
    desk: Desk,
) -> None:
    letters = [letter(region="Siberia") for _ in range(14)]
    taken = intake.take(desk, list(zip(recorded(desk, *letters), letters, strict=True)))
    assert [one.outcome for one in taken] == ["opened"] * 14
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'confirmation'") == [(10,)]
    assert rows(desk, "SELECT count(*) FROM event WHERE kind = 'withheld'") == [(4,)]
    assert [one.kind for one in notices.mine(desk, who(desk, "nadia")) if one.kind == "loop"] == ["loop"]


def test_letters_that_come_to_two_mailboxes_at_the_same_moment_are_filed_once(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=mailbox_toml("sales", "sales@desk.example")) as desk:
        letters = [letter(sender=f"client{number}@client.example") for number in range(30)]
        together, found = threading.Barrier(2), list[Taken]()

        def deliver(mailbox: str) -> None:
            batch: list[tuple[int, Letter]] = list(
                zip(recorded(desk, *letters, mailbox=mailbox), letters, strict=True)
            )
            together.wait(30)
            found.extend(intake.take(desk, batch))

        ways = [threading.Thread(target=deliver, args=(mailbox,)) for mailbox in ("support", "sales")]
        for way in ways:
            way.start()
        for way in ways:
            way.join(60)
        assert sorted(one.outcome for one in found) == ["duplicate"] * 30 + ["opened"] * 30
        assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'inbound'") == [(30,)]
        assert len({one.ticket_id for one in found}) == 30
