"""Who is let in, who may act, who is told, and what is taken back: the rules of a ticket's life, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.db.tables import TicketRow
from core.domain.letters import Letter, LetterKind
from core.domain.notices import NoticeKind
from core.domain.permissions import Role
from core.domain.tickets import Lane
from core.errors import BadInput, Conflict, Forbidden, NotFound, SendGuardHeld
from core.services import (
    agents,
    asking,
    clients,
    drafts,
    identity,
    lines,
    notices,
    outbox,
    reading,
    replies,
    robot,
    shifts,
    tickets,
    undoing,
    voices,
)
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.settings import read
from tests.builders import (
    CLIENT,
    agent,
    answer_to,
    arrive,
    board,
    change,
    desk_in,
    everything,
    last_of,
    letter,
    make_desk,
    may_enter,
    opened,
    rows,
    seen_by_all,
    who,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STRANGER = "new@else.example"


@pytest.fixture(autouse=True)
def _real_time_afterwards() -> Iterator[None]:
    yield
    clock.set_to(None)


def taken(desk: Desk, by: str = "anna", **fields: object) -> int:
    """The number of a ticket of north that somebody has accepted."""
    ticket = opened(desk, **fields)  # type: ignore[arg-type]
    tickets.accept(desk, who(desk, by), ticket)
    return ticket


def told(desk: Desk, login: str, ticket: int) -> list[str]:
    """The kinds of an agent's notices of a ticket, oldest first."""
    return [one.kind for one in reversed(notices.mine(desk, who(desk, login))) if one.ticket_id == ticket]


def where(desk: Desk, ticket: int) -> tuple[str, str, str]:
    """Status, group, and the owner's login."""
    view = seen_by_all(desk, ticket)
    return view.status, view.group.key, view.owner.login if view.owner else ""


def say(desk: Desk, by: str, ticket: int) -> None:
    replies.reply(desk, who(desk, by), ticket, "Ответ", last_of(desk, ticket))


# A head is asked


@pytest.fixture
def asked(desk: Desk) -> asking.Asked:
    """A question to the head of south on a ticket of anna's in north."""
    agents.add(desk, "dora", "Dora", groups={"south": Role.SUPERVISOR})
    return asking.ask(desk, who(desk, "anna"), taken(desk), "Можно скидку?", head_of="south")


def test_who_heads_the_group_after_the_question_sees_the_ticket_everywhere_and_answers(
    desk: Desk, asked: asking.Asked
) -> None:
    agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
    late, ticket = who(desk, "late"), asked.ticket_id
    assert [one.text for one in asking.open_asks(desk, late)] == ["Можно скидку?"]
    assert [row.id for row in reading.list_tickets(desk, late)] == [ticket]
    assert [one.subject for one in notices.mine(desk, late)] == ["Не могу войти"]
    assert [one.id for one in clients.card(desk, late, CLIENT).tickets] == [ticket]
    assert may_enter(identity.Identity(desk), late.id or 0, f"t{ticket}")
    with closing(board(desk, "late")) as reader:
        assert [entry.id for entry in reader.entries(Lane.HELP_WANTED)] == [ticket]
        assert set(reader.cards([ticket])) == {ticket}
        assert reader.counts(NOON)[Lane.HELP_WANTED].total == 1
    asking.answer(desk, late, asked.id, "Можно.")
    assert reading.view(desk, late, ticket).id == ticket, "who answered goes on seeing what came of it"


def test_a_head_who_is_asked_reads_which_ticket_came_before_where_they_are_asked_there_too(
    desk: Desk, asked: asking.Asked
) -> None:
    later = taken(desk, subject="Опять")
    asking.ask(desk, who(desk, "anna"), later, "И тут?", head_of="south")
    agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
    late = who(desk, "late")
    assert reading.view(desk, late, later).previous_id == asked.ticket_id
    assert {row.id: row.previous for row in reading.list_tickets(desk, late)}[later] == asked.ticket_id


def test_a_question_lets_in_the_heads_alone_and_only_while_it_is_open(
    desk: Desk, asked: asking.Asked
) -> None:
    for login in ("sonya", "late"):
        if login == "late":
            asking.answer(desk, who(desk, "dora"), asked.id, "Нет.")
            agents.add(desk, "late", "Late", groups={"south": Role.SUPERVISOR})
        someone = who(desk, login)
        assert not asking.open_asks(desk, someone)
        assert not reading.list_tickets(desk, someone)
        with pytest.raises(NotFound):
            reading.view(desk, someone, asked.ticket_id)
        assert not may_enter(identity.Identity(desk), someone.id or 0, f"t{asked.ticket_id}")
        with closing(board(desk, login)) as reader:
            assert reader.cards([asked.ticket_id]) == {}


def test_a_heads_question_is_answered_by_the_heads_and_the_admins_alone(
    desk: Desk, asked: asking.Asked
) -> None:
    replies.note(desk, who(desk, "anna"), asked.ticket_id, "@sonya")
    for login in ("anna", "boris", "nadia", "sonya"):
        with pytest.raises(Forbidden):
            asking.answer(desk, who(desk, login), asked.id, "Да")
    asking.answer(desk, who(desk, "root"), asked.id, "Нет")


def test_nobody_reads_their_own_question_on_a_ticket_that_they_may_not_see_any_more(desk: Desk) -> None:
    ticket = taken(desk, "boris")
    asking.ask(desk, who(desk, "anna"), ticket, "Секрет?", login="boris")
    agents.edit(desk, "anna", remove_groups=["north"], add_groups={"south": Role.AGENT})
    assert asking.open_asks(desk, who(desk, "anna")) == []


# What is told outlives the right to see


def test_a_notice_says_nothing_and_is_not_mailed_where_the_reader_may_not_see_the_ticket(desk: Desk) -> None:
    ticket = opened(desk)
    with desk.write() as session:
        row = session.get_one(TicketRow, ticket)
        notices.post(
            session, row, NoticeKind.OWN, row.last_event, NOON, audience="agent",
            agent_id=agent(desk, "sonya").id, data={"text": "Иван: Не могу войти"}, by_mail=True,
        )  # fmt: skip
    (notice,) = notices.mine(desk, who(desk, "sonya"))
    assert (notice.subject, notice.text) == ("", "You may not see this ticket any more.")
    assert notices.mail(desk) == 0


def test_nobody_acknowledges_the_notices_of_others_not_even_an_admin(desk: Desk) -> None:
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, login="boris")
    (notice,) = notices.mine(desk, who(desk, "boris"))
    for login in ("root", "anna"):
        with pytest.raises(NotFound):
            notices.acknowledge(desk, who(desk, login), notice.id)
    notices.acknowledge(desk, who(desk, "boris"), notice.id)


def test_what_a_group_without_a_head_should_know_the_admins_hear(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk") as desk:
        clock.set_to(NOON)
        ticket = opened(desk, region="Caucasus")
        headed = opened(desk)
        clock.set_to(NOON + timedelta(minutes=31))
        robot.run_once(desk)
        assert told(desk, "root", ticket) == ["unaccepted"]
        assert told(desk, "root", headed) == []


def test_whom_a_scenario_tells_by_name_sees_the_ticket(tmp_path: Path) -> None:
    tell = '[[scenarios]]\nname = "n"\nwhen = {event = "opened"}\nthen = [{notify = "agent:sonya"}]\n'
    with desk_in(tmp_path / "desk", toml=tell) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        robot.run_once(desk)
        assert told(desk, "sonya", ticket) == ["own"]
        assert reading.view(desk, who(desk, "sonya"), ticket).id == ticket


# Groups that follow


def test_a_group_that_passed_a_ticket_on_sees_it_in_lists_on_cards_and_by_client(desk: Desk) -> None:
    ticket = opened(desk)
    lines.pass_on(desk, who(desk, "nadia"), ticket, group_key="south")
    boris = who(desk, "boris")
    assert [row.id for row in reading.list_tickets(desk, boris)] == [ticket]
    assert [one.id for one in clients.card(desk, boris, CLIENT).tickets] == [ticket]
    assert may_enter(identity.Identity(desk), boris.id or 0, f"t{ticket}")
    with closing(board(desk, "boris")) as reader:
        assert set(reader.cards([ticket])) == {ticket}


ASSIGN = '[[scenarios]]\nname = "a"\nwhen = {event = "opened"}\nthen = [{assign = "sonya"}]\n'


def test_a_group_from_which_a_scenario_gives_a_ticket_away_goes_on_seeing_it(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=ASSIGN) as desk:
        robot.run_once(desk)
        ticket = opened(desk)
        robot.run_once(desk)
        assert where(desk, ticket) == ("needs_reply", "south", "sonya")
        assert [row.id for row in reading.list_tickets(desk, who(desk, "anna"))] == [ticket]
        lines.pass_back(desk, who(desk, "sonya"), ticket)
        assert where(desk, ticket) == ("new", "north", "")


# A stranger writes


@pytest.mark.parametrize("status", ["new", "needs_reply", "waiting", "solved", "closed"])
def test_a_strangers_letter_moves_nothing_and_asks_whoever_has_the_ticket(desk: Desk, status: str) -> None:
    ticket = opened(desk) if status == "new" else taken(desk)
    if status == "waiting":
        say(desk, "anna", ticket)
    if status in ("solved", "closed"):
        tickets.move_to(desk, who(desk, "anna"), ticket, status)
    before = where(desk, ticket)
    arrive(desk, answer_to(desk, ticket, sender=STRANGER))
    arrive(desk, answer_to(desk, ticket, sender=STRANGER))
    assert where(desk, ticket) == before
    has_it, others = (("boris", "anna"), ("sonya",)) if status == "new" else (("anna",), ("boris", "nadia"))
    for login in has_it:
        assert told(desk, login, ticket).count("new_voice") == 1, "once for all that they wrote"
    for login in others:
        assert "new_voice" not in told(desk, login, ticket)


def test_what_asks_about_a_voice_goes_with_the_ticket_and_with_the_decision(desk: Desk) -> None:
    ticket = opened(desk)
    message = arrive(desk, answer_to(desk, ticket, sender=STRANGER)).message_id or 0
    tickets.accept(desk, who(desk, "anna"), ticket)
    assert ("new_voice" in told(desk, "anna", ticket), "new_voice" in told(desk, "boris", ticket)) == (
        True,
        False,
    )
    tickets.release(desk, who(desk, "anna"), ticket)
    assert "new_voice" in told(desk, "boris", ticket)
    voices.keep(desk, who(desk, "boris"), message)
    assert "new_voice" not in told(desk, "boris", ticket)
    undoing.undo(desk, who(desk, "boris"), ticket)
    assert "new_voice" in told(desk, "boris", ticket)
    arrive(desk, answer_to(desk, ticket, sender=STRANGER))
    voices.accept(desk, who(desk, "boris"), message)
    assert "new_voice" not in told(desk, "boris", ticket)


def test_letting_a_voice_in_brings_a_closed_ticket_back(desk: Desk) -> None:
    ticket = taken(desk)
    tickets.close(desk, who(desk, "anna"), ticket)
    message = arrive(desk, answer_to(desk, ticket, sender=STRANGER)).message_id or 0
    voices.accept(desk, who(desk, "anna"), message)
    assert where(desk, ticket) == ("needs_reply", "north", "anna")
    view = seen_by_all(desk, ticket)
    assert (view.closed_at, view.solved_at) == (None, None)


@pytest.mark.parametrize(("channel", "outcome"), [("form", "opened"), ("mail", "opened")])
def test_the_channel_of_the_letter_decides_about_reopening(
    tmp_path: Path, channel: str, outcome: str
) -> None:
    with closing(make_desk(tmp_path / "desk")) as desk:
        path = tmp_path / "desk" / "config.toml"
        policy = '[groups.north]\nreopen = {mail = "never", form = "always"}\n'
        path.write_text(path.read_text("utf-8").replace("[groups.north]\n", policy), "utf-8")
        desk.settings = read(path.read_text("utf-8"), path)
        ticket = taken(desk)
        change(desk, ticket, channel=channel)
        tickets.close(desk, who(desk, "anna"), ticket)
        assert arrive(desk, answer_to(desk, ticket)).outcome == outcome


def test_a_letter_about_a_confirmation_that_did_not_arrive_moves_nothing(desk: Desk) -> None:
    ticket = opened(desk)
    ((confirmation,),) = rows(
        desk, "SELECT rfc_id FROM message WHERE ticket_id = :t AND kind = 'confirmation'", t=ticket
    )
    say(desk, "anna", ticket)
    arrive(desk, bounce(confirmation))
    assert where(desk, ticket)[0] == "waiting"


def bounce(rfc_id: str) -> Letter:
    return letter(
        kind=LetterKind.BOUNCE,
        sender="mailer-daemon@client.example",
        returned_message_id=rfc_id,
        in_reply_to=(rfc_id,),
    )


# The robot's hand


CANNED = """[robot.silent_owner]
enabled = false
[[scenarios]]
name = "c"
when = {status = "needs_reply", for = "1m"}
then = [{reply = "Мы помним о вас."}]
"""


def test_a_canned_letter_of_a_scenario_holds_back_an_answer_that_has_not_seen_it(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=CANNED) as desk:
        clock.set_to(NOON)
        ticket = taken(desk)
        seen = last_of(desk, ticket)
        clock.set_to(NOON + timedelta(minutes=2))
        robot.run_once(desk)
        with pytest.raises(SendGuardHeld):
            replies.reply(desk, who(desk, "anna"), ticket, "Ответ", seen)


MOVES = '[[scenarios]]\nname = "m"\nwhen = {event = "noted"}\nthen = [{status = "needs_reply"}]\n'


def test_a_scenario_that_cannot_move_a_ticket_leaves_its_owner(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", toml=MOVES) as desk:
        robot.run_once(desk)
        ticket = taken(desk, "boris")
        tickets.close(desk, who(desk, "boris"), ticket)
        agents.edit(desk, "boris", active=False)
        replies.note(desk, who(desk, "anna"), ticket, "Заметка")
        robot.run_once(desk)
        assert where(desk, ticket) == ("closed", "north", "boris")


# Words that go along


GOES_ALONG: dict[str, Callable[[Desk, int], tuple[str, ...]]] = {
    "pass": lambda desk, t: (
        lines.pass_on(desk, who(desk, "anna"), t, login="boris", text="@sonya, @boris").mentioned_outside
    ),
    "back": lambda desk, t: lines.pass_back(desk, who(desk, "anna"), t, text="@sonya").mentioned_outside,
    "ask": lambda desk, t: (
        asking.ask(desk, who(desk, "anna"), t, "@sonya, @boris?", login="boris").mentioned_outside
    ),
    "answer": lambda desk, t: (
        asking.answer(
            desk, who(desk, "anna"), asking.ask(desk, who(desk, "nadia"), t, "?", login="anna").id, "@sonya"
        ).mentioned_outside
    ),
    "hand over": lambda desk, t: (
        shifts.hand_over(desk, who(desk, "anna"), [t], next_shift=True, text="@sonya")[0].mentioned_outside
    ),
}


@pytest.mark.parametrize("act", GOES_ALONG)
def test_whoever_is_mentioned_in_the_words_of_an_act_is_told_and_let_in(desk: Desk, act: str) -> None:
    ticket = taken(desk, "nadia" if act == "back" else "anna")
    if act == "back":
        lines.pass_on(desk, who(desk, "nadia"), ticket, login="anna")
    assert GOES_ALONG[act](desk, ticket) == ("Sonya Belova",)
    assert told(desk, "sonya", ticket) == ["mentioned"]
    assert reading.view(desk, who(desk, "sonya"), ticket).id == ticket
    assert "mentioned" not in told(desk, "boris", ticket), "who is passed or asked it is told so already"


# Passing, handing over, leaving


def test_what_nobody_owns_is_handed_over_by_supervisors_alone(desk: Desk) -> None:
    ticket = opened(desk)
    before = everything(desk)
    with pytest.raises(Forbidden):
        shifts.hand_over(desk, who(desk, "boris"), [ticket], group_key="south")
    assert everything(desk) == before
    shifts.hand_over(desk, who(desk, "nadia"), [ticket], group_key="south")
    assert where(desk, ticket) == ("new", "south", "")


def test_a_ticket_does_not_go_back_to_an_owner_who_has_left_the_group(desk: Desk) -> None:
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    agents.edit(desk, "anna", remove_groups=["north"], add_groups={"first": Role.AGENT})
    tickets.accept(desk, who(desk, "sonya"), ticket)
    lines.pass_back(desk, who(desk, "sonya"), ticket)
    assert where(desk, ticket) == ("new", "north", "")


def test_the_way_back_goes_step_by_step_and_an_undo_gives_a_step_back(desk: Desk) -> None:
    agents.add(desk, "fedya", "Fedya", groups={"first": Role.AGENT})
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    tickets.accept(desk, who(desk, "sonya"), ticket)
    lines.pass_on(desk, who(desk, "sonya"), ticket, group_key="first")
    undoing.undo(desk, who(desk, "sonya"), ticket)
    lines.pass_on(desk, who(desk, "sonya"), ticket, group_key="first")
    tickets.accept(desk, who(desk, "fedya"), ticket)
    lines.pass_back(desk, who(desk, "fedya"), ticket)
    assert where(desk, ticket) == ("needs_reply", "south", "sonya")
    lines.pass_back(desk, who(desk, "sonya"), ticket)
    assert where(desk, ticket) == ("needs_reply", "north", "anna")
    with pytest.raises(Conflict, match="not passed on"):
        lines.pass_back(desk, who(desk, "anna"), ticket)


def test_an_operator_who_returns_a_ticket_follows_nothing(desk: Desk) -> None:
    ticket = taken(desk)
    lines.pass_on(desk, who(desk, "anna"), ticket, group_key="south")
    lines.pass_back(desk, OPERATOR, ticket)
    assert rows(desk, "SELECT id FROM involved WHERE agent_id IS NULL AND group_id IS NULL") == []


def test_who_has_left_is_on_no_shift_when_they_come_back(desk: Desk) -> None:
    shifts.start(desk, who(desk, "anna"))
    agents.edit(desk, "anna", active=False)
    agents.edit(desk, "anna", active=True)
    assert {one.login: one.state for one in shifts.board(desk, who(desk, "nadia"))}["anna"] == "gone"


def test_the_shift_board_counts_only_what_its_reader_may_see(desk: Desk) -> None:
    agents.edit(desk, "boris", add_groups={"south": Role.AGENT})
    taken(desk, "boris")
    taken(desk, "boris", region="Caucasus", sender="b@x.example")

    def in_hand(login: str) -> int:
        return {one.login: one.in_hand for one in shifts.board(desk, who(desk, login))}["boris"]

    assert (in_hand("anna"), in_hand("sonya"), in_hand("root"), in_hand("boris")) == (1, 1, 2, 2)


@pytest.mark.parametrize("event", [10**6, 10**19, -1, -(10**19)])
def test_an_event_that_is_yet_to_come_cannot_be_marked_as_seen(desk: Desk, event: int) -> None:
    ticket = opened(desk)
    anna = who(desk, "anna")
    with pytest.raises(BadInput, match="has no event"):
        tickets.mark_seen(desk, anna, ticket, event)
    with pytest.raises(BadInput, match="has no event"):
        drafts.save(desk, anna, ticket, "reply", "Текст", event)
    tickets.mark_seen(desk, who(desk, "anna"), ticket, last_of(desk, ticket))


# Undo


def test_an_act_stands_once_a_colleague_has_gone_on_with_the_ticket(desk: Desk) -> None:
    anna, boris = who(desk, "anna"), who(desk, "boris")
    goes_on: tuple[Callable[[int], object], ...] = (
        lambda t: replies.note(desk, boris, t, "Занимаюсь"),
        lambda t: asking.ask(desk, boris, t, "?", login="nadia"),
    )
    for n, act in enumerate(goes_on):
        ticket = taken(desk, sender=f"{n}@x.example")
        lines.pass_on(desk, anna, ticket, login="boris")
        lines.follow(desk, boris, ticket)
        act(ticket)
        before = everything(desk)
        with pytest.raises(Conflict, match="Boris Orlov has gone on"):
            undoing.undo(desk, anna, ticket)
        assert everything(desk) == before


def test_an_answer_that_accepted_is_one_act_and_its_text_is_a_draft_again(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), opened(desk)
    replies.reply(desk, anna, ticket, "Длинный ответ", last_of(desk, ticket))
    undoing.undo(desk, anna, ticket)
    assert where(desk, ticket) == ("new", "north", "")
    draft = drafts.load(desk, anna, ticket, "reply")
    assert draft is not None
    assert draft.text == "Длинный ответ"
    replies.reply(desk, anna, ticket, draft.text, draft.seen)
    undoing.undo(desk, anna, ticket)
    with pytest.raises(Conflict, match="nothing of yours"):
        undoing.undo(desk, anna, ticket)


def test_a_draft_that_was_begun_since_is_not_overwritten_by_an_undone_answer(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    say(desk, "anna", ticket)
    drafts.save(desk, anna, ticket, "reply", "Уже другое", last_of(desk, ticket))
    undoing.undo(desk, anna, ticket)
    draft = drafts.load(desk, anna, ticket, "reply")
    assert draft is not None
    assert draft.text == "Уже другое"


def test_a_letter_that_a_relay_may_have_seen_is_not_taken_back(desk: Desk) -> None:
    ticket = taken(desk)
    say(desk, "anna", ticket)
    for item in outbox.due(desk, "w", 100):
        outbox.retry_later(desk, item.id, "busy", "w", 60)
    with pytest.raises(Conflict, match="on its way"):
        undoing.undo(desk, who(desk, "anna"), ticket)
