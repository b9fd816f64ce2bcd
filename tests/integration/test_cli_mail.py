"""`glazok mail parse` shows what the desk reads, for people and for scripts, without a configuration."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.names import PROBLEMS, letter_problems
from mailbridge.letter import read
from mailbridge.stored import explained
from tests.russian import latin_words, russian

__all__ = ["russian"]

RAW = (
    "From: =?utf-8?B?0JjQstCw0L0=?= <ivan@Client.example>\r\nTo: support@example.com, Boss <boss@example.com>\r\n"
    "Cc: c@example.com\r\nReply-To: answers@client.example\r\nSubject: Question\r\nMessage-ID: <m1@client.example>\r\n"
    "In-Reply-To: <q1@example.com>\r\nReferences: <q0@example.com> <q1@example.com>\r\nDate: Wed, "
    "12 Mar 2025 14:30:00 +0300\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; '
    "charset=utf-8\r\n\r\nСпасибо!\r\n\r\n"
    "12.03.2025 14:05, Support пишет:\r\n> Здравствуйте\r\n--b\r\nContent-Type: application/pdf; "
    "name=a.pdf\r\n\r\nPDF\r\n--b--\r\n"
).encode()


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, in an empty folder's configuration."""
    environment = {
        **os.environ,
        "GLAZOK_CONFIG": "/nonexistent/config.toml",
        "LANGUAGE": "en",
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "cli.main", "mail", "parse", *arguments]
    return subprocess.run(command, input=given, capture_output=True, env=environment, check=False, timeout=60)


def rows(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    """The JSON lines of stdout."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_one_object_per_letter_with_every_field(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(RAW)
    done = run("--json", str(tmp_path / "a.eml"), "-", given=b"Subject: two\r\n\r\nsecond")
    assert done.returncode == 0
    first, second = rows(done)
    assert (first["from_addr"], first["from_name"]) == ("ivan@client.example", "Иван")
    assert first["to"] == ["support@example.com", "boss@example.com"]
    assert (first["cc"], first["reply_to"]) == (["c@example.com"], ["answers@client.example"])
    assert (first["message_id"], first["in_reply_to"]) == ("<m1@client.example>", "<q1@example.com>")
    assert first["references"] == ["<q0@example.com>", "<q1@example.com>"]
    assert (first["kind"], first["html_text"], first["error"], first["dsn"]) == ("letter", None, None, [])
    assert first["reply_text"] == "Спасибо!"
    assert "Здравствуйте" in first["body_text"]
    assert first["attachments"] == [
        {
            "name": "a.pdf",
            "content_type": "application/pdf",
            "size": 3,
            "sha256": hashlib.sha256(b"PDF").hexdigest(),
            "inline": False,
        }
    ]
    assert (second["subject"], second["body_text"], second["message_id_derived"]) == ("two", "second", True)


def test_a_missing_file_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(RAW)
    done = run("--json", str(tmp_path / "gone.eml"), str(tmp_path / "a.eml"))
    assert done.returncode == 8
    gone, here = rows(done)
    assert "no such file" in gone["error"]
    assert here["subject"] == "Question"
    assert b"Traceback" not in done.stderr


def test_people_are_told_once_of_each_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(RAW)
    alone = run(str(tmp_path / "gone.eml"))
    assert (alone.returncode, alone.stderr.decode().count("no such file")) == (8, 1)
    several = run(str(tmp_path / "gone.eml"), str(tmp_path / "a.eml"), str(tmp_path))
    said = several.stderr.decode()
    assert (several.returncode, said.count("no such file"), said.count("it is a folder")) == (8, 1, 1)
    assert "2 of 3 files could not be opened" in said
    assert "Question" in several.stdout.decode()


def test_the_name_of_a_file_stays_on_its_line(tmp_path: Path) -> None:
    for name in ("a.eml", "b\n== c.eml"):
        (tmp_path / name).write_bytes(RAW)
    done = run(str(tmp_path / "a.eml"), str(tmp_path / "b\n== c.eml"))
    assert done.stdout.decode().count("\n== ") + 1 == 2


def test_people_get_a_summary_that_cannot_steer_the_terminal() -> None:
    done = run("-", given=b"From: a@b.example\r\nSubject: \x1b[2Jred\r\n\r\nbody \x1b]0;x\x07 text")
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert b"a@b.example" in done.stdout
    assert b"body" in done.stdout


def test_a_letter_without_an_end_to_its_parts_is_kept_and_reported() -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500)
    )
    (row,) = rows(run("--json", "-", given=b"Subject: deep\r\n" + nested + b"\r\nwords"))
    assert row["subject"] == "deep"
    assert "deeper" in row["error"]
    assert row["attachments"]


@pytest.mark.parametrize("limit", ["nan", "inf", "1e400", "-inf", "0", "1e300"])
def test_a_limit_that_is_no_time_is_refused_in_a_sentence(limit: str) -> None:
    done = run("--limit", limit, "-", given=RAW)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"'{limit}' is not a number from 0.05 to 3600" in done.stderr.decode()


MANY_FIELDS = b"X: 1\r\n" * 5_001
LONG_HEADERS = b"Subject: x\r\n" + b"X-Long: " + b"word " * 1_800_000 + b"\r\n"
MANY_PARTS = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 3_100 + b"--b--\r\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(200))
LONG_HTML = b"Content-Type: text/html\r\n\r\n" + b"<p>some words</p>\r\n" * 300_000


@pytest.mark.usefixtures("russian")
def test_why_a_letter_could_not_be_read_in_full_is_said_in_the_desks_language() -> None:
    letters = (b"", MANY_FIELDS + b"\r\nx", LONG_HEADERS + b"\r\nx", MANY_PARTS, DEEP + b"\r\nx", LONG_HTML)
    told = {one for raw in letters for one in read(raw).error.split("; ")}
    assert told == PROBLEMS
    for error in (*PROBLEMS, "; ".join(sorted(PROBLEMS))):
        assert letter_problems(error) != error
        assert latin_words(letter_problems(error), ["HTML"]) == []
    assert letter_problems("ValueError: no such thing") == "ValueError: no such thing"
    assert "письмо пустое" in explained(read(b"")).body_text


def test_the_language_is_that_of_the_configuration_named_behind_the_letters(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[desk]\nname = "Desk"\nlanguage = "ru"\n')
    said = run("-", "--config", str(config), given=RAW).stdout.decode()
    assert "Тема:" in said
    assert "Subject:" in run("-", given=RAW).stdout.decode()
