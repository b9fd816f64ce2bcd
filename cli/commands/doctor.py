"""`glazok doctor`: looks at every part, says what it found and what to do. Changes nothing, sends nothing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cli.checkup import Check
from cli.options import CommandContext, config_option, example, json_option, pass_context
from cli.output import print_json, say
from core.errors import ConfigError, Unavailable
from core.i18n import N_, _

STATES = {"ok": N_("ok"), "warning": N_("look"), "failed": N_("FAILED")}


@click.command(
    "doctor",
    help=N_(
        "Check every part of the desk and say what to do. Exit code 0: nothing failed, 7: something did."
    ),
    epilog=example("glazok doctor", "glazok doctor --offline --json"),
)
@click.option("--offline", is_flag=True, help=N_("Leave the servers out."))
@config_option
@json_option
@pass_context
def command(context: CommandContext, offline: bool) -> int:
    found: list[Check] = []
    for check in _look(context, offline=offline):
        found.append(check)
        if not context.json:
            _tell(check)
    bad = sum(check.state == "failed" for check in found)
    if context.json:
        print_json({"ok": not bad, "checks": found})
    elif bad:
        say("\n" + _("Something failed; what to do stands beside the arrows."))
    else:
        say("\n" + _("Nothing failed."))
    return Unavailable.exit_code if bad else 0


def _look(context: CommandContext, *, offline: bool) -> Iterator[Check]:
    from cli.checkup import failed, local, network, ok, scenarios

    try:
        settings = context.settings()
    except ConfigError as error:
        yield failed("config", error.message, error.hint)
        return
    yield ok("config", _("{path} is in order.").format(path=settings.path))
    yield from local.check_secrets(settings)
    yield from local.check_the_database(settings)
    yield from local.check_disk(settings)
    yield local.check_language()
    yield from local.check_staff(settings)
    yield from scenarios.check_scenarios(settings)
    yield from local.check_letters(settings)
    if not offline:
        yield from network.check_servers(settings)


def _tell(check: Check) -> None:
    from core.text import fit

    say(f"{fit(_(STATES[check.state]), 8)} {check.part}: {check.text}")
    if check.advice:
        say(f"{'':8} → {check.advice}")
