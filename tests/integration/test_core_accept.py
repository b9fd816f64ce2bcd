"""Whose ticket it is: the first one wins, what is repeated happens once, what is finished can come back."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest

from core.domain.permissions import Role
from core.errors import AlreadyOwned, BadInput, Conflict, Forbidden, MoveNotAllowed, NotFound
from core.services import agents, replies, shifts, tickets
from core.services.access import OPERATOR, Actor
from core.services.desk import Desk
from tests.builders import (
    agent,
    answer_to,
    arrive,
    change,
    desk_in,
    opened,
    rows,
    seen_by_all,
    who,
)
from tests.integration.racers import begin_shift, race


def kinds(desk: Desk, ticket_id: int) -> list[str]:
    return [item.event.kind for item in seen_by_all(desk, ticket_id).timeline]


def test_of_sixteen_processes_exactly_one_gets_each_ticket_and_the_others_learn_who(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk") as desk:
        racers = {
            agents.add(desk, f"racer{n}", f"Racer {n}", groups={"north": Role.AGENT}).id: f"Racer {n}"
            for n in range(16)
        }
        wanted = [opened(desk) for _ in range(20)]
        results = race(desk.settings.path, list(racers), wanted)
        told: dict[int, set[str]] = defaultdict(set)
        winners: dict[int, list[str]] = defaultdict(list)
        for agent_id, ticket, winner in results:
            if winner:
                told[ticket].add(winner)
            else:
                winners[ticket].append(racers[agent_id])
        for ticket in wanted:
            (winner,) = winners[ticket]
            assert told[ticket] == {winner}, "every loser learns the one winner's name"
            view = seen_by_all(desk, ticket)
            assert view.owner is not None
            assert view.owner.name == winner
            assert kinds(desk, ticket).count("accepted") == 1


def test_a_shift_that_eight_programs_begin_at_once_is_one_shift(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk") as desk:
        crew = [agents.add(desk, f"crew{n}", f"Crew {n}", groups={"north": Role.AGENT}).id for n in range(15)]
        results = race(desk.settings.path, range(8), crew, begin_shift)
        since = {one: {at for _program, whose, at in results if whose == one} for one in crew}
        assert all(len(times) == 1 for times in since.values()), "all of them are told of the same shift"
        assert rows(desk, "SELECT count(*) FROM shift") == [(15,)]
        assert rows(desk, "SELECT count(*) FROM event WHERE kind = 'shift.started'") == [(15,)]


def test_of_two_threads_of_one_desk_exactly_one_gets_a_ticket(desk: Desk) -> None:
    for _ in range(10):
        ticket, start = opened(desk), Barrier(2)
        outcomes: list[str] = []

        def run(login: str, ticket: int = ticket, start: Barrier = start, said: list[str] = outcomes) -> None:
            actor = who(desk, login)
            start.wait()
            try:
                tickets.accept(desk, actor, ticket)
            except AlreadyOwned as error:
                said.append(error.winner)
            else:
                said.append("")

        threads = [Thread(target=run, args=(login,)) for login in ("anna", "boris")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        owner = seen_by_all(desk, ticket).owner
        assert owner is not None
        assert sorted(outcomes) == ["", owner.name]


def test_accepting_puts_the_ticket_into_work_and_moves_no_ball(desk: Desk) -> None:
    ticket = opened(desk)
    since = seen_by_all(desk, ticket).since
    done = tickets.accept(desk, who(desk, "anna"), ticket)
    view = seen_by_all(desk, ticket)
    assert done.changed
    assert (view.status, view.board, view.since) == ("needs_reply", "needs_reply", since)
    assert view.accepted_at is not None
    assert view.owner == agent(desk, "anna")
    told = {name: view.timeline[-1].event.data[name] for name in ("from", "to", "owner")}
    assert told == {"from": "new", "to": "needs_reply", "owner": view.owner.id}


def test_accepting_ones_own_again_changes_nothing(desk: Desk) -> None:
    ticket = opened(desk)
    first = tickets.accept(desk, who(desk, "anna"), ticket)
    again = tickets.accept(desk, who(desk, "anna"), ticket)
    assert (again.changed, again.event_id) == (False, first.event_id)
    assert kinds(desk, ticket).count("accepted") == 1


def test_the_late_one_is_told_who_was_first(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket)
    with pytest.raises(AlreadyOwned, match="Anna Kotova") as caught:
        tickets.accept(desk, who(desk, "boris"), ticket)
    assert caught.value.winner == "Anna Kotova"


@pytest.mark.sqlite
def test_the_late_one_waits_for_no_other_writer(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket, op_id="a")
    with closing(sqlite3.connect(desk.settings.database_path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(AlreadyOwned, match="Anna Kotova"):
            tickets.accept(desk, who(desk, "boris"), ticket)
        assert not tickets.accept(desk, who(desk, "anna"), ticket).changed
        assert not tickets.accept(desk, who(desk, "anna"), ticket, op_id="a").changed


def test_a_ticket_that_is_not_open_is_not_accepted(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.solve(desk, who(desk, "anna"), ticket)
    with pytest.raises(MoveNotAllowed, match="solved"):
        tickets.accept(desk, who(desk, "anna"), ticket)
    assert seen_by_all(desk, ticket).owner is None


def test_only_agents_accept(desk: Desk) -> None:
    ticket = opened(desk)
    with pytest.raises(Forbidden, match="Only an agent"):
        tickets.accept(desk, OPERATOR, ticket)


@pytest.mark.parametrize("number", [0, -1, 999, 2**63, 10**30])
def test_a_number_without_a_ticket_is_not_found(desk: Desk, number: int) -> None:
    with pytest.raises(NotFound, match=str(number)):
        tickets.accept(desk, who(desk, "anna"), number)


# Repeated commands: a killed program may have committed without hearing it.


def test_each_repeated_command_happens_once(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    for act in (tickets.accept, tickets.solve, tickets.reopen, tickets.close):
        first = act(desk, anna, ticket, op_id=f"op-{act.__name__}")
        again = act(desk, anna, ticket, op_id=f"op-{act.__name__}")
        assert (first.changed, again.changed) == (True, False)
        assert first.status == again.status
    assert kinds(desk, ticket) == ["opened", "confirmed", "accepted", "solved", "reopened", "closed"]


def test_a_command_repeated_after_others_came_between_undoes_nothing(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, ticket, op_id="a")
    tickets.release(desk, anna, ticket, op_id="r")
    assert not tickets.accept(desk, anna, ticket, op_id="a").changed, "it had been done, and was given back"
    assert seen_by_all(desk, ticket).owner is None
    tickets.accept(desk, anna, ticket)
    before = seen_by_all(desk, ticket)
    assert not tickets.release(desk, anna, ticket, op_id="r").changed
    assert seen_by_all(desk, ticket) == before


def test_an_operation_id_serves_one_command_on_one_ticket(desk: Desk) -> None:
    one, other, anna = opened(desk), opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, one, op_id="op")
    with pytest.raises(BadInput, match="op"):
        tickets.accept(desk, anna, other, op_id="op")
    with pytest.raises(BadInput, match="op"):
        tickets.solve(desk, anna, one, op_id="op")
    assert seen_by_all(desk, one).status == "needs_reply"
    assert seen_by_all(desk, other).status == "new"


def test_a_hand_over_of_several_is_known_again_in_whatever_order_they_are_named(desk: Desk) -> None:
    anna, ids = who(desk, "anna"), [opened(desk, sender=f"c{number}@x.example") for number in range(3)]
    for ticket in ids:
        tickets.accept(desk, anna, ticket)
    mixed = [ids[1], ids[2], ids[0]]
    first = shifts.hand_over(desk, anna, mixed, login="boris", op_id="op")
    again = shifts.hand_over(desk, anna, ids, login="boris", op_id="op")
    assert ([one.changed for one in first], [one.changed for one in again]) == ([True] * 3, [False] * 3)
    with pytest.raises(BadInput, match="op"):
        shifts.hand_over(desk, anna, ids, login="nadia", op_id="op")


# Giving back, finishing, coming back


def test_what_is_given_back_is_new_again_for_everybody(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    seen = seen_by_all(desk, ticket).last_event
    replies.reply(desk, anna, ticket, "Сейчас посмотрим", seen)
    waiting_since = seen_by_all(desk, ticket).since
    tickets.release(desk, anna, ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.board, view.owner, view.accepted_at) == ("new", "new", None, None)
    assert view.since > waiting_since, "the ball came back from the client to us"
    tickets.accept(desk, who(desk, "boris"), ticket)


def test_a_colleague_does_not_give_back_what_is_not_theirs_but_a_supervisor_does(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket)
    with pytest.raises(Forbidden, match="supervisor"):
        tickets.release(desk, who(desk, "boris"), ticket)
    assert seen_by_all(desk, ticket).owner == agent(desk, "anna")
    tickets.release(desk, who(desk, "nadia"), ticket)
    assert seen_by_all(desk, ticket).owner is None
    with pytest.raises(MoveNotAllowed):
        tickets.release(desk, who(desk, "nadia"), ticket)


def test_what_is_solved_leaves_the_board_and_keeps_its_owner(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, ticket)
    tickets.solve(desk, anna, ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.board, view.owner) == ("solved", None, agent(desk, "anna"))
    assert view.solved_at is not None
    assert not tickets.solve(desk, who(desk, "boris"), ticket).changed
    tickets.close(desk, anna, ticket)
    view = seen_by_all(desk, ticket)
    assert view.closed_at is not None
    with pytest.raises(MoveNotAllowed):
        tickets.solve(desk, anna, ticket)


def test_what_is_reopened_returns_to_its_owner_and_its_age_starts_anew(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, ticket)
    tickets.close(desk, anna, ticket)
    before = seen_by_all(desk, ticket)
    tickets.reopen(desk, who(desk, "boris"), ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner) == ("needs_reply", agent(desk, "anna"))
    assert (view.closed_at, view.solved_at) == (None, None)
    assert view.since > before.since
    assert not tickets.reopen(desk, anna, ticket).changed


def test_what_is_reopened_after_its_owner_left_is_new(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "anna"), ticket)
    tickets.solve(desk, who(desk, "anna"), ticket)
    agents.edit(desk, "anna", active=False)
    tickets.reopen(desk, who(desk, "boris"), ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner, view.accepted_at) == ("new", None, None)


def test_the_trash_takes_no_act(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    change(desk, ticket, status="deleted", kind="deleted", board=None)
    for act in (tickets.accept, tickets.solve, tickets.close, tickets.reopen):
        with pytest.raises(MoveNotAllowed, match="in the trash"):
            act(desk, anna, ticket)
    with pytest.raises(MoveNotAllowed):
        replies.note(desk, anna, ticket, "words")
    assert seen_by_all(desk, ticket).status == "deleted"


def test_two_who_read_the_same_version_cannot_both_write_it(desk: Desk) -> None:
    """What the compare-and-set rests on where writers do not exclude one another."""
    from core.db.tables import TicketRow

    ticket = opened(desk)
    with desk.read() as reading:
        stale = reading.get_one(TicketRow, ticket)
        reading.expunge(stale)
    tickets.accept(desk, who(desk, "anna"), ticket)
    with pytest.raises(Conflict, match="same moment"), desk.write() as session:
        stale.status = "closed"
        session.add(stale)
    assert seen_by_all(desk, ticket).status == "needs_reply"


def test_every_change_of_a_ticket_wrote_its_event(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, ticket)
    replies.note(desk, anna, ticket, "Звонил клиенту")
    replies.reply(desk, anna, ticket, "Проверьте ещё раз", seen_by_all(desk, ticket).last_event)
    arrive(desk, answer_to(desk, ticket))
    tickets.solve(desk, anna, ticket)
    view = seen_by_all(desk, ticket)
    told = [(item.event.kind, item.event.data.get("to")) for item in view.timeline]
    assert told == [
        ("opened", "new"),
        ("confirmed", None),
        ("accepted", "needs_reply"),
        ("noted", None),
        ("replied", "waiting"),
        ("client_wrote", "needs_reply"),
        ("solved", "solved"),
    ]
    assert [item.event.id for item in view.timeline] == sorted(item.event.id for item in view.timeline)
    assert view.last_event == view.timeline[-1].event.id


def test_an_agent_who_left_does_nothing_any_more(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    agents.edit(desk, "anna", active=False)
    with pytest.raises(Forbidden, match="no access"):
        tickets.accept(desk, anna, ticket)
    with pytest.raises(Forbidden, match="no access"):
        tickets.solve(desk, Actor.agent(9999), ticket)
    assert rows(desk, "SELECT count(*) FROM event WHERE kind IN ('accepted', 'solved')") == [(0,)]
