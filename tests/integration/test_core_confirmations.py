"""What a client is told of a new ticket, and who is told nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.domain.letters import LetterKind, Mailaddr
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
)
from tests.integration.answers import last_message


def confirmed(desk: Desk) -> list[str]:
    """To whom confirmations were queued."""
    found = rows(
        desk,
        "SELECT r.email FROM outbox_recipient r JOIN outbox o ON o.id = r.outbox_id "
        "JOIN message m ON m.id = o.message_id WHERE m.kind = 'confirmation' ORDER BY o.id",
    )
    return [row[0] for row in found]


def test_the_client_of_a_new_ticket_is_told_its_number_in_their_language(desk: Desk) -> None:
    ticket = opened(desk, subject="Re: Не вхожу")
    message = last_message(seen_by_all(desk, ticket))
    assert (message.kind, message.delivery) == ("confirmation", "queued")
    assert message.subject == f"Re: Не вхожу [GLZ-{ticket}]"
    assert f"GLZ-{ticket}" in message.body
    assert confirmed(desk) == [CLIENT]
    assert seen_by_all(desk, ticket).status == "new"
    arrive(desk, answer_to(desk, ticket))
    assert confirmed(desk) == [CLIENT], "only for a new ticket"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": LetterKind.AUTOMATIC},
        {"kind": LetterKind.BOUNCE, "sender": "mailer-daemon@client.example"},
        {"loop": True},
        {"sender": SUPPORT},
        {"sender": "Support+t1.abc@desk.example"},
        {"sender": ""},
        {"sender": "no address"},
        {"sender": "a@b.example\nBcc: c@d.example"},
    ],
)
def test_no_confirmation_goes_to_machines_to_ourselves_or_to_nowhere(
    desk: Desk, fields: dict[str, Any]
) -> None:
    taken = arrive(desk, letter(**fields))
    assert taken.outcome == "opened"
    assert confirmed(desk) == []


def test_a_mailbox_can_do_without_confirmations(tmp_path: Path) -> None:
    with desk_in(tmp_path / "desk", mailbox=mailbox_toml(confirm=False)) as desk:
        opened(desk)
        assert confirmed(desk) == []


def test_confirmations_to_one_address_stop_whatever_the_headers_say(desk: Desk) -> None:
    for _ in range(12):
        opened(desk)
    opened(desk, sender="maria@client.example")
    assert confirmed(desk) == [CLIENT] * 10 + ["maria@client.example"]
    assert rows(desk, "SELECT count(*) FROM ticket") == [(13,)], "every letter is kept all the same"


def test_the_desk_is_silent_where_its_own_letters_come_back_as_new_ones(desk: Desk) -> None:
    before = arrive(desk, letter(sender=SUPPORT, reply_to=(Mailaddr(CLIENT),)))
    assert before.outcome == "opened"
    assert confirmed(desk) == []
