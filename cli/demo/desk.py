"""The folder of a sample desk: configuration, secret, database, staff; and the stories written into it."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.demo import cast
from cli.demo.cast import GROUPS, PLACES, STAFF, Member
from cli.demo.stories import Ending, Plan, Storyteller, draw_plan
from core.clock import now
from core.domain.permissions import Role
from core.errors import Conflict, Unavailable
from core.i18n import _
from core.names import system_words
from core.paths import CONFIG

if TYPE_CHECKING:
    from core.services.desk import Desk
    from core.services.histories import Client, History
    from core.settings import Settings

OPEN_ENDINGS: tuple[tuple[Ending, float], ...] = (("new", 20), ("needs_reply", 35), ("waiting", 45))
DONE_ENDINGS: tuple[tuple[Ending, float], ...] = (("solved", 25), ("closed", 75))
POLL_SECONDS = 2
CLIENTS_PER_TICKET = 0.3
"""Clients come back: so many different ones for each ticket."""
FEWEST_CLIENTS = 80
TICKETS_PER_AGENT = 2500
MOST_AGENTS = 60


@dataclass(frozen=True, slots=True)
class MailServers:
    """Where the sample desk's mail is; port 1 where there are no servers."""

    host: str = "127.0.0.1"
    imap_port: int = 1
    smtp_port: int = 1
    password: str = "demo"  # noqa: S105  (an account that exists on loopback, or nowhere)


def make_desk(
    folder: Path, language: str, *, presence_port: int = 8765, mail: MailServers | None = None
) -> Settings:
    """Write configuration and secret into a folder and make the database with its staff.

    Raises Conflict where a desk is there already, Unavailable where the folder cannot be written.
    """
    from core import settings as configuration
    from core.services import setup

    path = folder / CONFIG
    if path.exists():
        raise Conflict(
            _("{config} exists already; nothing was changed.").format(config=path),
            hint=_(
                "Choose another folder with --dir, or look at that desk with: glazok doctor --config {config}"
            ).format(config=path),
        )
    text = config_text(language, presence_port, mail or MailServers())
    settings = configuration.read(text, path)
    before = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "secret.key").write_text(secrets.token_hex(32) + "\n", "utf-8")
        settings.blobs_folder.mkdir(exist_ok=True)
        setup.upgrade(settings)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Unavailable(
            _("The desk cannot be made in {folder}: {why}.").format(folder=folder, why=system_words(error)),
            hint=_("Choose a folder that you may write to with --dir DIRECTORY."),
        ) from error
    finally:
        os.umask(before)
    return settings


def config_text(language: str, presence_port: int, mail: MailServers) -> str:
    """The configuration of the sample desk: three groups, six regions, two mailboxes."""
    russian = language == "ru"
    brand = "Сарма Облако" if russian else "Sarma Cloud"
    lines = [
        "# A sample desk, made by `glazok demo`. config.example.toml explains every key.",
        "[desk]", f'name = "{brand}"', f'language = "{language}"', 'secret_file = "secret.key"',
        f'default_group = "{cast.WEST}"',
        "", "[presence]", f'listen = "127.0.0.1:{presence_port}"',
    ]  # fmt: skip
    for key, line, ru, en in GROUPS:
        lines += ["", f"[groups.{key}]", f'name = "{ru if russian else en}"', f"line = {line}"]
    for place in PLACES:
        lines += ["", f"[regions.{place.key}]", f'name = "{place.ru if russian else place.en}"']
        lines += [f'words = ["{place.ru}", "{place.en}"]']
    lines += ["", "[[rules]]", 'name = "moves"', f'group = "{cast.EXPERTS}"', 'priority = "high"']
    lines += ['subject = ["переезд \\\\d+ серверов", "moving \\\\d+ servers"]']
    for place in PLACES:
        lines += [
            "",
            "[[rules]]",
            f'name = "{place.key}"',
            f'region = "{place.key}"',
            f'group = "{place.group}"',
        ]
    for key, address in (("support", cast.SUPPORT), ("billing", cast.BILLING)):
        lines += ["", f"[mailboxes.{key}]", f'address = "{address}"', f'name = "{brand}"']
        # pymap tells whoever idles only of letters that come later than IDLE, so the poll has to be quick.
        lines += [f"poll_seconds = {POLL_SECONDS}"]
        lines += [f"[mailboxes.{key}.imap]", f'host = "{mail.host}"', f"port = {mail.imap_port}"]
        lines += ['security = "plain"', f'user = "{address}"', f'password = "{mail.password}"']
        lines += [f"[mailboxes.{key}.smtp]", f'host = "{mail.host}"', f"port = {mail.smtp_port}"]
        lines += ['security = "plain"']
    return "\n".join(lines) + "\n"


def hire(desk: Desk, language: str, staff: Sequence[Member]) -> None:
    """Add the staff."""
    from core.services import agents

    for member in staff:
        email = f"{member.login}@{cast.DOMAIN}"
        agents.add(desk, member.login, member.name(language), email, groups=dict(member.roles))


def more_staff(rng: random.Random, tickets: int, language: str) -> tuple[Member, ...]:
    """The cast, and as many others as a desk of that size needs."""
    wanted = min(tickets // TICKETS_PER_AGENT, MOST_AGENTS)
    logins = {member.login for member in STAFF}
    others: list[Member] = []
    while len(others) < wanted:
        person = cast.make_client(rng, language)
        login = cast.latin(person.name)[:24]
        if login in logins:
            continue
        logins.add(login)
        groups = rng.sample([key for key, *_rest in GROUPS], rng.choice((1, 1, 2)))
        others.append(Member(login, person.name, person.name, tuple((key, Role.AGENT) for key in groups)))
    return (*STAFF, *others)


def storyteller(desk: Desk) -> Storyteller:
    """Somebody who knows the desk's groups and who answers there."""
    from core.services import agents, identity

    directory = identity.directory(desk)
    groups = {group.key: group.id for group in directory.groups.values()}
    by_login = {agent.login: agent for agent in directory.agents.values()}
    answering = {
        found.group.key: [(by_login[login].id, by_login[login].name) for login in found.agents]
        for found in agents.groups(desk)
    }
    return Storyteller(desk.settings, groups, answering, now())


def fill(desk: Desk, tickets: int, messages: float, seed: int, open_share: float = 0.6) -> int:
    """Write so many stories into a desk, oldest first; returns how many. A seed always tells the same."""
    from core.services import bulk

    rng = random.Random(f"plans {seed}")
    plans = sorted(
        (_plan(rng, messages, open_share) for _number in range(tickets)), key=lambda plan: -plan.start
    )
    count = max(min(tickets, FEWEST_CLIENTS), int(tickets * CLIENTS_PER_TICKET))
    clients = client_pool(rng, count, desk.settings.desk.language)
    return bulk.write(desk, _told(storyteller(desk), random.Random(f"words {seed}"), plans, clients))


def client_pool(rng: random.Random, count: int, language: str) -> list[Client]:
    """So many clients, each with an address of their own."""
    found: dict[str, Client] = {}
    while len(found) < count:
        client = cast.make_client(rng, language)
        if client.email in found:
            local, _at, domain = client.email.partition("@")
            client = replace(client, email=f"{local}{rng.randint(2, 9999)}@{domain}")
        found.setdefault(client.email, client)
    return list(found.values())


def _plan(rng: random.Random, messages: float, open_share: float) -> Plan:
    endings = OPEN_ENDINGS if rng.random() < open_share else DONE_ENDINGS
    ending = rng.choices([name for name, _weight in endings], [weight for _name, weight in endings])[0]
    return draw_plan(rng, ending, messages)


def _told(
    teller: Storyteller, rng: random.Random, plans: Sequence[Plan], clients: Sequence[Client]
) -> Iterator[History]:
    for plan in plans:
        yield teller.tell(rng, plan, rng.choice(clients))


def prepare(
    folder: Path, language: str, tickets: int, messages: float, seed: int, open_share: float
) -> Settings:
    """A desk of a size, ready to be opened; without mail servers."""
    from core.services.desk import Desk

    settings = make_desk(folder, language)
    with closing(Desk.open(settings)) as desk:
        hire(desk, language, more_staff(random.Random(f"staff {seed}"), tickets, language))
        fill(desk, tickets, messages, seed, open_share)
    return settings
