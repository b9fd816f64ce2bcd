"""Who looks at what: rooms, members and eyes, without sockets, clocks or permissions.

Every change only marks its room; `flush` turns what has gathered into one frame that all members share.
What a member was told is always the room as of `seq`: a snapshot shows what the last frame left, never
what is still gathering, so that snapshot and frames join without a gap.
Imports the protocol alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from core import presence_protocol as protocol
from core.presence_frames import RANK, Eye, Look, Marks


@dataclass(eq=False, slots=True)
class Member:
    """One connection, as the registry knows it."""

    id: str
    agent: str
    """`a<id>`; empty for a system actor, which has no eyes."""
    rooms: set[str] = field(default_factory=set)
    """Rooms that it hears of."""
    looking: dict[tuple[str, str], Look] = field(default_factory=dict)
    """(room, ticket) → what it does there."""


@dataclass(eq=False, slots=True)
class Room:
    """One room. It lives as long as it has members or eyes."""

    name: str
    seq: int = 0
    members: set[Member] = field(default_factory=set)
    eyes: dict[str, dict[Member, Look]] = field(default_factory=dict)
    """The truth: ticket → who looks, a line per connection."""
    shown: dict[str, Marks] = field(default_factory=dict)
    """What the members know as of `seq`."""
    changed: set[str] = field(default_factory=set)
    hints: dict[str, dict[Member, int]] = field(default_factory=dict)
    """ticket → its newest event by each sender, not yet told."""
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One text for several members."""

    text: str
    members: Iterable[Member]


class Registry:
    """All rooms. `stirred` collects the names of rooms that need a flush; the owner empties it."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.members: dict[str, Member] = {}
        self.stirred: set[str] = set()
        self._joined = 0
        self._count: dict[str, int] = {}

    def connections(self, agent: str) -> int:
        """How many connections an agent has."""
        return self._count.get(agent, 0)

    def join(self, agent: str) -> Member:
        """A new connection, in no room yet."""
        self._joined += 1
        member = Member(f"c{self._joined}", agent)
        self.members[member.id] = member
        self._count[agent] = self._count.get(agent, 0) + 1
        return member

    def drop(self, member: Member) -> None:
        """The connection is gone, and its eyes with it. A second call does nothing."""
        if self.members.pop(member.id, None) is None:
            return
        self._count[member.agent] -= 1
        if not self._count[member.agent]:
            del self._count[member.agent]
        self.look(member, ())
        for name in list(member.rooms):
            self.leave(member, name)

    def enter(self, member: Member, name: str) -> None:
        """From the next frame on the member hears of the room; `snapshot` tells what came before."""
        room = self._room(name)
        room.members.add(member)
        member.rooms.add(name)

    def leave(self, member: Member, name: str) -> None:
        """The member hears of the room no more; its eyes there stay."""
        member.rooms.discard(name)
        room = self.rooms.get(name)
        if room is not None:
            room.members.discard(member)
            self._forget_if_empty(room)

    def evict(self, member: Member, rooms: Collection[str], places: Collection[tuple[str, str]]) -> None:
        """The member may hear of these rooms no more, nor be seen in these places: (room, ticket)."""
        for name in rooms:
            self.leave(member, name)
        rest = [
            Eye(ticket, room, look)
            for (room, ticket), look in member.looking.items()
            if (room, ticket) not in places
        ]
        self.look(member, rest)

    def look(self, member: Member, eyes: Iterable[Eye]) -> None:
        """The whole of what a connection looks at, instead of what it looked at before."""
        wanted = {(eye.room, eye.ticket): eye.look for eye in eyes} if member.agent else {}
        for key in member.looking.keys() - wanted.keys():
            room = self.rooms[key[0]]
            lookers = room.eyes[key[1]]
            del lookers[member]
            if not lookers:
                del room.eyes[key[1]]
            self._stir(room, key[1])
        for key, look in wanted.items():
            if member.looking.get(key) != look:
                room = self._room(key[0])
                room.eyes.setdefault(key[1], {})[member] = look
                self._stir(room, key[1])
        member.looking = wanted

    def hint(self, member: Member, name: str, ticket: str, rev: int) -> None:
        """The ticket has an event `rev`: everyone in the room but the sender is told."""
        room = self.rooms.get(name)
        if room is None or not room.members - {member}:
            return
        by_sender = room.hints.setdefault(ticket, {})
        by_sender[member] = max(rev, by_sender.get(member, 0))
        self.stirred.add(name)

    def snapshot(self, name: str) -> str:
        """The frame that tells a member the whole room as of its `seq`."""
        room = self._room(name)
        if room.snapshot is None:
            room.snapshot = protocol.snap(name, room.seq, room.shown)
        return room.snapshot

    def flush(self, name: str) -> list[Frame]:
        """What the room's members must hear now: one shared frame, and one of its own for a sender of hints.

        Nothing when the changes cancelled out.
        """
        room = self.rooms.get(name)
        if room is None:
            return []
        news: dict[str, Marks] = {}
        for ticket in room.changed:
            marks = merged(room.eyes.get(ticket, {}))
            if marks == room.shown.get(ticket, ()):
                continue
            news[ticket] = marks
            if marks:
                room.shown[ticket] = marks
            else:
                del room.shown[ticket]
        hints = room.hints
        room.changed, room.hints = set(), {}
        frames: list[Frame] = []
        if news or hints:
            room.seq += 1
            room.snapshot = None
        if (news or hints) and room.members:
            frames = _frames(room, news, hints)
        self._forget_if_empty(room)
        return frames

    def _room(self, name: str) -> Room:
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room(name)
        return room

    def _stir(self, room: Room, ticket: str) -> None:
        room.changed.add(ticket)
        self.stirred.add(room.name)

    def _forget_if_empty(self, room: Room) -> None:
        # An empty room owes nobody a frame. Its seq may start anew: who enters gets a snapshot first.
        if not room.members and not room.eyes:
            self.rooms.pop(room.name, None)


def merged(lookers: dict[Member, Look]) -> Marks:
    """One eye for each agent, however many windows: writing beats viewing beats idle."""
    best: dict[str, Look] = {}
    for member, look in lookers.items():
        known = best.get(member.agent)
        if known is None or RANK[look] > RANK[known]:
            best[member.agent] = look
    return tuple(sorted(best.items()))


def _frames(room: Room, news: dict[str, Marks], hints: dict[str, dict[Member, int]]) -> list[Frame]:
    senders = {member for by_sender in hints.values() for member in by_sender} & room.members
    told = {ticket: max(by_sender.values()) for ticket, by_sender in hints.items()}
    shared = protocol.eyes(room.name, room.seq, news, told)
    frames = [Frame(shared, room.members - senders if senders else room.members)]
    for sender in senders:
        # The sender has read what it hints at; it still needs a frame for its seq, and the others' hints.
        others = {
            ticket: max(rev for member, rev in by_sender.items() if member is not sender)
            for ticket, by_sender in hints.items()
            if by_sender.keys() - {sender}
        }
        frames.append(Frame(protocol.eyes(room.name, room.seq, news, others), (sender,)))
    return frames
