"""A letter that cannot be shown in full and comes to two of our mailboxes is one message, by its bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cli.letters import read_as_stored
from core.domain.letters import Letter
from core.settings import load
from mailbridge.letter import read
from mailbridge.letter.reading import salvaged
from tests.integration.bridge_desks import BridgeDesk, PlainReader, client_letter, further_mailbox, make_desk
from tests.integration.test_cli_forms import run
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.smtp import SmtpServer

LARGE = client_letter(1) + (b"y" * 76 + b"\r\n") * 20_000
HEAD = client_letter(1).partition(b"Content-Type")[0]
DEEP = HEAD + b"".join(
    b"Content-Type: multipart/mixed; boundary=b%03d\r\n\r\n--b%03d\r\n" % (level, level)
    for level in range(150)
)


@pytest.fixture
def sales(dovecot: Dovecot) -> Mailbox:
    return dovecot.mailbox("sales")


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, sales: Mailbox) -> BridgeDesk:
    made = make_desk(
        tmp_path / "desk", dovecot.mailbox("support"), smtp_server, max_letter_mb=1, confirm=False
    )
    further_mailbox(made, "sales", sales)
    return made


def without_id(raw: bytes) -> bytes:
    return raw.replace(b"Message-ID: <1.letter@example.com>\r\n", b"")


def by_another_way(raw: bytes) -> bytes:
    """With the headers that another mailbox's server adds, and its ends of lines."""
    received = b"Received: from a.example by mx.desk.example; Wed, 12 Mar 2025 14:30:00 +0300\r\n" * 40
    return (received + raw).replace(b"\r\n", b"\n")


def outcomes(desk: BridgeDesk) -> list[str]:
    return [row[0] for row in desk.ask("SELECT outcome FROM mail_ledger ORDER BY outcome")]


@pytest.mark.parametrize(
    "raw",
    [LARGE, without_id(LARGE), DEEP, without_id(DEEP)],
    ids=["large", "large without an id", "damaged", "damaged without an id"],
)
async def test_a_letter_that_cannot_be_shown_in_full_is_one_message_in_two_mailboxes(
    desk: BridgeDesk, sales: Mailbox, raw: bytes
) -> None:
    assert len(raw) > 1024 * 1024 or read(raw).error
    desk.box.append(raw)
    await desk.once()
    sales.append(by_another_way(raw))
    await desk.once()
    assert outcomes(desk) == ["duplicate", "opened"]
    assert desk.subjects() == ["Letter 00001"]


@pytest.mark.parametrize(
    "raw", [LARGE, without_id(LARGE), DEEP], ids=["large", "large without an id", "damaged"]
)
async def test_two_letters_of_one_name_that_cannot_be_shown_in_full_are_two(
    desk: BridgeDesk, sales: Mailbox, raw: bytes
) -> None:
    desk.box.append(raw)
    sales.append(by_another_way(raw + b"one word more\r\n"))
    await desk.once()
    assert outcomes(desk) == ["opened", "opened"]


class Unable(PlainReader):
    """A reader whose workers end at every letter."""

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        return [salvaged(one if isinstance(one, bytes) else one.read_bytes(), "ended") for one in letters]


@pytest.mark.parametrize("raw", [client_letter(1), without_id(client_letter(1))], ids=["id", "no id"])
async def test_a_letter_that_nobody_could_read_is_one_message_in_two_mailboxes(
    desk: BridgeDesk, sales: Mailbox, raw: bytes
) -> None:
    desk.box.append(raw)
    sales.append(by_another_way(raw))
    await desk.once(Unable())
    assert outcomes(desk) == ["duplicate", "opened"]
    assert desk.subjects() == ["Letter 00001"]


async def test_letters_whose_headers_have_no_end_are_told_apart(desk: BridgeDesk, sales: Mailbox) -> None:
    """Of nothing below the headers there would be one for all."""
    unending = b"Message-ID: <1@x.example>\r\nFrom: a@x.example\r\n" + b"X-Note: words\r\n" * 80_000
    desk.box.append(unending)
    sales.append(unending + b"X-Note: others\r\n")
    await desk.once()
    assert outcomes(desk) == ["opened", "opened"]


@pytest.mark.parametrize(
    "raw",
    [LARGE, without_id(LARGE), DEEP, without_id(DEEP), client_letter(1)],
    ids=["large", "large without an id", "damaged", "damaged without an id", "whole"],
)
async def test_a_copy_of_what_cannot_be_shown_in_full_is_explained_as_one(
    desk: BridgeDesk, raw: bytes
) -> None:
    desk.box.append(raw)
    await desk.once()
    (desk.folder / "copy.eml").write_bytes(by_another_way(raw))
    (desk.folder / "other.eml").write_bytes(by_another_way(raw + b"one word more\r\n"))
    copy, other = explained(desk, "copy.eml"), explained(desk, "other.eml")
    assert (copy["outcome"], copy["ticket_id"]) == ("duplicate", 1)
    assert other["outcome"] == "opened"


def explained(desk: BridgeDesk, name: str) -> dict[str, Any]:
    """What `mail explain` says of a file beside the configuration."""
    done = run(desk.folder, "mail", "explain", "--json", name)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("raw", [client_letter(1), LARGE], ids=["whole", "large"])
def test_a_trusted_mailbox_is_trusted_with_what_is_too_large_too(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, raw: bytes
) -> None:
    box = dovecot.mailbox("support")
    place = make_desk(tmp_path / "desk", box, smtp_server, max_letter_mb=1, trusted=True)
    (place.folder / "a.eml").write_bytes(b"X-Glazok-Region: south\r\n" + raw)
    letter, _key = read_as_stored(str(place.folder / "a.eml"), load(place.folder / "config.toml"), "support")
    assert ("x-glazok-region", "south") in [(name.lower(), value) for name, value in letter.headers]
