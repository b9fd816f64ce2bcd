"""`glazok outbox`: letters that did not get through, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping

import click

from cli.options import (
    CommandContext,
    actor,
    example,
    open_desk,
    reader,
    shared,
    tell,
)
from cli.output import print_json, print_table
from cli.tickets import MESSAGE_WORDS
from core.i18n import N_, _
from core.names import DELIVERIES, delivery_word

letter_argument = click.argument("letter", type=click.IntRange(min=1), metavar=N_("LETTER"))


@click.group(
    help=N_("See letters that did not get through; send them again or give them up."),
    epilog=example("glazok outbox list", "glazok outbox resend 7"),
)
def command() -> None:
    """Numbers of letters are those of `list`, and `outbox_id` in a ticket's JSON."""


@command.command(
    "list",
    help=N_("List letters that failed, or of which nobody knows whether they arrived; newest first."),
    epilog=example("glazok outbox list", "glazok outbox list --state unknown --json"),
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(sorted(DELIVERIES)),
    help=N_("Only this state. May be given several times."),
)
@click.option("--all", "everything", is_flag=True, help=N_("Letters in any state."))
@click.option(
    "--limit", type=click.IntRange(min=1), default=200, metavar=N_("NUMBER"), help=N_("At most so many.")
)
@shared
def list_(context: CommandContext, states: tuple[str, ...], everything: bool, limit: int) -> None:
    from core.services import outbox

    with open_desk(context) as desk:
        wanted = () if everything else states or outbox.TROUBLE
        found = outbox.list_letters(desk, reader(context, desk, listed=True), wanted, limit)
    if context.json:
        print_json(found)
        return
    print_table(
        (_("letter"), "#", _("what"), _("state"), _("to"), _("why"), _("subject")),
        [
            (
                one.id, one.ticket_id, _(MESSAGE_WORDS.get(one.kind, one.kind)), delivery_word(one.state),
                _recipients(one.recipients), one.reason, one.subject,
            )
            for one in found
        ],
        empty=_("No such letters."),
    )  # fmt: skip


def _recipients(states: Mapping[str, str]) -> str:
    """To whom a letter goes; with what became of each where that differs."""
    if len(set(states.values())) < 2:
        return ", ".join(states)
    back = _("came back")
    fates = {
        address: back if state == "bounced" else delivery_word(state) for address, state in states.items()
    }
    return ", ".join(f"{address} ({fate})" for address, fate in fates.items())


@command.command(
    "resend",
    help=N_(
        "Send a letter again that failed, or of which nobody knows: the same bytes, the same Message-ID."
    ),
    epilog=example("glazok outbox resend 7"),
)
@letter_argument
@shared
def resend(context: CommandContext, letter: int) -> None:
    from core.services import outbox

    with open_desk(context) as desk:
        outbox.resend(desk, actor(context, desk), letter)
    tell(context, {"id": letter, "state": "queued"}, _("Letter {id} is queued again.").format(id=letter))


@command.command(
    "give-up",
    help=N_("Count a letter as not sent that failed, or of which nobody knows; the ball stays ours."),
    epilog=example("glazok outbox give-up 7"),
)
@letter_argument
@shared
def give_up(context: CommandContext, letter: int) -> None:
    from core.services import outbox

    with open_desk(context) as desk:
        outbox.give_up(desk, actor(context, desk), letter)
    tell(context, {"id": letter, "state": "cancelled"}, _("Letter {id} is given up.").format(id=letter))
