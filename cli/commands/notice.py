"""`glazok notice`: what you should know."""

from __future__ import annotations

import click

from cli.options import (
    CommandContext,
    actor,
    example,
    open_desk,
    shared,
    tell,
)
from cli.output import moment, print_json, print_table
from core.i18n import N_, _


@click.group(
    help=N_("See and acknowledge what you should know."),
    epilog=example("glazok notice list", "glazok notice ack 7"),
)
def command() -> None:
    """A notice is withdrawn by itself when its cause is gone."""


@command.command(
    "list", help=N_("List your notices, newest first."), epilog=example("glazok notice list --json")
)
@shared
def list_notices(context: CommandContext) -> None:
    from core.services import notices

    with open_desk(context) as desk:
        found = notices.mine(desk, actor(context, desk))
    if context.json:
        print_json(found)
        return
    print_table(
        (_("notice"), "#", _("since"), _("what"), _("subject")),
        [(one.id, one.ticket_id, moment(one.created_at), one.text, one.subject) for one in found],
        empty=_("Nothing that you should know."),
    )


@command.command(
    "ack", help=N_("Acknowledge notices, by their numbers."), epilog=example("glazok notice ack 7 8")
)
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar=N_("NOTICES"))
@shared
def ack(context: CommandContext, numbers: tuple[int, ...]) -> None:
    from core.services import notices

    with open_desk(context) as desk:
        who = actor(context, desk)
        for number in numbers:
            notices.acknowledge(desk, who, number)
    tell(context, {"acknowledged": list(numbers)}, _("Acknowledged."))
