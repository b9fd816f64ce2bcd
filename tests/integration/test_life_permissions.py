"""The walls, walked by inspection: every service that takes a desk and an actor, with every role, against a ticket
that they may not see; nothing is told and nothing changes. A new service has to be entered here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, replace

import pytest

import core.services
from core import clock
from core.db.tables import metadata
from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.domain.tickets import Lane, Status
from core.errors import Conflict, Forbidden, GlazokError, NotFound
from core.services import (
    agents,
    asking,
    clients,
    drafts,
    explaining,
    identity,
    lines,
    notices,
    opening,
    outbox,
    reading,
    replaying,
    replies,
    shifts,
    tags,
    tickets,
    undoing,
    voices,
)
from core.services.access import OPERATOR, Actor
from core.services.desk import Desk
from tests.builders import (
    agent,
    answer_to,
    arrive,
    board,
    change,
    group_id,
    last_of,
    letter,
    may_enter,
    opened,
    rows,
    who,
)


@dataclass(frozen=True)
class Scene:
    """A ticket of north with everything on it, and the people around it."""

    desk: Desk
    ticket: int
    letter: int
    """In the outbox, its fate unknown."""
    ask: int
    voice: int
    """A stranger's letter on it."""
    notice: int
    """For north."""
    unowned: int
    """A second ticket of north, that nobody owns."""
    people: dict[str, Actor]


Act = Callable[[Scene, Actor], object]

ON_A_TICKET: dict[str, Act] = {
    "drafts.save": lambda s, a: drafts.save(s.desk, a, s.ticket, "reply", "Текст", 1),
    "drafts.load": lambda s, a: drafts.load(s.desk, a, s.ticket, "reply"),
    "drafts.discard": lambda s, a: drafts.discard(s.desk, a, s.ticket, "reply"),
    "lines.pass_on": lambda s, a: lines.pass_on(s.desk, a, s.ticket, group_key="south", text="Ваше"),
    "lines.pass_back": lambda s, a: lines.pass_back(s.desk, a, s.ticket),
    "lines.follow": lambda s, a: lines.follow(s.desk, a, s.ticket),
    "lines.unfollow": lambda s, a: lines.unfollow(s.desk, a, s.ticket, login="fedya"),
    "asking.ask": lambda s, a: asking.ask(s.desk, a, s.ticket, "?", login="fedya"),
    "asking.answer": lambda s, a: asking.answer(s.desk, a, s.ask, "!"),
    "asking.withdraw": lambda s, a: asking.withdraw(s.desk, a, s.ask),
    "outbox.resend": lambda s, a: outbox.resend(s.desk, a, s.letter),
    "outbox.give_up": lambda s, a: outbox.give_up(s.desk, a, s.letter),
    "reading.view": lambda s, a: reading.view(s.desk, a, s.ticket),
    "replies.reply": lambda s, a: replies.reply(s.desk, a, s.ticket, "Ответ", last_of(s.desk, s.ticket)),
    "replies.note": lambda s, a: replies.note(s.desk, a, s.ticket, "@sonya"),
    "shifts.hand_over": lambda s, a: shifts.hand_over(s.desk, a, [s.ticket], next_shift=True),
    "tags.change": lambda s, a: tags.change(s.desk, a, s.ticket, ["новый"]),
    "tickets.accept": lambda s, a: tickets.accept(s.desk, a, s.ticket),
    "tickets.release": lambda s, a: tickets.release(s.desk, a, s.ticket),
    "tickets.solve": lambda s, a: tickets.solve(s.desk, a, s.ticket),
    "tickets.close": lambda s, a: tickets.close(s.desk, a, s.ticket),
    "tickets.reopen": lambda s, a: tickets.reopen(s.desk, a, s.ticket),
    "tickets.move_to": lambda s, a: tickets.move_to(s.desk, a, s.ticket, "solved"),
    "tickets.delete": lambda s, a: tickets.delete(s.desk, a, s.ticket),
    "tickets.restore": lambda s, a: tickets.restore(s.desk, a, s.ticket),
    "tickets.mark_seen": lambda s, a: tickets.mark_seen(s.desk, a, s.ticket, 1),
    "voices.open_voices": lambda s, a: voices.open_voices(s.desk, a, s.ticket),
    "voices.accept": lambda s, a: voices.accept(s.desk, a, s.voice),
    "voices.keep": lambda s, a: voices.keep(s.desk, a, s.voice),
    "voices.split": lambda s, a: voices.split(s.desk, a, s.voice),
    "undoing.undo": lambda s, a: undoing.undo(s.desk, a, s.ticket),
}
"""What is done to one ticket, or to something that stands on it."""

OF_ONES_OWN: dict[str, Act] = {
    "asking.open_asks": lambda s, a: asking.open_asks(s.desk, a),
    "notices.mine": lambda s, a: notices.mine(s.desk, a),
    "outbox.list_letters": lambda s, a: outbox.list_letters(s.desk, a),
    "reading.all_tickets": lambda s, a: list(reading.all_tickets(s.desk, a)),
    "reading.list_tickets": lambda s, a: reading.list_tickets(s.desk, a),
    "shifts.board": lambda s, a: [one.login for one in shifts.board(s.desk, a)],
    "shifts.in_hand": lambda s, a: shifts.in_hand(s.desk, a),
}
"""What lists things: to whom nothing belongs, an empty list. Tested below against names and numbers."""

ELSEWHERE: dict[str, Act] = {
    "replaying.stored_openings": lambda s, a: list(replaying.stored_openings(s.desk, a)),
    "explaining.explain": lambda s, a: explaining.explain(s.desk, a, letter(), "support"),
    "clients.card": lambda s, a: clients.card(s.desk, a, "ivan@client.example"),
    "clients.set_template": lambda s, a: clients.set_template(s.desk, a, "ivan@client.example", ""),
    "notices.acknowledge": lambda s, a: notices.acknowledge(s.desk, a, s.notice),
    "opening.open_ticket": lambda s, a: opening.open_ticket(
        s.desk, a, subject="Тема", text="Текст", to=Mailaddr("x@y.example"), group_key="north"
    ),
}
"""What belongs to a group rather than to one ticket."""

FREE: dict[str, Act] = {
    "shifts.start": lambda s, a: shifts.start(s.desk, a),
    "shifts.away": lambda s, a: shifts.away(s.desk, a),
    "shifts.end": lambda s, a: shifts.end(s.desk, a),
}
"""One's own shift: for everybody who works here."""

WALKED = {**ON_A_TICKET, **OF_ONES_OWN, **ELSEWHERE, **FREE}

OUTSIDE = ("sonya", "dora", "stray", "gone", "ghost")
"""An agent and a supervisor of another group, somebody of no group, who has left, and who never was."""

SEES = ("anna", "boris", "nadia", "root", "follower", "asked", "mentioned", "whole-group")


def everything(desk: Desk) -> list[object]:
    """The whole database, to see that nothing in it has changed."""
    with desk.read() as session:
        return [
            session.execute(table.select().order_by(*table.primary_key)).all()
            for table in metadata.sorted_tables
        ]


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


@pytest.fixture
def scene(desk: Desk) -> Scene:
    agents.add(desk, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    for login in ("stray", "follower", "asked", "mentioned", "fedya"):
        agents.add(desk, login, login.title())
    agents.add(desk, "whole-group", "Whole", groups={"first": Role.AGENT})
    agents.add(desk, "first-head", "First", groups={"first": Role.SUPERVISOR})
    agents.add(desk, "gone", "Gone", groups={"north": Role.SUPERVISOR}, admin=True)
    ticket, anna = opened(desk), who(desk, "anna")
    tickets.accept(desk, anna, ticket)
    lines.follow(desk, anna, ticket, login="follower")
    lines.follow(desk, anna, ticket, login="fedya")
    lines.follow(desk, anna, ticket, group_key="first")
    asked = asking.ask(desk, anna, ticket, "Видел?", login="asked")
    replies.note(desk, anna, ticket, "@mentioned, взгляни")
    replies.reply(desk, anna, ticket, "Ответ", last_of(desk, ticket))
    drafts.save(desk, anna, ticket, "reply", "Ещё", 1)
    for item in outbox.due(desk, "w", 100):
        outbox.unknown(desk, item.id, "it broke off", "w")
    ((letter,),) = rows(
        desk, "SELECT o.id FROM outbox o JOIN message m ON m.id = o.message_id WHERE m.kind = 'reply'"
    )
    voice = arrive(desk, answer_to(desk, ticket, sender="v@else.example")).message_id or 0
    new = opened(desk, sender="b@x.example")
    ((notice,),) = rows(desk, "SELECT id FROM notice WHERE ticket_id = :new", new=new)
    people = {login: who(desk, login) for login in {*OUTSIDE, *SEES, "gone", "first-head"} - {"ghost"}}
    agents.edit(desk, "gone", active=False)
    people["ghost"] = Actor.agent(4711)
    asking.ask(desk, anna, new, "Видел это?", login="asked")
    asking.ask(desk, anna, new, "Видел и это?", head_of="first")
    lines.follow(desk, anna, new, login="follower")
    replies.note(desk, anna, new, "@mentioned, и сюда")
    agents.add(desk, "late-head", "Late", groups={"first": Role.SUPERVISOR})
    people["late-head"] = who(desk, "late-head")
    return Scene(desk, ticket, letter, asked.id, voice, notice, new, people)


def services() -> dict[str, Callable[..., object]]:
    """Every public function of the services that takes a desk and who acts."""
    found: dict[str, Callable[..., object]] = {}
    for info in pkgutil.iter_modules(core.services.__path__):
        module = importlib.import_module(f"core.services.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            mine = function.__module__ == module.__name__ and not name.startswith("_")
            if mine and {"desk", "actor"} <= inspect.signature(function).parameters.keys():
                found[f"{info.name}.{name}"] = function
    return found


def test_every_service_is_walked() -> None:
    assert services().keys() == WALKED.keys()


@pytest.mark.parametrize("login", OUTSIDE)
def test_who_may_not_see_a_ticket_can_do_nothing_to_it_and_learns_nothing(scene: Scene, login: str) -> None:
    actor, before = scene.people[login], everything(scene.desk)
    for name, act in {**ON_A_TICKET, **ELSEWHERE}.items():
        with pytest.raises((NotFound, Forbidden)) as caught:
            act(scene, actor)
        told = f"{caught.value} {caught.value.hint}"
        assert not any(word in told for word in ("Anna", "anna", "войти", "Иван")), name
        assert everything(scene.desk) == before, name


@pytest.mark.parametrize("login", OUTSIDE)
def test_what_is_listed_for_an_outsider_holds_nothing_of_the_ticket(scene: Scene, login: str) -> None:
    for name, act in OF_ONES_OWN.items():
        if login in ("gone", "ghost"):
            with pytest.raises(Forbidden):
                act(scene, scene.people[login])
        else:
            told = repr(act(scene, scene.people[login]))
            assert not any(word in told for word in ("anna", "войти", "Иван", "Видел")), name


def test_who_has_left_has_no_shift(scene: Scene) -> None:
    before = everything(scene.desk)
    for login in ("gone", "ghost"):
        for name, act in FREE.items():
            with pytest.raises((Forbidden, Conflict)):
                act(scene, scene.people[login])
            assert everything(scene.desk) == before, name


@pytest.mark.parametrize("login", SEES)
def test_who_may_see_a_ticket_is_let_in_by_every_service(scene: Scene, login: str) -> None:
    """Some acts are refused for other reasons; none as though the ticket were not there."""
    for name, act in ON_A_TICKET.items():
        try:
            act(scene, scene.people[login])
        except NotFound as error:
            raise AssertionError(name) from error
        except GlazokError:
            pass


LOOKS = frozenset(
    (
        "drafts.save", "drafts.load", "drafts.discard", "lines.follow", "asking.answer", "reading.view", "replies.note",
        "tickets.mark_seen", "voices.open_voices", "undoing.undo",
    )
)  # fmt: skip
"""What somebody may do who was only asked to look, or keeps a ticket of others in view."""


@pytest.mark.parametrize(
    "login", ["follower", "asked", "mentioned", "whole-group", "first-head", "late-head"]
)
@pytest.mark.parametrize("owned", [True, False])
def test_who_was_let_in_from_outside_reads_and_changes_nothing(scene: Scene, login: str, owned: bool) -> None:
    actor = scene.people[login]
    scene = scene if owned else replace(scene, ticket=scene.unowned)
    if login == "whole-group" and not owned:
        return
    before = everything(scene.desk)
    for name in sorted(ON_A_TICKET.keys() - LOOKS):
        with pytest.raises(Forbidden):
            ON_A_TICKET[name](scene, actor)
        assert everything(scene.desk) == before, name
    for name in ("reading.view", "replies.note", "lines.follow", "tickets.mark_seen", "drafts.save"):
        ON_A_TICKET[name](scene, actor)


@pytest.mark.parametrize("name", sorted(ON_A_TICKET.keys() - LOOKS))
def test_its_group_works_on_what_nobody_owns(scene: Scene, name: str) -> None:
    """All but giving back, taking from others and handing over, which is the owner's and the supervisors'."""
    scene = replace(scene, ticket=scene.unowned)
    for_heads = name in ("tickets.release", "shifts.hand_over", "asking.withdraw")
    with pytest.raises(Forbidden) if for_heads else suppress(Conflict):
        ON_A_TICKET[name](scene, scene.people["boris"])


def test_every_way_in_shows_somebody_the_same_tickets(scene: Scene) -> None:
    """Lists, a client's card, the board's cards, the eye, the ticket, drafts, notices, questions and letters."""
    desk, door = scene.desk, identity.Identity(scene.desk)
    known = {scene.ticket: "ivan@client.example", scene.unowned: "b@x.example"}
    outside = {"sonya": set[int](), "dora": set[int](), "stray": set[int](), "whole-group": {scene.ticket}}
    for login, actor in scene.people.items():
        if login in ("gone", "ghost"):
            continue
        expected = outside.get(login, set(known))
        listed = reading.all_tickets(desk, actor, statuses=tuple(Status))
        assert {row.id for row in listed} == expected, login
        with closing(board(desk, login)) as reader:
            assert set(reader.cards(known)) == expected, login
            asked = {entry.id for entry in reader.entries(Lane.HELP_WANTED)}
            assert reader.counts(clock.now())[Lane.HELP_WANTED].total == len(asked)
            assert asked <= expected
        told = notices.mine(desk, actor)
        assert all((notice.subject != "") is (notice.ticket_id in expected) for notice in told), login
        assert {one.ticket_id for one in asking.open_asks(desk, actor)} <= expected, login
        assert {one.ticket_id for one in outbox.list_letters(desk, actor, states=())} <= expected, login
        for ticket, address in known.items():
            seen = ticket in expected
            assert may_enter(door, actor.id or 0, f"t{ticket}") is seen, login
            for way in (
                lambda actor=actor, ticket=ticket: reading.view(desk, actor, ticket),
                lambda actor=actor, ticket=ticket: drafts.load(desk, actor, ticket, "reply"),
                lambda actor=actor, address=address: clients.card(desk, actor, address),
            ):
                with nullcontext() if seen else pytest.raises(NotFound):
                    way()
            with pytest.raises(Conflict if seen else NotFound):
                undoing.undo(desk, actor, ticket)


@pytest.mark.parametrize("login", ["boris", "follower", "asked", "mentioned", "whole-group"])
def test_what_is_in_somebodys_hands_stays_there(scene: Scene, login: str) -> None:
    before = everything(scene.desk)
    for name in ("tickets.release", "tickets.delete", "lines.pass_on", "asking.withdraw", "shifts.hand_over"):
        with pytest.raises(Forbidden):
            ON_A_TICKET[name](scene, scene.people[login])
        assert everything(scene.desk) == before, name


@pytest.mark.parametrize(
    "login", ["follower", "asked", "mentioned", "whole-group", "first-head", "late-head"]
)
def test_who_was_only_asked_to_look_lets_no_group_in_and_takes_nobody_out(scene: Scene, login: str) -> None:
    actor, ticket = scene.people[login], scene.ticket if login == "whole-group" else scene.unowned
    before = everything(scene.desk)
    with pytest.raises(Forbidden):
        lines.follow(scene.desk, actor, ticket, group_key="south")
    for others in ({"login": "sonya"}, {"group_key": "first"}):
        with pytest.raises(Forbidden):
            lines.unfollow(scene.desk, actor, ticket, **others)
    assert everything(scene.desk) == before


def test_an_agent_of_the_group_chooses_who_follows_its_ticket_whoever_owns_it(scene: Scene) -> None:
    desk, boris, sonya = scene.desk, scene.people["boris"], scene.people["sonya"]
    lines.follow(desk, boris, scene.ticket, group_key="south")
    assert scene.ticket in {row.id for row in reading.list_tickets(desk, sonya)}
    lines.unfollow(desk, boris, scene.ticket, group_key="south")
    lines.unfollow(desk, boris, scene.ticket, login="follower")
    assert not any(row.id == scene.ticket for row in reading.list_tickets(desk, sonya))
    kept = {one.login or one.group for one in reading.view(desk, boris, scene.ticket).followers}
    assert kept == {"fedya", "first"}


def test_only_who_is_asked_answers(scene: Scene) -> None:
    for login in ("anna", "boris", "follower", "mentioned", "nadia"):
        with pytest.raises(Forbidden):
            ON_A_TICKET["asking.answer"](scene, scene.people[login])
    ON_A_TICKET["asking.answer"](scene, scene.people["asked"])


FOR_A_TEAM = frozenset(
    (
        "tickets.release", "tickets.solve", "tickets.close", "tickets.reopen", "lines.pass_on", "lines.pass_back",
        "lines.unfollow", "asking.withdraw", "shifts.hand_over", "reading.view", "voices.open_voices",
    )
)  # fmt: skip
"""What an operator may do for a team: nothing of it is said to a client, or in anybody's name."""


def test_the_desks_operator_says_and_takes_nothing(scene: Scene) -> None:
    before = everything(scene.desk)
    for name in sorted({*ON_A_TICKET, *FREE} - FOR_A_TEAM):
        with pytest.raises(Forbidden):
            WALKED[name](scene, OPERATOR)
        assert everything(scene.desk) == before, name


def test_the_eye_sees_a_ticket_exactly_where_the_agent_does(scene: Scene) -> None:
    door = identity.Identity(scene.desk)
    room = f"t{scene.ticket}"
    for login in SEES:
        assert may_enter(door, scene.people[login].id or 0, room), login
    for login in ("sonya", "dora", "stray"):
        assert not may_enter(door, scene.people[login].id or 0, room), login
        assert not may_enter(door, scene.people[login].id or 0, f"g{group_id(scene.desk, 'north')}")
    for login in ("gone", "ghost"):
        with pytest.raises(Forbidden):
            may_enter(door, scene.people[login].id or 0, room)


def test_who_was_let_in_is_out_again_when_they_stop_following(scene: Scene) -> None:
    desk, follower = scene.desk, scene.people["follower"]
    assert scene.ticket in [one.id for one in reading.list_tickets(desk, follower)]
    lines.unfollow(desk, follower, scene.ticket)
    assert [one.id for one in reading.list_tickets(desk, follower)] == [scene.unowned]
    with pytest.raises(NotFound):
        reading.view(desk, follower, scene.ticket)
    assert not may_enter(identity.Identity(desk), follower.id or 0, f"t{scene.ticket}")


def test_a_notice_that_outlives_the_right_to_see_says_nothing_of_the_ticket(scene: Scene) -> None:
    desk, ticket = scene.desk, opened(scene.desk, sender="c@x.example")
    lines.pass_on(desk, scene.people["nadia"], ticket, login="boris")
    agents.edit(desk, "boris", remove_groups=["north"], add_groups={"south": Role.AGENT})
    assert [one.subject for one in notices.mine(desk, who(desk, "boris")) if one.ticket_id == ticket] == [], (
        "back"
    )
    replies.note(desk, scene.people["nadia"], ticket, "@stray")
    change(desk, ticket, owner_id=agent(desk, "anna").id)
    with desk.write() as session:
        session.connection().exec_driver_sql("DELETE FROM involved")
    (told,) = notices.mine(desk, scene.people["stray"])
    assert (told.ticket_id, told.subject) == (ticket, "")
