"""The sections `[board]` and `[console]`: what the agents' screens look like."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from core.settings.section import Section
from core.settings.values import AgePair, Texts


class AgeSettings(Section):
    """`[board.age]`: when a card turns orange and when vermillion, by whose turn it is."""

    new: AgePair = (timedelta(minutes=15), timedelta(minutes=30))
    """Durations for a ticket that nobody has accepted."""
    needs_reply: AgePair = (timedelta(hours=2), timedelta(hours=3))
    """Durations for a ticket whose client waits for us."""
    waiting: AgePair = (timedelta(days=1), timedelta(days=3))
    """Durations for a ticket that waits for its client."""
    help_wanted: AgePair = (timedelta(minutes=15), timedelta(minutes=30))
    """Durations for a question that a colleague has asked."""

    @property
    def late(self) -> dict[str, timedelta]:
        """The second duration of each: from then on a card counts as late."""
        return {name: getattr(self, name)[1] for name in type(self).model_fields}


class BoardSettings(Section):
    """`[board]`: the agents' board."""

    age: AgeSettings = AgeSettings()
    """When a card looks old."""
    twice: bool = False
    """Whether a ticket that you are asked about stands in Help wanted and in its usual column too."""


class ConsoleSettings(Section):
    """`[console]`: the screen."""

    theme: Literal["dark", "light"] = "dark"
    """`dark` or `light`; $NO_COLOR takes all colour away."""
    labels: bool = True
    """Whether words stand beside the icons; a key hides them."""
    undo_send_seconds: int = Field(10, ge=0, le=120)
    """How long an answer waits before it leaves, in seconds: so long its author can take it back. 0: not at all."""
    keys: dict[str, dict[str, Texts]] = Field(default_factory=dict)
    """`PLACE.COMMAND` → a key, or a list of them: instead of its own; docs/console.md has the commands' ids."""
