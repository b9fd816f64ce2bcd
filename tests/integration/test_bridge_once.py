"""One pass of the bridge against real servers: letters in, confirmations out, nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from core.domain.letters import Letter
from core.services import agents, ledger, robot_runner
from mailbridge.daemon import Bridge
from mailbridge.parsing import Parser
from tests.integration.bridge_desks import BridgeDesk, PlainReader, client_letter, make_desk
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> BridgeDesk:
    return make_desk(tmp_path / "desk", dovecot.mailbox("support"), smtp_server)


async def test_a_letter_becomes_a_ticket_and_its_client_hears_so(desk: BridgeDesk) -> None:
    desk.box.deliver(client_letter(1))
    report = await desk.once()
    assert report.complete
    assert (report.mailboxes["support"].fetched, report.mailboxes["support"].outcomes) == (1, {"opened": 1})
    assert report.sent == {"sent": 1}
    (confirmation,) = desk.relay.received
    assert confirmation.recipients == ("client1@example.com",)
    assert confirmation.envelope_from == ""
    assert confirmation.message["Auto-Submitted"] == "auto-replied"
    assert confirmation.message["In-Reply-To"] == "<1.letter@example.com>"
    assert desk.outbox() == ["sent"]
    assert all("\\Seen" in flags for flags in desk.box.flags().values())
    assert desk.state("mailbox support") == (True, "")


READS = """
[[scenarios]]
name = "reads"
when = { event = "opened" }
then = [{ reply = "Мы читаем." }]
"""


async def test_one_pass_runs_the_robot_and_its_letters_leave_with_it(desk: BridgeDesk) -> None:
    desk.config.write_text(desk.config.read_text("utf-8") + READS, "utf-8")
    await desk.once()
    desk.box.deliver(client_letter(1))
    report = await desk.once()
    assert [one.scenario for one in report.robot.acted] == ["own:reads"]
    assert "Мы читаем." in [str(one.message.get_content()).strip() for one in desk.relay.received]
    assert (await desk.once()).robot.acted == []


async def test_one_pass_leaves_the_robot_to_who_runs_it_and_says_where_it_is_off(desk: BridgeDesk) -> None:
    with desk.open() as opened:
        ledger.lease(opened, robot_runner.LEASE, "another", 60)
        assert (await desk.once()).robot.aside == "it runs in another process"
        ledger.release_lease(opened, robot_runner.LEASE, "another")
        left = await Bridge(opened, PlainReader(), robot=False).once(asyncio.Event())
    assert left.robot.aside == "left to another process"
    desk.config.write_text(desk.config.read_text("utf-8") + "[robot]\nenabled = false\n", "utf-8")
    report = await desk.once()
    assert (report.robot.aside, report.complete) == ("switched off in the configuration", True)


async def test_the_answer_to_our_letter_joins_its_ticket(desk: BridgeDesk) -> None:
    desk.box.deliver(client_letter(1))
    await desk.once()
    reply_to = desk.relay.received[0].message["Reply-To"].addresses[0].addr_spec
    detail = reply_to.partition("+")[2].partition("@")[0]
    desk.box.deliver(client_letter(2, sender="client1@example.com", To=reply_to), to=desk.box.plus(detail))
    report = await desk.once()
    assert report.mailboxes["support"].outcomes == {"joined": 1}
    assert desk.ask("SELECT count(*), count(DISTINCT ticket_id) FROM message WHERE kind = 'inbound'") == [
        (2, 1)
    ]


async def test_a_second_pass_finds_nothing_new(desk: BridgeDesk) -> None:
    desk.box.deliver_all([client_letter(number) for number in range(120)])
    first = await desk.once()
    assert first.mailboxes["support"].fetched == 120
    second = await desk.once()
    assert (second.mailboxes["support"].fetched, second.sent) == (0, {})
    assert len(desk.subjects()) == len(set(desk.subjects())) == 120
    assert len(desk.relay.received) == 120


async def test_what_people_do_in_the_folder_decides_nothing(desk: BridgeDesk) -> None:
    desk.box.append(client_letter(1), flags="\\Seen")
    desk.box.append(client_letter(2), flags="\\Seen \\Flagged")
    await desk.once()
    desk.box.delete(1)
    desk.box.append(client_letter(3))
    await desk.once()
    assert desk.subjects() == ["Letter 00001", "Letter 00002", "Letter 00003"]


async def test_another_uidvalidity_brings_no_letter_twice(desk: BridgeDesk) -> None:
    for number in range(5):
        desk.box.append(client_letter(number), date=1_700_000_000 + number)
    await desk.once()
    desk.box.change_uidvalidity()
    desk.box.append(client_letter(99))
    report = await desk.once()
    assert report.mailboxes["support"].fetched == 6
    assert report.mailboxes["support"].outcomes == {"opened": 1}
    assert len(desk.subjects()) == 6


async def test_the_same_letter_delivered_twice_is_one_message(desk: BridgeDesk) -> None:
    desk.box.append(client_letter(1))
    desk.box.append(client_letter(1))
    report = await desk.once()
    assert report.mailboxes["support"].outcomes == {"opened": 1, "duplicate": 1}
    assert desk.subjects() == ["Letter 00001"]


async def test_marks_can_be_left_alone(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> None:
    desk = make_desk(tmp_path / "quiet", dovecot.mailbox(), smtp_server, after="nothing", confirm=False)
    desk.box.append(client_letter(1))
    await desk.once()
    assert desk.subjects() == ["Letter 00001"]
    assert desk.relay.received == []
    assert all("\\Seen" not in flags for flags in desk.box.flags().values())


async def test_a_letter_over_the_limit_is_shown_by_its_headers_and_kept(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(tmp_path / "small", dovecot.mailbox(), smtp_server, max_letter_mb=1)
    raw = client_letter(1) + b"x" * 70 + b"\r\n" * 1 + (b"y" * 76 + b"\r\n") * 120_000
    desk.box.append(raw)
    desk.box.append(client_letter(2))
    await desk.once()
    assert desk.subjects() == ["Letter 00001", "Letter 00002"]
    ((body, sha256, size),) = desk.ask(
        "SELECT m.body, a.sha256, a.size FROM message m JOIN attachment a ON a.message_id = m.id"
        " WHERE m.subject = 'Letter 00001'"
    )
    assert "too large" in body
    assert size == len(raw)
    assert (desk.folder / "blobs" / sha256[:2] / sha256).read_bytes() == raw


class Poisoned(PlainReader):
    """Letters that the database cannot take."""

    async def parse_many(self, letters: Sequence[bytes | Path], *, trusted: bool = False) -> list[Letter]:
        read = await super().parse_many(letters, trusted=trusted)
        evil = Letter(subject=None)  # type: ignore[arg-type]
        return [evil if "00003" in letter.subject else letter for letter in read]


async def test_one_letter_that_cannot_be_filed_stops_nobody_and_ends_up_visible(desk: BridgeDesk) -> None:
    desk.box.deliver_all([client_letter(number) for number in range(10)])
    for _ in range(3):
        report = await desk.once(Poisoned())
    assert report.mailboxes["support"].outcomes == {"quarantined": 1}
    assert len([subject for subject in desk.subjects() if subject.startswith("Letter")]) == 9
    ((files, kept),) = desk.ask(
        "SELECT count(*), max(a.sha256) FROM attachment a JOIN message m ON m.id = a.message_id"
    )
    assert files == 1
    assert b"Letter 00003" in (desk.folder / "blobs" / kept[:2] / kept).read_bytes()


async def test_a_wrong_password_is_said_and_shown(desk: BridgeDesk) -> None:
    desk.config.write_text(desk.config.read_text().replace(desk.box.password, "wrong-one"))
    report = await desk.once()
    error = report.mailboxes["support"].error
    assert not report.complete
    assert f"user {desk.box.user} or the password was refused" in error
    assert "wrong-one" not in error
    assert desk.state("mailbox support") == (False, error)


async def test_a_mailbox_that_is_away_holds_up_neither_the_others_nor_the_outbox(desk: BridgeDesk) -> None:
    text = desk.config.read_text()
    second = text[text.index("[mailboxes.support]") :].replace("mailboxes.support", "mailboxes.away")
    second = second.replace(desk.box.address, "away@desk.example").replace(
        f"port = {desk.box.server.imap_port}", "port = 1"
    )
    desk.config.write_text(text + second)
    desk.box.append(client_letter(1))
    report = await desk.once()
    assert "refused the connection" in report.mailboxes["away"].error
    assert report.mailboxes["support"].outcomes == {"opened": 1}
    assert report.sent == {"sent": 1}


async def test_a_relay_that_is_away_keeps_letters_in_the_outbox(desk: BridgeDesk) -> None:
    desk.box.append(client_letter(1))
    desk.relay.stop()
    report = await desk.once()
    assert "refused the connection" in report.send_errors["support"]
    assert desk.outbox() == ["queued"]
    assert desk.state("sending support")[0] is False


async def test_a_full_disk_loses_nothing(desk: BridgeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from core.db.blobs import BlobStore

    desk.box.deliver_all([client_letter(number) for number in range(3)])

    def full(store: BlobStore, data: bytes) -> str:
        raise store.unavailable(OSError(errno.ENOSPC, "No space left on device"))

    with monkeypatch.context() as patch:
        patch.setattr(BlobStore, "put", full)
        report = await desk.once()
    assert "is full" in report.mailboxes["support"].error
    assert desk.subjects() == []
    assert (await desk.once()).complete
    assert len(desk.subjects()) == 3


async def test_an_agents_forward_comes_from_the_server_as_the_clients_ticket_with_every_file(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    desk = make_desk(
        tmp_path / "desk", dovecot.mailbox("support"), smtp_server, authserv_id="mx.desk.example"
    )
    with desk.open() as opened:
        agents.add(opened, "anna", "Anna", "anna@desk.example")
    written = client_letter(1, sender="Olga <olga@firm.example>", To="anna@desk.example", Subject="Bill")
    inner = message_from_bytes(written, policy=SMTP)
    inner.add_attachment(b"%PDF bill", maintype="application", subtype="pdf", filename="bill.pdf")
    outer = message_from_bytes(client_letter(2, sender="Anna <anna@desk.example>"), policy=SMTP)
    outer["Authentication-Results"] = "mx.desk.example; dmarc=pass header.from=desk.example"
    outer.set_content("Please take it.")
    outer.add_attachment(inner)
    desk.box.deliver(outer.as_bytes())
    async with Parser() as reader:
        report = await desk.once(reader)
    assert report.mailboxes["support"].outcomes == {"opened": 1}
    assert desk.ask("SELECT kind, subject, body FROM message ORDER BY id")[0][:2] == ("inbound", "Bill")
    assert desk.ask("SELECT body FROM message WHERE kind = 'note'") == [("Please take it.",)]
    assert desk.ask("SELECT email FROM address") == [("olga@firm.example",)]
    files = dict(desk.ask("SELECT name, sha256 FROM attachment"))
    with desk.open() as opened:
        assert opened.blobs.read(files["bill.pdf"]) == b"%PDF bill"
        assert b"olga@firm.example" in opened.blobs.read(files["Bill.eml"])
    assert desk.outbox() == [], "they wrote to Anna, not to the desk"
