"""The eyes at this console: my attention announced, my colleagues' shown. Sits between the client and the
screens.

The client does the network, `core.domain.attention` says what keys and focus mean. Imported once the board is
live.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from core.clock import now
from core.domain.attention import Attention
from core.domain.tokens import sign_presence
from core.presence_frames import MAX_ROOMS, Look
from core.services.presence_client import Hint, Link, PresenceClient, Watchers

if TYPE_CHECKING:
    from textual.timer import Timer

    from core.settings import Settings
    from tui.app import ConsoleApp


FROM_ELSEWHERE = 64
"""Tickets of other groups whose eyes the board hears of, and a list besides; well below the limit of rooms."""


def _ticket(settings: Settings, agent_id: int) -> str:
    """A ticket for one connection, signed without the database: the eyes need not wait for SQLAlchemy."""
    return sign_presence(settings.desk.secret.reveal().encode(), f"a{agent_id}", now(), secrets.token_hex(12))


class Presence:
    """One console's eyes."""

    def __init__(self, app: ConsoleApp, settings: Settings, agent_id: int) -> None:
        self._app = app
        self._open: tuple[int, str] | None = None
        self._attention = Attention(time.monotonic)
        self._announced: tuple[int, str, Look] | None = None
        self._timer: Timer | None = None
        self.off_since: datetime = app.started_at
        """When the eyes went off, while they are."""
        self.connected = False
        self._rooms = app.state.groups
        self._heard: tuple[str, ...] = ()
        self._listed: tuple[int, ...] = ()
        self._client = PresenceClient(
            settings.presence.url,
            lambda: _ticket(settings, agent_id),
            on_eyes=self._eyes,
            on_hint=self._hint,
            on_state=self._state,
            program="console",
        )

    def start(self) -> None:
        """Connect and stay connected; see every second whether my attention or my board has changed."""
        self._subscribe()
        self._client.start()
        self._timer = self._app.set_interval(1.0, self._every_second)

    async def stop(self) -> None:
        """Close, so that my eye goes out at once."""
        if self._timer is not None:
            self._timer.stop()
        await self._client.close()

    # -- my attention -------------------------------------------------------------------------------------

    def looking_at(self, ticket_id: int, group_id: int) -> None:
        """A ticket of a group was opened or read again."""
        if self._open is None or self._open[0] != ticket_id:
            self._attention.stopped_writing()
        self._open = (ticket_id, f"g{group_id}")
        self._subscribe()
        self._announce()

    def left(self) -> None:
        """No ticket is open any more."""
        self._open = None
        self._attention.stopped_writing()
        self._subscribe()
        self._announce()

    def touched(self) -> None:
        """A key was pressed."""
        self._attention.key()
        if self._announced is not None and self._announced[2] == "i":
            self._announce()

    def focus(self, focused: bool) -> None:
        """The terminal got or lost the focus."""
        self._attention.focus(focused)
        self._announce()

    def typed(self) -> None:
        """The words in the editor changed."""
        self._attention.typed()
        self._announce()

    def stopped_writing(self) -> None:
        """The editor was closed or emptied."""
        self._attention.stopped_writing()
        self._announce()

    def hint(self, ticket_id: int, event_id: int) -> None:
        """Tell the others that something was committed."""
        card = self._app.state.cards.get(ticket_id)
        room = f"g{card.group_id}" if card is not None else self._open[1] if self._open else ""
        if room:
            self._client.hint(room, str(ticket_id), event_id)

    def rooms_changed(self, groups: tuple[int, ...]) -> None:
        """My groups are others now."""
        if groups != self._rooms:
            self._rooms = groups
            self._subscribe()

    def lists(self, tickets: Iterable[int]) -> None:
        """These tickets stand in a list on the screen, besides the board; none: no list any more."""
        self._listed = tuple(dict.fromkeys(tickets))
        self._subscribe()

    def _every_second(self) -> None:
        self._announce()
        self._subscribe()

    def _subscribe(self) -> None:
        """Hear of my groups, of a ticket from elsewhere while it is open, and of those on my board or in a list."""
        rooms = [f"g{group}" for group in self._rooms]
        if self._open is not None and self._open[1] not in rooms:
            rooms.append(f"t{self._open[0]}")
        rooms += (f"t{ticket}" for ticket in self._app.state.from_elsewhere(FROM_ELSEWHERE))
        cards = self._app.state.cards
        away = (one for one in self._listed if one not in cards or cards[one].group_id not in self._rooms)
        rooms += (f"t{ticket}" for ticket in islice(away, FROM_ELSEWHERE))
        wanted = tuple(dict.fromkeys(rooms))[:MAX_ROOMS]
        if wanted != self._heard:
            self._heard = wanted
            self._client.subscribe(wanted)

    def _announce(self) -> None:
        wanted = None if self._open is None else (*self._open, self._attention.state)
        if wanted == self._announced:
            return
        self._announced = wanted
        self._client.look({str(wanted[0]): (wanted[1], wanted[2])} if wanted else {})

    # -- what the client says -----------------------------------------------------------------------------

    def _eyes(self, changed: dict[str, Watchers]) -> None:
        state = self._app.state
        eyes = dict(state.eyes)
        tickets = []
        for name, watchers in changed.items():
            if not name.isdecimal():
                continue
            ticket = int(name)
            tickets.append(ticket)
            if watchers:
                eyes[ticket] = tuple((mark.agent_id, mark.look) for mark in watchers)
            else:
                eyes.pop(ticket, None)
        state.eyes = eyes
        self._app.eyes_changed(tickets)

    def _hint(self, _hint: Hint) -> None:
        self._app.feed.look()

    def _state(self, link: Link) -> None:
        connected = link.phase == "connected"
        if connected == self.connected and (connected or self.off_since != self._app.started_at):
            return
        if not connected:
            self.off_since = link.since if self.connected else self._app.started_at
            self._app.state.eyes = {}
        self.connected = connected
        self._app.presence_changed()
