"""Letters that the server lists and does not give: they hold up nobody, and are asked for until they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from core.errors import Unavailable
from mailbridge import fetching
from mailbridge.fetching import Fetcher
from mailbridge.imap import ImapSource
from mailbridge.source import Metadata
from mailbridge.watching import imap_server
from tests.integration.bridge_desks import PlainReader, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


class Stingy(ImapSource):
    """A real folder that keeps one letter back."""

    kept: int | None = 1
    """Its UID."""
    breaks = False
    """Whether asking for it breaks the connection, or merely gets no answer."""

    async def fetch(self, letters: Sequence[Metadata]) -> AsyncIterator[tuple[Metadata, bytes]]:
        self._refuse({letter.uid for letter in letters})
        async for letter, raw in super().fetch(letters):
            if letter.uid != self.kept:
                yield letter, raw

    async def stream(self, letter: Metadata, into: BinaryIO) -> int:
        self._refuse({letter.uid})
        return 0 if letter.uid == self.kept else await super().stream(letter, into)

    def _refuse(self, wanted: set[int]) -> None:
        if self.breaks and self.kept in wanted:
            raise self.server.unavailable("it broke off")


@pytest.mark.parametrize("breaks", [True, False])
async def test_a_letter_kept_back_comes_at_last_however_many_came_since(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    monkeypatch.setattr(fetching, "OVERLAP", 2)
    place = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    place.box.deliver_all([client_letter(number) for number in range(6)])
    with place.open() as desk:
        source = Stingy(imap_server(desk.settings.mailboxes["support"].imap))
        source.breaks = breaks
        fetcher = Fetcher(
            desk, "support", source, PlainReader(), go_on=lambda: True, told=lambda _taken: None
        )

        async def look() -> None:
            await source.open()
            await fetcher.sweep(await source.select("INBOX"))

        try:
            # The range fails, then the letter alone, before its turn comes behind the others.
            for _time in range(3):
                if breaks:
                    with pytest.raises(Unavailable):
                        await look()
                else:
                    await look()
            assert place.subjects() == [f"Letter {number:05}" for number in range(1, 6)]
            source.kept = None
            await look()
            assert sorted(place.subjects()) == [f"Letter {number:05}" for number in range(6)]
        finally:
            await source.close()


async def test_a_letter_kept_back_is_remembered_over_a_restart(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "OVERLAP", 2)
    place = make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server, confirm=False)
    place.box.deliver_all([client_letter(number) for number in range(6)])
    with place.open() as desk:
        source = Stingy(imap_server(desk.settings.mailboxes["support"].imap))

        async def look_anew() -> Fetcher:
            """As a bridge does that was started this moment."""
            fetcher = Fetcher(
                desk, "support", source, PlainReader(), go_on=lambda: True, told=lambda _taken: None
            )
            await source.open()
            await fetcher.sweep(await source.select("INBOX"))
            return fetcher

        try:
            for _time in range(2):
                await look_anew()
            assert (await look_anew()).kept_back == 1
            assert [(uid, tries) for uid, tries in place.ask("SELECT uid, tries FROM mail_unfetched")] == [
                (1, 3)
            ]
            source.kept = None
            # Far below the watermark by now: only what was remembered finds it.
            await look_anew()
            assert sorted(place.subjects()) == [f"Letter {number:05}" for number in range(6)]
            assert place.ask("SELECT count(*) FROM mail_unfetched") == [(0,)]
        finally:
            await source.close()
