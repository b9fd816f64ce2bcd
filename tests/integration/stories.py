"""A desk that is played on the command line alone, with a clock that each command is given.

Only letters come another way, the bridge's: nobody types them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from core.domain.letters import Letter
from core.domain.permissions import Role
from core.services import agents, outbox
from core.services.desk import Desk
from core.services.intake import Taken
from core.services.models.outbox import Delivery
from core.settings import read
from tests import builders

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""

HEADS = {"dora": {"south": Role.SUPERVISOR}, "fedor": {"first": Role.SUPERVISOR}}
"""Supervisors beside nadia, who heads north."""


class Story:
    """A rehearsal desk, what time it is there, and a command line."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, toml: str = "") -> None:
        self.folder, self._environment, self._capfd = folder, monkeypatch, capfd
        self.now = NOON
        with closing(builders.make_desk(folder, toml=toml)) as desk:
            for login, roles in HEADS.items():
                agents.add(desk, login, login.title(), f"{login}@desk.example", groups=roles)
        self.configure(toml)

    def configure(self, toml: str = "", mailbox: str | None = None) -> None:
        """Another configuration, from the next command on."""
        builders.make_settings(self.folder, toml=toml, mailbox=mailbox)
        path = self.folder / "config.toml"
        path.write_text(path.read_text("utf-8").replace("[desk]\n", "[desk]\nrehearsal = true\n", 1), "utf-8")

    def at(self, **after_noon: float) -> Story:
        """What time it is: so long after noon of the first day."""
        self.now = NOON + timedelta(**after_noon)
        return self

    def desk(self) -> Desk:
        """The desk itself, at the story's time. Close it."""
        path = self.folder / "config.toml"
        self._environment.setenv("GLAZOK_NOW", self.now.isoformat())
        return Desk.open(read(path.read_text("utf-8"), path))

    def run(self, *words: str, by: str = "") -> tuple[int, str, str]:
        """A command line at the story's time; returns exit code, stdout and stderr."""
        who = ("--as", by) if by else ()
        self._environment.setenv("GLAZOK_NOW", self.now.isoformat())
        self._capfd.readouterr()
        code = main([*words, *who, "--config", str(self.folder / "config.toml")])
        return code, *self._capfd.readouterr()

    def do(self, *words: str, by: str = "anna") -> Any:
        """A command that has to succeed; returns its JSON."""
        code, out, err = self.run(*words, "--json", by=by)
        assert code == 0, err
        return json.loads(out)

    def refused(self, *words: str, by: str = "anna") -> tuple[int, str]:
        """A command that has to be refused; returns the exit code and the sentence."""
        code, _out, err = self.run(*words, "--json", by=by)
        assert code != 0
        return code, json.loads(err)["error"]

    def letter(self, letter: Letter | None = None, **fields: Any) -> Taken:
        """A client's letter comes in, by default a new one from Siberia, whose tickets are north's."""
        with closing(self.desk()) as desk:
            return builders.arrive(desk, letter or builders.letter(**{"region": "Siberia", **fields}))

    def ticket(self, **fields: Any) -> int:
        """The number of the ticket that a new letter opens."""
        taken = self.letter(**fields)
        assert (taken.outcome, taken.ticket_id is None) == ("opened", False)
        return taken.ticket_id or 0

    def answer(self, ticket: int, words: str = "Всё ещё не работает.") -> Taken:
        """The client answers our latest letter on a ticket."""
        with closing(self.desk()) as desk:
            return builders.arrive(desk, builders.answer_to(desk, ticket, words))

    def reply(self, ticket: int, by: str = "anna", *more: str) -> Any:
        """An agent answers the client, having read everything."""
        seen = str(self.show(ticket)["last_event"])
        return self.do("ticket", "reply", str(ticket), "--seen", seen, "--text", "Проверьте.", *more, by=by)

    def robot(self) -> list[str]:
        """One pass of the robot; returns what it did: `scenario #ticket`, or `scenario #ticket outcome`."""
        return _acts(self.do("robot", "--once", by=""))

    def would(self) -> list[str]:
        """What the robot says that it would do."""
        return _acts(self.do("robot", "--dry-run", by=""))

    def show(self, ticket: int, by: str = "root") -> Any:
        """A ticket, as an admin sees it."""
        return self.do("ticket", "show", str(ticket), by=by)

    def where(self, ticket: int) -> tuple[str, str, str]:
        """Status, group, and the owner's login."""
        found = self.show(ticket)
        return found["status"], found["group"], found["owner"]

    def notes(self, ticket: int) -> list[str]:
        """The notes on a ticket, oldest first."""
        messages = [item["message"] for item in self.show(ticket)["timeline"]]
        return [one["body"] for one in messages if one and one["kind"] == "note"]

    def notices(self, by: str) -> list[str]:
        """An agent's notices, oldest first, as `kind #ticket`."""
        found = self.do("notice", "list", by=by)
        return [f"{one['kind']} #{one['ticket_id']}" for one in reversed(found)]

    def told(self, by: str, kind: str) -> list[str]:
        """The words of an agent's notices of a kind."""
        return [one["text"] for one in self.do("notice", "list", by=by) if one["kind"] == kind]

    def staff_letters(self) -> Mapping[str, list[str]]:
        """Bodies of the letters to the staff that are due, by address; they are taken as sent."""
        found: dict[str, list[str]] = {}
        with closing(self.desk()) as desk:
            for item in outbox.due(desk, "post", 100):
                if not item.ticket_id:
                    for address in item.recipients:
                        found.setdefault(address, []).append(item.letter.body_text)
                outbox.finish(
                    desk, item.id, {to: Delivery("sent", 250, "ok") for to in item.recipients}, "post"
                )
        return found


def _acts(acted: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['scenario']} #{one['ticket_id']}"
        + ("" if one["outcome"] in ("acted", "would") else f" {one['outcome']}")
        for one in acted
    ]


def numbers_in(text: str) -> list[int]:
    """The numbers that a sentence names."""
    return [int(found) for found in re.findall(r"\d+", text)]
