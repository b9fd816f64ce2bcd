"""A mailbox of any IMAP server, worked on as a person's mail program does. Must not import the product."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class StoredLetter:
    """A letter as it lies in a folder."""

    uid: int
    flags: frozenset[str]
    """As the server writes them: `\\Seen`, `$Label`."""
    data: bytes


class ImapServer(Protocol):
    """Where to connect, without TLS."""

    host: str
    imap_port: int


class ImapBox:
    """One user of a server, whose name is the address unless another one is given."""

    def __init__(self, server: ImapServer, address: str, password: str, *, user: str = "") -> None:
        self._server = server
        self.address = address
        self.user = user or address
        self.password = password

    @property
    def server(self) -> ImapServer:
        """Where it is."""
        return self._server

    def append(
        self, raw: bytes, *, folder: str = "INBOX", flags: str = "", date: float | None = None
    ) -> None:
        """Store a letter by IMAP APPEND with `flags` (as `\\Seen`) and INTERNALDATE (in Unix time)."""
        self.append_all([raw], folder=folder, flags=flags, date=date)

    def append_all(
        self, raws: Iterable[bytes], *, folder: str = "INBOX", flags: str = "", date: float | None = None
    ) -> None:
        """Store many on one connection, line ends as they are, a second between their dates."""
        with self.imap() as client:
            for number, raw in enumerate(raws):
                when = imaplib.Time2Internaldate((time.time() if date is None else date) + number)
                # Its own `append` would make CRLF of every line end.
                client.literal = raw  # type: ignore[assignment]
                words = [quoted(folder), *([f"({flags})"] if flags else []), when]
                ok(client._simple_command("APPEND", *words))

    def letters(self, folder: str = "INBOX") -> list[StoredLetter]:
        """All letters of a folder by UID; reading them sets no flag."""
        with self.imap() as client:
            ok(client.select(quoted(folder), readonly=True))
            answer = ok(client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])"))
        found = []
        for part in answer:
            if isinstance(part, tuple):
                head = part[0].decode()
                uid, flags = re.search(r"UID (\d+)", head), re.search(r"FLAGS \(([^)]*)\)", head)
                assert uid is not None
                assert flags is not None, head
                known = frozenset(flags[1].split()) - {"\\Recent"}
                found.append(StoredLetter(int(uid[1]), known, part[1]))
        return sorted(found, key=lambda letter: letter.uid)

    def wait_for(self, count: int, folder: str = "INBOX", seconds: float = 20) -> list[StoredLetter]:
        """The letters of a folder once there are at least `count`; AssertionError when it takes too long."""
        deadline = time.monotonic() + seconds
        while len(found := self.letters(folder)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} letters in {folder} instead of {count}")
            time.sleep(0.05)
        return found

    def flags(self, folder: str = "INBOX") -> dict[int, frozenset[str]]:
        """The flags of every letter by UID."""
        return {letter.uid: letter.flags for letter in self.letters(folder)}

    def folders(self) -> list[str]:
        """The names of all folders, sorted, in modified UTF-7 as the server gives them."""
        with self.imap() as client:
            lines = [line.decode() for line in ok(client.list()) if isinstance(line, bytes)]
        return sorted(re.sub(r'^.*\) (?:"."|NIL) ', "", line).strip('"') for line in lines)

    def create(self, folder: str) -> None:
        """Make a folder."""
        with self.imap() as client:
            ok(client.create(quoted(folder)))

    def delete(self, uid: int, folder: str = "INBOX") -> None:
        """Delete one letter for good."""
        with self.imap() as client:
            ok(client.select(quoted(folder)))
            ok(client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"))
            ok(client.expunge())

    def uidvalidity(self, folder: str = "INBOX") -> int:
        """The folder's UIDVALIDITY."""
        with self.imap() as client:
            answer = ok(client.status(quoted(folder), "(UIDVALIDITY)"))[0]
        found = re.search(rb"UIDVALIDITY (\d+)", answer if isinstance(answer, bytes) else b"")
        assert found is not None
        return int(found[1])

    def imap(self) -> AbstractContextManager[imaplib.IMAP4]:
        """A logged-in client of the standard library."""
        return self.session(imaplib.IMAP4(self.server.host, self.server.imap_port))

    @contextlib.contextmanager
    def session(self, client: imaplib.IMAP4) -> Iterator[imaplib.IMAP4]:
        """Logged in for the length of the block."""
        try:
            client.login(self.user, self.password)
            yield client
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError, ssl.SSLError):
                client.logout()
            with contextlib.suppress(OSError):
                client.shutdown()


def quoted(folder: str) -> str:
    """A folder's name as a quoted string."""
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data of an answer; AssertionError where the server refused."""
    status, data = answer
    assert status == "OK", (status, data)
    return data
