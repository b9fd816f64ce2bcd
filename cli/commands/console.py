"""`glazok console`: the agent's screen. Imports Textual only when it runs, and settings only after the
first frame."""

from __future__ import annotations

import sys

import click

from cli.options import CommandContext, as_option, config_option, example, pass_context, system_user
from core.errors import UsageError
from core.i18n import N_, _


@click.command(
    "console",
    help=N_("The agent's console: the board, tickets, and who is looking at what."),
    epilog=example("glazok console --as anna"),
)
@config_option
@as_option
@click.option(
    "--restricted", is_flag=True, help=N_("Start no other program from the screen, whatever is asked.")
)
@pass_context
def command(context: CommandContext, restricted: bool) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            _("The console needs a terminal, and this is none."),
            hint=_("For scripts there is: glazok ticket list --json"),
        )
    from core.paths import find_config

    # A missing configuration is said before the screen is taken over.
    config = find_config(context.config)
    from tui.app import run

    run(config, context.login or system_user(), restricted=restricted)
