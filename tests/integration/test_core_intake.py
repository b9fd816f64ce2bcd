"""A letter opens a ticket or joins one: how it is joined, who speaks, what starts anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.domain import tokens
from core.domain.letters import Letter, LetterKind
from core.services import agents, explaining, intake, tickets
from core.services.desk import Desk
from tests.builders import (
    CLIENT,
    SUPPORT,
    agent,
    answer_to,
    arrive,
    change,
    closed_at,
    desk_in,
    letter,
    mailbox_toml,
    opened,
    recorded,
    rows,
    seen_by_all,
    who,
)
from tests.integration.answers import answered, last_message

# Opening


def test_a_letter_opens_a_ticket_in_the_group_of_its_region_and_says_why(desk: Desk) -> None:
    taken = arrive(desk, letter("Нет входа", region="Сибирь", subject="  Не \n вхожу "))
    assert (taken.outcome, taken.why) == ("opened", "siberia: region=siberia")
    assert taken.ticket_id is not None
    view = seen_by_all(desk, taken.ticket_id)
    assert (view.group.key, view.rule, view.why, view.region) == (
        "north", "siberia", "region=siberia", "siberia",
    )  # fmt: skip
    assert (view.status, view.board, view.owner, view.subject) == ("new", "new", None, "Не вхожу")
    assert (view.client.name, view.client.addresses, view.client.region) == (
        "Иван Петров", (CLIENT,), "siberia",
    )  # fmt: skip
    assert (view.language, view.mailbox, view.sender) == ("ru", "support", SUPPORT)
    assert view.guard_event == taken.event_id == view.timeline[0].event.id


def test_what_no_rule_catches_goes_to_the_default_group(desk: Desk) -> None:
    taken = arrive(desk, letter("Hello"))
    assert taken.ticket_id is not None
    view = seen_by_all(desk, taken.ticket_id)
    assert (view.group.key, view.rule, view.why, taken.why) == ("first", "default", "", "default")


def test_a_region_once_given_is_remembered_on_the_client(desk: Desk) -> None:
    first = opened(desk, region="Caucasus")
    second = arrive(desk, letter("Без региона", sender=CLIENT.upper()))
    assert second.ticket_id is not None
    view = seen_by_all(desk, second.ticket_id)
    assert (view.group.key, view.region, view.previous_id) == ("south", "caucasus", first)


def test_nothing_is_remembered_of_those_who_name_no_address(desk: Desk) -> None:
    first = opened(desk, region="Сибирь", sender="", name="Иван Петров")
    strange = letter("Hello, I cannot log in to my account.", sender="", name="John Smith", subject="Login")
    told = explaining.explain(desk, who(desk, "root"), strange, "support")
    taken = arrive(desk, strange)
    assert taken.ticket_id is not None
    view = seen_by_all(desk, taken.ticket_id)
    assert (seen_by_all(desk, first).group.key, view.group.key, view.region) == ("north", "first", "")
    assert (view.previous_id, view.rule) == (None, "default")
    assert told.previous_id is None
    assert told.opening is not None
    assert told.opening.routed.group == "first"
    assert [row[0] for row in rows(desk, "SELECT language FROM ticket ORDER BY id")] == ["ru", "en"]
    assert "Иван" not in view.client.name
    assert last_message(view).author == "John Smith"


def test_a_fresh_letter_always_starts_a_ticket_linked_to_the_clients_previous_one(desk: Desk) -> None:
    chain = [opened(desk) for _ in range(3)]
    assert [seen_by_all(desk, ticket).previous_id for ticket in chain] == [None, *chain[:2]]
    other = opened(desk, sender="maria@client.example")
    assert seen_by_all(desk, other).previous_id is None


def test_a_subject_that_merely_looks_the_same_joins_nothing(desk: Desk) -> None:
    ticket = opened(desk)
    taken = arrive(desk, letter("Ещё раз", subject="Re: Не могу войти"))
    assert taken.outcome == "opened"
    assert taken.ticket_id != ticket


# Joining


def test_the_order_of_joining(desk: Desk) -> None:
    """Plus-token, then our id, then a known id, then a tag: each beats all that come after it."""
    by_token, by_own, by_tag = opened(desk), opened(desk), opened(desk)
    known = letter(region="Siberia")
    by_known = arrive(desk, known).ticket_id
    signs: list[tuple[str, int | None, dict[str, Any]]] = [
        ("subject-tag", by_tag, {"subject": f"Re: [GLZ-{by_tag}]"}),
        ("known-id", by_known, {"references": (known.message_id,)}),
        ("own-id", by_own, {"in_reply_to": answer_to(desk, by_own).in_reply_to}),
        ("plus-token", by_token, {"to": (tokens.plus_address(desk.secret, by_token, SUPPORT),)}),
    ]
    fields: dict[str, Any] = {}
    for by, ticket, sign in signs:
        fields |= sign
        taken = arrive(desk, letter(**fields))
        assert (taken.outcome, taken.why, taken.ticket_id) == ("joined", by, ticket)


def test_an_id_used_on_two_tickets_leads_whoever_takes_part_to_theirs(desk: Desk) -> None:
    first = opened(desk, message_id="<same@client.example>")
    second = opened(desk, message_id="<same@client.example>", sender="maria@client.example")
    wanted = {CLIENT: first, "maria@client.example": second, "stranger@else.example": first}
    for sender, ticket in wanted.items():
        assert arrive(desk, letter(sender=sender, in_reply_to=("<same@client.example>",))).ticket_id == ticket


def test_a_forged_token_or_id_joins_nothing(desk: Desk) -> None:
    ticket = opened(desk)
    good = tokens.plus_address(desk.secret, ticket, SUPPORT)
    forged = tokens.plus_address(b"the secret of somebody else", ticket, SUPPORT)
    other_ticket = good.replace(f"+t{ticket}.", f"+t{ticket + 1}.")
    foreign_id = tokens.message_id(b"the secret of somebody else", ticket, "abcd", "desk.example")
    forgeries: tuple[dict[str, Any], ...] = (
        {"to": (forged,)}, {"to": (other_ticket,)}, {"in_reply_to": (foreign_id,)},
    )  # fmt: skip
    for fields in forgeries:
        assert arrive(desk, letter(**fields)).outcome == "opened"


def test_a_tag_joins_only_from_a_participant(desk: Desk) -> None:
    ticket = opened(desk, cc=("boss@client.example",))
    stranger = arrive(desk, letter(sender="thief@else.example", subject=f"Re: [GLZ-{ticket}]"))
    assert stranger.outcome == "opened"
    assert stranger.ticket_id is not None
    assert seen_by_all(desk, stranger.ticket_id).previous_id is None, "nor is it linked"
    assert arrive(desk, letter(sender="Boss@client.example", subject=f"[glz-{ticket}]")).ticket_id == ticket


def test_a_number_quoted_beside_ones_own_does_not_hide_it(desk: Desk) -> None:
    ticket, other = opened(desk), opened(desk, sender="maria@client.example")
    taken = arrive(desk, letter(subject=f"Re: [GLZ-{ticket}] as in [GLZ-{other}]"))
    assert (taken.ticket_id, taken.why) == (ticket, "subject-tag")


def test_a_token_of_a_ticket_that_is_gone_joins_nothing(desk: Desk) -> None:
    address = tokens.plus_address(desk.secret, 4711, SUPPORT)
    assert arrive(desk, letter(to=(address,))).outcome == "opened"


# Copies and duplicates


def test_our_own_letter_coming_back_is_recognised_and_adds_nothing(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    ours = last_message(seen_by_all(desk, ticket))
    taken = arrive(desk, letter(sender=SUPPORT, message_id=ours.rfc_id, subject=ours.subject))
    assert (taken.outcome, taken.ticket_id, taken.message_id) == ("own-copy", ticket, ours.id)
    assert last_message(seen_by_all(desk, ticket)) == ours


@pytest.mark.parametrize("fields", [{"loop": True}, {"sender": "Support+t1.abc@desk.example"}])
def test_our_own_letter_is_known_by_its_mark_or_by_its_sender(desk: Desk, fields: dict[str, Any]) -> None:
    ours = last_message(seen_by_all(desk, opened(desk)))
    assert arrive(desk, letter(message_id=ours.rfc_id, **fields)).outcome == "own-copy"


def test_a_clients_letter_under_an_id_of_ours_is_not_lost(desk: Desk) -> None:
    ours = last_message(seen_by_all(desk, opened(desk)))
    taken = arrive(desk, letter("Своими словами", message_id=ours.rfc_id))
    assert taken.outcome == "opened"
    message = next(item.message for item in seen_by_all(desk, taken.ticket_id or 0).timeline if item.message)
    assert message.body == "Своими словами"


def test_one_letter_that_came_twice_is_one_message(desk: Desk) -> None:
    one = letter(region="Siberia", files={"a.txt": b"1"})
    first, second = arrive(desk, one), arrive(desk, one)
    assert (second.outcome, second.ticket_id, second.message_id) == (
        "duplicate", first.ticket_id, first.message_id,
    )  # fmt: skip
    assert rows(desk, "SELECT count(*) FROM ticket") == [(1,)]


@pytest.mark.parametrize(
    "other",
    [{"body_text": "Другое"}, {"subject": "Другое"}, {"files": {"b.txt": b"2"}}, {"sender": "x@y.example"}],
)
def test_the_same_message_id_with_other_content_is_kept_too(desk: Desk, other: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"message_id": "<same@client.example>", "text": "Одно", "files": {"a.txt": b"1"}}
    first = arrive(desk, letter(**fields))
    second = arrive(desk, letter(**{**fields, **other}))
    assert second.outcome != "duplicate"
    assert second.message_id != first.message_id


def test_taking_a_letter_again_changes_nothing(desk: Desk) -> None:
    one = letter(region="Siberia")
    (ledger_id,) = recorded(desk, one)
    (first,) = intake.take(desk, [(ledger_id, one)])
    (again,) = intake.take(desk, [(ledger_id, one)])
    assert (again.outcome, again.ticket_id, again.message_id) == (
        "repeated", first.ticket_id, first.message_id,
    )  # fmt: skip
    assert rows(desk, "SELECT count(*) FROM message WHERE kind = 'inbound'") == [(1,)]


# Who speaks


def test_the_clients_answer_brings_the_ball_back_to_the_owner(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    before = seen_by_all(desk, ticket)
    taken = arrive(desk, answer_to(desk, ticket, "Не помогло"))
    view = seen_by_all(desk, ticket)
    assert (taken.outcome, taken.ticket_id) == ("joined", ticket)
    assert (view.status, view.owner) == ("needs_reply", agent(desk, "anna"))
    assert view.since > before.since
    assert last_message(view).body == "Не помогло"
    assert view.guard_event == taken.event_id


def test_a_further_letter_does_not_make_the_ticket_younger(desk: Desk) -> None:
    ticket = opened(desk)
    since = seen_by_all(desk, ticket).since
    arrive(desk, answer_to(desk, ticket))
    view = seen_by_all(desk, ticket)
    assert (view.status, view.since) == ("new", since)


def test_people_in_copy_take_part_and_count_as_the_client(desk: Desk) -> None:
    ticket = opened(desk, cc=("boss@client.example",))
    answered(desk, ticket)
    arrive(desk, answer_to(desk, ticket, sender="BOSS@client.example", cc=("third@client.example",)))
    view = seen_by_all(desk, ticket)
    assert view.status == "needs_reply"
    assert not last_message(view).private
    assert {r.address for r in view.to} == {CLIENT, "boss@client.example", "third@client.example"}


def test_neither_our_mailboxes_nor_colleagues_become_participants(tmp_path: Path) -> None:
    sales = mailbox_toml("sales", "sales+eu@desk.example")
    with desk_in(tmp_path / "desk", toml=sales) as desk:
        ticket = opened(
            desk,
            to=(SUPPORT, "support+x@desk.example", "SALES+eu@desk.example"),
            cc=("Anna@desk.example", "undisclosed", "two words@x.example"),
        )
        assert [r.address for r in seen_by_all(desk, ticket).to] == [CLIENT]


def test_a_strangers_letter_is_private_and_never_makes_them_the_client(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    taken = arrive(
        desk, answer_to(desk, ticket, sender="new@else.example", name="New", cc=("friend@else.example",))
    )
    view = seen_by_all(desk, ticket)
    assert (taken.outcome, view.timeline[-1].event.kind) == ("joined", "new_voice")
    assert last_message(view).private
    assert view.client.addresses == (CLIENT,)
    assert [r.address for r in view.to] == [CLIENT], "neither they nor whom they copy get our answers"
    assert view.guard_event == taken.event_id, "an answer has to have seen it"


def test_an_agents_own_letter_is_a_note_never_the_clients_word(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    taken = arrive(desk, answer_to(desk, ticket, "Позвонил, ждём", sender="Boris@desk.example"))
    view = seen_by_all(desk, ticket)
    message = last_message(view)
    assert (view.status, message.kind, message.author) == ("waiting", "note", "Boris Orlov")
    assert (view.timeline[-1].event.kind, view.timeline[-1].event.actor_name) == ("noted", "Boris Orlov")
    assert view.guard_event == taken.event_id
    assert rows(desk, "SELECT count(*) FROM address WHERE email LIKE '%boris%'") == [(0,)]


def test_an_agents_letter_on_a_ticket_closed_long_ago_opens_nothing_in_their_name(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    letter_of_agent = answer_to(desk, ticket, "Для истории", sender="anna@desk.example")
    tickets.close(desk, who(desk, "anna"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=400))
    taken = arrive(desk, letter_of_agent)
    view = seen_by_all(desk, ticket)
    assert (taken.ticket_id, view.status, last_message(view).kind) == (ticket, "closed", "note")


def test_a_letter_without_a_sender_is_nobodys_note(desk: Desk) -> None:
    agents.add(desk, "nomail", "No Mail")
    ticket = opened(desk)
    arrive(desk, answer_to(desk, ticket, sender="", name=""))
    view = seen_by_all(desk, ticket)
    assert view.timeline[-1].event.kind == "new_voice"
    assert last_message(view).agent_id is None


def test_one_ticket_has_at_most_forty_participants(desk: Desk) -> None:
    ticket = opened(desk, cc=[f"c{n}@crowd.example" for n in range(300)])
    arrive(desk, answer_to(desk, ticket, cc=[f"d{n}@crowd.example" for n in range(300)]))
    assert rows(desk, "SELECT count(*), sum(CASE WHEN requester THEN 1 END) FROM participant") == [(40, 1)]


# Machines


@pytest.mark.parametrize("kind", [LetterKind.AUTOMATIC, LetterKind.RECEIPT, LetterKind.FEEDBACK])
@pytest.mark.parametrize("status", ["new", "needs_reply", "waiting", "solved", "closed", "deleted"])
def test_automatic_mail_is_kept_moves_nothing_and_gets_no_answer(
    desk: Desk, kind: LetterKind, status: str
) -> None:
    ticket = opened(desk)
    machine = answer_to(desk, ticket, "Я в отпуске", kind=kind)
    change(desk, ticket, status=status, closed_at=clock.now() - timedelta(days=400))
    before, outbox = seen_by_all(desk, ticket), rows(desk, "SELECT count(*) FROM outbox")
    taken = arrive(desk, machine)
    view = seen_by_all(desk, ticket)
    assert (taken.outcome, taken.ticket_id) == ("joined", ticket)
    assert (view.status, view.since, view.guard_event) == (before.status, before.since, before.guard_event)
    assert last_message(view).body == "Я в отпуске"
    assert rows(desk, "SELECT count(*) FROM outbox") == outbox
    assert rows(desk, "SELECT count(*) FROM ticket") == [(1,)]


def test_a_strangers_automatic_letter_is_private_too(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    arrive(desk, answer_to(desk, ticket, sender="new@else.example", kind=LetterKind.AUTOMATIC))
    view = seen_by_all(desk, ticket)
    assert (last_message(view).private, view.status) == (True, "waiting")


def test_automatic_mail_that_belongs_nowhere_is_visible_and_unanswered(desk: Desk) -> None:
    assert arrive(desk, letter(kind=LetterKind.AUTOMATIC)).outcome == "opened"
    assert rows(desk, "SELECT count(*) FROM outbox") == [(0,)]


def test_files_and_html_are_kept_beside_the_letter(desk: Desk) -> None:
    taken = arrive(desk, letter(files={"экран.png": b"png"}, html="<p>Здравствуйте</p>"))
    assert taken.ticket_id is not None
    message = next(item.message for item in seen_by_all(desk, taken.ticket_id).timeline if item.message)
    (file,) = message.attachments
    assert desk.blobs.read(file.sha256) == b"png"
    (html,) = rows(desk, "SELECT html_sha256 FROM message WHERE kind = 'inbound'")[0]
    assert desk.blobs.read(html) == "<p>Здравствуйте</p>".encode()
    assert desk.blobs.read(message.raw_sha256).startswith(b"Message-ID:")


def test_an_empty_letter_still_becomes_a_ticket(desk: Desk) -> None:
    (ledger_id,) = recorded(desk, Letter())
    (taken,) = intake.take(desk, [(ledger_id, Letter())])
    assert taken.outcome == "opened"
    view = seen_by_all(desk, taken.ticket_id or 0)
    assert view.subject == "(no subject)"
    assert view.status == "new"
