"""Logins with a token that a command prints, at real IMAP and SMTP servers."""

from __future__ import annotations

import asyncio
import imaplib
import logging
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.checkup.network import check_imap, check_smtp
from core import logs
from core.errors import Unavailable
from core.settings import ImapSettings, MailboxSettings, SmtpSettings
from mailbridge.imap import ImapSource
from mailbridge.relay import smtp_server as server_of
from mailbridge.servers import LoginRefused, Server
from mailbridge.smtp import Phase, SmtpSink
from mailbridge.tokens import TokenSource, fetch_token
from mailbridge.watching import imap_server
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtp import SmtpServer

MakeServer = Callable[..., SmtpServer]
RAW = b"From: a@desk.example\r\nSubject: x\r\n\r\nHello\r\n"


class Tokens:
    """A command that prints what the file says, and counts how often it ran."""

    def __init__(self, folder: Path, token: str) -> None:
        self.file, self.count = folder / "token", folder / "count"
        self.count.touch()
        self.become(token)
        script = folder / "give token.py"
        script.write_text(
            "import sys\n"
            f"open({str(self.count)!r}, 'a').write('x')\n"
            f"sys.stdout.write(open({str(self.file)!r}).read() + '\\nsecond line\\n')\n"
        )
        self.command = shlex.join([sys.executable, str(script)])

    def become(self, token: str) -> None:
        self.file.write_text(token)

    @property
    def runs(self) -> int:
        return len(self.count.read_text())


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path, PASSWORD)


@pytest.fixture
def dovecot(dovecot: Dovecot) -> Dovecot:
    """One that takes a user's password as the token; 2.4 asks an authority, which the tests do not have."""
    with imaplib.IMAP4("127.0.0.1", dovecot.imap_port) as client:
        if "AUTH=XOAUTH2" not in client.capabilities:
            pytest.skip("this Dovecot offers no XOAUTH2 without an authority for tokens")
    return dovecot


def imap_settings(dovecot: Dovecot, user: str, command: str) -> ImapSettings:
    return ImapSettings(
        host="127.0.0.1", port=dovecot.imap_port, security="plain", user=user, auth="xoauth2",
        token_command=command,
    )  # fmt: skip


def smtp_settings(server: SmtpServer, command: str) -> SmtpSettings:
    return SmtpSettings(
        host="127.0.0.1", port=server.port, security="plain", user="a@desk.example", auth="xoauth2",
        token_command=command,
    )  # fmt: skip


async def on_phase(_phase: Phase) -> None:
    return


async def send(sink: SmtpSink) -> bool:
    results = await sink.deliver("a@desk.example", ["b@x.example"], RAW, on_phase)
    return results["b@x.example"].taken


async def test_imap_takes_the_first_line_of_the_command_as_token(dovecot: Dovecot, tokens: Tokens) -> None:
    box = dovecot.mailbox()
    box.append(RAW)
    source = ImapSource(imap_server(imap_settings(dovecot, box.user, tokens.command)))
    for _login in range(2):
        await source.open()
        await source.select("INBOX")
        assert len(await source.search(1)) == 1
        await source.close()
    assert tokens.runs == 1


async def test_a_token_that_imap_refuses_is_told_at_once_and_never_shown(
    dovecot: Dovecot, tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens.become("ya29.refused-token")
    box = dovecot.mailbox()
    source = ImapSource(imap_server(imap_settings(dovecot, box.user, tokens.command)))
    async with asyncio.timeout(30):
        with pytest.raises(LoginRefused, match="the token was refused") as caught:
            await source.open()
    assert "ya29" not in f"{caught.value} {caught.value.hint} {caplog.text}"
    assert tokens.runs == 1


async def test_a_kept_token_that_imap_no_longer_takes_is_fetched_anew(
    dovecot: Dovecot, tokens: Tokens
) -> None:
    box = dovecot.mailbox()
    tokens.become("expired-token")
    server = imap_server(imap_settings(dovecot, box.user, tokens.command))
    assert server.token is not None
    await server.token.get()
    tokens.become(PASSWORD)
    source = ImapSource(server)
    await source.open()
    assert (await source.select("INBOX")).uidvalidity
    await source.close()
    assert tokens.runs == 2


async def test_smtp_logs_in_with_a_token(make_smtp_server: MakeServer, tokens: Tokens) -> None:
    server = make_smtp_server(users={"a@desk.example": PASSWORD})
    sink = SmtpSink(server_of(smtp_settings(server, tokens.command)))
    assert await send(sink)
    await sink.close()
    assert server.received[0].login == "a@desk.example"


async def test_a_refused_challenge_of_smtp_gets_an_empty_answer_and_one_sentence(
    make_smtp_server: MakeServer, tokens: Tokens
) -> None:
    server = make_smtp_server(users={"a@desk.example": "another-token"})
    sink = SmtpSink(server_of(smtp_settings(server, tokens.command)))
    with pytest.raises(LoginRefused, match=r"user a@desk\.example or the token was refused \(535"):
        await send(sink)
    assert "C: answer b''" in server.dialogue
    assert tokens.runs == 1


async def test_a_kept_token_that_smtp_no_longer_takes_is_fetched_anew(
    make_smtp_server: MakeServer, tokens: Tokens
) -> None:
    server = make_smtp_server(users={"a@desk.example": PASSWORD})
    tokens.become("expired-token")
    settings = server_of(smtp_settings(server, tokens.command))
    assert settings.token is not None
    await settings.token.get()
    tokens.become(PASSWORD)
    sink = SmtpSink(settings)
    assert await send(sink)
    await sink.close()
    assert tokens.runs == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["/no/such/program"], "cannot be started: there is no such file or folder"),
        ([sys.executable, "-c", "import sys; print('hush-hush'); sys.exit(3)"], "ended with exit code 3"),
        ([sys.executable, "-c", ""], "printed nothing"),
        ([sys.executable, "-c", "print(); print('token')"], "printed nothing"),
        ([sys.executable, "-c", "print('please log in first')"], "first line is no token"),
    ],
)
def test_what_is_wrong_with_the_command_is_one_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(Unavailable, match=sentence) as caught:
        fetch_token(shlex.join(words), "mailboxes.support.imap.token_command")
    assert "mailboxes.support.imap.token_command" in str(caught.value)
    # The log blanks what stands behind "token:"; of this sentence every word is needed.
    assert logs.redact(str(caught.value)) == str(caught.value)
    assert "hush-hush" not in str(caught.value)


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    command = shlex.join(["sh", "-c", f"sleep 600 & echo $! > {shlex.quote(str(child))}; sleep 600"])
    for seconds in (1, 5, 25):
        with pytest.raises(Unavailable, match=f"longer than {seconds} s"):
            fetch_token(command, "imap.token_command", seconds=seconds)
        # A machine that is busy has perhaps not come so far: then it gets more time.
        if child.exists() and child.read_text().strip():
            break
    process = int(child.read_text())
    deadline = time.monotonic() + 30
    try:
        while _runs(process):
            assert time.monotonic() < deadline, "what the command had started goes on"
            time.sleep(0.02)
    finally:
        if _runs(process):
            os.kill(process, signal.SIGKILL)


def _runs(process: int) -> bool:
    """Whether a process is there and not only its entry, which whoever adopts an orphan takes away."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_the_shell_is_not_asked() -> None:
    assert fetch_token("echo '$HOME;`id`'", "imap.token_command") == "$HOME;`id`"


async def test_doctor_logs_in_with_the_token_too(
    dovecot: Dovecot, make_smtp_server: MakeServer, tokens: Tokens
) -> None:
    relay = make_smtp_server(users={"a@desk.example": PASSWORD})
    box = dovecot.mailbox()
    mailbox = MailboxSettings.model_validate(
        {
            "address": "a@desk.example",
            "imap": imap_settings(dovecot, box.user, tokens.command),
            "smtp": smtp_settings(relay, tokens.command),
        }
    )
    assert (await asyncio.to_thread(check_imap, "support", mailbox)).state != "failed"
    assert (await asyncio.to_thread(check_smtp, "support", mailbox.smtp)).state != "failed"
    tokens.become("refused-token")
    assert (await asyncio.to_thread(check_imap, "support", mailbox)).state == "failed"
    assert (await asyncio.to_thread(check_smtp, "support", mailbox.smtp)).state == "failed"


async def test_the_server_value_shows_no_token(tokens: Tokens) -> None:
    source = TokenSource(tokens.command, "imap.token_command")
    token = await source.get()
    assert token not in repr(Server("h", 1, "tls", "u", lambda: "", token=source))
