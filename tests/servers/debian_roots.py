"""Mail servers that Debian does not let stand beside Dovecot, each in a Debian of its own below `HOME`.

`scripts/soak_servers.sh` makes the folders; here the servers are started in them by chroot(8), on loopback ports of
their own, without any init system. One test run at a time uses a folder: a lock waits for the other. Every process
whose root is the folder is ours, and is ended with the server. Must not import the product.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.servers.dovecot import PASSWORD, free_ports
from tests.servers.imap_box import ImapBox

# Asked at import: tests run with an empty home of their own.
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glazok-tests" / "debian"
"""Where the folders are kept between runs."""
_NEEDED = bool(os.environ.get("GLAZOK_TESTS_NEED_SERVERS"))


class RootedServer(ABC):
    """A server in a folder of its own; `folder("X")` is how it names a folder X of a user."""

    host = "127.0.0.1"
    name: str
    """The folder's name below HOME, and the server's for people."""

    def __init__(self) -> None:
        self.root = HOME / self.name
        self.imap_port = 0
        self._lock: IO[bytes] | None = None
        self._daemons: list[subprocess.Popen[bytes]] = []

    @classmethod
    def why_not(cls) -> str:
        """Why it cannot be run here, in one sentence; empty when it can."""
        if os.geteuid() != 0:
            return f"{cls.name} runs in a folder of its own by chroot, which only root may do"
        if not (HOME / cls.name / ".ready").exists():
            return f"{cls.name} is not installed in {HOME}: sh scripts/soak_servers.sh"
        return ""

    def start(self) -> None:
        """Listen; returns when it greets."""
        self._lock = (HOME / f"{self.name}.lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._end_processes()
        shutil.rmtree(self.root / "srv", ignore_errors=True)
        (self.root / "srv").mkdir()
        (self.imap_port,) = free_ports(1)
        self._launch()
        deadline = time.monotonic() + 30
        while not self._greets():
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    f"{self.name} did not start: {(self.root / 'srv/log').read_text()[-2000:]}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and whatever it has started."""
        self._end_processes()
        shutil.rmtree(self.root / "srv", ignore_errors=True)
        if self._lock is not None:
            self._lock.close()

    def mailbox(self) -> ImapBox:
        """A new mailbox that nobody else has."""
        user = f"box{uuid.uuid4().hex[:10]}"
        self._add(user)
        return ImapBox(self, f"{user}@desk.test", PASSWORD, user=user)

    @abstractmethod
    def folder(self, name: str) -> str:
        """How this server calls a folder beside the inbox."""

    @abstractmethod
    def _launch(self) -> None:
        """Write its configuration and start it."""

    @abstractmethod
    def _add(self, user: str) -> None:
        """Make a user with PASSWORD."""

    def write(self, path: str, text: str) -> None:
        """A file of the folder."""
        (self.root / path).write_text(text)

    def run(self, *words: str, user: str = "root:root", given: str = "") -> str:
        """A command inside, to its end."""
        done = subprocess.run(
            ["chroot", f"--userspec={user}", str(self.root), *words],
            input=given, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def launch(self, *words: str) -> None:
        """A daemon inside."""
        with (self.root / "srv/log").open("ab") as log:
            daemon = subprocess.Popen(
                ["chroot", str(self.root), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._daemons.append(daemon)

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.imap_port), timeout=5) as client:
                return client.recv(64).startswith(b"* OK")
        except OSError:
            return False

    def _processes(self) -> list[int]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "root").readlink() == self.root.resolve():
                    found.append(int(process.name))
        return found

    def _end_processes(self) -> None:
        # Again and again: a process that ends may have started another one meanwhile.
        deadline = time.monotonic() + 20
        while processes := self._processes():
            assert time.monotonic() < deadline, f"{self.name} does not end: {processes}"
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            for daemon in self._daemons:
                daemon.poll()
            time.sleep(0.02)
        for daemon in self._daemons:
            daemon.wait(10)
        self._daemons.clear()


class Cyrus(RootedServer):
    """Cyrus IMAP."""

    name = "cyrus"
    _OWNER = "cyrus:mail"
    _SASLDB = "/srv/sasldb2"

    def folder(self, name: str) -> str:
        return name

    def _launch(self) -> None:
        self.write("srv/imapd.conf", _CYRUS_IMAPD)
        tools = "/usr/lib/cyrus/bin"
        self.write(
            "srv/cyrus.conf",
            f'START {{\n  recover cmd="{tools}/ctl_cyrusdb -C /srv/imapd.conf -r"\n'
            f'  idled cmd="{tools}/idled -C /srv/imapd.conf"\n}}\n'
            f'SERVICES {{\n  imap cmd="{tools}/imapd -C /srv/imapd.conf" listen="{self.host}:{self.imap_port}"'
            " prefork=1 maxchild=200\n}\nEVENTS {\n}\n",
        )
        # The sockets by which it wakes those who idle are made in a folder that it expects.
        for folder in ("conf/socket", "mail", "run"):
            (self.root / "srv" / folder).mkdir(parents=True)
        self.run("chown", "-R", self._OWNER, "/srv")
        self.launch(
            f"{tools}/master", "-C", "/srv/imapd.conf", "-M", "/srv/cyrus.conf", "-p", "/srv/run/master.pid"
        )

    def _add(self, user: str) -> None:
        self.run(
            "saslpasswd2", "-p", "-c", "-f", self._SASLDB, "-u", "desk.test", user,
            user=self._OWNER, given=PASSWORD,
        )  # fmt: skip


_CYRUS_IMAPD = """\
configdirectory: /srv/conf
partition-default: /srv/mail
defaultpartition: default
proc_path: /srv/run/proc
mboxname_lockpath: /srv/run/lock
idlesocket: /srv/run/idle
sievedir: /srv/conf
servername: desk.test
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /srv/sasldb2
autocreate_quota: 0
unixhierarchysep: yes
"""


class Courier(RootedServer):
    """Courier IMAP."""

    name = "courier"
    _OWNER = "5000:5000"

    def folder(self, name: str) -> str:
        return f"INBOX.{name}"

    def _launch(self) -> None:
        words = (self.root / "etc/courier/authdaemonrc").read_text()
        self.write(
            "etc/courier/authdaemonrc",
            re.sub(r"(?m)^authmodulelist=.*$", 'authmodulelist="authuserdb"', words),
        )
        # Its watcher of folders asks who a user is.
        for file, line in (("passwd", "desk:x:5000:5000::/srv/mail:/bin/sh"), ("group", "desk:x:5000:")):
            lines = (self.root / "etc" / file).read_text().splitlines()
            self.write(f"etc/{file}", "\n".join([one for one in lines if one != line] + [line, ""]))
        self.write("etc/courier/userdb", "")
        (self.root / "etc/courier/userdb").chmod(0o600)
        (self.root / "run/courier/authdaemon").mkdir(parents=True, exist_ok=True)
        (self.root / "srv/mail").mkdir()
        self.run("chown", self._OWNER, "/srv/mail")
        # As the package's own script does, but in the foreground and on our port.
        self.write(
            "srv/imapd",
            "#!/bin/sh\nset -a\n. /etc/courier/imapd\n. /etc/courier/imapd-ssl\nIMAP_STARTTLS=NO\nIMAP_IDLE_TIMEOUT=1\n"
            "exec /usr/sbin/couriertcpd"
            f" -address={self.host} -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup {self.imap_port}"
            " /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir\n",
        )
        self.launch("/usr/lib/courier/courier-authlib/authdaemond")
        self.launch("sh", "/srv/imapd")

    def _add(self, user: str) -> None:
        home = f"/srv/mail/{user}"
        self.run("mkdir", home, user=self._OWNER)
        self.run("maildirmake.courier", f"{home}/Maildir", user=self._OWNER)
        crypt = self.run("perl", "-e", f"print crypt('{PASSWORD}', '$1$desktest$')")
        with (self.root / "etc/courier/userdb").open("a") as users:
            users.write(f"{user}\thome={home}|mail={home}/Maildir|imappw={crypt}|uid=5000|gid=5000\n")
        self.run("makeuserdb")


def _running(make: Callable[[], RootedServer]) -> Iterator[RootedServer]:
    server = make()
    reason = server.why_not()
    if reason and _NEEDED:
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    server.start()
    try:
        yield server
    finally:
        server.stop()


# For each test, which costs a quarter of a second: two that wait for one another's lock would wait for ever.


@pytest.fixture
def cyrus() -> Iterator[RootedServer]:
    """A Cyrus: take `mailbox()`es."""
    yield from _running(Cyrus)


@pytest.fixture
def courier() -> Iterator[RootedServer]:
    """A Courier: take `mailbox()`es."""
    yield from _running(Courier)
