"""`glazok presence`: the server of the eyes, until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import CommandContext, config_option, example, json_option, open_desk, pass_context
from cli.output import print_json_lines, say
from core.i18n import N_, _

if TYPE_CHECKING:
    from core.services.desk import Desk


@click.command(
    "presence",
    help=N_("Run the server of the eyes: who looks at which ticket, and hints that something has changed."),
    epilog=example("glazok presence", "glazok presence --listen 127.0.0.1:8765"),
)
@click.option(
    "--listen",
    metavar=N_("HOST:PORT"),
    help=N_("Where to listen, on this machine only; port 0 takes any free one. [default: presence.listen]"),
)
@config_option
@json_option
@pass_context
def command(context: CommandContext, listen: str | None) -> None:
    import asyncio

    from core import logs

    settings = context.settings()
    address = settings.presence.address if listen is None else _address(listen)
    logs.setup(settings.log.level)
    with open_desk(context) as desk:
        asyncio.run(_serve(context, address, desk))


def _address(listen: str) -> tuple[str, int]:
    from core.errors import UsageError
    from core.settings.values import split_listen

    try:
        return split_listen(listen)
    except ValueError as error:
        raise UsageError(
            _("--listen {listen}: {why}.").format(listen=listen, why=error),
            hint=_("Example: --listen 127.0.0.1:8765"),
        ) from None


async def _serve(context: CommandContext, address: tuple[str, int], desk: Desk) -> None:
    import asyncio
    import signal

    from core.services.identity import Identity
    from presence_server.server import run

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, _reload, context)

    def ready(port: int) -> None:
        if context.json:
            print_json_lines([{"host": address[0], "port": port}])
        else:
            say(_("The eyes are open at {host}, port {port}.").format(host=address[0], port=port))

    await run(address, Identity(desk), stop=stop, ready=ready)


def _reload(context: CommandContext) -> None:
    """Take over what can change while it runs: how much is logged. An address needs a restart, and that is said."""
    from core import logs
    from core.errors import GlazokError
    from core.settings import load

    log = logs.get("presence")
    try:
        settings = load(context.config)
    except GlazokError as error:
        log.warning("configuration not reloaded, the old one goes on", why=str(error))
        return
    logs.setup(settings.log.level)
    log.info("configuration reloaded")
    if settings.presence.address != context.settings().presence.address:
        log.warning("a changed presence.listen takes effect after a restart")
