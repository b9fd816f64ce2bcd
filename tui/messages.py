"""What the reader's thread and the presence client tell the screens: facts, in the past tense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from core.domain.tickets import Lane
from tui.lane_model import Key

if TYPE_CHECKING:
    from core.errors import GlazokError
    from core.services.models.lists import Card, LaneCount, PartState
    from core.services.models.people import AgentInfo, Directory
    from core.settings import Settings


@dataclass(frozen=True, slots=True)
class LanePage:
    """Some places of a lane, in order."""

    entries: tuple[tuple[Key, int], ...]
    complete: bool
    """True where nothing comes behind them."""


class SettingsRead(Message, bubble=False):
    """The configuration has been read."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings


class BoardRead(Message, bubble=False):
    """The whole visible board, read at once: at the start, after a change of the filter, after trouble."""

    def __init__(
        self,
        generation: int,
        me: AgentInfo,
        directory: Directory,
        groups: tuple[int, ...],
        lanes: Mapping[Lane, LanePage],
        counts: Mapping[Lane, LaneCount],
        cards: Mapping[int, Card],
    ) -> None:
        super().__init__()
        self.generation = generation
        """Number of the request: answers to older ones are dropped."""
        self.me = me
        self.directory = directory
        self.groups = groups
        """Ids of the groups whose tickets I may see."""
        self.lanes = lanes
        self.counts = counts
        self.cards = cards


class BoardOutdated(Message, bubble=False):
    """So much changed at once that the board had better be read anew."""


class PageRead(Message, bubble=False):
    """A further page of one lane."""

    def __init__(self, generation: int, lane: Lane, page: LanePage, *, to_end: bool) -> None:
        super().__init__()
        self.generation = generation
        self.lane = lane
        self.page = page
        self.to_end = to_end
        """The agent asked for the last card."""


class CardsRead(Message, bubble=False):
    """Cards by id; `asked` without a card may not be seen or are gone."""

    def __init__(self, generation: int, asked: frozenset[int], cards: Mapping[int, Card]) -> None:
        super().__init__()
        self.generation = generation
        self.asked = asked
        self.cards = cards


class TicketsChanged(CardsRead, bubble=False):
    """Somebody committed something: the cards as they are now."""

    def __init__(
        self,
        generation: int,
        asked: frozenset[int],
        cards: Mapping[int, Card],
        counts: Mapping[Lane, LaneCount],
        directory: Directory | None,
    ) -> None:
        super().__init__(generation, asked, cards)
        self.counts = counts
        self.directory = directory
        """The names anew, where a card named somebody unknown."""


class Counted(Message, bubble=False):
    """The lanes' counts, and how the parts of the desk fare."""

    def __init__(
        self,
        generation: int,
        counts: Mapping[Lane, LaneCount],
        groups: tuple[int, ...],
        parts: tuple[PartState, ...],
    ) -> None:
        super().__init__()
        self.generation = generation
        self.counts = counts
        self.groups = groups
        self.parts = parts
        """Only those in trouble."""


class FeedFailed(Message, bubble=False):
    """The database or the configuration cannot be read; the thread goes on trying."""

    def __init__(self, text: str, hint: str, error: GlazokError | None = None) -> None:
        super().__init__()
        self.text = text
        self.hint = hint
        self.error = error
