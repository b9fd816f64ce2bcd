"""A broken configuration: the sentence names file, key, what was found, what is allowed, what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import settings as package
from core.errors import ConfigError
from tests.unit.test_settings import GROUP, MAILBOX

IMAP = GROUP + MAILBOX
RULE = GROUP + '[regions.siberia]\nname = "Siberia"\n[[rules]]\nname = "one"\ngroup = "first"\n'


def complaint(text: str, tmp_path: Path, **environ: str) -> str:
    """What is said about a file, without its name."""
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError) as caught:
        package.read(text, path, environ=environ)
    assert caught.value.exit_code == 2
    assert caught.value.hint
    told = caught.value.message
    assert told.startswith(str(path))
    return told.removeprefix(str(path)).removeprefix(": ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            IMAP.replace("user =", "potr = 1\nuser =", 1),
            'mailboxes.support.imap.potr: unknown key; did you mean "port"?',
        ),
        (GROUP + "[borad]\n", 'borad: unknown key; did you mean "board"?'),
        (GROUP + "[log]\nzzz = 1", "log.zzz: unknown key; allowed here: level."),
        (
            GROUP + 'path = "x"',
            (
                "groups.first.path: unknown key; allowed here: name, line, signature, hours, reopen, reopen_days, "
                "same_company, robot."
            ),
        ),
        ('path = "x"\n' + GROUP, "path: unknown key."),
        ("", "groups: a desk needs at least one group, such as [groups.first] with a name."),
        ("[groups]", "groups: a desk needs at least one group, such as [groups.first] with a name."),
        ("[groups.first]\n", "groups.first.name: is missing; needed is text in quotes, not empty."),
        (GROUP + "line = 4", "groups.first.line: found 4; allowed is a whole number from 1 to 3."),
        (GROUP + 'line = "1"', 'groups.first.line: found "1"; allowed is a whole number from 1 to 3.'),
        (GROUP + "line = true", "groups.first.line: found true; allowed is a whole number from 1 to 3."),
        (
            '[groups."First line"]\nname = "x"\n' + GROUP,
            (
                'groups.First line: the name "First line" cannot be used; allowed are small '
                "Latin letters, digits, _ and -."
            ),
        ),
        (
            '[desk]\nlanguage = "rus"\n' + GROUP,
            'desk.language: found "rus"; allowed is one of "auto", "en", "ru"; did you mean "ru"?',
        ),
        ("desk = 1\n" + GROUP, "desk: found 1; allowed is a section of its own."),
        ("groups = 1\n", "groups: found 1; allowed is named sections, such as [groups.first] or [[rules]]."),
        ("[desk]\nname = []\n" + GROUP, "desk.name: found a list; allowed is text in quotes, not empty."),
        (
            '[desk]\ndefault_group = "frist"\n' + GROUP,
            'desk.default_group: there is no group "frist"; did you mean "first"?',
        ),
        (
            '[desk]\ndefault_group = "north"\n' + GROUP,
            'desk.default_group: there is no group "north"; there are "first".',
        ),
        (
            '[desk]\ndatabase = "sqlite://"\n' + GROUP,
            (
                'desk.database: found "sqlite://"; allowed is a file, such as "sqlite:///glazok.db" or '
                '"sqlite:////srv/desk/glazok.db", or a PostgreSQL database, such as '
                '"postgresql://desk@db.example.com/glazok".'
            ),
        ),
        (
            '[desk]\ndatabase = "postgresql://desk:topsecret@db.example.com/glazok"\n' + GROUP,
            (
                'desk.database: found "postgresql://desk:***@db.example.com/glazok"; it holds a password, which would '
                "be shown with it; move that to database_password_file."
            ),
        ),
        (
            '[desk]\ndatabase = "postgresql://desk@db.example.com/"\n' + GROUP,
            (
                'desk.database: found "postgresql://desk@db.example.com/"; the name of the database is missing; write '
                '"postgresql://user@host:port/name".'
            ),
        ),
        (
            GROUP + "[console]\nlabels = 1",
            "console.labels: found 1; allowed is true or false, without quotes.",
        ),
        (
            GROUP + '[board.age]\nnew = ["soon", "1h"]',
            (
                'board.age.new: found a list; "soon" does not fit: allowed is a duration such as "90s", "15m", "2h", '
                '"3d", or whole seconds.'
            ),
        ),
        (
            GROUP + '[board.age]\nnew = ["2h", "1h"]',
            "board.age.new: found a list; the first of the two durations has to be the shorter one.",
        ),
        (
            GROUP + '[board.age]\nnew = "2h"',
            'board.age.new: found "2h"; allowed is a list of two durations, such as ["15m", "30m"].',
        ),
        (
            GROUP + '[presence]\nlisten = "8765"',
            'presence.listen: found "8765"; allowed is host:port, such as "127.0.0.1:8765" or "[::1]:8765".',
        ),
        (
            GROUP + '[presence]\nurl = "ws://desk.example.com/"',
            (
                'presence.url: found "ws://desk.example.com/"; tokens leave this machine only over TLS; '
                "allowed is wss:// here."
            ),
        ),
        (
            GROUP + '[presence]\nurl = "ws://["',
            'presence.url: found "ws://["; allowed is a WebSocket address, such as "ws://127.0.0.1:8765/".',
        ),
        (
            GROUP + '[presence]\nurl = "http://127.0.0.1/"',
            (
                'presence.url: found "http://127.0.0.1/"; allowed is a WebSocket address, such '
                'as "ws://127.0.0.1:8765/".'
            ),
        ),
    ],
)
def test_a_mistake_in_a_key(text: str, sentence: str, tmp_path: Path) -> None:
    assert complaint(text, tmp_path) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            RULE.replace('"first"\n', '"frist"\n'),
            'rules[1 "one"].group: there is no group "frist"; did you mean "first"?',
        ),
        (
            RULE + 'region = "sibria"',
            'rules[1 "one"].region: there is no region "sibria"; did you mean "siberia"?',
        ),
        (RULE + 'mailbox = "support"', 'rules[1 "one"].mailbox: there is no mailbox "support".'),
        (
            RULE + 'subject = "((a)"',
            (
                'rules[1 "one"].subject: found "((a)"; not a regular expression: missing ), '
                "unterminated subpattern at "
                "character 1."
            ),
        ),
        (
            RULE + 'header = { X-Form = "[" }',
            (
                'rules[1 "one"].header: found a section; not a regular expression: unterminated '
                "character set at "
                "character 1."
            ),
        ),
        (
            RULE + 'channel = "fax"',
            'rules[1 "one"].channel[1]: found "fax"; allowed is one of "mail", "form".',
        ),
        (
            RULE + 'domain = "*@a.example"',
            (
                'rules[1 "one"].domain: found "*@a.example"; allowed is a domain, such as '
                '"example.com"; `sender` takes patterns.'
            ),
        ),
        (
            RULE + 'region = "siberia"\n[[rules]]\nname = "one"\ngroup = "first"\n',
            'rules[2 "one"].name: rule 1 has this name already; names are unique.',
        ),
        (
            RULE + '[[rules]]\nname = "two"\ngroup = "first"\nsubject = "x"\n',
            (
                'rules[1 "one"]: without a condition it catches all, and the rules after it '
                "never fire; make it last."
            ),
        ),
        (
            RULE.replace('"one"', '"default"'),
            (
                'rules[1 "default"].name: "default" is how tickets are marked that no rule '
                "caught; use another name."
            ),
        ),
        (
            GROUP + '[regions.a]\nname = "North"\n[regions.b]\nname = "B"\nwords = ["NORTH "]',
            'regions.b: the word "NORTH " already means the region "a"; a word means one region.',
        ),
        (
            IMAP + MAILBOX.replace("support", "sales").replace("sales@", "SUPPORT@"),
            'mailboxes.sales.address: "SUPPORT@example.com" is the address of the mailbox "support" already.',
        ),
        (
            IMAP.replace("support@example.com", "support"),
            (
                'mailboxes.support.address: found "support"; allowed is an address such as '
                "support@example.com, which "
                "nobody else here has."
            ),
        ),
        (
            IMAP.replace('"imap.example.com"', '"imap.example.com"\nsecurity = "plain"'),
            (
                'mailboxes.support.imap.security: found "plain" for "imap.example.com"; it '
                "sends password and letters "
                'unprotected, allowed on this machine only (127.0.0.1, ::1, localhost); use "tls".'
            ),
        ),
        (
            IMAP.replace('password_file = "support.password"', ""),
            "mailboxes.support.imap.password: is missing; give one of password, password_file, password_env.",
        ),
        (
            IMAP.replace('"support.password"', '"support.password"\npassword_env = "X"'),
            (
                "mailboxes.support.imap.password: given more than once (password_file, "
                "password_env); keep one of them."
            ),
        ),
        (
            IMAP.replace('"support.password"', '""'),
            "mailboxes.support.imap.password_file: allowed is text in quotes, not empty.",
        ),
        (
            IMAP.replace('password_file = "support.password"', 'auth = "xoauth2"'),
            'mailboxes.support.imap.token_command: is missing, and auth = "xoauth2" needs it.',
        ),
        (
            IMAP.replace('"support.password"', '"support.password"\nauth = "xoauth2"\ntoken_command = "t"'),
            'mailboxes.support.imap.password: is not used with auth = "xoauth2"; keep one of both.',
        ),
        (
            IMAP.replace('"support.password"', '"support.password"\ntoken_command = "t"'),
            'mailboxes.support.imap.token_command: is used with auth = "xoauth2" only.',
        ),
        (
            GROUP
            + '[mailboxes.support]\naddress = "a@example.com"\n'
            + MAILBOX[MAILBOX.index("[mailboxes.support.smtp") :],
            "mailboxes.support.imap: is missing; needed is a section of its own.",
        ),
    ],
)
def test_a_mistake_between_keys(text: str, sentence: str, tmp_path: Path) -> None:
    assert complaint(text, tmp_path) == sentence


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_plain_is_allowed_on_this_machine(host: str, tmp_path: Path) -> None:
    text = IMAP.replace('"imap.example.com"', f'"{host}"\nsecurity = "plain"')
    package.read(text, tmp_path / "config.toml")


def test_every_mistake_is_told_in_a_line_of_its_own(tmp_path: Path) -> None:
    text = '[desk]\nnmae = "x"\ndefault_group = "second"\n' + GROUP + "line = 9\n[log]\nlevel = 3\n"
    assert complaint(text, tmp_path).splitlines() == [
        " has 4 mistakes:",
        '  desk.nmae: unknown key; did you mean "name"?',
        '  desk.default_group: there is no group "second"; there are "first"',
        "  groups.first.line: found 9; allowed is a whole number from 1 to 3",
        '  log.level: found 3; allowed is one of "debug", "info", "warning", "error"',
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[desk]\nname = Support\n", ", line 2, column 8: this value cannot be read; text needs quotes."),
        ('[desk]\nname = "Support\n', ", line 2, column 16: a quote is not closed."),
        ("[desk]\nname\n", ', line 2, column 5: a "=" is expected after the key.'),
        ("[desk\n", ', line 1, column 6: the section\'s "]" is missing.'),
        ("[desk]\nname = 'a'\nname = 'b'\n", ", line 3, column 11: this key is given twice."),
        ("[desk]\n[desk]\n", ", line 2, column 6: this section is given twice."),
        ('[desk]\nname = "a" b', ", line 2, column 12: something after the value does not belong there."),
        ("[desk]\n=1", ", line 2, column 1: neither a key nor a [section] stands here."),
        ("[log]\nlevel = [\n", ", line 2, column 10: this value cannot be read; text needs quotes."),
    ],
)
def test_broken_toml_is_told_by_line_and_column(text: str, sentence: str, tmp_path: Path) -> None:
    assert complaint(text, tmp_path) == sentence


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    text = '[desk]\nsecret = "hunter2"\ndatabase = "postgresql://desk:hunter2@db/desk"\n' + IMAP.replace(
        'password_file = "support.password"', 'password = "hunter2"\npassword_env = "X"\nport = "x"'
    )
    told = complaint(text, tmp_path)
    assert "desk.secret: too short" in told
    assert "hunter2" not in told


def test_a_value_from_the_environment_says_so(tmp_path: Path) -> None:
    told = complaint(GROUP, tmp_path, GLAZOK_LOG_LEVEL="loud")
    assert told.startswith('log.level ($GLAZOK_LOG_LEVEL): found "loud"; allowed is one of')


def test_a_mistyped_variable_is_told(tmp_path: Path) -> None:
    told = complaint(GROUP, tmp_path, GLAZOK_DESK_NMAE="x", GLAZOK_UNRELATED="x")
    assert told == 'the environment variable "GLAZOK_DESK_NMAE" fits no key; did you mean "GLAZOK_DESK_NAME"?'


def test_two_variables_for_one_secret_are_told(tmp_path: Path) -> None:
    secret = "0123456789abcdef"
    told = complaint(GROUP, tmp_path, GLAZOK_SECRET=secret, GLAZOK_DESK_SECRET=secret)
    assert told.startswith("desk.secret ($GLAZOK_SECRET): set by $GLAZOK_DESK_SECRET and by $GLAZOK_SECRET")


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("[desk]\nname = 'Поддержка'".encode("koi8-r"))
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(byte 16\)"):
        package.load(path)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GROUP.replace("\n", "\r\n").encode())
    assert package.load(path).groups["first"].name == "First"


def test_a_mistyped_section_is_said_before_what_is_missing_without_it(tmp_path: Path) -> None:
    told = complaint('[gruops.first]\nname = "First"\n[[rules]]\ngroup = "north"\n', tmp_path).splitlines()
    assert told[1] == '  gruops: unknown key; did you mean "groups"?'
    assert len(told) > 2


@pytest.mark.parametrize("pair", ['["15x", "30m"]', '["5m", "15x"]'])
def test_of_two_durations_the_wrong_one_is_named(pair: str, tmp_path: Path) -> None:
    told = complaint(GROUP + f"[board.age]\nnew = {pair}", tmp_path)
    assert '"15x" does not fit' in told
    assert '"30m" does not' not in told
