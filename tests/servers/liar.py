"""An IMAP server that can lie: honest by itself, it hands every answer to the `lie` of a test before it goes out.

    async with speaking({1: raw, 2: other}) as server:
        server.lies["search"] = lambda talk, honest: honest.replace(b"1 2", b"1 2 2 1")
        server.lies["letters"] = drip                  # an asynchronous generator: piece by piece

A lie gets the talk (its command's tag, its arguments) and the honest answer, and gives other bytes, pieces of
bytes over time, or None to close the connection without a word. It runs in the test's own event loop. Must not
import the product.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from tests.servers.listening import HOST, listening

Step = Literal[
    "greeting", "capability", "login", "select", "search", "sizes", "letters", "part", "store", "idle", "done"
]
"""`sizes`, `letters` and `part` are FETCHes: of metadata, of whole letters, of a piece of one."""
STEPS: tuple[Step, ...] = get_args(Step)
CAPABILITY = b"* CAPABILITY IMAP4rev1 IDLE\r\n"


@dataclass(frozen=True)
class Talk:
    """One command as it came."""

    tag: bytes
    words: bytes
    """What stands behind the tag."""


Lie = Callable[[Talk, bytes], "bytes | AsyncIterator[bytes] | None"]


class LyingImap:
    """The server: one user, one folder. `host`, `imap_port`, `user` and `password` are what a client needs."""

    host = HOST
    user = "liar"
    password = "opensesame"
    address = "liar@desk.test"

    def __init__(self, letters: dict[int, bytes]) -> None:
        self.letters = letters
        self.uidvalidity = 7
        self.imap_port = 0
        self.lies: dict[Step, Lie] = {}
        self.asked: list[Step] = []
        """Every step that was reached, in order."""
        self.pushes: asyncio.Queue[bytes] = asyncio.Queue()
        """What is said to a client that idles."""

    @property
    def server(self) -> LyingImap:
        """Itself: a mailbox names its server."""
        return self

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        going = await self._say(writer, "greeting", Talk(b"", b""), b"* OK ready\r\n")
        while going and (line := await reader.readline()):
            tag, _, words = line.strip().partition(b" ")
            talk = Talk(tag, words)
            if words.upper() == b"IDLE":
                going = await self._idle(reader, writer, talk)
            elif words.upper() == b"LOGOUT":
                writer.write(b"* BYE\r\n" + tag + b" OK\r\n")
                await writer.drain()
                return
            else:
                step, honest = self._honest(words)
                going = await self._say(writer, step, talk, honest + tag + b" OK done\r\n")

    def _honest(self, words: bytes) -> tuple[Step, bytes]:
        verb = words.upper()
        if verb.startswith(b"CAPABILITY"):
            return "capability", CAPABILITY
        if verb.startswith(b"LOGIN"):
            return "login", b""
        if verb.startswith(b"SELECT"):
            return "select", b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] fine\r\n* OK [UIDNEXT %d] so\r\n" % (
                len(self.letters), self.uidvalidity, max(self.letters, default=0) + 1,
            )  # fmt: skip
        if verb.startswith(b"UID SEARCH"):
            return "search", self._search(int(words.split()[3].partition(b":")[0]))
        if verb.startswith(b"UID STORE"):
            return "store", b""
        part = re.search(rb"BODY\.PEEK\[\]<(\d+)\.(\d+)>", verb)
        uids = self._named(words.split()[2])
        if part:
            start, size = int(part[1]), int(part[2])
            return "part", b"".join(
                self._fetched(uid, b"BODY[]<%d>" % start, self.letters[uid][start : start + size])
                for uid in uids
            )
        if b"BODY.PEEK[]" in verb:
            return "letters", b"".join(self._fetched(uid, b"BODY[]", self.letters[uid]) for uid in uids)
        date = b'INTERNALDATE "01-Feb-2024 10:00:00 +0000"'
        return "sizes", b"".join(
            b"* %d FETCH (UID %d RFC822.SIZE %d %s)\r\n"
            % (self._place(uid), uid, len(self.letters[uid]), date)
            for uid in uids
        )

    def _search(self, low: int) -> bytes:
        found = [uid for uid in sorted(self.letters) if uid >= low]
        return b"* SEARCH" + b"".join(b" %d" % uid for uid in found) + b"\r\n"

    def _named(self, uid_set: bytes) -> list[int]:
        named: list[int] = []
        for part in uid_set.split(b","):
            first, _, last = part.partition(b":")
            named += [uid for uid in sorted(self.letters) if int(first) <= uid <= int(last or first)]
        return named

    def _place(self, uid: int) -> int:
        return sorted(self.letters).index(uid) + 1

    def _fetched(self, uid: int, what: bytes, raw: bytes) -> bytes:
        return b"* %d FETCH (UID %d %s {%d}\r\n%s)\r\n" % (self._place(uid), uid, what, len(raw), raw)

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: Talk) -> bool:
        if not await self._say(writer, "idle", talk, b"+ idling\r\n"):
            return False
        pushing = asyncio.create_task(self._push(writer))
        try:
            await reader.readline()
        finally:
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)
        return await self._say(writer, "done", talk, talk.tag + b" OK done\r\n")

    async def _push(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(await self.pushes.get())
            await writer.drain()

    async def _say(self, writer: asyncio.StreamWriter, step: Step, talk: Talk, honest: bytes) -> bool:
        """Give the answer, or the lie instead; False where the connection is at its end."""
        self.asked.append(step)
        lie = self.lies.get(step)
        said = honest if lie is None else lie(talk, honest)
        if said is None:
            return False
        if isinstance(said, bytes):
            writer.write(said)
        else:
            async for piece in said:
                writer.write(piece)
                await writer.drain()
        await writer.drain()
        return True


@asynccontextmanager
async def speaking(letters: dict[int, bytes]) -> AsyncIterator[LyingImap]:
    """A server with these letters by UID, for the length of the block."""
    liar = LyingImap(letters)
    async with listening(liar.serve) as liar.imap_port:
        yield liar
