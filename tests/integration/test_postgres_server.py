"""What only PostgreSQL does: writers side by side, events that become visible out of order, a server that goes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session

from cli.checkup.local import check_disk, check_the_database
from cli.main import main
from core import clock
from core.db import feed, postgres
from core.db.place import place_of
from core.db.tables import EventRow, TicketRow
from core.domain.permissions import Role
from core.errors import AlreadyOwned, Conflict, Unavailable
from core.services import access, agents, identity, outbox, replies, setup, tickets
from core.services.bulk import write as write_histories
from core.services.desk import Desk
from core.services.histories import Client, History, Step
from core.settings import Settings
from tests import engines
from tests.builders import (
    answer_to,
    arrive,
    board,
    desk_in,
    everything,
    group_id,
    letter,
    make_settings,
    opened,
    rows,
    seen_by_all,
    who,
)
from tests.servers import postgres as servers

pytestmark = pytest.mark.postgres

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
"""How many wait for what somebody else holds."""


def happened(session: Session, ticket: int | None, kind: str = "noted") -> int:
    """Write an event past all services."""
    event = EventRow(ticket_id=ticket, at=clock.now(), actor="operator", kind=kind)
    session.add(event)
    session.flush()
    return event.id or 0


# Settings and errors


def test_every_connection_has_the_settings_that_the_desk_rests_on(desk: Desk) -> None:
    for name, value in {
        "lock_timeout": "2s", "statement_timeout": "5s", "idle_in_transaction_session_timeout": "30s",
        "TimeZone": "UTC", "transaction_isolation": "read committed",
    }.items():  # fmt: skip
        with desk.write() as session:
            assert session.connection().exec_driver_sql(f"SHOW {name}").scalar() == value
    with pytest.raises(Unavailable, match="may not be written"), desk.read() as session:
        happened(session, None)


def test_every_reference_may_be_checked_at_the_end_of_a_batch(desk: Desk) -> None:
    """Letters of a batch are written table by table; what is referred to may come last."""
    strict = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable"
    assert rows(desk, strict) == []


@contextmanager
def impatient(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits long."""
    with monkeypatch.context() as patched:
        patched.setitem(postgres.SETTINGS, "lock_timeout", 50)
        desk.engine.dispose()
        yield
    desk.engine.dispose()


def test_a_ticket_in_anothers_hand_is_told_and_nothing_is_half_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = opened(desk)
    before = everything(desk)
    with impatient(desk, monkeypatch), psycopg.connect(place_of(desk.settings).dsn) as other:
        other.execute("SELECT 1 FROM ticket WHERE id = %s FOR UPDATE", (ticket,))
        with pytest.raises(Unavailable, match="is busy") as caught:
            replies.note(desk, who(desk, "anna"), ticket, "Заметка")
        assert caught.value.hint
        assert seen_by_all(desk, ticket).status == "new", "reading goes on"
    assert everything(desk) == before
    replies.note(desk, who(desk, "anna"), ticket, "Заметка")


def moved_to(desk: Desk, url: str) -> Settings:
    changed = {"desk": desk.settings.desk.model_copy(update={"database": url})}
    return desk.settings.model_copy(update=changed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("desk@", "stranger@"), "refuses the role"),
        (("@/desk", "@/nowhere"), "There is no database"),
        (("host=", "host=%2Fno%2Fsuch"), "cannot be reached"),
    ],
)
def test_a_server_that_cannot_be_used_is_told(desk: Desk, change: tuple[str, str], says: str) -> None:
    settings = moved_to(desk, desk.settings.desk.database.replace(*change, 1))
    for act in (Desk.open, setup.upgrade):
        with pytest.raises(Unavailable, match=says) as caught:
            act(settings)
        assert caught.value.hint


def test_a_server_that_was_restarted_is_used_again(tmp_path: Path) -> None:
    with servers.running() as server, engines.on(server), desk_in(tmp_path / "desk") as desk:
        ticket = opened(desk)
        with closing(board(desk, "anna")) as reader:
            server.restart()
            assert seen_by_all(desk, ticket).status == "new"
            tickets.accept(desk, who(desk, "anna"), ticket)
            with pytest.raises(Unavailable, match="cannot be reached"):
                reader.directory()
        with closing(board(desk, "anna")) as reader:
            assert reader.cards([ticket])[ticket].owner_id is not None


# Text


def test_what_postgresql_cannot_store_of_a_text_is_left_out(desk: Desk) -> None:
    ticket = arrive(desk, letter("a\0b", subject="x\0y", name="I\0van", region="Siberia")).ticket_id
    assert ticket is not None
    view = seen_by_all(desk, ticket)
    assert (view.subject, view.client.name) == ("xy", "Ivan")
    replies.reply(desk, who(desk, "anna"), ticket, "о\0твет", view.last_event)
    assert "ответ" in {item.message.body for item in seen_by_all(desk, ticket).timeline if item.message}
    assert identity.agent_by_login(desk, "an\0na").login == "anna"


# Writers side by side


def test_who_waits_for_a_ticket_decides_on_what_the_other_made_of_it(desk: Desk) -> None:
    ticket, held = opened(desk), threading.Event()

    def slowly() -> None:
        with desk.write() as session:
            session.execute(text("SELECT 1 FROM ticket WHERE id = :id FOR UPDATE"), {"id": ticket})
            held.set()
            while not rows(desk, WAITING)[0][0]:
                pass
            boris = who(desk, "boris").id
            session.execute(
                text("UPDATE ticket SET owner_id = :me, version = version + 1 WHERE id = :id"),
                {"me": boris, "id": ticket},
            )

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(slowly)
        held.wait()
        with pytest.raises(AlreadyOwned) as caught:
            tickets.accept(desk, who(desk, "anna"), ticket)
        done.result()
    assert caught.value.winner == "Boris Orlov"


def test_many_who_write_on_few_tickets_lose_nothing(desk: Desk) -> None:
    numbers = [opened(desk) for _ in range(3)]

    def work(login: str) -> int:
        actor = who(desk, login)
        for turn in range(20):
            replies.note(desk, actor, numbers[turn % 3], f"{login} {turn}")
        return 20

    logins = ("anna", "boris", "nadia", "vera")
    agents.add(desk, "vera", groups={"north": Role.AGENT})
    with ThreadPoolExecutor(4) as threads:
        written = sum(threads.map(work, logins))
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'note'") == [(written,)]
    assert rows(desk, "SELECT count(*) FROM event WHERE kind = 'noted'") == [(written,)]
    for number in numbers:
        assert rows(desk, "SELECT max(id) FROM event WHERE ticket_id = :id", id=number) == [
            (seen_by_all(desk, number).last_event,)
        ]


def test_nobody_leaves_while_they_take_a_ticket(desk: Desk) -> None:
    ticket = opened(desk)
    with ThreadPoolExecutor(1) as threads:
        with desk.write() as session:
            access.viewer_of(session, who(desk, "anna"))
            leaving = threads.submit(agents.edit, desk, "anna", active=False)
            while not rows(desk, WAITING)[0][0]:
                pass
            row = session.get_one(TicketRow, ticket)
            row.owner_id = who(desk, "anna").id
        leaving.result()
    assert seen_by_all(desk, ticket).owner is None, "what was taken last goes back like the rest"


def test_one_clients_letters_by_several_mailboxes_at_once_make_one_contact(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda n: arrive(desk, letter(sender="new@client.example")), range(8)))
    assert {one.outcome for one in taken} == {"opened"}
    assert rows(desk, "SELECT count(*) FROM contact") == [(1,)]


def test_two_senders_at_once_never_take_the_same_letter(desk: Desk) -> None:
    for _ in range(12):
        ticket = opened(desk)
        replies.reply(desk, who(desk, "anna"), ticket, "Ответ", seen_by_all(desk, ticket).last_event)
    with ThreadPoolExecutor(4) as threads:
        shares = list(threads.map(lambda worker: outbox.due(desk, worker, 3), ["a", "b", "c", "d"] * 4))
    leased = [item.id for share in shares for item in share]
    assert len(leased) == len(set(leased))


def test_a_sender_that_was_taken_for_dead_cannot_go_on_to_data(desk: Desk) -> None:
    ticket = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", seen_by_all(desk, ticket).last_event)
    items = outbox.due(desk, "old")
    outbox.recover(desk, "new")
    for item in items:
        with pytest.raises(Conflict, match="taken letter"):
            outbox.phase(desk, item.id, "data", "old")


def test_the_same_command_twice_at_once_happens_once(desk: Desk) -> None:
    ticket = opened(desk)
    outcomes: list[str] = []

    def note() -> None:
        try:
            replies.note(desk, who(desk, "anna"), ticket, "Раз", op_id="once")
            outcomes.append("done")
        except Unavailable:
            outcomes.append("again")

    threads = [threading.Thread(target=note) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "done" in outcomes
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'note'") == [(1,)]


# The feed


def test_an_event_that_is_committed_late_is_not_lost(desk: Desk) -> None:
    early, late = opened(desk), opened(desk)
    with closing(board(desk, "anna")) as reader:
        at = reader.last_event()
        with desk.read() as session:
            place = feed.here(session)
        with desk.write() as slow:
            old = happened(slow, late)
            with desk.write() as quick:
                new = happened(quick, early)
            assert old < new, "the later id is visible first"
            changes = reader.changes(at)
            assert (changes.tickets, changes.last_event) == (frozenset({early}), new)
            with desk.read() as session:
                found, place = feed.after(session, place, 100)
            assert found == [], "nothing can be put before what was read once"
        assert reader.changed()
        changes = reader.changes(changes.last_event)
        assert (changes.tickets, changes.last_event) == (frozenset({late}), new)
        assert reader.changes(changes.last_event).tickets == set()
    with desk.read() as session:
        found, place = feed.after(session, place, 100)
        assert {event.id for event in found} == {old, new}
        assert feed.after(session, place, 100)[0] == []


def test_of_many_writers_every_event_is_read_exactly_once(desk: Desk) -> None:
    numbers = [opened(desk) for _ in range(4)]
    with desk.read() as session:
        place = feed.here(session)
    before = {number for (number,) in rows(desk, "SELECT id FROM event")}
    seen: list[int] = []
    board_saw: set[int] = set()
    left = threading.Semaphore(0)

    def write(ticket: int) -> None:
        for turn in range(40):
            with desk.write() as session:
                number = happened(session, ticket)
                if turn % 3 == 0:  # some transactions are longer than others
                    session.execute(text("SELECT pg_sleep(0.003)"))
                assert number
        left.release()

    with ThreadPoolExecutor(4) as threads, closing(board(desk, "anna")) as reader:
        at = reader.last_event()
        for ticket in numbers:
            threads.submit(write, ticket)
        ended = 0
        while ended < len(numbers):
            ended += left.acquire(blocking=False)
            with desk.read() as session:
                found, place = feed.after(session, place, 7)
            seen += [event.id or 0 for event in found]
            changes = reader.changes(at)
            at, board_saw = changes.last_event, board_saw | changes.tickets
    with desk.read() as session:
        while True:
            found, place = feed.after(session, place, 50)
            if not found:
                break
            seen += [event.id or 0 for event in found]
    written = {number for (number,) in rows(desk, "SELECT id FROM event")} - before
    assert len(written) == 160
    assert sorted(seen) == sorted(written)
    assert board_saw >= set(numbers)


def test_a_desk_restored_on_another_server_goes_on(desk: Desk) -> None:
    ticket = opened(desk)
    with desk.write() as session:
        # The other server had counted further.
        session.execute(text("UPDATE event SET txid = 10000000000 + id"))
        session.execute(text("INSERT INTO setting SELECT 'robot.feed', '10000000000:' || max(id) FROM event"))
    setup.upgrade(desk.settings)
    ((place,),) = rows(desk, "SELECT value FROM setting WHERE key = 'robot.feed'")
    tickets.accept(desk, who(desk, "anna"), ticket)
    with desk.read() as session:
        found, _place = feed.after(session, place, 100)
    assert [event.kind for event in found] == ["accepted"]


# Desks made in one go


def test_after_rows_by_the_thousand_the_next_ticket_gets_the_next_number(desk: Desk) -> None:
    first = opened(desk)
    history = History(
        "Вопрос", Client("x@client.example", "X"), group_id(desk, "north"), "support",
        (Step("client", clock.now(), text="Вопрос"),),
    )  # fmt: skip
    assert write_histories(desk, [history] * 5) == 5
    later = opened(desk)
    assert later > first + 5
    arrive(desk, answer_to(desk, later))
    assert seen_by_all(desk, later).status == "new"


def test_the_password_comes_from_its_file_and_is_never_shown(tmp_path: Path) -> None:
    settings: Any = make_settings(tmp_path)
    (tmp_path / "pw").write_text("s3cret-of-the-desk\n")
    text_of = (tmp_path / "config.toml").read_text("utf-8")
    from core import settings as configuration

    changed = text_of.replace("[desk]\n", '[desk]\ndatabase_password_file = "pw"\n', 1)
    settings = configuration.read(changed, tmp_path / "config.toml")
    place = place_of(settings)
    assert place.password() == "s3cret-of-the-desk"
    assert "s3cret" not in f"{place} {place!r} {settings!r}"
    setup.upgrade(settings)
    with closing(Desk.open(settings)) as desk:
        assert "s3cret" not in repr(desk.engine.url)


def test_doctor_looks_at_the_server(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> list[tuple[str, str]]:
        return [(check.state, check.part) for check in check_the_database(desk.settings)]

    fine = [("ok", "desk.database"), ("ok", "postgresql")]
    assert said() == fine
    opened(desk)
    with desk.write() as session:
        session.execute(text("UPDATE event SET txid = 10000000000"))
    assert said() == [("failed", "desk.database"), ("ok", "postgresql")]
    setup.upgrade(desk.settings)
    assert said() == fine
    with monkeypatch.context() as patched:
        patched.setattr(postgres, "OLDEST", 99)
        assert said() == [("ok", "desk.database"), ("failed", "postgresql")]
    with desk.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert said() == [("failed", "desk.database"), ("ok", "postgresql")]
    list(check_disk(desk.settings))


def test_the_command_names_the_database_it_brought_up_to_date(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["db", "upgrade", "--json", "--config", str(desk.settings.path)]) == 0
    assert json.loads(capsys.readouterr().out) == {"database": desk.settings.desk.database, "backup": None}
