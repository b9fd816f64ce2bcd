"""The board: what it shows equals what a plain reading of all tickets says, whatever has happened to them."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from core.db.tables import AskRow, InvolvedRow, MessageRow, TicketRow
from core.domain.permissions import Outsiders, Role, TicketFacts, Viewer, may_see
from core.domain.tickets import LANES, Lane, Status, board_of, lanes_of
from core.services import agents, asking, replies, tickets
from core.services.board import BoardReader
from core.services.desk import Desk
from tests.builders import (
    agent,
    answer_to,
    arrive,
    board,
    group_id,
    last_of,
    make_settings,
    opened,
    rows,
    who,
)
from tests.integration.boards import NOW, shown

LOGINS = ("anna", "boris", "sonya", "nadia", "root", "both", "guest")
TWICE = "[board]\ntwice = true\n"
LATE = {
    "new": timedelta(minutes=30),
    "needs_reply": timedelta(hours=3),
    "waiting": timedelta(days=3),
    "help_wanted": timedelta(minutes=30),
}


@pytest.fixture
def crowd(desk: Desk) -> Desk:
    """The standard staff, one more in two groups, and one in none, who owns tickets all the same."""
    agents.add(desk, "both", "Both", groups={"north": Role.AGENT, "south": Role.AGENT})
    agents.add(desk, "guest", "Guest")
    return desk


class Fate:
    """Chance, with a seed: makes tickets, moves them and takes some away, past all services."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.random = desk, random.Random(seed)
        self.groups = [group_id(desk, key) for key in ("first", "north", "south")]
        self.owners = [agent(desk, login).id for login in LOGINS]

    def columns(self) -> dict[str, Any]:
        """Where a ticket stands now: any group, any status, owned wherever it has to be."""
        chance = self.random
        status = chance.choice(list(Status))
        owned = status in (Status.NEEDS_REPLY, Status.WAITING) or (
            status is not Status.NEW and chance.random() < 0.7
        )
        return {
            "status": status,
            "kind": status,
            "board": board_of(status),
            "group_id": chance.choice(self.groups),
            "owner_id": chance.choice(self.owners) if owned else None,
            # Few different times, so that ties are decided by the number.
            "since": NOW - timedelta(minutes=chance.choice([0, 1, 29, 30, 31, 179, 180, 181, 5000])),
        }

    def make(self, count: int) -> None:
        with self.desk.write() as session:
            for _ in range(count):
                session.add(TicketRow(subject="x", created_at=NOW, status_since=NOW, **self.columns()))

    def move(self, count: int) -> set[int]:
        """Change some tickets; returns which."""
        with self.desk.write() as session:
            numbers = list(session.execute(select(col(TicketRow.id))).scalars())
            chosen = self.random.sample(numbers, min(count, len(numbers)))
            for number in chosen:
                row = session.get_one(TicketRow, number)
                for name, value in self.columns().items():
                    setattr(row, name, value)
        return set(chosen)

    def ask(self, count: int) -> None:
        """Let colleagues be asked on some tickets; now and then the same one twice, and some ask no longer."""
        chance = self.random
        with self.desk.write() as session:
            numbers = list(session.execute(select(col(TicketRow.id))).scalars())
            for number in chance.choices(numbers, k=count):
                head = chance.random() < 0.3
                asked = chance.choice(self.owners)
                words = MessageRow(ticket_id=number, kind="note", created_at=NOW)
                session.add(words)
                session.flush()
                session.add(
                    AskRow(
                        ticket_id=number, by_agent=self.owners[0], to_agent=None if head else asked,
                        to_group=chance.choice(self.groups) if head else None, question=words.id or 0,
                        state=chance.choice(["open", "open", "answered", "withdrawn"]),
                        asked_at=NOW - timedelta(minutes=chance.choice([1, 29, 31, 31])),
                    )
                )  # fmt: skip
                if chance.random() < 0.9:
                    session.add(InvolvedRow(ticket_id=number, agent_id=asked, how="asked", since=NOW))

    def take_away(self, count: int) -> None:
        with self.desk.write() as session:
            for number in self.random.sample(range(1, 60), count):
                session.execute(delete(AskRow).where(col(AskRow.ticket_id) == number))
                session.execute(delete(TicketRow).where(col(TicketRow.id) == number))


def expected(desk: Desk, reader: BoardReader, lane: Lane, group: int | None) -> list[int]:
    """The lane by plain reading: every ticket there is, looked at one by one."""
    viewer, found = reader.viewer, []
    asks = asked_of(desk, viewer)
    outsiders: dict[int, Outsiders] = {}
    for number, who_, head in rows(
        desk,
        "SELECT ticket_id, agent_id, NULL FROM involved"
        " UNION SELECT ticket_id, NULL, to_group FROM ask WHERE state = 'open'",
    ):
        known = outsiders.get(number, Outsiders())
        outsiders[number] = Outsiders(known.agents | {who_}, known.groups, known.heads | {head})
    for number, board_, group_, owner, since in rows(
        desk, "SELECT id, board, group_id, owner_id, since FROM ticket ORDER BY id"
    ):
        if (
            lane
            in lanes_of(board_, owner, viewer.agent_id, asked=number in asks, twice=desk.settings.board.twice)
            and may_see(viewer, TicketFacts(group_, owner, outsiders.get(number, Outsiders())))
            and (viewer.admin or group_ in viewer.groups or lane in (Lane.MINE, Lane.HELP_WANTED))
            and group in (None, group_)
        ):
            found.append(
                ("ask", asks[number], number) if lane is Lane.HELP_WANTED else (board_, since, number)
            )
    return [number for _board, _since, number in sorted(found)]


def asked_of(desk: Desk, viewer: Viewer) -> dict[int, Any]:
    """Since when somebody is asked, by ticket, read one by one."""
    found: dict[int, Any] = {}
    for number, agent_, group, at in rows(
        desk,
        "SELECT a.ticket_id, a.to_agent, a.to_group, a.asked_at FROM ask a JOIN ticket t ON t.id = a.ticket_id"
        " WHERE a.state = 'open' AND t.kind NOT IN ('closed', 'deleted')",
    ):
        if agent_ == viewer.agent_id or viewer.groups.get(group) is Role.SUPERVISOR:
            found[number] = min(at, found.get(number, at))
    return found


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_lanes_counts_and_late_ones_equal_a_plain_reading(crowd: Desk, seed: int, twice: bool) -> None:
    if twice:
        crowd.settings = make_settings(crowd.settings.folder, toml=TWICE)
    fate = Fate(crowd, seed)
    fate.make(120)
    fate.ask(80)
    for _round in range(3):
        fate.move(40)
        fate.take_away(5)
        for login in LOGINS:
            with closing(board(crowd, login)) as reader:
                for group in (None, *fate.groups):
                    counts = reader.counts(NOW, group)
                    for lane in LANES:
                        wanted = expected(crowd, reader, lane, group)
                        assert shown(reader, lane, group) == wanted, (login, lane, group)
                        cards = reader.cards(wanted)
                        assert set(cards) == set(wanted)
                        late = sum(
                            NOW
                            - (card.asked_at if lane is Lane.HELP_WANTED and card.asked_at else card.since)
                            > LATE[lane if lane is Lane.HELP_WANTED else card.board or ""]
                            for card in cards.values()
                        )
                        assert (counts[lane].total, counts[lane].late) == (len(wanted), late), (login, lane)


@pytest.mark.parametrize("twice", [False, True])
def test_a_ticket_never_stands_in_two_lanes_unless_the_team_wants_it(crowd: Desk, twice: bool) -> None:
    if twice:
        crowd.settings = make_settings(crowd.settings.folder, toml=TWICE)
    fate = Fate(crowd, 9)
    fate.make(150)
    fate.ask(120)
    doubled = 0
    for login in LOGINS:
        with closing(board(crowd, login)) as reader:
            lanes = {lane: shown(reader, lane, None) for lane in LANES}
            everywhere = [number for lane in LANES for number in lanes[lane]]
            doubled += len(everywhere) - len(set(everywhere))
            for number, card in reader.cards(everywhere).items():
                places = card.places(reader.me.id, twice=twice)
                assert places, "the card agrees with the lanes"
                for lane in places:
                    at_home = reader.viewer.admin or card.group_id in reader.viewer.groups
                    if at_home or lane in (Lane.MINE, Lane.HELP_WANTED):
                        (entry,) = (one for one in reader.entries(lane, limit=500) if one.id == number)
                        assert entry.key == places[lane]
    assert bool(doubled) is twice


@pytest.mark.parametrize("seed", range(6))
def test_pages_have_no_gaps_and_no_doubles_while_tickets_move(crowd: Desk, seed: int) -> None:
    fate = Fate(crowd, seed)
    fate.make(150)
    fate.ask(40)
    with closing(board(crowd, "root")) as reader:
        for lane in LANES:
            at_first, moved = set(expected(crowd, reader, lane, None)), set[int]()
            keys, after = [], None
            while page := reader.entries(lane, after, 5):
                assert after is None or page[0].key > after
                keys += [entry.key for entry in page]
                after = page[-1].key
                moved |= fate.move(6)
            assert keys == sorted(set(keys)), "strictly in order"
            unmoved = [key[2] for key in keys if key[2] not in moved]
            assert set(unmoved) == at_first - moved, "what stood still is shown"
            assert len(unmoved) == len(set(unmoved)), "and shown once"


def test_mine_shows_ours_first_and_the_oldest_first(desk: Desk) -> None:
    anna = agent(desk, "anna").id
    waits = [opened(desk) for _ in range(2)]
    ours = [opened(desk) for _ in range(2)]
    for number in waits:
        replies.reply(desk, who(desk, "anna"), number, "Ответ", last_of(desk, number))
    for number in ours[::-1]:
        tickets.accept(desk, who(desk, "anna"), number)
    with closing(board(desk, "anna")) as reader:
        assert reader.me.id == anna
        assert shown(reader, Lane.MINE, None) == [*ours, *waits]


def test_a_ticket_goes_through_the_lanes_of_two_colleagues(desk: Desk) -> None:
    """New for both; Mine for who accepts it, and the others' lanes for the colleague."""
    with closing(board(desk, "anna")) as anna, closing(board(desk, "boris")) as boris:

        def lanes(reader: BoardReader) -> list[str]:
            return [lane.value for lane in LANES for _ in shown(reader, lane, None)]

        ticket = opened(desk)
        assert (lanes(anna), lanes(boris)) == (["new"], ["new"])
        tickets.accept(desk, who(desk, "anna"), ticket)
        assert (lanes(anna), lanes(boris)) == (["mine"], ["needs_reply"])
        replies.reply(desk, who(desk, "anna"), ticket, "Ответ", last_of(desk, ticket))
        assert (lanes(anna), lanes(boris)) == (["mine"], ["waiting"])
        arrive(desk, answer_to(desk, ticket))
        assert (lanes(anna), lanes(boris)) == (["mine"], ["needs_reply"])
        tickets.solve(desk, who(desk, "anna"), ticket)
        assert (lanes(anna), lanes(boris)) == ([], [])


def test_what_somebody_asks_stands_in_help_wanted_until_it_is_answered(desk: Desk) -> None:
    """Of a colleague's ticket and of one of another group; the owner keeps it in Mine, others see no change."""
    anna, boris, sonya = (who(desk, login) for login in ("anna", "boris", "sonya"))
    inside, outside, unowned = opened(desk), opened(desk), opened(desk)
    tickets.accept(desk, anna, inside)
    tickets.accept(desk, anna, outside)
    first = asking.ask(desk, anna, inside, "Как быть?", login="boris")
    second = asking.ask(desk, anna, outside, "Чей это клиент?", login="sonya")
    third = asking.ask(desk, anna, unowned, "Кому это?", login="boris")
    with closing(board(desk, "boris")) as ours, closing(board(desk, "sonya")) as theirs:
        with closing(board(desk, "anna")) as asker:
            assert shown(asker, Lane.MINE, None) == [inside, outside]
            assert shown(asker, Lane.NEW, None) == [unowned]
            assert shown(asker, Lane.HELP_WANTED, None) == []
        assert shown(ours, Lane.HELP_WANTED, None) == [inside, unowned]
        assert (shown(ours, Lane.NEEDS_REPLY, None), shown(ours, Lane.NEW, None)) == ([outside], [])
        assert shown(theirs, Lane.HELP_WANTED, None) == [outside]
        assert theirs.counts(NOW)[Lane.HELP_WANTED].total == 1
        asking.answer(desk, boris, first.id, "Так.")
        asking.answer(desk, sonya, second.id, "Наш.")
        asking.withdraw(desk, anna, third.id)
        assert (shown(ours, Lane.HELP_WANTED, None), shown(theirs, Lane.HELP_WANTED, None)) == ([], [])
        assert ours.counts(NOW)[Lane.HELP_WANTED].total == theirs.counts(NOW)[Lane.HELP_WANTED].total == 0
        assert shown(ours, Lane.NEEDS_REPLY, None) == [inside, outside]


def test_the_head_is_asked_on_their_board_and_what_is_asked_of_an_owner_stays_theirs(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket)
    asking.ask(desk, who(desk, "anna"), ticket, "Можно вернуть деньги?", head_of="north")
    asking.ask(desk, who(desk, "boris"), ticket, "Помочь?", login="anna")
    with closing(board(desk, "nadia")) as head, closing(board(desk, "anna")) as owner:
        assert shown(head, Lane.HELP_WANTED, None) == [ticket]
        assert shown(owner, Lane.MINE, None) == [ticket]
        assert shown(owner, Lane.HELP_WANTED, None) == []
        tickets.solve(desk, who(desk, "anna"), ticket)
        assert shown(head, Lane.HELP_WANTED, None) == [ticket], "the question still waits"
        tickets.close(desk, who(desk, "anna"), ticket)
        assert shown(head, Lane.HELP_WANTED, None) == []
