"""A letter that stalls or kills whoever reads it becomes a visible ticket, and nobody behind it waits."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from core.domain.letters import Letter
from mailbridge.daemon import Bridge
from mailbridge.parsing import Parser
from tests.integration.bridge_desks import BridgeDesk, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

POISON = (
    b"From: poison@example.com\r\nSubject: Poison\r\nMessage-ID: <poison@example.com>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    + b"<div><p>x<b>" * 300_000
    + b"\r\n"
)
"""Nested so deep that reading it takes seconds and hundreds of megabytes, of a worker that has them."""


class Starved(Parser):
    """A reader whose first worker gets no more memory than it takes for ordinary letters."""

    async def parse(self, raw: bytes, *, trusted: bool = False) -> Letter:
        letter = await super().parse(raw, trusted=trusted)
        assert self._worker is not None
        room = 60 * 1024 * 1024
        taken = int(Path(f"/proc/{self._worker.pid}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(self._worker.pid, resource.RLIMIT_AS, (taken + room, taken + room))
        return letter


@pytest.mark.parametrize(
    ("reader", "letters"),
    [
        (Parser(limit_seconds=1.5), 100),
        (Starved(limit_seconds=60), 100),
        pytest.param(Parser(limit_seconds=1.5), 1000, marks=pytest.mark.soak),
        pytest.param(Starved(limit_seconds=60), 1000, marks=pytest.mark.soak),
    ],
    ids=["stalls among 100", "kills among 100", "stalls among 1000", "kills among 1000"],
)
async def test_one_poison_letter_costs_no_other(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, reader: Parser, letters: int
) -> None:
    place = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    raws = [client_letter(number) for number in range(letters - 1)]
    place.box.append_all([*raws[: letters // 2], POISON, *raws[letters // 2 :]])
    async with reader:
        assert (await reader.parse(raws[0])).error == ""
        with place.open() as desk:
            report = await Bridge(desk, reader).once(asyncio.Event())
    assert report.mailboxes["support"].outcomes == {"opened": letters}
    assert place.subjects() == [*(f"Letter {number:05}" for number in range(letters - 1)), "Poison"]
    check_ticket(place)


def check_ticket(place: BridgeDesk) -> None:
    """The poison stands in a group's New, by its headers, with the reason and the raw file."""
    ((status, reason, sender),) = place.ask(
        "SELECT t.status, m.body, c.email FROM ticket t JOIN message m ON m.ticket_id = t.id"
        " JOIN address c ON c.contact_id = t.contact_id"
        " WHERE m.subject = 'Poison'"
    )
    assert (status, sender) == ("new", "poison@example.com")
    assert "reading it" in reason
    ((sha256,),) = place.ask(
        "SELECT a.sha256 FROM attachment a JOIN message m ON m.id = a.message_id WHERE m.subject = 'Poison'"
    )
    assert (place.folder / "blobs" / sha256[:2] / sha256).read_bytes() == POISON
