"""The desk: settings, database, blobs and secret in one hand, given to every service.

Services are synchronous: one call, one transaction. Asynchronous programs call them through `Desk.call`,
so that nothing blocks their loop and no transaction is ever held across an await.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from core import clock
from core.db.blobs import BlobStore
from core.db.engine import make_engine, transaction
from core.db.place import place_of
from core.db.version import check_current
from core.domain.tokens import without_plus
from core.errors import Collision, ConfigError
from core.i18n import _

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

    from core.settings import MailboxSettings, Settings

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 2
"""A desk's calls run in so many threads; an SQLite file takes one writer at a time anyway."""


DESK = "desk"
"""Key in a session's `info`: the desk whose transaction it is."""


class Desk:
    """Everything a service needs. May be shared by threads; `close` ends it."""

    def __init__(self, settings: Settings, engine: Engine, blobs: BlobStore, secret: bytes) -> None:
        self.settings = settings
        self.engine = engine
        self.blobs = blobs
        self.secret = secret
        """Signs Message-IDs, plus-tokens and presence tickets. Never logged or printed."""
        self.group_keys: dict[int, str] = {}
        """The groups' keys by id, as far as they were asked for."""
        self.clocks_by: Settings | None = None
        """The settings of which it is known that all clocks are set by them, or will be."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="desk")

    @classmethod
    def open(cls, settings: Settings) -> Desk:
        """Open a desk that exists. Raises Unavailable where there is none or its schema is another one,
        ConfigError where its secret cannot be read, or $GLAZOK_NOW would set the clock of a real desk."""
        clock.from_environment(settings.desk.rehearsal)
        place = place_of(settings)
        check_current(place)
        secret = settings.desk.secret.reveal().encode()
        if len(secret) < 16:
            raise ConfigError(
                _("{path}: the desk's secret is shorter than 16 characters.").format(path=settings.path),
                hint=_("Make one with: glazok init, or write 32 random characters into the secret's file."),
            )
        return cls(
            settings,
            make_engine(place),
            BlobStore(settings.folder / settings.desk.blobs),
            secret,
        )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: one consistent picture."""
        with transaction(self.engine, write=False) as session:
            session.info[DESK] = self
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that writes. What it loads of a ticket is its own while it lasts (`core.db.engine`)."""
        with transaction(self.engine, write=True) as session:
            session.info[DESK] = self
            yield session

    async def call(self, service: Callable[Concatenate[Desk, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `service(desk, …)` off the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: service(self, *args, **kwargs))

    def mailbox(self, key: str) -> MailboxSettings | None:
        """A mailbox by its key; the first one configured where the key is empty or gone."""
        mailboxes = self.settings.mailboxes
        return mailboxes.get(key) or next(iter(mailboxes.values()), None)

    def mailbox_key(self, key: str) -> str:
        """The key that `mailbox` chooses, empty where none is configured."""
        mailboxes = self.settings.mailboxes
        return key if key in mailboxes else next(iter(mailboxes), "")

    def is_ours(self, address: str) -> bool:
        """Whether mail to an address, with or without a plus part, comes to one of our mailboxes."""
        return is_ours(self.settings, address)

    def close(self) -> None:
        """End the threads and give the database back."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()


TRIES = 4
"""How often what collides with somebody is tried, in all."""


def repeat(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something whole transactions long, again where it collides with somebody who does the same just now.

    Raises Collision after TRIES.
    """
    for once in range(1, TRIES):
        try:
            return act(*args, **kwargs)
        except Collision:
            # Of two that collide the other one needs a moment; and the same moment for both would collide again.
            time.sleep(random.uniform(0, 0.05 * once))
    return act(*args, **kwargs)


def repeated(service: Callable[P, T]) -> Callable[P, T]:
    """A service that takes several tickets in one transaction, and so may collide with another one."""

    @wraps(service)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        return repeat(service, *args, **kwargs)

    return tried


def is_ours(settings: Settings, address: str) -> bool:
    """Whether mail to an address, with or without a plus part, comes to one of the configured mailboxes."""
    ours = {mailbox.address.lower() for mailbox in settings.mailboxes.values()}
    return address.strip().lower() in ours or without_plus(address) in ours


def desk_of(session: Session) -> Desk:
    """The desk in whose transaction we are."""
    desk: Desk = session.info[DESK]
    return desk
