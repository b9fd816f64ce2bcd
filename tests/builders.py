"""Sample desks, letters and people in one line each, over a real database file; nobody is mocked.

A desk made here has two groups that wall each other off (north, south) and a third that catches the rest
(first), two regions with a rule each, and a mailbox whose servers do not exist.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text, update
from sqlmodel import Session, col

from core import settings as configuration
from core.db.tables import TicketRow
from core.domain.letters import Letter, LetterAttachment, Mailaddr
from core.domain.permissions import Role
from core.services import agents, identity, intake, ledger, reading, setup
from core.services.access import Actor
from core.services.board import BoardReader
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.ledger import Fetched
from core.services.models.people import AgentInfo
from core.services.models.ticket import TicketView
from core.settings import Settings
from tests import engines

SECRET = "a secret of the tests, long enough"
SUPPORT = "support@desk.example"
CLIENT = "ivan@client.example"

CONFIG = """
[desk]
name = "Test desk"
language = "en"
database = "{database}"
blobs = "blobs"
secret = "{secret}"
default_group = "first"
[groups.first]
name = "First line"
[groups.north]
name = "North"
signature = "Your North"
[groups.south]
name = "South"
[regions.siberia]
name = "Siberia"
words = ["Сибирь"]
[regions.caucasus]
name = "Caucasus"
words = ["Кавказ"]
[[rules]]
name = "siberia"
region = "siberia"
group = "north"
[[rules]]
name = "caucasus"
region = "caucasus"
group = "south"
{more}
"""

MAILBOX = """
[mailboxes.{key}]
address = "{address}"
name = "Support"
confirm = {confirm}
plus_addressing = {plus}
[mailboxes.{key}.imap]
host = "127.0.0.1"
port = 1
security = "plain"
user = "{key}"
password = "no such account"
[mailboxes.{key}.smtp]
host = "127.0.0.1"
port = 1
security = "plain"
"""

STAFF: tuple[tuple[str, str, Mapping[str, Role], bool], ...] = (
    ("anna", "Anna Kotova", {"north": Role.AGENT}, False),
    ("boris", "Boris Orlov", {"north": Role.AGENT}, False),
    ("sonya", "Sonya Belova", {"south": Role.AGENT}, False),
    ("nadia", "Nadia Volkova", {"north": Role.SUPERVISOR}, False),
    ("root", "Root Adminov", {}, True),
)
"""(login, name, roles, admin). Each has the address login@desk.example."""

_uids = itertools.count(1)
_nonces = itertools.count(1)


def mailbox_toml(
    key: str = "support", address: str = SUPPORT, *, confirm: bool = True, plus: bool = True
) -> str:
    """A mailbox whose IMAP and SMTP servers do not exist."""
    return MAILBOX.format(key=key, address=address, confirm=str(confirm).lower(), plus=str(plus).lower())


def make_settings(folder: Path, *, toml: str = "", mailbox: str | None = None) -> Settings:
    """The configuration of a test desk, also written to `folder`/config.toml for whoever starts a program.

    `toml` is put behind the standard configuration; `mailbox` replaces the standard one, "" leaves none.
    """
    more = (mailbox_toml() if mailbox is None else mailbox) + toml
    content = CONFIG.format(secret=SECRET, more=more, database=engines.url_of(folder))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(content, "utf-8")
    return configuration.read(content, path)


@cache
def _empty_database() -> bytes:
    """A migrated database of the standard groups; making one takes longer than most tests."""
    with tempfile.TemporaryDirectory() as name:
        settings = make_settings(Path(name))
        setup.upgrade(settings)
        return settings.database_path.read_bytes()


def make_desk(
    folder: Path, *, toml: str = "", mailbox: str | None = None, staff: bool = True, migrate: bool = False
) -> Desk:
    """A desk in `folder` with a database of its own and, unless `staff` is off, the people of STAFF.

    It stands on the engine that `tests.engines` has in force. `migrate` runs the real migrations instead of copying
    a database that went through them. Close it.
    """
    if not migrate and engines.on_postgres():
        engines.copy_into(folder, lambda first: setup.upgrade(make_settings(first)))
    settings = make_settings(folder, toml=toml, mailbox=mailbox)
    if not migrate and not engines.on_postgres():
        settings.database_path.write_bytes(_empty_database())
    setup.upgrade(settings)
    desk = Desk.open(settings)
    if staff:
        for login, name, roles, admin in STAFF:
            agents.add(desk, login, name, f"{login}@desk.example", groups=roles, admin=admin)
    return desk


@contextmanager
def desk_in(folder: Path, **how: Any) -> Iterator[Desk]:
    """`make_desk`, closed at the end."""
    with closing(make_desk(folder, **how)) as desk:
        yield desk


def agent(desk: Desk, login: str) -> AgentInfo:
    """One of the staff."""
    return identity.agent_by_login(desk, login)


def who(desk: Desk, login: str) -> Actor:
    """One of the staff, as whoever acts."""
    return Actor.agent(agent(desk, login).id)


def group_id(desk: Desk, key: str) -> int:
    """The id of a group."""
    return next(group.id for group in identity.directory(desk).groups.values() if group.key == key)


def may_enter(door: identity.Identity, agent_id: int, room: str) -> bool:
    """Whether an agent may be in a presence room, a group's or a ticket's."""
    return room in door.rooms_of(agent_id).rooms or (
        room.startswith("t") and room[1:] in door.seen(agent_id, [room[1:]])
    )


def board(desk: Desk, login: str) -> BoardReader:
    """An agent's board. Close it."""
    return BoardReader(desk.settings, login, desk.settings.board.age.late)


def letter(
    text: str = "Нет входа в кабинет.",
    *,
    sender: str = CLIENT,
    name: str = "Иван Петров",
    to: Sequence[str] = (SUPPORT,),
    cc: Sequence[str] = (),
    region: str = "",
    files: Mapping[str, bytes] | None = None,
    **fields: Any,
) -> Letter:
    """A client's letter as the parser hands it over; `fields` are those of Letter. Message-IDs never repeat.

    `region` adds a "Region: …" line, by which the standard rules route: "Siberia" to north, "Caucasus" to
    south.
    """
    words = f"{text}\n\nRegion: {region}" if region else text
    defaults: dict[str, Any] = {
        "from_addr": sender,
        "from_name": name,
        "to": tuple(Mailaddr(address) for address in to),
        "cc": tuple(Mailaddr(address) for address in cc),
        "subject": "Не могу войти",
        "message_id": f"<letter-{next(_nonces)}@client.example>",
        "body_text": words,
        "reply_text": words,
        "attachments": tuple(
            LetterAttachment(
                file, "application/octet-stream", len(data), hashlib.sha256(data).hexdigest(), False, data
            )
            for file, data in (files or {}).items()
        ),
    }
    return Letter(**{**defaults, **fields})


def recorded(desk: Desk, *letters: Letter, mailbox: str = "support", uidvalidity: int = 1) -> list[int]:
    """Put letters into the ledger, as the bridge does after fetching; returns their ledger ids."""
    fetched = []
    for one in letters:
        raw = f"Message-ID: {one.message_id}\r\n\r\n{one.body_text}\r\n".encode("utf-8", "surrogatepass")
        fetched.append(Fetched(next(_uids), desk.blobs.put(raw), len(raw), "", one.message_id))
    return ledger.record(desk, mailbox, uidvalidity, fetched)


def arrive(desk: Desk, one: Letter, *, mailbox: str = "support") -> Taken:
    """A letter comes in, the whole way from the ledger to its ticket."""
    (ledger_id,) = recorded(desk, one, mailbox=mailbox)
    (taken,) = intake.take(desk, [(ledger_id, one)])
    return taken


def opened(desk: Desk, *, region: str = "Siberia", **fields: Any) -> int:
    """The number of a new ticket that a client's letter opened, by default in north."""
    taken = arrive(desk, letter(region=region, **fields))
    assert taken.outcome == "opened", taken
    assert taken.ticket_id is not None
    return taken.ticket_id


def answer_to(desk: Desk, ticket_id: int, words: str = "Всё равно не пускает.", **fields: Any) -> Letter:
    """A letter of the ticket's client that answers our latest one on it, by its Message-ID."""
    view = seen_by_all(desk, ticket_id)
    ours = [
        item.message
        for item in view.timeline
        if item.message and item.message.kind in ("reply", "confirmation")
    ]
    sender = next(iter(view.client.addresses), CLIENT)
    defaults = {"in_reply_to": (ours[-1].rfc_id,), "subject": "Re: Не могу войти", "sender": sender}
    return letter(words, **{**defaults, **fields})


def seen_by_all(desk: Desk, ticket_id: int) -> TicketView:
    """A ticket as an admin sees it."""
    return reading.view(desk, who(desk, "root"), ticket_id)


def last_of(desk: Desk, ticket_id: int) -> int:
    """A ticket's last event: who says it has seen that has seen everything."""
    return seen_by_all(desk, ticket_id).last_event


def change(desk: Desk, ticket_id: int, **columns: Any) -> None:
    """Write columns of a ticket past all rules: to make it older, closed long ago, or deleted."""
    with desk.write() as session:
        session.execute(update(TicketRow).where(col(TicketRow.id) == ticket_id).values(**columns))


def closed_at(desk: Desk, ticket_id: int, at: datetime) -> None:
    """Make a closed ticket look closed at another time."""
    change(desk, ticket_id, closed_at=at)


def rows(desk: Desk, sql: str, **values: Any) -> list[Any]:
    """The rows of a plain query, for what no service tells."""
    with desk.read() as session:
        return plain(session, sql, **values)


def plain(session: Session, sql: str, **values: Any) -> list[Any]:
    """The same inside a session."""
    return list(session.connection().execute(text(sql), values))


def tables(desk: Desk) -> list[str]:
    """The names of all tables, sorted."""
    return sorted(inspect(desk.engine).get_table_names())


def everything(desk: Desk) -> dict[str, list[str]]:
    """The whole database, to see whether anything in it has changed. Rows have no order of their own."""
    return {name: sorted(str(row) for row in rows(desk, f"SELECT * FROM {name}")) for name in tables(desk)}


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Somebody else writes and does not stop; nobody waits long."""
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(sqlite3.connect(desk.settings.database_path, isolation_level=None)) as other,
    ):
        patch.setattr("core.db.sqlite.BUSY_MS", 50)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
