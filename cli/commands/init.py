"""`glazok init`: a desk's folder with a commented configuration, secret and database. Overwrites nothing."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from cli.options import CommandContext, example, json_option, pass_context, system_user
from cli.output import print_json, say
from core.errors import Conflict, Unavailable
from core.i18n import N_, _
from core.names import system_words
from core.paths import CONFIG, example_config

KEY_FILE = "secret.key"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Made:
    """What `init` left behind."""

    config: Path
    secret: Path
    secret_kept: bool
    """True where a secret was there already."""
    database: Path


@click.command(
    "init",
    help=N_("Make a desk: a commented configuration, a secret and a database. It overwrites nothing."),
    epilog=example("glazok init --dir desk --name 'Example support' --language en"),
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar=N_("DIRECTORY"),
    help=N_("The folder to make the desk in. [default: the current one]"),
)
@click.option("--name", default="", metavar=N_("TEXT"), help=N_("The desk's name."))
@click.option(
    "--language",
    type=click.Choice(["auto", "en", "ru"]),
    default="auto",
    help=N_("Language of screens and commands; auto: the locale's."),
)
@json_option
@pass_context
def command(context: CommandContext, folder: Path, name: str, language: str) -> None:
    made = make_desk(folder.expanduser().absolute(), name=name, language=language)
    if context.json:
        print_json(made)
    else:
        say(_report(made))


def make_desk(folder: Path, *, name: str = "", language: str = "auto") -> Made:
    """Make a desk in a folder. Raises Conflict where one is there, Unavailable where it cannot be written.

    The configuration comes last: an `init` that was interrupted can simply be run again.
    """
    config = folder / CONFIG
    if config.exists():
        raise Conflict(
            _("{config} exists already; nothing was changed.").format(config=config),
            hint=_("Check that desk with: glazok doctor --config {config}").format(config=config),
        )
    from core.services import setup
    from core.settings import read

    text = _filled(example_config().read_text("utf-8"), name=name, language=language)
    settings = read(text, config)
    try:
        with _private():
            folder.mkdir(parents=True, exist_ok=True)
            secret = folder / KEY_FILE
            kept = not _write_new(secret, secrets.token_hex(SECRET_BYTES) + "\n")
            setup.upgrade(settings)
            settings.blobs_folder.mkdir(exist_ok=True)
            if not _write_new(config, text):
                raise Conflict(_("{config} exists already; nothing was changed.").format(config=config))
    except OSError as error:
        raise Unavailable(
            _("The desk cannot be made in {folder}: {why}.").format(folder=folder, why=system_words(error)),
            hint=_("Choose a folder that you may write to with --dir DIRECTORY."),
        ) from error
    return Made(config, secret, kept, settings.database_path)


@contextmanager
def _private() -> Iterator[None]:
    """Whatever is made inside is for this user alone: letters and secrets lie there."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _write_new(path: Path, text: str) -> bool:
    """Write a file that does not exist yet, for its owner alone; False where it does."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return True


def _filled(text: str, *, name: str, language: str) -> str:
    if name:
        quoted = '"' + re.sub(r'(["\\])', r"\\\1", " ".join(name.split())) + '"'
        text = text.replace('name = "Support desk"', f"name = {quoted}", 1)
    return text.replace('language = "auto"', f'language = "{language}"', 1)


def _report(made: Made) -> str:
    secret = _("{secret} (was there, kept)") if made.secret_kept else "{secret}"
    where = "" if made.config.parent == Path.cwd() else f" --config {made.config}"
    return "\n".join(
        [
            _("The desk is made in {folder}:").format(folder=made.config.parent),
            f"  {made.config.name}  {secret.format(secret=made.secret.name)}  {made.database.name}",
            "",
            _("Next: name your mailboxes in {config}, then").format(config=made.config),
            f"  glazok agent add {system_user()} --group first{where}",
            f"  glazok doctor{where}",
            f"  glazok serve{where}",
        ]
    )
