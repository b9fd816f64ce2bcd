"""`glazok robot`: the robot alone, once or until told to stop, and what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import CommandContext, config_option, example, json_option, open_desk, pass_context
from cli.output import moment, print_json, print_table
from core.i18n import N_, _

if TYPE_CHECKING:
    from core.services.robot_types import Deed

OUTCOMES = {
    "acted": N_("acted"),
    "partly": N_("acted, not in everything"),
    "held": N_("held by a draft"),
    "gone": N_("not needed any more"),
    "would": N_("would act"),
}
ACTS = {
    "notify": N_("tell"),
    "assign": N_("give to"),
    "follow": N_("let follow"),
    "pass": N_("pass to"),
    "status": N_("status"),
    "note": N_("note"),
    "reply": N_("letter to the client"),
    "priority": N_("priority"),
    "tag": N_("tag"),
    "untag": N_("remove the tag"),
    "release": N_("back to"),
    "close": N_("close"),
}


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
    from core import logs
    from core.services import rehearsal, robot_runner
    from core.settings import load

    if not (once or dry):
        logs.setup(context.settings().log.level)
        robot_runner.run_for_ever(context.settings(), lambda: load(context.config))
        return
    # What could not be done stands in the table, in words.
    with open_desk(context) as desk, logs.errors_alone():
        acted = rehearsal.run(desk) if dry else robot_runner.once(desk)
    if context.json:
        print_json(acted)
        return
    print_table(
        ("#", _("scenario"), _("due"), _("outcome"), _("acts")),
        [
            (
                one.ticket_id, one.scenario, moment(one.at), _(OUTCOMES[one.outcome]),
                "; ".join(map(_in_words, one.acts)),
            )
            for one in acted
        ],
        empty=_("Nothing is due."),
    )  # fmt: skip


def _in_words(deed: Deed) -> str:
    """An act: what, to whom, and what was in the way."""
    whom = deed.value.removeprefix("agent:")
    said = f"{_(ACTS.get(deed.act, deed.act))} {whom}".rstrip()
    told = ", ".join(login for login in deed.to if login != whom)
    if told and deed.act == "notify":
        said += f": {told}"
    elif told:
        said += " " + _("(and tell {logins})").format(logins=told)
    return f"{said} ✗ {deed.why}" if deed.why else said
