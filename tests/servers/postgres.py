"""A PostgreSQL cluster of the tests' own, in a temporary folder, reached by a Unix socket alone.

    place = postgres.database()                 # an empty database; returns its URL
    place = postgres.database(template="desk")  # a copy of another one
    postgres.drop(place)

Nothing in it outlives the run, so it need not survive a crash either: no fsync. The system's own clusters, if any,
are not touched. PostgreSQL refuses to run as root: there it runs as `postgres` or `nobody`. Must not import the
product.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

NEEDED = bool(os.environ.get("GLAZOK_TESTS_NEED_SERVERS"))
"""Whether a missing server fails a test instead of skipping it, as in continuous integration."""

OLDEST = 15
USER = "desk"
"""The role to which everything in the cluster belongs."""

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "checkpoint_timeout": "1d",
    "max_wal_size": "1GB",
    "log_min_messages": "fatal",
}


def folder_of_programs() -> Path | None:
    """Where the newest installed server's programs lie; None without one that is new enough."""
    found = []
    for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        name = initdb.parent.parent.name
        if name.isdecimal() and int(name) >= OLDEST:
            found.append((int(name), initdb.parent))
    if found:
        return max(found)[1]
    elsewhere = shutil.which("initdb")
    if elsewhere is None:
        return None
    said = subprocess.run([elsewhere, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", said)
    return Path(elsewhere).resolve().parent if version and int(version[1]) >= OLDEST else None


def why_not() -> str:
    """Why PostgreSQL cannot be run here, in one sentence; empty when it can."""
    if folder_of_programs() is None:
        return f"PostgreSQL {OLDEST} or newer is not installed: apt-get install postgresql"
    if os.geteuid() == 0 and _other_user() is None:
        return "PostgreSQL does not run as root, and there is no user postgres or nobody"
    return ""


class Postgres:
    """A running cluster."""

    def __init__(self, folder: Path) -> None:
        programs = folder_of_programs()
        assert programs is not None
        self.folder = folder
        self._programs = programs
        self._names = itertools.count(1)

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        data = self.folder / "data"
        self._run(
            "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            "--no-instructions",
        )  # fmt: skip
        lines = [f"{name} = '{value}'" for name, value in _SETTINGS.items()]
        lines.append(f"unix_socket_directories = '{self.folder}'")
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as config:
            config.write("\n".join(lines) + "\n")
        self._run("pg_ctl", "-D", data, "-w", "-t", "60", "-s", "-l", self.folder / "log", "start")

    def stop(self) -> None:
        """Stop it; connections that are still open are cut."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-s", "stop")

    def restart(self) -> None:
        """Stop it, cutting all connections, and start it again."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-s", "-w", "stop")
        self._run(
            "pg_ctl", "-D", self.folder / "data", "-w", "-t", "60", "-s", "-l", self.folder / "log", "start"
        )

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@/{name}?host={quote(str(self.folder), safe='')}"

    def database(self, template: str = "template0") -> str:
        """The name of a new database, a copy of `template`."""
        name = f"desk{next(self._names)}"
        self.admin(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def admin(self, sql: str) -> None:
        """A statement that concerns the whole cluster."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.encode())

    def _run(self, program: str, *words: str | Path) -> None:
        command = [str(self._programs / program), *map(str, words)]
        other = _other_user() if os.geteuid() == 0 else None
        if other is not None:
            ids = [f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups"]
            command = ["setpriv", *ids, "--", *command]
        # A file, no pipe: the server that pg_ctl leaves behind would hold the pipe open.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=self.folder, check=False
            )
            if done.returncode:
                said.seek(0)
                raise RuntimeError(f"{program}: {said.read().decode(errors='replace')[-1000:]}")


def _other_user() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A started cluster, removed afterwards. Its folder is short: socket names must fit into 108 bytes."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    folder = Path(tempfile.mkdtemp(prefix="glz-pg-", dir=memory if roomy else "/tmp"))
    other = _other_user() if os.geteuid() == 0 else None
    if other is not None:
        os.chown(folder, other.pw_uid, other.pw_gid)
    server = Postgres(folder)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The run's cluster: take databases, never stop it."""
    reason = why_not()
    if reason and NEEDED:
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with running() as server:
        yield server
