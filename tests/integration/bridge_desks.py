"""A desk with one mailbox on real servers, for the tests of the bridge."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

from core.domain.letters import Letter
from core.services import setup
from core.services.desk import Desk
from core.settings import load
from mailbridge.daemon import Bridge, Report
from mailbridge.fetching import Reader
from mailbridge.letter import read
from tests.servers.dovecot import Mailbox
from tests.servers.imap_box import ImapServer
from tests.servers.smtp import SmtpServer


class Box(Protocol):
    """A mailbox of any of the tests' servers: what a configuration names."""

    @property
    def server(self) -> ImapServer: ...
    @property
    def address(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...


class PlainReader:
    """Reads letters in this very process: fast, and enough for letters that are no attack."""

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        raws = [letter if isinstance(letter, bytes) else letter.read_bytes() for letter in letters]
        return [read(raw, trusted=trusted) for raw in raws]


@dataclass
class DeskFolder:
    """A configured desk's folder, wherever its mailboxes are."""

    folder: Path
    relay: SmtpServer

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @contextmanager
    def open(self) -> Iterator[Desk]:
        desk = Desk.open(load(self.config))
        try:
            yield desk
        finally:
            desk.close()

    async def once(self, reader: Reader | None = None) -> Report:
        """`bridge --once`, in this process."""
        with self.open() as desk:
            return await Bridge(desk, reader or PlainReader()).once(asyncio.Event())

    def ask(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows straight from the database's file: tests look past the services."""
        connection = sqlite3.connect(self.folder / "glazok.db", timeout=10)
        try:
            return connection.execute(query, parameters).fetchall()
        finally:
            connection.close()

    def subjects(self) -> list[str]:
        """Subjects of all messages from clients, sorted."""
        return [
            row[0] for row in self.ask("SELECT subject FROM message WHERE kind = 'inbound' ORDER BY subject")
        ]

    def outbox(self) -> list[str]:
        """States of the outbox, in order."""
        return [row[0] for row in self.ask("SELECT state FROM outbox ORDER BY id")]

    def state(self, part: str) -> tuple[bool, str]:
        """How a part fares, as consoles show it."""
        ((ok, text),) = self.ask("SELECT ok, text FROM part_state WHERE part = ?", part)
        return bool(ok), text

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`glazok …` as a process of its own."""
        command = [sys.executable, "-m", "cli.main", words[0], "--config", str(self.config), *words[1:]]
        log = (self.folder / "log").open("ab")
        with log:
            return subprocess.Popen(
                command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=log, env={**os.environ}
            )

    def log(self) -> str:
        """What processes wrote to stderr."""
        return (self.folder / "log").read_text(errors="replace")


@dataclass
class BridgeDesk(DeskFolder):
    """A desk whose mailbox is at Dovecot's."""

    box: Mailbox


def make_desk(folder: Path, box: Mailbox, relay: SmtpServer, **mailbox: object) -> BridgeDesk:
    """Write a configuration, make the database."""
    return BridgeDesk(write_desk(folder, box, relay, **mailbox).folder, relay, box)


def write_desk(place: Path, box: Box, relay: SmtpServer, **mailbox: object) -> DeskFolder:
    """The same for a mailbox anywhere."""
    mailbox = {"poll_seconds": 1, **mailbox}
    extra = "\n".join(f"{key} = {_toml(value)}" for key, value in mailbox.items())
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.toml").write_text(
        f"""
[desk]
name = "Test desk"
language = "en"
secret = "0123456789abcdef0123456789abcdef"
default_group = "first"
[presence]
listen = "127.0.0.1:1"
[groups.first]
name = "First line"
[mailboxes.support]
address = "{box.address}"
name = "Support"
{extra}
[mailboxes.support.imap]
host = "127.0.0.1"
port = {box.server.imap_port}
security = "plain"
user = "{box.user}"
password = "{box.password}"
[mailboxes.support.smtp]
host = "127.0.0.1"
port = {relay.port}
security = "plain"
""",
        "utf-8",
    )
    setup.upgrade(load(place / "config.toml"))
    return DeskFolder(place, relay)


def further_mailbox(desk: DeskFolder, name: str, box: Box, **mailbox: object) -> None:
    """Another mailbox, as the first one is configured."""
    text = desk.config.read_text()
    first = tomllib.loads(text)["mailboxes"]["support"]
    section = text[text.index("[mailboxes.support]") :].partition("\n[mailboxes.support.smtp]")
    own = section[0].replace(f"port = {first['imap']['port']}", f"port = {box.server.imap_port}")
    own = own.replace(f'user = "{first["imap"]["user"]}"', f'user = "{box.user}"')
    own = own.replace(f'address = "{first["address"]}"', f'address = "{box.address}"')
    for key, value in mailbox.items():
        own = re.sub(rf"(?m)^{key} = .*$", f"{key} = {_toml(value)}", own)
    rest = section[1] + section[2].partition("\n[mailboxes.")[0] + "\n"
    desk.config.write_text(text + (own + rest).replace("mailboxes.support", f"mailboxes.{name}"))


def memory(process: int, field: str, *, children: bool = False) -> int:
    """Bytes, as proc(5) has them: VmRSS is what it takes now, VmHWM what it took at most; with its children's."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    own = int(found[1]) * 1024
    if not children:
        return own
    below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own + sum(memory(int(child), field, children=True) for child in below)


def _toml(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )


def client_letter(number: int, *, sender: str = "", **headers: str) -> bytes:
    """A letter that a client could write; each number has a sender of its own."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = sender or f"client{number}@example.com"
    message["To"] = "support@desk.example"
    message["Subject"] = f"Letter {number:05}"
    message["Message-ID"] = f"<{number}.letter@example.com>"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(f"Hello, this is letter {number}.\nЗдравствуйте!\n")
    return message.as_bytes()


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, and wait."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def token_in(raw: bytes) -> str:
    """The plus-token of a letter of ours."""
    found = re.search(rb"\+(t\d+\.[a-z2-7]+)@", raw)
    assert found is not None
    return found.group(1).decode()


@asynccontextmanager
async def running_bridge(desk: Desk, reader: Reader, stop: asyncio.Event) -> AsyncIterator[None]:
    """A bridge in this process, for the length of the block."""
    running = asyncio.create_task(Bridge(desk, reader).run(stop))
    try:
        yield
    finally:
        stop.set()
        await running
