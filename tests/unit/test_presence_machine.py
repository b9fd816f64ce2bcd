"""The client's machine: exact steps, and against the real registry whatever happens in between."""

from __future__ import annotations

import itertools
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core import presence_protocol as protocol
from core.presence_frames import (
    MAX_EYES,
    RANK,
    At,
    BadFrameError,
    Chg,
    ClientFrame,
    Eye,
    Eyes,
    Hello,
    Look,
    Resync,
    Sub,
)
from core.services.presence_machine import HINTS_KEPT, Hint, Mark, PresenceMachine
from presence_server.registry import Member, Registry


@pytest.fixture
def machine() -> PresenceMachine:
    """Welcomed as a1, in g1, which is empty at seq 4."""
    machine = PresenceMachine(["g1"])
    machine.hello("token", "test")
    machine.receive(protocol.welcome("c1", "a1", "beef", 50))
    machine.receive(protocol.snap("g1", 4, {}))
    return machine


def frames(machine: PresenceMachine) -> list[ClientFrame]:
    return [protocol.read_client(text) for text in iter(machine.next_frame, None)]


def test_colleagues_are_shown_the_busiest_first_and_oneself_never(machine: PresenceMachine) -> None:
    news = machine.receive(
        protocol.eyes("g1", 5, {"7": (("a1", "w"), ("a12", "v"), ("a2", "v"), ("a3", "w"))}, {})
    )
    expected = (Mark(3, "w"), Mark(2, "v"), Mark(12, "v"))
    assert news.eyes == {"7": expected}
    assert machine.watchers == {"7": expected}


def test_only_what_changed_for_the_eye_is_news(machine: PresenceMachine) -> None:
    machine.receive(protocol.eyes("g1", 5, {"7": (("a2", "v"),)}, {}))
    assert machine.receive(protocol.eyes("g1", 6, {"7": (("a1", "v"), ("a2", "v"))}, {})).eyes == {}
    assert machine.receive(protocol.eyes("g1", 7, {"7": ()}, {})).eyes == {"7": ()}
    assert machine.watchers == {}


def test_a_colleague_seen_in_two_rooms_is_one_eye(machine: PresenceMachine) -> None:
    machine.subscribe(["g1", "t7"])
    machine.receive(protocol.snap("t7", 0, {"7": (("a2", "w"),)}))
    assert machine.receive(protocol.eyes("g1", 5, {"7": (("a2", "i"),)}, {})).eyes == {}
    assert machine.subscribe(["g1"]).eyes == {"7": (Mark(2, "i"),)}


def test_a_gap_asks_once_for_a_snapshot_and_the_snapshot_heals_it(machine: PresenceMachine) -> None:
    machine.receive(protocol.eyes("g1", 5, {"7": (("a2", "v"),)}, {}))
    machine.receive(protocol.eyes("g1", 7, {"8": (("a2", "v"),)}, {}))
    machine.receive(protocol.eyes("g1", 9, {}, {}))
    assert frames(machine) == [Resync("g1")]
    news = machine.receive(protocol.snap("g1", 9, {"8": (("a2", "v"),)}))
    assert news.eyes == {"7": ()}
    machine.receive(protocol.eyes("g1", 11, {}, {}))
    assert frames(machine) == [Resync("g1")]


def test_hints_are_passed_on(machine: PresenceMachine) -> None:
    assert machine.receive(protocol.eyes("g1", 5, {}, {"9": 881})).hints == [Hint("g1", "9", 881)]


def test_frames_of_rooms_that_were_left_are_ignored(machine: PresenceMachine) -> None:
    machine.subscribe([])
    news = machine.receive(protocol.eyes("g1", 5, {"7": (("a2", "v"),)}, {"9": 1}))
    assert (news.eyes, news.hints, machine.watchers) == ({}, [], {})


def test_a_room_taken_away_goes_dark(machine: PresenceMachine) -> None:
    machine.receive(protocol.eyes("g1", 5, {"7": (("a2", "v"),)}, {}))
    news = machine.receive(protocol.err("room", 0, "not allowed in this room", "g1"))
    assert news.eyes == {"7": ()}
    assert news.refusals == ["room: not allowed in this room"]


def test_whoever_asks_late_gets_less_to_send(machine: PresenceMachine) -> None:
    for ticket in ("5", "6", "7"):
        machine.look({ticket: ("g1", "v")})
    for rev in (3, 5, 4):
        machine.hint("g1", "9", rev)
    machine.subscribe(["g1", "g2"])
    machine.subscribe(["g1", "g3"])
    assert not machine.is_told
    eyes = (Eye("7", "g1", "v"), Eye("7", "t7", "v"))
    assert frames(machine) == [Sub(1, ("g1", "g3")), At(2, eyes), Chg("g1", "9", 5)]
    assert machine.is_told


def test_looking_away_and_back_before_it_was_told_is_nothing_to_tell(machine: PresenceMachine) -> None:
    machine.look({"7": ("g1", "v")})
    machine.look({})
    assert machine.is_told
    assert machine.next_frame() is None


def test_an_open_ticket_is_announced_to_its_group_and_to_whoever_sees_it_from_outside(
    machine: PresenceMachine,
) -> None:
    machine.look({"7": ("g2", "v"), "5": ("t5", "w")})
    (frame,) = frames(machine)
    assert frame == At(1, (Eye("5", "t5", "w"), Eye("7", "g2", "v"), Eye("7", "t7", "v")))


def test_no_more_is_announced_than_the_server_takes(machine: PresenceMachine) -> None:
    machine.look({str(n): ("g1", "w" if n == 99 else "v") for n in range(100)})
    (frame,) = frames(machine)
    assert isinstance(frame, At)
    assert len(frame.eyes) == MAX_EYES
    assert Eye("99", "g1", "w") in frame.eyes


def test_waiting_hints_are_bounded(machine: PresenceMachine) -> None:
    for ticket in range(HINTS_KEPT + 50):
        machine.hint("g1", str(ticket), 1)
    assert len(frames(machine)) == HINTS_KEPT


def test_a_lost_connection_clears_all_eyes_and_the_next_one_announces_everything_anew(
    machine: PresenceMachine,
) -> None:
    machine.look({"7": ("g1", "w")})
    frames(machine)
    machine.receive(protocol.eyes("g1", 5, {"8": (("a2", "v"),)}, {}))
    assert machine.lost().eyes == {"8": ()}
    assert machine.watchers == {}
    machine.hint("g1", "7", 1)
    machine.look({"9": ("g1", "v")})
    assert machine.next_frame() is None
    assert protocol.read_client(machine.hello("fresh", "test")) == Hello("fresh", ("g1",), 1)
    assert machine.next_frame() is None, "nothing before the welcome"
    machine.receive(protocol.welcome("c2", "a1", "f00d", 50))
    (frame,) = frames(machine)
    assert isinstance(frame, At)
    assert frame.eyes == (Eye("9", "g1", "v"), Eye("9", "t9", "v"))


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '{"t":"eyes"}',
        '{"t":"eyes","room":"g1","seq":5,"set":{"7":"a2"}}',
        '{"t":"eyes","room":"g1","seq":5,"set":{"7":[["<b>","v"]]}}',
        '{"t":"eyes","room":"g1","seq":5,"set":{"\\u001b[31m":[]}}',
        '{"t":"snap","room":"g1","seq":5,"eyes":{"7":[["a2","dancing"]]}}',
        protocol.welcome("c2", "a1", "beef", 50),
    ],
)
def test_junk_from_the_server_is_refused(machine: PresenceMachine, text: str) -> None:
    with pytest.raises(BadFrameError):
        machine.receive(text)


def test_nothing_is_believed_before_the_welcome() -> None:
    machine = PresenceMachine(["g1"])
    machine.hello("token", "test")
    with pytest.raises(BadFrameError):
        machine.receive(protocol.snap("g1", 1, {}))


AGENTS = (1, 1, 2, 3)
ROOMS = ("g1", "g2", "t5")
TICKETS = ("5", "6")


class Window:
    """One program: its machine, and the wires to and from the registry, in order, however slow."""

    def __init__(self, agent: int) -> None:
        self.agent = f"a{agent}"
        self.machine = PresenceMachine()
        self.member: Member | None = None
        self.up: deque[str] = deque()
        self.down: deque[str] = deque()


class EyesUnderAnyInterleaving(RuleBasedStateMachine):
    """Windows open, look, subscribe, crash and return, frames crawl; the truth is what each wants shown."""

    windows: list[Window]
    registry: Registry

    @initialize()
    def begin(self) -> None:
        self.registry = Registry()
        self.windows = [Window(agent) for agent in AGENTS]

    which = st.integers(0, len(AGENTS) - 1)

    @rule(i=which, rooms=st.lists(st.sampled_from(ROOMS), unique=True))
    def connect(self, i: int, rooms: list[str]) -> None:
        window = self.windows[i]
        if window.member is not None:
            return
        window.machine.subscribe(rooms)
        window.machine.hello("token", "test")
        window.member = self.registry.join(window.agent)
        window.down.append(protocol.welcome(window.member.id, window.agent, "beef", 50))
        self._enter(window, rooms)

    @rule(i=which)
    def drop(self, i: int) -> None:
        window = self.windows[i]
        if window.member is not None:
            self.registry.drop(window.member)
            window.member = None
            window.up.clear()
            window.down.clear()
            window.machine.lost()

    @rule(
        i=which,
        eyes=st.dictionaries(st.sampled_from(TICKETS), st.sampled_from("wvi"), max_size=2),
        room=st.sampled_from(ROOMS[:2]),
    )
    def look(self, i: int, eyes: dict[str, Look], room: str) -> None:
        self.windows[i].machine.look({ticket: (room, look) for ticket, look in eyes.items()})

    @rule(i=which, rooms=st.lists(st.sampled_from(ROOMS), unique=True))
    def subscribe(self, i: int, rooms: list[str]) -> None:
        self.windows[i].machine.subscribe(rooms)

    @rule(i=which, room=st.sampled_from(ROOMS), rev=st.integers(1, 9))
    def hint(self, i: int, room: str, rev: int) -> None:
        self.windows[i].machine.hint(room, "5", rev)

    @rule(i=which)
    def speak(self, i: int) -> None:
        text = self.windows[i].machine.next_frame()
        if text is not None:
            self.windows[i].up.append(text)

    @rule(i=which)
    def arrive(self, i: int) -> None:
        window = self.windows[i]
        if window.up and window.member is not None:
            self._serve(window, window.member, window.up.popleft())

    @rule(i=which)
    def hear(self, i: int) -> None:
        if self.windows[i].down:
            self.windows[i].machine.receive(self.windows[i].down.popleft())

    @rule(i=which)
    def lose_a_frame(self, i: int) -> None:
        """No server of ours does it; the seq is there for those that would."""
        window = self.windows[i]
        if len(window.down) > 1 and '"t":"eyes"' in window.down[0] and '"t":"eyes"' in window.down[-1]:
            room = protocol.read_server(window.down[0])
            later = [protocol.read_server(text) for text in itertools.islice(window.down, 1, None)]
            if any(isinstance(one, Eyes) and one.room == getattr(room, "room", "") for one in later):
                window.down.popleft()

    @rule(room=st.sampled_from(ROOMS))
    def flush(self, room: str) -> None:
        by_id = {window.member.id: window for window in self.windows if window.member is not None}
        for frame in self.registry.flush(room):
            for member in frame.members:
                by_id[member.id].down.append(frame.text)
        self.registry.stirred.discard(room)

    @invariant()
    def nobody_sees_their_own_eye(self) -> None:
        for window in getattr(self, "windows", []):
            for watchers in window.machine.watchers.values():
                assert all(f"a{mark.agent_id}" != window.agent for mark in watchers)

    def teardown(self) -> None:
        """Once everything has arrived, what each window shows is the truth of its rooms."""
        if not hasattr(self, "windows"):
            return
        busy = True
        while busy:
            busy = False
            for i, window in enumerate(self.windows):
                while window.down:
                    self.hear(i)
                    busy = True
                while not window.machine.is_told:
                    self.speak(i)
                    busy = True
                while window.up:
                    self.arrive(i)
                    busy = True
            for room in list(self.registry.stirred):
                self.flush(room)
                busy = True
        for window in self.windows:
            if window.member is None:
                assert window.machine.watchers == {}
            else:
                shown = {
                    ticket: {(f"a{mark.agent_id}", mark.look) for mark in watchers}
                    for ticket, watchers in window.machine.watchers.items()
                }
                assert shown == self._truth(window)

    def _truth(self, window: Window) -> dict[str, set[tuple[str, Look]]]:
        best: dict[tuple[str, str], Look] = {}
        for other in self.windows:
            if other.member is None or other.agent == window.agent:
                continue
            for eye in other.machine.looking:
                key, look = (eye.ticket, other.agent), eye.look
                if eye.room in window.machine.rooms and (key not in best or RANK[look] > RANK[best[key]]):
                    best[key] = look
        truth: dict[str, set[tuple[str, Look]]] = {}
        for (ticket, agent), look in best.items():
            truth.setdefault(ticket, set()).add((agent, look))
        return truth

    def _enter(self, window: Window, rooms: list[str]) -> None:
        assert window.member is not None
        for room in rooms:
            self.registry.enter(window.member, room)
            window.down.append(self.registry.snapshot(room))

    def _serve(self, window: Window, member: Member, text: str) -> None:
        match protocol.read_client(text):
            case At(eyes=eyes):
                self.registry.look(member, eyes)
            case Sub(rooms=rooms):
                for room in member.rooms - set(rooms):
                    self.registry.leave(member, room)
                self._enter(window, [room for room in rooms if room not in member.rooms])
            case Chg(room, ticket, rev):
                self.registry.hint(member, room, ticket, rev)
            case Resync(room):
                if room in member.rooms:
                    window.down.append(self.registry.snapshot(room))


TestEyesUnderAnyInterleaving = EyesUnderAnyInterleaving.TestCase
TestEyesUnderAnyInterleaving.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
