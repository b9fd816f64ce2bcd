"""What we write: replies that leave, notes that stay, the send guard, who owns a ticket then."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain.permissions import Role
from core.domain.tokens import ticket_of_message_id
from core.errors import BadInput, ConfigError, Forbidden, MoveNotAllowed, SendGuardHeld
from core.services import agents, replies, tickets, undoing
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.services.replies import Enclosure
from tests.builders import agent, answer_to, arrive, desk_in, last_of, letter, opened, rows, seen_by_all, who
from tests.integration.answers import say, written

# The ball and the owner


def test_an_answer_gives_the_ball_to_the_client_and_accepts_what_nobody_had_accepted(desk: Desk) -> None:
    ticket = opened(desk)
    sent = say(desk, "anna", ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.board, view.owner) == ("waiting", "waiting", agent(desk, "anna"))
    assert view.accepted_at is not None
    assert [item.event.kind for item in view.timeline[-2:]] == ["accepted", "replied"]
    assert written(desk, sent).delivery == "queued"
    assert view.since > view.created_at


def test_an_answer_to_a_colleagues_ticket_leaves_the_owner(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.accept(desk, who(desk, "boris"), ticket)
    say(desk, "anna", ticket)
    assert seen_by_all(desk, ticket).owner == agent(desk, "boris")


def test_an_answer_can_solve(desk: Desk) -> None:
    ticket = opened(desk)
    assert say(desk, "anna", ticket, solve=True).status == "solved"
    view = seen_by_all(desk, ticket)
    assert (view.status, view.board, view.owner) == ("solved", None, agent(desk, "anna"))


def test_an_answer_to_what_was_solved_without_an_owner_owns_it(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.solve(desk, who(desk, "boris"), ticket)
    say(desk, "anna", ticket)
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner) == ("waiting", agent(desk, "anna"))


def test_a_closed_ticket_is_not_answered(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.close(desk, who(desk, "anna"), ticket)
    with pytest.raises(MoveNotAllowed, match="closed"):
        say(desk, "anna", ticket)
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'reply'") == [(0,)]


def test_a_note_moves_nothing_and_leaves_nobody(desk: Desk) -> None:
    ticket = opened(desk)
    before = seen_by_all(desk, ticket)
    sent = replies.note(desk, who(desk, "anna"), ticket, "Это тот же клиент, что вчера")
    view = seen_by_all(desk, ticket)
    assert (view.status, view.since, view.owner) == (before.status, before.since, None)
    assert sent.outbox_id is None
    assert written(desk, sent).kind == "note"
    assert view.guard_event == sent.event_id


# The send guard


def test_the_guard_holds_back_an_answer_when_the_client_wrote_meanwhile(desk: Desk) -> None:
    ticket = opened(desk)
    seen = seen_by_all(desk, ticket).last_event
    arrive(desk, answer_to(desk, ticket))
    with pytest.raises(SendGuardHeld) as caught:
        replies.reply(desk, who(desk, "anna"), ticket, "Ответ вслепую", seen)
    assert caught.value.latest == seen_by_all(desk, ticket).guard_event
    assert str(caught.value.latest) in caught.value.hint
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner) == ("new", None), "nothing was sent, nothing was accepted"
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'reply'") == [(0,)]
    replies.reply(desk, who(desk, "anna"), ticket, "Прочитал, отвечаю", caught.value.latest)


@pytest.mark.parametrize("colleague", ["reply", "note"])
def test_the_guard_holds_for_a_colleagues_words_too(desk: Desk, colleague: str) -> None:
    ticket = opened(desk)
    seen = seen_by_all(desk, ticket).last_event
    if colleague == "reply":
        say(desk, "boris", ticket)
    else:
        replies.note(desk, who(desk, "boris"), ticket, "Не отвечайте, звоню сам")
    with pytest.raises(SendGuardHeld):
        replies.reply(desk, who(desk, "anna"), ticket, "Ответ", seen)


def test_what_is_yet_to_come_cannot_have_been_seen(desk: Desk) -> None:
    ticket = opened(desk)
    last = seen_by_all(desk, ticket).last_event
    for seen in (last + 1, 99999999):
        with pytest.raises(BadInput, match=f"no event {seen} yet; its last one is {last}"):
            replies.reply(desk, who(desk, "anna"), ticket, "Ответ вслепую", seen)
    assert seen_by_all(desk, ticket).last_event == last
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", last)


def test_a_change_of_status_or_automatic_mail_does_not_hold_an_answer_back(desk: Desk) -> None:
    ticket = opened(desk)
    seen = seen_by_all(desk, ticket).last_event
    tickets.accept(desk, who(desk, "boris"), ticket)
    tickets.release(desk, who(desk, "boris"), ticket)
    arrive(desk, answer_to(desk, ticket, kind="automatic"))
    assert seen_by_all(desk, ticket).last_event > seen
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", seen)


def test_ones_own_answer_is_seen_by_oneself(desk: Desk) -> None:
    ticket = opened(desk)
    sent = say(desk, "anna", ticket)
    replies.reply(desk, who(desk, "anna"), ticket, "И ещё одно", sent.event_id)
    assert rows(desk, "SELECT event_id FROM seen") == [(seen_by_all(desk, ticket).last_event,)]


# The letter itself


def test_an_answer_carries_our_id_the_tag_once_and_the_thread(desk: Desk) -> None:
    first = letter(region="Siberia", subject="Re: Re: Отв: вход [GLZ-77]")
    ticket = arrive(desk, first).ticket_id
    assert ticket is not None
    message = written(desk, say(desk, "anna", ticket))
    assert ticket_of_message_id(desk.secret, message.rfc_id) == ticket
    assert message.subject == f"Re: вход [GLZ-{ticket}]"
    (stored,) = rows(desk, "SELECT in_reply_to, refs FROM message WHERE id = :id", id=message.id)
    assert tuple(stored) == (first.message_id, first.message_id)


def test_references_stay_bounded_and_keep_the_newest(desk: Desk) -> None:
    ids = tuple(f"<{n}@client.example>" for n in range(500))
    first = letter(region="Siberia", references=ids)
    ticket = arrive(desk, first).ticket_id
    assert ticket is not None
    sent = say(desk, "anna", ticket)
    (stored,) = rows(desk, "SELECT refs FROM message WHERE id = :id", id=sent.message_id)
    assert stored[0].split() == [*ids[-19:], first.message_id]


@pytest.mark.parametrize("text", ["", " ", "\n\t\n", "\x00", " \x00\n", "\r\n"])
def test_an_empty_text_is_refused(desk: Desk, text: str) -> None:
    ticket = opened(desk)
    with pytest.raises(BadInput, match="empty"):
        say(desk, "anna", ticket, text)
    with pytest.raises(BadInput, match="empty"):
        replies.note(desk, who(desk, "anna"), ticket, text)
    assert seen_by_all(desk, ticket).status == "new"


def test_what_no_letter_can_carry_is_taken_out_of_a_text(desk: Desk) -> None:
    ticket = opened(desk)
    sent = say(desk, "anna", ticket, "\n\r\n  раз\r\nдва\rтри\x00 \ud800 \n\n")
    assert written(desk, sent).body == "  раз\nдва\nтри ?"


def test_files_go_out_with_the_answer(desk: Desk) -> None:
    ticket = opened(desk)
    sent = say(desk, "anna", ticket, enclosures=[Enclosure("счёт.pdf", "application/pdf", b"%PDF-1")])
    (file,) = written(desk, sent).attachments
    assert (file.name, file.content_type, file.size) == ("счёт.pdf", "application/pdf", 6)
    assert desk.blobs.read(file.sha256) == b"%PDF-1"


def test_a_repeated_answer_or_note_is_one(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    seen = seen_by_all(desk, ticket).last_event
    first = replies.reply(desk, anna, ticket, "Ответ", seen, op_id="r")
    again = replies.reply(desk, anna, ticket, "Ответ", seen, op_id="r")
    assert again == first, "the guard does not hold one's own repeated command back"
    assert replies.note(desk, anna, ticket, "Заметка", op_id="n") == replies.note(
        desk, anna, ticket, "Заметка", op_id="n"
    )
    assert rows(desk, "SELECT kind, count(*) FROM message WHERE kind IN ('reply', 'note') GROUP BY kind") == [
        ("note", 1),
        ("reply", 1),
    ]
    assert rows(desk, "SELECT count(*) FROM outbox") == [(2,)]


def test_a_program_killed_before_the_commit_can_repeat_its_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    seen = seen_by_all(desk, ticket).last_event

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("core.db.tickets.drop_draft", killed)
        replies.reply(desk, anna, ticket, "Ответ", seen, op_id="r")
    assert seen_by_all(desk, ticket).status == "new"
    replies.reply(desk, anna, ticket, "Ответ", seen, op_id="r")
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'reply'") == [(1,)]


def test_without_a_mailbox_nothing_is_sent_and_nothing_changes(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", mailbox="") as desk:
        ticket = opened(desk)
        with pytest.raises(ConfigError, match="No mailbox"):
            say(desk, "anna", ticket)
        view = seen_by_all(desk, ticket)
        assert (view.status, view.owner, view.sender) == ("new", None, "")


def test_who_is_no_agent_answers_nobody(desk: Desk) -> None:
    ticket = opened(desk)
    with pytest.raises(Forbidden):
        replies.reply(desk, OPERATOR, ticket, "Ответ", 999)
    with pytest.raises(Forbidden):
        replies.note(desk, OPERATOR, ticket, "Заметка")


def owner_by_events(desk: Desk, ticket: int) -> int | None:
    """Who owns a ticket by what the audit log says alone."""
    owner: int | None = None
    for item in seen_by_all(desk, ticket).timeline:
        told = item.event.data.get("owner")
        if item.event.kind in ("released", "returned"):
            owner = None
        elif "owner" in item.event.data:
            owner = told if isinstance(told, int) else None
    return owner


@pytest.mark.parametrize("status", ["new", "needs_reply", "waiting", "solved"])
@pytest.mark.parametrize("owner", ["", "anna", "boris", "gone"])
@pytest.mark.parametrize("solve", [False, True])
def test_after_every_answer_and_its_undo_the_log_names_the_owner(
    desk: Desk, status: str, owner: str, solve: bool
) -> None:
    agents.add(desk, "gone", "Gone", groups={"north": Role.AGENT})
    ticket, anna = opened(desk), who(desk, "anna")
    if owner and status != "new":
        tickets.accept(desk, who(desk, owner), ticket)
    if status == "waiting":
        say(desk, owner or "boris", ticket)
    if status == "solved":
        tickets.solve(desk, who(desk, owner or "boris"), ticket)
    if owner == "gone":
        agents.edit(desk, "gone", active=False)
    replies.reply(desk, anna, ticket, "Ответ", last_of(desk, ticket), solve=solve)
    view = seen_by_all(desk, ticket)
    assert view.owner is not None
    assert owner_by_events(desk, ticket) == view.owner.id
    undoing.undo(desk, anna, ticket)
    after = seen_by_all(desk, ticket).owner
    assert owner_by_events(desk, ticket) == (after.id if after else None)


def test_who_answers_a_solved_ticket_of_nobody_is_said_to_have_accepted_it(desk: Desk) -> None:
    ticket = opened(desk)
    tickets.solve(desk, who(desk, "boris"), ticket)
    say(desk, "anna", ticket)
    kinds = [item.event.kind for item in seen_by_all(desk, ticket).timeline]
    assert kinds[-2:] == ["accepted", "replied"]


def test_a_colleague_who_left_still_stands_on_what_they_wrote(desk: Desk) -> None:
    ticket = opened(desk)
    sent = say(desk, "anna", ticket)
    agents.edit(desk, "anna", active=False)
    assert written(desk, sent).author == "Anna Kotova"
