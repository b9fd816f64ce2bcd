"""Desks made in one go: what stands in them could have happened, counts right, and is the same for a seed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.demo import cast
from cli.demo.desk import prepare
from cli.main import main
from core.clock import now
from core.domain.tickets import Lane
from core.errors import BadInput, Conflict
from core.services import bulk, identity, reading, replies
from core.services.access import OPERATOR, Actor
from core.services.board import BoardReader
from core.services.desk import Desk
from core.services.histories import Client, History, Step
from core.settings import load
from tests import builders

COUNT = 2000


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk with 2,000 tickets."""
    folder = tmp_path_factory.mktemp("big") / "desk"
    prepare(folder, "ru", COUNT, 3.0, 7, 0.6)
    return folder


@pytest.fixture
def database(big: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(big / "glazok.db")) as connection:
        yield connection


def one(database: sqlite3.Connection, sql: str) -> Any:
    return database.execute(sql).fetchone()[0]


def test_the_board_counts_what_is_there(big: Path, database: sqlite3.Connection) -> None:
    late = dict.fromkeys(("new", "needs_reply", "waiting"), timedelta(hours=1))
    with closing(BoardReader(load(big / "config.toml"), cast.ME, late)) as board:
        counts = board.counts(now())
        groups = ",".join(str(group) for group in board.groups())
        me = board.me.id
        for lane in (Lane.WAITING, Lane.NEEDS_REPLY):
            others = f"board = '{lane}' AND group_id IN ({groups}) AND owner_id <> {me}"
            assert counts[lane].total == one(database, f"SELECT count(*) FROM ticket WHERE {others}") > 0
        mine = f"SELECT count(*) FROM ticket WHERE board IS NOT NULL AND owner_id = {me}"
        assert counts[Lane.MINE].total == one(database, mine) > 0
        new = f"SELECT count(*) FROM ticket WHERE board = 'new' AND group_id IN ({groups})"
        assert counts[Lane.NEW].total == one(database, new) > 0
        assert len(board.entries(Lane.NEW, limit=COUNT)) == counts[Lane.NEW].total
        assert 0 < counts[Lane.NEW].late < counts[Lane.NEW].total


def test_every_ticket_stands_as_its_events_say(database: sqlite3.Connection) -> None:
    assert one(database, "SELECT count(*) FROM ticket") == COUNT
    assert {row[0] for row in database.execute("SELECT DISTINCT status FROM ticket")} == {
        "new", "needs_reply", "waiting", "solved", "closed",
    }  # fmt: skip
    newest = "(SELECT max(id) FROM event WHERE ticket_id = ticket.id"
    assert one(database, f"SELECT count(*) FROM ticket WHERE last_event <> {newest})") == 0
    spoken = "('opened', 'client_wrote', 'replied', 'noted')"
    assert (
        one(database, f"SELECT count(*) FROM ticket WHERE guard_event <> {newest} AND kind IN {spoken})") == 0
    )
    moved = f"{newest} AND json_extract(data, '$.to') IS NOT NULL)"
    stands = f"(SELECT json_extract(data, '$.to') FROM event WHERE id = {moved})"
    assert one(database, f"SELECT count(*) FROM ticket WHERE status <> {stands}") == 0
    assert one(database, "SELECT count(*) FROM ticket WHERE (status = 'new') <> (owner_id IS NULL)") == 0
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_times_run_forward_and_end_in_the_past(database: sqlite3.Connection) -> None:
    later = "SELECT count(*) FROM event a JOIN event b ON b.ticket_id = a.ticket_id AND b.id > a.id AND b.at < a.at"
    assert one(database, later) == 0
    assert one(database, "SELECT count(*) FROM event WHERE at > strftime('%Y-%m-%d %H:%M:%f', 'now')") == 0
    assert one(database, "SELECT count(*) FROM ticket WHERE since < created_at") == 0


def test_letters_read_like_many_different_people(database: sqlite3.Connection) -> None:
    assert one(database, "SELECT count(DISTINCT subject) FROM ticket") > COUNT * 0.6
    assert one(database, "SELECT count(DISTINCT email) FROM address") > COUNT * 0.25
    assert one(database, "SELECT count(*) FROM message WHERE body LIKE '%{%'") == 0
    assert {row[0] for row in database.execute("SELECT DISTINCT language FROM ticket")} == {"ru", "en"}
    average = one(
        database,
        "SELECT avg(n) FROM (SELECT count(*) n FROM message WHERE kind IN ('inbound', 'reply')"
        " AND ticket_id IN (SELECT id FROM ticket WHERE owner_id IS NOT NULL) GROUP BY ticket_id)",
    )
    assert 2.5 < average < 4


def test_a_seed_always_tells_the_same_stories(tmp_path: Path) -> None:
    def told(name: str, seed: int) -> list[Any]:
        prepare(tmp_path / name, "en", 150, 3.0, seed, 0.6)
        with closing(sqlite3.connect(tmp_path / name / "glazok.db")) as connection:
            return connection.execute(
                "SELECT t.subject, t.status, t.owner_id, c.name, group_concat(m.body, '|') FROM ticket t"
                " JOIN contact c ON c.id = t.contact_id JOIN message m ON m.ticket_id = t.id GROUP BY t.id"
            ).fetchall()

    first = told("first", 3)
    assert told("second", 3) == first
    assert told("third", 4) != first


def test_the_prepared_desk_can_be_worked_on(big: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from core.settings import load

    with closing(Desk.open(load(big / "config.toml"))) as desk:
        me = identity.agent_by_login(desk, cast.ME)
        mine = next(iter(reading.all_tickets(desk, Actor.agent(me.id), owner_id=me.id)))
        view = reading.view(desk, Actor.agent(me.id), mine.id)
        assert view.to
        assert view.to[0].address == view.client.addresses[0]
        sent = replies.reply(desk, Actor.agent(me.id), mine.id, "Готово.", view.last_event)
        after = reading.view(desk, OPERATOR, mine.id)
        assert after.last_event == sent.event_id > view.last_event
    assert main(["ticket", "show", str(mine.id), "--json", "--config", str(big / "config.toml")]) == 0
    assert "Готово." in capfd.readouterr().out


def test_an_existing_desk_is_left_alone(tmp_path: Path) -> None:
    prepare(tmp_path, "en", 5, 3.0, 1, 0.6)
    before = (tmp_path / "config.toml").read_bytes()
    with pytest.raises(Conflict):
        prepare(tmp_path, "en", 5, 3.0, 1, 0.6)
    assert (tmp_path / "config.toml").read_bytes() == before


def test_secrets_and_letters_are_for_their_owner_alone(big: Path) -> None:
    for name in ("config.toml", "secret.key", "glazok.db"):
        assert (big / name).stat().st_mode & 0o077 == 0, name


def test_a_history_that_could_not_have_happened_is_refused(desk: Desk) -> None:
    start = now() - timedelta(hours=2)
    steps = (Step("client", start, text="Hello"), Step("closed", start), Step("accepted", start, agent_id=1))
    history = History("Hello", Client("a@b.example", "A"), builders.group_id(desk, "north"), "support", steps)
    with pytest.raises(BadInput):
        bulk.write(desk, [history])
    assert builders.rows(desk, "SELECT count(*) FROM ticket")[0][0] == 0
    with pytest.raises(BadInput):
        bulk.write(desk, [History("Hello", history.client, history.group_id, "support", steps[2:])])


def test_clients_come_back_to_their_own_card(desk: Desk) -> None:
    start = now() - timedelta(hours=2)
    client = Client("ivan@client.example", "Ivan", "siberia", "en")
    group = builders.group_id(desk, "north")
    anna = builders.agent(desk, "anna").id
    first = History(
        "One", client, group, "support",
        (Step("client", start, text="Hello"), Step("replied", start, agent_id=anna, text="Hi")),
    )  # fmt: skip
    second = History("Two", client, group, "support", (Step("client", now(), text="Again"),))
    assert bulk.write(desk, [first]) == 1
    assert bulk.write(desk, [second]) == 1
    view = reading.view(desk, builders.who(desk, "anna"), 1)
    assert (view.status, view.owner and view.owner.login) == ("waiting", "anna")
    assert [item.event.kind for item in view.timeline] == ["opened", "accepted", "replied", "delivery"]
    again = reading.view(desk, builders.who(desk, "anna"), 2)
    assert again.previous_id == 1
    assert again.client.id == view.client.id
