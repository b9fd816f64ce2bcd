"""The one `glazok` command: language first, then the subcommand's module alone, then errors in one sentence.

Imports no settings, no services, no screen: `glazok --help` and a mistyped command answer at once.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cli import failures
from cli.localise import localise
from cli.options import CommandContext, as_option, config_option, example
from cli.table import SECTIONS, names
from core.errors import GlazokError
from core.i18n import N_, _, set_language


class Glazok(click.Group):
    """A group whose commands are modules of `cli.commands`, imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in names():
            return None
        command = importlib.import_module(f"cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return localise(command)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with failures.reader_may_leave():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with failures.reader_may_leave():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in names():
            near = difflib.get_close_matches(name, names(), n=1)
            hint = " " + _("Did you mean {name}?").format(name=near[0]) if near else ""
            raise click.UsageError(_("There is no command {name}.").format(name=name) + hint, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        present = names()
        width = max(map(len, present), default=0)
        for title, rows in SECTIONS:
            shown = [(name.ljust(width), _(text)) for name, text in rows if name in present]
            if shown:
                with formatter.section(_(title)):
                    formatter.write_dl(shown)

    def get_help(self, ctx: click.Context) -> str:
        localise(self)
        return super().get_help(ctx)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"glazok {_version()}")
        ctx.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("glazok")
    except PackageNotFoundError:
        # A checkout that was never installed.
        import tomllib

        project = Path(__file__).parent.parent / "pyproject.toml"
        return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])


@click.command(
    "glazok",
    cls=Glazok,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=N_("A help desk that lives in the terminal. Without a command: the agent's console."),
    epilog=example("glazok demo", "glazok init --dir desk", "glazok ticket list --json"),
)
@config_option
@as_option
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    help=N_("Show where an unexpected error happened; also after a command."),
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help=N_("Show the version and exit."),
)
@click.pass_context
def glazok(ctx: click.Context) -> None:
    ctx.ensure_object(CommandContext)
    if ctx.invoked_subcommand is None:
        console = glazok.get_command(ctx, "console")
        if console is None:
            raise click.UsageError(_("Missing command."), ctx)
        with console.make_context("console", [], parent=ctx) as below:
            console.invoke(below)


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code (docs/commands.md lists them) and never raises."""
    given = list(sys.argv[1:] if args is None else args)
    debug = bool(os.environ.get("GLAZOK_DEBUG")) or "--debug" in given
    given = [word for word in given if word != "--debug"]
    set_language(_wanted_language(given))
    context = CommandContext(debug=debug)
    try:
        result: Any = glazok.main(given, prog_name="glazok", standalone_mode=False, obj=context)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the process ends here, with a sentence and a code
        return failures.tell(error, json="--json" in given, debug=debug)
    return result if isinstance(result, int) else 0


def _wanted_language(args: Sequence[str]) -> str:
    from core.paths import find_config
    from core.settings import peek_language

    named: Path | None = None
    for index, word in enumerate(args):
        if word in {"-c", "--config"} and index + 1 < len(args):
            named = Path(args[index + 1])
        elif word.startswith("--config="):
            named = Path(word.removeprefix("--config="))
    try:
        return peek_language(find_config(named))
    except (GlazokError, OSError):
        return peek_language(None)


if __name__ == "__main__":
    sys.exit(main())
