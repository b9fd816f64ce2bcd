"""Several letters of one conversation in one batch: filed together, each clock and notice once."""

from pathlib import Path

import pytest

from core.domain.joining import tagged
from core.services import intake
from core.services.desk import Desk
from tests.builders import desk_in, letter, mailbox_toml, recorded, rows, seen_by_all


def test_two_letters_of_a_new_ticket_in_one_batch_start_each_clock_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch that stumbles is filed again letter by letter, which would hide that it had stumbled.
    monkeypatch.setattr(intake, "_take_alone", lambda *_: pytest.fail("the batch was not filed in one go"))
    # A confirmation would write what is pending: the second letter is to find the first one's clocks without it.
    with desk_in(tmp_path / "desk", mailbox=mailbox_toml(confirm=False)) as desk:
        _file_two(desk)


def _file_two(desk: Desk) -> None:
    first = letter("Не открывается панель.", region="Siberia")
    second = letter("И ещё: ошибка 500.", in_reply_to=(first.message_id,), subject=tagged("Не могу войти", 1))
    taken = intake.take(desk, list(zip(recorded(desk, first, second), (first, second), strict=True)))
    assert [one.outcome for one in taken] == ["opened", "joined"]
    ticket = taken[0].ticket_id or 0
    assert taken[1].ticket_id == ticket
    assert seen_by_all(desk, ticket).status == "new"
    timers = rows(desk, "SELECT scenario FROM timer WHERE ticket_id = :id", id=ticket)
    assert [row[0] for row in timers] == ["unaccepted"]
    notices = rows(desk, "SELECT kind FROM notice WHERE ticket_id = :id", id=ticket)
    assert [row[0] for row in notices] == ["new_ticket"]
