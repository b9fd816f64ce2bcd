"""Letters to what is solved, closed or deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.domain.letters import LetterKind
from core.services import agents, tickets
from core.services.desk import Desk
from tests.builders import agent, answer_to, arrive, change, closed_at, letter, opened, seen_by_all, who
from tests.integration.answers import answered, last_message


def test_a_solved_ticket_comes_back_to_its_owner(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket, solve=True)
    arrive(desk, answer_to(desk, ticket))
    view = seen_by_all(desk, ticket)
    assert (view.status, view.owner, view.solved_at) == ("needs_reply", agent(desk, "anna"), None)


@pytest.mark.parametrize("leaves", [False, True])
def test_a_ticket_closed_within_the_week_comes_back_to_its_owner_or_to_new(desk: Desk, leaves: bool) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    tickets.close(desk, who(desk, "anna"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=6, hours=23))
    if leaves:
        agents.edit(desk, "anna", active=False)
    taken = arrive(desk, answer_to(desk, ticket))
    view = seen_by_all(desk, ticket)
    assert taken.ticket_id == ticket
    if leaves:
        assert (view.status, view.board, view.owner) == ("new", "new", None)
    else:
        assert (view.status, view.board, view.owner) == ("needs_reply", "needs_reply", agent(desk, "anna"))
    assert view.closed_at is None
    assert (view.timeline[-1].event.data["from"], view.timeline[-1].event.data["to"]) == (
        "closed", view.status,
    )  # fmt: skip


def test_a_ticket_closed_longer_ago_is_followed_by_a_linked_new_one(desk: Desk) -> None:
    ticket, later = opened(desk), opened(desk)
    tickets.close(desk, who(desk, "anna"), ticket)
    closed_at(desk, ticket, clock.now() - timedelta(days=7, minutes=1))
    taken = arrive(desk, answer_to(desk, ticket))
    assert taken.outcome == "opened"
    assert taken.ticket_id not in (None, ticket, later)
    assert seen_by_all(desk, taken.ticket_id or 0).previous_id == ticket, "the one it answers, not the latest"
    assert seen_by_all(desk, ticket).status == "closed"


def test_a_bounce_does_not_lengthen_the_week_of_a_closed_ticket(desk: Desk) -> None:
    ticket = opened(desk)
    answered(desk, ticket)
    ours = last_message(seen_by_all(desk, ticket))
    tickets.close(desk, who(desk, "anna"), ticket)
    closed = clock.now() - timedelta(days=6)
    closed_at(desk, ticket, closed)
    bounce = letter(sender="mailer-daemon@x.example", kind=LetterKind.BOUNCE, returned_message_id=ours.rfc_id)
    assert arrive(desk, bounce).outcome == "bounce"
    assert seen_by_all(desk, ticket).closed_at == closed


def test_after_a_ticket_is_deleted_the_next_letter_starts_a_new_one(desk: Desk) -> None:
    ticket = opened(desk)
    answer = answer_to(desk, ticket)
    change(desk, ticket, status="deleted", kind="deleted", board=None)
    taken = arrive(desk, answer)
    assert taken.outcome == "opened"
    assert seen_by_all(desk, ticket).status == "deleted"
