"""What is taken back leaves nothing behind: recipients, statuses, letters that had a ticket of their own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.errors import Conflict, Forbidden
from core.services import agents, lines, outbox, replies, tickets, undoing, voices
from core.services.desk import Desk
from core.services.models.outbox import Delivery
from core.services.models.outcomes import Done
from tests.builders import (
    CLIENT,
    answer_to,
    arrive,
    desk_in,
    everything,
    last_of,
    make_settings,
    opened,
    rows,
    seen_by_all,
    who,
)
from tests.integration.lives import taken

COLLEAGUE = "petr@client.example"


def recipients(desk: Desk, ticket: int) -> set[str]:
    """Where the next answer goes."""
    return {one.address for one in seen_by_all(desk, ticket).to}


def taken_with_copy(desk: Desk) -> int:
    """A ticket of anna's whose client had a colleague in copy."""
    ticket = opened(desk, cc=[COLLEAGUE])
    tickets.accept(desk, who(desk, "anna"), ticket)
    return ticket


def say(desk: Desk, ticket: int, **how: object) -> None:
    replies.reply(desk, who(desk, "anna"), ticket, "Ответ", last_of(desk, ticket), **how)  # type: ignore[arg-type]


def test_an_address_that_only_an_answer_taken_back_named_gets_no_further_answers(desk: Desk) -> None:
    ticket = taken(desk)
    say(desk, ticket, cc=[Mailaddr(COLLEAGUE)])
    undoing.undo(desk, who(desk, "anna"), ticket)
    say(desk, ticket, cc=[Mailaddr("pter@client.example"), Mailaddr(COLLEAGUE)])
    undoing.undo(desk, who(desk, "anna"), ticket)
    assert recipients(desk, ticket) == {CLIENT}


def test_who_took_part_before_the_answer_takes_part_when_it_is_taken_back(desk: Desk) -> None:
    ticket = taken_with_copy(desk)
    say(desk, ticket, cc=[Mailaddr(COLLEAGUE)])
    undoing.undo(desk, who(desk, "anna"), ticket)
    assert recipients(desk, ticket) == {CLIENT, COLLEAGUE}


def test_a_split_is_taken_back_also_when_its_confirmation_has_left(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    letter = arrive(desk, answer_to(desk, ticket, sender=COLLEAGUE)).message_id or 0
    own = voices.split(desk, anna, letter).ticket_id
    for item in outbox.due(desk, "w", 10):
        sent = Delivery("sent", 250, "ok")
        outbox.finish(desk, item.id, dict.fromkeys(item.recipients, sent), "w")
    undoing.undo(desk, anna, ticket)
    assert seen_by_all(desk, own).status == "deleted"
    assert [one.ticket_id for one in voices.open_voices(desk, anna)] == [ticket]


def test_a_split_whose_client_has_written_since_stands(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    letter = arrive(desk, answer_to(desk, ticket, sender=COLLEAGUE)).message_id or 0
    own = voices.split(desk, anna, letter).ticket_id
    arrive(desk, answer_to(desk, own, sender=COLLEAGUE))
    with pytest.raises(Conflict, match="gone on"):
        undoing.undo(desk, anna, ticket)


def test_the_confirmation_of_a_split_that_is_taken_back_is_not_sent(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    for item in outbox.due(desk, "w", 10):
        sent = Delivery("sent", 250, "ok")
        outbox.finish(desk, item.id, dict.fromkeys(item.recipients, sent), "w")
    letter = arrive(desk, answer_to(desk, ticket, sender=COLLEAGUE)).message_id or 0
    voices.split(desk, anna, letter)
    undoing.undo(desk, anna, ticket)
    assert outbox.due(desk, "w", 10) == []


def split_ticket(desk: Desk, ticket: int) -> int:
    """The ticket that anna makes of a stranger's letter."""
    letter = arrive(desk, answer_to(desk, ticket, sender=COLLEAGUE)).message_id or 0
    return voices.split(desk, who(desk, "anna"), letter).ticket_id


def test_nor_when_a_server_that_was_away_has_put_it_off(desk: Desk) -> None:
    ticket = taken(desk)
    own = split_ticket(desk, ticket)
    for item in outbox.due(desk, "w", 10):
        outbox.retry_later(desk, item.id, "away", "w", 0)
    assert undoing.undo(desk, who(desk, "anna"), ticket).told_before == ()
    assert COLLEAGUE not in {to for item in outbox.due(desk, "w", 10) for to in item.recipients}
    assert seen_by_all(desk, own).status == "deleted"


def test_a_confirmation_that_has_left_is_said_to_have_left(desk: Desk) -> None:
    ticket = taken(desk)
    split_ticket(desk, ticket)
    for item in outbox.due(desk, "w", 10):
        sent = Delivery("sent", 250, "ok")
        outbox.finish(desk, item.id, dict.fromkeys(item.recipients, sent), "w")
    assert undoing.undo(desk, who(desk, "anna"), ticket).told_before == (COLLEAGUE,)


@pytest.mark.parametrize("back", [undoing.undo, tickets.restore])
def test_a_ticket_whose_letter_went_back_is_not_brought_back_empty(
    desk: Desk, back: Callable[..., Done]
) -> None:
    ticket = taken(desk)
    own = split_ticket(desk, ticket)
    undoing.undo(desk, who(desk, "anna"), ticket)
    before = everything(desk)
    with pytest.raises(Conflict, match=rf"{own} was made of a letter that is back on ticket {ticket}"):
        back(desk, who(desk, "anna"), own)
    assert everything(desk) == before


def test_who_has_left_the_group_takes_nothing_back_that_they_did_in_it(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    lines.follow(desk, anna, ticket)
    tickets.solve(desk, anna, ticket)
    tickets.reopen(desk, anna, ticket)
    tickets.release(desk, anna, ticket)
    agents.edit(desk, "anna", remove_groups=["north"], add_groups={"south": Role.AGENT})
    before = everything(desk)
    with pytest.raises(Forbidden):
        undoing.undo(desk, anna, ticket)
    assert everything(desk) == before


def test_who_has_left_the_group_takes_nothing_back_by_following(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    lines.follow(desk, anna, ticket)
    lines.pass_on(desk, anna, ticket, login="boris")
    agents.edit(desk, "anna", remove_groups=["north"], add_groups={"south": Role.AGENT})
    before = everything(desk)
    with pytest.raises(Forbidden):
        undoing.undo(desk, anna, ticket)
    assert everything(desk) == before


def test_who_passed_a_ticket_out_of_their_groups_takes_that_back(desk: Desk) -> None:
    anna, ticket = who(desk, "anna"), taken(desk)
    lines.pass_on(desk, anna, ticket, group_key="south")
    undoing.undo(desk, anna, ticket)
    assert seen_by_all(desk, ticket).group.key == "north"


VENDOR = '[statuses.vendor]\nname = "At the vendor"\nkind = "{kind}"\n'


@pytest.mark.parametrize(
    ("toml", "became"),
    [("", ("waiting", "waiting")), (VENDOR.format(kind="needs_reply"), ("vendor", "needs_reply"))],
)
@pytest.mark.parametrize("back", ["restore", "undo"])
def test_what_comes_back_has_a_status_as_the_configuration_knows_it_now(
    tmp_path: Path, engine: str, toml: str, became: tuple[str, str], back: str
) -> None:
    with desk_in(tmp_path / "desk", toml=VENDOR.format(kind="waiting")) as desk:
        ticket = taken(desk)
        tickets.move_to(desk, who(desk, "anna"), ticket, "vendor")
        tickets.delete(desk, who(desk, "anna"), ticket)
    with closing(Desk.open(make_settings(tmp_path / "desk", toml=toml))) as desk:
        (tickets.restore if back == "restore" else undoing.undo)(desk, who(desk, "anna"), ticket)
        ((status, kind, shown),) = rows(
            desk, "SELECT status, kind, board FROM ticket WHERE id = :t", t=ticket
        )
        assert (status, kind, shown) == (*became, became[1])
