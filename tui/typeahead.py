"""Keys that come before what they are meant for is there: kept in order, then given to it. Never run as commands
of the screen that is about to go.

Asks the screens how things stand (`type_ahead`), knows nothing else of them. Everything runs in the app's own task.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Literal

from textual import events
from textual.screen import ModalScreen, Screen

if TYPE_CHECKING:
    from textual.app import App

State = Literal["go", "wait", "drop"]
"""Keys are taken; what they are meant for is on its way; it will not come, or must not get them."""

AGAIN_SECONDS: Final = 0.004
"""Between two looks whether the target is there, while keys wait."""
PATIENCE: Final = 10.0
"""Seconds after which what has not opened is taken not to open any more."""
DIALOG_SECONDS: Final = 0.3
"""Within this a dialog has focused what it focuses."""
CLOSING: Final = frozenset({"enter", "escape", "ctrl+s"})
CLOSING_SECONDS: Final = 0.05
"""After a key that may close a dialog: what the dialog leads to is decided within this."""


class TypeAhead:
    """The queue of one console."""

    def __init__(
        self,
        app: App[None],
        deliver: Callable[[events.Event], Awaitable[None]],
        dropped: Callable[[], None],
    ) -> None:
        self._app = app
        self._deliver = deliver
        self._dropped = dropped
        self._held: deque[events.Key | events.Paste] = deque()
        self._since = 0.0
        self._closing_until = 0.0
        self._words_pending = False

    async def take(self, event: events.Key | events.Paste, screen: Screen[Any]) -> None:
        """Deliver a key or a paste, now or when its target is there."""
        if not self._held and self._state(screen, event) != "wait":
            await self._give(event, screen)
            return
        if not self._held:
            self._since = time.monotonic()
            self._app.set_timer(AGAIN_SECONDS, self._drain)
        self._held.append(event)

    async def _drain(self) -> None:
        while self._held:
            screen = self._app.screen
            state = self._state(screen, self._held[0])
            if state == "wait" and time.monotonic() - self._since < PATIENCE:
                self._app.set_timer(AGAIN_SECONDS, self._drain)
                return
            if state != "go":
                leave = any(isinstance(event, events.Key) and event.key == "ctrl+q" for event in self._held)
                self._held.clear()
                self._words_pending = False
                if state == "wait":
                    self._dropped()
                if leave:
                    await self._app.run_action("leave")
                return
            event = self._held.popleft()
            self._since = time.monotonic()
            await self._give(event, screen)

    async def _give(self, event: events.Key | events.Paste, screen: Screen[Any]) -> None:
        if isinstance(event, events.Key) and isinstance(screen, ModalScreen) and event.key in CLOSING:
            self._closing_until = time.monotonic() + CLOSING_SECONDS
        await self._deliver(event)

    def _state(self, screen: Screen[Any], event: events.Key | events.Paste) -> State:
        if self._words_pending:
            return "wait"
        if self._closing_until and time.monotonic() < self._closing_until:
            return "wait"
        self._closing_until = 0.0
        if isinstance(screen, ModalScreen):
            if getattr(screen, "is_busy", False):
                self._closing_until = time.monotonic() + CLOSING_SECONDS
                return "wait"
            if screen.focused is None and (
                not self._held or time.monotonic() - self._since < DIALOG_SECONDS
            ):  # fmt: skip
                return "wait"
            return "drop" if self._held and getattr(screen, "DROPS_TYPE_AHEAD", False) else "go"
        ask: Callable[[], State] | None = getattr(screen, "type_ahead", None)
        state = ask() if ask is not None else "go"
        if state == "go" and isinstance(event, events.Key) and self._must_follow_words(screen, event.key):
            return "wait"
        return state

    def _must_follow_words(self, screen: Screen[Any], key: str) -> bool:
        """A command of the editor comes after the letters that were typed before it and wait in the editor."""
        focused, commands = screen.focused, getattr(screen, "editor_keys", ())
        if focused is None or key not in commands or not focused.message_queue_size:
            return False
        self._words_pending = True
        focused.call_later(self._words_are_in)
        return True

    def _words_are_in(self) -> None:
        self._words_pending = False
