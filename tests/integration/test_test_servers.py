"""The servers that other tests rely on do what their docstrings say."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress

import psycopg
import pytest

from tests.servers.cutter import cutting
from tests.servers.dovecot import Dovecot
from tests.servers.listening import HOST, listening
from tests.servers.postgres import OLDEST, Postgres
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_talk import Received, Step
from tests.servers.tls import Ca

LETTER = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: hi\r\n\r\nbody\r\n.dot line\r\n"


def client_of(server: SmtpServer) -> smtplib.SMTP:
    return smtplib.SMTP(server.host, server.port, timeout=10)


def send(server: SmtpServer, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with client_of(server) as client:
        return client.sendmail("a@example.com", recipients or ["b@example.com"], LETTER)


# SMTP


def test_a_letter_is_recorded_with_its_envelope_and_exact_bytes(smtp_server: SmtpServer) -> None:
    with client_of(smtp_server) as client:
        client.sendmail("", ["b@example.com", "c@example.com"], LETTER)
    [letter] = smtp_server.received
    assert letter.envelope_from == ""
    assert letter.recipients == ("b@example.com", "c@example.com")
    assert letter.data == LETTER
    assert letter.message["Subject"] == "hi"
    assert any(line.lower().startswith("c: mail from:<>") for line in smtp_server.dialogue)
    assert smtp_server.dialogue[-1].startswith("S: 221")


def test_one_recipient_can_be_refused_alone(smtp_server: SmtpServer) -> None:
    smtp_server.fail("rcpt", "450 4.2.1 Mailbox busy", address="busy@example.com", times=1)
    refused = send(smtp_server, "b@example.com", "busy@example.com")
    assert refused == {"busy@example.com": (450, b"4.2.1 Mailbox busy")}
    assert smtp_server.received[0].recipients == ("b@example.com",)
    assert send(smtp_server, "busy@example.com") == {}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("mail", smtplib.SMTPSenderRefused),
        ("rcpt", smtplib.SMTPRecipientsRefused),
        ("data", smtplib.SMTPDataError),
        ("dot", smtplib.SMTPDataError),
    ],
)
def test_every_step_can_be_refused_once(
    smtp_server: SmtpServer, step: Step, error: type[smtplib.SMTPException]
) -> None:
    fault = smtp_server.fail(step, "451 4.3.0 Not now", times=1)
    with pytest.raises(error):
        send(smtp_server)
    assert smtp_server.received == []
    assert fault.struck == 1
    send(smtp_server)
    assert len(smtp_server.received) == 1


def test_a_greeting_can_be_refused(smtp_server: SmtpServer) -> None:
    smtp_server.fail("connect", "554 5.3.2 Closed", times=1)
    with pytest.raises(smtplib.SMTPConnectError, match="554"):
        client_of(smtp_server)


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data", "body", "dot"])
def test_the_connection_can_be_dropped_at_every_step(smtp_server: SmtpServer, step: Step) -> None:
    smtp_server.drop(step)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(smtp_server)
    assert len(smtp_server.received) == (1 if step == "dot" else 0)
    send(smtp_server)


def test_a_drop_after_the_dot_can_lose_the_letter(smtp_server: SmtpServer) -> None:
    smtp_server.drop("dot", keep=False)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert smtp_server.received == []


def test_a_hanging_server_goes_on_when_released(smtp_server: SmtpServer) -> None:
    smtp_server.hang("mail")
    with smtplib.SMTP(smtp_server.host, smtp_server.port, timeout=0.3) as client:
        client.ehlo()
        client.putcmd("mail", "FROM:<a@example.com>")
        with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
            client.getreply()
    with client_of(smtp_server) as client:
        client.ehlo()
        assert client.mail("a@example.com")[0] == 250
    smtp_server.release()


def test_a_stopped_server_refuses_and_comes_back_on_its_port(smtp_server: SmtpServer) -> None:
    port = smtp_server.port
    smtp_server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((smtp_server.host, port), timeout=5)
    smtp_server.start()
    assert smtp_server.port == port
    send(smtp_server)
    assert len(smtp_server.wait_for(1)) == 1


def test_a_server_with_users_wants_a_password_and_tells_none(
    make_smtp_server: Callable[..., SmtpServer],
) -> None:
    server = make_smtp_server(users={"desk": "s3cret"})
    with client_of(server) as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
            client.sendmail("a@example.com", "b@example.com", LETTER)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("desk", "wrong")
        client.login("desk", "s3cret")
        client.sendmail("a@example.com", "b@example.com", LETTER)
    assert server.received[0].login == "desk"
    assert "s3cret" not in "\n".join(server.dialogue)


def test_starttls_is_required_and_verified(make_smtp_server: Callable[..., SmtpServer], ca: Ca) -> None:
    server = make_smtp_server(tls="starttls", users={"desk": "s3cret"})
    with client_of(server) as client:
        client.ehlo()
        assert client.mail("a@example.com")[0] == 530
        client.starttls(context=ca.client_context())
        client.login("desk", "s3cret")
        client.sendmail("a@example.com", "b@example.com", LETTER)
    assert server.received[0].tls
    with client_of(server) as client, pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=ssl.create_default_context())


def test_tls_from_the_first_byte(make_smtp_server: Callable[..., SmtpServer], ca: Ca) -> None:
    server = make_smtp_server(tls="tls")
    with smtplib.SMTP_SSL(server.host, server.port, context=ca.client_context(), timeout=10) as client:
        client.sendmail("a@example.com", "b@example.com", LETTER)
    assert server.received[0].tls


def test_open_connections_can_be_dropped(smtp_server: SmtpServer) -> None:
    client = client_of(smtp_server)
    client.ehlo()
    smtp_server.drop_connections()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.mail("a@example.com")
    client.close()


# Dovecot


def test_a_delivered_letter_lies_unread_in_its_own_mailbox(dovecot: Dovecot) -> None:
    box, other = dovecot.mailbox("support"), dovecot.mailbox("support")
    box.deliver(LETTER)
    [letter] = box.letters()
    assert letter.data.endswith(b"Subject: hi\r\n\r\nbody\r\n.dot line\r\n")
    assert letter.flags == frozenset()
    assert other.letters() == []


def test_a_plus_address_ends_in_the_same_inbox_and_is_told(dovecot: Dovecot) -> None:
    box = dovecot.mailbox("support")
    box.deliver(LETTER, to=box.plus("t42.abcdef"))
    [letter] = box.letters()
    assert f"Delivered-To: {box.plus('t42.abcdef')}".encode() in letter.data


def test_appended_letters_keep_flags_folder_and_order(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.create("Done items")
    box.append(LETTER, folder="Done items", flags=r"\Seen")
    box.append(LETTER)
    box.append(LETTER)
    assert "Done items" in box.folders()
    assert list(box.flags("Done items").values()) == [frozenset({"\\Seen"})]
    assert list(box.flags()) == [1, 2]
    box.delete(1)
    assert list(box.flags()) == [2]


def test_many_letters_arrive_on_one_connection(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.deliver_all(LETTER.replace(b"hi", b"hi %d" % number) for number in range(30))
    assert len(box.wait_for(30)) == 30


def test_a_wrong_password_is_refused(dovecot: Dovecot) -> None:
    client = imaplib.IMAP4(dovecot.host, dovecot.imap_port)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login(dovecot.mailbox().user, "wrong")
    client.logout()


def test_imap_over_tls_is_verified(dovecot: Dovecot) -> None:
    with dovecot.mailbox().imap(tls=True) as client:
        assert client.noop()[0] == "OK"
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(dovecot.host, dovecot.imaps_port, ssl_context=ssl.create_default_context())


def test_uidvalidity_can_change(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    box.append(LETTER)
    before = box.uidvalidity()
    assert box.change_uidvalidity() != before
    assert len(box.letters()) == 1


def test_a_kicked_client_loses_its_connection(dovecot: Dovecot) -> None:
    box = dovecot.mailbox()
    with box.imap() as client, pytest.raises((imaplib.IMAP4.abort, OSError)):
        for _ in range(200):
            box.kick()
            client.noop()


def test_a_private_server_can_be_stopped_and_keeps_its_mail(private_dovecot: Dovecot) -> None:
    box = private_dovecot.mailbox()
    box.deliver(LETTER)
    private_dovecot.stop()
    with pytest.raises(OSError, match="refused"), box.imap():
        pass
    private_dovecot.start()
    assert len(box.letters()) == 1


def test_what_smtp_takes_can_be_passed_on_to_dovecot(smtp_server: SmtpServer, dovecot: Dovecot) -> None:
    def relay(letter: Received) -> None:
        for address in letter.recipients:
            dovecot.mailbox_at(address).deliver(letter.data, to=address, sender=letter.envelope_from)

    smtp_server.on_letter = relay
    box = dovecot.mailbox("client")
    send(smtp_server, box.address)
    assert len(box.wait_for(1)) == 1


# PostgreSQL


def test_a_database_is_a_copy_of_its_template_and_goes_when_it_is_dropped(postgres: Postgres) -> None:
    first = postgres.database()
    with psycopg.connect(postgres.url(first), autocommit=True) as connection:
        assert connection.info.server_version >= OLDEST * 10000
        connection.execute("CREATE TABLE thing (id int)")
    copy = postgres.database(first)
    with psycopg.connect(postgres.url(copy), autocommit=True) as connection:
        connection.execute("INSERT INTO thing VALUES (1)")
        postgres.drop(copy)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(postgres.url(first)) as connection:
        assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    postgres.drop(first)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres.url(first))


@pytest.mark.parametrize("turns", range(5))
async def test_a_client_who_comes_as_a_server_of_few_lines_ends_is_not_left_open(turns: int) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port:
        # By a call that blocks: how far the server has come with it is told by the turns of its loop.
        client = socket.create_connection((HOST, port), timeout=5)
        for _ in range(turns):
            await asyncio.sleep(0)
    with closing(client), suppress(ConnectionResetError):
        assert client.recv(1) == b""


@pytest.mark.parametrize("turns", range(12))
async def test_a_proxy_that_ends_as_it_cuts_leaves_nothing_open_to_its_server(turns: int) -> None:
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(100):
                pass
        ended.set()

    async def later(client: socket.socket) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        client.close()

    async with listening(silent) as port:
        async with cutting(port) as cutter:
            client = socket.create_connection((HOST, cutter.port), timeout=5)
            client.sendall(b"x")
            while not cutter.overheard:
                await asyncio.sleep(0)
            # The proxy goes a few turns of the loop after this block: its client in each of them.
            going = asyncio.create_task(later(client))
        await going
        async with asyncio.timeout(5):
            await ended.wait()
    assert ended.is_set()
