"""The yardstick of presence: a bare `websockets` server that broadcasts what it hears to the room.

The same frames as the product's, without tokens, permissions, limits, leases or hints. Prints its port.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

from core.presence_frames import SUBPROTOCOL

_rooms: dict[str, set[ServerConnection]] = defaultdict(set)
_shown: dict[ServerConnection, list[str]] = {}


def _frame(words: dict[str, Any]) -> str:
    return json.dumps(words, separators=(",", ":"))


async def _converse(connection: ServerConnection) -> None:
    room, number = "", 0
    try:
        async for text in connection:
            frame = json.loads(text)
            if frame["t"] == "hello":
                room = frame["rooms"][0]
                number = int(frame["token"].partition(".")[0])
                _rooms[room].add(connection)
                await connection.send(_frame({"t": "snap", "room": room, "eyes": {}}))
            elif frame["t"] == "at":
                eyes = {ticket: [[f"a{number}", look]] for ticket, _room, look in frame["eyes"]}
                changed: dict[str, Any] = {ticket: [] for ticket in _shown.get(connection, ())} | eyes
                _shown[connection] = list(eyes)
                broadcast(_rooms[room], _frame({"t": "eyes", "room": room, "seq": 1, "set": changed}))
    finally:
        _rooms[room].discard(connection)
        _shown.pop(connection, None)


async def _serve() -> None:
    async with serve(
        _converse, "127.0.0.1", 0, compression=None, subprotocols=[Subprotocol(SUBPROTOCOL)]
    ) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
