"""`glazok ticket`: everything that the screen can do with a ticket, for scripts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.lines import COMMANDS as LINES
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
from cli.output import print_json, print_json_array, print_table
from core.i18n import N_, _
from core.names import age_text, status_word

if TYPE_CHECKING:
    from core.services.models.outcomes import Done


@click.group(
    help=N_("List, read, accept, answer and solve tickets."),
    epilog=example("glazok ticket list", "echo 'Done.' | glazok ticket reply 42 --seen 1017"),
)
def command() -> None:
    """Every subcommand prints one JSON document with --json."""


@command.command(
    "list",
    help=N_("List tickets: the open ones, unless told otherwise."),
    epilog=example("glazok ticket list --group north --json", "glazok ticket list --status solved --mine"),
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar=N_("STATUS"),
    help=N_("Only these statuses. May be given several times."),
)
@click.option("--all", "everything", is_flag=True, help=N_("Solved and closed ones too."))
@click.option("--group", default="", metavar=N_("GROUP"), help=N_("Only this group's."))
@click.option("--mine", is_flag=True, help=N_("Only those that I own."))
@click.option("--unowned", is_flag=True, help=N_("Only those that nobody has accepted."))
@click.option("--trouble", is_flag=True, help=N_("Only those with letters of ours that did not get through."))
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar=N_("TAG"),
    help=N_("Only those with this tag. Given several times: with all of them."),
)
@click.option("--after", default=0, metavar=N_("NUMBER"), help=N_("Only tickets with a higher number."))
@click.option("--limit", type=click.IntRange(min=1), metavar=N_("NUMBER"), help=N_("At most so many."))
@shared
def list_(
    context: CommandContext,
    statuses: tuple[str, ...],
    everything: bool,
    group: str,
    mine: bool,
    unowned: bool,
    trouble: bool,
    tags: tuple[str, ...],
    after: int,
    limit: int | None,
) -> None:
    from core.clock import now
    from core.domain.tickets import OPEN
    from core.errors import UsageError
    from core.services import reading

    if mine and unowned:
        raise UsageError(_("Say either --mine or --unowned: nobody owns what nobody has accepted."))
    with open_desk(context) as desk:
        who = reader(context, desk, listed=True)
        wanted: dict[str, Any] = {"group_key": group, "unowned": unowned, "undelivered": trouble}
        wanted["tags"] = tags
        wanted["statuses"] = statuses or (() if everything else tuple(sorted(OPEN)))
        wanted["owner_id"] = actor(context, desk).id if mine else None
        rows = reading.all_tickets(desk, who, after=after, most=limit, **wanted)
        own, at = desk.settings.statuses, now()
        if context.json:
            print_json_array(rows)
            return
        print_table(
            ("#", _("status"), _("age"), _("group"), _("owner"), _("client"), _("tags"), _("subject")),
            [
                (row.id, status_word(row.status, own), age_text(row.since, at), row.group, row.owner, row.client,
                 ", ".join(row.tags), row.subject) for row in rows
            ],
            empty=_("No such tickets. All quiet."),
        )  # fmt: skip


@command.command(
    "show",
    help=N_("Show a ticket with its conversation and everything that happened to it."),
    epilog=example("glazok ticket show 42", "glazok ticket show 42 --quotes"),
)
@ticket_argument
@click.option("--quotes", is_flag=True, help=N_("Also the text that letters quote; --json always has it."))
@shared
def show(context: CommandContext, ticket: int, quotes: bool) -> None:
    from cli.tickets import as_json, print_ticket
    from core.services import identity, reading
    from tui.names import Names

    with open_desk(context) as desk:
        found = reading.view(desk, reader(context, desk), ticket)
        names = Names.of(desk.settings, None if context.json else identity.directory(desk))
    if context.json:
        print_json(as_json(found))
    else:
        print_ticket(found, names, quotes=quotes)


@command.command(
    "new",
    help=N_(
        "Write to a client first; the text comes from --text or standard input. The letter is really sent."
    ),
    epilog=example("glazok ticket new --to anna@example.com --subject 'Maintenance' < letter.txt"),
)
@click.option("--to", required=True, metavar=N_("ADDRESS"), help=N_("The client's address."))
@click.option("--name", default="", metavar=N_("NAME"), help=N_("The client's name."))
@click.option("--subject", required=True, metavar=N_("SUBJECT"), help=N_("Subject of the letter."))
@click.option(
    "--group",
    default="",
    metavar=N_("GROUP"),
    help=N_("Whose ticket it is. [default: the template's, else your own]"),
)
@click.option(
    "--template", default="", metavar=N_("TEMPLATE"), help=N_("What kind of ticket, of [templates].")
)
@click.option(
    "--tag", "tags", multiple=True, metavar=N_("TAG"), help=N_("A tag for it. May be given several times.")
)
@click.option("--text", metavar=N_("TEXT"), help=N_("The letter. [default: standard input]"))
@op_id_option
@shared
def new(
    context: CommandContext,
    to: str,
    name: str,
    subject: str,
    group: str,
    template: str,
    tags: tuple[str, ...],
    text: str | None,
    op_id: str | None,
) -> None:
    from core.domain.letters import Mailaddr
    from core.services import opening

    words = _words(text)
    with open_desk(context) as desk:
        sent = opening.open_ticket(
            desk, actor(context, desk), subject=subject, text=words, to=Mailaddr(to, name), group_key=group,
            template=template, tags=tags, op_id=op_id,
        )  # fmt: skip
    tell(context, sent, _("Ticket {id} is open; the letter is queued.").format(id=sent.ticket_id))


@command.command(
    "reply",
    help=N_(
        "Answer the client; the text comes from --text or standard input. --seen says up to which event you "
        "have read the ticket (last_event of “show”): where something public came after it, nothing is sent."
    ),
    epilog=example("glazok ticket reply 42 --seen 1017 < answer.txt"),
)
@ticket_argument
@click.option(
    "--seen", required=True, type=int, metavar=N_("EVENT"), help=N_("The last event that you have read.")
)
@click.option("--text", metavar=N_("TEXT"), help=N_("The answer. [default: standard input]"))
@click.option(
    "--to", multiple=True, metavar=N_("ADDRESS"), help=N_("Where it goes. [default: who wrote last]")
)
@click.option("--cc", multiple=True, metavar=N_("ADDRESS"), help=N_("In copy."))
@click.option(
    "--attach",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    metavar=N_("FILE"),
    help=N_("A file to send along. May be given several times."),
)
@click.option("--solve", is_flag=True, help=N_("The ticket is solved by this answer."))
@click.option(
    "--hold",
    type=click.IntRange(0, 120),
    default=0,
    metavar=N_("SECONDS"),
    help=N_("Send it after so many seconds; `undo` takes it back until then."),
)
@op_id_option
@shared
def reply(
    context: CommandContext,
    ticket: int,
    seen: int,
    text: str | None,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    attach: tuple[Path, ...],
    solve: bool,
    hold: int,
    op_id: str | None,
) -> None:
    from core.domain.letters import Mailaddr
    from core.services import replies

    words = _words(text)
    files = [_enclosure(path) for path in attach]
    with open_desk(context) as desk:
        sent = replies.reply(
            desk, actor(context, desk), ticket, words, seen, to=[Mailaddr(addr) for addr in to],
            cc=[Mailaddr(addr) for addr in cc], enclosures=files, solve=solve, hold=hold, op_id=op_id,
        )  # fmt: skip
    tell(context, sent, _("The answer to ticket {id} is queued.").format(id=ticket))


@command.command(
    "note",
    help=N_("Write a note that only the staff sees; the text comes from --text or standard input."),
    epilog=example("glazok ticket note 42 --text 'Asked the network team.'"),
)
@ticket_argument
@click.option("--text", metavar=N_("TEXT"), help=N_("The note. [default: standard input]"))
@op_id_option
@shared
def note(context: CommandContext, ticket: int, text: str | None, op_id: str | None) -> None:
    from core.services import replies

    words = _words(text)
    with open_desk(context) as desk:
        sent = replies.note(desk, actor(context, desk), ticket, words, op_id=op_id)
    tell(context, sent, _("The note stands on ticket {id}.").format(id=ticket))


def _act(name: str, text: str, done: str, already: str) -> None:
    """A subcommand that does one thing to a ticket."""

    @command.command(name, help=text, epilog=example(f"glazok ticket {name} 42"))
    @ticket_argument
    @op_id_option
    @shared
    def act(context: CommandContext, ticket: int, op_id: str | None) -> None:
        from core.services import tickets

        with open_desk(context) as desk:
            result: Done = getattr(tickets, name)(desk, actor(context, desk), ticket, op_id=op_id)
        said = done if result.changed else already
        if name == "solve" and result.status != "solved":
            # A process may do without a status to be solved in, or have one of its own.
            said = N_("Ticket {id} is now: {status}.")
        word = status_word(result.status, desk.settings.statuses)
        tell(context, result, _(said).format(id=ticket, status=word))


_act("accept", N_("Take a ticket that nobody owns; the first one wins."),
     N_("Ticket {id} is yours."), N_("Ticket {id} was yours already."))  # fmt: skip
_act("release", N_("Give a ticket back to its group."),
     N_("Ticket {id} is back with its group."), N_("Nobody owned ticket {id}."))  # fmt: skip
_act("solve", N_("Mark a ticket as solved."),
     N_("Ticket {id} is solved."), N_("Ticket {id} was solved already."))  # fmt: skip
_act("close", N_("Close a ticket for good."),
     N_("Ticket {id} is closed."), N_("Ticket {id} was closed already."))  # fmt: skip
_act("delete", N_("Put a ticket into the trash."),
     N_("Ticket {id} is in the trash."), N_("Ticket {id} was in the trash already."))  # fmt: skip
_act("restore", N_("Take a ticket out of the trash."),
     N_("Ticket {id} is out of the trash."), N_("Ticket {id} was out of the trash already."))  # fmt: skip
_act("reopen", N_("Take a solved or closed ticket up again."),
     N_("Ticket {id} is open again."), N_("Ticket {id} is open."))  # fmt: skip


@command.command(
    "status",
    help=N_("Move a ticket to a status of its process by hand."),
    epilog=example("glazok ticket status 42 vendor"),
)
@ticket_argument
@click.argument("status", metavar=N_("STATUS"))
@op_id_option
@shared
def status(context: CommandContext, ticket: int, status: str, op_id: str | None) -> None:
    from core.services import tickets

    with open_desk(context) as desk:
        result = tickets.move_to(desk, actor(context, desk), ticket, status, op_id=op_id)
    word = status_word(result.status, desk.settings.statuses)
    tell(context, result, _("Ticket {id} is now: {status}.").format(id=ticket, status=word))


@command.command(
    "undo",
    help=N_("Take back your last act on a ticket, while nothing has come after it."),
    epilog=example("glazok ticket undo 42"),
)
@ticket_argument
@op_id_option
@shared
def undo(context: CommandContext, ticket: int, op_id: str | None) -> None:
    from core.services import undoing
    from tui.happenings import UNDONE

    with open_desk(context) as desk:
        result = undoing.undo(desk, actor(context, desk), ticket, op_id=op_id)
    act, word = _(UNDONE[result.act]), status_word(result.status, desk.settings.statuses)
    said = _("Taken back: {act}. Ticket {id} is: {status}.").format(act=act, id=ticket, status=word)
    tell(context, result, said)


def _words(text: str | None) -> str:
    from core.errors import UsageError

    if text is not None:
        return text
    if sys.stdin.isatty():
        raise UsageError(
            _("There is no text."), hint=_("Give it with --text, or pipe it in: glazok ticket … < letter.txt")
        )
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def _enclosure(path: Path) -> Any:
    import mimetypes

    from core.services.replies import Enclosure

    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Enclosure(path.name, kind, path.read_bytes())


for _one in LINES:
    command.add_command(_one)
