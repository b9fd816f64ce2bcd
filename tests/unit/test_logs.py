"""The log: one line per fact, fields beside it, no secret and nothing that could steer a terminal."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from core import logs
from core.settings import Secret


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; the process's logging is put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger(logs.ROOT)
    before = (root.handlers[:], root.level, ours.level)
    yield io.StringIO()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_a_line_for_people_has_time_level_part_sentence_and_fields(stream: io.StringIO) -> None:
    logs.setup(stream=stream)
    logs.get("bridge").info("letters taken", mailbox="support", count=3, reason="all is well")
    time, _space, rest = stream.getvalue().partition(" ")
    assert rest == 'info bridge: letters taken mailbox=support count=3 reason="all is well"\n'
    assert time.endswith("Z")


def test_a_json_line_has_the_same(stream: io.StringIO) -> None:
    logs.setup(json=True, stream=stream)
    logs.get("bridge").warning("folder %s is gone", "INBOX", mailbox="поддержка", tries=2)
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "part": "bridge",
        "message": "folder INBOX is gone",
        "mailbox": "поддержка",
        "tries": 2,
    }
    assert "поддержка" in stream.getvalue()


def test_fields_come_by_extra_as_well(stream: io.StringIO) -> None:
    logs.setup(stream=stream)
    logs.get("bridge").info("letters taken", extra={"count": 3})
    assert stream.getvalue().endswith("letters taken count=3\n")


def test_the_level_decides_what_is_written(stream: io.StringIO) -> None:
    logs.setup("warning", stream=stream)
    logs.get("bridge").info("not this")
    logs.get("bridge").error("but this")
    assert "not this" not in stream.getvalue()
    assert "but this" in stream.getvalue()


def test_setting_up_again_does_not_double_the_lines(stream: io.StringIO) -> None:
    logs.setup(stream=io.StringIO())
    logs.setup(stream=stream)
    logs.get("bridge").info("once")
    assert stream.getvalue().count("once") == 1


def test_libraries_are_heard_only_when_they_warn(stream: io.StringIO) -> None:
    logs.setup("debug", stream=stream)
    logging.getLogger("websockets.server").info("chatter")
    logging.getLogger("websockets.server").warning("trouble")
    assert "chatter" not in stream.getvalue()
    assert "trouble" in stream.getvalue()


@pytest.mark.parametrize("json_lines", [False, True])
def test_a_secret_that_was_used_never_shows(stream: io.StringIO, json_lines: bool) -> None:
    logs.setup(json=json_lines, stream=stream)
    used = Secret("desk.secret", value="open sesame").reveal()
    log = logs.get("bridge")
    log.info("login with %s failed", used, answer=f"530 {used}?")
    try:
        raise ValueError(used)
    except ValueError:
        log.exception("it broke")
    assert "open sesame" not in stream.getvalue()
    assert "***" in stream.getvalue()


@pytest.mark.parametrize("name", ["password", "token", "secret", "agent_token", "Authorization", "cookie"])
def test_a_field_with_a_telling_name_is_blanked(name: str, stream: io.StringIO) -> None:
    logs.setup(stream=stream)
    fields: dict[str, Any] = {name: "hunter2"}
    logs.get("presence").info("hello", **fields)
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "imap.password=hunter2",
        "token: hunter2",
        "Authorization: Bearer hunter2",
        "imap://anna:hunter2@host/",
    ],
)
def test_a_sentence_that_gives_a_secret_away_is_blanked(text: str) -> None:
    assert "hunter2" not in logs.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "the password was refused",
        "mailboxes.support.imap.password: the file /srv/nope cannot be read: there is no such file or folder.",
        "desk.secret: too short; needed are 16 characters or more",
    ],
)
def test_sentences_about_passwords_stay_readable(text: str) -> None:
    assert logs.redact(text) == text


def test_a_line_stays_one_line_and_cannot_steer_the_terminal(stream: io.StringIO) -> None:
    logs.setup(stream=stream)
    logs.get("bridge").info("from \x1b[31mred\nforged line", sender="a\nb\x07")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()


def test_under_journald_a_line_has_its_priority_and_no_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stream: io.StringIO
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    logs.setup()
    logs.get("bridge").error("it broke")
    assert capsys.readouterr().err == "<3>bridge: it broke\n"
