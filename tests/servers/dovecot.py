"""A real Dovecot (IMAP and LMTP) on ports of its own, with its own configuration in a temporary folder.

    box = dovecot.mailbox("support")            # a new, empty mailbox with an address of its own
    box.deliver(raw)                            # as a mail server does, by LMTP
    box.deliver(raw, to=box.plus("t42.abc"))    # support-…+t42.abc@…: ends in the same INBOX
    box.append(raw, folder="INBOX")             # as a mail program does, by IMAP APPEND
    box.letters()                               # what is there now

Every user with a domain exists, and all have the password `PASSWORD`; so each test takes a mailbox of its own
and never sees another's. The system's own Dovecot, if any, is not touched. Must not import the product.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.servers.dovecot_config import write_config
from tests.servers.imap_box import ImapBox
from tests.servers.tls import Ca

PASSWORD = "opensesame"
"""Every user's password."""
DOMAIN = "desk.test"

_NEEDED = bool(os.environ.get("GLAZOK_TESTS_NEED_SERVERS"))
"""Whether a missing server fails a test instead of skipping it, as in continuous integration."""

_LIBEXEC = Path("/usr/lib/dovecot")


def why_not() -> str:
    """Why Dovecot cannot be run here, in one sentence; empty when it can."""
    if _binary("dovecot") is None or not (_LIBEXEC / "imap").exists():
        return "Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd"
    if not (_LIBEXEC / "lmtp").exists():
        return "Dovecot's LMTP server is not installed: apt-get install dovecot-lmtpd"
    if not _version().startswith(("2.3.", "2.4.")):
        return f"the tests can configure Dovecot 2.3 and 2.4, and this one is {_version() or 'unknown'}"
    return ""


class Mailbox(ImapBox):
    """One user of the server, with the address that is also the login."""

    def __init__(self, server: Dovecot, address: str) -> None:
        super().__init__(server, address, PASSWORD)
        self._dovecot = server

    @property
    def server(self) -> Dovecot:
        """The Dovecot it is at."""
        return self._dovecot

    def plus(self, detail: str) -> str:
        """The address with `+detail`; letters to it arrive in this mailbox."""
        local, _, domain = self.address.partition("@")
        return f"{local}+{detail}@{domain}"

    def deliver(self, raw: bytes, *, to: str | None = None, sender: str = "client@example.com") -> None:
        """Hand a letter in by LMTP; `to` differs from the address when a plus-address is wanted."""
        self.deliver_all([raw], to=to, sender=sender)

    def deliver_all(
        self, raws: Iterable[bytes], *, to: str | None = None, sender: str = "client@example.com"
    ) -> None:
        """Hand many letters in on one LMTP connection, in order, under a `Delivered-To` like Postfix's."""
        recipient = to or self.address
        with smtplib.LMTP(self.server.host, self.server.lmtp_port) as client:
            for raw in raws:
                client.sendmail(sender, [recipient], f"Delivered-To: {recipient}\r\n".encode() + raw)

    def change_uidvalidity(self, folder: str = "INBOX") -> int:
        """Give the folder another UIDVALIDITY, as after a restored backup; returns it."""
        new = self.uidvalidity(folder) + 1
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", str(new), folder)
        return self.uidvalidity(folder)

    def kick(self) -> bool:
        """Cut the user's connections that Dovecot knows of; False when it says that it knows of none.

        Its list lags a moment behind a login, and 2.4 never says so: call it until the cut is felt.
        """
        try:
            self.server.doveadm("kick", self.user)
        except RuntimeError as error:
            if str(error).endswith(f"{self.user}:"):
                return False
            raise
        return True

    def imap(self, *, tls: bool = False) -> AbstractContextManager[imaplib.IMAP4]:
        """A logged-in client of the standard library."""
        if not tls:
            return super().imap()
        server = self.server
        return self.session(
            imaplib.IMAP4_SSL(server.host, server.imaps_port, ssl_context=server.ca.client_context())
        )


class Dovecot:
    """The server. `stop()` and `start()` keep the ports and the mail."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, ca: Ca) -> None:
        self.folder = folder
        self.ca = ca
        self.imap_port = self.imaps_port = self.lmtp_port = 0
        self.connections_per_user = 200
        """From the next start on."""
        self._process: subprocess.Popen[bytes] | None = None
        folder.chmod(0o755)
        for name in ("run", "state", "mail"):
            (folder / name).mkdir(exist_ok=True)

    def mailbox(self, name: str = "box") -> Mailbox:
        """A new mailbox that nobody else has; its address begins with `name`."""
        return Mailbox(self, f"{name}-{uuid.uuid4().hex[:10]}@{DOMAIN}")

    def mailbox_at(self, address: str) -> Mailbox:
        """The mailbox with exactly this address (lower case)."""
        return Mailbox(self, address.lower())

    def start(self) -> None:
        """Listen; returns when IMAP and LMTP answer."""
        for _ in range(5):
            if self._try_start():
                return
            if not self._address_taken():
                break
            self.imap_port = 0
        raise RuntimeError(f"Dovecot did not start:\n{self.log()[-2000:]}")

    def stop(self) -> None:
        """Stop the server and all its processes."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(20)

    def log(self) -> str:
        """What the server has logged."""
        path = self.folder / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def doveadm(self, *words: str) -> str:
        """Run `doveadm` against this server."""
        command = [_binary("doveadm") or "doveadm", "-c", str(self.folder / "dovecot.conf"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(words)}: {done.stderr.strip()}".rstrip())
        return done.stdout

    def _try_start(self) -> bool:
        if not self.imap_port:
            self.imap_port, self.imaps_port, self.lmtp_port = free_ports(3)
        config = write_config(
            self.folder,
            self.ca,
            ports={"imap": self.imap_port, "imaps": self.imaps_port, "lmtp": self.lmtp_port},
            password=PASSWORD,
            version=_version(),
            per_user=self.connections_per_user,
        )
        (self.folder / "dovecot.log").unlink(missing_ok=True)
        command = [_binary("dovecot") or "dovecot", "-F", "-c", str(config)]
        with (self.folder / "err").open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            if _greets(self.host, self.imap_port, b"* OK") and _greets(self.host, self.lmtp_port, b"220"):
                return True
            time.sleep(0.05)
        self.stop()
        return False

    def _address_taken(self) -> bool:
        return "Address already in use" in self.log() + (self.folder / "err").read_text(errors="replace")


def _binary(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


def _version() -> str:
    command = [_binary("dovecot") or "dovecot", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listened on a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _greets(host: str, port: int, greeting: bytes) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5) as client:
            return client.recv(64).startswith(greeting)
    except OSError:
        return False


@contextlib.contextmanager
def running(ca: Ca) -> Iterator[Dovecot]:
    """A started server in a folder of its own, removed afterwards.

    The folder is short, since Dovecot's sockets in it must fit into 108 bytes.
    """
    folder = Path(tempfile.mkdtemp(prefix="glz-dc-", dir="/tmp"))
    server = Dovecot(folder, ca)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _skip_unless_possible() -> None:
    reason = why_not()
    if reason and _NEEDED:
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def dovecot(ca: Ca) -> Iterator[Dovecot]:
    """The run's shared server: take `dovecot.mailbox()`s, never stop it."""
    _skip_unless_possible()
    with running(ca) as server:
        yield server


@pytest.fixture
def private_dovecot(ca: Ca) -> Iterator[Dovecot]:
    """A server of the test's own, to be stopped and started at will."""
    _skip_unless_possible()
    with running(ca) as server:
        yield server
