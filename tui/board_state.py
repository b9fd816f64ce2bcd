"""All that the board shows, as plain values: lanes, cards, eyes, the filter. No widget, no I/O.

Cards are kept in a bounded map; what is off the screen changes by a write to it and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from core.clock import now as present
from core.domain.processes import NEXT_SHIFT
from core.domain.tickets import LANES, Lane
from core.i18n import _
from core.names import age_text
from core.text import one_line
from tui.lane_model import LaneModel
from tui.names import Names
from tui.widgets import card as looks
from tui.widgets.card import EyeMark, Face, age_level

if TYPE_CHECKING:
    from core.services.models.lists import Card, EntryKey, LaneCount
    from core.services.models.people import AgentInfo, Directory
    from core.settings import Settings

CARDS_KEPT = 4000
BLOCK = 64
"""Rows of a lane whose cards are read together."""

AgeLimits = Mapping[str, tuple[timedelta, timedelta]]
DEFAULT_LIMITS: AgeLimits = {
    "new": (timedelta(minutes=15), timedelta(minutes=30)),
    "needs_reply": (timedelta(hours=2), timedelta(hours=3)),
    "waiting": (timedelta(days=1), timedelta(days=3)),
    Lane.HELP_WANTED: (timedelta(minutes=15), timedelta(minutes=30)),
}


class BoardState:
    """The board of one agent."""

    def __init__(self, clock: Callable[[], datetime] = present) -> None:
        self._clock = clock
        self.lanes: dict[Lane, LaneModel] = {lane: LaneModel(lane) for lane in LANES}
        self.cards: dict[int, Card] = {}
        self.me: AgentInfo | None = None
        self.directory: Directory | None = None
        self.groups: tuple[int, ...] = ()
        self.group: int | None = None
        """The one group shown, None for all of mine."""
        self.names = Names()
        """Words for statuses, people and groups."""
        self.limits: AgeLimits = DEFAULT_LIMITS
        self.twice = False
        """Whether what I am asked about stands in its usual lane as well."""
        self.eyes: Mapping[int, tuple[tuple[int, str], ...]] = {}
        """Ticket → (agent id, w/v/i) of the colleagues who have it open, never my own."""
        self.generation = 0
        self.now = clock()
        self._pending: set[int] = set()
        self._faces: dict[tuple[Lane, int, bool], Face] = {}

    # -- what came ----------------------------------------------------------------------------------------

    def take_settings(self, settings: Settings) -> None:
        """The ages at which cards turn orange and vermillion, what stands twice, and what the team calls things."""
        age, self.twice = settings.board.age, settings.board.twice
        self.limits = {
            "new": age.new, "needs_reply": age.needs_reply, "waiting": age.waiting, Lane.HELP_WANTED: age.help_wanted
        }  # fmt: skip
        self.names = Names.of(settings, self.directory)
        self._faces.clear()

    def take_names(self, directory: Directory) -> None:
        """Who is who, anew."""
        self.directory = directory
        self.names = replace(self.names, directory=directory)
        self._faces.clear()

    def take_cards(self, asked: Iterable[int], cards: Mapping[int, Card]) -> set[int]:
        """Cards that were asked for; returns those whose picture changed."""
        changed: set[int] = set()
        for id_ in asked:
            self._pending.discard(id_)
            card = cards.get(id_)
            if card != self.cards.get(id_):
                changed.add(id_)
            if card is None:
                self.cards.pop(id_, None)
            else:
                self.cards[id_] = card
        self.forget_faces(changed)
        self._bound()
        return changed

    def forget_requests(self) -> None:
        """Have cards asked for again: answers to what was asked of an earlier board are dropped."""
        self._pending.clear()

    def take_changes(self, asked: Iterable[int], cards: Mapping[int, Card]) -> set[Lane]:
        """Tickets that changed: moved between lanes, kept where only their picture changed. Returns moved
        lanes."""
        moved: set[Lane] = set()
        asked = frozenset(asked)
        for id_ in asked:
            card = cards.get(id_)
            places = self.places_of(card) if card is not None else {}
            for lane, model in self.lanes.items():
                if model.place(id_, places.get(lane)):
                    moved.add(lane)
        self.take_cards(asked, cards)
        return moved

    def take_counts(self, counts: Mapping[Lane, LaneCount]) -> None:
        """The lanes' headers."""
        for lane, count in counts.items():
            self.lanes[lane].total, self.lanes[lane].late = count.total, count.late

    def tick(self) -> bool:
        """Move the clock on; True where a new minute has begun and every age may read differently."""
        before, self.now = self.now, self._clock()
        if before.replace(second=0, microsecond=0) == self.now.replace(second=0, microsecond=0):
            return False
        self._faces.clear()
        return True

    def forget_faces(self, ids: Iterable[int]) -> None:
        """Have these drawn anew: their card or their eyes changed."""
        for id_ in ids:
            for lane in LANES:
                self._faces.pop((lane, id_, False), None)
                self._faces.pop((lane, id_, True), None)

    def forget_all_faces(self) -> None:
        """Have everything drawn anew: language or names changed."""
        self._faces.clear()

    # -- what is shown ------------------------------------------------------------------------------------

    def places_of(self, card: Card) -> dict[Lane, EntryKey]:
        """The lanes where a card stands under the filter, one or (where the team wants it) two, and its place there."""
        if self.me is None or (self.group is not None and card.group_id != self.group):
            return {}
        anywhere = (Lane.MINE, Lane.HELP_WANTED)
        places = card.places(self.me.id, twice=self.twice)
        return {lane: key for lane, key in places.items() if lane in anywhere or card.group_id in self.groups}

    def from_elsewhere(self, most: int) -> tuple[int, ...]:
        """The tickets of other groups that stand on my board near what is visible: what is asked of me first."""
        near: list[int] = []
        for lane in (Lane.HELP_WANTED, Lane.MINE):
            model = self.lanes[lane]
            near += model.ids[model.top : model.top + 2 * BLOCK]
            near += reversed(model.ids[max(0, model.top - BLOCK) : model.top])
        cards = (self.cards[id_] for id_ in dict.fromkeys(near) if id_ in self.cards)
        return tuple(islice((card.id for card in cards if card.group_id not in self.groups), most))

    @property
    def shown(self) -> tuple[Lane, ...]:
        """The lanes on the screen: Help wanted only while somebody asks."""
        return tuple(
            lane
            for lane, model in self.lanes.items()
            if lane is not Lane.HELP_WANTED or model.total or len(model)
        )

    def missing(self, model: LaneModel, rows: int) -> list[int]:
        """Ids whose cards should be read now: whole blocks around what is visible, each asked once."""
        if not len(model):
            return []
        first = max(0, model.top) // BLOCK
        last = min(len(model) - 1, model.top + 2 * rows) // BLOCK
        wanted = [
            id_
            for id_ in model.ids[first * BLOCK : (last + 1) * BLOCK]
            if id_ not in self.cards and id_ not in self._pending
        ]
        self._pending.update(wanted)
        return wanted

    def face(self, lane: Lane, ticket_id: int, selected: bool) -> Face | None:
        """What a card of a lane shows, None while it is being read."""
        key = (lane, ticket_id, selected)
        face = self._faces.get(key)
        if face is None:
            plain = self._faces.get((lane, ticket_id, not selected)) or self._make_face(lane, ticket_id)
            if plain is None:
                return None
            face = self._faces[key] = replace(plain, selected=selected)
        return face

    def eye_marks(self, eyes: Iterable[tuple[int, str]]) -> tuple[EyeMark, ...]:
        """(agent id, state) as initials with their colour: writing first, then viewing, then idle."""
        if self.directory is None:
            return ()
        order = {"w": 0, "v": 1, "i": 2}
        marks = []
        for agent_id, state in sorted(eyes, key=lambda eye: (order.get(eye[1], 3), eye[0])):
            agent = self.directory.agents.get(agent_id)
            initials = one_line(agent.initials) if agent else "??"
            marks.append(EyeMark(initials, agent_id, state))
        return tuple(marks)

    def _make_face(self, lane: Lane, ticket_id: int) -> Face | None:
        card = self.cards.get(ticket_id)
        if card is None or self.directory is None:
            return None
        if card.owner_id is None:
            # Where all cards are of one group, its name tells nothing.
            only = len(self.groups) == 1 and card.group_id == self.groups[0]
            who = "" if only else self.directory.group_name(card.group_id)
        else:
            who = "" if lane is Lane.MINE else self.directory.agent_name(card.owner_id)
        asked = lane is Lane.HELP_WANTED
        since = card.asked_at if asked and card.asked_at is not None else card.since
        limits = self.limits.get(lane if asked else card.board or "", DEFAULT_LIMITS["waiting"])
        return Face(
            id=card.id,
            subject=one_line(card.subject),
            client=one_line(card.client),
            who=one_line(who),
            ours=lane is Lane.MINE and card.board == "needs_reply",
            unread=card.unread,
            eyes=self.eye_marks(self.eyes.get(ticket_id, ())),
            age=age_text(since, self.now),
            level=age_level(since, self.now, limits),
            selected=False,
            **self._tag(card, lane),
        )

    def _tag(self, card: Card, lane: Lane) -> dict[str, str]:
        if lane is Lane.HELP_WANTED and card.status != "needs_reply":
            # Elsewhere the column says it; most are in work, and of those the subject says more.
            return {"tag": self.names.status(card.status)}
        if card.voice:
            return {"sign": looks.VOICE, "tag": _("new voice")}
        if card.thanks:
            return {"sign": looks.THANKS, "tag": _("thanks")}
        if card.status == NEXT_SHIFT:
            return {"sign": looks.BATON, "tag": _("next shift")}
        return {"tag": self.names.status(card.status)} if card.status in self.names.statuses else {}

    def _bound(self) -> None:
        if len(self.cards) <= CARDS_KEPT:
            return
        near = {
            id_
            for model in self.lanes.values()
            for id_ in model.ids[max(0, model.top - BLOCK) : model.top + 2 * BLOCK]
        }
        self.cards = {id_: card for id_, card in self.cards.items() if id_ in near}
        self._faces.clear()
