"""`forms test` and `mail explain` say for one file what the desk would do, in sentences and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.services.desk import Desk
from tests.builders import desk_in, everything, opened, rows
from tests.integration.test_core_forms import FORMS

FORM = """From: Site <noreply@site.example>
To: support+x@desk.example
Subject: =?utf-8?B?0J3QvtCy0LDRjyDQt9Cw0Y/QstC60LA=?=
Message-ID: <f1@site.example>
Auto-Submitted: auto-generated
Content-Type: text/html; charset=utf-8

<table><tr><td>Имя:</td><td>Пётр&nbsp;Сидоров</td></tr><tr><td>E-mail</td>
<td><a href="mailto:petr@client.example">petr@client.example</a></td></tr>
<tr><td>Регион</td><td>Сибирь</td></tr><tr><td>Сообщение</td><td>Белый экран.<p>\x1b[2JЧто делать?</p></td></tr></table>
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, toml=FORMS) as found:
        (tmp_path / "form.eml").write_text(FORM, "utf-8")
        yield found


def run(folder: Path, *arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GLAZOK_DESK_LANGUAGE": language, "LC_ALL": "C.UTF-8"}
    environment["GLAZOK_CONFIG"] = str(folder / "config.toml")
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(
        command, capture_output=True, env=environment, check=False, timeout=60, encoding="utf-8", cwd=folder
    )


def test_a_form_is_tried_without_a_database(tmp_path: Path, site: Desk) -> None:
    (tmp_path / "glazok.db").unlink(missing_ok=True)
    done = run(tmp_path, "forms", "test", "--json", "form.eml")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["mailbox"] == "support"
    assert answer["form"]["answer_to"] == "petr@client.example"
    assert answer["form"]["region"] == "siberia"
    assert answer["form"]["fields"]["name"] == "Пётр Сидоров"
    assert answer["form"]["fields"]["subject"] is None
    told = run(tmp_path, "forms", "test", "form.eml")
    assert "not found" in told.stdout
    assert "The answer goes to: Пётр Сидоров <petr@client.example>" in told.stdout
    assert "\x1b" not in told.stdout
    russian = run(tmp_path, "forms", "test", "form.eml", language="ru")
    assert "Ответ уйдёт: Пётр Сидоров <petr@client.example>" in russian.stdout


def test_what_is_no_form_or_has_no_client_fails_with_what_to_do(tmp_path: Path, site: Desk) -> None:
    (tmp_path / "other.eml").write_text(FORM.replace("noreply@site", "other@site"), "utf-8")
    (tmp_path / "nobody.eml").write_text(FORM.replace("@client", " at client"), "utf-8")
    other, nobody = (run(tmp_path, "forms", "test", name) for name in ("other.eml", "nobody.eml"))
    assert (other.returncode, nobody.returncode) == (8, 8)
    assert "other@site.example" in other.stderr
    assert "no e-mail address was found" in nobody.stderr
    assert "sender=noreply@site.example" in other.stdout


def test_a_letter_is_explained_and_nothing_changes(tmp_path: Path, site: Desk) -> None:
    ticket = opened(site, sender="petr@client.example", region="")
    before = everything(site)
    told = run(tmp_path, "mail", "explain", "form.eml")
    assert told.returncode == 0, told.stderr
    for words in (
        "automatic mail", "opens a ticket", "form site: holds (sender=noreply@site.example, subject=заявка)",
        "rule siberia: holds (region=siberia)", "North", f"GLZ-{ticket}", "is sent to the client",
    ):  # fmt: skip
        assert words in told.stdout
    answer = json.loads(run(tmp_path, "mail", "explain", "--json", "form.eml").stdout)
    assert (answer["outcome"], answer["rule"], answer["previous"]) == ("opened", "siberia", ticket)
    assert answer["confirmation"] == {"sent": True, "withheld": None}
    assert "открывает обращение" in run(tmp_path, "mail", "explain", "form.eml", language="ru").stdout
    assert everything(site) == before


def test_explaining_says_which_ticket_a_letter_answers(tmp_path: Path, site: Desk) -> None:
    ticket = opened(site, sender="petr@client.example")
    ((ours,),) = rows(site, "SELECT rfc_id FROM message WHERE kind = 'confirmation'")
    answer = f"From: petr@client.example\nIn-Reply-To: {ours}\nSubject: Re: x\n\nУже работает\n"
    (tmp_path / "answer.eml").write_text(answer, "utf-8")
    found = json.loads(run(tmp_path, "mail", "explain", "--json", "answer.eml").stdout)
    assert (found["outcome"], found["ticket_id"], found["by"], found["evidence"]) == (
        "joined",
        ticket,
        "own-id",
        ours,
    )
    assert found["rules_tried"] == []
    stranger = run(tmp_path, "mail", "explain", "answer.eml", "--mailbox", "sales")
    assert stranger.returncode == 4
    assert "sales" in stranger.stderr


def test_explaining_names_the_tags_of_the_rule(tmp_path: Path) -> None:
    toml = '[[rules]]\nname = "money"\nsubject = "счёт"\ngroup = "north"\ntags = ["Billing", "оплата"]\n'
    with desk_in(tmp_path, toml=toml):
        (tmp_path / "one.eml").write_text("From: a@x.example\nSubject: счёт\n\nГде он?\n", "utf-8")
        assert "Tags: billing, оплата" in run(tmp_path, "mail", "explain", "one.eml").stdout
        assert json.loads(run(tmp_path, "mail", "explain", "--json", "one.eml").stdout)["tags"] == [
            "billing",
            "оплата",
        ]
