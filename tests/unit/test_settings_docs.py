"""Every key is explained: in the models, in the example, and in docs/configuration.md with its default."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_origin

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from core import settings as package
from core.settings import models
from core.settings.robot import GroupRobotSettings, RobotSettings
from core.settings.secret import Secret
from core.settings.shape import fields_of, section_in

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text("utf-8")
DOCS = (ROOT / "docs" / "configuration.md").read_text("utf-8")


def keys(
    model: type[BaseModel] = models.Settings, at: str = ""
) -> Iterator[tuple[str, type[BaseModel], str]]:
    """Every key of a file as (dotted path, model, name); `KEY` stands for a name of the user's choice."""
    for name, field in fields_of(model).items():
        inner, named = section_in(field.annotation)
        path = f"{at}.{name}".lstrip(".")
        if inner is None or path == "groups.KEY.robot":  # its keys are those of [robot]
            yield path, model, name
        elif get_origin(field.annotation) is list:
            yield from keys(inner, path)
        else:
            yield from keys(inner, f"{path}.KEY" if named else path)


KEYS = list(keys())


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The text under each attribute of a class, its bases included."""
    found: dict[str, str] = {}
    for parent in reversed(model.__mro__):
        if not parent.__module__.startswith("core.settings"):
            continue
        body = ast.parse(inspect.getsource(parent)).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, after in zip(body.body, body.body[1:], strict=False):
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
                found[field.target.id] = str(after.value.value)  # type: ignore[attr-defined]
    return found


def shown(value: Any) -> str:
    """A default as the file would say it."""
    match value:
        case None:
            return ""
        case timedelta():
            return f'"{in_short(value)}"'
        case BaseModel():
            return "{}"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple() if value and isinstance(value[0], timedelta):
            return "[" + ", ".join(f'"{in_short(one)}"' for one in value) + "]"
        case tuple():
            return "[" + ", ".join(map(shown, value)) + "]"
        case dict():
            return "{}"
        case Secret():
            return ""
    return str(value)


def in_short(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for unit, size in {"d": 86400, "h": 3600, "m": 60}.items():
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def row(path: str, model: type[BaseModel], name: str) -> str:
    """The line of docs/configuration.md that a key has to have."""
    field = fields_of(model)[name]
    attribute = next(one for one, other in model.model_fields.items() if other is field)
    default = field.get_default(call_default_factory=True)
    told = "**needed**" if default is PydanticUndefined else f"`{shown(default)}`" if shown(default) else ""
    return f"| `{path}` | {told} | {docstrings(model)[attribute]} |"


@pytest.mark.parametrize(("path", "model", "name"), KEYS, ids=[path for path, _model, _name in KEYS])
def test_every_key_has_a_line_in_the_documentation(path: str, model: type[BaseModel], name: str) -> None:
    assert row(path, model, name) in DOCS.splitlines()


def test_a_group_may_change_every_scenario_of_the_robot() -> None:
    mine, all_of_them = fields_of(GroupRobotSettings), fields_of(RobotSettings)
    assert set(all_of_them) - set(mine) == {"name", "moves_ball"}
    assert all(mine[name].annotation is all_of_them[name].annotation for name in mine)


def test_the_documentation_explains_no_key_that_is_gone() -> None:
    explained = re.findall(r"^\| `([a-z_.KEY]+)` \|", DOCS, re.MULTILINE)
    assert sorted(explained) == sorted(path for path, _model, _name in KEYS)


@pytest.mark.parametrize(("path", "model", "name"), KEYS, ids=[path for path, _model, _name in KEYS])
def test_every_key_stands_in_the_example_with_a_comment(path: str, model: type[BaseModel], name: str) -> None:
    parents = path.rpartition(".")[0].split(".")
    section, lines = "", EXAMPLE.splitlines()
    for number, line in enumerate(lines):
        if header := re.match(r"#?\[+([a-z._]+)\]+$", line):
            section = header[1]
        here = section.split(".")
        same = len(here) == len(parents) and all(b in (a, "KEY") for a, b in zip(here, parents, strict=True))
        if same and re.match(rf"#?{name} = ", line):
            before = next(text for text in reversed(lines[:number]) if not re.match(r"#?[a-z_]+ = ", text))
            assert before.startswith("# ")
            return
    pytest.fail(f"{path} is not in config.example.toml")


def test_the_example_works_as_it_is(tmp_path: Path) -> None:
    found = package.read(EXAMPLE, tmp_path / "config.toml")
    assert list(found.groups) == ["first"]
    assert not found.mailboxes


def test_the_example_works_with_everything_switched_on(tmp_path: Path) -> None:
    everything = re.sub(r"^#(?=[\[a-z])", "", EXAMPLE, flags=re.MULTILINE)
    twice = r"^(secret|secret_env|(database_)?password|(database_)?password_env|token_command) = .*$"
    once = re.sub(twice, "", everything, flags=re.MULTILINE)
    assert len(tomllib.loads(once)["rules"]) == 1
    found = package.read(once, tmp_path / "config.toml")
    assert found.mailboxes["support"].imap.password.source == str(tmp_path / "support.password")
    assert found.routing_rules[0].header == (("X-Form", "^site-"),)


def test_what_the_example_shows_is_the_default(tmp_path: Path) -> None:
    shortest = package.read('[groups.first]\nname = "First line"', tmp_path / "config.toml")
    assert package.read(EXAMPLE, tmp_path / "config.toml") == shortest
