"""The ledger and hostile letters: every letter once, none lost, and none that stops the ones behind it."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from core.db.blobs import BlobStore
from core.domain.letters import Letter, LetterAttachment
from core.errors import Unavailable
from core.services import intake, ledger
from core.services.desk import Desk
from core.services.intake import MAX_ATTEMPTS, Taken
from core.services.ledger import Fetched
from tests.builders import arrive, letter, recorded, rows, seen_by_all

ONE = Fetched(7, "ab" * 32, 100, "01-Jan-2026 10:00:00 +0000", "<one@x.example>")
TWO = Fetched(9, "cd" * 32, 100, "01-Jan-2026 10:00:01 +0000", "<two@x.example>")


def test_letters_are_written_down_once_in_order_however_often(desk: Desk) -> None:
    first = ledger.record(desk, "support", 1, [ONE, TWO])
    assert ledger.record(desk, "support", 1, [TWO, ONE]) == first[::-1]
    assert [(row.id, row.uid) for row in ledger.pending(desk, "support")] == [(first[0], 7), (first[1], 9)]
    assert ledger.record(desk, "support", 1, []) == []
    assert ledger.known(desk, "support", 1, 1) == {7, 9}
    assert ledger.known(desk, "support", 1, 8) == {9}
    assert (ledger.watermark(desk, "support", 1), ledger.watermark(desk, "support", 2)) == (9, 0)


def test_what_waits_comes_in_the_order_of_its_coming_also_after_a_failure(desk: Desk) -> None:
    ids = recorded(desk, *(letter() for _ in range(4)))
    # PostgreSQL puts a row that was changed behind the others.
    intake.failed(desk, ids[0], "it stumbled")
    assert [row.id for row in ledger.pending(desk, "support")] == ids
    assert [row.id for row in ledger.pending(desk, "support", 2)] == ids[:2]


def test_mailboxes_do_not_mix(desk: Desk) -> None:
    mine, theirs = ledger.record(desk, "support", 1, [ONE]), ledger.record(desk, "sales", 1, [ONE])
    assert mine != theirs
    assert [row.id for row in ledger.pending(desk, "sales")] == theirs
    assert ledger.known(desk, "sales", 1, 1) == {7}


def test_a_new_uidvalidity_brings_no_letter_twice(desk: Desk) -> None:
    one = letter(region="Siberia")
    (old,) = recorded(desk, one)
    intake.take(desk, [(old, one)])
    (new,) = recorded(desk, one, uidvalidity=2)
    assert new != old
    assert ledger.pending(desk, "support") == []
    assert rows(desk, "SELECT state, outcome, ticket_id FROM mail_ledger WHERE id = :id", id=new) == [
        ("done", "repeated", 1)
    ]


@pytest.mark.parametrize(
    "other",
    [
        Fetched(7, "ef" * 32, 100, ONE.internal_date, ONE.message_id),
        Fetched(7, ONE.sha256, 100, "02-Jan-2026 10:00:00 +0000", ONE.message_id),
        Fetched(7, ONE.sha256, 100, ONE.internal_date, "<other@x.example>"),
    ],
)
def test_under_a_new_uidvalidity_only_the_very_same_letter_counts_as_repeated(
    desk: Desk, other: Fetched
) -> None:
    ledger.record(desk, "support", 1, [ONE])
    (new,) = ledger.record(desk, "support", 2, [other])
    assert new in [row.id for row in ledger.pending(desk, "support")]


def test_one_holder_at_a_time_has_a_lease_until_it_ends(desk: Desk) -> None:
    assert ledger.lease(desk, "mailbox support", "a", 60)
    assert ledger.lease(desk, "mailbox support", "a", 60), "renewed"
    assert not ledger.lease(desk, "mailbox support", "b", 60)
    assert ledger.lease(desk, "mailbox sales", "b", 60)
    ledger.release_lease(desk, "mailbox support", "b")
    assert not ledger.lease(desk, "mailbox support", "b", 60), "only the holder gives it back"
    ledger.release_lease(desk, "mailbox support", "a")
    assert ledger.lease(desk, "mailbox support", "b", -1)
    assert ledger.lease(desk, "mailbox support", "a", 60), "one that ran out is free"


# Letters that cannot be placed


def hostile() -> dict[str, Letter]:
    """Letters that have broken programs."""
    return {
        "300,000 recipients": letter(cc=[f"c{n}@crowd.example" for n in range(300_000)]),
        "look-alike token": letter(to=(f"support+t1.{'ſ' * 10}@desk.example",)),
        "number beyond all": letter(subject=f"[GLZ-{'9' * 12}]", to=(f"a+t{'9' * 18}.{'a' * 10}@x.example",)),
        "empty lines": letter("\n" * 100_000, subject="\n" * 1000),
        "control characters": letter("\x00\x1b[2J", subject="\x1b]0;x\x07", name="\u202eabc"),
        "half characters": letter(html="\ud800", name="ok"),
        "endless references": letter(references=tuple(f"<{n}@x.example>" for n in range(50_000))),
        "endless subject": letter(subject="x" * 1_000_000),
        "sql": letter("'; DROP TABLE ticket; --", sender="'; DROP TABLE ticket; --@x.example"),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_letter_becomes_a_ticket_like_any_other(desk: Desk, name: str) -> None:
    behind, one = letter(region="Siberia"), hostile()[name]
    taken = intake.take(desk, list(zip(recorded(desk, one, behind), [one, behind], strict=True)))
    assert [one.outcome for one in taken] == ["opened", "opened"]
    assert seen_by_all(desk, taken[0].ticket_id or 0).status == "new"


def test_a_letter_that_cannot_be_placed_leaves_no_trace_and_stops_nobody(desk: Desk) -> None:
    before, behind = letter(region="Siberia"), letter(region="Siberia")
    broken = letter("\ud800", sender="broken@client.example", files={"a": b"1"})
    letters = [before, broken, behind]
    taken = intake.take(desk, list(zip(recorded(desk, *letters), letters, strict=True)))
    assert [one.outcome for one in taken] == ["opened", "failed", "opened"]
    assert taken[1].why
    assert rows(desk, "SELECT count(*) FROM address WHERE email LIKE 'broken%'") == [(0,)]
    assert [row.id for row in ledger.pending(desk, "support")] == [taken[1].ledger_id], "it is tried again"


def test_what_fails_again_and_again_becomes_a_visible_ticket_with_its_raw_file(desk: Desk) -> None:
    broken = letter("\ud800")
    (ledger_id,) = recorded(desk, broken)
    for attempt in range(1, MAX_ATTEMPTS):
        assert intake.failed(desk, ledger_id, "it has half a character") is None
        assert [row.attempts for row in ledger.pending(desk, "support")] == [attempt]
    taken = intake.failed(desk, ledger_id, "it has half a character")
    assert taken is not None
    assert taken.outcome == "quarantined"
    view = seen_by_all(desk, taken.ticket_id or 0)
    assert (view.status, view.board, view.group.key, view.rule) == ("new", "new", "first", "quarantine")
    message = view.timeline[0].message
    assert message is not None
    assert "it has half a character" in message.body
    (file,) = message.attachments
    assert file.name == "letter.eml"
    assert desk.blobs.read(file.sha256).startswith(b"Message-ID:")
    assert view.guard_event == taken.event_id
    assert intake.failed(desk, ledger_id, "again") is None
    assert intake.take(desk, [(ledger_id, broken)])[0].outcome == "repeated"
    assert ledger.pending(desk, "support") == []


def given_up(desk: Desk, raw: bytes, message_id: str, mailbox: str) -> Taken:
    """A letter that nobody could read, tried for the last time."""
    fetched = Fetched(len(raw), desk.blobs.put(raw), len(raw), "", message_id)
    (ledger_id,) = ledger.record(desk, mailbox, 1, [fetched])
    tries = [intake.failed(desk, ledger_id, "it stumbled") for _ in range(MAX_ATTEMPTS)]
    assert tries[-1] is not None
    return tries[-1]


def test_what_nobody_could_read_is_one_ticket_in_two_mailboxes(desk: Desk) -> None:
    raw = b"Message-ID: <p@x.example>\r\nSubject: poison\r\n\r\nwords\r\n"
    first = given_up(desk, b"Delivered-To: support@desk.example\r\n" + raw, "<p@x.example>", "support")
    second = given_up(desk, b"Delivered-To: sales@desk.example\n" + raw, "<p@x.example>", "sales")
    other = given_up(desk, raw + b"and others\r\n", "<p@x.example>", "sales")
    assert [one.outcome for one in (first, second, other)] == ["quarantined", "duplicate", "quarantined"]
    assert (second.ticket_id, second.message_id) == (first.ticket_id, first.message_id)
    assert rows(desk, "SELECT count(*) FROM ticket") == [(2,)]
    assert ledger.pending(desk, "sales") == []
    # Once it can be read it is a letter like any other, and no copy of what could not.
    assert arrive(desk, letter("words", message_id="<p@x.example>", subject="poison")).outcome == "opened"


def test_unreadable_letters_without_a_name_are_one_only_where_every_byte_is_the_same(desk: Desk) -> None:
    raw = b"Subject: poison\r\n\r\n"
    taken = [
        given_up(desk, text, "", mailbox)
        for text, mailbox in ((raw, "support"), (raw, "sales"), (b"From: a@x.example\r\n" + raw, "sales"))
    ]
    assert [one.outcome for one in taken] == ["quarantined", "duplicate", "quarantined"]


def test_a_failure_that_comes_after_the_letter_was_filed_changes_nothing(desk: Desk) -> None:
    one = letter(region="Siberia")
    (ledger_id,) = recorded(desk, one)
    intake.take(desk, [(ledger_id, one)])
    before = rows(desk, "SELECT * FROM mail_ledger"), rows(desk, "SELECT id, last_event FROM ticket")
    assert [intake.failed(desk, ledger_id, "too late") for _ in range(MAX_ATTEMPTS)] == [None] * MAX_ATTEMPTS
    assert before == (
        rows(desk, "SELECT * FROM mail_ledger"),
        rows(desk, "SELECT id, last_event FROM ticket"),
    )


def test_a_letter_read_in_part_is_a_ticket_with_its_raw_file(desk: Desk) -> None:
    one = letter(error="the second part is cut off", region="Siberia")
    (ledger_id,) = recorded(desk, one)
    (taken,) = intake.take(desk, [(ledger_id, one)])
    view = seen_by_all(desk, taken.ticket_id or 0)
    message = view.timeline[0].message
    assert message is not None
    assert [file.name for file in message.attachments] == ["letter.eml"]
    assert view.timeline[0].event.data["damaged"] is True


# The blob store


def test_bytes_are_kept_once_under_their_hash_and_no_temporary_file_stays(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    name = store.put(b"letter")
    assert store.put(b"letter") == name
    assert store.read(name) == b"letter"
    assert [path for path in store.folder.rglob("*") if path.is_file()] == [store.path(name)]


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BlobStore(tmp_path / "blobs")
    # The folder is there: what breaks off is the writing of the file itself.
    store.path(hashlib.sha256(b"letter").hexdigest()).parent.mkdir(parents=True)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(Unavailable, match="is full"):
        patched.setattr("os.fsync", full)
        store.put(b"letter")
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []
    assert store.read(store.put(b"letter")) == b"letter"


def test_a_streamed_file_is_adopted_under_its_hash(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    path = store.temporary()
    path.write_bytes(b"large letter")
    name = store.adopt(path)
    assert store.read(name) == b"large letter"
    assert not path.exists()
    assert name == store.put(b"large letter")


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file stands where the folder should be")
    with pytest.raises(Unavailable, match="cannot be used"):
        BlobStore(tmp_path / "blobs").put(b"letter")
    with pytest.raises(Unavailable, match="cannot be used"):
        BlobStore(tmp_path / "none").read("ab" * 32)


@pytest.mark.parametrize(
    "name", ["", "ab", "../../etc/passwd", "AB" * 32, "ab" * 32 + "/..", "ab" * 31 + "/a"]
)
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    store = BlobStore(tmp_path / "blobs")
    with pytest.raises(ValueError, match="sha256"):
        store.path(name)


def test_a_hostile_file_name_stays_a_name(desk: Desk) -> None:
    file = LetterAttachment("../../x", "text/plain", 1, desk.blobs.put(b"1"), False, b"1")
    one = letter(attachments=(file,))
    (taken,) = intake.take(desk, [(recorded(desk, one)[0], one)])
    message = seen_by_all(desk, taken.ticket_id or 0).timeline[0].message
    assert message is not None
    assert desk.blobs.folder in desk.blobs.path(message.attachments[0].sha256).parents


def test_a_full_disk_refuses_the_batch_and_nothing_has_happened(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = letter(region="Siberia", files={"a": b"never stored before"})
    (ledger_id,) = recorded(desk, one)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(Unavailable, match="is full"):
        patched.setattr("os.fsync", full)
        intake.take(desk, [(ledger_id, one)])
    assert rows(desk, "SELECT count(*) FROM ticket") == [(0,)]
    (taken,) = intake.take(desk, [(ledger_id, one)])
    assert taken.outcome == "opened"


def test_a_store_that_cannot_be_made_says_so_also_for_what_is_streamed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable, match="cannot be used"):
        BlobStore(tmp_path / "file" / "blobs").temporary()


def test_what_another_process_has_just_put_there_is_synced_before_it_counts_as_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = BlobStore(tmp_path).put(b"letter")
    synced: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "core.db.blobs.os.fsync", lambda fd: synced.append((os.fstat(fd).st_dev, os.fstat(fd).st_ino))
    )
    assert BlobStore(tmp_path).put(b"letter") == kept
    folder = BlobStore(tmp_path).path(kept).parent.stat()
    assert synced == [(folder.st_dev, folder.st_ino)]
