"""`glazok contact`: a client, and which kind of ticket theirs are."""

from __future__ import annotations

import click

from cli.options import CommandContext, example, open_desk, reader, shared, tell
from cli.output import print_json, print_table, say
from core.i18n import N_, _
from core.names import status_word

address_argument = click.argument("address", metavar=N_("ADDRESS"))


@click.group(
    help=N_("See a client, and say which kind of ticket theirs are."),
    epilog=example("glazok contact show anna@example.com"),
)
def command() -> None:
    """Clients come with their letters."""


@command.command(
    "show",
    help=N_("Show a client by one of their addresses, with the tickets that you may see."),
    epilog=example("glazok contact show anna@example.com --json"),
)
@address_argument
@shared
def show(context: CommandContext, address: str) -> None:
    from core.services import clients

    with open_desk(context) as desk:
        found = clients.card(desk, reader(context, desk), address)
        own = desk.settings.statuses
    if context.json:
        print_json(found)
        return
    rows = (
        (_("name"), found.name), (_("addresses"), ", ".join(found.addresses)), (_("region"), found.region),
        (_("language"), found.language), (_("template"), found.template),
    )  # fmt: skip
    for name, value in rows:
        say(f"{name}: {value or '—'}")
    print_table(
        ("#", _("status"), _("subject")),
        [(one.id, status_word(one.status, own), one.subject) for one in found.tickets],
        empty=_("No tickets."),
    )


@command.command(
    "edit",
    help=N_(
        "Say by which ticket template a client's further tickets are opened, where no rule says another."
    ),
    epilog=example(
        "glazok contact edit anna@example.com --template vip",
        "glazok contact edit anna@example.com --no-template",
    ),
)
@address_argument
@click.option("--template", metavar=N_("TEMPLATE"), help=N_("One of [templates]."))
@click.option("--no-template", is_flag=True, help=N_("None of their own."))
@shared
def edit(context: CommandContext, address: str, template: str | None, no_template: bool) -> None:
    from core.errors import UsageError
    from core.services import clients

    if bool(template) == no_template:
        raise UsageError(_("Say either --template TEMPLATE or --no-template."))
    with open_desk(context) as desk:
        done = clients.set_template(desk, reader(context, desk), address, template or "")
    if done.template:
        said = _("Further tickets of {name} are opened by the template {template}.")
    else:
        said = _("Further tickets of {name} are opened by no template of their own.")
    tell(context, done, said.format(name=done.name, template=done.template))
