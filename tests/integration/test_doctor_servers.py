"""`glazok doctor` against real servers: when all is well, and when a password or a port is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cli.checkup.network import check_imap, check_presence, check_smtp
from core import settings
from core.settings import Settings
from tests.servers.dovecot import Dovecot
from tests.servers.presence import SECRET, SmallDesk, presence
from tests.servers.smtp import SmtpServer
from tests.servers.tls import Ca

NO_IMAP = 'host = "localhost"\nuser = "x"\npassword = "x"'
NO_SMTP = 'host = "localhost"'


def desk(
    folder: Path, *, imap: str = NO_IMAP, smtp: str = NO_SMTP, folder_name: str = "INBOX", more: str = ""
) -> Settings:
    """A desk with one mailbox."""
    text = f"""
[groups.first]
name = "First"
[mailboxes.support]
address = "support@example.com"
folder = "{folder_name}"
[mailboxes.support.imap]
{imap}
[mailboxes.support.smtp]
{smtp}
{more}
"""
    return settings.read(text, folder / "config.toml")


def imap_of(dovecot: Dovecot, user: str, password: str, *, tls: bool = False) -> str:
    port, security = (dovecot.imaps_port, "tls") if tls else (dovecot.imap_port, "plain")
    server = f'host = "localhost"\nport = {port}\nsecurity = "{security}"\n'
    return server + f'user = "{user}"\npassword = "{password}"'


@pytest.mark.parametrize("tls", [False, True])
def test_a_mailbox_that_works(
    dovecot: Dovecot, tmp_path: Path, ca: Ca, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))
    box = dovecot.mailbox()
    box.deliver(b"Subject: one\r\n\r\nHello\r\n")
    found = desk(tmp_path, imap=imap_of(dovecot, box.user, box.password, tls=tls))
    check = check_imap("support", found.mailboxes["support"])
    assert (check.state, check.text) == ("ok", "Logged in; the folder INBOX has 1 letter.")
    assert box.flags() == {1: frozenset()}


def test_a_folder_with_a_russian_name(dovecot: Dovecot, tmp_path: Path) -> None:
    box = dovecot.mailbox()
    with box.imap() as client:
        client.create('"&BB8EPgQ0BDQENQRABDYEOgQw- 1"')
    imap = imap_of(dovecot, box.user, box.password)
    assert (
        check_imap("support", desk(tmp_path, imap=imap, folder_name="Поддержка 1").mailboxes["support"]).state
        == "ok"
    )
    check = check_imap("support", desk(tmp_path, imap=imap, folder_name="Поддержка 2").mailboxes["support"])
    assert check.state == "failed"
    assert check.text.startswith("The folder Поддержка 2 cannot be opened:")


def test_a_wrong_password_is_said_and_not_shown(dovecot: Dovecot, tmp_path: Path) -> None:
    box = dovecot.mailbox()
    check = check_imap(
        "support", desk(tmp_path, imap=imap_of(dovecot, box.user, "hunter2")).mailboxes["support"]
    )
    assert check.state == "failed"
    assert check.text.startswith(f"localhost refuses the login of {box.user}: ")
    assert "hunter2" not in repr(check)


def test_a_certificate_that_nobody_vouches_for(dovecot: Dovecot, tmp_path: Path) -> None:
    box = dovecot.mailbox()
    found = desk(tmp_path, imap=imap_of(dovecot, box.user, box.password, tls=True))
    check = check_imap("support", found.mailboxes["support"])
    assert check.state == "failed"
    assert check.text.startswith(f"The certificate of localhost:{dovecot.imaps_port} is not valid: ")


def test_tls_where_none_is_spoken(dovecot: Dovecot, tmp_path: Path) -> None:
    wrong = imap_of(dovecot, "x", "x").replace('"plain"', '"tls"')
    check = check_imap("support", desk(tmp_path, imap=wrong).mailboxes["support"])
    assert check.text == f"localhost:{dovecot.imap_port} does not speak TLS."
    assert "993" in check.advice


def test_a_server_that_takes_letters(smtp_server: SmtpServer, tmp_path: Path) -> None:
    smtp = f'host = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"'
    check = check_smtp("support", desk(tmp_path, smtp=smtp).mailboxes["support"].smtp)
    assert (check.state, check.text) == ("ok", "127.0.0.1 would take letters.")
    assert not smtp_server.received
    assert not [line for line in smtp_server.dialogue if "MAIL FROM" in line.upper()]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(("password", "state"), [("open sesame", "ok"), ("hunter2", "failed")])
def test_logging_in_to_send(
    make_smtp_server: Callable[..., SmtpServer],
    tmp_path: Path,
    ca: Ca,
    monkeypatch: pytest.MonkeyPatch,
    tls: str,
    password: str,
    state: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.ca_file))
    server = make_smtp_server(tls=tls, users={"support": "open sesame"})
    smtp = f'host = "localhost"\nport = {server.port}\nsecurity = "{tls}"\n'
    smtp += f'user = "support"\npassword = "{password}"'
    check = check_smtp("support", desk(tmp_path, smtp=smtp).mailboxes["support"].smtp)
    assert check.state == state
    assert "hunter2" not in repr(check)
    if state == "failed":
        assert check.text.startswith("localhost refuses the login of support: 535")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    import socket

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


def test_servers_that_say_nothing_do_not_hold_it_up(silent_port: int, tmp_path: Path) -> None:
    server = f'host = "127.0.0.1"\nport = {silent_port}\nsecurity = "plain"'
    imap = server + '\nuser = "x"\npassword = "x"'
    url = f'[presence]\nurl = "ws://127.0.0.1:{silent_port}/"\n[desk]\nsecret = "0123456789abcdef"'
    found = desk(tmp_path, imap=imap, smtp=server, more=url)
    mailbox = found.mailboxes["support"]
    silence = f"127.0.0.1:{silent_port} does not answer."
    assert check_imap("support", mailbox, 0.2).text == silence
    assert check_smtp("support", mailbox.smtp, 0.2).text == silence
    assert check_presence(found, 0.2).state == "warning"


async def _in_thread(check: Callable[..., Any], *args: object) -> Any:
    import asyncio

    return await asyncio.to_thread(check, *args)


@pytest.mark.parametrize(
    ("secret", "state"), [(SECRET.decode(), "ok"), ("another secret, long enough", "failed")]
)
async def test_the_presence_server_has_to_share_the_secret(secret: str, state: str, tmp_path: Path) -> None:
    async with presence(SmallDesk()) as (_server, url):
        found = desk(tmp_path, more=f'[presence]\nurl = "{url}"\n[desk]\nsecret = "{secret}"')
        check = await _in_thread(check_presence, found)
    assert check.state == state
    assert (check.text == f"{url} answers.") is (state == "ok")
