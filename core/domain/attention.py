"""What an agent does with the ticket on the screen: writing, viewing or idle. Standard library alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

IDLE_AFTER = 120.0
"""Seconds without a key after which an agent counts as idle."""
WRITING_LASTS = 20.0
"""Seconds without typing after which a writer counts as viewing again."""


class Attention:
    """The state of one window, from its keys and its focus.

    `clock` gives monotonic seconds. The letters are those of the wire: `w` writing, `v` viewing, `i` idle.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        idle_after: float = IDLE_AFTER,
        writing_lasts: float = WRITING_LASTS,
    ) -> None:
        self._clock = clock
        self._idle_after = idle_after
        self._writing_lasts = writing_lasts
        self._focused = True
        self._key_at = clock()
        self._typed_at: float | None = None

    def key(self) -> None:
        """Any key or click in the window."""
        self._key_at = self._clock()

    def typed(self) -> None:
        """A change of the text of a reply or a note."""
        self._key_at = self._typed_at = self._clock()

    def stopped_writing(self) -> None:
        """The composer was sent or closed."""
        self._typed_at = None

    def focus(self, focused: bool) -> None:
        """The terminal gained or lost the focus; gaining it counts as a key."""
        self._focused = focused
        if focused:
            self._key_at = self._clock()

    @property
    def state(self) -> Literal["w", "v", "i"]:
        """What the window's agent does now."""
        now = self._clock()
        if not self._focused or now - self._key_at >= self._idle_after:
            return "i"
        if self._typed_at is not None and now - self._typed_at < self._writing_lasts:
            return "w"
        return "v"
