"""The walls between groups: they hold at every service, in every list, on the board and for the eye."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import closing

import pytest

from core.domain.letters import Mailaddr
from core.domain.tickets import LANES, Status
from core.errors import Forbidden, NotFound
from core.services import agents, drafts, identity, outbox, reading, replies, tags, tickets
from core.services.access import OPERATOR, Actor
from core.services.desk import Desk
from core.services.replies import Enclosure
from tests.builders import (
    agent,
    board,
    change,
    everything,
    group_id,
    last_of,
    may_enter,
    opened,
    rows,
    seen_by_all,
    who,
)

Service = Callable[[Desk, Actor, int], object]

# Every service that takes a ticket, or a letter of one. A new one has to be entered here: the test below says so.
SERVICES: dict[str, Service] = {
    "tickets.accept": tickets.accept,
    "tickets.release": tickets.release,
    "tickets.solve": tickets.solve,
    "tickets.close": tickets.close,
    "tickets.reopen": tickets.reopen,
    "tickets.delete": tickets.delete,
    "tickets.restore": tickets.restore,
    "tickets.move_to": lambda desk, actor, ticket: tickets.move_to(desk, actor, ticket, "solved"),
    "tags.change": lambda desk, actor, ticket: tags.change(desk, actor, ticket, ["новый"]),
    "tickets.mark_seen": lambda desk, actor, ticket: tickets.mark_seen(desk, actor, ticket, 1),
    "replies.reply": lambda desk, actor, ticket: replies.reply(
        desk, actor, ticket, "Ответ", last_of(desk, ticket), to=[Mailaddr("a@b.example")], cc=[Mailaddr("c@d.example")],
        enclosures=[Enclosure("a", "text/plain", b"1")],
    ),
    "replies.note": lambda desk, actor, ticket: replies.note(desk, actor, ticket, "Заметка"),
    "reading.view": reading.view,
    "drafts.save": lambda desk, actor, ticket: drafts.save(desk, actor, ticket, "reply", "Ответ", 1),
    "drafts.load": lambda desk, actor, ticket: drafts.load(desk, actor, ticket, "reply"),
    "drafts.discard": lambda desk, actor, ticket: drafts.discard(desk, actor, ticket, "reply"),
    "outbox.resend": lambda desk, actor, ticket: outbox.resend(desk, actor, _letter(desk, ticket)),
    "outbox.give_up": lambda desk, actor, ticket: outbox.give_up(desk, actor, _letter(desk, ticket)),
}  # fmt: skip


def _letter(desk: Desk, ticket: int) -> int:
    ((found,),) = rows(
        desk,
        "SELECT o.id FROM outbox o JOIN message m ON m.id = o.message_id "
        "WHERE m.ticket_id = :ticket AND m.kind = 'reply'",
        ticket=ticket,
    )
    return int(found)


@pytest.fixture
def forbidden(desk: Desk) -> int:
    """A ticket of north, owned by anna, with a letter whose fate is unknown: of everything there is something."""
    ticket = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", last_of(desk, ticket))
    drafts.save(desk, who(desk, "anna"), ticket, "reply", "Ещё", 1)
    for item in outbox.due(desk, "w"):
        outbox.unknown(desk, item.id, "it broke off", "w")
    return ticket


def test_every_service_that_takes_an_actor_is_walked_here() -> None:
    walked = {name.rpartition(".")[2] for name in SERVICES}
    elsewhere = {"list_tickets", "all_tickets", "list_letters"}
    found = {
        name
        for module in (tickets, tags, replies, reading, drafts, outbox)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and list(inspect.signature(function).parameters)[:2] == ["desk", "actor"]
    }
    assert found == walked | elsewhere


@pytest.mark.parametrize("name", SERVICES)
def test_a_ticket_of_another_group_is_not_found_and_nothing_changes(
    desk: Desk, forbidden: int, name: str
) -> None:
    before = everything(desk)
    with pytest.raises(NotFound) as caught:
        SERVICES[name](desk, who(desk, "sonya"), forbidden)
    assert everything(desk) == before
    assert "Anna" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("name", [name for name in SERVICES if not name.startswith("outbox")])
def test_a_hidden_ticket_is_told_apart_from_a_missing_one_by_nothing(
    desk: Desk, forbidden: int, name: str
) -> None:
    told = []
    for number in (forbidden, 4711):
        with pytest.raises(NotFound) as caught:
            SERVICES[name](desk, who(desk, "sonya"), number)
        told.append((str(caught.value).replace(str(number), "N"), caught.value.hint))
    assert told[0] == told[1]


@pytest.mark.parametrize("name", SERVICES)
def test_who_left_is_forbidden_everything(desk: Desk, forbidden: int, name: str) -> None:
    anna = who(desk, "anna")
    agents.edit(desk, "anna", active=False)
    before = everything(desk)
    with pytest.raises(Forbidden):
        SERVICES[name](desk, anna, forbidden)
    assert everything(desk) == before


def test_lists_hold_only_what_one_may_see(desk: Desk, forbidden: int) -> None:
    theirs, nobodys = opened(desk, region="Caucasus"), opened(desk, region="", sender="eva@x.example")
    anybody = tuple(Status)

    def seen(login: str) -> set[int]:
        return {row.id for row in reading.all_tickets(desk, who(desk, login), statuses=anybody)}

    assert seen("anna") == seen("boris") == seen("nadia") == {forbidden}
    assert seen("sonya") == {theirs}
    assert seen("root") == {forbidden, theirs, nobodys}
    assert {row.id for row in reading.all_tickets(desk, OPERATOR)} == {forbidden, theirs, nobodys}
    assert not reading.list_tickets(desk, who(desk, "sonya"), group_key="north")
    assert not reading.list_tickets(desk, who(desk, "sonya"), owner_id=agent(desk, "anna").id)
    with pytest.raises(NotFound, match="nowhere"):
        reading.list_tickets(desk, who(desk, "sonya"), group_key="nowhere")


def test_who_belongs_to_no_group_sees_nothing(desk: Desk, forbidden: int) -> None:
    agents.add(desk, "new")
    assert reading.list_tickets(desk, who(desk, "new")) == []
    with closing(board(desk, "new")) as reader:
        assert not any(reader.entries(lane) for lane in LANES)
        assert reader.cards([forbidden]) == {}


def test_the_board_never_shows_what_is_forbidden(desk: Desk, forbidden: int) -> None:
    new = opened(desk)
    with closing(board(desk, "sonya")) as reader:
        for group in (None, group_id(desk, "north")):
            for lane in LANES:
                assert reader.entries(lane, group_id=group) == []
            counts = reader.counts(seen_by_all(desk, new).created_at, group)
            assert {lane: count.total for lane, count in counts.items()} == dict.fromkeys(LANES, 0)
        assert reader.cards([forbidden, new]) == {}


def test_what_one_owns_is_seen_in_whatever_group_it_is(desk: Desk) -> None:
    ticket = opened(desk)
    anna = who(desk, "anna")
    tickets.accept(desk, anna, ticket)
    change(desk, ticket, group_id=group_id(desk, "south"))
    assert reading.view(desk, anna, ticket).id == ticket
    assert [row.id for row in reading.list_tickets(desk, anna)] == [ticket]
    with closing(board(desk, "anna")) as reader:
        assert set(reader.cards([ticket])) == {ticket}
    tickets.release(desk, anna, ticket)
    with pytest.raises(NotFound):
        reading.view(desk, anna, ticket)


def test_the_desks_own_operator_reads_everything_and_answers_nobody(desk: Desk, forbidden: int) -> None:
    assert reading.view(desk, OPERATOR, forbidden).id == forbidden
    for name in ("tickets.accept", "replies.reply", "replies.note", "drafts.save", "outbox.resend"):
        with pytest.raises(Forbidden):
            SERVICES[name](desk, OPERATOR, forbidden)


# The eye


@pytest.fixture
def door(desk: Desk) -> identity.Identity:
    """What the presence server asks."""
    return identity.Identity(desk)


def test_rooms_are_ones_groups_and_the_tickets_that_one_may_see(
    desk: Desk, forbidden: int, door: identity.Identity
) -> None:
    north, south = (f"g{group_id(desk, key)}" for key in ("north", "south"))
    anna, sonya, root = (agent(desk, login).id for login in ("anna", "sonya", "root"))
    assert door.rooms_of(anna).rooms == {north}
    assert door.rooms_of(root).rooms >= {north, south}
    assert may_enter(door, anna, north)
    assert not may_enter(door, sonya, north)
    assert may_enter(door, anna, f"t{forbidden}")
    assert not may_enter(door, sonya, f"t{forbidden}")
    assert may_enter(door, root, f"t{forbidden}")
    for nonsense in ("", "t", "t0", "t4711", "g", "*", "t1 OR 1", "t" + "9" * 40, "t²"):
        assert not may_enter(door, sonya, nonsense)


def test_a_presence_ticket_opens_the_door_once(desk: Desk, door: identity.Identity) -> None:
    anna = agent(desk, "anna")
    token = identity.presence_ticket(desk, anna.id)
    assert door.check(token).agent_id == anna.id
    with pytest.raises(Forbidden, match="used before"):
        door.check(token)
    assert door.check(identity.presence_ticket(desk, None)).rooms == {"*"}


def test_an_agent_token_opens_the_door_until_it_is_revoked_or_its_owner_leaves(
    desk: Desk, door: identity.Identity
) -> None:
    anna = agent(desk, "anna")
    first = agents.new_token(desk, "anna")
    assert door.check(first).agent_id == door.check(first).agent_id == anna.id
    second = agents.new_token(desk, "anna")
    with pytest.raises(Forbidden):
        door.check(first)
    assert (door.is_revoked(first), door.is_revoked(second)) == (True, False)
    agents.revoke_token(desk, "anna")
    with pytest.raises(Forbidden):
        door.check(second)
    third = agents.new_token(desk, "anna")
    agents.edit(desk, "anna", active=False)
    agents.edit(desk, "anna", active=True)
    with pytest.raises(Forbidden):
        door.check(third)
    assert rows(
        desk, "SELECT count(*) FROM agent WHERE token_hash IN (:a, :b, :c)", a=first, b=second, c=third
    ) == [(0,)]


@pytest.mark.parametrize("token", ["", "x", "a.b", "é" * 43, "." * 50])
def test_nonsense_opens_no_door(door: identity.Identity, token: str) -> None:
    with pytest.raises(Forbidden):
        door.check(token)


def test_who_left_enters_no_room(desk: Desk, door: identity.Identity) -> None:
    anna = agent(desk, "anna").id
    token = identity.presence_ticket(desk, anna)
    agents.edit(desk, "anna", active=False)
    with pytest.raises(Forbidden):
        door.check(token)
    with pytest.raises(Forbidden):
        may_enter(door, anna, f"g{group_id(desk, 'north')}")
