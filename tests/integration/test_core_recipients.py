"""Who gets an answer: the writer, the others in copy, whom an agent names."""

from __future__ import annotations

import pytest

from core.domain.letters import Mailaddr
from core.errors import BadInput
from core.services import intake
from core.services.desk import Desk
from tests.builders import CLIENT, SUPPORT, answer_to, arrive, letter, opened, recorded, seen_by_all
from tests.integration.answers import say, written


def to_whom(desk: Desk, ticket: int) -> list[tuple[str, str]]:
    return [(r.header, r.address) for r in seen_by_all(desk, ticket).to]


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
