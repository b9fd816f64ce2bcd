"""`glazok ticket`: what the screen can do, as documents and exit codes that a script can rely on."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from core.domain.letters import LetterAttachment
from core.services.desk import Desk
from tests.builders import answer_to, arrive, desk_in, mailbox_toml, opened, seen_by_all

Ticket = Callable[..., tuple[int, Any]]


@pytest.fixture
def ticket(desk: Desk, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ticket:
    """Runs `glazok ticket … --json` as Anna, or somebody else; returns the exit code and the document."""

    def run(*words: object, who: str = "anna", stdin: str = "") -> tuple[int, Any]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capfd.readouterr()
        code = main(["ticket", *map(str, words), "--json", "--as", who, "--config", str(desk.settings.path)])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, json.loads(out or err)

    return run


def test_a_ticket_is_accepted_answered_and_solved(desk: Desk, ticket: Ticket) -> None:
    number = opened(desk)
    assert [row["id"] for row in ticket("list", "--unowned")[1]] == [number]
    assert ticket("accept", number)[1]["status"] == "needs_reply"
    code, lost = ticket("accept", number, who="boris")
    assert (code, lost["code"]) == (6, 6)
    assert "Anna" in lost["error"]
    seen = ticket("show", number)[1]["last_event"]
    code, sent = ticket("reply", number, "--seen", seen, stdin="Готово.\n")
    assert (code, sent["status"]) == (0, "waiting")
    assert ticket("note", number, "--text", "Наблюдаем.")[0] == 0
    words = [item.message.body for item in seen_by_all(desk, number).timeline if item.message]
    assert words[-2:] == ["Готово.", "Наблюдаем."]
    assert ticket("solve", number)[1]["changed"] is True
    assert ticket("solve", number)[1]["changed"] is False
    assert ticket("list", "--mine")[1] == []
    assert ticket("reopen", number)[1]["status"] == "needs_reply"


def test_a_reply_over_news_is_held_and_nothing_is_sent(desk: Desk, ticket: Ticket) -> None:
    number = opened(desk)
    seen = ticket("show", number)[1]["last_event"]
    arrive(desk, answer_to(desk, number))
    before = len(seen_by_all(desk, number).timeline)
    assert ticket("reply", number, "--seen", seen, "--text", "Ответ")[0] == 6
    assert len(seen_by_all(desk, number).timeline) == before


def test_the_same_operation_id_opens_one_ticket(desk: Desk, ticket: Ticket) -> None:
    words = ("new", "--to", "eva@client.example", "--subject", "Работы", "--group", "north", "--op-id", "x1")
    first, second = (ticket(*words, stdin="Завтра работы.")[1] for _time in range(2))
    assert first["ticket_id"] == second["ticket_id"]
    assert len(ticket("list")[1]) == 1


@pytest.mark.parametrize("who", ["sonya", "nobody"])
def test_the_walls_hold_on_the_command_line(desk: Desk, ticket: Ticket, who: str) -> None:
    number = opened(desk)
    for words in (("show",), ("accept",), ("note", "--text", "x"), ("solve",), ("close",), ("release",)):
        assert ticket(*words, number, who=who)[0] == 4
    code, listed = ticket("list", "--all", who=who)
    assert (code, listed) == (0, []) if who == "sonya" else code == 4


@pytest.mark.parametrize("words", [("--after", 10**30), ("--limit", 10**30), ("--after", -(10**30))])
def test_numbers_beyond_all_tickets_are_only_numbers(
    desk: Desk, ticket: Ticket, words: tuple[object, ...]
) -> None:
    number = opened(desk)
    code, listed = ticket("list", *words)
    assert (code, [row["id"] for row in listed]) == (0, [] if words == ("--after", 10**30) else [number])


def test_a_list_of_an_unknown_group_is_an_error_and_no_half_document(desk: Desk, ticket: Ticket) -> None:
    code, told = ticket("list", "--group", "nowhere")
    assert (code, told["code"]) == (4, 4)


def test_an_empty_answer_is_refused(desk: Desk, ticket: Ticket) -> None:
    number = opened(desk)
    assert ticket("reply", number, "--seen", 10**6, stdin=" \n")[0] == 8


def test_a_ticket_as_text_says_whom_and_what_nobody_has_checked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mailbox = mailbox_toml().replace("confirm = true", 'confirm = true\nauthserv_id = "mx.desk.example"')
    with desk_in(tmp_path / "asking", mailbox=mailbox) as desk:
        verdict = (("Authentication-Results", "mx.desk.example; dmarc=fail"),)
        invite = LetterAttachment("invite.ics", "text/calendar", 3, "ab" * 32, False, b"ics")
        number = opened(desk, headers=verdict, attachments=(invite,))
        main(["ticket", "show", str(number), "--as", "anna", "--config", str(desk.settings.path)])
    out = capfd.readouterr().out
    assert "(the sender's address is not proved)\n" in out
    assert "attached: invite.ics (3 bytes), not verified\n" in out


def test_tags_are_given_taken_shown_and_found(desk: Desk, ticket: Ticket) -> None:
    number, other = opened(desk), opened(desk, sender="b@x.example")
    code, done = ticket("tag", number, "--add", "Billing", "--add", "оплата", "--op-id", "x")
    assert (code, done["tags"], done["changed"]) == (0, ["billing", "оплата"], True)
    assert ticket("tag", number, "--remove", "billing", "--add", "vip")[1]["tags"] == ["vip", "оплата"]
    assert ticket("show", number)[1]["tags"] == ["vip", "оплата"]
    assert {row["id"]: row["tags"] for row in ticket("list")[1]} == {number: ["vip", "оплата"], other: []}
    assert [row["id"] for row in ticket("list", "--tag", "VIP", "--tag", "оплата")[1]] == [number]
    assert ticket("undo", number)[0] == 0
    assert ticket("show", number)[1]["tags"] == ["billing", "оплата"]
    words = ("new", "--to", "eva@client.example", "--subject", "Работы", "--group", "north", "--tag", "works")
    sent = ticket(*words, stdin="Завтра работы.")[1]
    assert ticket("show", sent["ticket_id"])[1]["tags"] == ["works"]


@pytest.mark.parametrize(
    "words", [("--add", "two words"), ("--remove", "-x"), (), ("--add", "a", "--remove", "A")]
)
def test_what_is_no_tag_is_refused_in_a_sentence(desk: Desk, ticket: Ticket, words: tuple[str, ...]) -> None:
    code, document = ticket("tag", opened(desk), *words)
    assert (code, document["code"]) == (8, 8)


def test_tags_stand_in_the_text_of_a_ticket_and_of_a_list(
    desk: Desk, ticket: Ticket, capfd: pytest.CaptureFixture[str]
) -> None:
    number = opened(desk)
    ticket("tag", number, "--add", "billing", "--add", "vip")
    for words in (("show", str(number)), ("list",)):
        assert main(["ticket", *words, "--as", "anna", "--config", str(desk.settings.path)]) == 0
        assert "billing, vip" in capfd.readouterr().out
