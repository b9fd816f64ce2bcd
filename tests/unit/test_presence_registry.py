"""The registry without sockets: who is told what, and that nobody is told anything for nothing."""

from __future__ import annotations

import json
from typing import Any

from core.presence_frames import Eye, Look
from presence_server.limits import Tick
from presence_server.registry import Member, Registry


def told(registry: Registry, room: str) -> dict[str, dict[str, Any]]:
    """Flush: member id → the frame that it gets."""
    return {member.id: json.loads(frame.text) for frame in registry.flush(room) for member in frame.members}


def member(registry: Registry, agent: str, *rooms: str) -> Member:
    new = registry.join(agent)
    for room in rooms:
        registry.enter(new, room)
    return new


def view(ticket: str, room: str = "g1", look: Look = "v") -> list[Eye]:
    return [Eye(ticket, room, look)]


def test_everyone_in_the_room_is_told_by_one_shared_text_and_nobody_else() -> None:
    registry = Registry()
    a, b, other = member(registry, "a1", "g1"), member(registry, "a2", "g1"), member(registry, "a3", "g2")
    registry.look(a, view("7"))
    frames = registry.flush("g1")
    assert len(frames) == 1
    assert set(frames[0].members) == {a, b}
    assert json.loads(frames[0].text) == {"t": "eyes", "room": "g1", "seq": 1, "set": {"7": [["a1", "v"]]}}
    assert registry.flush("g2") == []
    assert other.rooms == {"g2"}


def test_several_windows_are_one_eye_and_writing_beats_viewing_beats_idle() -> None:
    registry = Registry()
    first, second = member(registry, "a1", "g1"), member(registry, "a1")
    registry.look(first, view("7", look="i"))
    assert told(registry, "g1")[first.id]["set"] == {"7": [["a1", "i"]]}
    registry.look(second, view("7", look="w"))
    assert told(registry, "g1")[first.id]["set"] == {"7": [["a1", "w"]]}
    registry.look(first, view("7", look="v"))
    assert registry.flush("g1") == [], "nothing that anyone could see has changed"
    registry.drop(second)
    assert told(registry, "g1")[first.id]["set"] == {"7": [["a1", "v"]]}
    registry.look(first, [])
    assert told(registry, "g1")[first.id]["set"] == {"7": []}


def test_what_comes_and_goes_between_two_frames_is_never_told() -> None:
    registry = Registry()
    a = member(registry, "a1", "g1")
    registry.look(a, view("7"))
    registry.look(a, [])
    assert registry.stirred == {"g1"}
    assert registry.flush("g1") == []


def test_a_snapshot_shows_the_room_as_of_its_seq_and_the_next_frame_joins() -> None:
    registry = Registry()
    a = member(registry, "a1", "g1")
    registry.look(a, view("7"))
    registry.flush("g1")
    registry.look(a, view("8"))
    late = member(registry, "a2", "g1")
    assert json.loads(registry.snapshot("g1")) == {
        "t": "snap", "room": "g1", "seq": 1, "eyes": {"7": [["a1", "v"]]}
    }  # fmt: skip
    assert told(registry, "g1")[late.id] == {
        "t": "eyes", "room": "g1", "seq": 2, "set": {"7": [], "8": [["a1", "v"]]}
    }  # fmt: skip


def test_an_eye_that_went_out_after_the_snapshot_leaves_no_ghost() -> None:
    registry = Registry()
    a = member(registry, "a1", "g1")
    registry.look(a, view("7"))
    late = member(registry, "a2", "g1")
    shown = json.loads(registry.snapshot("g1"))["eyes"]
    registry.look(a, [])
    for frame in told(registry, "g1").get(late.id, {}).get("set", {}).items():
        shown[frame[0]] = frame[1]
    assert not any(shown.values())


def test_hints_go_to_everyone_but_their_sender_and_the_newest_event_wins() -> None:
    registry = Registry()
    a, b, c = (member(registry, f"a{n}", "g1") for n in (1, 2, 3))
    registry.hint(a, "g1", "9", 881)
    registry.hint(a, "g1", "9", 880)
    registry.hint(b, "g1", "9", 882)
    registry.hint(b, "g1", "8", 5)
    frames = told(registry, "g1")
    assert frames[c.id]["chg"] == {"9": 882, "8": 5}
    assert frames[a.id]["chg"] == {"9": 882, "8": 5}
    assert frames[b.id]["chg"] == {"9": 881}
    assert {frame["seq"] for frame in frames.values()} == {1}


def test_a_sender_alone_in_its_hint_still_gets_the_seq() -> None:
    registry = Registry()
    a, b = member(registry, "a1", "g1"), member(registry, "a2", "g1")
    registry.hint(a, "g1", "9", 881)
    assert told(registry, "g1") == {
        a.id: {"t": "eyes", "room": "g1", "seq": 1, "set": {}},
        b.id: {"t": "eyes", "room": "g1", "seq": 1, "set": {}, "chg": {"9": 881}},
    }


def test_a_hint_that_nobody_could_hear_stirs_nothing() -> None:
    registry = Registry()
    a = member(registry, "a1", "g1")
    registry.hint(a, "g1", "9", 1)
    registry.hint(a, "g2", "9", 1)
    assert registry.stirred == set()
    assert registry.rooms.keys() == {"g1"}


def test_a_system_actor_hints_and_is_never_shown() -> None:
    registry = Registry()
    bridge, b = member(registry, ""), member(registry, "a2", "g1")
    registry.look(bridge, view("7"))
    registry.hint(bridge, "g1", "9", 881)
    assert told(registry, "g1")[b.id] == {"t": "eyes", "room": "g1", "seq": 1, "set": {}, "chg": {"9": 881}}


def test_an_evicted_member_neither_hears_nor_is_seen() -> None:
    registry = Registry()
    a, b = member(registry, "a1", "g1", "g2"), member(registry, "a2", "g1")
    registry.look(a, [Eye("7", "g1", "v"), Eye("8", "g2", "v")])
    registry.flush("g1")
    registry.evict(a, {"g1"}, {("g1", "7")})
    frames = told(registry, "g1")
    assert frames == {b.id: {"t": "eyes", "room": "g1", "seq": 2, "set": {"7": []}}}
    assert told(registry, "g2")[a.id]["set"] == {"8": [["a1", "v"]]}


def test_an_empty_desk_keeps_nothing() -> None:
    registry = Registry()
    a, b = member(registry, "a1", "g1"), member(registry, "a2", "g1", "g2")
    registry.look(a, view("7"))
    registry.flush("g1")
    registry.hint(a, "g1", "7", 3)
    registry.drop(a)
    registry.drop(a)
    registry.drop(b)
    for room in list(registry.stirred):
        registry.flush(room)
    assert registry.rooms == {}
    assert registry.members == {}
    assert registry.connections("a1") == 0


def test_the_tick_widens_while_timers_are_late_and_narrows_when_they_are_not() -> None:
    tick = Tick(0.05, 0.25)
    tick.fired(0.001)
    assert tick.seconds == 0.05
    for _ in range(5):
        tick.fired(0.2)
    assert tick.seconds == 0.25
    for _ in range(3 * Tick.CALM):
        tick.fired(0.001)
    assert tick.seconds == 0.05
