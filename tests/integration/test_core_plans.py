"""What is done all day costs what is there now, not what ever was: no query walks through a table of history."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlmodel import Session

from core import clock
from core.db import departures
from core.db.tables import OutboxRow
from core.services import asking, ledger, notices, outbox, reading, replies, robot, shifts, tickets, voices
from core.services.desk import Desk
from tests.builders import answer_to, arrive, desk_in, letter, opened, seen_by_all, who

HISTORY = (
    "ask", "event", "involved", "mail_ledger", "message", "notice", "notice_ack", "outbox",
    "outbox_recipient", "seen", "shift", "ticket", "timer",
)  # fmt: skip
"""Tables that only grow."""


@contextmanager
def statements(desk: Desk) -> Iterator[list[tuple[str, Any]]]:
    """What is said to the database within the block."""
    said: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, many: bool) -> None:
        if not many:
            said.append((statement, parameters))

    event.listen(desk.engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(desk.engine, "before_cursor_execute", listen)


def walks(desk: Desk, said: list[tuple[str, Any]]) -> list[str]:
    """Steps of SQLite's plans that read a table of history from its beginning."""
    found = []
    with desk.read() as session:
        connection = session.connection()
        for statement, parameters in said:
            # The plan of an INSERT names the children of a deferred key, which it looks at only after a fault.
            if not re.match(r"\s*(SELECT|UPDATE|DELETE)", statement):
                continue
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                step = re.match(
                    r"SCAN (\w+)(?! USING (COVERING )?INDEX \w*(unmailed|due|pending|voice))", row[3]
                )
                if step and step.group(1) in HISTORY:
                    found.append(f"{row[3]} in {' '.join(statement.split())}")
    return found


def a_day(desk: Desk) -> dict[str, Callable[[], object]]:
    anna, boris = who(desk, "anna"), who(desk, "boris")
    ticket, other = opened(desk), opened(desk)
    stranger = arrive(desk, answer_to(desk, other, sender="stranger@else.example"))
    return {
        "a letter comes": lambda: arrive(desk, letter("Не открывается панель.", region="Siberia")),
        "what waits": lambda: ledger.pending(desk, "support"),
        "how far": lambda: ledger.watermark(desk, "support", 1),
        "what is known": lambda: ledger.known(desk, "support", 1, 2),
        "accept": lambda: tickets.accept(desk, anna, ticket),
        "reply": lambda: replies.reply(desk, anna, ticket, "Проверьте", seen_by_all(desk, ticket).last_event),
        "an answer comes": lambda: arrive(desk, answer_to(desk, ticket)),
        "ask": lambda: asking.ask(desk, anna, ticket, "Что скажешь?", login="boris"),
        "who asks": lambda: asking.open_asks(desk, boris),
        "notices": lambda: notices.mine(desk, boris),
        "notices by mail": lambda: notices.mail(desk),
        "a pass of the robot": lambda: robot.run_once(desk),
        "letters to be sent": lambda: outbox.due(desk, "test", 10),
        "when the next letter is due": lambda: outbox.next_due(desk, ["sales"]),
        "shift": lambda: shifts.start(desk, anna),
        "who is here": lambda: shifts.board(desk, anna),
        "view": lambda: reading.view(desk, anna, ticket),
        "seen": lambda: tickets.mark_seen(desk, anna, ticket, seen_by_all(desk, ticket).last_event),
        "solve": lambda: tickets.solve(desk, anna, ticket),
        "the other": lambda: tickets.accept(desk, boris, other),
        "a stranger's own ticket": lambda: voices.split(desk, boris, stranger.message_id or 0),
    }


def queue(desk: Desk, mailbox: str, count: int) -> None:
    """Letters of a mailbox that are due."""
    at = clock.now()
    values = [{"mailbox": mailbox, "due_at": at, "created_at": at} for _ in range(count)]
    with desk.write() as session:
        session.execute(insert(OutboxRow), values)


def steps(desk: Desk, act: Callable[[Session], object]) -> int:
    """How many steps SQLite's machine takes for what a session is asked, to the nearest hundred."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with desk.write() as session:
        raw = session.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(count, 100)
        try:
            act(session)
        finally:
            raw.set_progress_handler(None, 0)
    return counted


@pytest.mark.sqlite
def test_a_mailbox_with_many_letters_to_send_costs_the_others_nothing(desk: Desk) -> None:
    def look(session: Session) -> None:
        found = departures.waiting(session)
        assert list(found) == ["sales", "support"]
        assert len(departures.due(session, clock.now(), 20, ["support"])) == 3

    queue(desk, "support", 3)
    queue(desk, "sales", 3)
    few = steps(desk, look)
    queue(desk, "sales", 20_000)
    assert steps(desk, look) <= few + 2


@pytest.mark.sqlite
def test_of_a_thousand_letters_that_are_due_only_those_are_read_that_are_leased(desk: Desk) -> None:
    queue(desk, "support", 30)
    few = steps(desk, lambda session: departures.due(session, clock.now(), 20, ["support"]))
    queue(desk, "support", 20_000)
    assert steps(desk, lambda session: departures.due(session, clock.now(), 20, ["support"])) <= few + 2


@pytest.mark.sqlite
def test_nothing_that_is_done_all_day_walks_through_history(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk") as desk:
        found = {}
        for name, act in a_day(desk).items():
            with statements(desk) as said:
                act()
            assert said, f"“{name}” asked nothing"
            if steps := walks(desk, said):
                found[name] = steps
        assert found == {}
