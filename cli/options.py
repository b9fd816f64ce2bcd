"""What commands share: `--config`, `--json`, `--as`, and the way from them to settings, desk and actor.

A command takes the options by decorators, and the context that they fill; `shared` is the usual three in one:

    @click.command(help=N_("…"), epilog=example("glazok ticket list --json"))
    @shared
    def command(context: CommandContext) -> None:
        with open_desk(context) as desk:
            who = actor(context, desk)

Imports nothing heavy: settings and services come in when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core.i18n import N_, _
from core.names import mentions_said

if TYPE_CHECKING:
    from core.services.access import Actor
    from core.services.desk import Desk
    from core.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLE = N_("Example:")


@dataclass
class CommandContext:
    """What the shared options said. Kept as click's `ctx.obj`, one for the whole command line."""

    config: Path | None = None
    """The file of `--config`, None: wherever it is found."""
    login: str | None = None
    """The login of `--as`, None: the system user's name."""
    json: bool = False
    """Whether stdout gets JSON and nothing else."""
    debug: bool = False
    """Whether an unexpected error shows where it happened."""
    _settings: Settings | None = field(default=None, repr=False)

    def settings(self) -> Settings:
        """The configuration, read once. Raises ConfigError."""
        if self._settings is None:
            from core.settings import load

            self._settings = load(self.config)
        return self._settings


pass_context = click.make_pass_decorator(CommandContext, ensure=True)
"""Hands the CommandContext to the command as its first argument."""


def example(*lines: str) -> str:
    """An epilog with example commands, kept line by line; its heading is translated where it is shown."""
    return "\b\n" + "\n".join([EXAMPLE, *(f"  {line}" for line in lines)])


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        # An option left out must not undo what stood before the subcommand.
        if value is not None and value is not False:
            setattr(ctx.ensure_object(CommandContext), name, value)

    return keep


def _keep_login(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    if not value.strip():
        from core.errors import UsageError

        # A script whose variable is empty would read, and act, as somebody else.
        raise UsageError(
            _("--as names nobody: the login is empty."),
            hint=_("Give an agent's login, or leave --as out."),
        )
    ctx.ensure_object(CommandContext).login = value


def config_option(command: F) -> F:
    """`--config FILE`; fills `context.config`."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        metavar=N_("FILE"),
        expose_value=False,
        callback=_keep("config"),
        help=N_("The configuration to use. [default: $GLAZOK_CONFIG, ./config.toml, or the user's]"),
    )(command)


def json_option(command: F) -> F:
    """`--json`; fills `context.json`."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep("json"),
        help=N_("Print JSON and nothing else."),
    )(command)


def as_option(command: F) -> F:
    """`--as LOGIN`; fills `context.login`."""
    return click.option(
        "--as",
        # A name that no option of a command has: of two with one name, one would answer for the other.
        "acting_agent",
        metavar=N_("LOGIN"),
        expose_value=False,
        callback=_keep_login,
        help=N_("The agent who acts. [default: the one with the system user's name]"),
    )(command)


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command by which an agent acts or reads, and the context that they fill."""
    return config_option(json_option(as_option(pass_context(command))))


op_id_option = click.option(
    "--op-id",
    metavar=N_("ID"),
    help=N_("A name of your own for this command: repeated with the same one, it is done only once."),
)
ticket_argument = click.argument("ticket", type=click.IntRange(min=1), metavar=N_("TICKET"))


def tell(context: CommandContext, result: Any, sentence: str) -> None:
    """Print what a command did: the result as JSON where that is wanted, else the sentence, whom its words let
    in or did not reach, and what it came too late for."""
    from cli.output import print_json, say
    from core.names import left_already

    if context.json:
        print_json(result)
        return
    done = result if isinstance(result, list) else [result]
    outside, gone = (
        [name for one in done for name in getattr(one, kind, ())]
        for kind in ("mentioned_outside", "mentioned_gone")
    )
    if besides := mentions_said(outside, gone):
        sentence += " " + besides
    told = dict.fromkeys(address for one in done for address in getattr(one, "told_before", ()))
    if told:
        sentence += " " + left_already(list(told))
    say(sentence)


@contextmanager
def open_desk(context: CommandContext) -> Iterator[Desk]:
    """The desk of the context's configuration, closed at the end. Raises ConfigError, Unavailable."""
    from core.services.desk import Desk

    desk = Desk.open(context.settings())
    try:
        yield desk
    finally:
        desk.close()


def actor(context: CommandContext, desk: Desk) -> Actor:
    """The agent who acts: the one of `--as`, else the one with the system user's name. Raises NotFound."""
    from core.services.access import Actor
    from core.services.identity import agent_by_login

    return Actor.agent(agent_by_login(desk, login_of(context, desk)).id)


def reader(context: CommandContext, desk: Desk, *, listed: bool = False) -> Actor:
    """Who reads: as `actor`, but without --as whoever may open the desk's file may read it, agent or not.

    A list for people (`listed`) says so: it is longer than an agent's would be. One ticket is the same for all.
    """
    from core.errors import NotFound
    from core.services.access import OPERATOR

    try:
        return actor(context, desk)
    except NotFound:
        if context.login:
            raise
        if listed and not context.json:
            told = _(
                "Reading as the operator: no agent has your login {login}, so tickets of all groups are shown."
            )
            click.echo(told.format(login=system_user()), err=True)
        return OPERATOR


def login_of(context: CommandContext, desk: Desk) -> str:
    """The login of the agent who acts. Raises NotFound, saying how to become one."""
    from core.errors import NotFound
    from core.services.identity import agent_by_login

    login = context.login or system_user()
    try:
        return agent_by_login(desk, login).login
    except NotFound:
        if context.login:
            raise
        raise NotFound(
            _("Your system user, {login}, is no agent of this desk.").format(login=login),
            hint=_("Say who you are with --as LOGIN, or add yourself with: glazok agent add {login}").format(
                login=login
            ),
        ) from None


def system_user() -> str:
    """The name of the user who runs this process, from the system's own list rather than from $USER."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
