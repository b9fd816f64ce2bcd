"""Who only says that they are of the staff, or the client: without proof they get no answer and no voice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.letters import Letter, Mailaddr
from core.names import unproved
from core.services import explaining, voices
from core.services.access import OPERATOR
from core.services.desk import Desk
from tests.builders import (
    CLIENT,
    SUPPORT,
    answer_to,
    arrive,
    desk_in,
    letter,
    mailbox_toml,
    opened,
    rows,
    seen_by_all,
    who,
)
from tests.integration.test_core_staff_letters import ANNA, forward, messages

SERVER = "mx.desk.example"


def verdict(result: str) -> dict[str, Any]:
    """The headers of a letter on which our mail server has passed judgement."""
    return {"headers": (("Authentication-Results", f"{SERVER}; dmarc={result}"),)}


@pytest.fixture
def asking(engine: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose mail server judges senders."""
    mailbox = mailbox_toml().replace("confirm = true", f'confirm = true\nauthserv_id = "{SERVER}"')
    with desk_in(tmp_path / "asking", mailbox=mailbox) as made:
        yield made


# Who only says that they are of the staff


@pytest.mark.parametrize(
    ("result", "client"), [("pass", "olga@firm.example"), ("none", ANNA), ("fail", ANNA)]
)
def test_a_forward_counts_where_our_mail_server_vouches_for_it(
    asking: Desk, result: str, client: str
) -> None:
    view = seen_by_all(asking, arrive(asking, forward(**verdict(result))).ticket_id or 0)
    assert view.client.addresses == (client,)


@pytest.mark.parametrize(
    ("result", "status", "kind"),
    [("pass", "waiting", "reply"), ("none", "new", "inbound"), ("fail", "new", "inbound")],
)
def test_an_answer_in_an_agents_name_counts_where_our_mail_server_vouches_for_it(
    asking: Desk, result: str, status: str, kind: str
) -> None:
    ticket = opened(asking)
    arrive(asking, answer_to(asking, ticket, sender=ANNA, to=(CLIENT,), **verdict(result)))
    view = seen_by_all(asking, ticket)
    said = messages(view)[-1]
    assert (view.status, said.kind, said.private) == (status, kind, result != "pass")
    assert rows(asking, "SELECT count(*) FROM address WHERE email = :a", a=ANNA) == [(0,)]


@pytest.mark.parametrize("result", ["none", "fail"])
def test_a_note_in_an_agents_name_needs_our_mail_servers_word_too(asking: Desk, result: str) -> None:
    ticket = opened(asking)
    arrive(asking, answer_to(asking, ticket, "Вернуть 500", sender=ANNA, **verdict(result)))
    view = seen_by_all(asking, ticket)
    said = messages(view)[-1]
    assert (said.kind, said.private, said.author_address) == ("inbound", True, "")
    assert view.timeline[-1].event.kind == "new_voice"


def by_foreign_id(desk: Desk, sender: str, **fields: Any) -> tuple[int, Letter]:
    """A letter that joins a ticket by the client's own Message-ID, which others may know."""
    ticket = opened(desk, message_id="<theirs@client.example>")
    return ticket, letter("Вернуть 500", sender=sender, in_reply_to=("<theirs@client.example>",), **fields)


def test_where_nobody_is_asked_an_agents_letter_that_names_nothing_signed_is_a_note_unproved(
    desk: Desk,
) -> None:
    ticket, forged = by_foreign_id(desk, ANNA, to=(SUPPORT, CLIENT), cc=("evil@evil.example",))
    arrive(desk, forged)
    view = seen_by_all(desk, ticket)
    said = messages(view)[-1]
    assert (view.status, view.owner, said.kind, said.dmarc) == ("new", None, "note", "unasked")
    assert unproved(said.dmarc) == "the sender's address is not proved"
    assert [one.address for one in view.to] == [CLIENT]
    arrive(desk, answer_to(desk, ticket, "Для своих", sender=ANNA))
    assert messages(seen_by_all(desk, ticket))[-1].dmarc == "", "it answers what we have signed"


def test_where_nobody_is_asked_a_forward_opens_a_ticket_and_is_shown_unproved(desk: Desk) -> None:
    first, note = messages(seen_by_all(desk, arrive(desk, forward()).ticket_id or 0))
    assert (first.kind, first.dmarc, note.kind, note.dmarc) == ("inbound", "unasked", "note", "unasked")


def test_a_forward_that_our_mail_server_vouches_for_is_not_doubted(asking: Desk) -> None:
    taken = arrive(asking, forward(**verdict("pass")))
    assert [one.dmarc for one in messages(seen_by_all(asking, taken.ticket_id or 0))] == ["", ""]


# Who only says that they are the client


def grabbing(ticket: int, **fields: Any) -> Letter:
    """A letter in the client's name, with the number of their ticket, that wants the answer for somebody else."""
    return letter(
        "Пришлите пароль", subject=f"Re: [GLZ-{ticket}]", cc=("evil@evil.example",),
        reply_to=(Mailaddr("grab@evil.example"),), **fields,
    )  # fmt: skip


def test_a_number_in_the_subject_lets_nobody_else_have_the_answer(desk: Desk, asking: Desk) -> None:
    for one, fields in ((desk, {}), (asking, verdict("none"))):
        ticket = opened(one)
        taken = arrive(one, grabbing(ticket, **fields))
        view = seen_by_all(one, ticket)
        assert (taken.ticket_id, taken.why, messages(view)[-1].private) == (ticket, "subject-tag", False)
        assert [to.address for to in view.to] == [CLIENT]


def test_a_client_who_is_proved_chooses_where_the_answer_goes(asking: Desk) -> None:
    ticket = opened(asking)
    arrive(asking, grabbing(ticket, **verdict("pass")))
    assert [one.address for one in seen_by_all(asking, ticket).to] == [
        "grab@evil.example", "evil@evil.example",
    ]  # fmt: skip


def test_a_forged_client_joins_nothing_by_a_number(asking: Desk) -> None:
    ticket = opened(asking)
    taken = arrive(asking, grabbing(ticket, **verdict("fail")))
    assert (taken.outcome, taken.ticket_id != ticket) == ("opened", True)
    assert [one.address for one in seen_by_all(asking, ticket).to] == [CLIENT]
    assert [one.address for one in seen_by_all(asking, taken.ticket_id or 0).to] == [CLIENT]


def test_a_forged_clients_answer_is_a_new_voice_that_gets_nothing(asking: Desk) -> None:
    ticket = opened(asking)
    forged = answer_to(
        asking,
        ticket,
        cc=("evil@evil.example",),
        reply_to=(Mailaddr("grab@evil.example"),),
        **verdict("fail"),
    )
    arrive(asking, forged)
    view = seen_by_all(asking, ticket)
    assert (messages(view)[-1].private, view.timeline[-1].event.kind) == (True, "new_voice")
    voices.accept(asking, who(asking, "anna"), messages(view)[-1].id)
    assert [one.address for one in seen_by_all(asking, ticket).to] == [CLIENT]


def test_an_unproved_sender_is_flagged_and_the_letter_kept(asking: Desk) -> None:
    first = letter(**verdict("fail"))
    ticket = arrive(asking, first).ticket_id or 0
    for result in ("fail", "pass"):
        arrive(asking, letter("И ещё.", in_reply_to=(first.message_id,), **verdict(result)))
    view = seen_by_all(asking, ticket)
    inbound = [item for item in view.timeline if item.message and item.message.kind == "inbound"]
    assert [item.message.dmarc for item in inbound if item.message] == ["fail", "fail", ""]
    assert [item.event.data.get("dmarc", "") for item in inbound] == ["fail", "fail", ""]


def test_a_verdict_of_somebody_else_says_nothing(desk: Desk, asking: Desk) -> None:
    foreign = {"headers": (("Authentication-Results", "evil.example; dmarc=fail"),)}
    for one, fields in ((asking, foreign), (desk, verdict("fail"))):
        view = seen_by_all(one, opened(one, **fields))
        assert messages(view)[0].dmarc == ""


@pytest.mark.parametrize(("result", "withheld"), [("fail", "forged"), ("none", ""), ("pass", "")])
def test_nothing_is_confirmed_to_an_address_that_somebody_forged(
    asking: Desk, result: str, withheld: str
) -> None:
    """Whoever it belongs to would get a letter about a request that they never wrote."""
    one = letter(**verdict(result))
    assert explaining.explain(asking, OPERATOR, one, "support").confirmation == withheld
    view = seen_by_all(asking, arrive(asking, one).ticket_id or 0)
    assert [message.kind for message in messages(view)] == [
        "inbound",
        *([] if withheld else ["confirmation"]),
    ]
