"""A presence server for load generators: the product's own, with an authority that needs no database.

    python -m tests.load.presence_desk tokens --agents 500 > tokens.txt
    python -m tests.load.presence_desk serve --port 8765 --groups 10

Agent k+1 belongs to the room `g<k mod groups>`. Tokens are signed, good for ever, and accepted again and
again, so that a generator may come back after it has killed the server.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import signal
from collections.abc import Collection
from dataclasses import dataclass

from core import logs
from core.errors import Forbidden
from presence_server.server import run

_SECRET = b"for load alone"


def token_of(agent_id: int) -> str:
    """The token of an agent."""
    return f"{agent_id}.{hmac.new(_SECRET, str(agent_id).encode(), hashlib.sha256).hexdigest()}"


@dataclass(frozen=True)
class _Who:
    agent_id: int
    rooms: frozenset[str]


class _Crowd:
    """Any number of agents, spread over the groups."""

    def __init__(self, groups: int) -> None:
        self._groups = groups

    def check(self, token: str) -> _Who:
        agent = token.partition(".")[0]
        if not agent.isdecimal() or not hmac.compare_digest(token, token_of(int(agent))):
            raise Forbidden("not one of the crowd")
        return self.rooms_of(int(agent))

    def is_revoked(self, token: str) -> bool:
        return False

    def rooms_of(self, agent_id: int) -> _Who:
        return _Who(agent_id, frozenset({f"g{(agent_id - 1) % self._groups}"}))

    def seen(self, agent_id: int, tickets: Collection[str]) -> dict[str, str]:
        return {}


async def _serve(port: int, groups: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(("127.0.0.1", port), _Crowd(groups), stop=stop, ready=lambda port: print(port, flush=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    tokens = commands.add_parser("tokens", help="one token a line, for agents 1, 2, …")
    tokens.add_argument("--agents", type=int, default=500)
    serve = commands.add_parser("serve", help="print the port, serve until SIGTERM")
    serve.add_argument("--port", type=int, default=8765)
    serve.add_argument("--groups", type=int, default=10)
    words = parser.parse_args()
    if words.command == "tokens":
        for agent_id in range(1, words.agents + 1):
            print(token_of(agent_id))
    else:
        logs.setup()
        asyncio.run(_serve(words.port, words.groups))


if __name__ == "__main__":
    main()
