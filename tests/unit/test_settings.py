"""The configuration: what it means, where its secrets come from, and what beats what."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core import settings as package
from core.domain.routing import Region, Rule
from core.errors import ConfigError
from core.settings import Settings, peek_language
from mailbridge.watching import imap_server

GROUP = '[groups.first]\nname = "First"\n'
MAILBOX = """
[mailboxes.support]
address = "support@example.com"
[mailboxes.support.imap]
host = "imap.example.com"
user = "support"
password_file = "support.password"
[mailboxes.support.smtp]
host = "smtp.example.com"
user = "support"
password_env = "DESK_SMTP_PASSWORD"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(text: str, config: Path, **environ: str) -> Settings:
    return package.read(text, config, environ=environ)


def test_a_group_is_all_that_a_desk_needs(config: Path) -> None:
    found = read(GROUP, config)
    assert found.desk.name == "Support desk"
    assert found.groups["first"].line == 1
    assert found.presence.url == "ws://127.0.0.1:8765/"
    assert found.presence.address == ("127.0.0.1", 8765)


def test_settings_cannot_be_changed_later(config: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(GROUP, config).desk.name = "Other"


def test_relative_paths_start_from_the_files_folder(config: Path) -> None:
    found = read('[desk]\ndatabase = "sqlite:///data/desk.db"\nblobs = "letters"\n' + GROUP, config)
    assert found.database_path == config.parent / "data" / "desk.db"
    assert found.blobs_folder == config.parent / "letters"


def test_absolute_paths_stay(config: Path) -> None:
    found = read('[desk]\ndatabase = "sqlite:////srv/desk.db"\nblobs = "/srv/blobs"\n' + GROUP, config)
    assert (found.database_path, found.blobs_folder) == (Path("/srv/desk.db"), Path("/srv/blobs"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"90s"', timedelta(seconds=90)),
        ('"15m"', timedelta(minutes=15)),
        ('"2h"', timedelta(hours=2)),
        ('"3d"', timedelta(days=3)),
        ("90", timedelta(seconds=90)),
        ('"90"', timedelta(seconds=90)),
    ],
)
def test_durations_have_units(written: str, meant: timedelta, config: Path) -> None:
    assert read(f'{GROUP}[board.age]\nnew = [{written}, "9d"]', config).board.age.new[0] == meant


@pytest.mark.parametrize(
    ("kind", "security", "port"),
    [
        ("imap", "tls", 993),
        ("imap", "plain", 143),
        ("smtp", "tls", 465),
        ("smtp", "starttls", 587),
        ("smtp", "plain", 25),
    ],
)
def test_the_usual_port_follows_from_the_security(kind: str, security: str, port: int, config: Path) -> None:
    text = GROUP + MAILBOX.replace("imap.example.com", "127.0.0.1").replace("smtp.example.com", "localhost")
    text = text.replace(f"support.{kind}]", f'support.{kind}]\nsecurity = "{security}"')
    assert getattr(read(text, config).mailboxes["support"], kind).port == port


def test_rules_and_regions_arrive_in_the_domain(config: Path) -> None:
    found = read(
        GROUP
        + """
[regions.siberia]
name = "Siberia"
words = "Сибирь"
[[rules]]
name = "siberia"
region = "siberia"
sender = ["*@a.example", "*@b.example"]
header = { X-Form = "^site" }
group = "first"
priority = "high"
language = "ru"
""",
        config,
    )
    assert found.routing_regions == (Region("siberia", "Siberia", ("Сибирь",)),)
    assert found.routing_rules == (
        Rule(
            "siberia",
            "first",
            region=("siberia",),
            sender=("*@a.example", "*@b.example"),
            header=(("X-Form", "^site"),),
            priority="high",
            language="ru",
        ),
    )


# Secrets


def test_a_secret_is_read_from_its_file_without_the_lines_end(config: Path) -> None:
    (config.parent / "support.password").write_text(" open sesame \n")
    secret = read(GROUP + MAILBOX, config).mailboxes["support"].imap.password
    assert secret.reveal() == " open sesame "


def test_a_secret_is_read_from_its_variable(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = read(GROUP + MAILBOX, config).mailboxes["support"].smtp.password
    monkeypatch.setenv("DESK_SMTP_PASSWORD", "open sesame")
    assert secret.reveal() == "open sesame"


def test_the_desks_secret_lies_in_secret_key_unless_told_otherwise(config: Path) -> None:
    assert read(GROUP, config).desk.secret.source == str(config.parent / "secret.key")
    other = read('[desk]\nsecret = "0123456789abcdef"\n' + GROUP, config)
    assert other.desk.secret.reveal() == "0123456789abcdef"


def test_no_way_of_printing_settings_shows_a_secret(config: Path) -> None:
    found = read('[desk]\nsecret = "0123456789abcdef"\n' + GROUP, config)
    secret = found.desk.secret
    for printed in (
        repr(found),
        str(found),
        repr(secret),
        str(secret),
        f"{secret}",
        repr(found.model_dump()),
    ):
        assert "0123456789abcdef" not in printed


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read: there is no such file"), ("", "is empty"), ("\n", "is empty")],
)
def test_a_secret_that_is_not_there_says_which_file(content: str | None, sentence: str, config: Path) -> None:
    if content is not None:
        (config.parent / "support.password").write_text(content)
    with pytest.raises(ConfigError, match=sentence) as caught:
        read(GROUP + MAILBOX, config).mailboxes["support"].imap.password.reveal()
    assert "mailboxes.support.imap.password" in caught.value.message
    assert str(config.parent / "support.password") in caught.value.message


@pytest.mark.parametrize("content", ["open sesame\n\n", "open\nsesame\n", "\nopen sesame", "open\rsesame"])
def test_a_password_of_several_lines_is_refused_before_a_server_is_asked(content: str, config: Path) -> None:
    (config.parent / "support.password").write_text(content)
    server = imap_server(read(GROUP + MAILBOX, config).mailboxes["support"].imap)
    with pytest.raises(ConfigError, match="more than one line") as caught:
        server.secret()
    assert "mailboxes.support.imap.password" in caught.value.message
    assert str(config.parent / "support.password") in caught.value.message
    assert "sesame" not in caught.value.message


def test_a_variable_that_is_not_set_is_named(config: Path) -> None:
    with pytest.raises(ConfigError, match="the environment variable DESK_SMTP_PASSWORD is not set"):
        read(GROUP + MAILBOX, config).mailboxes["support"].smtp.password.reveal()


def test_a_file_that_others_can_read_is_noticed(config: Path) -> None:
    file = config.parent / "support.password"
    file.write_text("open sesame")
    secret = read(GROUP + MAILBOX, config).mailboxes["support"].imap.password
    file.chmod(0o640)
    assert secret.open_to_others()
    file.chmod(0o600)
    assert not secret.open_to_others()


# The environment


def test_the_environment_beats_the_file(config: Path) -> None:
    found = read(
        '[desk]\nname = "File"\n' + GROUP + MAILBOX,
        config,
        GLAZOK_DESK_NAME="Environment",
        GLAZOK_MAILBOXES_SUPPORT_IMAP_PORT="1993",
        GLAZOK_MAILBOXES_SUPPORT_CONFIRM="false",
        GLAZOK_BOARD_AGE_NEW='["5m", "10m"]',
    )
    assert found.desk.name == "Environment"
    assert found.mailboxes["support"].imap.port == 1993
    assert found.mailboxes["support"].confirm is False
    assert found.board.age.new == (timedelta(minutes=5), timedelta(minutes=10))


def test_a_number_in_the_environment_stays_text_where_text_belongs(config: Path) -> None:
    assert read(GROUP, config, GLAZOK_DESK_NAME="42").desk.name == "42"


def test_secrets_of_the_environment_replace_those_of_the_file(config: Path) -> None:
    found = read(
        GROUP + MAILBOX,
        config,
        GLAZOK_SECRET="0123456789abcdef",
        GLAZOK_MAILBOXES_SUPPORT_IMAP_PASSWORD="open sesame",
    )
    assert found.desk.secret.reveal() == "0123456789abcdef"
    assert found.mailboxes["support"].imap.password.reveal() == "open sesame"


def test_an_empty_variable_counts_as_not_set(config: Path) -> None:
    assert read(GROUP, config, GLAZOK_DESK_NAME="").desk.name == "Support desk"


def test_names_with_dashes_have_a_variable_too(config: Path) -> None:
    found = read(
        '[groups.second-line]\nname = "Second"\n' + GROUP, config, GLAZOK_GROUPS_SECOND_LINE_LINE="2"
    )
    assert found.groups["second-line"].line == 2


# The language alone


@pytest.mark.parametrize(
    ("text", "language"),
    [('[desk]\nlanguage = "ru"', "ru"), ("[desk]", "auto"), ("desk = 1", "auto"), ("[[[", "auto")],
)
def test_the_language_can_be_peeked_at(text: str, language: str, config: Path) -> None:
    config.write_text(text)
    assert peek_language(config) == language


def test_peeking_never_fails(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert peek_language(config) == "auto"
    assert peek_language(None) == "auto"
    monkeypatch.setenv("GLAZOK_DESK_LANGUAGE", "ru")
    assert peek_language(None) == "ru"
