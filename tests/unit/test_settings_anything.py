"""Whatever stands in the file or the environment: settings, or one error in plain words, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core import settings as package
from core.errors import ConfigError
from core.settings.environment import variable
from core.settings.reader import read_tables
from core.settings.shape import leaves

WHOLE: dict[str, Any] = {
    "desk": {"name": "Desk", "secret": "0123456789abcdef"},
    "presence": {"listen": "127.0.0.1:0"},
    "groups": {
        "first": {"name": "First"},
        "second": {
            "name": "Second",
            "line": 2,
            "hours": "office",
            "reopen": {"mail": "never"},
            "robot": {"ask": {"enabled": False}},
        },
    },
    "regions": {"siberia": {"name": "Siberia", "words": ["Сибирь"]}},
    "rules": [
        {"name": "one", "group": "second", "region": "siberia", "header": {"X": "y"}},
        {"name": "two", "group": "first", "subject": ["a", "b"]},
    ],
    "mailboxes": {
        "support": {
            "address": "support@example.com",
            "imap": {"host": "localhost", "security": "plain", "user": "x", "password_env": "X"},
            "smtp": {"host": "localhost", "security": "plain"},
        }
    },
    "robot": {"unaccepted": {"after": "45m", "tell": ["group"]}},
    "calendars": {"office": {"zone": "Europe/Moscow", "monday": ["09:00-13:00"], "holidays": ["2026-01-01"]}},
    "statuses": {"vendor": {"kind": "waiting", "name": "Vendor", "moves": ["solved"]}},
    "processes": {"hardware": {"statuses": ["vendor"], "without": ["waiting"]}},
    "templates": {"vm": {"name": "VM", "process": "hardware", "group": "first"}},
    "scenarios": [
        {
            "name": "slow",
            "when": {"status": "vendor", "for": "2d"},
            "if": {"owner": "none", "group": ["first"], "subject": "a"},
            "then": [{"notify": "owner", "text": "{minutes}"}, {"pass": "second"}],
        }
    ],
    "board": {"age": {"new": ["1m", "2m"]}},
    "console": {"labels": False},
    "log": {"level": "debug"},
}
PATH = Path("/srv/desk/config.toml")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just(date(2026, 1, 1))
    | st.sampled_from(["first", "support", "((", "ws://[", "1m", "plain", "sqlite:///", "a@b", "::1"])
)
LISTS = st.lists(SCALARS, max_size=3)
TABLES = st.dictionaries(st.text(max_size=5), SCALARS | LISTS, max_size=3)
VALUES = SCALARS | LISTS | TABLES | st.lists(TABLES, max_size=2)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the tables."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*at, key)
        yield from places(value[key], (*at, key))


PLACES = list(places(WHOLE))


def test_the_whole_is_sound() -> None:
    assert read_tables(deepcopy(WHOLE), PATH, {}).rules[0].region == ("siberia",)


@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=4))
@settings(max_examples=300)
def test_any_value_in_any_place_is_taken_or_told(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    tables = deepcopy(WHOLE)
    for place, value in changes:
        here: Any = tables
        with suppress(KeyError, IndexError, TypeError):  # an earlier change may have taken the place away
            for key in place[:-1]:
                here = here[key]
            here[place[-1]] = deepcopy(value)
    with suppress(ConfigError):
        read_tables(tables, PATH, {})


@given(
    st.dictionaries(
        st.sampled_from([variable(leaf) for leaf in leaves(WHOLE)]), st.text(max_size=12), max_size=3
    )
)
def test_any_environment_is_taken_or_told(environ: dict[str, str]) -> None:
    with suppress(ConfigError):
        read_tables(deepcopy(WHOLE), PATH, environ)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_taken_or_told(text: str) -> None:
    with suppress(ConfigError):
        package.read(text, PATH)
