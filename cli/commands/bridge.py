"""`glazok bridge`: letters in, answers out, until it is told to stop; `--once` makes one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import CommandContext, config_option, example, json_option, open_desk, pass_context
from cli.output import print_json, print_table, say
from core.i18n import N_, _, ngettext, number
from core.names import delivery_word, outcome_word

if TYPE_CHECKING:
    from mailbridge.daemon import Reconciliations, Report, RobotReport

SHOWN = 20
"""So many tickets a line names."""
OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""Filing a letter makes many objects and few cycles: to look for these after every 700 took a twentieth of its time."""


@click.command(
    "bridge",
    help=N_(
        "Run the mail bridge: fetch clients' letters into tickets, send answers, and run the robot. SIGTERM "
        "finishes what is under way."
    ),
    epilog=example("glazok bridge", "glazok bridge --once --json", "glazok bridge --reconcile"),
)
@click.option(
    "--once",
    is_flag=True,
    help=N_(
        "One pass: fetch, file, let the robot act, send what is due, and exit; 7 where a server could not be "
        "reached."
    ),
)
@click.option(
    "--no-robot", is_flag=True, help=N_("Leave the robot to another process, such as “glazok robot”.")
)
@click.option(
    "--reconcile",
    is_flag=True,
    help=N_(
        "Count every mailbox's letters against what has been fetched, fetch what is missing, and exit; 7 where a "
        "letter is still missing or a server could not be reached. A running bridge does it once a day."
    ),
)
@config_option
@json_option
@pass_context
def command(context: CommandContext, once: bool, no_robot: bool, reconcile: bool) -> int:
    import asyncio
    import gc

    from core import logs
    from core.errors import Unavailable, UsageError
    from mailbridge.running import reconcile as run_reconciliation
    from mailbridge.running import run_once

    logs.setup(context.settings().log.level)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    if once and reconcile:
        raise UsageError(_("Give --once or --reconcile, not both."))
    if reconcile:
        with open_desk(context) as desk:
            found = asyncio.run(run_reconciliation(desk))
        if context.json:
            print_json(found)
        else:
            _tell(found)
        return 0 if found.complete else Unavailable.exit_code
    if not once:
        asyncio.run(_run(context, robot=not no_robot))
        return 0
    with open_desk(context) as desk:
        report = asyncio.run(run_once(desk, robot=not no_robot))
    if context.json:
        print_json(report)
    else:
        say(_in_words(report))
    return 0 if report.complete else Unavailable.exit_code


async def _run(context: CommandContext, *, robot: bool) -> None:
    from core.settings import load
    from mailbridge.running import run_for_ever, signals

    with signals() as (stop, reload):
        await run_for_ever(context.settings(), stop, reload, lambda: load(context.config), robot=robot)


def _tell(found: Reconciliations) -> None:
    head = (_("mailbox"), _("on the server"), _("fetched before"), _("missing"), _("fetched now"), _("gone"))
    rows = [
        (name, *map(number, (one.server, one.ledger, one.missing, one.fetched, one.gone)))
        for name, one in sorted(found.mailboxes.items())
    ]
    print_table(head, rows)
    for name, why in sorted(found.errors.items()):
        say(f"{name}: {why}", err=True)


def _robot_in_words(robot: RobotReport) -> str:
    if robot.error or robot.aside:
        return _("Robot: {why}.").format(why=(robot.error or robot.aside).rstrip("."))
    done = [one.ticket_id for one in robot.acted if one.outcome in ("acted", "partly")]
    if not done:
        return _("Robot: nothing was due.")
    tickets = list(dict.fromkeys(f"#{one}" for one in done))
    shown = ", ".join((*tickets[:SHOWN], "…") if len(tickets) > SHOWN else tickets)
    acts = ngettext("{count} act on {tickets}", "{count} acts on {tickets}", len(done))
    return _("Robot: {acts}.").format(acts=acts.format(count=number(len(done)), tickets=shown))


def _in_words(report: Report) -> str:
    lines = []
    for name, mailbox in report.mailboxes.items():
        count = ngettext("{count} letter fetched", "{count} letters fetched", mailbox.fetched)
        outcomes = ", ".join(
            f"{outcome_word(outcome)} {number}" for outcome, number in sorted(mailbox.outcomes.items())
        )
        line = f"{name}: {count.format(count=mailbox.fetched)}" + (f" ({outcomes})" if outcomes else "")
        lines.append(line)
        lines += [text for text in (mailbox.error, mailbox.hint) if text]
    lines.append(_robot_in_words(report.robot))
    sent = sum(report.sent.values())
    states = ", ".join(f"{delivery_word(state)} {number}" for state, number in sorted(report.sent.items()))
    lines.append(_("Outbox: nothing was due.") if not sent else _("Outbox: {states}.").format(states=states))
    lines += report.send_errors.values()
    return "\n".join(lines)
