"""`glazok group`: the teams and their people."""

from __future__ import annotations

import click

from cli.options import CommandContext, config_option, example, json_option, open_desk, pass_context
from cli.output import print_json, print_table
from core.i18n import N_, _, ngettext


@click.group(help=N_("See the groups and who is in them."), epilog=example("glazok group list"))
def command() -> None:
    """Groups are written in the configuration; people join them with `glazok agent`."""


@command.command("list", help=N_("List the groups."), epilog=example("glazok group list --json"))
@config_option
@json_option
@pass_context
def list_groups(context: CommandContext) -> None:
    from core.services import agents, setup

    with open_desk(context) as desk:
        setup.learn_groups(desk)
        groups = agents.groups(desk)
    if context.json:
        print_json(
            [
                {
                    "id": one.group.id, "key": one.group.key, "name": one.group.name, "line": one.group.line,
                    "active": one.group.active, "agents": one.agents, "supervisors": one.supervisors,
                    "open_tickets": one.open_tickets,
                }
                for one in groups
            ]
        )  # fmt: skip
        return
    print_table(
        (_("key"), _("name"), _("line"), _("supervisors"), _("agents"), _("state")),
        [
            (
                one.group.key, one.group.name, one.group.line, ", ".join(one.supervisors), ", ".join(one.agents),
                "" if one.group.active else _left_over(one.open_tickets),
            )
            for one in groups
            if one.group.active or one.open_tickets
        ],
    )  # fmt: skip


def _left_over(count: int) -> str:
    return ngettext(
        "not in the configuration, {n} open ticket", "not in the configuration, {n} open tickets", count
    ).format(n=count)
