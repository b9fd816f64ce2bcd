"""The edge of every command: what went wrong becomes one sentence on stderr and an exit code."""

from __future__ import annotations

import contextlib
import errno
import json as jsonlib
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import click

from core.errors import BadInput, GlazokError, Unavailable
from core.i18n import _

UNEXPECTED = 1
USAGE = 2
INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
BROKEN_PIPE = 141
"""128 + SIGPIPE: whoever read our output has gone; nothing to say."""


class ReaderGoneError(Exception):
    """A broken pipe, kept from click, which would exit with the code that scripts know for bugs."""


@contextlib.contextmanager
def reader_may_leave() -> Iterator[None]:
    """Raises ReaderGoneError for a broken pipe."""
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def tell(error: BaseException, *, json: bool, debug: bool) -> int:
    """Say on stderr what happened, as a sentence or as a JSON object; returns the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, (ReaderGoneError, BrokenPipeError)):
        # Python would complain once more when it flushes stdout at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else UNEXPECTED if error.code else 0
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo(_("Interrupted."), err=True)
        return INTERRUPTED
    if debug and not isinstance(error, (GlazokError, click.ClickException)):
        traceback.print_exception(error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not json:
        click.echo(error.format_message(), err=True)
        return USAGE
    message, hint, code = _in_words(error)
    _say(message, hint, code, json=json)
    return code


def _in_words(error: BaseException) -> tuple[str, str, int]:
    match error:
        case GlazokError():
            return error.message, error.hint, error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            return _("Missing command."), _try_help(error), USAGE
        case click.UsageError():
            return error.format_message(), _try_help(error), USAGE
        case click.ClickException():
            return error.format_message(), "", error.exit_code
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return _("The disk is full."), _("Make room and try again; what was saved before is safe."), 7
        case UnicodeEncodeError(reason="surrogates not allowed"):
            # Bytes of the command line that are no UTF-8, on their way into the database.
            return (
                _("What was typed is not valid UTF-8 text."),
                _("Set a UTF-8 locale, such as LANG=C.UTF-8, and type it again."),
                BadInput.exit_code,
            )
        case PermissionError() if error.filename:
            return (
                _("{file} may not be read or written by this user.").format(file=error.filename),
                _("Run the command as the user to whom the desk belongs."),
                Unavailable.exit_code,
            )
    return _unexpected(error)


def _try_help(error: click.UsageError) -> str:
    if error.ctx is None:
        return ""
    return _("Try '{command} {option}' for help.").format(
        command=error.ctx.command_path, option=error.ctx.help_option_names[-1]
    )


def _unexpected(error: BaseException) -> tuple[str, str, int]:
    name = type(error).__name__
    report = _write_report(error)
    hint = _("Run the command again with --debug to see where; please report it as a bug.")
    if report:
        hint = _("{report} says where (without any letter's words); --debug shows it here.").format(
            report=report
        )
    return _("This should not have happened: {error}.").format(error=name), hint, UNEXPECTED


def _write_report(error: BaseException) -> Path | None:
    """Where in the program it happened: no messages and no values, which may hold letters."""
    from core.clock import now
    from core.paths import state_folder

    lines = [f"{now():%Y-%m-%d %H:%M:%S} UTC"]
    seen: BaseException | None = error
    while seen is not None:
        lines += [
            type(seen).__qualname__,
            *(line.rstrip() for line in traceback.format_tb(seen.__traceback__)),
        ]
        seen = seen.__cause__ or seen.__context__
    try:
        folder = state_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "last-error.txt"
        path.unlink(missing_ok=True)
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write("\n".join(lines) + "\n")
    except OSError:
        return None
    return path


def _say(message: str, hint: str, code: int, *, json: bool) -> None:
    from core.text import json_safe, terminal_safe

    if json:
        line = jsonlib.dumps(
            {"code": code, "error": message, "hint": hint}, ensure_ascii=False, sort_keys=True
        )
        click.echo(json_safe(line).encode() + b"\n", err=True, nl=False)
        return
    click.echo(terminal_safe(_("Error: {message}").format(message=message), keep_newlines=True), err=True)
    if hint:
        click.echo(terminal_safe(hint, keep_newlines=True), err=True)
