"""A letter that stalls or kills whoever reads it becomes a visible ticket, and nobody behind it waits."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.letters import Letter
from core.services.intake import MAX_ATTEMPTS
from mailbridge import parsing
from mailbridge.daemon import Bridge
from mailbridge.fetching import Fetcher
from mailbridge.imap import ImapSource
from mailbridge.parse_frames import Request
from mailbridge.parse_process import Worker
from mailbridge.parsing import Parser
from mailbridge.watching import imap_server
from tests.integration.bridge_desks import BridgeDesk, PlainReader, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

POISON = (
    b"From: poison@example.com\r\nSubject: Poison\r\nMessage-ID: <poison@example.com>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    + b"<div><p>x<b>" * 300_000
    + b"\r\n"
)
"""Nested so deep that reading it takes seconds and hundreds of megabytes, of a worker that has them."""


class Starved(Worker):
    """A worker that gets, once it stands, no more memory than ordinary letters take."""

    async def ask(self, requests: Sequence[Request], seconds: float) -> list[Letter | str]:
        if self.process is None or self.process.returncode is not None:
            await super().ask([(client_letter(0), False, True, "", 60)], 60)
            pid = (await self._started()).pid
            room = 60 * 1024 * 1024
            taken = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(pid, resource.RLIMIT_AS, (taken + room, taken + room))
        return await super().ask(requests, seconds)


@pytest.mark.parametrize(
    ("worker", "limit", "letters"),
    [
        (Worker, 1.5, 100),
        (Starved, 60, 100),
        pytest.param(Worker, 1.5, 1000, marks=pytest.mark.soak),
        pytest.param(Starved, 60, 1000, marks=pytest.mark.soak),
    ],
    ids=["stalls among 100", "kills among 100", "stalls among 1000", "kills among 1000"],
)
async def test_one_poison_letter_costs_no_other(
    tmp_path: Path,
    dovecot: Dovecot,
    smtp_server: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
    worker: type[Worker],
    limit: float,
    letters: int,
) -> None:
    monkeypatch.setattr(parsing, "Worker", worker)
    place = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    raws = [client_letter(number) for number in range(letters - 1)]
    place.box.append_all([*raws[: letters // 2], POISON, *raws[letters // 2 :]])
    async with Parser(limit) as reader:
        found = []
        for _ in range(MAX_ATTEMPTS):
            assert (await reader.parse(raws[0])).error == ""
            with place.open() as desk:
                look = await Bridge(desk, reader).once(asyncio.Event())
            found.append(look.mailboxes["support"].outcomes)
    again = [{"failed": 1}] * (MAX_ATTEMPTS - 2)
    assert found == [{"opened": letters - 1, "failed": 1}, *again, {"opened": 1}]
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


class Busy:
    """A reader on a machine that is too busy at first: letters run into the limit until it is not."""

    def __init__(self) -> None:
        self.busy = True
        self.reads = 0

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        self.reads += len(letters)
        read = await PlainReader().parse_many(letters, trusted=trusted)
        return [
            replace(one, cut_short=True, error="too long", body_text="") if self.busy else one for one in read
        ]


async def test_a_good_letter_that_a_busy_machine_could_not_read_is_read_later(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    place.box.deliver(client_letter(1))
    reader = Busy()
    with place.open() as desk:
        source = ImapSource(imap_server(desk.settings.mailboxes["support"].imap))
        fetcher = Fetcher(desk, "support", source, reader, go_on=lambda: True, told=lambda _taken: None)
        await source.open()
        selected = await source.select("INBOX")
        await fetcher.sweep(selected)
        await fetcher.sweep(selected)
        assert reader.reads == 1, "the second try waits a while"
        assert place.ask("SELECT state, attempts, error FROM mail_ledger") == [("stored", 1, "too long")]
        reader.busy = False
        monkeypatch.setattr(fetcher, "_resting", {})
        await fetcher.sweep(selected)
        await source.close()
    assert place.ask("SELECT state, outcome FROM mail_ledger") == [("done", "opened")]
    ((body,),) = place.ask("SELECT body FROM message")
    assert body.startswith("Hello, this is letter 1.")


async def test_letters_that_the_reader_did_not_come_to_in_its_turn_are_filed_in_the_next(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    place = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    place.box.append_all([client_letter(number) for number in range(5)])
    async with Parser() as reader:
        reader.turn_seconds = 0
        report = await place.once(reader)
    assert report.mailboxes["support"].outcomes == {"opened": 5}
