"""The IMAP adapter against a real Dovecot: what it reads, and how it fails."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from core.errors import Unavailable
from mailbridge.imap import ImapSource
from mailbridge.imap_words import UNDATED
from mailbridge.servers import LoginRefused, Server
from mailbridge.source import RANGE_BYTES, Metadata, ranges
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.listening import Talk, listening
from tests.servers.tls import Ca


def letter(number: int, size: int = 0) -> bytes:
    body = "x" * 70 + "\r\n"
    return f"From: c@example.com\r\nSubject: {number}\r\n\r\n* star {{5}}\r\n{body * (size // 72)}".encode()


def source_of(box: Mailbox, *, password: str = "", tls: bool = False) -> ImapSource:
    port = box.server.imaps_port if tls else box.server.imap_port
    secret = password or box.password
    return ImapSource(Server(box.server.host, port, "tls" if tls else "plain", box.user, lambda: secret))


async def test_letters_come_byte_for_byte_and_stay_unseen(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    raws = [letter(number) for number in range(1, 121)]
    box.deliver_all(raws)
    source = source_of(box)
    await source.open()
    selected = await source.select("INBOX")
    uids = await source.search(1)
    metadata = await source.metadata(uids)
    got = {one.uid: raw for part in ranges(metadata) async for one, raw in source.fetch(part)}
    await source.close()

    stored = box.letters()
    assert got == {one.uid: one.data for one in stored}
    assert len(got) == selected.exists == 120
    assert selected.uidnext == 121
    assert all("\\Seen" not in one.flags for one in stored)


async def test_a_letter_of_any_bytes_arrives_whole(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    raw = (
        b"Subject: odd\r\n\r\n* 1 FETCH (UID 9 BODY[] {3}\r\n)(((\r\nA1 OK no\r\n* BYE\r\n"
        + bytes(range(1, 256))
        + b"\r\n"
    )
    box.append(raw)
    box.append(b"Subject: next\r\n\r\n")
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    metadata = await source.metadata(await source.search(1))
    got = [raw async for _one, raw in source.fetch(metadata)]
    assert got[0] == box.letters()[0].data
    assert len(got) == 2
    await source.close()


async def test_search_from_beyond_the_end_finds_nothing(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.append(letter(1))
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    assert await source.search(1) == [1]
    assert await source.search(2) == []
    await source.close()


async def test_internal_dates_come_in_utc(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    when = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)
    box.append(letter(1), date=when.timestamp())
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    (only,) = await source.metadata([1])
    assert only.internal_date == when
    await source.close()


async def test_a_large_letter_is_streamed_in_parts(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    raw = letter(1, RANGE_BYTES + 5000)
    box.append(raw)
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    into = io.BytesIO()
    assert await source.stream(Metadata(1, len(raw), UNDATED), into) == len(raw)
    assert into.getvalue() == raw
    assert await source.stream(Metadata(77, len(raw), UNDATED), io.BytesIO()) == 0
    await source.close()


async def test_a_thousand_metadata_lines_do_not_hang(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.deliver_all([letter(number) for number in range(1100)])
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    uids = await source.search(1)
    assert len(await source.metadata(uids)) == 1100
    await source.mark_seen(uids)
    await source.close()
    assert all("\\Seen" in flags for flags in box.flags().values())


async def test_strange_names_are_quoted_and_encoded(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    for name in ("Done items", "&BB8EPgRHBEIEMA- &- Co"):
        box.create(name)
    box.append(letter(1), folder="Done items")
    box.append(letter(2), folder="&BB8EPgRHBEIEMA- &- Co")
    source = source_of(box)
    await source.open()
    assert (await source.select("Done items")).exists == 1
    assert (await source.select("Почта & Co")).exists == 1
    await source.close()


async def test_a_missing_folder_is_named(dovecot: Dovecot) -> None:
    source = source_of(dovecot.mailbox())
    await source.open()
    with pytest.raises(Unavailable, match='folder Nowhere "x" cannot be opened'):
        await source.select('Nowhere "x"')


async def test_a_wrong_password_is_not_an_unreachable_server(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    with pytest.raises(LoginRefused) as caught:
        await source_of(box, password='wrong "one"').open()
    assert box.user in str(caught.value)
    assert '"one"' not in str(caught.value) + caught.value.hint


async def test_nobody_listening_says_host_and_port() -> None:
    source = ImapSource(Server("127.0.0.1", 1, "plain", "u", lambda: "p"))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1: refused the connection") as caught:
        await source.open()
    assert caught.value.hint


async def test_tls_is_verified(dovecot: Dovecot, ca: Ca, monkeypatch: pytest.MonkeyPatch) -> None:
    box = dovecot.mailbox()
    with pytest.raises(Unavailable, match="certificate is not trusted"):
        await source_of(box, tls=True).open()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))
    source = source_of(box, tls=True)
    await source.open()
    assert (await source.select("INBOX")).exists == 0
    await source.close()


async def test_tls_towards_a_plain_port_is_explained(dovecot: Dovecot) -> None:
    source = ImapSource(Server("127.0.0.1", dovecot.imap_port, "tls", "u", lambda: "p"))
    with pytest.raises(Unavailable, match="no TLS connection"):
        await source.open()


async def test_idle_wakes_for_a_letter_and_not_for_less(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.append(letter(1))
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    stop = asyncio.Event()
    assert await source.idle(0.2, stop) is False
    waiting = asyncio.create_task(source.idle(30, stop))
    await asyncio.to_thread(box.append, letter(2))
    assert await waiting is True
    assert await source.search(2) == [2]
    await source.close()


async def test_a_letter_announced_in_another_answer_is_not_waited_for(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.append(letter(1))
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    assert await source.search(1) == [1]
    await asyncio.to_thread(box.append, letter(2))
    # The server tells of the second one here, and never again.
    assert await source.mark_seen([1])
    async with asyncio.timeout(60):
        assert await source.idle(3000, asyncio.Event()) is True
    assert await source.search(2) == [2]
    assert await source.idle(0.2, asyncio.Event()) is False
    await source.close()


async def test_idle_ends_at_once_when_we_stop(dovecot: Dovecot) -> None:
    source = source_of(dovecot.mailbox())
    await source.open()
    await source.select("INBOX")
    stop = asyncio.Event()
    waiting = asyncio.create_task(source.idle(3000, stop))
    await asyncio.sleep(0)
    stop.set()
    assert await asyncio.wait_for(waiting, 20) is False
    assert await source.search(1) == []
    await source.close()


async def test_a_cut_connection_fails_what_waits(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    source = source_of(box)
    await source.open()
    await source.select("INBOX")
    waiting = asyncio.create_task(source.idle(3000, asyncio.Event()))
    await asyncio.to_thread(box.kick)
    while not waiting.done():
        await asyncio.to_thread(box.kick)
    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable, match="connection is closed"):
        await source.search(1)
    await source.open()
    await source.select("INBOX")
    await source.close()


def scripted(answers: dict[bytes, bytes], greeting: bytes) -> Talk:
    """Says what it is told to: `%T` stands for the command's tag."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            tag, _, rest = line.strip().partition(b" ")
            for start, answer in answers.items():
                if rest.upper().startswith(start):
                    writer.write(answer.replace(b"%T", tag))
                    await writer.drain()
                    break
            if rest.upper() == b"LOGOUT":
                break

    return talk


USUAL = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n%T OK\r\n",
    b"LOGIN": b"%T OK\r\n",
    b"SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n%T OK\r\n",
}


@asynccontextmanager
async def opened(answers: dict[bytes, bytes], greeting: bytes = b"* OK hi\r\n") -> AsyncIterator[ImapSource]:
    async with listening(scripted(answers, greeting)) as port:
        yield ImapSource(Server("127.0.0.1", port, "plain", "u", lambda: "p"))


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 BODY[] {99999999999}\r\n",
        b"XX9 OK whose answer is this\r\n",
        b"%T NO [SERVERBUG] no\r\n",
        b"%T BAD what\r\n",
    ],
)
async def test_a_lying_server_costs_the_connection_only(answer: bytes) -> None:
    async with opened({**USUAL, b"UID FETCH": answer}) as source:
        await source.open()
        await source.select("INBOX")
        with pytest.raises(Unavailable):
            _ = [raw async for _one, raw in source.fetch([Metadata(1, 10, datetime(2024, 1, 1, tzinfo=UTC))])]
        with pytest.raises(Unavailable, match="closed"):
            await source.search(1)
        await source.close()


async def test_a_folder_that_may_not_be_marked_stays_readable() -> None:
    answers = {b"UID STORE": b"%T NO [READ-ONLY] no\r\n", b"UID SEARCH": b"* SEARCH 1\r\n%T OK\r\n"}
    async with opened({**USUAL, **answers}) as source:
        await source.open()
        await source.select("INBOX")
        assert await source.mark_seen([1]) is False
        assert await source.search(1) == [1]
        await source.close()


async def test_a_refused_greeting_is_told_at_once() -> None:
    async with opened(USUAL, greeting=b"* BYE too many connections\r\n") as source:
        with pytest.raises(Unavailable, match="too many connections"):
            await source.open()


async def test_a_server_with_too_many_connections_is_asked_again_and_has_refused_no_password(
    private_dovecot: Dovecot,
) -> None:
    private_dovecot.stop()
    private_dovecot.connections_per_user = 1
    private_dovecot.start()
    box = private_dovecot.mailbox()
    source = source_of(box)
    with box.imap():
        with pytest.raises(Unavailable, match="it lets nobody else in for now") as caught:
            await source.open()
        assert not isinstance(caught.value, LoginRefused)
    async with asyncio.timeout(60):
        while True:
            # Dovecot counts a connection off some time after its end.
            try:
                await source.open()
                break
            except Unavailable:
                await asyncio.sleep(0.05)
    assert (await source.select("INBOX")).uidvalidity
    await source.close()


async def test_thousands_of_unasked_lines_do_no_harm() -> None:
    noise = b"".join(b"* %d EXPUNGE\r\n" % number for number in range(5000, 0, -1))
    async with opened({**USUAL, b"UID SEARCH": noise + b"* SEARCH 3 1\r\n%T OK\r\n"}) as source:
        await source.open()
        await source.select("INBOX")
        assert await source.search(1) == [1, 3]
        await source.close()


async def test_a_short_letter_may_come_as_a_quoted_string() -> None:
    async with opened({**USUAL, b"UID FETCH": b'* 1 FETCH (BODY[] "a\\"b" UID 4)\r\n%T OK\r\n'}) as source:
        await source.open()
        await source.select("INBOX")
        wanted = Metadata(4, 3, datetime(2024, 1, 1, tzinfo=UTC))
        assert [raw async for _one, raw in source.fetch([wanted])] == [b'a"b']
        await source.close()
