"""`glazok demo` itself: the living desk, and the agent's console in the same terminal."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from cli.demo import cast
from cli.demo.stage import stage
from cli.output import say
from core.i18n import _


async def run(folder: Path | None, language: str, seed: int) -> int:
    """Until the agent leaves the console, or SIGTERM or SIGHUP ends it; the terminal is given back in order."""
    playing = asyncio.current_task()
    assert playing is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, playing.cancel)
    say(_("A desk with mail servers, clients and colleagues is being made; this takes a few seconds."))
    async with stage(folder, language, seed, lambda fact: None) as living:
        from tui.app import ConsoleApp
        from tui.glimpse import glimpse

        app = ConsoleApp(glimpse(living.config), cast.ME)
        ended: list[int] = []

        def leave(number: int) -> None:
            ended.append(number)
            app.exit()

        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, leave, number)
        living.start_life()
        await app.run_async()
    if folder is not None:
        say(
            _("The desk stays in {folder}. Look at it again with: {command}").format(
                folder=folder, command=f"glazok console --as {cast.ME} --config {living.config}"
            )
        )
    return 128 + ended[0] if ended else app.return_code or 0
