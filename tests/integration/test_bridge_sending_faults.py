"""Every way an SMTP server can fail, at every step: one visible state, and nothing sent twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.services import agents, opening
from core.services.access import Actor
from core.services.desk import Desk
from mailbridge import daemon, smtp
from mailbridge.daemon import Bridge
from mailbridge.sending import Sender
from tests.integration.bridge_desks import BridgeDesk, PlainReader, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.listening import listening
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_talk import Step

BEFORE: list[Step] = ["connect", "ehlo", "mail", "rcpt", "data"]
AFTER: list[Step] = ["body", "dot"]
ANSWERED: list[Step] = ["mail", "rcpt", "data", "dot"]

# step, what the server does, the state of the letter
FAULTS: list[tuple[Step, str, str]] = [
    *((step, "drops", "queued") for step in BEFORE),
    ("dot", "drops", "unknown"),
    *((step, "hangs", "queued") for step in BEFORE),
    *((step, "hangs", "unknown") for step in AFTER),
    *((step, "450 4.3.2 Not now", "queued") for step in ANSWERED),
    *((step, "421 4.3.2 Shutting down", "queued") for step in [*BEFORE, "dot"]),
    *((step, "554 5.7.1 Never", "failed") for step in ANSWERED),
    ("connect", "554 5.3.2 Closed", "queued"),
    ("ehlo", "554 5.3.2 Closed", "queued"),
]  # fmt: skip


@pytest.fixture
def place(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> BridgeDesk:
    for limit in ("CONNECT_SECONDS", "COMMAND_SECONDS", "DATA_SECONDS"):
        monkeypatch.setattr(smtp, limit, 60.0)
    return make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)


def write(desk: Desk) -> None:
    """An agent's letter, due now."""
    anna = agents.add(desk, "anna", "Anna", "anna@desk.example", groups={"first": Role.AGENT})
    to = Mailaddr("client@example.com")
    opening.open_ticket(desk, Actor.agent(anna.id), subject="Hello", text="Hello", to=to)


async def send_due(desk: Desk) -> None:
    async with asyncio.timeout(60):
        await Sender(desk, holder="test", stop=asyncio.Event(), told=lambda _item: None).once()


def make_due(place: BridgeDesk) -> None:
    with sqlite3.connect(place.folder / "glazok.db", timeout=10) as connection:
        connection.execute("UPDATE outbox SET due_at = created_at WHERE state = 'queued'")
    connection.close()


@pytest.mark.parametrize(("step", "how", "state"), FAULTS)
async def test_a_failing_server_leaves_one_visible_state(
    place: BridgeDesk, monkeypatch: pytest.MonkeyPatch, step: Step, how: str, state: str
) -> None:
    if how == "drops":
        place.relay.drop(step)
    elif how == "hangs":
        place.relay.hang(step)
        for limit in ("CONNECT_SECONDS", "COMMAND_SECONDS", "DATA_SECONDS"):
            monkeypatch.setattr(smtp, limit, 0.5)
    else:
        place.relay.fail(step, how, times=1)
    with place.open() as desk:
        write(desk)
        await send_due(desk)
        ((stands, reason),) = place.ask("SELECT state, reason FROM outbox")
        assert stands == state
        assert reason
        taken = len(place.relay.received)
        place.relay.heal()
        place.relay.release()
        for limit in ("CONNECT_SECONDS", "COMMAND_SECONDS", "DATA_SECONDS"):
            monkeypatch.setattr(smtp, limit, 60.0)
        make_due(place)
        await send_due(desk)
    if state == "queued":
        assert place.outbox() == ["sent"]
        assert (taken, len(place.relay.received)) == (0, 1)
    else:
        assert place.outbox() == [state]
        assert len(place.relay.received) <= 1


async def test_rubbish_after_the_letter_is_for_an_agent_to_decide(place: BridgeDesk) -> None:
    place.relay.fail("dot", "999 whatever", times=1)
    with place.open() as desk:
        write(desk)
        await send_due(desk)
        make_due(place)
        await send_due(desk)
    assert place.outbox() == ["unknown"]
    assert place.relay.received == []


@asynccontextmanager
async def babbling(*answers: bytes) -> AsyncIterator[int]:
    """A server that says these things, one for each line it hears, the first one unasked; its port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
            await writer.drain()
            await reader.readline()
        await reader.read()

    async with listening(talk) as port:
        yield port


HELLO = (b"220 hello\r\n", b"250 so\r\n")
RUBBISH = bytes(range(256)) * 40 + b"\r\n"


@pytest.mark.parametrize(
    "answers",
    [
        (RUBBISH,),
        (b"220-" + b"x" * 10_000_000 + b"\r\n",),
        (b"220-more\r\n" * 200_000,),
        (b"999999999999999999999 hello\r\n",),
        (*HELLO, RUBBISH),
        (*HELLO, b"250 y\r\n" * 1000),
        (*HELLO, b"250 ok\r\n", b"-1 what\r\n"),
        (*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"999 data\r\n"),
    ],
    ids=[
        "rubbish for a greeting", "a line of 10 MB", "a greeting of 200,000 lines", "a code of many digits",
        "rubbish for an answer", "a thousand answers at once", "a code below nothing", "a code of no kind",
    ],
)  # fmt: skip
async def test_rubbish_before_the_letter_leaves_it_in_the_outbox(
    place: BridgeDesk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answers: tuple[bytes, ...],
) -> None:
    for limit in ("CONNECT_SECONDS", "COMMAND_SECONDS"):
        monkeypatch.setattr(smtp, limit, 2.0)
    async with babbling(*answers) as port:
        honest = place.config.read_text()
        place.config.write_text(honest.replace(f"port = {place.relay.port}", f"port = {port}"))
        with place.open() as desk:
            write(desk)
            await send_due(desk)
            assert place.outbox() == ["queued"]
            ((reason,),) = place.ask("SELECT reason FROM outbox")
            assert 0 < len(reason) < 400
    assert "Traceback" not in caplog.text
    place.config.write_text(honest)
    make_due(place)
    with place.open() as desk:
        await send_due(desk)
    assert place.outbox() == ["sent"]


async def test_a_pass_that_is_stopped_waits_for_no_silent_server(
    place: BridgeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "GRACE_SECONDS", 0.2)
    place.relay.hang("mail")
    stop = asyncio.Event()
    with place.open() as desk:
        write(desk)
        make_due(place)
        async with asyncio.timeout(40):
            running = asyncio.create_task(Bridge(desk, PlainReader()).once(stop))
            while not any(line.startswith("C: MAIL") for line in place.relay.dialogue):
                await asyncio.sleep(0.02)
            stop.set()
            report = await running
        assert report.send_errors == {"": "Stopped while a mail server did not answer."}
        assert report.mailboxes["support"].error == ""
        place.relay.release()
        # Nobody waits for the lease of the pass that was stopped, and the letter leaves once.
        async with asyncio.timeout(40):
            report = await Bridge(desk, PlainReader()).once(asyncio.Event())
    assert (report.sent, place.outbox(), len(place.relay.received)) == ({"sent": 1}, ["sent"], 1)


async def test_a_letter_that_hung_when_the_configuration_was_read_again_is_sent_by_the_next_sender(
    place: BridgeDesk,
) -> None:
    place.relay.hang("mail")
    with place.open() as desk:
        write(desk)
        make_due(place)
        stop = asyncio.Event()
        # Both are of one process, and so of one name.
        first = Sender(desk, holder="test", stop=stop, told=lambda _item: None)
        running = asyncio.create_task(first.run())
        async with asyncio.timeout(40):
            while not any(line.startswith("C: MAIL") for line in place.relay.dialogue):
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        place.relay.release()
        await send_due(desk)
    assert (place.outbox(), len(place.relay.received)) == (["sent"], 1)
