"""What we write: replies that leave, notes that stay, the send guard, drafts, tickets that agents open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.domain.tokens import ticket_of_message_id
from core.errors import BadInput, ConfigError, Forbidden, MoveNotAllowed, NotFound, SendGuardHeld
from core.services import agents, drafts, intake, opening, replies, tickets, undoing
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outcomes import Sent
from core.services.replies import Enclosure
from tests.builders import (
    CLIENT,
    SUPPORT,
    agent,
    answer_to,
    arrive,
    desk_in,
    last_of,
    letter,
    opened,
    recorded,
    rows,
    seen_by_all,
    who,
)


def say(desk: Desk, login: str, ticket: int, text: str = "Проверьте ещё раз", **how: Any) -> Sent:
    """Reply having seen everything."""
    seen = seen_by_all(desk, ticket).last_event
    return replies.reply(desk, who(desk, login), ticket, text, seen, **how)


def written(desk: Desk, sent: Sent) -> MessageView:
    """The message of a reply or note."""
    found = [item.message for item in seen_by_all(desk, sent.ticket_id).timeline if item.message]
    return next(message for message in found if message.id == sent.message_id)


def to_whom(desk: Desk, ticket: int) -> list[tuple[str, str]]:
    return [(r.header, r.address) for r in seen_by_all(desk, ticket).to]


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


# Who gets it


def test_an_answer_goes_to_the_writer_with_the_others_in_copy(desk: Desk) -> None:
    ticket = opened(desk, cc=("wife@client.example", "boss@client.example"))
    assert to_whom(desk, ticket) == [
        ("to", CLIENT),
        ("cc", "wife@client.example"),
        ("cc", "boss@client.example"),
    ]
    arrive(desk, answer_to(desk, ticket, sender="boss@client.example"))
    assert to_whom(desk, ticket)[0] == ("to", "boss@client.example")
    assert ("cc", CLIENT) in to_whom(desk, ticket)


def test_an_answer_goes_where_the_letter_asked_for_it(desk: Desk) -> None:
    ticket = opened(desk, reply_to=(Mailaddr("office@client.example", "Office"),))
    assert to_whom(desk, ticket) == [("to", "office@client.example")]


def test_a_letter_that_asks_us_to_answer_ourselves_is_answered_to_its_writer(desk: Desk) -> None:
    ticket = opened(desk, reply_to=(Mailaddr(SUPPORT.upper()), Mailaddr("support+x@desk.example")))
    assert to_whom(desk, ticket) == [("to", CLIENT)]


def test_a_crowd_of_recipients_does_not_push_out_where_the_answer_goes(desk: Desk) -> None:
    crowd = [f"c{n}@crowd.example" for n in range(300)]
    ticket = opened(desk, to=(SUPPORT, *crowd), reply_to=(Mailaddr("office@client.example"),))
    assert to_whom(desk, ticket)[0] == ("to", "office@client.example")


def test_machines_and_strangers_do_not_decide_where_an_answer_goes(desk: Desk) -> None:
    ticket = opened(desk)
    arrive(desk, answer_to(desk, ticket, sender="stranger@else.example"))
    arrive(desk, answer_to(desk, ticket, kind="automatic", reply_to=(Mailaddr("robot@client.example"),)))
    assert to_whom(desk, ticket) == [("to", CLIENT)]


def test_an_agent_may_name_the_recipients(desk: Desk) -> None:
    ticket = opened(desk, cc=("boss@client.example",))
    sent = say(
        desk, "anna", ticket, to=[Mailaddr("new@client.example", "New")], cc=[Mailaddr("x@client.example")]
    )
    found = [(r.header, r.address, r.state) for r in written(desk, sent).recipients]
    assert found == [("to", "new@client.example", "queued"), ("cc", "x@client.example", "queued")]


def test_a_copy_beside_the_usual_recipients_is_added(desk: Desk) -> None:
    ticket = opened(desk)
    sent = say(desk, "anna", ticket, cc=[Mailaddr("law@client.example")])
    assert [r.address for r in written(desk, sent).recipients] == [CLIENT, "law@client.example"]


@pytest.mark.parametrize("address", ["", "ivan", "a b@x.example", "a@b, c@d", "<a@b>", "a@b\nBcc: c@d"])
def test_what_is_no_address_is_refused(desk: Desk, address: str) -> None:
    ticket = opened(desk)
    with pytest.raises(BadInput, match="not an e-mail address"):
        say(desk, "anna", ticket, to=[Mailaddr(address)])
    assert seen_by_all(desk, ticket).owner is None


def test_a_ticket_without_any_client_says_so(desk: Desk) -> None:
    (ledger_id,) = recorded(desk, letter())
    taken = [intake.failed(desk, ledger_id, "nothing in it could be read") for _ in range(3)][-1]
    assert taken is not None
    assert taken.ticket_id is not None
    with pytest.raises(BadInput, match="no client"):
        say(desk, "root", taken.ticket_id)


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


# Drafts


def test_a_draft_survives_until_its_letter_is_written(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    drafts.save(desk, anna, ticket, "reply", "Здравств", 1)
    drafts.save(desk, anna, ticket, "note", "спросить", 1)
    drafts.save(desk, anna, ticket, "reply", "Здравствуйте", 3)
    drafts.save(desk, who(desk, "boris"), ticket, "reply", "Добрый день", 3)
    found = drafts.load(desk, anna, ticket, "reply")
    assert found is not None
    assert (found.text, found.seen) == ("Здравствуйте", 3)
    say(desk, "anna", ticket)
    assert drafts.load(desk, anna, ticket, "reply") is None
    assert drafts.load(desk, anna, ticket, "note") is not None
    assert drafts.load(desk, who(desk, "boris"), ticket, "reply") is not None, "a colleague's draft stays"
    replies.note(desk, anna, ticket, "спросить")
    assert drafts.load(desk, anna, ticket, "note") is None


def test_an_empty_draft_is_forgotten_and_a_discarded_one_too(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    drafts.save(desk, anna, ticket, "reply", "раз", 1)
    drafts.save(desk, anna, ticket, "reply", " \n", 1)
    assert drafts.load(desk, anna, ticket, "reply") is None
    drafts.save(desk, anna, ticket, "note", "раз", 1)
    drafts.discard(desk, anna, ticket, "note")
    drafts.discard(desk, anna, ticket, "note")
    assert drafts.load(desk, anna, ticket, "note") is None


def test_a_draft_that_was_held_back_by_the_guard_is_kept(desk: Desk) -> None:
    ticket, anna = opened(desk), who(desk, "anna")
    drafts.save(desk, anna, ticket, "reply", "Здравствуйте", 1)
    with pytest.raises(SendGuardHeld):
        replies.reply(desk, anna, ticket, "Здравствуйте", 0)
    assert drafts.load(desk, anna, ticket, "reply") is not None


# Tickets that an agent opens


def test_an_agent_opens_a_ticket_and_the_letter_is_really_queued(desk: Desk) -> None:
    earlier = opened(desk)
    sent = opening.open_ticket(
        desk, who(desk, "anna"), subject=" Ваш \n счёт ", text="Здравствуйте!", to=Mailaddr(CLIENT, "Иван"),
        group_key="north", op_id="new",
    )  # fmt: skip
    view = seen_by_all(desk, sent.ticket_id)
    assert (view.subject, view.status, view.owner) == ("Ваш счёт", "waiting", agent(desk, "anna"))
    assert (view.previous_id, view.group.key, view.client.addresses) == (earlier, "north", (CLIENT,))
    message = written(desk, sent)
    assert (message.subject, message.delivery) == (f"Ваш счёт [GLZ-{sent.ticket_id}]", "queued")
    again = opening.open_ticket(
        desk, who(desk, "anna"), subject="Ваш счёт", text="Здравствуйте!", to=Mailaddr(CLIENT),
        group_key="north", op_id="new",
    )  # fmt: skip
    assert again == sent
    answer = arrive(desk, answer_to(desk, sent.ticket_id))
    assert (answer.outcome, answer.ticket_id) == ("joined", sent.ticket_id)
    assert seen_by_all(desk, sent.ticket_id).status == "needs_reply"


def test_tickets_are_opened_only_in_ones_own_groups(desk: Desk) -> None:
    anna = who(desk, "anna")
    with pytest.raises(Forbidden, match="South"):
        opening.open_ticket(desk, anna, subject="s", text="t", to=Mailaddr(CLIENT), group_key="south")
    with pytest.raises(NotFound, match="nowhere"):
        opening.open_ticket(desk, anna, subject="s", text="t", to=Mailaddr(CLIENT), group_key="nowhere")
    with pytest.raises(BadInput, match="subject"):
        opening.open_ticket(desk, anna, subject=" \n", text="t", to=Mailaddr(CLIENT), group_key="north")
    with pytest.raises(BadInput, match="not an e-mail address"):
        opening.open_ticket(desk, anna, subject="s", text="t", to=Mailaddr("ivan"), group_key="north")
    assert rows(desk, "SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM contact)") == [(0, 0)]


def test_without_a_group_a_ticket_is_ones_own_groups(tmp_path: Path) -> None:
    def opened_by(login: str, **wanted: str) -> str:
        sent = opening.open_ticket(
            desk, who(desk, login), subject="s", text="t", to=Mailaddr(CLIENT), **wanted
        )
        return seen_by_all(desk, sent.ticket_id).group.key

    with desk_in(tmp_path / "desk", toml='[templates.repair]\nname = "Repair"\ngroup = "south"\n') as desk:
        north, south, first = ({key: Role.AGENT} for key in ("north", "south", "first"))
        agents.add(desk, "two", "Two", groups=north | south)
        agents.add(desk, "three", "Three", groups=north | first)
        agents.add(desk, "none", "None")
        assert opened_by("anna") == "north"
        assert opened_by("two", template="repair") == "south"
        assert opened_by("two", group_key="north") == "north"
        assert (opened_by("three"), opened_by("root")) == ("first", "first"), "the desk's default group"
        with pytest.raises(BadInput, match="several groups: north, south"):
            opened_by("two")
        with pytest.raises(Forbidden, match="belong to no group"):
            opened_by("none")
        with pytest.raises(NotFound, match="no ticket template nothing"):
            opened_by("anna", template="nothing")


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
