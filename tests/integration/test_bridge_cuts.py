"""The connection cut at many places of a dialogue, by a proxy in front of the real servers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Literal

import pytest

from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.errors import Unavailable
from core.services import agents, opening
from core.services.access import Actor
from core.services.desk import Desk
from mailbridge.sending import Sender
from mailbridge.watching import Watcher
from tests.integration.bridge_desks import BridgeDesk, PlainReader, client_letter, make_desk
from tests.servers.cutter import cutting
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


def through(desk: BridgeDesk, old: int, new: int) -> None:
    desk.config.write_text(desk.config.read_text().replace(f"port = {old}", f"port = {new}"))


async def test_imap_cut_anywhere_costs_no_letter(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    number = 0
    async with cutting(dovecot.imap_port) as cutter:
        through(desk, dovecot.imap_port, cutter.port)
        # From the greeting to beyond the last word of a whole dialogue; a new letter for every cut.
        for after in range(1, 3200, 97):
            desk.box.append(client_letter(number))
            number += 1
            cutter.after = after
            report = await desk.once()
            assert report.mailboxes["support"].error or cutter.passed < after
        cutter.after = None
        assert (await desk.once()).complete
    assert desk.subjects() == [f"Letter {one:05}" for one in range(number)]


async def test_smtp_cut_anywhere_repeats_no_letter(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    number = 0
    async with cutting(smtp_server.port) as cutter:
        through(desk, smtp_server.port, cutter.port)
        for after in range(1, 330, 9):
            desk.box.append(client_letter(number))
            number += 1
            cutter.after = after
            await desk.once()
        cutter.after = None
        while "queued" in desk.outbox():
            await asyncio.sleep(0.2)
            await desk.once()
    sent = Counter(received.message["Message-ID"] for received in smtp_server.received)
    assert max(sent.values()) == 1
    states = Counter(desk.outbox())
    assert set(states) == {"sent", "unknown"}
    assert states["sent"] + states["unknown"] == number
    assert states["sent"] <= len(sent)


@pytest.mark.soak
@pytest.mark.parametrize("side", ["server", "client"])
async def test_imap_cut_at_every_byte_loses_and_doubles_nothing(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, side: Literal["server", "client"]
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    number = after = 0
    whole = False
    async with cutting(dovecot.imap_port, side) as cutter:
        through(desk, dovecot.imap_port, cutter.port)
        with desk.open() as opened, desk.box.imap() as person:
            person.select("INBOX")
            while not whole:
                if len(desk.subjects()) == number:
                    # A folder that stays small makes every dialogue the same; what is filed may go.
                    if number:
                        person.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
                        person.expunge()
                    person.append("INBOX", "", "", client_letter(number))
                    number += 1
                after += 1
                cutter.after = after
                went_well = await looked(opened)
                whole = cutter.passed < after
                assert went_well or not whole
            assert after > (2000 if side == "server" else 250)
    print(f"{after} bytes of the {side}'s, {number} letters")
    assert desk.subjects() == [f"Letter {one:05}" for one in range(number)]
    assert desk.ask("SELECT count(DISTINCT ticket_id) FROM message") == [(number,)]


async def looked(desk: Desk) -> bool:
    """One look into the mailbox; False where the connection broke."""
    watcher = Watcher(
        desk, "support", PlainReader(), holder="test", stop=asyncio.Event(), told=lambda _filed: None
    )
    try:
        await watcher.once()
    except Unavailable:
        return False
    return True


@pytest.mark.soak
@pytest.mark.parametrize("side", ["server", "client"])
async def test_smtp_cut_at_every_byte_repeats_no_letter(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, side: Literal["server", "client"]
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)
    after = 0
    whole = False
    states: Counter[str] = Counter()
    async with cutting(smtp_server.port, side) as cutter:
        through(desk, smtp_server.port, cutter.port)
        with desk.open() as opened:
            anna = agents.add(opened, "anna", "Anna", "anna@desk.example", groups={"first": Role.AGENT})
            while not whole:
                after += 1
                to = Mailaddr(f"client{after:05}@example.com")
                actor = Actor.agent(anna.id)
                opening.open_ticket(opened, actor, subject=f"Ticket {after:05}", text="Hello", to=to)
                cutter.after = after
                await sent(opened)
                (state,) = desk.outbox()[-1:]
                whole = cutter.passed < after
                states[state] += 1
                assert state in ("sent", "unknown", "queued")
                assert not (whole and state != "sent")
                cutter.after = None
                while "queued" in desk.outbox():
                    make_due(desk)
                    await sent(opened)
    print(f"{after} bytes of the {side}'s: {dict(states)}")
    assert min(states["sent"], states["unknown"], states["queued"]) > 0
    taken = Counter(received.message["To"] for received in smtp_server.received)
    assert max(taken.values()) == 1
    for address, state in desk.ask(
        "SELECT r.email, o.state FROM outbox o JOIN outbox_recipient r ON r.outbox_id = o.id"
    ):
        assert state == "unknown" or (state == "sent" and taken[address] == 1)


async def sent(desk: Desk) -> None:
    await Sender(desk, holder="test", stop=asyncio.Event(), told=lambda _item: None).once()


def make_due(desk: BridgeDesk) -> None:
    with sqlite3.connect(desk.folder / "glazok.db", timeout=10) as connection:
        connection.execute("UPDATE outbox SET due_at = created_at WHERE state = 'queued'")
    connection.close()
