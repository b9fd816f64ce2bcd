"""A letter in a file, for the commands that say what the desk would do with it, and how they say it."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, ConfigError, NotFound
from core.i18n import _

if TYPE_CHECKING:
    from core.domain.forms import FormLetter
    from core.domain.letters import Letter
    from core.services.explaining import Trial
    from core.settings import Settings


def read_letter(name: str, settings: Settings) -> Letter:
    """The letter in a file, `-` for standard input, told apart from our own. Raises BadInput."""
    return _read(_source(name), name, settings)


def read_as_stored(name: str, settings: Settings, wanted: str) -> tuple[Letter, str]:
    """The same as the bridge would file it, and the key of the mailbox that it came into: what is too large, or
    cannot be read in full, is known by its bytes. Raises BadInput, and NotFound for a mailbox that is not there."""
    from mailbridge.stored import HEADER_BYTES, explained, in_part, is_too_large

    source = _source(name)
    with _opened(source) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        # Its headers say which mailbox it came into, and only that mailbox how much of it is read.
        letter = _read(file.read(HEADER_BYTES) if size > HEADER_BYTES else source, name, settings)
        key = mailbox_for(settings, letter, wanted)
        mailbox = settings.mailboxes.get(key)
        large = mailbox is not None and is_too_large(size, mailbox.max_letter_mb)
        if mailbox is not None and (mailbox.trusted or (size > HEADER_BYTES and not large)):
            file.seek(0)
            letter = _read(
                file.read(HEADER_BYTES) if large else source, name, settings, trusted=mailbox.trusted
            )
        letter = explained(letter)
        if mailbox is not None and (large or letter.error):
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            letter = in_part(letter, file, size, digest, mailbox.max_letter_mb)
    return letter, key


def _source(name: str) -> bytes | Path:
    if name == "-":
        return sys.stdin.buffer.read()
    path = Path(name)
    # A pipe, such as a shell makes of <(…), can be read but once.
    return path.read_bytes() if path.is_fifo() else path


def _opened(source: bytes | Path) -> io.BufferedReader | io.BytesIO:
    """The bytes of a source; none where it cannot be opened, of which `_read` has words."""
    try:
        return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError:
        return io.BytesIO()


def _read(source: bytes | Path, name: str, settings: Settings, *, trusted: bool = False) -> Letter:
    from mailbridge.outgoing import loop_mark
    from mailbridge.parse_files import parse_files
    from mailbridge.stored import told_apart

    (letter,) = parse_files([source], trusted=trusted)
    if isinstance(letter, str):
        raise BadInput(
            _("{file}: {reason}").format(file=name, reason=letter),
            hint=_("Name files that exist and may be read."),
        )
    try:
        return told_apart(letter, loop_mark(settings.desk.secret.reveal().encode()))
    except ConfigError:
        # A form can be tried on a machine that does not have the desk's secret.
        return replace(letter, loop=False)


def mailbox_for(settings: Settings, letter: Letter, wanted: str) -> str:
    """The mailbox that a letter is taken to have come into. Raises NotFound for one that is not configured."""
    from core.services.routing import mailbox_of

    check_mailbox(settings, wanted)
    return wanted or mailbox_of(settings, letter)


def check_mailbox(settings: Settings, wanted: str) -> None:
    """Raises NotFound for a mailbox that is named and not configured."""
    if wanted and wanted not in settings.mailboxes:
        raise NotFound(
            _("There is no mailbox {key}.").format(key=wanted),
            hint=_("Mailboxes are written in the configuration, under [mailboxes.KEY]."),
        )


def trials_document(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Forms or rules that were tried, as JSON has them."""
    return [
        {"name": one.name, "holds": one.holds, "reasons": list(one.reasons), "failed": one.failed or None}
        for one in trials
    ]


def form_document(found: FormLetter | None, region: str) -> dict[str, Any] | None:
    """What a form yields, as JSON has it: null for a field that was not found."""
    if found is None:
        return None
    return {
        "name": found.form,
        "fields": {name: value or None for name, value in found.values.items()},
        "region": region or None,
        "trouble": found.trouble or None,
        "answer_to": None if found.trouble else found.values["email"],
    }


def say_trials(title: str, trials: Iterable[Trial]) -> None:
    """Forms or rules that were tried, one a line, up to the one that holds."""
    from cli.output import say
    from core.text import one_line

    for one in trials:
        if one.holds:
            reasons = ", ".join(one.reasons) or _("it has no conditions")
            told = _("{name}: holds ({reasons})").format(name=one.name, reasons=reasons)
        else:
            told = _("{name}: does not hold: {condition}").format(name=one.name, condition=one.failed)
        say(f"  {title} {one_line(told)}")


def say_form(found: FormLetter, region: str) -> None:
    """What a form yields, a field a line, the text last."""
    from cli.output import say
    from core.services.forms import why
    from core.text import one_line

    titles = {
        "email": _("E-mail"), "name": _("Name"), "region": _("Region"), "subject": _("Subject"), "text": _("Text"),
    }  # fmt: skip
    wide = max(map(len, titles.values())) + 1
    for name, value in found.values.items():
        told = one_line(value) if value else _("not found")
        if name == "region" and value:
            told += f" → {region}" if region else " " + _("(no region of the configuration is called so)")
        if name == "text" and value:
            told = "\n" + "\n".join(f"    {line}" for line in value.splitlines())
        say(f"  {(titles[name] + ':').ljust(wide)} {told}")
    if found.trouble:
        say("  " + _("Filed as it came, {why}").format(why=why(found)))


def row(title: str, text: str) -> None:
    """One line of an answer; nothing where there is nothing to say."""
    from cli.output import say
    from core.text import one_line

    if text:
        say(f"{title}: {one_line(text)}")


def kind_of_letter(letter: Letter) -> str:
    """What a letter is, for a person."""
    return {
        "letter": _("letter"),
        "automatic": _("automatic mail"),
        "bounce": _("delivery report"),
        "receipt": _("read receipt"),
        "feedback": _("abuse report"),
    }[letter.kind.value]
