"""What is explained of a letter is what intake then does with it, and explaining changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.domain.letters import Letter, LetterKind
from core.errors import Forbidden
from core.services import explaining, intake, replies, tickets
from core.services.access import OPERATOR
from core.services.desk import Desk
from core.services.explaining import Explanation
from core.services.intake import Taken
from tests.builders import (
    CLIENT,
    SUPPORT,
    answer_to,
    arrive,
    closed_at,
    desk_in,
    everything,
    last_of,
    letter,
    opened,
    rows,
    seen_by_all,
    who,
)
from tests.conversations.world import TOML, World
from tests.integration.test_core_forms import FORMS, form_letter


def explain(desk: Desk, one: Letter, mailbox: str = "support") -> Explanation:
    return explaining.explain(desk, OPERATOR, one, mailbox)


def confirmations(desk: Desk) -> int:
    return len(rows(desk, "SELECT id FROM message WHERE kind = 'confirmation'"))


def test_generated_conversations_go_as_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take, seen = intake.take, Counter[str]()

    def one_by_one(desk: Desk, pairs: Sequence[tuple[int, Letter]]) -> list[Taken]:
        done = []
        for ledger_id, one in pairs:
            ((state, mailbox),) = rows(
                desk, "SELECT state, mailbox FROM mail_ledger WHERE id = :id", id=ledger_id
            )
            before = everything(desk) if seen.total() % 5 == 0 else None
            told, confirmed = explain(desk, one, mailbox), confirmations(desk)
            assert before is None or everything(desk) == before
            (taken,) = take(desk, [(ledger_id, one)])
            done.append(taken)
            if state != "stored" or taken.outcome == "repeated":
                continue
            seen[taken.outcome] += 1
            assert told.outcome == taken.outcome
            assert taken.ticket_id is not None
            assert told.ticket_id == (None if taken.outcome == "opened" else taken.ticket_id)
            assert confirmations(desk) - confirmed == (told.confirmation == "")
            if taken.outcome not in ("own-copy", "duplicate"):
                ((status, rule),) = rows(
                    desk, "SELECT status, rule FROM ticket WHERE id = :id", id=taken.ticket_id
                )
                assert told.status[1] == status
                if told.opening is not None:
                    assert told.opening.routed.rule == rule
                    assert told.previous_id == seen_by_all(desk, taken.ticket_id).previous_id
        return done

    monkeypatch.setattr(intake, "take", one_by_one)
    with desk_in(tmp_path, toml=TOML) as desk:
        World(desk, 77).play(60)
    assert {"opened", "joined", "duplicate"} <= set(seen)


def test_every_rule_that_was_tried_is_told_with_the_condition_that_failed(desk: Desk) -> None:
    told = explain(desk, letter("Нет входа", region="Caucasus"))
    assert [(one.name, one.holds, one.failed) for one in told.rules] == [
        ("siberia", False, "region=siberia"),
        ("caucasus", True, ""),
    ]
    assert told.opening is not None
    assert (told.opening.routed.group, told.outcome, told.status, told.ball) == (
        "south", "opened", ("", "new"), ("", "ours"),
    )  # fmt: skip


def test_an_answer_is_found_by_what_names_its_ticket_and_moves_the_ball(desk: Desk) -> None:
    ticket = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Проверьте", last_of(desk, ticket))
    one = answer_to(desk, ticket)
    told = explain(desk, one)
    assert (told.ticket_id, told.by, told.evidence) == (ticket, "own-id", one.in_reply_to[0])
    assert (told.status, told.ball, told.voice) == (("waiting", "needs_reply"), ("client", "ours"), "client")
    assert told.confirmation == "joined"
    stranger = explain(desk, answer_to(desk, ticket, sender="stranger@other.example"))
    assert stranger.voice == "stranger"
    agents = explain(desk, answer_to(desk, ticket, sender="boris@desk.example"))
    assert (agents.voice, agents.status) == ("agent", ("waiting", "waiting"))


def test_a_ticket_closed_too_long_ago_is_named_with_the_reason(desk: Desk) -> None:
    ticket = opened(desk)
    replies.reply(desk, who(desk, "anna"), ticket, "Готово", last_of(desk, ticket), solve=True)
    tickets.close(desk, who(desk, "anna"), ticket)
    one = answer_to(desk, ticket)
    assert explain(desk, one).status == ("closed", "needs_reply")
    closed_at(desk, ticket, seen_by_all(desk, ticket).created_at.replace(year=2020))
    told = explain(desk, one)
    assert (told.outcome, told.answered_id, told.answered_status, told.previous_id) == (
        "opened", ticket, "closed", ticket,
    )  # fmt: skip


def test_a_number_in_a_strangers_subject_counts_for_nothing_and_is_told(desk: Desk) -> None:
    ticket = opened(desk)
    told = explain(desk, letter(sender="stranger@other.example", subject=f"[GLZ-{ticket}] Hello"))
    assert (told.outcome, told.foreign_tags) == ("opened", (ticket,))


def test_a_form_letter_is_explained_with_the_form_and_the_client(tmp_path: Path) -> None:
    with desk_in(tmp_path, toml=FORMS) as desk:
        told = explain(desk, form_letter(region=""))
        assert told.form is not None
        assert told.form.missing == ("region",)
        assert told.letter.from_addr == "petr@client.example"
        assert [one.name for one in told.forms if one.holds] == ["site"]
        assert told.opening is not None
        assert told.opening.routed.rule == "the site"
        assert arrive(desk, form_letter(region="")).outcome == told.outcome


def test_nobody_is_named_as_the_client_of_a_letter_that_is_filed_without_one(desk: Desk) -> None:
    report = letter(sender="mailer-daemon@other.example", kind=LetterKind.BOUNCE)
    own = letter(sender=SUPPORT)
    assert [explain(desk, one).client for one in (letter(), report, own)] == [CLIENT, "", ""]
    assert [explain(desk, one).confirmation for one in (letter(), report, own)] == ["", "automatic", "own"]
    for one in (report, own):
        assert seen_by_all(desk, arrive(desk, one).ticket_id or 0).client.addresses == ()


def test_a_form_that_cannot_be_read_is_explained_as_unconfirmed(tmp_path: Path) -> None:
    with desk_in(tmp_path, toml=FORMS) as desk:
        assert explain(desk, form_letter("no address", kind=LetterKind.LETTER)).confirmation == "form"


def test_letters_are_explained_to_admins_and_operators_only(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        explaining.explain(desk, who(desk, "anna"), letter(), "support")
    assert explaining.explain(desk, who(desk, "root"), letter(), "support").outcome == "opened"
