"""Answers of agents on their way out: each ends in one visible state, and nothing is repeated blindly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from core.db.tables import MessageRow, OutboxRow, Row
from core.domain.letters import REPLY_MARKER, Mailaddr, OutgoingLetter
from core.domain.permissions import Role
from core.domain.tokens import plus_address, ticket_of_plus_address
from core.services import agents, opening, outbox, reading, replies
from core.services.access import Actor
from core.services.desk import Desk
from core.services.replies import Enclosure
from mailbridge import sending
from mailbridge.letter import read
from mailbridge.outgoing import compose
from mailbridge.relay import GIVE_UP, Relay, retry_seconds
from mailbridge.sending import Sender
from tests.integration.bridge_desks import BridgeDesk, PlainReader, client_letter, make_desk, running_bridge
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_talk import Step


@pytest.fixture
def place(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    return make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)


@pytest.fixture
def desk(place: BridgeDesk) -> Iterator[Desk]:
    with place.open() as desk:
        yield desk


@pytest.fixture
def anna(desk: Desk) -> Actor:
    return Actor.agent(agents.add(desk, "anna", "Anna", "anna@desk.example", groups={"first": Role.AGENT}).id)


async def ticket_of(place: BridgeDesk, desk: Desk, actor: Actor) -> tuple[int, int]:
    """A client's ticket and its last event."""
    place.box.deliver(client_letter(1, To=place.box.address))
    await place.once()
    ((ticket,),) = place.ask("SELECT id FROM ticket")
    return ticket, reading.view(desk, actor, ticket).last_event


async def send_due(desk: Desk) -> dict[str, int]:
    sender = Sender(desk, holder="test", stop=asyncio.Event(), told=lambda _item: None)
    return dict((await sender.once()).states)


async def test_an_answer_arrives_as_the_agent_wrote_it(place: BridgeDesk, desk: Desk, anna: Actor) -> None:
    ticket, seen = await ticket_of(place, desk, anna)
    replies.reply(
        desk, anna, ticket, "Здравствуйте!\nВсё починили.", seen,
        enclosures=[Enclosure("отчёт.txt", "text/plain", b"report\n")],
    )  # fmt: skip
    assert await send_due(desk) == {"sent": 1}
    (got,) = place.relay.received
    assert got.envelope_from == place.box.address
    assert got.recipients == ("client1@example.com",)
    assert got.message["In-Reply-To"] == "<1.letter@example.com>"
    assert got.message["Auto-Submitted"] is None
    body = got.message.get_body()
    assert body is not None
    assert "Всё починили." in body.get_content()
    assert [part.get_filename() for part in got.message.iter_attachments()] == ["отчёт.txt"]
    ((sha256,),) = place.ask("SELECT raw_sha256 FROM outbox")
    assert desk.blobs.read(sha256) == got.data


async def test_a_recipient_refused_for_now_is_tried_again_alone(
    place: BridgeDesk, desk: Desk, anna: Actor
) -> None:
    ticket, seen = await ticket_of(place, desk, anna)
    place.relay.fail("rcpt", "451 4.7.1 Greylisted", address="grey@x.example", times=1)
    cc = [Mailaddr("grey@x.example")]
    replies.reply(desk, anna, ticket, "Hello", seen, to=[Mailaddr("client1@example.com")], cc=cc)
    assert await send_due(desk) == {"queued": 1}
    assert await send_due(desk) == {}
    make_due(place)
    assert await send_due(desk) == {"sent": 1}
    assert [got.recipients for got in place.relay.received] == [("client1@example.com",), ("grey@x.example",)]
    first, second = place.relay.received
    assert first.data == second.data


def make_due(place: BridgeDesk) -> None:
    """Turn the clock: what waits is due now."""
    import sqlite3

    with sqlite3.connect(place.folder / "glazok.db") as connection:
        connection.execute("UPDATE outbox SET due_at = created_at")
    connection.close()


async def test_a_refusal_for_good_is_shown_and_gives_the_ball_back(
    place: BridgeDesk, desk: Desk, anna: Actor
) -> None:
    ticket, seen = await ticket_of(place, desk, anna)
    replies.reply(desk, anna, ticket, "Hello", seen)
    assert reading.view(desk, anna, ticket).status == "waiting"
    place.relay.fail("rcpt", "550 5.1.1 No such user")
    assert await send_due(desk) == {"failed": 1}
    view = reading.view(desk, anna, ticket)
    assert view.status == "needs_reply"
    assert "550" in str(place.ask("SELECT reason FROM outbox"))
    assert place.relay.received == []


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
async def test_a_server_that_breaks_off_before_the_letter_gets_it_later(
    place: BridgeDesk, desk: Desk, anna: Actor, step: Step
) -> None:
    ticket, seen = await ticket_of(place, desk, anna)
    replies.reply(desk, anna, ticket, "Hello", seen)
    place.relay.drop(step)
    assert await send_due(desk) == {"queued": 1}
    make_due(place)
    assert await send_due(desk) == {"sent": 1}
    assert len(place.relay.received) == 1


async def test_a_break_after_the_dot_is_for_an_agent_to_decide(
    place: BridgeDesk, desk: Desk, anna: Actor
) -> None:
    ticket, seen = await ticket_of(place, desk, anna)
    sent = replies.reply(desk, anna, ticket, "Hello", seen)
    place.relay.drop("dot")
    assert await send_due(desk) == {"unknown": 1}
    make_due(place)
    assert await send_due(desk) == {}
    assert len(place.relay.received) == 1
    assert sent.outbox_id is not None
    outbox.resend(desk, anna, sent.outbox_id)
    assert await send_due(desk) == {"sent": 1}
    first, second = place.relay.received
    assert first.data == second.data


async def test_a_locked_database_stops_before_the_letter_and_loses_no_outcome(
    place: BridgeDesk, desk: Desk, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import Unavailable
    from mailbridge import relay

    monkeypatch.setattr(relay, "INSIST_SECONDS", 0.01)
    ticket, seen = await ticket_of(place, desk, anna)
    replies.reply(desk, anna, ticket, "Hello", seen)
    failures = iter([True, True, True, False])
    finish = outbox.finish

    def locked(*words: Any) -> str:
        if next(failures):
            raise Unavailable("The database is locked.")
        return finish(*words)

    monkeypatch.setattr(outbox, "finish", locked)
    assert await send_due(desk) == {"sent": 1}
    assert place.outbox() == ["sent"]
    assert len(place.relay.received) == 1


async def test_a_letter_without_a_way_out_for_days_is_failed_visibly(
    place: BridgeDesk, desk: Desk, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import clock
    from mailbridge import relay

    ticket, seen = await ticket_of(place, desk, anna)
    replies.reply(desk, anna, ticket, "Hello", seen)
    place.relay.stop()
    monkeypatch.setattr(relay, "now", lambda: clock.now() + GIVE_UP + timedelta(hours=1))
    assert await send_due(desk) == {"failed": 1}
    assert "Given up after three days" in str(place.ask("SELECT reason FROM outbox"))


async def test_the_three_days_count_from_the_first_try_and_anew_when_it_is_resent(
    place: BridgeDesk, desk: Desk, anna: Actor
) -> None:
    from core import clock

    ticket, seen = await ticket_of(place, desk, anna)
    sent = replies.reply(desk, anna, ticket, "Hello", seen)
    old = clock.now() - timedelta(days=4)

    def write(row: type[Row], **columns: object) -> None:
        with desk.write() as session:
            session.execute(update(row).values(**columns))

    write(MessageRow, created_at=old)
    write(OutboxRow, created_at=old)
    place.relay.stop()
    assert await send_due(desk) == {"queued": 1}, "it waited for its time: nobody has tried yet"
    write(OutboxRow, due_at=old, tried_from=old)
    assert await send_due(desk) == {"failed": 1}
    outbox.resend(desk, anna, sent.outbox_id or 0)
    assert await send_due(desk) == {"queued": 1}, "an agent wants it tried again, as long as before"
    assert place.ask("SELECT attempts FROM outbox") == [(1,)]


async def test_a_sender_that_lost_its_letter_to_another_stops_before_the_dot(
    place: BridgeDesk, desk: Desk, anna: Actor
) -> None:
    ticket, seen = await ticket_of(place, desk, anna)
    replies.reply(desk, anna, ticket, "Hello", seen)
    items = outbox.due(desk, "old", 5)
    # The old one is paused here, its lease ends, and another one takes over and sends.
    outbox.recover(desk, "new")
    assert await send_due(desk) == {"sent": 1}
    old = Relay(desk, "support", lambda _item: None)
    done = await old.send_all(items, asyncio.Event())
    await old.close()
    assert dict(done.states) == {}
    assert len(place.relay.received) == 1
    assert place.outbox() == ["sent"]


def second_mailbox(place: BridgeDesk, relay: SmtpServer) -> Mailbox:
    """A mailbox `other`, which sends by a server of its own."""
    text = place.config.read_text()
    second = text[text.index("[mailboxes.support]") :].replace("mailboxes.support", "mailboxes.other")
    box = place.box.server.mailbox("other")
    for old, new in (
        (place.box.address, box.address),
        (f"port = {place.relay.port}", f"port = {relay.port}"),
    ):
        second = second.replace(old, new)
    place.config.write_text(text + second)
    return box


async def test_however_many_letters_wait_behind_a_slow_server_another_mailboxs_goes_out(
    place: BridgeDesk, make_smtp_server: Callable[..., SmtpServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_smtp_server()
    second_mailbox(place, other)
    monkeypatch.setattr(sending, "AT_ONCE", 5)
    monkeypatch.setattr(sending, "MOST_WAITING", 10)
    place.relay.hang("mail", times=None)
    with place.open() as desk:
        role = {"first": Role.AGENT}
        anna = Actor.agent(agents.add(desk, "anna", "Anna", "anna@desk.example", groups=role).id)
        for number in range(30):
            to = Mailaddr(f"client{number}@example.com")
            opening.open_ticket(desk, anna, subject=f"Ticket {number}", text="Hello", to=to)
        with desk.write() as session:
            session.execute(update(OutboxRow).where(col(OutboxRow.id) == 30).values(mailbox="other"))
            # A mailbox that is in the configuration no more: its letters go by the first one's server.
            session.execute(update(OutboxRow).where(col(OutboxRow.id) < 20).values(mailbox="gone"))
        stop = asyncio.Event()
        sender = Sender(desk, holder="test", stop=stop, told=lambda _item: None)
        running = asyncio.create_task(sender.run())
        await asyncio.to_thread(other.wait_for, 1)
        assert place.ask("SELECT count(*) FROM outbox WHERE state = 'sending' AND id < 30") == [(10,)]
        place.relay.heal()
        place.relay.release()
        await asyncio.to_thread(place.relay.wait_for, 29)
        stop.set()
        await running


async def test_a_slow_server_holds_up_its_own_mailbox_alone(
    place: BridgeDesk, make_smtp_server: Callable[..., SmtpServer]
) -> None:
    other = make_smtp_server()
    box = second_mailbox(place, other)
    place.config.write_text(place.config.read_text().replace("confirm = false", "confirm = true"))
    place.relay.hang("mail", times=None)
    place.box.deliver(client_letter(1))
    box.deliver(client_letter(2))
    with place.open() as desk:
        stop = asyncio.Event()
        async with running_bridge(desk, PlainReader(), stop):
            await asyncio.to_thread(other.wait_for, 1)
            assert place.relay.received == []
            place.relay.heal()
            place.relay.release()
            await asyncio.to_thread(place.relay.wait_for, 1)


async def test_one_letter_that_cannot_be_composed_stops_nobody(
    place: BridgeDesk, desk: Desk, anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailbridge import relay

    for number in range(3):
        to = Mailaddr(f"client{number}@example.com")
        opening.open_ticket(desk, anna, subject=f"Ticket {number}", text="Hello", to=to)

    def composed(letter: OutgoingLetter, *rest: Any) -> bytes:
        if "Ticket 1" in letter.subject:
            raise RecursionError
        return compose(letter, *rest)

    monkeypatch.setattr(relay, "compose", composed)
    assert await send_due(desk) == {"sent": 2, "failed": 1}
    assert place.outbox() == ["sent", "failed", "sent"]
    assert "RecursionError" in str(place.ask("SELECT reason FROM outbox WHERE state = 'failed'"))


def test_waiting_grows_with_every_attempt_to_an_hour() -> None:
    waits = [retry_seconds(attempt) for attempt in range(1, 40)]
    assert waits[:3] == [60, 120, 240]
    assert waits[-1] == 3600


@pytest.mark.parametrize("verp", [True, False])
async def test_bounces_may_come_back_to_the_tickets_own_address(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, verp: bool
) -> None:
    place = make_desk(tmp_path / "own", dovecot.mailbox("support"), smtp_server, confirm=False)
    config = place.folder / "config.toml"
    told = f"verp = {str(verp).lower()}\nreply_marker = {str(verp).lower()}\nconfirm ="
    config.write_text(config.read_text("utf-8").replace("confirm =", told), "utf-8")
    with place.open() as desk:
        anna = Actor.agent(
            agents.add(desk, "anna", "Anna", "anna@desk.example", groups={"first": Role.AGENT}).id
        )
        ticket, seen = await ticket_of(place, desk, anna)
        replies.reply(desk, anna, ticket, "Hello", seen)
        assert await send_due(desk) == {"sent": 1}
        (letter,) = place.relay.received
        wanted = plus_address(desk.secret, ticket, place.box.address) if verp else place.box.address
        assert letter.envelope_from == wanted
        text = read(letter.data)
        assert text.body_text.startswith(REPLY_MARKER) is verp
        assert ticket_of_plus_address(desk.secret, letter.envelope_from) == (ticket if verp else None)
