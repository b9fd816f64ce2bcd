"""A stranger writes on a ticket: who is asked to decide, and what the decision makes of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from core.domain.letters import Letter, LetterKind
from core.services import (
    agents,
    notices,
    tickets,
    undoing,
    voices,
)
from core.services.desk import Desk
from core.settings import read
from tests.builders import (
    answer_to,
    arrive,
    change,
    letter,
    make_desk,
    opened,
    rows,
    seen_by_all,
    who,
)
from tests.integration.lives import STRANGER, say, taken, told, where


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


def test_who_decides_about_a_voice_on_a_closed_ticket_is_the_group_once_the_owner_has_left(
    desk: Desk,
) -> None:
    ticket = taken(desk)
    tickets.close(desk, who(desk, "anna"), ticket)
    message = arrive(desk, answer_to(desk, ticket, sender=STRANGER)).message_id or 0
    notices.acknowledge(desk, who(desk, "anna"), notices.mine(desk, who(desk, "anna"))[0].id)
    decided = taken(desk, sender="b@x.example")
    tickets.close(desk, who(desk, "anna"), decided)
    voices.keep(
        desk, who(desk, "anna"), arrive(desk, answer_to(desk, decided, sender=STRANGER)).message_id or 0
    )
    agents.edit(desk, "anna", active=False)
    assert told(desk, "boris", ticket) == ["new_voice"]
    assert told(desk, "boris", decided) == []
    assert where(desk, ticket) == ("closed", "north", "anna"), "who closed it is still said"
    voices.keep(desk, who(desk, "boris"), message)
    assert told(desk, "boris", ticket) == []


# The client's company

COLLEAGUE = "olga@client.example"


def of_companies(desk: Desk, public: str = "") -> None:
    """Let companies speak for their people on the tickets of the first region."""
    text = (desk.settings.path.read_text("utf-8")).replace(
        "[groups.north]\n", "[groups.north]\nsame_company = true\n"
    )
    text = text.replace("[desk]\n", f"[desk]\npublic_domains = [{public}]\n")
    desk.settings = read(text, desk.settings.path)


def test_with_the_setting_a_colleague_of_the_client_speaks_for_them_and_takes_part(desk: Desk) -> None:
    of_companies(desk)
    ticket = taken(desk)
    say(desk, "anna", ticket)
    message = arrive(desk, answer_to(desk, ticket, sender=COLLEAGUE)).message_id
    assert where(desk, ticket)[0] == "needs_reply"
    view = seen_by_all(desk, ticket)
    assert not next(
        item.message for item in view.timeline if item.message and item.message.id == message
    ).private
    assert COLLEAGUE in {one.address for one in view.to}


@pytest.mark.parametrize(
    ("setting", "public", "sender"),
    [(False, "", COLLEAGUE), (True, '"Client.example"', COLLEAGUE), (True, "", STRANGER)],
    ids=["without the setting", "a provider's domain", "another company"],
)
def test_who_speaks_for_no_company_is_a_new_voice(
    desk: Desk, setting: bool, public: str, sender: str
) -> None:
    if setting:
        of_companies(desk, public)
    ticket = taken(desk)
    say(desk, "anna", ticket)
    arrive(desk, answer_to(desk, ticket, sender=sender))
    assert where(desk, ticket)[0] == "waiting"
    assert sender not in {one.address for one in seen_by_all(desk, ticket).to}
