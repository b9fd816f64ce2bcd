"""`glazok serve`: the mail bridge and the server of the eyes in one process, all that one machine needs."""

from __future__ import annotations

import click

from cli.options import CommandContext, config_option, example, json_option, open_desk, pass_context
from cli.output import print_json_lines, say
from core.i18n import N_, _


@click.command(
    "serve",
    help=N_(
        "Run everything that one machine needs: the mail bridge and the server of the eyes. SIGTERM drains, "
        "SIGHUP reads the configuration again."
    ),
    epilog=example("glazok serve", "glazok serve --config /srv/desk/config.toml"),
)
@click.option(
    "--no-robot", is_flag=True, help=N_("Leave the robot to another process, such as “glazok robot”.")
)
@config_option
@json_option
@pass_context
def command(context: CommandContext, no_robot: bool) -> None:
    import asyncio

    from core import logs

    logs.setup(context.settings().log.level)
    asyncio.run(_serve(context, robot=not no_robot))


async def _serve(context: CommandContext, *, robot: bool) -> None:
    from core.services.identity import Identity
    from core.settings import load
    from mailbridge.running import run_for_ever, signals
    from presence_server.server import serving

    settings = context.settings()
    host, port = settings.presence.address
    with signals() as (stop, reload), open_desk(context) as desk:
        async with serving((host, port), Identity(desk)) as presence:
            _tell(context, host, presence.port, list(settings.mailboxes))
            await run_for_ever(
                settings,
                stop,
                reload,
                lambda: load(context.config),
                f"ws://{_bracketed(host)}:{presence.port}/",
                robot=robot,
            )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tell(context: CommandContext, host: str, port: int, mailboxes: list[str]) -> None:
    if context.json:
        print_json_lines([{"host": host, "mailboxes": mailboxes, "port": port}])
        return
    say(_("The eyes are open at {host}, port {port}.").format(host=host, port=port))
    names = ", ".join(mailboxes) or _("none; name them in the configuration")
    say(_("Mailboxes: {names}. Ctrl+C stops.").format(names=names))
