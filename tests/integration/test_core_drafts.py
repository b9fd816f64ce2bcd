"""Drafts, and the tickets that agents open."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.domain.letters import Mailaddr
from core.domain.permissions import Role
from core.errors import BadInput, Forbidden, NotFound, SendGuardHeld
from core.services import agents, drafts, opening, replies
from core.services.desk import Desk
from tests.builders import CLIENT, agent, answer_to, arrive, desk_in, opened, rows, seen_by_all, who
from tests.integration.answers import say, written

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
