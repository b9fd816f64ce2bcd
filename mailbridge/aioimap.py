"""aioimaplib 2.0.3 with its dangerous corners taken off; only `mailbridge.imap` imports this.

What differs from the library: received bytes are not formatted for a debug log that is off (2.5 times
faster); responses are taken apart in a loop instead of by recursion (about 1,000 lines in one chunk raised
RecursionError and hung the command for ever); a line that comes byte by byte, and 100,000 lines of one FETCH,
cost what they weigh and not their square; an answer beyond a limit ends the connection before it fills the
memory; a refused greeting and a lost connection are told to whoever waits; a token that is refused does not
hang.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import ssl
from collections.abc import Callable

from aioimaplib import aioimaplib as library

from mailbridge.tokens import xoauth2

MAX_ANSWER = 32 * 1024 * 1024
"""Bytes of the answer to one command, unless `allow` says less: a SEARCH over three million letters is so long."""
MAX_LINES = 300_000
"""Lines kept of one answer; short ones weigh more in memory than on the wire."""

ClientError: type[Exception] = library.AioImapException
"""The root of the library's errors."""

_FOLDER_SIZE = re.compile(rb"\* (\d{1,10}) (EXISTS|EXPUNGE)\b", re.IGNORECASE)

# The library has no types: hence the ignores below.
# What the library logs may hold pieces of letters.
logging.getLogger(library.__name__).setLevel(logging.CRITICAL)


class Fetch(library.FetchCommand):  # type: ignore[misc]
    """A FETCH that counts its brackets as lines come, instead of anew from the first line at every line.

    Somebody marks 100,000 letters as read elsewhere: the next FETCH is told so in as many lines.
    """

    _open = 0
    """Brackets of the last letter's data that are not closed yet."""

    def append_to_resp(self, line: bytes | bytearray, result: str = "Pending") -> None:
        if result == "Pending" and isinstance(line, bytes):
            if self.FETCH_MESSAGE_DATA_RE.match(line):
                self._open = 0
            self._open += line.count(b"(") - line.count(b")")
        super().append_to_resp(line, result)

    def wait_data(self) -> bool:
        return self._open != 0


class Protocol(library.IMAP4ClientProtocol):  # type: ignore[misc]
    """The library's protocol, reading in a loop and within limits."""

    trouble: str = ""
    """Why we closed the connection ourselves, or the server's refusal to greet."""
    grown: bool = False
    """True since the folder got a letter; a server may say so in the answer to any command (RFC 3501 section
    7.3.1) and says it once. Whoever is going to look at the folder sets it back before."""
    _exists: int = 0
    _allowed = MAX_ANSWER
    _left = MAX_ANSWER
    """Bytes that the answer to the present command may still have."""
    _searched = 0
    """So far the buffer is known to hold no end of a line."""
    _greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._buffer = bytearray()
        super().connection_made(transport)

    def allow(self, size: int) -> None:
        """The answer to the next command may have so many bytes, and no more."""
        self._allowed = size

    def send(self, line: str, scrub: str | None = None) -> None:
        self._left, self._allowed = self._allowed, MAX_ANSWER
        super().send(line, scrub)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self.give_up("an answer without an end")
            return
        self._buffer += data
        try:
            self._take()
        except (library.AioImapException, ValueError, UnicodeDecodeError, IndexError) as error:
            self.give_up(str(error))

    def give_up(self, why: str) -> None:
        """Close at once: whatever comes after a broken answer cannot be trusted."""
        self.trouble = self.trouble or why
        self._buffer = bytearray()
        self._searched = 0
        # What comes until the transport has closed is not read either.
        self._left = -1
        if self.transport is not None:
            self.transport.abort()

    def _take(self) -> None:
        data = self._buffer
        command: library.Command | None = self.current_command  # type: ignore[has-type]
        self.current_command = None
        position = 0
        while position < len(data):
            if command is not None and command.wait_literal_data():
                wanted = command._expected_size - len(command._resp_literal_data)
                command.append_literal_data(bytes(data[position : position + wanted]))
                position = min(len(data), position + wanted)
                if command.wait_literal_data():
                    break
                continue
            end = data.find(b"\r\n", max(position, self._searched))
            if end < 0:
                break
            line = bytes(data[position:end])
            position = end + 2
            command = self._take_line(line, command)
        del data[:position]
        # The next byte may be the line feed of this end.
        self._searched = max(0, len(data) - 1)
        if command is not None and (data or command.wait_data() or command.wait_literal_data()):
            self.current_command = command
        if self.pending_sync_command is not None and not data:
            self.pending_sync_command.flush()

    def _take_line(self, line: bytes, current: library.Command | None) -> library.Command | None:
        """Hand one line on; the command that goes on collecting, or None."""
        self._note_size(line)
        command: library.Command | None = self._handle_line(line, current)
        if command is not None and len(command._resp_lines) > MAX_LINES:
            raise ValueError("an answer of too many lines")
        literal = library.literal_data_re.match(line)
        if literal:
            size = int(literal.group("size"))
            if size > self._left + len(self._buffer):
                raise ValueError(f"a literal of {size} bytes")
            if command is None:
                command = library.Command("NIL", "unused")
            command.begin_literal_data(size)
            return command
        return command if command is not None and command.wait_data() else None

    def _handle_line(self, line: bytes, current_cmd: library.Command | None) -> library.Command | None:
        if self.state == library.CONNECTED and line:
            if self._greeted:
                # Said before the greeting has been read: the library would take it for another one.
                return None
            self._greeted = True
        return super()._handle_line(line, current_cmd)

    async def fetch(
        self, message_set: str, message_parts: str, by_uid: bool = False, **_rest: object
    ) -> library.Response:
        command = Fetch(self.new_tag(), message_set, message_parts, prefix="UID" if by_uid else "")
        return await self.execute(command)

    def _note_size(self, line: bytes) -> None:
        if found := _FOLDER_SIZE.match(line):
            exists = self._exists - 1 if found[2].upper() == b"EXPUNGE" else int(found[1])
            # Repeated by some servers with every answer: only growth is news.
            self.grown = self.grown or exists > self._exists
            self._exists = max(0, exists)

    async def authenticate(self, mechanism: str, response: bytes) -> library.Response:
        """AUTHENTICATE with an initial response (RFC 4959); a challenge after it gets an empty answer."""
        words = base64.b64encode(response).decode("ascii")
        # State and what waits for it are the library's own.
        async with self.state_condition:
            answer = await self.execute(library.Command("AUTHENTICATE", self.new_tag(), mechanism, words))
            if answer.result == "OK":
                self.state = library.AUTH
            self.state_condition.notify_all()
        return answer

    def _continuation(self, line: bytes) -> None:
        pending: library.Command | None = self.pending_sync_command
        if pending is not None and pending.name == "AUTHENTICATE":
            # The error of XOAUTH2 comes as a challenge; the refusal itself follows an empty response.
            assert self.transport is not None
            self.transport.write(b"\r\n")
            return
        super()._continuation(line)

    async def welcome(self, line: bytes) -> None:
        try:
            await super().welcome(line)
        except (library.AioImapException, IndexError, UnicodeDecodeError) as error:
            self.give_up(str(error))


class Client(library.IMAP4):  # type: ignore[misc]
    """One connection; `lost` is called once when it ends, for whatever reason."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, lost: Callable[[], None]) -> None:
        self._lost = lost
        super().__init__(host, port, timeout=None, ssl_context=tls)

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        running = asyncio.get_running_loop()
        self.protocol = Protocol(running, lambda _error: self._lost())
        self._client_task = running.create_task(
            running.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )

    def grown(self) -> bool:
        """Whether the folder has got a letter since `grown` of the protocol was set back."""
        grown: bool = self.protocol.grown
        return grown

    async def xoauth2(self, user: str, token: str) -> library.Response:
        """Log in with a token; the library's own cannot write every user name and hangs on a refusal."""
        return await self.protocol.authenticate("XOAUTH2", xoauth2(user, token))

    def abort(self) -> None:
        """Drop the connection without a word, and what waits for its answers."""
        for task in (self._client_task, *self.protocol.tasks, *self.tasks):
            task.cancel()
        if self.protocol.transport is not None:
            self.protocol.transport.abort()
