"""The command line's manners: help without imports, a sentence per error, codes that scripts can rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from cli import failures, table
from cli import main as program
from cli.main import main
from cli.options import CommandContext, actor, as_option, config_option, json_option, open_desk, pass_context
from core.errors import AlreadyOwned, ConfigError, NotFound, Unavailable
from tests import builders

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line; returns exit code, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(list(words))
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Puts a function in the place of the command `mail`, with all shared options."""

    def put(body: Callable[..., object]) -> None:
        made = click.command("mail")(config_option(json_option(as_option(pass_context(body)))))
        monkeypatch.setattr(program, "names", lambda: ["init", "mail"])
        plain = program.Glazok.get_command
        monkeypatch.setattr(
            program.Glazok,
            "get_command",
            lambda self, ctx, name: made if name == "mail" else plain(self, ctx, name),
        )

    return put


def test_help_lists_the_commands_in_sections(run: Run) -> None:
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert out.index("For agents:") < out.index("For operators:")
    for name in table.names():
        assert f"\n  {name} " in out


def test_help_and_errors_import_nothing_heavy() -> None:
    script = (
        "import sys; from cli.main import main; main(['--help']); main(['nonsense']);"
        "heavy = {'pydantic', 'sqlalchemy', 'textual', 'websockets', 'aioimaplib', 'platformdirs'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PATH": "", "GLAZOK_CONFIG": "/nowhere", "LANGUAGE": "en"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_command_that_is_not_installed_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "init.py").touch()
    monkeypatch.setattr(table, "_FOLDER", tmp_path)
    assert table.names() == ["init"]


def test_every_installed_command_is_in_the_table() -> None:
    files = {path.stem for path in (Path(table.__file__).parent / "commands").glob("*.py")} - {"__init__"}
    assert files <= {name for _title, rows in table.SECTIONS for name, _text in rows}


def test_every_command_has_help_with_an_example(run: Run) -> None:
    for name in table.names():
        code, out, _err = run(name, "--help")
        assert code == 0
        assert f"Usage: glazok {name}" in out
        assert f"glazok {name}" in out.split("Example:")[1] or name == "console"


def test_a_mistyped_command_is_recognised(run: Run) -> None:
    code, out, err = run("inti")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "Error: There is no command inti. Did you mean init?",
        "Try 'glazok --help' for help.",
    ]


def test_a_mistyped_option_is_recognised(run: Run) -> None:
    code, out, err = run("init", "--lang")
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == "Error: No such option '--lang'. Did you mean '--language'?"
    assert err.splitlines()[1] == "Try 'glazok init --help' for help."


def test_with_json_a_usage_error_is_an_object_too(run: Run) -> None:
    code, out, err = run("doctor", "--json", "--nonsense")
    assert (code, out) == (2, "")
    assert json.loads(err)["code"] == 2


def test_a_group_without_a_command_shows_its_help_and_fails(run: Run) -> None:
    code, out, err = run("db")
    assert (code, out) == (2, "")
    assert "upgrade" in err


def test_the_version_is_said(run: Run) -> None:
    code, out, _err = run("--version")
    assert code == 0
    assert out.startswith("glazok ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("The key is wrong.", hint="Mend it."), 2),
        (NotFound("The key is wrong.", hint="Mend it."), 4),
        (AlreadyOwned("The key is wrong.", winner="Anna", hint="Mend it."), 6),
        (Unavailable("The key is wrong.", hint="Mend it."), 7),
    ],
)
def test_an_error_is_a_sentence_and_a_hint(
    error: Exception, code: int, run: Run, command: Callable[..., None]
) -> None:
    def body(_context: CommandContext) -> None:
        raise error

    command(body)
    assert run("mail") == (code, "", "Error: The key is wrong.\nMend it.\n")
    told = run("mail", "--json")
    assert told[:2] == (code, "")
    assert json.loads(told[2]) == {"code": code, "error": "The key is wrong.", "hint": "Mend it."}


def test_an_error_cannot_steer_the_terminal(run: Run, command: Callable[..., None]) -> None:
    def body(_context: CommandContext) -> None:
        raise NotFound("No \x1b[2Jsuch\u202e thing.")

    command(body)
    assert run("mail")[2] == "Error: No [2Jsuch thing.\n"


def test_a_command_may_name_its_exit_code(run: Run, command: Callable[..., None]) -> None:
    command(lambda _context: 7)
    assert run("mail")[0] == 7


def test_an_unexpected_error_is_one_sentence_and_a_report(run: Run, command: Callable[..., None]) -> None:
    letter = "Dear support, my password is hunter2"

    def body(_context: CommandContext) -> None:
        raise LookupError(letter)

    command(body)
    code, out, err = run("mail")
    assert (code, out) == (1, "")
    assert "Error: This should not have happened: LookupError." in err
    assert "Traceback" not in err
    report = Path(err.splitlines()[1].split(" says")[0])
    assert report.stat().st_mode & 0o777 == 0o600
    assert "test_cli_main.py" in report.read_text()
    assert "hunter2" not in err + report.read_text()


def test_debug_shows_where_it_happened(run: Run, command: Callable[..., None]) -> None:
    def body(context: CommandContext) -> None:
        assert context.debug
        raise LookupError("nothing here")

    command(body)
    for words in (("--debug", "mail"), ("mail", "--debug")):
        assert "LookupError: nothing here" in run(*words)[2]


def test_an_interrupt_has_a_code_of_its_own(run: Run, command: Callable[..., None]) -> None:
    def body(_context: CommandContext) -> None:
        raise KeyboardInterrupt

    command(body)
    code, out, err = run("mail")
    assert (code, out, "Traceback" in err) == (130, "", False)


def test_a_full_disk_and_a_forbidden_file_are_sentences(run: Run, command: Callable[..., None]) -> None:
    found: list[OSError] = [OSError(28, "No space left on device"), PermissionError(13, "no", "/etc/shadow")]

    def body(_context: CommandContext) -> None:
        raise found.pop(0)

    command(body)
    assert run("mail")[2].startswith("Error: The disk is full.\n")
    assert run("mail")[2].startswith("Error: /etc/shadow may not be read or written by this user.\n")


def test_a_reader_who_leaves_is_no_error() -> None:
    program = """
import sys
from itertools import repeat
from cli import failures
from cli.output import print_json_lines
try:
    print_json_lines(repeat({"a": 1}))
except BaseException as error:
    sys.exit(failures.tell(error, json=False, debug=False))
"""
    writer = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdout
    assert writer.stderr
    assert writer.stdout.readline() == b'{"a": 1}\n'
    writer.stdout.close()
    told = writer.stderr.read()
    writer.stderr.close()
    assert (writer.wait(), told) == (failures.BROKEN_PIPE, b"")


def test_options_before_the_command_hold_for_it(run: Run, command: Callable[..., None]) -> None:
    seen: list[CommandContext] = []
    command(seen.append)
    run("--as", "anna", "-c", "one.toml", "mail", "--json")
    run("--as", "anna", "mail", "--as", "boris", "--config", "two.toml")
    assert [(one.login, str(one.config), one.json) for one in seen] == [
        ("anna", "one.toml", True),
        ("boris", "two.toml", False),
    ]


def test_settings_are_read_once_and_only_when_asked(tmp_path: Path) -> None:
    context = CommandContext(config=tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="there is no such file"):
        context.settings()
    (tmp_path / "config.toml").write_text('[groups.first]\nname = "First"')
    assert context.settings() is context.settings()


@pytest.fixture
def desk(tmp_path: Path, run: Run) -> CommandContext:
    assert run("init", "--dir", str(tmp_path / "desk"))[0] == 0
    return CommandContext(config=tmp_path / "desk" / "config.toml")


def test_whoever_acts_is_the_agent_of_the_system_user(
    desk: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services import agents

    monkeypatch.setattr("cli.options.system_user", lambda: "anna")
    with open_desk(desk) as opened:
        with pytest.raises(NotFound, match="Your system user, anna, is no agent of this desk") as caught:
            actor(desk, opened)
        assert (
            caught.value.hint
            == "Say who you are with --as LOGIN, or add yourself with: glazok agent add anna"
        )
        anna = agents.add(opened, "anna", "Anna")
        boris = agents.add(opened, "boris", "Boris")
        assert actor(desk, opened).id == anna.id
        desk.login = "boris"
        assert actor(desk, opened).id == boris.id
        desk.login = "nobody"
        with pytest.raises(NotFound, match="no agent with the login nobody"):
            actor(desk, opened)


def test_without_a_configuration_the_ways_to_get_one_are_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _out, err = run("db", "upgrade")
    assert code == 2
    assert f"looked for {tmp_path}/config.toml" in err
    assert "`glazok init` makes one, `glazok demo` needs none, --config FILE names one." in err


@pytest.mark.parametrize(
    "words", [["--help"], ["ticket", "list", "--help"], ["ticket", "list"], ["ticket", "list", "--json"]]
)
def test_when_the_reader_of_the_output_has_gone_the_command_ends_quietly(
    tmp_path: Path, words: list[str]
) -> None:
    with builders.desk_in(tmp_path / "desk") as desk:
        builders.opened(desk)
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *words, "--config", str(tmp_path / "desk/config.toml"), "--as", "root"],
            stdout=write_end, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["ticket", "show", "abc"], "'abc' is not a whole number of 1 or more."),
        (["ticket", "show", "0"], "'0' is not a whole number of 1 or more."),
        (["ticket", "reply", "1", "--seen", "last"], "'last' is not a whole number."),
        (["demo", "--open", "half"], "'half' is not a number from 0 to 100."),
    ],
)
def test_what_is_no_number_is_refused_in_plain_words(run: Run, words: list[str], refusal: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.splitlines()[0].endswith(f": {refusal}")
