"""`glazok shift`: who is here, and what stays in whose hands."""

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
from core.names import status_word

STATES = {"here": N_("here"), "away": N_("away"), "gone": N_("not on shift")}


@click.group(
    help=N_("Start and end shifts; see who is here."),
    epilog=example("glazok shift start", "glazok shift end"),
)
def command() -> None:
    """Shifts are events; a hand-over is `glazok ticket hand-over`."""


@command.command("start", help=N_("Begin your shift, or come back."), epilog=example("glazok shift start"))
@shared
def start(context: CommandContext) -> None:
    from core.services import shifts

    with open_desk(context) as desk:
        since = shifts.start(desk, actor(context, desk))
    tell(context, {"since": since}, _("You are on shift."))


@command.command("away", help=N_("Leave for a while."), epilog=example("glazok shift away"))
@shared
def away(context: CommandContext) -> None:
    from core.services import shifts

    with open_desk(context) as desk:
        shifts.away(desk, actor(context, desk))
    tell(context, {"state": "away"}, _("You are shown as away; come back with: glazok shift start"))


@command.command(
    "end",
    help=N_("End your shift. Tickets in your hands have to be handed over first, or kept with --keep."),
    epilog=example("glazok shift end"),
)
@click.option("--keep", is_flag=True, help=N_("Keep what is in your hands; the supervisors are told."))
@shared
def end(context: CommandContext, keep: bool) -> None:
    from core.services import shifts

    with open_desk(context) as desk:
        shifts.end(desk, actor(context, desk), keep=keep)
    tell(context, {"state": "gone"}, _("Your shift has ended."))


@command.command("hands", help=N_("List what is in your hands."), epilog=example("glazok shift hands"))
@shared
def hands(context: CommandContext) -> None:
    from core.services import shifts

    with open_desk(context) as desk:
        held = shifts.in_hand(desk, actor(context, desk))
        own = desk.settings.statuses
    if context.json:
        print_json(held)
        return
    print_table(
        ("#", _("status"), _("since"), _("subject")),
        [(one.id, status_word(one.status, own), moment(one.since), one.subject) for one in held],
        empty=_("Your hands are empty."),
    )


@command.command(
    "list", help=N_("Who is here, away, or not on shift."), epilog=example("glazok shift list --json")
)
@shared
def list_shifts(context: CommandContext) -> None:
    from core.services import shifts

    with open_desk(context) as desk:
        found = shifts.board(desk, actor(context, desk))
    if context.json:
        print_json(found)
        return
    print_table(
        (_("login"), _("name"), _("state"), _("since"), _("in hand")),
        [
            (
                one.login,
                one.name,
                _(STATES[one.state]),
                moment(one.since),
                one.in_hand,
            )
            for one in found
        ],
    )
