"""Make the README's pictures, docs/pictures/*.svg: the board and a ticket of a sample desk, as Textual draws them.

Run by `make pictures`. The desk is told from a fixed seed and an eye is moved by the real presence server, so that
what is shown is what the program does. Options: --language en|ru.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cli.demo import cast
from cli.demo import desk as sample
from cli.demo.colleague import Colleague
from core.i18n import set_language
from core.services import reading
from core.services.desk import Desk
from core.services.identity import Identity
from core.services.models.ticket import TicketView
from core.settings import Settings
from presence_server.server import serving
from tui.app import ConsoleApp
from tui.glimpse import glimpse

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (120, 36)
TICKETS = 120
PATIENCE = 30.0


async def until(holds: Callable[[], bool], step: Callable[[], Awaitable[object]]) -> None:
    """Wait for something to be on the screen. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await step()
            await asyncio.sleep(0.05)


async def draw(settings: Settings, desk: Desk, folder: Path) -> None:
    """The board with two eyes on it, then a ticket with a conversation while a colleague writes."""
    me = Colleague(desk, cast.ME)
    new = reading.list_tickets(desk, me.actor, statuses=("new",), unowned=True)
    mine = [
        reading.view(desk, me.actor, listed.id)
        for listed in reading.list_tickets(desk, me.actor, statuses=("needs_reply",), owner_id=me.me.id)
    ]
    mine = [ticket for ticket in mine if ticket.group.key == cast.EAST]
    shown = max(mine, key=lambda one: (one.language == settings.desk.language, conversation(one)))
    async with AsyncExitStack() as online:
        await online.enter_async_context(serving(settings.presence.address, Identity(desk)))
        colleagues = [Colleague(desk, login) for login in (cast.BUSY, "vera")]
        for colleague in colleagues:
            await online.enter_async_context(colleague.presence)
        app = ConsoleApp(glimpse(settings.path), cast.ME, no_color=False)
        async with app.run_test(size=SIZE) as pilot:
            visible = [ticket for ticket in new if ticket.group != cast.EXPERTS]
            visible.sort(key=lambda ticket: ticket.since)
            colleagues[0].look(await me.view(visible[1].id), "v")
            colleagues[1].look(await me.view(shown.id), "v")
            await until(lambda: app.export_screenshot().count("◉") >= 3, pilot.pause)
            save(app, folder / "board.svg")
            colleagues[0].look(await me.view(shown.id), "w")
            app.open_ticket(shown.id)
            await until(
                lambda: (
                    colleagues[0].me.name.split()[0] in app.export_screenshot()
                    and app.screen is not app.board
                ),
                pilot.pause,
            )
            await pilot.pause(0.5)
            save(app, folder / "ticket.svg")


def conversation(ticket: TicketView) -> int:
    """How many messages a ticket has."""
    return sum(1 for item in ticket.timeline if item.message)


def save(app: ConsoleApp, path: Path) -> None:
    """One screen as SVG."""
    # Textual names fonts of a web server; a picture that loads nothing is better.
    drawn = re.sub(r"@font-face\s*{.*?}", "", app.export_screenshot(title="glazok"), flags=re.DOTALL)
    path.write_text(drawn, "utf-8")
    print(path)


def main() -> None:
    """Make the desk, draw it, remove it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--language", choices=("en", "ru"), default="en")
    parser.add_argument("--dir", type=Path, default=FOLDER, help="where the pictures go")
    given = parser.parse_args()
    set_language(given.language)
    given.dir.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="glazok-picture-") as name:
        settings = sample.make_desk(Path(name), given.language, presence_port=port)
        with closing(Desk.open(settings)) as desk:
            sample.hire(desk, given.language, cast.STAFF)
            sample.fill(desk, TICKETS, 3.4, seed=5, open_share=0.55)
            asyncio.run(draw(settings, desk, given.dir))


if __name__ == "__main__":
    main()
