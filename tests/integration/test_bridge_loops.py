"""Desks that write to each other: no storm of letters, whatever a relay between them takes away."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.services.desk import Desk
from core.settings import load
from mailbridge.outgoing import loop_mark
from tests.integration.bridge_desks import BridgeDesk, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_talk import Received

PATIENCE = 120.0
MOST = 10
"""Automatic letters to one address within ten minutes."""


def wait_until(true: Callable[[], bool], *processes: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        assert all(process.poll() is None for process in processes), "a process ended"
        time.sleep(0.05)


def stripped(raw: bytes, number: int) -> bytes:
    """What the worst of relays leaves: sender, recipient, a bare subject, the text; a Message-ID of its own."""
    kept = rb"(?im)^(from|to|date|subject|mime-version|content-[a-z-]+):"
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n")
    left = [re.sub(rb"\[GLZ-\d+\]", b"", field) for field in fields if re.match(kept, field)]
    left.append(b"Message-ID: <%d.relay@relay.example>" % number)
    return b"\r\n".join(left) + b"\r\n\r\n" + body


class Pair:
    """Two desks whose relays deliver to each other."""

    def __init__(
        self, folder: Path, dovecot: Dovecot, make_server: Callable[..., SmtpServer], *, strip: bool
    ) -> None:
        self.desks: list[BridgeDesk] = []
        self._count = 0
        for name in ("one", "two"):
            self.desks.append(make_desk(folder / name, dovecot.mailbox(name), make_server()))
        one, two = self.desks
        two.config.write_text(two.config.read_text().replace("0123456789abcdef0", "fedcba98765432100"))
        for desk, other in ((one, two), (two, one)):
            desk.relay.on_letter = self._passing(other, strip=strip)

    def _passing(self, other: BridgeDesk, *, strip: bool) -> Callable[[Received], None]:
        def passing(letter: Received) -> None:
            assert letter.recipients == (other.box.address,)
            self._count += 1
            other.box.deliver(stripped(letter.data, self._count) if strip else letter.data, sender="")

        return passing

    def log(self) -> str:
        return "\n".join(desk.log() for desk in self.desks)


@pytest.fixture(params=[False, True], ids=["headers kept", "headers stripped"])
def pair(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    dovecot: Dovecot,
    make_smtp_server: Callable[..., SmtpServer],
) -> Pair:
    return Pair(tmp_path, dovecot, make_smtp_server, strip=request.param)


def test_two_desks_that_confirm_each_other_stop_by_themselves(
    pair: Pair, request: pytest.FixtureRequest
) -> None:
    one, two = pair.desks
    is_stripped = "stripped" in request.node.name
    processes = [desk.start("bridge") for desk in pair.desks]
    try:
        two.box.deliver(client_letter(1, sender=one.box.address))
        if is_stripped:
            # One letter goes to and fro: where it is not answered any more, the storm is over.
            wait_until(lambda: "automatic letter withheld: too many" in pair.log(), *processes)
        else:
            wait_until(lambda: "outcomes=" in one.log(), *processes)
        wait_until(lambda: not {"queued", "sending"} & {*one.outbox(), *two.outbox()}, *processes)
        sent = [len(desk.relay.received) for desk in pair.desks]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
    if is_stripped:
        assert sorted(sent) == [MOST, MOST]
    else:
        assert sent == [0, 1]
    assert [len(desk.relay.received) for desk in pair.desks] == sent


def mark_of(desk: BridgeDesk) -> str:
    opened = Desk.open(load(desk.config))
    try:
        return loop_mark(opened.secret)
    finally:
        opened.close()


async def test_our_own_letter_come_back_is_a_machine_s_doing(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox(), smtp_server)
    desk.box.deliver(client_letter(1, X_Glazok_Loop=mark_of(desk)))
    report = await desk.once()
    assert report.mailboxes["support"].outcomes == {"opened": 1}
    assert desk.ask("SELECT letter_kind FROM message WHERE kind = 'inbound'") == [("automatic",)]
    assert desk.outbox() == []


async def test_what_an_agent_of_another_desk_writes_is_a_letter_like_any_other(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "desk", dovecot.mailbox(), smtp_server)
    desk.box.deliver(client_letter(1, X_Glazok_Loop=loop_mark(b"the secret of another desk")))
    await desk.once()
    assert desk.ask("SELECT letter_kind FROM message WHERE kind = 'inbound'") == [("letter",)]
    assert desk.outbox() == ["sent"]
