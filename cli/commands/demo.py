"""`glazok demo`: a whole desk to try, without a screen for scripts, or made in a size and left to be measured."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.options import CommandContext, example, json_option, pass_context
from cli.output import print_json_lines, say
from core.errors import Unavailable, UsageError
from core.i18n import N_, _

DEFAULT_TICKETS = 10_000


@click.command(
    "demo",
    help=N_(
        "Try a whole desk in a temporary folder: mail servers, clients who write, colleagues who work, and the "
        "console. Nothing outside this machine is touched, and everything is removed at the end."
    ),
    epilog=example(
        "glazok demo",
        "glazok demo --headless --seconds 20",
        "glazok demo --prepare --dir desk --tickets 100000",
    ),
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=N_("DIRECTORY"),
    help=N_("The folder to make the desk in, which then stays. [default: a temporary one]"),
)
@click.option(
    "--language",
    type=click.Choice(["auto", "en", "ru"]),
    default="auto",
    help=N_("Language of the screen and the staff; auto: the locale's."),
)
@click.option(
    "--seed", type=int, default=1, metavar=N_("NUMBER"), help=N_("The same number makes the same desk.")
)
@click.option(
    "--headless",
    is_flag=True,
    help=N_(
        "Without a screen: print what happens as JSON lines. Exits 0 only if a letter went all the way: ticket, "
        "eye, answer, and the client's next letter in the same ticket."
    ),
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    metavar=N_("NUMBER"),
    help=N_("With --headless: end after so many seconds. [default: 20]"),
)
@click.option("--prepare", is_flag=True, help=N_("Make a desk in the folder of --dir, and stop."))
@click.option(
    "--tickets",
    type=click.IntRange(min=1),
    metavar=N_("NUMBER"),
    help=N_("With --prepare: how many tickets. [default: 10000]"),
)
@click.option(
    "--messages",
    type=click.FloatRange(min=1),
    metavar=N_("NUMBER"),
    help=N_("With --prepare: letters of a ticket that somebody answers, on average. [default: 3]"),
)
@click.option(
    "--open",
    "open_percent",
    type=click.FloatRange(0, 100),
    metavar=N_("PERCENT"),
    help=N_("With --prepare: how many of a hundred tickets are open. [default: 60]"),
)
@json_option
@pass_context
def command(
    context: CommandContext,
    folder: Path | None,
    language: str,
    seed: int,
    headless: bool,
    seconds: float | None,
    prepare: bool,
    tickets: int | None,
    messages: float | None,
    open_percent: float | None,
) -> int:
    import asyncio

    from core.i18n import language as in_force
    from core.i18n import set_language

    if prepare and headless:
        raise UsageError(_("--prepare and --headless exclude each other."))
    _only_with("--prepare", prepare, {"--tickets": tickets, "--messages": messages, "--open": open_percent})
    _only_with("--headless", headless, {"--seconds": seconds})
    folder = folder.expanduser().absolute() if folder else None
    language = in_force() if language == "auto" else set_language(language)
    if prepare:
        if folder is None:
            raise UsageError(
                _("--prepare needs a folder to make the desk in."),
                hint=_("Name one: glazok demo --prepare --dir DIRECTORY --tickets NUMBER"),
            )
        share = 0.6 if open_percent is None else open_percent / 100
        return _prepare(context, folder, language, tickets or DEFAULT_TICKETS, messages or 3.0, seed, share)
    _check_servers()
    if headless:
        from cli.demo import headless as screenless

        return asyncio.run(screenless.run(folder, language, seed, seconds or 20.0))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            _("The demo opens a console, which needs a terminal, and this is none."),
            hint=_("Without a screen there is: glazok demo --headless --seconds 20"),
        )
    from cli.demo import screen

    return asyncio.run(screen.run(folder, language, seed))


def _only_with(flag: str, given: bool, options: dict[str, object]) -> None:
    for name, value in options.items():
        if value is not None and not given:
            raise UsageError(_("{option} means nothing without {flag}.").format(option=name, flag=flag))


def _check_servers() -> None:
    from importlib.util import find_spec

    if not all(find_spec(name) for name in ("aiosmtpd", "pymap")):
        raise Unavailable(
            _("The demo's mail servers, pymap and aiosmtpd, are not installed."),
            hint=_("Install them with: pip install 'glazok[demo]'"),
        )


def _prepare(
    context: CommandContext,
    folder: Path,
    language: str,
    tickets: int,
    messages: float,
    seed: int,
    open_share: float,
) -> int:
    import shlex

    from cli.demo.cast import ME
    from cli.demo.desk import prepare

    settings = prepare(folder, language, tickets, messages, seed, open_share)
    line = f"glazok console --as {ME} --config {shlex.quote(str(settings.path))}"
    if context.json:
        print_json_lines(
            [{"config": settings.path, "login": ME, "open": line, "seed": seed, "tickets": tickets}]
        )
    else:
        say(
            _("A desk with {count} tickets is ready. Open it with: {command}").format(
                count=tickets, command=line
            )
        )
    return 0
