"""`glazok db upgrade`: bring the database to this program's schema, with a backup first."""

from __future__ import annotations

import click

from cli.options import CommandContext, config_option, example, json_option, pass_context
from cli.output import print_json, say
from core.i18n import N_, _


@click.group("db", help=N_("Look after the database."), epilog=example("glazok db upgrade"))
def command() -> None:
    pass


@command.command(
    "upgrade",
    help=N_("Bring the database up to date, with a backup made first."),
    epilog=example("glazok db upgrade", "glazok db upgrade --json"),
)
@config_option
@json_option
@pass_context
def upgrade(context: CommandContext) -> None:
    from core.services import setup

    settings = context.settings()
    backup = setup.upgrade(settings)
    if context.json:
        print_json({"database": settings.database_shown, "backup": backup})
        return
    say(_("The database {path} is up to date.").format(path=settings.database_shown))
    if backup:
        say(_("What it was before lies in {backup}.").format(backup=backup))
