"""`glazok doctor` finds what is wrong on this machine and says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.checkup import Check, local, network
from cli.commands.init import make_desk
from cli.main import main
from core import settings
from core.db.checkup import has_wal_reset_bug
from core.domain.permissions import Role
from core.services import agents
from core.services.desk import Desk

SUPPORT = """
[mailboxes.support]
address = "support@example.com"
[mailboxes.support.imap]
host = "127.0.0.1"
port = {port}
security = "plain"
user = "support"
password_file = "support.password"
[mailboxes.support.smtp]
host = "127.0.0.1"
port = {port}
security = "plain"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A desk with one agent in its group."""
    made = make_desk(tmp_path / "desk")
    desk = Desk.open(settings.load(made.config))
    agents.add(desk, "anna", groups={"first": Role.AGENT})
    desk.close()
    return made.config


def states(checks: object) -> dict[str, str]:
    assert isinstance(checks, list)
    return {check.part: check.state for check in checks}


def examine(
    config: Path, capfd: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and what was said of each part."""
    capfd.readouterr()
    code = main(["doctor", "--json", "--config", str(config), *words])
    document = json.loads(capfd.readouterr().out)
    assert document["ok"] is (code == 0)
    return code, {check["part"]: check for check in document["checks"]}


def test_a_sound_desk_passes(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, found = examine(config, capfd, "--offline")
    assert code == 0
    for part in ("config", "desk.secret", "desk.database", "desk.blobs", "disk", "locale", "groups.first"):
        assert found[part]["state"] in {"ok", "warning"}
    assert found["groups.first"]["text"] == "In it: anna."


def test_people_get_sentences_and_arrows(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (config.parent / "secret.key").unlink()
    assert main(["doctor", "--offline", "--config", str(config)]) == 7
    out = capfd.readouterr().out
    assert "FAILED   desk.secret: the file" in out
    assert "         → Create it with the secret as its only line" in out


def test_a_broken_configuration_is_a_finding(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config.write_text("[groups.first]\nnmae = 'x'")
    code, found = examine(config, capfd)
    assert (code, list(found)) == (7, ["config"])
    assert 'did you mean "name"?' in found["config"]["text"]


def test_a_secret_that_others_can_read_is_a_warning(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (config.parent / "secret.key").chmod(0o644)
    code, found = examine(config, capfd, "--offline")
    assert code == 0
    assert found["desk.secret"]["state"] == "warning"
    assert found["desk.secret"]["advice"] == f"Close it: chmod 600 {config.parent}/secret.key"


def test_a_password_of_two_lines_is_found_without_asking_a_server(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text("utf-8") + SUPPORT.format(port=1), "utf-8")
    (config.parent / "support.password").write_text("open sesame\nof the old mailbox\n")
    (config.parent / "secret.key").write_text("any text of the desk's own,\nalso on two lines\n")
    code, found = examine(config, capfd, "--offline")
    assert code == 7
    assert found["desk.secret"]["state"] != "failed"
    wrong = found["mailboxes.support.imap.password"]
    assert wrong["state"] == "failed"
    assert "more than one line" in wrong["text"]


def test_a_configuration_with_a_secret_in_it_should_be_closed(config: Path) -> None:
    text = config.read_text("utf-8").replace('secret_file = "secret.key"', 'secret = "0123456789abcdef"')
    config.write_text(text, "utf-8")
    config.chmod(0o644)
    assert states(list(local.check_secrets(settings.load(config))))["config"] == "warning"
    config.chmod(0o600)
    assert "config" not in states(list(local.check_secrets(settings.load(config))))


def test_where_a_secret_comes_from_is_said(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> str:
        return next(
            check.text for check in local.check_secrets(settings.load(config)) if check.part == "desk.secret"
        )

    assert told() == f"Read from {config.parent}/secret.key."
    text = config.read_text("utf-8").replace('secret_file = "secret.key"', 'secret = "0123456789abcdef"')
    config.write_text(text, "utf-8")
    assert told() == f"It stands in {config} itself."
    for name in ("GLAZOK_SECRET", "GLAZOK_DESK_SECRET"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "fedcba9876543210")
            assert told() == f"Read from ${name}."


def test_a_short_secret_fails(config: Path) -> None:
    (config.parent / "secret.key").write_text("short")
    assert states(list(local.check_secrets(settings.load(config)))) == {"desk.secret": "failed"}


def test_a_missing_database_fails(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (config.parent / "glazok.db").unlink()
    code, found = examine(config, capfd, "--offline")
    assert code == 7
    assert found["desk.database"]["advice"] == "Make the database with: glazok db upgrade"


def test_a_file_that_is_no_database_fails(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (config.parent / "glazok.db").write_bytes(b"not a database" * 1000)
    code, found = examine(config, capfd, "--offline")
    assert (code, found["desk.database"]["state"]) == (7, "failed")


def test_a_database_of_another_version_fails(
    config: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.checkup.HEAD", "9999")
    code, found = examine(config, capfd, "--offline")
    assert code == 7
    assert "this program needs 9999" in found["desk.database"]["text"]
    assert "glazok db upgrade" in found["desk.database"]["advice"]


def test_a_group_that_was_just_written_into_the_configuration_is_no_failure(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text("utf-8") + '\n[groups.second]\nname = "Second"\n', "utf-8")
    code, found = examine(config, capfd, "--offline")
    assert (code, found["groups.second"]["state"]) == (0, "warning")
    assert "new in the configuration" in found["groups.second"]["text"]
    assert found["groups.second"]["advice"].endswith("glazok agent add LOGIN --group second")
    assert main(["agent", "add", "boris", "--group", "second", "--config", str(config)]) == 0
    _code, found = examine(config, capfd, "--offline")
    assert found["groups.second"]["text"] == "In it: boris.", "what it advises does help"


def test_a_group_without_anybody_fails(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text("utf-8") + '\n[groups.second]\nname = "Second"\n', "utf-8")
    assert main(["db", "upgrade", "--config", str(config)]) == 0
    code, found = examine(config, capfd, "--offline")
    assert (code, found["groups.second"]["advice"]) == (
        7,
        "Add somebody with: glazok agent add LOGIN --group second",
    )


def test_a_folder_of_letters_that_cannot_be_written_fails(config: Path) -> None:
    folder = config.parent / "blobs"
    folder.rmdir()
    folder.write_text("a file in its place")
    assert states(list(local.check_disk(settings.load(config))))["desk.blobs"] == "failed"


@pytest.mark.parametrize(("free", "state"), [(50 << 20, "failed"), (500 << 20, "warning"), (5 << 30, "ok")])
def test_a_disk_that_fills_up_is_told_in_time(free: int, state: str, tmp_path: Path) -> None:
    assert local.check_room(tmp_path, free).state == state


@pytest.mark.parametrize(
    ("version", "bug"),
    [((3, 6, 23), False), ((3, 7, 0), True), ((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)],
)
def test_libraries_with_the_journal_bug_are_known(version: tuple[int, int, int], bug: bool) -> None:
    assert has_wal_reset_bug(version) is bug
    assert local.check_sqlite(version).state == ("warning" if bug else "ok")


def test_servers_that_do_not_run_are_named(
    config: Path, capfd: pytest.CaptureFixture[str], unused_port: int
) -> None:
    text = config.read_text("utf-8").replace(':8765"', f':{unused_port}"', 1)
    config.write_text(text + SUPPORT.format(port=unused_port), "utf-8")
    (config.parent / "support.password").write_text("open sesame")
    code, found = examine(config, capfd)
    assert code == 7
    refused = f"127.0.0.1:{unused_port} refuses the connection."
    assert found["mailboxes.support.imap"]["text"] == refused
    assert found["mailboxes.support.smtp"]["text"] == refused
    assert found["presence"]["state"] == "warning"
    assert "glazok presence" in found["presence"]["advice"]


def test_a_name_that_nobody_knows_is_said(config: Path) -> None:
    text = config.read_text("utf-8") + SUPPORT.format(port=1).replace('"127.0.0.1"', '"desk.invalid"')
    config.write_text(text.replace('security = "plain"\nuser', "user"), "utf-8")
    (config.parent / "support.password").write_text("open sesame")
    config.write_text(
        config.read_text("utf-8").replace('security = "plain"', 'security = "starttls"'), "utf-8"
    )
    mailbox = settings.load(config).mailboxes["support"]
    for check in (network.check_imap("support", mailbox), network.check_smtp("support", mailbox.smtp)):
        assert isinstance(check, Check)
        assert check.text == "The name desk.invalid is not known."


def test_no_mailbox_is_a_warning(config: Path, capfd: pytest.CaptureFixture[str], unused_port: int) -> None:
    config.write_text(config.read_text("utf-8").replace(':8765"', f':{unused_port}"', 1), "utf-8")
    code, found = examine(config, capfd)
    assert (code, found["mailboxes"]["state"]) == (0, "warning")


def test_agents_with_addresses_and_nobody_to_check_senders_are_a_warning(config: Path) -> None:
    def asked(**more: str) -> dict[str, str]:
        mailbox = SUPPORT.format(port=1)
        for name, value in more.items():
            mailbox = mailbox.replace("[mailboxes.support]", f'[mailboxes.support]\n{name} = "{value}"')
        config.write_text(plain + mailbox, "utf-8")
        return states(list(local.check_staff(settings.load(config))))

    plain, part = config.read_text("utf-8"), "mailboxes.support.authserv_id"
    assert part not in asked(), "no agent has an address that anybody could forge"
    desk = Desk.open(settings.load(config))
    agents.edit(desk, "anna", email="anna@example.com")
    desk.close()
    assert asked()[part] == "warning"
    assert part not in asked(authserv_id="mx.example.com")


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
