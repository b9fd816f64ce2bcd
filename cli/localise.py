"""Makes click's commands speak the language in force: help, metavars, headings of examples.

click itself asks gettext for its own words (`core.i18n.set_language` does it); what authors
of commands write, and the names of types, it shows as they stand. So they are translated here, right before
a command is used, from the originals: a process may change its language.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import click

from cli.numbers import plainly
from cli.options import EXAMPLE
from core.i18n import _

_originals: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def localise(command: click.Command) -> click.Command:
    """The same command, its texts and those of its parameters and subcommands in the language in force."""
    texts = _remember(command, ("help", "short_help", "epilog", "options_metavar", "subcommand_metavar"))
    for name, text in texts.items():
        if isinstance(text, str):
            setattr(command, name, _epilog(text) if name == "epilog" else _(text))
    for parameter in command.params:
        _parameter(parameter)
    command._help_option = None
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            localise(inner)
    return command


def _remember(thing: Any, names: tuple[str, ...]) -> dict[str, Any]:
    kept = _originals.get(thing)
    if kept is None:
        kept = _originals[thing] = {name: getattr(thing, name) for name in names if hasattr(thing, name)}
    return kept


def _epilog(text: str) -> str:
    head, mark, rest = text.partition(EXAMPLE)
    return head + _(EXAMPLE) + rest if mark and head in {"", "\b\n"} else _(text)


def _parameter(parameter: click.Parameter) -> None:
    parameter.type = plainly(parameter.type)
    texts = _remember(parameter, ("help", "metavar"))
    help_text, metavar = texts.get("help"), texts["metavar"]
    if isinstance(help_text, str):
        parameter.help = _(help_text)
    if isinstance(metavar, str):
        parameter.metavar = _(metavar)
    elif isinstance(parameter, click.Argument):
        shown = _((parameter.name or "").upper())
        shown = shown if parameter.required else f"[{shown}]"
        parameter.metavar = shown + ("..." if parameter.nargs != 1 else "")
    elif isinstance(parameter, click.Option) and not parameter.is_flag and not parameter.count:
        word = _type_word(parameter.type)
        if word:
            parameter.metavar = _(word) + ("..." if parameter.nargs != 1 else "")


def _type_word(kind: click.ParamType[Any]) -> str:
    """The type's own word in capitals, empty where click builds something better (choices, dates)."""
    if isinstance(kind, (click.Choice, click.DateTime, click.Tuple)):
        return ""
    if isinstance(kind, click.Path):
        if not kind.dir_okay:
            return "FILE"
        return "PATH" if kind.file_okay else "DIRECTORY"
    return _type_name(kind).removesuffix(" range").upper()


def _type_name(kind: click.ParamType[Any]) -> str:
    """click's own name of a type: the one in force may be a translation."""
    return str(_remember(kind, ("name",)).get("name", ""))
