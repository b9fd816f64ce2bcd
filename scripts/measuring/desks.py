"""The desks that are measured, made through the product's own services."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from cli.demo.desk import prepare
from core.domain.permissions import Role
from core.services import agents
from core.services.desk import Desk
from core.settings import load

LOOKER = "nadia"
"""Login of somebody in every group: their board holds every open ticket."""
GROUPS = ("east", "west", "experts")
SEED = 1
MESSAGES = 1.5
"""Messages for each ticket, on average."""


def full_desk(folder: Path, tickets: int) -> Path:
    """A desk with so many open tickets; returns its configuration."""
    settings = prepare(folder, "en", tickets, MESSAGES, SEED, 1.0)
    config = settings.path
    config.write_text(
        config.read_text("utf-8").replace("127.0.0.1:8765", f"127.0.0.1:{_free_port()}"), "utf-8"
    )
    with closing(sqlite3.connect(settings.database_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return config


def crowded_desk(folder: Path, staff: int, tickets: int) -> tuple[Path, list[int], list[int]]:
    """A desk with new tickets and agents who may all accept them: its configuration, their ids, the tickets'."""
    settings = prepare(folder, "en", tickets * 6, 1.0, SEED, 1.0)
    with closing(Desk.open(settings)) as desk:
        people = [
            agents.add(
                desk,
                f"racer{number}",
                f"Racer {number}",
                f"racer{number}@racers.example",
                groups=dict.fromkeys(GROUPS, Role.AGENT),
            ).id
            for number in range(staff)
        ]
    with closing(sqlite3.connect(settings.database_path)) as connection:
        rows = connection.execute("SELECT id FROM ticket WHERE board = 'new' ORDER BY id LIMIT ?", (tickets,))
        wanted = [row[0] for row in rows]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return settings.path, people, wanted


def mail_desk(folder: Path, imap_port: int, user: str, password: str) -> Path:
    """An empty desk with one mailbox that confirms nothing: its configuration."""
    from core.services import setup

    folder.mkdir(parents=True)
    config = folder / "config.toml"
    config.write_text(
        f"""[desk]
name = "Measured"
language = "en"
secret = "0123456789abcdef0123456789abcdef"
default_group = "first"
[presence]
listen = "127.0.0.1:1"
[groups.first]
name = "First line"
[groups.north]
name = "North"
[regions.siberia]
name = "Siberia"
words = ["Сибирь", "Siberia"]
[[rules]]
name = "siberia"
region = "siberia"
group = "north"
[mailboxes.support]
address = "{user}"
name = "Support"
confirm = false
[mailboxes.support.imap]
host = "127.0.0.1"
port = {imap_port}
security = "plain"
user = "{user}"
password = "{password}"
[mailboxes.support.smtp]
host = "127.0.0.1"
port = 1
security = "plain"
""",
        "utf-8",
    )
    setup.upgrade(load(config))
    return config


def database_of(config: Path) -> Path:
    """The file of a desk's database."""
    return load(config).database_path


def remove(folder: Path) -> None:
    """Take a desk away."""
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
