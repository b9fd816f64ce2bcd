"""What commands print: JSON that scripts can rely on, tables that people can read."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import pytest

from cli.output import plain, print_json, print_json_array, print_json_lines, print_table, say
from core.errors import NotFound
from core.settings import Secret


class Colour(StrEnum):
    RED = "red"


SECRET = Secret(value="open sesame")


@dataclass(frozen=True)
class Thing:
    name: str
    at: datetime
    colour: Colour = Colour.RED
    parts: tuple[int, ...] = (1, 2)
    marks: frozenset[str] = frozenset({"b", "a"})
    where: Path = Path("/srv")
    secret: Secret = SECRET


NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def test_everything_becomes_plain_json() -> None:
    assert plain(Thing("x", NOON)) == {
        "name": "x",
        "at": "2026-01-02T12:00:00Z",
        "colour": "red",
        "parts": [1, 2],
        "marks": ["a", "b"],
        "where": "/srv",
        "secret": "***",
    }
    assert plain({Colour.RED: None, 2: timedelta(minutes=1)}) == {"red": None, "2": 60.0}


def test_times_are_told_in_utc() -> None:
    assert plain(NOON.astimezone(timezone(timedelta(hours=7)))) == "2026-01-02T12:00:00Z"


def test_a_document_is_utf8_with_sorted_keys(capfd: pytest.CaptureFixture[str]) -> None:
    print_json({"б": 1, "a": "Поддержка\x1b"})
    out = capfd.readouterr().out
    assert out == '{\n  "a": "Поддержка\\u001b",\n  "б": 1\n}\n'


def test_lines_are_one_object_each(capfd: pytest.CaptureFixture[str]) -> None:
    print_json_lines([{"b": 1, "a": "two\nlines"}, {"c": None}])
    assert capfd.readouterr().out.splitlines() == ['{"a": "two\\nlines", "b": 1}', '{"c": null}']


def test_what_utf8_cannot_say_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    print_json({"subject": "half \ud83d"})
    assert json.loads(capfd.readouterr().out) == {"subject": "half ?"}


@pytest.mark.parametrize("hostile", ["\x9b31m", "\x7f", "\x1b[2J", "\u202eabc", "\u2066", "\U000e0041"])
def test_json_cannot_steer_the_terminal_and_says_the_same(
    hostile: str, capfd: pytest.CaptureFixture[str]
) -> None:
    row = {"subject": f"Счёт {hostile}"}
    for show in (print_json, lambda one: print_json_lines([one])):
        show(row)
        out = capfd.readouterr().out
        assert json.loads(out) == row
        assert hostile[0] not in out
        assert "Счёт" in out


def test_an_array_has_a_row_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    print_json_array([])
    assert capfd.readouterr().out == "[]\n"
    print_json_array(iter([{"id": 1}, {"id": 2}]))
    assert capfd.readouterr().out == '[\n{"id": 1},\n{"id": 2}\n]\n'


def test_an_array_whose_first_row_fails_is_not_begun(capfd: pytest.CaptureFixture[str]) -> None:
    def read(_number: int) -> object:
        raise NotFound("no such group")

    with pytest.raises(NotFound):
        print_json_array(map(read, range(2)))
    assert capfd.readouterr().out == ""


def test_a_table_off_the_terminal_is_aligned_and_uncut(capfd: pytest.CaptureFixture[str]) -> None:
    long = "очень длинная тема " * 10
    print_table(["id", "subject"], [(7, "日本"), (1042, long), (None, "\x1b[2Jx")])
    assert capfd.readouterr().out.splitlines() == [
        "id    subject",
        "7     日本",
        f"1042  {long.strip()}",
        "      [2Jx",
    ]


def test_numbers_stand_on_the_right(capfd: pytest.CaptureFixture[str]) -> None:
    print_table(["id", "name"], [(7, "a"), (1042, "b")])
    assert capfd.readouterr().out.splitlines() == ["  id  name", "   7  a", "1042  b"]


def test_an_empty_table_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    print_table(["id"], [], empty="No tickets.")
    assert capfd.readouterr().out == "No tickets.\n"


def test_a_sentence_cannot_steer_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    say("one\x1b[2J\ntwo\u202e")
    assert capfd.readouterr().out == "one[2J\ntwo\n"


def test_a_table_on_a_terminal_fits_into_it() -> None:
    script = (
        "from cli.output import print_table;"
        "print_table(['id', 'subject', 'client'], [(1, 'тема [bold]' * 30, 'Анна'), (2, 'x', 'Boris')])"
    )
    ours, theirs = pty.openpty()
    environ = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color"}
    subprocess.run(
        [sys.executable, "-c", script], stdout=theirs, env=environ, cwd=Path(__file__).parents[2], check=True
    )
    os.close(theirs)
    out = os.read(ours, 65536).decode()
    os.close(ours)
    lines = [line.rstrip() for line in out.splitlines() if line.strip()]
    assert len(lines) == 3
    assert "тема [bold]" in lines[1]
    assert "…" in lines[1]
    assert lines[1].endswith("Анна")
