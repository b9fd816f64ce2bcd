"""The client's side of the eye as a state machine: frames in, frames and news out. No sockets, no clock.

`presence_client` moves its bytes; tests drive it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core import presence_protocol as protocol
from core.presence_frames import (
    MAX_EYES,
    RANK,
    BadFrameError,
    Bye,
    Err,
    Eye,
    Eyes,
    Look,
    Marks,
    Snap,
    Welcome,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One colleague's eye on a ticket."""

    agent_id: int
    look: Look
    """`w` writing, `v` viewing, `i` idle."""


HINTS_KEPT = 2000
"""Hints that wait for their turn; what comes on top is lost, and found by the next look at the data."""

Watchers = tuple[Mark, ...]
"""Who has a ticket open: the busiest first, then by agent id; oneself left out."""


@dataclass(frozen=True, slots=True)
class Hint:
    """The ticket has an event `rev` now: read it again."""

    room: str
    ticket: str
    rev: int


@dataclass(slots=True)
class News:
    """What one step of the machine came to."""

    eyes: dict[str, Watchers] = field(default_factory=dict)
    """Tickets whose watchers changed; empty: nobody looks any more."""
    hints: list[Hint] = field(default_factory=list)
    welcomed: bool = False
    retry_ms: tuple[int, int] | None = None
    """The server says goodbye and asks to come back after a random time between the two."""
    refusals: list[str] = field(default_factory=list)
    """What the server did not do, in its own words: for the log."""


@dataclass(slots=True)
class _Room:
    seq: int
    eyes: dict[str, Marks]
    asked: bool = False
    """A resync is under way."""


class PresenceMachine:
    """What this program knows of the eyes, and what it has announced.

    It lives through any number of connections: `hello` begins one, `lost` ends it.
    """

    def __init__(self, rooms: Iterable[str] = ()) -> None:
        self.rooms: tuple[str, ...] = tuple(dict.fromkeys(rooms))
        """Rooms to hear of."""
        self.watchers: dict[str, Watchers] = {}
        """ticket → who looks at it, over all rooms."""
        self.is_welcome = False
        """Whether the server has accepted the hello of this connection."""
        self.agent = ""
        """Oneself, as on the wire."""
        self.epoch = ""
        self._known: dict[str, _Room] = {}
        self.looking: tuple[Eye, ...] = ()
        """What this program looks at."""
        self._n = 0
        # What the server was told on this connection: `next_frame` sends the difference to what is wanted.
        self._announced: tuple[Eye, ...] = ()
        self._subscribed: tuple[str, ...] = ()
        self._resyncs: dict[str, None] = {}
        self._hints: dict[tuple[str, str], int] = {}

    # What the program wants

    def hello(self, token: str, client: str) -> str:
        """The first frame of a new connection."""
        self._announced, self._subscribed = (), self.rooms
        return protocol.hello(token, self.rooms, client)

    def look(self, eyes: Mapping[str, tuple[str, Look]]) -> None:
        """ticket → (its group's room, look), the whole of what this program looks at; the busiest, where it is
        too much. Each is announced in the ticket's own room too, for who sees it from outside the group."""
        busiest = sorted(eyes.items(), key=lambda one: (-RANK[one[1][1]], one[0]))
        wanted = [
            Eye(ticket, name, look)
            for ticket, (room, look) in busiest
            for name in dict.fromkeys((room, f"t{ticket}"))
        ]
        self.looking = tuple(wanted[:MAX_EYES])

    def subscribe(self, rooms: Iterable[str]) -> News:
        """The whole set of rooms to hear of. Eyes of rooms left are forgotten at once."""
        self.rooms = tuple(dict.fromkeys(rooms))
        news = News()
        touched: set[str] = set()
        for name in self._known.keys() - set(self.rooms):
            touched |= self._known.pop(name).eyes.keys()
        self._tell(touched, news)
        return news

    def hint(self, room: str, ticket: str, rev: int) -> None:
        """Tell the others that the ticket has an event `rev`. Off line: lost, which costs a second."""
        key = (room, ticket)
        if self.is_welcome and (key in self._hints or len(self._hints) < HINTS_KEPT):
            self._hints[key] = max(rev, self._hints.get(key, 0))

    def next_frame(self) -> str | None:
        """What the server must hear next; None when it knows all. Whoever asks late gets less to send."""
        if not self.is_welcome:
            return None
        if self._subscribed != self.rooms:
            self._subscribed = self.rooms
            self._n += 1
            return protocol.sub(self._n, self.rooms)
        if self._announced != self.looking:
            self._announced = self.looking
            self._n += 1
            return protocol.at(self._n, self.looking)
        if self._resyncs:
            return protocol.resync(self._resyncs.popitem()[0])
        if self._hints:
            (room, ticket) = next(iter(self._hints))
            return protocol.chg(room, ticket, self._hints.pop((room, ticket)))
        return None

    @property
    def is_told(self) -> bool:
        """Whether `next_frame` has nothing to say."""
        return not self.is_welcome or (
            self._subscribed == self.rooms
            and self._announced == self.looking
            and not self._resyncs
            and not self._hints
        )

    # What the server says

    def receive(self, text: str) -> News:
        """One frame of the server. Raises `BadFrameError`: the connection is of no use."""
        frame = protocol.read_server(text)
        news = News()
        if frame is None:
            return news
        if isinstance(frame, Welcome):
            if self.is_welcome:
                raise BadFrameError("a second welcome")
            self.is_welcome = news.welcomed = True
            self.agent, self.epoch = frame.agent, frame.epoch
            return news
        if isinstance(frame, Bye):
            news.retry_ms = frame.retry_ms
        elif isinstance(frame, Err):
            self._refused(frame, news)
        elif not self.is_welcome:
            raise BadFrameError("no welcome yet")
        elif frame.room in self.rooms:
            if isinstance(frame, Snap):
                self._snapshot(frame, news)
            else:
                self._changed(frame, news)
        return news

    def lost(self) -> News:
        """The connection is gone, and with it every known eye. What was announced waits for the next one."""
        self.is_welcome = False
        self._known.clear()
        self._resyncs.clear()
        self._hints.clear()
        news = News(eyes=dict.fromkeys(self.watchers, ()))
        self.watchers.clear()
        return news

    # Details

    def _refused(self, frame: Err, news: News) -> None:
        news.refusals.append(f"{frame.code}: {frame.msg}")
        if frame.code == "room" and frame.room in self._known:
            self._tell(self._known.pop(frame.room).eyes.keys(), news)

    def _snapshot(self, frame: Snap, news: News) -> None:
        known = self._known.get(frame.room)
        touched = frame.eyes.keys() | (known.eyes.keys() if known else set())
        eyes = {ticket: marks for ticket, marks in frame.eyes.items() if marks}
        self._known[frame.room] = _Room(frame.seq, eyes)
        self._tell(touched, news)

    def _changed(self, frame: Eyes, news: News) -> None:
        room = self._known.get(frame.room)
        if room is None or frame.seq <= room.seq:
            # Left and entered again: frames of the first stay may still be on their way.
            return
        if frame.seq != room.seq + 1 and not room.asked:
            room.asked = True
            self._resyncs[frame.room] = None
        room.seq = frame.seq
        for ticket, marks in frame.set.items():
            if marks:
                room.eyes[ticket] = marks
            else:
                room.eyes.pop(ticket, None)
        self._tell(frame.set.keys(), news)
        news.hints = [Hint(frame.room, ticket, rev) for ticket, rev in frame.chg.items()]

    def _tell(self, tickets: Iterable[str], news: News) -> None:
        for ticket in tickets:
            now = self._watchers(ticket)
            if now == self.watchers.get(ticket, ()):
                continue
            news.eyes[ticket] = now
            if now:
                self.watchers[ticket] = now
            else:
                del self.watchers[ticket]

    def _watchers(self, ticket: str) -> Watchers:
        # The same colleague may be seen in the group's room and in the ticket's own.
        best: dict[str, Look] = {}
        for room in self._known.values():
            for agent, look in room.eyes.get(ticket, ()):
                if agent != self.agent and (agent not in best or RANK[look] > RANK[best[agent]]):
                    best[agent] = look
        marks = [Mark(protocol.agent_id(agent), look) for agent, look in best.items()]
        return tuple(sorted(marks, key=lambda mark: (-RANK[mark.look], mark.agent_id)))
