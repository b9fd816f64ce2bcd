"""What is left behind by what is gone is swept at the next start, and what is still to be had is remembered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cli.main import main
from core.clock import now
from core.services import health, ledger, setup
from core.services.desk import Desk
from tests.builders import last_of, opened, rows, seen_by_all

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 24 * 3600


def test_a_mailbox_that_was_taken_out_is_red_no_more(desk: Desk) -> None:
    for part in (
        "mailbox support",
        "sending support",
        "mailbox old",
        "sending old",
        "reconciliation old",
        "robot",
    ):
        health.report(desk, part, ok=False, text="It does not answer.")
    ledger.note_unfetched(desk, "old", 1, {7: 3})
    ledger.note_unfetched(desk, "support", 1, {8: 3})
    setup.follow_settings(desk)
    assert [part for (part,) in rows(desk, "SELECT part FROM part_state ORDER BY part")] == [
        "mailbox support", "robot", "sending support",
    ]  # fmt: skip
    assert [(mailbox, count) for mailbox, count, _since in ledger.all_unfetched(desk)] == [("support", 1)]


def test_files_that_a_killed_bridge_left_are_swept_after_a_day(desk: Desk) -> None:
    kept = desk.blobs.put(b"whole")
    unfinished = [desk.blobs.temporary(), desk.blobs.path(kept).parent / ".0123456789abcdef"]
    for file in unfinished:
        file.write_bytes(b"half")
        os.utime(file, (now().timestamp() - DAY - 60,) * 2)
    running = desk.blobs.temporary()
    running.write_bytes(b"half")
    os.utime(desk.blobs.path(kept), (now().timestamp() - 9 * DAY,) * 2)
    setup.follow_settings(desk)
    assert [file.exists() for file in (*unfinished, running)] == [False, False, True]
    assert desk.blobs.read(kept) == b"whole"


def test_letters_still_to_be_had_are_remembered_by_mailbox_and_uidvalidity(desk: Desk) -> None:
    ledger.note_unfetched(desk, "support", 5, {7: 1, 9: 2})
    ((_box, count, since),) = ledger.all_unfetched(desk)
    ledger.note_unfetched(desk, "support", 5, {9: 3, 11: 2})
    ((_box, more, still),) = ledger.all_unfetched(desk)
    assert (count, more, still) == (1, 2, since), "asked for once is no finding yet; the first time stays"
    assert ledger.unfetched(desk, "support", 5) == {9: 3, 11: 2}
    assert (ledger.unfetched(desk, "support", 6), ledger.unfetched(desk, "sales", 5)) == ({}, {})
    ledger.note_unfetched(desk, "support", 6, {1: 2, 9: 1})
    assert ledger.unfetched(desk, "support", 5) == {}, "numbers of another UIDVALIDITY mean nothing"
    assert ledger.unfetched(desk, "support", 6) == {1: 2, 9: 1}


def test_the_doctor_names_a_mailbox_whose_server_keeps_letters_back(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    from cli.checkup.local import check_letters

    assert list(check_letters(desk.settings)) == []
    ledger.note_unfetched(desk, "support", 5, {7: 2, 9: 2})
    (found,) = check_letters(desk.settings)
    assert (found.part, found.state) == ("mailboxes.support", "warning")
    assert found.text.startswith("2 letters are listed by the server, which has not given them since ")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("note", "{n}", "--text", "caf{bad}"), 0),
        (("reply", "{n}", "--seen", "{seen}", "--text", "caf{bad}"), 0),
        (("accept", "{n}", "--op-id", "caf{bad}"), 8),
        (("reply", "{n}", "--seen", "{seen}", "--text", "x", "--to", "{bad}@y.example"), 8),
    ],
)
def test_bytes_that_are_no_text_are_a_sentence_or_a_question_mark_never_a_bug(
    desk: Desk, capfd: pytest.CaptureFixture[str], words: Sequence[str], code: int
) -> None:
    number = opened(desk)
    filled = [word.format(n=number, seen=last_of(desk, number), bad=os.fsdecode(b"\xe9")) for word in words]
    given = main(["ticket", *filled, "--as", "anna", "--config", str(desk.settings.path)])
    assert (given, "This should not have happened" in capfd.readouterr().err) == (code, False)
    bodies = [item.message.body for item in seen_by_all(desk, number).timeline if item.message]
    assert (bodies[-1] == "caf?") is (code == 0)


@pytest.mark.sqlite
def test_a_subject_with_bytes_that_are_no_text_is_stored_with_a_question_mark(desk: Desk) -> None:
    words = (
        "new",
        "--to",
        "x@y.example",
        "--subject",
        os.fsdecode(b"caf\xe9"),
        "--text",
        "x",
        "--group",
        "north",
    )
    assert main(["ticket", *words, "--as", "anna", "--config", str(desk.settings.path)]) == 0
    assert rows(desk, "SELECT subject FROM ticket") == [("caf?",)]
