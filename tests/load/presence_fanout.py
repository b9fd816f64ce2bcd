"""What one delivery costs the presence server, beside a floor: the same bytes written by bare asyncio.

    python -m tests.load.presence_fanout [--agents 200] [--groups 5] [--events 50] [--seconds 5]

Prints one JSON object. The floor answers each client frame with one ready-made frame to the whole room: no
tokens, no state, no JSON, no WebSocket library. The ratio of the two is what the product adds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import struct
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from core import presence_protocol as protocol
from core.presence_frames import SUBPROTOCOL, Eye
from tests.load.presence_desk import token_of

_UPGRADE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all its threads so far, to the nanosecond (proc(5)); Linux alone."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def resident_kib(pid: int) -> int:
    """Memory of a process (proc(5)); Linux alone."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


class Agent(asyncio.Protocol):
    """A client that knows just enough WebSocket to count frames and to see its own tickets come by."""

    def __init__(self, number: int, groups: int, seen: dict[bytes, float], delays: list[float]) -> None:
        self.room = f"g{number % groups}"
        self.frames = 0
        self._hello = protocol.hello(token_of(number + 1), [self.room], "load")
        self._seen = seen
        self._delays = delays
        self._buffer = b""
        self._is_open = False
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(_UPGRADE.format(key=base64.b64encode(os.urandom(16)).decode()).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self._is_open, self._buffer = True, rest
            self.say(self._hello)
        while (frame := self._frame()) is not None:
            self._heard(*frame)

    def say(self, text: str) -> None:
        """One masked text frame; the mask is zero, which no server minds."""
        body = text.encode()
        head = struct.pack("!BB", 0x81, 0x80 | len(body)) if len(body) < 126 else b""
        self.transport.write((head or struct.pack("!BBH", 0x81, 0xFE, len(body))) + bytes(4) + body)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        length, start = buffer[1], 2
        if length == 126:
            length, start = struct.unpack("!H", buffer[2:4])[0], 4
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 15, buffer[start : start + length]

    def _heard(self, opcode: int, body: bytes) -> None:
        if opcode == 9:
            self.transport.write(struct.pack("!BB", 0x8A, 0x80 | len(body)) + bytes(4) + body)
        elif opcode == 1 and b'"t":"eyes"' in body:
            self.frames += 1
            now = time.perf_counter()
            self._delays += [now - sent for ticket, sent in self._seen.items() if ticket in body]
        elif opcode == 1 and b'"t":"snap"' in body and not self.ready.done():
            self.ready.set_result(None)


async def measure(command: list[str], words: argparse.Namespace) -> dict[str, Any]:
    """Start a server, load it, stop it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(await asyncio.to_thread(server.stdout.readline))
            return await _load(port, server.pid, words)
        finally:
            server.terminate()


async def _load(port: int, pid: int, words: argparse.Namespace) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    seen: dict[bytes, float] = {}
    delays: list[float] = []
    agents = []
    idle = resident_kib(pid)
    for number in range(words.agents):
        make = partial(Agent, number, words.groups, seen, delays)
        _, agent = await loop.create_connection(make, "127.0.0.1", port)
        agents.append(agent)
    await asyncio.gather(*(agent.ready for agent in agents))
    connected, before = resident_kib(pid), cpu_seconds(pid)
    begin = loop.time()
    total = words.events * words.seconds
    for event in range(total):
        await asyncio.sleep(begin + event / words.events - loop.time())
        seen.clear()
        seen[b'"LG-%d":[[' % event] = time.perf_counter()
        agent = agents[event % len(agents)]
        agent.say(protocol.at(event, [Eye(f"LG-{event}", agent.room, "v")]))
    await asyncio.sleep(0.3)
    # Frames that carry several events count for all of them: gathering is part of what is measured.
    deliveries = total * words.agents // words.groups
    cpu = cpu_seconds(pid) - before
    for agent in agents:
        agent.transport.close()
    return {
        "deliveries": deliveries,
        "frames": sum(agent.frames for agent in agents),
        "cpu_us_per_delivery": round(cpu / deliveries * 1e6, 2),
        "delivery_ms_p50": round(statistics.median(delays) * 1000, 2) if delays else None,
        "kib_per_connection": round((connected - idle) / words.agents, 1),
    }


class _Floor(asyncio.Protocol):
    rooms: dict[bytes, list[asyncio.Transport]] = {}

    def __init__(self) -> None:
        self._room = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET "):
            self._transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        elif b'"hello"' in data:
            self._room = data.partition(b'"rooms":["')[2].partition(b'"')[0]
            self.rooms.setdefault(self._room, []).append(self._transport)
            self._transport.write(_floor_frame(b'{"t":"snap"}'))
        else:
            ticket = data.partition(b'"eyes":[[')[2].partition(b",")[0]
            frame = _floor_frame(b'{"t":"eyes","room":"g0","seq":1000,"set":{%b:[["a100","v"]]}}' % ticket)
            for transport in self.rooms[self._room]:
                transport.write(frame)


def _floor_frame(body: bytes) -> bytes:
    return struct.pack("!BB", 0x81, len(body)) + body


async def _serve_floor() -> None:
    server = await asyncio.get_running_loop().create_server(_Floor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def compare(words: argparse.Namespace) -> dict[str, Any]:
    """Ours and the floor, in turn, and the ratio."""
    ours = [sys.executable, "-m", "tests.load.presence_desk", "serve", "--port", "0", "--groups"]
    ours_result = asyncio.run(measure([*ours, str(words.groups)], words))
    floor_result = asyncio.run(measure([sys.executable, "-m", __spec__.name, "--floor"], words))
    return {
        "agents": words.agents,
        "groups": words.groups,
        "events_per_second": words.events,
        "ours": ours_result,
        "floor": floor_result,
        "cpu_ratio": round(ours_result["cpu_us_per_delivery"] / floor_result["cpu_us_per_delivery"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--groups", type=int, default=5)
    parser.add_argument("--events", type=int, default=50, help="a second")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--floor", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.floor:
        asyncio.run(_serve_floor())
    else:
        print(json.dumps(compare(words), indent=2))


if __name__ == "__main__":
    main()
