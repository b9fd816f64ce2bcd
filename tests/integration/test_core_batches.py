"""Letters that are filed together: each is placed as if it had come alone, in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.domain.letters import Letter
from core.services import intake, ledger
from core.services.desk import Desk
from core.services.intake import Taken
from tests import engines
from tests.builders import answer_to, desk_in, letter, opened, plain, recorded, rows, seen_by_all


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path / "desk") as made:
        yield made


def together(desk: Desk, *letters: Letter) -> list[Taken]:
    """All of them in one batch."""
    return intake.take(desk, list(zip(recorded(desk, *letters), letters, strict=True)))


def count(desk: Desk, table: str) -> int:
    ((number,),) = rows(desk, f"SELECT count(*) FROM {table}")
    return int(number)


def broken() -> Letter:
    """Text that no database stores: half of a surrogate pair, which no parser should let through."""
    return letter(body_text="\ud800", reply_text="\ud800")


def test_an_answer_finds_the_letter_that_came_in_the_same_batch(desk: Desk) -> None:
    first = letter(region="Siberia")
    answer = letter("Ещё одно.", in_reply_to=(first.message_id,), subject="Re: Не могу войти")
    opened, joined = together(desk, first, answer)
    assert (opened.outcome, joined.outcome, joined.why) == ("opened", "joined", "known-id")
    assert joined.ticket_id == opened.ticket_id
    assert joined.event_id > opened.event_id
    assert rows(desk, "SELECT last_event, guard_event FROM ticket") == [(joined.event_id, joined.event_id)]


def test_a_new_client_who_writes_twice_in_a_batch_is_one_client_with_linked_tickets(desk: Desk) -> None:
    first, second = together(desk, letter(sender="new@client.example"), letter(sender="New@Client.example"))
    assert [one.outcome for one in (first, second)] == ["opened", "opened"]
    assert rows(desk, "SELECT id, previous_id FROM ticket ORDER BY id") == [
        (first.ticket_id, None),
        (second.ticket_id, first.ticket_id),
    ]
    assert (count(desk, "contact"), count(desk, "address")) == (1, 1)


def test_somebody_in_copy_of_a_letter_is_the_client_of_the_next_one_in_the_batch(desk: Desk) -> None:
    first = letter(cc=("colleague@client.example",))
    answer = letter("Это я.", sender="colleague@client.example", in_reply_to=(first.message_id,))
    _opened, joined = together(desk, first, answer)
    assert rows(desk, "SELECT private FROM message WHERE id = :id", id=joined.message_id) == [(0,)]


def test_one_letter_that_came_twice_in_a_batch_is_one_message(desk: Desk) -> None:
    one = letter()
    opened, repeated = together(desk, one, one)
    assert (opened.outcome, repeated.outcome) == ("opened", "duplicate")
    assert repeated.message_id == opened.message_id
    assert count(desk, "ticket") == 1


def test_a_letter_that_cannot_be_stored_costs_only_itself(desk: Desk) -> None:
    before, after = letter(), letter()
    opened, failed, also = together(desk, before, broken(), after)
    assert [one.outcome for one in (opened, failed, also)] == ["opened", "failed", "opened"]
    assert count(desk, "ticket") == 2
    assert len(ledger.pending(desk, "support")) == 1
    assert rows(desk, "SELECT kind, count(*) FROM event WHERE ticket_id > 0 GROUP BY kind ORDER BY kind") == [
        ("confirmed", 2),
        ("opened", 2),
    ]


def test_an_answer_to_a_letter_that_failed_in_the_same_batch_opens_a_ticket_of_its_own(desk: Desk) -> None:
    lost = broken()
    failed, opened = together(desk, lost, letter(in_reply_to=(lost.message_id,)))
    assert (failed.outcome, opened.outcome) == ("failed", "opened")
    assert rows(desk, "SELECT id FROM ticket") == [(opened.ticket_id,)]


def test_confirmations_to_one_address_stop_within_a_batch_too(desk: Desk) -> None:
    together(desk, *(letter(f"Снова {number}") for number in range(15)))
    assert (count(desk, "ticket"), count(desk, "outbox")) == (15, 10)


def test_whatever_is_filed_together_every_reference_leads_somewhere(desk: Desk) -> None:
    first = letter(files={"a.txt": b"a"}, cc=("colleague@client.example",))
    together(desk, first, broken(), letter(in_reply_to=(first.message_id,), files={"b.txt": b"b"}))
    if not engines.on_postgres():  # which takes nothing else in
        with desk.read() as session:
            assert plain(session, "PRAGMA foreign_key_check") == []
            assert plain(session, "PRAGMA integrity_check") == [("ok",)]
    assert count(desk, "attachment") == 2


WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.mark.postgres
def test_a_batch_that_meets_another_writer_crosswise_is_taken_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (opened(desk, sender=f"c{number}@x.example") for number in range(2))
    answers = [answer_to(desk, ticket) for ticket in (first, second)]
    tries = []
    real = intake._take_together

    def take_together(*args: Any) -> list[Taken]:
        tries.append(args)
        return real(*args)

    monkeypatch.setattr(intake, "_take_together", take_together)
    with desk.engine.begin() as other, ThreadPoolExecutor(1) as pool:
        # Who waits longest for what the other has is let go; it shall not be this one.
        other.exec_driver_sql("SET LOCAL deadlock_timeout = '10s'")
        other.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        other.execute(text("SELECT id FROM ticket WHERE id = :id FOR UPDATE"), {"id": second})
        taking = pool.submit(together, desk, *answers)
        while not rows(desk, WAITS)[0][0] and not taking.done():
            pass
        other.execute(text("SELECT id FROM ticket WHERE id = :id FOR UPDATE"), {"id": first})
        other.commit()
        taken = taking.result()
    assert len(tries) > 1, "the first try was let go"
    assert [(one.outcome, one.ticket_id) for one in taken] == [("joined", first), ("joined", second)]
    assert [len(seen_by_all(desk, ticket).timeline) for ticket in (first, second)] == [3, 3], "once each"
