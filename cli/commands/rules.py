"""`glazok rules`: the routing list, checked before it is in force and tried on old letters."""

from __future__ import annotations

from pathlib import Path

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
from core.errors import BadInput, GlazokError
from core.i18n import N_, _, ngettext


@click.group(
    help=N_("Check the routing rules and try them on old letters."), epilog=example("glazok rules check")
)
def command() -> None:
    """Rules are written in the configuration, under [[rules]]."""


@command.command(
    "check",
    help=N_(
        "Look for mistakes in the configuration, rules that never fire, patterns that a letter can make slow, groups "
        "without people. Changes nothing."
    ),
    epilog=example("glazok rules check", "glazok rules check --config new.toml --json"),
)
@config_option
@json_option
@pass_context
def check(context: CommandContext) -> None:
    from cli.output import print_json, say
    from cli.patterns import is_slow
    from core.services.rule_checks import check_people, check_rules

    settings = context.settings()
    found, unread = check_rules(settings, is_slow), ""
    try:
        with open_desk(context) as desk:
            found += check_people(desk)
    except GlazokError as error:
        # A changed file is often checked where there is no database.
        unread = error.message
    problems = [one for one in found if one.weight == "problem"]
    if context.json:
        print_json({"ok": not problems, "findings": found, "people_unchecked": unread or None})
    else:
        for one in found:
            weight = _("problem") if one.weight == "problem" else _("remark")
            say(f"{weight}: {one.text}")
        if unread:
            say(_("Who is in the groups was not looked at: {reason}").format(reason=unread))
        if not problems:
            count = len(settings.rules)
            told = ngettext("{n} rule in {file}: no problem.", "{n} rules in {file}: no problem.", count)
            say(told.format(n=count, file=settings.path))
    if problems:
        told = ngettext(
            "{n} problem in the rules of {file}.", "{n} problems in the rules of {file}.", len(problems)
        )
        raise BadInput(
            told.format(n=len(problems), file=settings.path), hint=_("What each finding means: docs/rules.md")
        )


@command.command(
    "replay",
    help=N_(
        "Send old letters through changed rules and show what would move. SOURCE is a Maildir, an mbox, a folder of "
        ".eml files, or the word stored: the letters that opened this desk's tickets. Changes nothing."
    ),
    epilog=example(
        "glazok rules replay stored --rules new.toml",
        "glazok rules replay old.mbox --rules new.toml --json",
    ),
)
@click.argument("source", metavar=N_("SOURCE"))
@click.option(
    "--rules",
    "changed",
    type=click.Path(path_type=Path),
    metavar=N_("FILE"),
    help=N_("The changed rules, alone or in a whole configuration. [default for stored: those in force]"),
)
@click.option("--mailbox", metavar=N_("KEY"), default="", help=N_("The mailbox that the letters came into."))
@click.option(
    "--answers", is_flag=True, help=N_("Route the answers in an archive too, as if they opened tickets.")
)
@config_option
@as_option
@json_option
@pass_context
def replay(context: CommandContext, source: str, changed: Path | None, mailbox: str, answers: bool) -> None:
    from cli import letters, replays
    from core.settings.rules_file import read_rules

    settings = context.settings()
    new = read_rules(changed, settings) if changed else settings
    if source == "stored":
        with open_desk(context) as desk:
            replays.show(replays.stored(desk, reader(context, desk), new), as_json=context.json)
        return
    if changed is None:
        raise BadInput(
            _("Nothing says with what the rules in force are to be compared."),
            hint=_("Name the changed rules with --rules FILE."),
        )
    letters.check_mailbox(settings, mailbox)
    rows = replays.archive(context, Path(source), settings, new, mailbox, answers=answers)
    replays.show(rows, as_json=context.json)
