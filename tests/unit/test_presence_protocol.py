"""The wire format: what one end writes the other reads, and nothing else gets through."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import presence_protocol as protocol
from core.presence_frames import (
    MAX_EYES,
    MAX_NUMBER,
    MAX_ROOMS,
    At,
    BadFrameError,
    Bye,
    Chg,
    Err,
    Eye,
    Eyes,
    Hello,
    Marks,
    Resync,
    Snap,
    Sub,
    Welcome,
)

looks = st.sampled_from(["w", "v", "i"])
tickets = st.from_regex(r"[A-Za-z0-9-]{1,24}", fullmatch=True)
groups = st.integers(0, 10**17).map(lambda number: f"g{number}")
agents = st.integers(1, 10**17).map(lambda number: f"a{number}")
numbers = st.integers(0, MAX_NUMBER)
marks = st.lists(st.tuples(agents, looks), max_size=4).map(tuple)


@given(numbers, st.lists(st.builds(Eye, tickets, groups, looks), max_size=MAX_EYES))
def test_an_announcement_arrives_as_it_was_sent(n: int, eyes: list[Eye]) -> None:
    assert protocol.read_client(protocol.at(n, eyes)) == At(n, tuple(eyes))


@given(
    groups,
    numbers,
    st.dictionaries(tickets, marks, max_size=5),
    st.dictionaries(tickets, numbers, max_size=5),
)
def test_a_frame_of_changes_arrives_as_it_was_sent(
    room: str, seq: int, changed: dict[str, Marks], hints: dict[str, int]
) -> None:
    assert protocol.read_server(protocol.eyes(room, seq, changed, hints)) == Eyes(room, seq, changed, hints)
    assert protocol.read_server(protocol.snap(room, seq, changed)) == Snap(room, seq, changed)


def test_a_token_is_not_shown_with_its_frame() -> None:
    assert "secret" not in repr(protocol.read_client(protocol.hello("secret", [], "test")))


def test_every_other_frame_arrives_as_it_was_sent() -> None:
    assert protocol.read_client(protocol.hello("secret", ["g1", "t-2"], "test")) == Hello(
        "secret", ("g1", "t-2"), 1
    )
    assert protocol.read_client(protocol.sub(4, ["g1", "g1", "g2"])) == Sub(4, ("g1", "g2"))
    assert protocol.read_client(protocol.chg("g1", "LG-7", 881)) == Chg("g1", "LG-7", 881)
    assert protocol.read_client(protocol.resync("t9")) == Resync("t9")
    assert protocol.read_server(protocol.welcome("c1", "a1", "beef", 50)) == Welcome("c1", "a1", "beef", 50)
    assert protocol.read_server(protocol.err("room", 8, "no", "g2")) == Err("room", 8, "no", "g2")
    assert protocol.read_server(protocol.bye(1012, (200, 3000))) == Bye(1012, (200, 3000))


def test_unknown_fields_are_ignored_by_both_ends() -> None:
    assert protocol.read_client('{"t":"at","n":1,"eyes":[["7","g1","w","more"]],"later":{"x":1}}') == At(
        1, (Eye("7", "g1", "w"),)
    )
    assert protocol.read_server(
        '{"t":"snap","room":"g1","seq":1,"eyes":{"7":[["a1","v",5]]},"later":1}'
    ) == Snap("g1", 1, {"7": (("a1", "v"),)})


def test_a_client_ignores_kinds_of_frames_from_later_versions() -> None:
    assert protocol.read_server('{"t":"fireworks"}') is None


HOSTILE = [
    "",
    "null",
    "[]",
    "7",
    '"at"',
    "{",
    "[" * 4000,
    '{"t":"at"}',
    '{"t":["at"]}',
    '{"t":"shutdown"}',
    '{"t":"at","n":true,"eyes":[]}',
    '{"t":"at","n":-1,"eyes":[]}',
    '{"t":"at","n":1.5,"eyes":[]}',
    '{"t":"at","n":NaN,"eyes":[]}',
    '{"t":"at","n":1e999,"eyes":[]}',
    '{"t":"at","n":' + "9" * 3900 + ',"eyes":[]}',
    '{"t":"at","n":1,"eyes":{}}',
    '{"t":"at","n":1,"eyes":["7"]}',
    '{"t":"at","n":1,"eyes":[["7","g1"]]}',
    '{"t":"at","n":1,"eyes":[[7,"g1","v"]]}',
    '{"t":"at","n":1,"eyes":[["7","g1","x"]]}',
    '{"t":"at","n":1,"eyes":[["7","g1",["v"]]]}',
    '{"t":"at","n":1,"eyes":[["../7","g1","v"]]}',
    '{"t":"at","n":1,"eyes":[["7\\n","g1","v"]]}',
    '{"t":"at","n":1,"eyes":[["\\u0667","g1","v"]]}',
    '{"t":"at","n":1,"eyes":[["\\ud800","g1","v"]]}',
    '{"t":"at","n":1,"eyes":[["7","t8","v"]]}',
    '{"t":"at","n":1,"eyes":[["7","*","v"]]}',
    '{"t":"sub","n":1,"rooms":"g1"}',
    '{"t":"sub","n":1,"rooms":["g\\u0661"]}',
    '{"t":"sub","n":1,"rooms":["*"]}',
    '{"t":"hello","v":1,"token":"","rooms":[]}',
    '{"t":"hello","v":1,"token":7,"rooms":[]}',
    '{"t":"hello","v":1,"token":"\\ud800","rooms":[]}',
    '{"t":"hello","v":"1","token":"x","rooms":[]}',
    '{"t":"chg","room":"g1","ticket":"9"}',
    '{"t":"chg","room":"g1","ticket":null,"rev":1}',
    '{"t":"resync"}',
    json.dumps({"t": "at", "n": 1, "eyes": [["7", "g1", "v"]] * (MAX_EYES + 1)}),
    json.dumps({"t": "sub", "n": 1, "rooms": ["g1"] * (MAX_ROOMS + 1)}),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_peer_made_up_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadFrameError) as caught:
        protocol.read_client(text)
    # RFC 6455 section 5.5: a close frame has room for 123 bytes of reason.
    assert 0 < len(str(caught.value).encode()) <= 123


@given(st.text(max_size=200))
def test_no_text_gets_more_than_a_refusal_out_of_either_reader(text: str) -> None:
    with pytest.raises(BadFrameError):
        protocol.read_client(text)
    with suppress(BadFrameError):
        assert protocol.read_server(text) is None


SERVER_FIELDS = ["seq", "set", "chg", "agent", "conn", "epoch", "tick", "code", "re", "msg", "retry_ms"]
FIELDS = ["v", "token", "rooms", "n", "eyes", "room", "ticket", "rev", *SERVER_FIELDS]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("g1")
    | st.just("w"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(["hello", "at", "sub", "chg", "resync", "welcome", "snap", "eyes", "err", "bye"]),
    st.dictionaries(
        st.sampled_from(FIELDS),
        json_values,
    ),
)
def test_no_json_gets_more_than_a_refusal_out_of_either_reader(kind: str, fields: dict[str, object]) -> None:
    text = json.dumps({**fields, "t": kind})
    for read in (protocol.read_client, protocol.read_server):
        with suppress(BadFrameError):
            read(text)
