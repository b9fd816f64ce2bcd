"""Encrypted connections that break at any byte, and servers that would rather have them plain: no letter is lost, none
doubled, and nothing is ever said in the clear that was to be encrypted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.errors import Unavailable
from core.services import agents, identity, opening
from core.services.access import Actor
from core.services.desk import Desk
from mailbridge.imap import ImapSource
from mailbridge.servers import Server
from tests.integration.bridge_desks import BridgeDesk, client_letter, make_desk
from tests.integration.test_bridge_cuts import looked, make_due, sent, through
from tests.servers.cutter import cutting
from tests.servers.dovecot import Dovecot
from tests.servers.listening import listening
from tests.servers.smtp import SmtpServer
from tests.servers.tls import Ca

Side = Literal["server", "client"]
USER, PASSWORD = "desk-user", "desk-password"
SECRETS = (b"AUTH ", b"LOGIN", b"MAIL FROM", b"RCPT TO", b"@example.com", b"Subject:", PASSWORD.encode())
"""What may go over the wire only encrypted."""


@pytest.fixture(autouse=True)
def trusted(ca: Ca, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the tests is one of this machine's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))


@pytest.fixture
def relay(make_smtp_server: Callable[..., SmtpServer]) -> SmtpServer:
    return make_smtp_server(tls="starttls", users={USER: PASSWORD})


def secured(desk: BridgeDesk) -> BridgeDesk:
    """Its mailbox over TLS from the first byte, its relay over STARTTLS and with a login."""
    text = desk.config.read_text()
    imap, smtp = text.split("[mailboxes.support.smtp]")
    imap = imap.replace('security = "plain"', 'security = "tls"')
    imap = imap.replace(f"port = {desk.box.server.imap_port}", f"port = {desk.box.server.imaps_port}")
    smtp = smtp.replace(
        'security = "plain"', f'security = "starttls"\nuser = "{USER}"\npassword = "{PASSWORD}"'
    )
    desk.config.write_text(f"{imap}[mailboxes.support.smtp]{smtp}")
    return desk


def queue(desk: Desk, number: int) -> None:
    """Write to a client of their own."""
    anna = identity.agent_by_login(desk, "anna")
    to = Mailaddr(f"client{number:05}@example.com")
    opening.open_ticket(desk, Actor.agent(anna.id), subject=f"Ticket {number:05}", text="Hello", to=to)


def nothing_in_the_clear(overheard: bytes | bytearray) -> None:
    assert overheard, "nobody spoke"
    assert [word for word in SECRETS if word in overheard] == []


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("step", [43, pytest.param(7, marks=pytest.mark.soak)])
async def test_imap_over_tls_cut_anywhere_loses_and_doubles_nothing(
    tmp_path: Path, dovecot: Dovecot, relay: SmtpServer, side: Side, step: int
) -> None:
    desk = secured(make_desk(tmp_path / "desk", dovecot.mailbox("support"), relay, confirm=False))
    number, after, whole = 0, 1 - step, False
    async with cutting(dovecot.imaps_port, side) as cutter:
        through(desk, dovecot.imaps_port, cutter.port)
        with desk.open() as opened, desk.box.imap() as person:
            person.select("INBOX")
            while not whole:
                if len(desk.subjects()) == number:
                    if number:
                        person.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
                        person.expunge()
                    person.append("INBOX", "", "", client_letter(number))
                    number += 1
                after += step
                cutter.after = after
                went_well = await looked(opened)
                whole = cutter.passed < after
                assert went_well or not whole
        nothing_in_the_clear(cutter.overheard)
    assert number > 1
    assert desk.subjects() == [f"Letter {one:05}" for one in range(number)]


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("step", [67, pytest.param(7, marks=pytest.mark.soak)])
async def test_smtp_over_starttls_cut_anywhere_repeats_nothing_and_says_nothing_in_the_clear(
    tmp_path: Path, dovecot: Dovecot, relay: SmtpServer, side: Side, step: int
) -> None:
    desk = secured(make_desk(tmp_path / "desk", dovecot.mailbox("support"), relay))
    after, whole = 1 - step, False
    states: Counter[str] = Counter()
    async with cutting(relay.port, side) as cutter:
        through(desk, relay.port, cutter.port)
        with desk.open() as opened:
            agents.add(opened, "anna", "Anna", "anna@desk.example", groups={"first": Role.AGENT})
            while not whole:
                after += step
                queue(opened, after)
                cutter.after = after
                await sent(opened)
                (state,) = desk.outbox()[-1:]
                whole = cutter.passed < after
                states[state] += 1
                assert state == "sent" if whole else state in ("sent", "unknown", "queued")
                cutter.after = None
                while "queued" in desk.outbox():
                    make_due(desk)
                    await sent(opened)
        nothing_in_the_clear(cutter.overheard)
    assert min(states["sent"], states["queued"]) > 0
    assert all(received.tls and received.login == USER for received in relay.received)
    taken = Counter(received.message["To"] for received in relay.received)
    assert max(taken.values()) == 1
    for address, state in desk.ask(
        "SELECT r.email, o.state FROM outbox o JOIN outbox_recipient r ON r.outbox_id = o.id"
    ):
        assert state == "unknown" or (state == "sent" and taken[address] == 1)


class Stripper:
    """An SMTP server that would take every letter in the clear, and gives `answer` to STARTTLS."""

    def __init__(self, *, offers: bool, answer: bytes) -> None:
        self.offers, self.answer = offers, answer
        self.overheard = bytearray()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, in the clear to its end."""
        writer.write(b"220 mx ready\r\n")
        offered = b"250-STARTTLS\r\n" if self.offers else b""
        try:
            while line := await reader.readline():
                self.overheard += line
                verb = line.strip().upper()
                if verb.startswith(b"EHLO"):
                    writer.write(b"250-mx\r\n" + offered + b"250 AUTH PLAIN LOGIN\r\n")
                elif verb == b"STARTTLS":
                    writer.write(self.answer)
                else:
                    writer.write(b"354 go on\r\n" if verb == b"DATA" else b"235 2.0.0 fine\r\n")
                await writer.drain()
        except ValueError:
            pass


@asynccontextmanager
async def stripping(*, offers: bool, answer: bytes) -> AsyncIterator[Stripper]:
    stripper = Stripper(offers=offers, answer=answer)
    async with listening(stripper.serve) as stripper.port:
        yield stripper


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        (False, b"500 what\r\n"),
        (False, b"220 ready\r\n"),
        (True, b"454 4.7.0 TLS not available\r\n"),
        (True, b"502 5.5.1 not implemented\r\n"),
        (True, b"220 ready\r\n250 go on in the clear\r\n"),
        (True, b"250 fine, and now in the clear\r\n"),
        (True, b""),
    ],
    ids=[
        "not offered",
        "not offered but taken",
        "not now",
        "not at all",
        "pretended",
        "another code",
        "silent",
    ],
)
async def test_a_server_that_strips_starttls_gets_neither_letter_nor_password(
    tmp_path: Path,
    dovecot: Dovecot,
    relay: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
    offers: bool,
    answer: bytes,
) -> None:
    monkeypatch.setattr("mailbridge.smtp.CONNECT_SECONDS", 1.0)
    desk = secured(make_desk(tmp_path / "desk", dovecot.mailbox("support"), relay))
    async with stripping(offers=offers, answer=answer) as stripper:
        through(desk, relay.port, stripper.port)
        with desk.open() as opened:
            agents.add(opened, "anna", "Anna", "anna@desk.example", groups={"first": Role.AGENT})
            queue(opened, 1)
            for _try in range(2):
                make_due(desk)
                await sent(opened)
        assert desk.outbox() == ["queued"]
        nothing_in_the_clear(stripper.overheard)
        through(desk, stripper.port, relay.port)
    make_due(desk)
    with desk.open() as opened:
        await sent(opened)
    assert desk.outbox() == ["sent"]
    assert [(one.tls, one.login) for one in relay.received] == [(True, USER)]


async def test_an_imap_server_that_greets_in_the_clear_where_tls_is_demanded_hears_no_password() -> None:
    overheard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
        while data := await reader.read(4096):
            overheard.extend(data)

    async with listening(serve) as port:
        source = ImapSource(Server("127.0.0.1", port, "tls", USER, lambda: PASSWORD))
        with pytest.raises(Unavailable, match="no TLS connection"):
            await source.open()
    nothing_in_the_clear(overheard)
