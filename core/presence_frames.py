"""The frames of the eye's protocol as plain values, with its limits and closing codes. The standard library alone;
`core.presence_protocol` reads and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

SUBPROTOCOL: Final = "glazok.presence.v1"
VERSION: Final = 1

MAX_CLIENT_FRAME: Final = 4096
"""Bytes of the longest frame that a server takes."""
MAX_SERVER_FRAME: Final = 4 * 1024 * 1024
"""Bytes of the longest frame that a client takes: the snapshot of a very busy room."""
MAX_EYES: Final = 32
"""Tickets that one connection can look at."""
MAX_ROOMS: Final = 256
"""Rooms that one connection can be in."""
MAX_TOKEN: Final = 2048
"""Characters of a token."""
MAX_NUMBER: Final = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8259 section 6)."""

BAD_MESSAGE: Final = 4400
BAD_TOKEN: Final = 4401
NOT_ALLOWED: Final = 4403
NO_HELLO: Final = 4408
FLOODING: Final = 4429
RESTARTING: Final = 1012
TRY_LATER: Final = 1013

Look = Literal["w", "v", "i"]
"""What a colleague does with an open ticket: writing, viewing, idle."""
RANK: Final[Mapping[str, int]] = {"w": 2, "v": 1, "i": 0}
"""Writing beats viewing beats idle, when one agent has several windows."""

Marks = tuple[tuple[str, Look], ...]
"""Who has one ticket open: (agent as on the wire, what they do), sorted by agent."""


class BadFrameError(ValueError):
    """A frame that the protocol does not know: the rule that it broke, without the peer's own words."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The client's first frame."""

    token: str = field(repr=False)
    rooms: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Eye:
    """One ticket that a connection looks at."""

    ticket: str
    room: str
    look: Look


@dataclass(frozen=True, slots=True)
class At:
    """The whole of what a connection looks at; a later `n` replaces it."""

    n: int
    eyes: tuple[Eye, ...]


@dataclass(frozen=True, slots=True)
class Sub:
    """The whole set of rooms that a connection wants to hear of."""

    n: int
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chg:
    """A hint after a commit: the ticket has an event `rev` now."""

    room: str
    ticket: str
    rev: int


@dataclass(frozen=True, slots=True)
class Resync:
    """The client has missed a frame of the room and wants a snapshot."""

    room: str


ClientFrame = Hello | At | Sub | Chg | Resync


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server's answer to a hello that it accepts."""

    conn: str
    agent: str
    """`a<agent id>`; empty for a system actor."""
    epoch: str
    """One life of the server."""
    tick: int
    """Milliseconds between two frames of a busy room."""


@dataclass(frozen=True, slots=True)
class Snap:
    """Every eye of a room as of `seq`."""

    room: str
    seq: int
    eyes: dict[str, Marks]


@dataclass(frozen=True, slots=True)
class Eyes:
    """What changed in a room: whole sets of eyes of the changed tickets, and hints (ticket → event)."""

    room: str
    seq: int
    set: dict[str, Marks]
    chg: dict[str, int]


@dataclass(frozen=True, slots=True)
class Err:
    """Something asked for was not done; the connection goes on."""

    code: str
    re: int
    msg: str
    room: str = ""
    """The room that the client is not in, where it is about one."""


@dataclass(frozen=True, slots=True)
class Bye:
    """The server is about to close; come back after a random time between the two (milliseconds)."""

    code: int
    retry_ms: tuple[int, int]


ServerFrame = Welcome | Snap | Eyes | Err | Bye
