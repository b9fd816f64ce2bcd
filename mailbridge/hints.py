"""A hint through the presence server after each commit, so that screens look at once.

Lost hints cost a second. Imports nothing of core.db.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from core import logs
from core.errors import GlazokError
from core.services import events
from core.services.desk import Desk
from core.services.identity import presence_ticket
from core.services.intake import Taken
from core.services.models.outbox import OutboxItem
from core.services.presence_client import PresenceClient

log = logs.get("bridge")


class Hints:
    """The bridge's line to the presence server; without the server everything else works."""

    def __init__(self, desk: Desk, url: str) -> None:
        self.desk = desk
        self._url = url
        self._client: PresenceClient | None = None
        self._asking: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Connect in the background, and stay so."""
        self._client = PresenceClient(
            self._url,
            lambda: presence_ticket(self.desk, None),
            program="bridge",
        )
        self._client.start()

    async def close(self) -> None:
        """Say what is left to say, for two seconds at most."""
        for task in self._asking:
            task.cancel()
        if self._client is not None:
            await self._client.close()

    def taken(self, letters: Sequence[Taken]) -> None:
        """Letters were filed."""
        for letter in letters:
            if letter.event_id and letter.group_id is not None:
                self._hint(letter.group_id, letter.ticket_id, letter.event_id)

    def sent(self, item: OutboxItem) -> None:
        """A letter's delivery came to an end, or is tried later."""
        if self._client is not None:
            task = asyncio.create_task(self._ask(item))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, item: OutboxItem) -> None:
        try:
            event = await self.desk.call(events.latest, item.ticket_id)
        except GlazokError as error:
            log.debug("no hint", ticket=item.ticket_id, why=str(error))
            return
        self._hint(item.group_id, item.ticket_id, event)

    def _hint(self, group_id: int, ticket_id: int | None, event: int) -> None:
        if self._client is not None and ticket_id is not None:
            self._client.hint(f"g{group_id}", str(ticket_id), event)
