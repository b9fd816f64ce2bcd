"""One IMAP folder as a source of letters, over aioimaplib.

Whatever fails here drops the connection: a late answer to a command that we gave up would be taken for the
next one's. The caller opens a new one. Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, BinaryIO, TypeVar

from core.errors import Unavailable
from core.i18n import _
from mailbridge.aioimap import Client, ClientError
from mailbridge.imap_words import (
    body_of,
    chunks,
    fits,
    folder_name,
    internal_date,
    last_words,
    named_number,
    numbers,
    origin_of,
    quoted,
    records,
    size_of,
    uid_of,
    uid_set,
)
from mailbridge.servers import LoginRefused, Server, server_words
from mailbridge.source import RANGE_BYTES, Metadata, Selected

T = TypeVar("T")

METADATA_CHUNK = 300
"""UIDs of one FETCH of sizes and dates."""
PART_BYTES = 1024 * 1024
"""Bytes of one part of a streamed letter."""
RANGE_ANSWER = RANGE_BYTES * 3 // 2
"""Bytes of the answer to a FETCH of a range: sizes may lie a little, and a letter whose size lies more is
streamed the next time."""
PART_ANSWER = 2 * PART_BYTES
MOST_STREAMED = 2 * 1024**3
"""Bytes after which a letter in parts has no end: no letter of a help desk, and the disk is to outlive it."""
STORE_CHUNK = 200
"""UIDs of one STORE: one by one is quadratic in Dovecot."""
CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 60.0
TRANSFER_SECONDS = 300.0
"""For a whole range of 8 MB: a slow line still gets through."""
GOODBYE_SECONDS = 3.0


class ImapSource:
    """A MailSource over aioimaplib."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._client: Client | None = None
        self._lost: asyncio.Future[None] | None = None

    async def open(self) -> None:
        kept = self.server.token is not None and self.server.token.kept
        try:
            await self._open()
        except LoginRefused:
            if not kept:
                raise
            # Tokens run out after an hour or so: a kept one that is refused is no failure, once.
            await self._open()

    async def _open(self) -> None:
        await self.close()
        # Before the connection: servers hang up on who says nothing for long.
        token = "" if self.server.token is None else await self.server.token.get()
        self._lost = asyncio.get_running_loop().create_future()
        lost = self._lost

        def connection_lost() -> None:
            if not lost.done():
                lost.set_result(None)

        tls = await asyncio.to_thread(self.server.tls_context)
        self._client = Client(self.server.host, self.server.port, tls, connection_lost)
        await self._within(CONNECT_SECONDS, self._client.wait_hello_from_server(), _("greeting"))
        answer = await self._within(
            COMMAND_SECONDS,
            self._client.xoauth2(self.server.user, token)
            if token
            else self._client.login(quoted(self.server.user), self.server.secret()),
            _("logging in"),
        )
        if answer.result != "OK":
            said = last_words(answer.lines)
            await self.close()
            if (no_room := self.server.no_room(said)) is not None:
                raise no_room
            if self.server.token is not None:
                self.server.token.forget()
            raise self.server.login_refused(said)
        # After LOGIN a server may announce more than before it, IDLE for one.
        await self._within(COMMAND_SECONDS, self._connected().protocol.capability(), _("capabilities"))

    async def select(self, folder: str) -> Selected:
        answer = await self._within(
            COMMAND_SECONDS, self._connected().select(quoted(folder_name(folder))), _("opening the folder")
        )
        if answer.result != "OK":
            raise await self._refused(
                _("folder {folder} cannot be opened ({said})").format(
                    folder=folder, said=server_words(last_words(answer.lines))
                ),
                _("Correct `folder` of this mailbox in the configuration."),
            )
        self._connected().protocol.grown = False
        text = b"\n".join(bytes(line) for line in answer.lines)
        validity = named_number(rb"\[UIDVALIDITY (\d{1,10})\b", text)
        if validity is None:
            raise await self._refused(
                _("folder {folder} has no UIDVALIDITY").format(folder=folder),
                _("This server cannot tell letters apart over time; choose another folder or server."),
            )
        return Selected(
            validity,
            named_number(rb"\[UIDNEXT (\d{1,10})\b", text) or 0,
            named_number(rb"\b(\d{1,10}) EXISTS", text) or 0,
        )

    async def search(self, low_uid: int) -> list[int]:
        # What is announced from here on may come too late for this answer: `idle` does not wait then.
        self._connected().protocol.grown = False
        answer = await self._command(
            self._connected().uid_search("UID", f"{low_uid}:*", charset=None),
            _("searching"),
            TRANSFER_SECONDS,
        )
        # `n:*` always names the last letter, even one below n (RFC 3501 section 6.4.8).
        return sorted({uid for line in answer.lines[:-1] for uid in numbers(line) if uid >= low_uid})

    async def metadata(self, uids: Sequence[int]) -> list[Metadata]:
        found: dict[int, Metadata] = {}
        for chunk in chunks(uids, METADATA_CHUNK):
            wanted = set(chunk)
            answer = await self._command(
                self._connected().uid("FETCH", uid_set(chunk), "(UID RFC822.SIZE INTERNALDATE)"),
                _("sizes"),
                TRANSFER_SECONDS,
            )
            for text, _literal in await self._records(answer):
                uid, size = uid_of(text), size_of(text)
                if uid in wanted and size is not None:
                    found[uid] = Metadata(uid, size, internal_date(text))
        return [found[uid] for uid in sorted(found)]

    async def fetch(self, letters: Sequence[Metadata]) -> AsyncIterator[tuple[Metadata, bytes]]:
        wanted = {letter.uid: letter for letter in letters}
        client = self._connected()
        client.protocol.allow(RANGE_ANSWER)
        answer = await self._command(
            client.uid("FETCH", uid_set(list(wanted)), "(UID BODY.PEEK[])"), _("letters"), TRANSFER_SECONDS
        )
        for text, literal in await self._records(answer):
            uid, body = uid_of(text), body_of(text, literal)
            if uid in wanted and body is not None and fits(wanted[uid].size, len(body)):
                yield wanted.pop(uid), body

    async def stream(self, letter: Metadata, into: BinaryIO) -> int:
        offset = 0
        while part := await self._part(letter.uid, offset):
            await asyncio.to_thread(into.write, part)
            offset += len(part)
            if offset > MOST_STREAMED:
                raise await self._refused(_("it gives a letter without an end"), "")
            # A short part is the last one, unless the letter is longer by its size: asked again, the server
            # gives the rest, or nothing where the size lies.
            if len(part) < PART_BYTES and offset >= letter.size:
                break
        return offset

    async def _part(self, uid: int, offset: int) -> bytes:
        """Bytes of a letter from `offset` on; empty at its end."""
        client = self._connected()
        client.protocol.allow(PART_ANSWER)
        answer = await self._command(
            client.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{offset}.{PART_BYTES}>)"),
            _("a part of a letter"),
            TRANSFER_SECONDS,
        )
        for text, literal in await self._records(answer):
            part = body_of(text, literal)
            if uid_of(text) == uid and part:
                if len(part) > PART_BYTES or origin_of(text) not in (None, offset):
                    raise await self._refused(_("it gives another part of a letter than was asked for"), "")
                return part
        return b""

    async def mark_seen(self, uids: Sequence[int]) -> bool:
        for chunk in chunks(sorted(uids), STORE_CHUNK):
            answer = await self._within(
                TRANSFER_SECONDS,
                self._connected().uid("STORE", uid_set(chunk), "+FLAGS.SILENT", "(\\Seen)"),
                _("marking"),
            )
            if answer.result != "OK":
                return False
        return True

    async def idle(self, seconds: float, stop: asyncio.Event) -> bool:
        client = self._connected()
        if client.grown():
            return True
        if not client.has_capability("IDLE"):
            await self._until_stop(stop, seconds)
            return False
        pushes: asyncio.Queue[list[bytes]] = client.protocol.idle_queue
        while not pushes.empty():
            pushes.get_nowait()
        idling = asyncio.ensure_future(client.idle())
        try:
            if not await self._within(COMMAND_SECONDS, _acknowledged(client, idling), _("IDLE")):
                await self._until_stop(stop, seconds)
                return False
            deadline = asyncio.get_running_loop().time() + seconds
            while not client.grown() and not stop.is_set():
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await self._push(pushes, left, stop)
            client.idle_done()
            await self._within(COMMAND_SECONDS, asyncio.shield(idling), _("the end of IDLE"))
        finally:
            idling.cancel()
            await asyncio.gather(idling, return_exceptions=True)
        return client.grown()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if self._lost is not None and not self._lost.done() and client.get_state() in ("AUTH", "SELECTED"):
            goodbye = asyncio.ensure_future(client.logout())
            try:
                await asyncio.wait(
                    {goodbye, self._lost}, timeout=GOODBYE_SECONDS, return_when="FIRST_COMPLETED"
                )
            finally:
                goodbye.cancel()
                await asyncio.gather(goodbye, return_exceptions=True)
        client.abort()

    def _connected(self) -> Client:
        if self._client is None:
            raise self.server.unavailable(_("the connection is closed"))
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.abort()

    async def _refused(self, what: str, hint: str) -> Unavailable:
        await self.close()
        return self.server.unavailable(what, hint)

    async def _command(self, command: Awaitable[Any], doing: str, seconds: float) -> Any:
        answer = await self._within(seconds, command, doing)
        if answer.result != "OK":
            raise await self._refused(
                _("{doing} failed ({said})").format(doing=doing, said=server_words(last_words(answer.lines))),
                "",
            )
        return answer

    async def _records(self, answer: Any) -> list[tuple[bytes, bytes | None]]:
        try:
            return list(records(answer.lines))
        except ValueError as error:
            raise await self._refused(_("its answer makes no sense ({why})").format(why=error), "") from error

    async def _within(self, seconds: float, step: Awaitable[T], doing: str) -> T:
        """Await one step against the clock and the loss of the connection; a failure drops it.

        The library does not fail pending commands when the connection is lost: they would wait for ever.
        """
        assert self._lost is not None
        task: asyncio.Future[T] = asyncio.ensure_future(step)
        finished = False
        try:
            await _first(seconds, task, self._lost)
            if not task.done():
                why = _("the connection was lost") if self._lost.done() else _("did not answer in time")
                trouble = self._client.protocol.trouble if self._client is not None else ""
                raise self.server.unavailable(
                    _("{why} ({doing})").format(why=why, doing=server_words(trouble) or doing)
                )
            result = task.result()
            finished = True
            return result
        except (OSError, ClientError, ValueError, IndexError) as error:
            raise self.server.from_exception(error) from error
        finally:
            if not finished:
                task.cancel()
                self._drop()

    async def _push(self, pushes: asyncio.Queue[list[bytes]], seconds: float, stop: asyncio.Event) -> None:
        """Until the server pushes something, `seconds` are over, or `stop`."""
        assert self._lost is not None
        got, stopped = asyncio.ensure_future(pushes.get()), asyncio.ensure_future(stop.wait())
        try:
            await _first(seconds, got, stopped, self._lost)
            if not got.done() and self._lost.done():
                self._drop()
                raise self.server.unavailable(_("the connection was lost (waiting for letters)"))
        finally:
            got.cancel()
            stopped.cancel()

    async def _until_stop(self, stop: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return


async def _first(seconds: float | None, *futures: asyncio.Future[Any]) -> None:
    """Until one of them is done, or the time is up."""
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


async def _acknowledged(client: Client, idling: asyncio.Future[Any]) -> bool:
    """True once the server idles, False where it refuses the command."""
    ready = asyncio.ensure_future(client.protocol.wait_for_idle_response())
    try:
        await _first(None, ready, idling)
        return not idling.done()
    finally:
        ready.cancel()
