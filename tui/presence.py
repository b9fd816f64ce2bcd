"""The eyes at this console: my attention announced, my colleagues' shown. Sits between the client and the
screens.

The client does the network; here is what an agent's attention means: viewing, writing, or idle (the
terminal has no focus, no key for two minutes; no typing for 20 seconds turns writing into viewing).
Imported once the board is live.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import TYPE_CHECKING, Final

from core.clock import now
from core.domain.tokens import sign_presence
from core.presence_protocol import Look
from core.services.presence_client import Hint, Link, PresenceClient, Watchers

if TYPE_CHECKING:
    from textual.timer import Timer

    from core.settings import Settings
    from tui.app import ConsoleApp

IDLE_AFTER: Final = 120.0
"""Seconds without a key until an agent counts as idle."""
WRITING_FOR: Final = 20.0
"""Seconds without typing until writing counts as viewing."""


def look_of(*, focused: bool, quiet: float, writing: bool, untyped: float) -> Look:
    """What an agent does with the open ticket.

    `quiet`: seconds since any key; `writing`: the editor is open and holds words; `untyped`: seconds since
    typing.
    """
    if not focused or quiet >= IDLE_AFTER:
        return "i"
    return "w" if writing and untyped < WRITING_FOR else "v"


def _ticket(settings: Settings, agent_id: int) -> str:
    """A ticket for one connection, signed without the database: the eyes need not wait for SQLAlchemy."""
    return sign_presence(settings.desk.secret.reveal().encode(), f"a{agent_id}", now(), secrets.token_hex(12))


class Presence:
    """One console's eyes."""

    def __init__(self, app: ConsoleApp, settings: Settings, agent_id: int) -> None:
        self._app = app
        self._open: tuple[int, str] | None = None
        self._focused = True
        self._last_key = self._last_typed = time.monotonic()
        self._writing = False
        self._announced: tuple[int, str, Look] | None = None
        self._timer: Timer | None = None
        self.off_since: datetime = app.started_at
        """When the eyes went off, while they are."""
        self.connected = False
        self._rooms = app.state.groups
        self._client = PresenceClient(
            settings.presence.url,
            lambda: _ticket(settings, agent_id),
            [f"g{group}" for group in self._rooms],
            on_eyes=self._eyes,
            on_hint=self._hint,
            on_state=self._state,
            program="console",
        )

    def start(self) -> None:
        """Connect and stay connected; see every second whether my attention has changed."""
        self._client.start()
        self._timer = self._app.set_interval(1.0, self._announce)

    async def stop(self) -> None:
        """Close, so that my eye goes out at once."""
        if self._timer is not None:
            self._timer.stop()
        await self._client.close()

    # -- my attention -------------------------------------------------------------------------------------

    def looking_at(self, ticket_id: int, group_id: int) -> None:
        """A ticket was opened: in the room of its group, or in its own where I am not in the group."""
        mine = group_id in self._rooms
        self._open = (ticket_id, f"g{group_id}" if mine else f"t{ticket_id}")
        if not mine:
            self._client.subscribe([*(f"g{group}" for group in self._rooms), self._open[1]])
        self._writing = False
        self._announce()

    def left(self) -> None:
        """No ticket is open any more."""
        self._open = None
        self._announce()

    def touched(self) -> None:
        """A key was pressed."""
        self._last_key = time.monotonic()
        if self._announced is not None and self._announced[2] == "i":
            self._announce()

    def focus(self, focused: bool) -> None:
        """The terminal got or lost the focus."""
        self._focused = focused
        self._announce()

    def typed(self) -> None:
        """The words in the editor changed."""
        self._last_typed = time.monotonic()
        if not self._writing:
            self._writing = True
            self._announce()

    def stopped_writing(self) -> None:
        """The editor was closed or emptied."""
        self._writing = False
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
            self._client.subscribe([f"g{group}" for group in groups])

    def _announce(self) -> None:
        if self._open is None:
            wanted = None
        else:
            moment = time.monotonic()
            look = look_of(
                focused=self._focused,
                quiet=moment - self._last_key,
                writing=self._writing,
                untyped=moment - self._last_typed,
            )
            wanted = (*self._open, look)
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


__all__ = ["Presence", "look_of"]
