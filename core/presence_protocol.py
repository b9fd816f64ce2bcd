"""The eye's wire format, `glazok.presence.v1`: frames as plain values, read strictly and written compactly.

Both ends use it, so it knows neither sockets nor the database: the standard library alone.
`docs/presence.md` is the reference. Reading raises `BadFrameError`, whose text may be told to the peer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.presence_frames import (
    MAX_EYES,
    MAX_NUMBER,
    MAX_ROOMS,
    MAX_TOKEN,
    VERSION,
    At,
    BadFrameError,
    Bye,
    Chg,
    ClientFrame,
    Err,
    Eye,
    Eyes,
    Hello,
    Look,
    Marks,
    Resync,
    ServerFrame,
    Snap,
    Sub,
    Welcome,
)

_TICKET = re.compile(r"[A-Za-z0-9-]{1,24}")
_ROOM = re.compile(r"g[0-9]{1,18}|t[A-Za-z0-9-]{1,24}")
_AGENT = re.compile(r"a[0-9]{1,18}")


# Reading


def read_client(text: str) -> ClientFrame:
    """A frame that a client sent. Unknown fields are ignored; all else unknown: `BadFrameError`."""
    frame = _object(text)
    match frame.get("t"):
        case "hello":
            token = frame.get("token")
            # ASCII: JSON can hold half a surrogate pair, of which no hash can be taken.
            if not isinstance(token, str) or not token.isascii() or not 0 < len(token) <= MAX_TOKEN:
                raise BadFrameError("hello: token must be an ASCII text")
            return Hello(token, _rooms(frame.get("rooms", [])), _number(frame, "v"))
        case "at":
            return At(_number(frame, "n"), _announced(frame.get("eyes")))
        case "sub":
            return Sub(_number(frame, "n"), _rooms(frame.get("rooms")))
        case "chg":
            return Chg(_room(frame.get("room")), _ticket(frame.get("ticket")), _number(frame, "rev"))
        case "resync":
            return Resync(_room(frame.get("room")))
        case _:
            raise BadFrameError("unknown kind of frame")


def read_server(text: str) -> ServerFrame | None:
    """A frame that a server sent, or None for a kind of a later version. Malformed: `BadFrameError`."""
    frame = _object(text)
    match frame.get("t"):
        case "welcome":
            agent = _text(frame, "agent")
            if agent and not _AGENT.fullmatch(agent):
                raise BadFrameError("welcome: agent is not an id")
            return Welcome(_text(frame, "conn"), agent, _text(frame, "epoch"), _number(frame, "tick"))
        case "snap":
            return Snap(_room(frame.get("room")), _number(frame, "seq"), _marks(frame.get("eyes")))
        case "eyes":
            return Eyes(
                _room(frame.get("room")),
                _number(frame, "seq"),
                _marks(frame.get("set", {})),
                _hints(frame.get("chg", {})),
            )
        case "err":
            room = _room(frame["room"]) if "room" in frame else ""
            number = _number(frame, "re") if "re" in frame else 0
            return Err(_text(frame, "code"), number, _text(frame, "msg"), room)
        case "bye":
            return Bye(_number(frame, "code"), _two_numbers(frame.get("retry_ms")))
        case _:
            return None


def is_room(name: str) -> bool:
    """Whether the name has the shape of a room: `g<group id>` or `t<ticket>`."""
    return _ROOM.fullmatch(name) is not None


def is_ticket(name: str) -> bool:
    """Whether the name has the shape of a ticket's id."""
    return _TICKET.fullmatch(name) is not None


# Writing


def hello(token: str, rooms: Iterable[str], client: str) -> str:
    """C: introduces the connection; `client` names the program."""
    return _dump({"t": "hello", "v": VERSION, "token": token, "rooms": list(rooms), "client": client})


def at(n: int, eyes: Iterable[Eye]) -> str:
    """C: the whole of what this connection looks at."""
    return _dump({"t": "at", "n": n, "eyes": [[eye.ticket, eye.room, eye.look] for eye in eyes]})


def sub(n: int, rooms: Iterable[str]) -> str:
    """C: the whole set of rooms to hear of."""
    return _dump({"t": "sub", "n": n, "rooms": list(rooms)})


def chg(room: str, ticket: str, rev: int) -> str:
    """C: a hint after a commit."""
    return _dump({"t": "chg", "room": room, "ticket": ticket, "rev": rev})


def resync(room: str) -> str:
    """C: asks for a snapshot."""
    return _dump({"t": "resync", "room": room})


def welcome(conn: str, agent: str, epoch: str, tick_ms: int) -> str:
    """S: the hello is accepted."""
    frame = {"t": "welcome", "v": VERSION, "conn": conn, "agent": agent, "epoch": epoch, "tick": tick_ms}
    return _dump(frame)


def snap(room: str, seq: int, eyes: Mapping[str, Marks]) -> str:
    """S: every eye of a room."""
    return _dump({"t": "snap", "room": room, "seq": seq, "eyes": eyes})


def eyes(room: str, seq: int, changed: Mapping[str, Marks], hints: Mapping[str, int]) -> str:
    """S: what changed in a room since the previous `seq`."""
    frame: dict[str, object] = {"t": "eyes", "room": room, "seq": seq, "set": changed}
    if hints:
        frame["chg"] = hints
    return _dump(frame)


def err(code: str, re: int, msg: str, room: str = "") -> str:
    """S: the frame numbered `re` (0: none) was not done, wholly or in part; `room` if it is about one."""
    frame: dict[str, object] = {"t": "err", "code": code, "re": re, "msg": msg}
    if room:
        frame["room"] = room
    return _dump(frame)


def bye(code: int, retry_ms: tuple[int, int]) -> str:
    """S: about to close."""
    return _dump({"t": "bye", "code": code, "retry_ms": retry_ms})


def agent_name(agent_id: int) -> str:
    """An agent as on the wire; empty for a system actor (id 0)."""
    return f"a{agent_id}" if agent_id else ""


def agent_id(name: str) -> int:
    """The id behind a name on the wire; 0 for a system actor."""
    return int(name[1:]) if name else 0


# Details

_encoder = json.JSONEncoder(separators=(",", ":"))


def _dump(frame: Mapping[str, object]) -> str:
    return _encoder.encode(frame)


def _constant(name: str) -> None:
    raise BadFrameError("not JSON")


def _object(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text, parse_constant=_constant)
    except (ValueError, RecursionError):
        # RecursionError: four thousand opening brackets fit into one frame.
        raise BadFrameError("not JSON") from None
    if not isinstance(frame, dict):
        raise BadFrameError("not a JSON object")
    return frame


def _number(frame: Mapping[str, Any], key: str) -> int:
    value = frame.get(key)
    # bool is an int to Python, and none to the protocol.
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise BadFrameError(f"{key} must be a whole number")
    return value


def _two_numbers(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or any(type(ms) is not int or ms < 0 for ms in value):
        raise BadFrameError("retry_ms must be two numbers")
    return min(value), max(value)


def _text(frame: Mapping[str, Any], key: str) -> str:
    value = frame.get(key)
    if not isinstance(value, str) or len(value) > 256:
        raise BadFrameError(f"{key} must be a short text")
    return value


def _room(value: object) -> str:
    if not isinstance(value, str) or not is_room(value):
        raise BadFrameError("not the name of a room")
    return value


def _agent(value: object) -> str:
    if not isinstance(value, str) or not _AGENT.fullmatch(value):
        raise BadFrameError("not an agent's id")
    return value


def _ticket(value: object) -> str:
    if not isinstance(value, str) or not is_ticket(value):
        raise BadFrameError("not a ticket's id")
    return value


def _look(value: object) -> Look:
    if value == "w" or value == "v" or value == "i":
        return value
    raise BadFrameError("not one of w, v, i")


def _rooms(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_ROOMS:
        raise BadFrameError(f"rooms must be a list of at most {MAX_ROOMS}")
    return tuple(dict.fromkeys(_room(name) for name in value))


def _announced(value: object) -> tuple[Eye, ...]:
    if not isinstance(value, list) or len(value) > MAX_EYES:
        raise BadFrameError(f"eyes must be a list of at most {MAX_EYES}")
    found = []
    for item in value:
        if not isinstance(item, list) or len(item) < 3:
            raise BadFrameError("an eye is [ticket, room, state]")
        eye = Eye(_ticket(item[0]), _room(item[1]), _look(item[2]))
        if eye.room[0] == "t" and eye.room[1:] != eye.ticket:
            raise BadFrameError("a ticket's room holds eyes on that ticket alone")
        found.append(eye)
    return tuple(found)


def _marks(value: object) -> dict[str, Marks]:
    if not isinstance(value, dict):
        raise BadFrameError("eyes must be an object")
    found: dict[str, Marks] = {}
    for ticket, marks in value.items():
        if not isinstance(marks, list):
            raise BadFrameError("the eyes on a ticket are a list")
        pairs = []
        for mark in marks:
            if not isinstance(mark, list) or len(mark) < 2:
                raise BadFrameError("an eye is [agent, state]")
            pairs.append((_agent(mark[0]), _look(mark[1])))
        found[_ticket(ticket)] = tuple(pairs)
    return found


def _hints(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise BadFrameError("chg must be an object")
    return {_ticket(ticket): _number(value, ticket) for ticket in value}
