"""`glazok robot`: the robot alone, once or until told to stop, and what it would do."""

from __future__ import annotations

import click

from cli.options import CommandContext, config_option, example, json_option, open_desk, pass_context
from cli.output import moment, print_json, print_table
from core.i18n import N_, _

OUTCOMES = {"acted": N_("acted"), "held": N_("held by a draft"), "gone": N_("not needed any more")}


@click.command(
    help=N_(
        "Run the robot that keeps the promises. It also runs inside the bridge; a lease keeps it single."
    ),
    epilog=example("glazok robot --once", "glazok robot --dry-run"),
)
@click.option("--once", is_flag=True, help=N_("Do what is due now, then stop."))
@click.option("--dry-run", "dry", is_flag=True, help=N_("Say what would be done now, and do nothing."))
@config_option
@json_option
@pass_context
def command(context: CommandContext, once: bool, dry: bool) -> None:
    from core.services import robot, robot_runner

    with open_desk(context) as desk:
        if not (once or dry):
            robot_runner.run_until_stopped(desk)
            return
        acted = robot.run_once(desk, dry=True) if dry else robot_runner.once(desk)
    if context.json:
        print_json(acted)
        return
    print_table(
        ("#", _("scenario"), _("due"), _("outcome")),
        [(one.ticket_id, one.scenario, moment(one.at), _(OUTCOMES[one.outcome])) for one in acted],
        empty=_("Nothing is due."),
    )
