"""The board's feed: what changed, what a card shows, who may look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.db.board import SqliteBoard
from core.db.board_postgres import PostgresBoard
from core.db.board_shapes import to_stored, to_time
from core.db.tables import TicketRow
from core.domain.permissions import Role
from core.domain.tickets import Lane
from core.errors import Forbidden, NotFound, Unavailable
from core.services import agents, health, replies, tickets
from core.services.board import BoardReader
from core.services.desk import Desk
from tests.builders import agent, board, group_id, opened, rows, seen_by_all, who
from tests.integration.boards import NOW, shown

# The feed


@pytest.fixture
def reader(desk: Desk) -> Iterator[BoardReader]:
    with closing(board(desk, "anna")) as made:
        yield made


def test_a_change_is_noticed_once(desk: Desk, reader: BoardReader) -> None:
    assert not reader.changed()
    ticket = opened(desk)
    assert reader.changed()
    assert not reader.changed()
    tickets.accept(desk, who(desk, "boris"), ticket)
    assert reader.changed()


def test_the_feed_names_the_tickets_of_all_later_events(desk: Desk, reader: BoardReader) -> None:
    assert reader.last_event() == rows(desk, "SELECT coalesce(max(id), 0) FROM event")[0][0]
    before, one = reader.last_event(), opened(desk)
    changes = reader.changes(before)
    assert (changes.tickets, changes.last_event) == (frozenset({one}), reader.last_event())
    two = opened(desk)
    tickets.accept(desk, who(desk, "boris"), one)
    assert reader.changes(changes.last_event).tickets == {one, two}
    agents.new_token(desk, "boris")
    assert reader.changes(reader.last_event() - 1).tickets == frozenset(), "not every event is a ticket's"
    assert reader.changes(reader.last_event()).last_event == reader.last_event()


def test_the_unread_dot_goes_out_by_looking_and_comes_back_by_words(desk: Desk, reader: BoardReader) -> None:
    ticket = opened(desk)

    def unread() -> bool:
        return reader.cards([ticket])[ticket].unread

    assert unread()
    tickets.mark_seen(desk, who(desk, "boris"), ticket, seen_by_all(desk, ticket).last_event)
    assert unread(), "a colleague's look is not mine"
    tickets.mark_seen(desk, who(desk, "anna"), ticket, seen_by_all(desk, ticket).last_event)
    assert not unread()
    tickets.accept(desk, who(desk, "boris"), ticket)
    assert not unread(), "a change of status is no news"
    replies.note(desk, who(desk, "boris"), ticket, "Заметка")
    assert unread()


def test_a_card_shows_what_its_ticket_is(desk: Desk, reader: BoardReader) -> None:
    ticket = opened(desk, subject="Не вхожу")
    view = seen_by_all(desk, ticket)
    card = reader.cards([ticket, ticket, 4711])[ticket]
    assert (card.subject, card.client, card.status, card.board) == ("Не вхожу", "Иван Петров", "new", "new")
    assert (card.group_id, card.owner_id, card.since, card.last_event, card.priority) == (
        view.group.id, None, view.since, view.last_event, "normal",
    )  # fmt: skip
    assert reader.entries(Lane.NEW)[0].key == card.key
    assert (card.asked_at, card.asked_key) == (None, None)


def test_more_cards_than_one_question_takes(desk: Desk, reader: BoardReader) -> None:
    with desk.write() as session:
        north = group_id(desk, "north")
        session.add_all(
            TicketRow(
                subject="x",
                status="new",
                board="new",
                group_id=north,
                created_at=NOW,
                since=NOW,
                status_since=NOW,
            )
            for _ in range(1100)
        )
    assert len(reader.cards(range(1, 1101))) == 1100


# Who looks


def test_a_new_membership_is_seen_after_a_refresh(desk: Desk, reader: BoardReader) -> None:
    ticket = opened(desk, region="Caucasus")
    assert shown(reader, Lane.NEW, None) == []
    agents.edit(desk, "anna", add_groups={"south": Role.AGENT})
    reader.refresh_viewer()
    assert shown(reader, Lane.NEW, None) == [ticket]


def test_who_left_or_never_was_has_no_board(desk: Desk, reader: BoardReader) -> None:
    agents.edit(desk, "anna", active=False)
    with pytest.raises(Forbidden, match="anna has left"):
        reader.refresh_viewer()
    with pytest.raises(Forbidden):
        board(desk, "anna")
    with pytest.raises(NotFound, match="nobody"):
        board(desk, "nobody")


def test_the_board_cannot_write(reader: BoardReader) -> None:
    source = reader._source
    assert isinstance(source, SqliteBoard | PostgresBoard)
    with pytest.raises(Unavailable, match="may not be written"), source.explained():
        source._connection.execute("DELETE FROM ticket")


def test_names_stand_for_ids_those_who_left_too(desk: Desk, reader: BoardReader) -> None:
    agents.edit(desk, "boris", active=False)
    directory = reader.directory()
    boris = agent(desk, "boris")
    assert directory.agents[boris.id] == boris
    assert (directory.agent_name(boris.id), directory.agent_name(None)) == ("Boris Orlov", "")
    assert directory.group_name(group_id(desk, "north")) == "North"
    assert boris.initials == "BO"


def test_how_the_parts_fare_is_told_with_since_when(desk: Desk, reader: BoardReader) -> None:
    health.report(desk, "mailbox support", True)
    (first,) = reader.parts()
    health.report(desk, "mailbox support", True)
    assert reader.parts() == [first], "since counts on while nothing changes"
    health.report(desk, "mailbox support", False, "The password is wrong.")
    (bad,) = reader.parts()
    assert (bad.ok, bad.text) == (False, "The password is wrong.")
    assert bad.since > first.since


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_times_survive_the_database_and_compare_as_text(at: datetime) -> None:
    assert to_time(to_stored(at)) == at
    assert (to_stored(at) < to_stored(NOW)) == (at < NOW)
