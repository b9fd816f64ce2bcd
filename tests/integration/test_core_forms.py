"""A form letter opens the client's ticket: answered to the client, routed by what they gave, and to be trusted with
nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.letters import Letter, LetterKind, Mailaddr
from core.services import replies
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.models.ticket import TicketView
from tests.builders import (
    CLIENT,
    SUPPORT,
    answer_to,
    arrive,
    desk_in,
    last_of,
    letter,
    mailbox_toml,
    opened,
    rows,
    seen_by_all,
    who,
)

NOREPLY = "noreply@site.example"
FORMS = """
[[rules]]
name = "the site"
form = "site"
group = "south"
[[forms]]
name = "site"
sender = "noreply@site.example"
subject = "заявка"
[forms.fields]
email = "E-mail"
name = "Имя"
region = "Регион"
subject = "Тема"
text = "Сообщение"
"""
TEXT = "Имя: Пётр Сидоров\nE-mail: {email}\nРегион: {region}\nТема: Не грузится\nСообщение: Белый экран.\n\nЧто делать?"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, toml=FORMS) as found:
        yield found


def form_letter(email: str = "petr@client.example", region: str = "Сибирь", **fields: object) -> Letter:
    text = TEXT.format(email=email, region=region)
    base = {
        "sender": NOREPLY, "name": "Site", "subject": "Новая заявка", "kind": LetterKind.AUTOMATIC,
        "reply_to": (Mailaddr("robot@site.example"),),
    }  # fmt: skip
    return letter(text, **{**base, **fields})  # type: ignore[arg-type]


def ticket_of(desk: Desk, taken: Taken) -> TicketView:
    assert taken.outcome == "opened"
    assert taken.ticket_id is not None
    return seen_by_all(desk, taken.ticket_id)


def test_a_form_letter_opens_the_clients_ticket_and_remembers_the_region(site: Desk) -> None:
    view = ticket_of(site, arrive(site, form_letter()))
    assert (view.client.name, view.client.addresses) == ("Пётр Сидоров", ("petr@client.example",))
    assert (view.client.region, view.region, view.group.key) == ("siberia", "siberia", "north")
    assert (view.subject, view.rule, view.why) == ("Не грузится", "siberia", "form=site, region=siberia")
    first = next(item.message for item in view.timeline if item.message)
    assert first.body == "Белый экран.\n\nЧто делать?"
    assert "Site <noreply@site.example>" in first.quote
    assert "robot@site.example" in first.quote
    later = ticket_of(site, arrive(site, letter("Ещё вопрос", sender="petr@client.example")))
    assert later.group.key == "north"


def test_answer_and_confirmation_go_to_the_client_and_to_nobody_else(site: Desk) -> None:
    view = ticket_of(site, arrive(site, form_letter(cc=("boss@site.example",))))
    confirmation = next(
        item.message for item in view.timeline if item.message and item.message.kind == "confirmation"
    )
    assert [one.address for one in confirmation.recipients] == ["petr@client.example"]
    replies.reply(site, who(site, "anna"), view.id, "Обновите страницу", last_of(site, view.id))
    sent = [item.message for item in seen_by_all(site, view.id).timeline if item.message][-1]
    assert [(one.header, one.address) for one in sent.recipients] == [("to", "petr@client.example")]
    joined = arrive(site, answer_to(site, view.id, "Помогло", sender="petr@client.example"))
    assert (joined.outcome, joined.ticket_id) == ("joined", view.id)


def test_a_rule_may_ask_for_the_form(site: Desk) -> None:
    view = ticket_of(site, arrive(site, form_letter(region="")))
    assert (view.group.key, view.rule, view.why) == ("south", "the site", "form=site")


def test_an_address_in_a_form_opens_no_door_to_another_ticket(site: Desk) -> None:
    theirs = opened(site, sender=CLIENT)
    answers = answer_to(site, theirs).in_reply_to
    one = form_letter(CLIENT, subject=f"Новая заявка [GLZ-{theirs}]", in_reply_to=answers)
    view = ticket_of(site, arrive(site, one))
    assert view.id != theirs
    assert view.previous_id == theirs


def test_only_the_forms_sender_speaks_for_others(site: Desk) -> None:
    forged = ticket_of(site, arrive(site, form_letter(sender="noreply@evil.example", kind=LetterKind.LETTER)))
    assert forged.client.addresses == ("noreply@evil.example",)
    assert forged.why == "region=siberia"


@pytest.mark.parametrize("kind", [LetterKind.AUTOMATIC, LetterKind.LETTER])
@pytest.mark.parametrize(
    ("email", "reason"),
    [("не скажу", "no e-mail address was found"), (SUPPORT, "the e-mail address in it is one of our own"),
     ("support+1@desk.example", "the e-mail address in it is one of our own")],
)  # fmt: skip
def test_a_form_without_a_client_is_filed_as_it_came_and_says_what_was_missing(
    site: Desk, email: str, reason: str, kind: LetterKind
) -> None:
    view = ticket_of(site, arrive(site, form_letter(email, kind=kind)))
    assert view.client.addresses == (NOREPLY,)
    assert view.why == f"form=site: {reason}, region=siberia"
    first = next(item for item in view.timeline if item.message)
    assert first.message is not None
    assert first.message.body.startswith("Имя: Пётр Сидоров")
    assert first.event.data["form"] == "site"
    assert first.event.data["trouble"] in ("email", "ours")
    assert not rows(site, "SELECT id FROM message WHERE kind = 'confirmation'")


def test_a_forged_site_speaks_for_nobody(tmp_path: Path) -> None:
    box = mailbox_toml().replace('name = "Support"', 'name = "Support"\nauthserv_id = "mx.desk.example"', 1)
    with desk_in(tmp_path, toml=FORMS, mailbox=box) as desk:
        for verdict, client in (("fail", NOREPLY), ("pass", "petr@client.example")):
            headers = (("Authentication-Results", f"mx.desk.example; dmarc={verdict}"),)
            view = ticket_of(desk, arrive(desk, form_letter(headers=headers)))
            assert view.client.addresses == (client,)
            assert ("DMARC" in view.why) == (verdict == "fail")


def test_a_field_that_is_not_found_stands_in_the_event(site: Desk) -> None:
    view = ticket_of(site, arrive(site, form_letter(region="")))
    assert view.timeline[0].event.data["missing"] == ["region"]


def test_a_flood_of_forms_in_one_name_is_confirmed_within_the_limits_only(site: Desk) -> None:
    for _ in range(15):
        assert arrive(site, form_letter()).outcome == "opened"
    assert len(rows(site, "SELECT id FROM message WHERE kind = 'confirmation'")) == 10


def test_a_site_may_write_from_our_own_mailbox(tmp_path: Path) -> None:
    toml = FORMS.replace("noreply@site.example", SUPPORT)
    with desk_in(tmp_path, toml=toml, mailbox=mailbox_toml()) as desk:
        view = ticket_of(desk, arrive(desk, form_letter(sender=SUPPORT)))
        assert view.client.addresses == ("petr@client.example",)
        ours = ticket_of(desk, arrive(desk, form_letter(sender=SUPPORT, loop=True)))
        assert ours.client.addresses == ()
