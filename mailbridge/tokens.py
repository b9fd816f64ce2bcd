"""Access tokens for XOAUTH2, fetched by a command as mbsync's PassCmd and msmtp's passwordeval do.

Which provider gives the token, and how, is that command's affair. Knows no mail library and no database.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess

from core import logs
from core.errors import Unavailable
from core.i18n import _
from core.names import system_words

TOKEN_SECONDS = 30.0
"""A command gets so long: it may have to ask a provider far away."""
MAX_TOKEN = 16 * 1024
"""Characters of a token; a longer first line is something else."""


def xoauth2(user: str, token: str) -> bytes:
    """The initial client response, not in base64 yet (developers.google.com/gmail/imap/xoauth2-protocol)."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


def fetch_token(command: str, key: str, seconds: float = TOKEN_SECONDS) -> str:
    """The first line that a command prints, run without a shell; blocking. Raises Unavailable.

    `key` is the setting that names the command. What the command prints is neither kept nor shown, and the token
    is blanked out of every later line of the log.
    """
    try:
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A group of its own, so that what it has started ends with it.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = system_words(error) if isinstance(error, OSError) else str(error)
        raise _failed(key, _("it cannot be started: {why}").format(why=why)) from None
    try:
        output, _errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise _failed(key, _("it took longer than {seconds} s").format(seconds=f"{seconds:g}")) from None
    finally:
        _end(process)
    if process.returncode:
        raise _failed(key, _("it ended with exit code {code}").format(code=process.returncode))
    token = output.partition(b"\n")[0].decode("utf-8", "replace").strip()
    if not token:
        raise _failed(key, _("it printed nothing"))
    if len(token) > MAX_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise _failed(key, _("its first line is no token"))
    logs.hide(token)
    return token


def _failed(key: str, what: str) -> Unavailable:
    return Unavailable(
        _("{key} gave no token ({what})").format(key=key, what=what),
        hint=_("Run the command by hand as the desk's user: its first line has to be the token."),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what still runs, and take its leave."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    process.wait()


class TokenSource:
    """One login's token: fetched when it is first needed, kept until a server refuses it."""

    def __init__(self, command: str, key: str, seconds: float = TOKEN_SECONDS) -> None:
        self.command = command
        self.key = key
        self._seconds = seconds
        self._kept = ""

    def __repr__(self) -> str:
        return f"TokenSource({self.key})"

    @property
    def kept(self) -> bool:
        """True where the next token is one of before: if it is refused, a new one may not be."""
        return bool(self._kept)

    async def get(self) -> str:
        """A token. Raises Unavailable."""
        if not self._kept:
            self._kept = await asyncio.to_thread(fetch_token, self.command, self.key, self._seconds)
        return self._kept

    def forget(self) -> None:
        """It was refused: the next one is fetched anew."""
        self._kept = ""
