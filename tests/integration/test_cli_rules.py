"""`rules check` finds what a valid configuration does wrong, `rules replay` shows what other rules would move."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.services import agents
from core.services.desk import Desk
from core.settings import load
from mailbridge.archives import letters_in
from mailbridge.letter import read
from tests.builders import CONFIG, SECRET, change, desk_in, everything, mailbox_toml, make_settings
from tests.integration.test_cli_forms import run

RAW = """From: {sender}
To: support@desk.example
Subject: {subject}
Message-ID: <{number}@client.example>
Date: Wed, 12 Mar 2025 14:30:00 +0300
{more}
{text}
"""

CHANGED = """
[[rules]]
name = "north goes south"
region = "siberia"
group = "south"
[[rules]]
name = "caucasus"
region = "caucasus"
group = "south"
[[rules]]
name = "invoices"
subject = "счёт"
group = "north"
"""


def raw(
    number: int, text: str = "Нет входа", subject: str = "Login", more: str = "", sender: str = ""
) -> str:
    return RAW.format(
        number=number,
        text=text,
        subject=subject,
        more=more and f"{more}\n",
        sender=sender or f"c{number}@client.example",
    )


LETTERS = [
    raw(1, "Регион: Сибирь\n\nFrom here it does not work"),
    raw(2, "Region: Caucasus"),
    raw(3, "Прошу счёт", "=?utf-8?B?0KHRh9GR0YIg0LfQsCDQvNCw0YDRgg==?="),
    raw(4, "Region: Siberia", more="In-Reply-To: <0@other.example>"),
    raw(5, "ничего особенного"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with desk_in(tmp_path):
        (tmp_path / "new.toml").write_text(CHANGED, "utf-8")
        yield tmp_path


def lines(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(folder, "rules", "replay", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def moved(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["letter"], row["old"]["group"], row["new"]["group"]) for row in rows if "letter" in row]


def mbox(letters: list[str]) -> str:
    return "".join(
        f"From x Wed Mar 12 14:30:00 2025\n{one.replace(chr(10) + 'From ', chr(10) + '>From ')}\n"
        for one in letters
    )


def test_an_mbox_a_maildir_and_a_folder_say_the_same(folder: Path) -> None:
    (folder / "old.mbox").write_text(mbox(LETTERS), "utf-8")
    for name in ("maildir/cur", "maildir/new", "maildir/tmp", "files/deeper"):
        (folder / name).mkdir(parents=True)
    for number, one in enumerate(LETTERS, 1):
        (folder / f"maildir/{'cur' if number % 2 else 'new'}/{number}.host:2,S").write_text(one, "utf-8")
        (folder / f"files/{'deeper/' if number % 2 else ''}{number}.eml").write_text(one, "utf-8")
    (folder / "maildir/tmp/half").write_text(LETTERS[0], "utf-8")
    (folder / "files/notes.txt").write_text("no letter", "utf-8")
    for source in ("old.mbox", "maildir", "files"):
        found = lines(folder, source, "--rules", "new.toml")
        assert sorted(pair[1:] for pair in moved(found)) == [("first", "north"), ("north", "south")]
        assert found[-1]["summary"] == {
            "replayed": 4, "moved": 2, "other_rule": 0, "other_values": 0, "same": 2, "answer": 1, "otherwise": 0,
            "unreadable": 0,
        }  # fmt: skip
    assert lines(folder, "old.mbox", "--rules", "new.toml", "--answers")[-1]["summary"]["moved"] == 3


def test_an_mbox_gives_its_letters_back_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "old.mbox").write_text(mbox(LETTERS), "utf-8")
    found = [one for _name, one in letters_in(tmp_path / "old.mbox")]
    assert [one.decode() for one in found if isinstance(one, bytes)] == [f"{one}\n" for one in LETTERS]


def test_the_diff_for_people_names_both_sides_and_counts(folder: Path) -> None:
    (folder / "one.eml").write_text(LETTERS[0].replace("Login", "L\x1b[2Jogin"), "utf-8")
    done = run(folder, "rules", "replay", "one.eml", "--rules", "new.toml")
    assert "  - north  siberia  (region=siberia)" in done.stdout
    assert "  + south  north goes south  (region=siberia)" in done.stdout
    assert "1 letter replayed." in done.stdout
    assert "\x1b" not in done.stdout
    russian = run(folder, "rules", "replay", "one.eml", "--rules", "new.toml", language="ru")
    assert "Проверено 1 письмо." in russian.stdout
    assert "из группы  в группу" in russian.stdout


def stored(desk: Desk, one: str, mailbox: str = "support") -> int:
    from core.services import intake, ledger
    from core.services.ledger import Fetched

    data = one.encode()
    letter = read(data)
    fetched = Fetched(hash(one) % 2**30, desk.blobs.put(data), len(data), "", letter.message_id)
    (ledger_id,) = ledger.record(desk, mailbox, 9, [fetched])
    (taken,) = intake.take(desk, [(ledger_id, letter)])
    assert taken.ticket_id is not None
    return taken.ticket_id


def test_stored_letters_are_compared_with_what_was_recorded(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        first, second, third = (stored(desk, LETTERS[index]) for index in (0, 1, 2))
        change(desk, second, subject="later changed")
        before = everything(desk)
        assert moved(lines(tmp_path, "stored")) == []
        (tmp_path / "new.toml").write_text(CHANGED, "utf-8")
        found = lines(tmp_path, "stored", "--rules", "new.toml")
        assert moved(found) == [(f"GLZ-{first}", "north", "south"), (f"GLZ-{third}", "first", "north")]
        assert found[0]["ticket_id"] == first
        assert everything(desk) == before


def test_other_tags_and_another_priority_are_shown_though_nothing_moves(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        ticket = stored(desk, LETTERS[0])
    (tmp_path / "one.eml").write_text(LETTERS[0], "utf-8")
    # The rule in force, but for what it gives.
    (tmp_path / "new.toml").write_text(
        '[[rules]]\nname = "siberia"\nregion = "siberia"\ngroup = "north"\ntags = ["vip", "far"]\npriority = "high"\n',
        "utf-8",
    )
    row, last = lines(tmp_path, "stored", "--rules", "new.toml")
    assert (row["ticket_id"], row["moves"], last["summary"]["other_values"]) == (ticket, False, 1)
    assert (row["old"]["tags"], row["new"]["tags"]) == ([], ["vip", "far"])
    # What was not recorded on that day is not said to have changed.
    assert (row["old"]["priority"], row["new"]["priority"]) == (None, "high")
    told = run(tmp_path, "rules", "replay", "stored", "--rules", "new.toml").stdout
    assert "- north  siberia  (region=siberia)  tags: —\n" in told
    assert "+ north  siberia  (region=siberia)  tags: vip, far\n" in told
    told = run(tmp_path, "rules", "replay", "one.eml", "--rules", "new.toml").stdout
    assert "- north  siberia  (region=siberia)  tags: —; priority: normal\n" in told
    assert "+ north  siberia  (region=siberia)  tags: vip, far; priority: high\n" in told


def test_tags_that_a_rule_gave_are_compared_with_those_of_the_day(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        stored(desk, LETTERS[0])
    config = (tmp_path / "config.toml").read_text("utf-8")
    tagged = config.replace('region = "siberia"\ngroup', 'tags = ["b", "a"]\nregion = "siberia"\ngroup', 1)
    assert tagged != config
    (tmp_path / "config.toml").write_text(tagged, "utf-8")
    with closing(Desk.open(load(tmp_path / "config.toml"))) as desk:
        stored(desk, raw(11, "Region: Siberia"))
    first, last = lines(tmp_path, "stored")
    assert (first["letter"], last["summary"]["same"], last["summary"]["other_values"]) == ("GLZ-1", 1, 1)


def test_what_was_recorded_holds_though_the_rules_have_changed_since(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        first = stored(desk, LETTERS[0])
    config = (tmp_path / "config.toml").read_text("utf-8")
    config = config.replace('region = "siberia"\ngroup = "north"', 'region = "siberia"\ngroup = "south"')
    (tmp_path / "config.toml").write_text(config, "utf-8")
    assert moved(lines(tmp_path, "stored")) == [(f"GLZ-{first}", "north", "south")]


def test_a_remembered_region_counts_on_both_sides(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        stored(desk, LETTERS[0])
    (tmp_path / "later.eml").write_text(raw(7, "Опять", sender="c1@client.example"), "utf-8")
    (tmp_path / "new.toml").write_text(CHANGED, "utf-8")
    assert moved(lines(tmp_path, "later.eml", "--rules", "new.toml")) == [("later.eml", "north", "south")]


def test_only_admins_and_operators_replay_what_is_stored(folder: Path) -> None:
    assert run(folder, "rules", "replay", "stored", "--as", "anna").returncode == 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere", "--rules", "new.toml"), 8, "no such file"),
        (("one.eml",), 8, "--rules"),
        (("empty", "--rules", "new.toml"), 8, "holds no letters"),
        (("one.eml", "--rules", "gone.toml"), 2, "gone.toml"),
        (("one.eml", "--rules", "gone.toml"), 2, "another file with --rules"),
        (("one.eml", "--rules", "bad.toml"), 2, 'rules[1 "x"].group: there is no group "nroth"'),
        (("one.eml", "--rules", "none.toml"), 2, "no rules in it"),
        (("one.eml", "--rules", "new.toml", "--mailbox", "sales"), 4, "sales"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_sentence(
    folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "one.eml").write_text(LETTERS[0], "utf-8")
    (folder / "bad.toml").write_text('[[rules]]\nname = "x"\nregion = "siberia"\ngroup = "nroth"\n', "utf-8")
    (folder / "none.toml").write_text("[desk]\nname = 'x'\n", "utf-8")
    done = run(folder, "rules", "replay", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_whole_configuration_replaces_the_rules_and_needs_no_secrets(folder: Path) -> None:
    whole = CONFIG.format(secret=SECRET, more=mailbox_toml(), database="sqlite:///other.db")
    (folder / "whole.toml").write_text(whole.replace('group = "north"', 'group = "south"', 1), "utf-8")
    (folder / "one.eml").write_text(LETTERS[0], "utf-8")
    assert moved(lines(folder, "one.eml", "--rules", "whole.toml")) == [("one.eml", "north", "south")]


def findings(folder: Path, toml: str) -> dict[str, list[str]]:
    make_settings(folder, toml=toml)
    done = run(folder, "rules", "check", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode == 0) == answer["ok"], done.stderr
    found: dict[str, list[str]] = {}
    for one in answer["findings"]:
        found.setdefault(one["kind"], []).append(one["about"])
    return found


def test_rules_that_do_nothing_and_patterns_that_do_too_much_are_found(folder: Path) -> None:
    found = findings(
        folder,
        """
[groups.east]
name = "East"
[groups.second]
name = "Second"
line = 2
[regions.volga]
name = "Volga"
[[rules]]
name = "also siberia"
region = "siberia"
mailbox = "support"
group = "south"
[[rules]]
name = "torn"
sender = "a@b.example"
domain = "c.example"
group = "north"
[[rules]]
name = "endless"
body = '(\\w+\\s?)+$'
subject = "^(?:re|fwd)?:? *invoice"
group = "north"
[[forms]]
name = "twice"
sender = "noreply@*.site.example"
fields = { email = { regex = '(?:.*?,){40}@' } }
[[forms]]
name = "never"
sender = "noreply@a.site.example"
fields = { email = "E-mail" }
""",
    )
    assert found == {
        "shadowed": ["also siberia", "never"], "contradiction": ["torn"], "slow": ["rule endless", "form twice"],
        "region-unrouted": ["volga"], "group-unreached": ["east"], "no-people": ["first"],
    }  # fmt: skip


def test_a_sound_desk_has_no_problem_and_an_empty_group_is_one(tmp_path: Path) -> None:
    with desk_in(tmp_path) as desk:
        done = run(tmp_path, "rules", "check")
        assert done.returncode == 8
        assert "group first" in done.stdout
        from core.domain.permissions import Role

        agents.add(desk, "vera", "Vera", "vera@desk.example", groups={"first": Role.AGENT})
        done = run(tmp_path, "rules", "check")
        assert (done.returncode, done.stdout.strip()) == (
            0,
            f"2 rules in {tmp_path}/config.toml: no problem.",
        )


def test_without_a_database_the_rest_is_checked(tmp_path: Path) -> None:
    make_settings(tmp_path)
    done = run(tmp_path, "rules", "check")
    assert done.returncode == 0
    assert "was not looked at" in done.stdout


def test_a_form_and_its_letter_are_replayed_too(folder: Path) -> None:
    letter = raw(9, "E-mail: petr@client.example\nРегион: Сибирь", sender="noreply@site.example")
    (folder / "one.eml").write_text(letter, "utf-8")
    (folder / "forms.toml").write_text(
        CHANGED
        + '[[forms]]\nname = "site"\nsender = "noreply@site.example"\nfields = { email = "E-mail" }\n',
        "utf-8",
    )
    (row, _summary) = lines(folder, "one.eml", "--rules", "forms.toml")
    assert (row["old"]["form"], row["new"]["form"], row["new"]["group"]) == ("", "site", "south")
