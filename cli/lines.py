"""`glazok ticket pass`, `back`, `follow`, `unfollow`, `ask`, `answer`, `withdraw`, `asks`, `hand-over`, `voices`,
`voice`, `tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import (
    CommandContext,
    actor,
    example,
    op_id_option,
    open_desk,
    reader,
    shared,
    tell,
    ticket_argument,
)
from cli.output import moment, print_json, print_table
from core.i18n import N_, _

if TYPE_CHECKING:
    from core.services.asking import OpenAsk

note_option = click.option(
    "--note", "text", default="", metavar=N_("TEXT"), help=N_("A note that goes along.")
)
login_option = click.option("--of", "login", default="", metavar=N_("LOGIN"), help=N_("The colleague."))


@click.command(
    "pass",
    help=N_("Pass a ticket on: to a group, where it is New, or to a person, who owns it."),
    epilog=example("glazok ticket pass 42 --group advanced --note 'Needs the hypervisor logs.'"),
)
@ticket_argument
@click.option("--group", default="", metavar=N_("GROUP"), help=N_("The group."))
@click.option("--to", "login", default="", metavar=N_("LOGIN"), help=N_("The person."))
@note_option
@op_id_option
@shared
def pass_(context: CommandContext, ticket: int, group: str, login: str, text: str, op_id: str | None) -> None:
    from core.services import lines

    with open_desk(context) as desk:
        done = lines.pass_on(
            desk, actor(context, desk), ticket, group_key=group, login=login, text=text, op_id=op_id
        )
    tell(context, done, _("Ticket {id} is passed on; you go on following it.").format(id=ticket))


@click.command(
    "back",
    help=N_("Return a ticket to where it was passed on from."),
    epilog=example("glazok ticket back 42 --note 'The logs are clean.'"),
)
@ticket_argument
@note_option
@op_id_option
@shared
def back(context: CommandContext, ticket: int, text: str, op_id: str | None) -> None:
    from core.services import lines

    with open_desk(context) as desk:
        done = lines.pass_back(desk, actor(context, desk), ticket, text=text, op_id=op_id)
    tell(context, done, _("Ticket {id} is back where it came from.").format(id=ticket))


@click.command(
    "follow",
    help=N_("Keep a ticket in view: you, or a colleague or a group that you name."),
    epilog=example("glazok ticket follow 42", "glazok ticket follow 42 --of boris"),
)
@ticket_argument
@login_option
@click.option("--group", default="", metavar=N_("GROUP"), help=N_("The group."))
@shared
def follow(context: CommandContext, ticket: int, login: str, group: str) -> None:
    from core.services import lines

    with open_desk(context) as desk:
        done = lines.follow(desk, actor(context, desk), ticket, login=login, group_key=group)
    tell(context, done, _("Ticket {id} is kept in view.").format(id=ticket))


@click.command(
    "unfollow", help=N_("Keep a ticket in view no more."), epilog=example("glazok ticket unfollow 42")
)
@ticket_argument
@login_option
@click.option("--group", default="", metavar=N_("GROUP"), help=N_("The group."))
@shared
def unfollow(context: CommandContext, ticket: int, login: str, group: str) -> None:
    from core.services import lines

    with open_desk(context) as desk:
        done = lines.unfollow(desk, actor(context, desk), ticket, login=login, group_key=group)
    tell(context, done, _("Ticket {id} is kept in view no more.").format(id=ticket))


@click.command(
    "ask",
    help=N_("Ask a colleague for help, or the head of a group; the owner stays the owner."),
    epilog=example(
        "glazok ticket ask 42 --of boris --text 'Is the array degraded?'", "glazok ticket ask 42 --text '…'"
    ),
)
@ticket_argument
@login_option
@click.option(
    "--head",
    default="",
    metavar=N_("GROUP"),
    help=N_("This group's supervisors. [default: the ticket's group]"),
)
@click.option("--text", required=True, metavar=N_("TEXT"), help=N_("The question."))
@op_id_option
@shared
def ask(context: CommandContext, ticket: int, login: str, head: str, text: str, op_id: str | None) -> None:
    from core.services import asking

    with open_desk(context) as desk:
        asked = asking.ask(desk, actor(context, desk), ticket, text, login=login, head_of=head, op_id=op_id)
    tell(context, asked, _("Question {id} is asked.").format(id=asked.id))


@click.command(
    "answer",
    help=N_("Answer a question that was asked of you, by its number."),
    epilog=example("glazok ticket answer 7 --text 'No, it is the cable.'"),
)
@click.argument("question", type=click.IntRange(min=1), metavar=N_("QUESTION"))
@click.option("--text", required=True, metavar=N_("TEXT"), help=N_("The answer."))
@op_id_option
@shared
def answer(context: CommandContext, question: int, text: str, op_id: str | None) -> None:
    from core.services import asking

    with open_desk(context) as desk:
        done = asking.answer(desk, actor(context, desk), question, text, op_id=op_id)
    tell(context, done, _("Question {id} is answered.").format(id=question))


@click.command(
    "withdraw",
    help=N_("Take a question back, by its number."),
    epilog=example("glazok ticket withdraw 7"),
)
@click.argument("question", type=click.IntRange(min=1), metavar=N_("QUESTION"))
@op_id_option
@shared
def withdraw(context: CommandContext, question: int, op_id: str | None) -> None:
    from core.services import asking

    with open_desk(context) as desk:
        done = asking.withdraw(desk, actor(context, desk), question, op_id=op_id)
    tell(context, done, _("Question {id} is taken back.").format(id=question))


@click.command(
    "asks",
    help=N_("List the open questions that were asked of you, or by you."),
    epilog=example("glazok ticket asks --json"),
)
@shared
def asks(context: CommandContext) -> None:
    from core.services import asking

    with open_desk(context) as desk:
        found = asking.open_asks(desk, actor(context, desk))
    if context.json:
        print_json(found)
        return
    print_table(
        (_("question"), "#", _("asked by"), _("asked of"), _("since"), _("text")),
        [(one.id, one.ticket_id, one.by, _asked_of(one), moment(one.asked_at), one.text) for one in found],
        empty=_("No open questions."),
    )


@click.command(
    "hand-over",
    help=N_(
        "Hand tickets over: to a person, to a group, or to the next shift, whose first comer takes each."
    ),
    epilog=example(
        "glazok ticket hand-over --all --next-shift --note 'Waits for the vendor.'",
        "glazok ticket hand-over 42 43 --to vera",
    ),
)
@click.argument("tickets", nargs=-1, type=click.IntRange(min=1), metavar=N_("TICKETS"))
@click.option("--all", "everything", is_flag=True, help=N_("Everything in your hands."))
@click.option("--to", "login", default="", metavar=N_("LOGIN"), help=N_("The person."))
@click.option("--group", default="", metavar=N_("GROUP"), help=N_("The group."))
@click.option("--next-shift", is_flag=True, help=N_("The next shift."))
@note_option
@op_id_option
@shared
def hand_over(
    context: CommandContext,
    tickets: tuple[int, ...],
    everything: bool,
    login: str,
    group: str,
    next_shift: bool,
    text: str,
    op_id: str | None,
) -> None:
    from core.errors import UsageError
    from core.services import shifts

    with open_desk(context) as desk:
        who = actor(context, desk)
        wanted = [one.id for one in shifts.in_hand(desk, who)] if everything else list(tickets)
        if everything == bool(tickets):
            raise UsageError(_("Name the tickets, or say --all."))
        done = shifts.hand_over(
            desk, who, wanted, login=login, group_key=group, next_shift=next_shift, text=text, op_id=op_id
        )
    said = _("Handed over: {ids}.").format(ids=", ".join(f"#{one.ticket_id}" for one in done))
    tell(context, done, said if done else _("Your hands are empty: there is nothing to hand over."))


@click.command(
    "voices",
    help=N_(
        "List new voices, strangers' letters that wait for a decision: on one ticket, or on all that you see."
    ),
    epilog=example("glazok ticket voices", "glazok ticket voices 42 --json"),
)
@click.argument("ticket", required=False, type=click.IntRange(min=1), metavar=N_("TICKET"))
@shared
def voices(context: CommandContext, ticket: int | None) -> None:
    from core.services import voices

    with open_desk(context) as desk:
        found = voices.open_voices(desk, reader(context, desk, listed=ticket is None), ticket)
    if context.json:
        print_json(found)
        return
    print_table(
        (_("letter"), "#", _("address"), _("name"), _("since"), _("text")),
        [(one.message_id, one.ticket_id, one.address, one.name, moment(one.at), one.text) for one in found],
        empty=_("No new voice waits for a decision."),
    )


@click.command(
    "voice",
    help=N_(
        "Decide about a new voice, by the number of its letter: “accept” lets them take part, so that they count as "
        "the client; “keep” leaves the letter private; “split” makes it a ticket of its own."
    ),
    epilog=example("glazok ticket voice accept 118", "glazok ticket voice split 118"),
)
@click.argument("decision", type=click.Choice(("accept", "keep", "split")), metavar=N_("DECISION"))
@click.argument("letter", type=click.IntRange(min=1), metavar=N_("LETTER"))
@op_id_option
@shared
def voice(context: CommandContext, decision: str, letter: int, op_id: str | None) -> None:
    from core.services import voices

    decide, said = {
        "accept": (voices.accept, _("They take part in ticket {id}.")),
        "keep": (voices.keep, _("The letter stays private on ticket {id}.")),
        "split": (voices.split, _("The letter is a ticket of its own: {id}.")),
    }[decision]
    with open_desk(context) as desk:
        done = decide(desk, actor(context, desk), letter, op_id=op_id)
    tell(context, done, said.format(id=done.ticket_id))


def _asked_of(ask: OpenAsk) -> str:
    return _("the head of {group}").format(group=ask.of) if ask.head else ask.of


@click.command(
    "tag",
    help=N_("Give a ticket tags, short words by which it is sorted and found, or take some away."),
    epilog=example(
        "glazok ticket tag 42 --add billing --remove question", "glazok ticket list --tag billing"
    ),
)
@ticket_argument
@click.option(
    "--add", multiple=True, metavar=N_("TAG"), help=N_("A tag that it gets. May be given several times.")
)
@click.option(
    "--remove",
    multiple=True,
    metavar=N_("TAG"),
    help=N_("A tag that is taken away. May be given several times."),
)
@op_id_option
@shared
def tag(
    context: CommandContext, ticket: int, add: tuple[str, ...], remove: tuple[str, ...], op_id: str | None
) -> None:
    from core.services import tags

    with open_desk(context) as desk:
        done = tags.change(desk, actor(context, desk), ticket, add, remove, op_id=op_id)
    said = _("Tags of ticket {id}: {tags}.") if done.tags else _("Ticket {id} has no tags.")
    tell(context, done, said.format(id=ticket, tags=", ".join(done.tags)))


COMMANDS = (pass_, back, follow, unfollow, ask, answer, withdraw, asks, hand_over, voices, voice, tag)
