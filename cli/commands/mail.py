"""`glazok mail`: letters in files, and what the desk makes of them. `mail parse` needs no
configuration and no database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import (
    CommandContext,
    as_option,
    config_option,
    example,
    json_option,
    open_desk,
    pass_context,
    reader,
)
from core.errors import BadInput
from core.i18n import N_, _, ngettext

if TYPE_CHECKING:
    from core.domain.letters import Letter, LetterAttachment


@click.group(
    help=N_("Read letters from files and show what the desk makes of them."),
    epilog=example("glazok mail parse letter.eml --json"),
)
def command() -> None:
    """Letters in files."""


@command.command(
    "parse",
    help=N_("Show what is read from letters. FILE is a raw letter (.eml), - is standard input."),
    epilog=example("glazok mail parse letter.eml", "glazok mail parse --json Maildir/cur/*"),
)
@click.argument("files", metavar=N_("FILE..."), nargs=-1, required=True)
@click.option("--trusted", is_flag=True, help=N_("Keep the desk's own control headers, X-Glazok-*."))
@click.option(
    "--limit",
    "limit_seconds",
    type=click.FloatRange(0.05, 3600),
    default=20.0,
    metavar=N_("SECONDS"),
    help=N_("Give up on a letter after so long. [default: 20]"),
)
@config_option
@json_option
@pass_context
def parse(context: CommandContext, files: tuple[str, ...], trusted: bool, limit_seconds: float) -> None:
    from cli.output import print_json_lines, say
    from core.domain.letters import Letter
    from mailbridge.parse_files import parse_files

    failed: list[str] = []
    answers = parse_files(_sources(files), trusted=trusted, limit_seconds=limit_seconds)
    for name, letter in zip(files, answers, strict=True):
        if isinstance(letter, str):
            failed.append(_("{file}: {reason}").format(file=name, reason=letter))
            if context.json:
                print_json_lines([_document(Letter(error=letter), name)])
            elif len(files) > 1:
                say(failed[-1], err=True)
        elif context.json:
            print_json_lines([_document(letter, name)])
        else:
            _show(letter, name if len(files) > 1 else "")
    if failed:
        told = ngettext(
            "{n} of {total} files could not be opened.",
            "{n} of {total} files could not be opened.",
            len(failed),
        ).format(n=len(failed), total=len(files))
        raise BadInput(
            told if len(files) > 1 else failed[0], hint=_("Name files that exist and may be read.")
        )


@command.command(
    "explain",
    help=N_(
        "Show what would become of a letter that came now: which ticket it would join or which rule would "
        "route it, and why. FILE is a raw letter (.eml), - is standard input. Changes nothing."
    ),
    epilog=example("glazok mail explain letter.eml", "glazok mail explain --json letter.eml"),
)
@click.argument("file", metavar=N_("FILE"))
@click.option("--mailbox", metavar=N_("KEY"), default="", help=N_("The mailbox that it came into."))
@config_option
@as_option
@json_option
@pass_context
def explain(context: CommandContext, file: str, mailbox: str) -> None:
    from cli import explanations, letters
    from cli.output import print_json
    from core.services.explaining import explain as explain_letter

    settings = context.settings()
    letter, key = letters.read_as_stored(file, settings, mailbox)
    with open_desk(context) as desk:
        found = explain_letter(desk, reader(context, desk), letter, key)
    if context.json:
        print_json(explanations.document(found, letter, file))
    else:
        explanations.show(found, letter, settings)


def _sources(files: tuple[str, ...]) -> Iterator[bytes | Path]:
    for name in files:
        yield sys.stdin.buffer.read() if name == "-" else Path(name)


def _document(letter: Letter, name: str) -> dict[str, Any]:
    return {
        "file": name,
        "from_addr": letter.from_addr,
        "from_name": letter.from_name,
        "to": [one.addr for one in letter.to],
        "cc": [one.addr for one in letter.cc],
        "reply_to": [one.addr for one in letter.reply_to],
        "subject": letter.subject,
        "message_id": letter.message_id,
        "message_id_derived": letter.message_id_derived,
        "in_reply_to": letter.in_reply_to[0] if letter.in_reply_to else "",
        "references": list(letter.references),
        "date": letter.date.isoformat().replace("+00:00", "Z") if letter.date else None,
        "kind": letter.kind.value,
        "body_text": letter.body_text,
        "html_text": letter.html_text,
        "reply_text": letter.reply_text,
        "quote_text": letter.quote_text,
        "attachments": [_file(one) for one in letter.attachments],
        "dsn": [
            {"recipient": one.recipient, "action": one.action, "status": one.status} for one in letter.dsn
        ],
        "returned_message_id": letter.returned_message_id,
        "charset_fallbacks": list(letter.charset_fallbacks),
        "error": letter.error or None,
    }


def _file(one: LetterAttachment) -> dict[str, Any]:
    return {
        "name": one.name,
        "content_type": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "inline": one.inline,
    }


def _show(letter: Letter, name: str) -> None:
    from cli.letters import kind_of_letter
    from cli.output import say
    from core.names import letter_problems
    from core.text import one_line

    def named(addr: str, display: str) -> str:
        return f"{display} <{addr}>" if display else addr

    rows = [
        (_("From"), named(letter.from_addr, letter.from_name)),
        (_("To"), ", ".join(named(one.addr, one.name) for one in letter.to)),
        (_("Cc"), ", ".join(named(one.addr, one.name) for one in letter.cc)),
        (_("Answer to"), ", ".join(one.addr for one in letter.reply_to)),
        (_("Date"), letter.date.strftime("%Y-%m-%d %H:%M UTC") if letter.date else ""),
        (_("Subject"), letter.subject),
        (_("Kind"), kind_of_letter(letter)),
        (_("Guessed"), "; ".join(letter.charset_fallbacks)),
        (_("Problem"), letter_problems(letter.error)),
    ]
    rows += [
        (_("Delivery"), " ".join(filter(None, (one.recipient, one.action, one.status)))) for one in letter.dsn
    ]
    rows += [
        (
            _("File"),
            _("{name}, {type}, {size} bytes").format(name=one.name, type=one.content_type, size=one.size),
        )
        for one in letter.attachments
    ]
    if name:
        say(f"== {one_line(name)}")
    wide = max(len(title) for title, _text in rows)
    for title, text in rows:
        if text:
            say(f"{(title + ':').ljust(wide + 1)} {one_line(text)}")
    say("\n" + letter.reply_text + "\n")
    if letter.quote_text:
        count = letter.quote_text.count("\n") + 1
        say(_("[quoted lines: {count}]").format(count=count) + "\n")
