"""Whom a notice concerns, when it is withdrawn, and whom a note mentions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.notices import RETURNS, UNTIL_SEEN, WHILE_OWNED, NoticeKind, concerns, still_holds
from core.domain.permissions import Role, Viewer
from core.domain.tickets import Status
from core.services.mentions import named_in
from core.services.words import SENTENCES

AGENT = Viewer(1, groups={10: Role.AGENT})
HEAD = Viewer(2, groups={10: Role.SUPERVISOR, 11: Role.AGENT})
ADMIN = Viewer(3, admin=True)


@pytest.mark.parametrize(
    ("audience", "agent_id", "group_id", "for_agent", "for_head", "for_admin"),
    [
        ("agent", 1, None, True, False, False),
        ("agent", 2, 10, False, True, False),
        ("group", None, 10, True, True, False),
        ("group", None, 11, False, True, False),
        ("supervisors", None, 10, False, True, False),
        ("supervisors", None, 11, False, False, False),
        ("supervisors", None, None, False, False, False),
    ],
)
def test_a_notice_is_for_its_audience_alone(
    audience: str,
    agent_id: int | None,
    group_id: int | None,
    for_agent: bool,
    for_head: bool,
    for_admin: bool,
) -> None:
    found = [concerns(one, audience, agent_id, group_id) for one in (AGENT, HEAD, ADMIN)]
    assert found == [for_agent, for_head, for_admin]


@pytest.mark.parametrize("kind", ["new_ticket", "unaccepted"])
def test_what_waits_for_a_taker_is_withdrawn_when_somebody_took_it_or_another_group_has_it(kind: str) -> None:
    assert still_holds(kind, 7, Status.NEW, 7, ())
    assert not still_holds(kind, 7, Status.NEW, 8, ())
    for status in set(Status) - {Status.NEW}:
        assert not still_holds(kind, 7, status, 7, ())


@pytest.mark.parametrize("kind", ["in_work_owner", "in_work_head"])
def test_what_is_long_in_work_is_withdrawn_when_it_leaves_work(kind: str) -> None:
    assert still_holds(kind, 7, Status.NEEDS_REPLY, 7, ())
    assert not still_holds(kind, 7, Status.NEEDS_REPLY, 9, ())
    assert not still_holds(kind, 7, Status.WAITING, 7, ())


@pytest.mark.parametrize("kind", ["asked", "ask_waiting"])
def test_what_is_asked_is_withdrawn_with_the_answer_or_the_ticket(kind: str) -> None:
    assert still_holds(kind, 7, Status.NEEDS_REPLY, 1, [5, 7])
    assert not still_holds(kind, 7, Status.NEEDS_REPLY, 1, [5])
    assert not still_holds(kind, 7, Status.CLOSED, 1, [7])


@pytest.mark.parametrize("kind", sorted(WHILE_OWNED))
def test_what_is_said_to_the_owner_goes_with_the_ticket(kind: str) -> None:
    assert still_holds(kind, 7, Status.NEEDS_REPLY, 7, (), has_it=True)
    assert not still_holds(kind, 7, Status.NEEDS_REPLY, 7, (), has_it=False)


@pytest.mark.parametrize("kind", sorted(UNTIL_SEEN))
def test_what_scenarios_say_stands_while_the_ticket_is_anywhere_but_in_the_trash(kind: str) -> None:
    for status in Status:
        assert still_holds(kind, 7, status, 9, (), has_it=False) is (status is not Status.DELETED)


def test_a_clients_word_on_what_is_solved_waits_for_an_answer_or_for_its_being_opened_again() -> None:
    for status in Status:
        assert still_holds("client_wrote", 7, status, 5, ()) is (status is Status.SOLVED)
    assert not still_holds("client_wrote", 7, Status.SOLVED, 5, (), answered=True)
    assert not still_holds("client_wrote", 7, Status.SOLVED, 9, ()), "solved again since"


@given(
    kind=st.sampled_from(sorted(set(NoticeKind) - RETURNS - WHILE_OWNED)),
    status=st.sampled_from(sorted(Status)),
    cause=st.integers(),
    entered=st.integers(),
)
def test_everything_else_stands_until_the_ticket_is_over(
    kind: str, status: Status, cause: int, entered: int
) -> None:
    over = status in (Status.CLOSED, Status.DELETED)
    assert still_holds(kind, cause, status, entered, (), has_it=False) is not over


def test_every_kind_has_its_words() -> None:
    assert {key.partition(".")[0] for key in SENTENCES} == set(NoticeKind) - {NoticeKind.OWN}


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@anna", ["anna"]),
        ("@Anna, @boris.k: гляньте, @anna!", ["anna", "boris.k"]),
        ("(@anna)", ["anna"]),
        ("@anna.", ["anna"]),
        ("ivan@client.example", []),
        ("ivan+x@client.example", []),
        ("@anna@example.com", []),
        ("@@anna", []),
        ("почта@anna", []),
        ("@", []),
        ("@" + "a" * 500, []),
        ("", []),
    ],
)
def test_a_mention_is_a_login_and_no_address(text: str, logins: list[str]) -> None:
    assert named_in(text) == logins
