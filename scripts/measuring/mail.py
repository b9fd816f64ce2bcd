"""Letters ingested by `glazok bridge --once`, beside a loop that only fetches, parses and inserts."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

from measuring import desks
from measuring.figures import Figure, Section
from measuring.letters import letters
from measuring.processes import Cost, glazok, run, script
from measuring.terminal import DidNotWork
from tests.servers import dovecot
from tests.servers.tls import make_ca


def section(folder: Path, *counts: int) -> Section:
    """As many passes as `counts` over a growing mailbox: so many letters into an empty desk, then so many more each.

    What an empty pass costs (starting Python, logging in) is taken off both programs.
    """
    stages = [count for count in counts if count]
    result = Section(
        f"Ingest of {', then '.join(f'{count:,}' for count in stages)} letters from Dovecot into SQLite",
        "imaplib in ranges of 200, email.policy.default, plain inserts, in a process of its own",
    )
    if why := dovecot.why_not():
        result.trouble, result.skipped = why, True
        return result
    folder.mkdir(parents=True)
    (folder / "tls").mkdir()
    with dovecot.running(make_ca(folder / "tls")) as server:
        box = server.mailbox("support")
        config = desks.mail_desk(folder / "desk", server.imap_port, box.user, box.password)
        writing = letters(sum(stages), box.address)
        ours, floor = [], []
        low = 1
        for count in (0, *stages):
            box.deliver_all(islice(writing, count))
            floor.append(_floor(server.imap_port, box, low, folder / "floor.db", count))
            ours.append(_bridge(config, folder / "log", count))
            low += count
    first: tuple[Cost, Cost] | None = None
    for mine, least, count in zip(ours[1:], floor[1:], stages, strict=True):
        name = f"{count:,} {'more' if first else 'letters'}"
        net = _net(mine, ours[0], count), _net(least, floor[0], count)
        result.figures += _figures(name, *net)
        result.figures.append(Figure(f"{name}: peak memory of all processes", mine.peak, "MB", least.peak))
        if first is not None:
            grown, beside = net[0].cpu / first[0].cpu, net[1].cpu / first[1].cpu
            result.figures.append(
                Figure(f"{name}: CPU for a letter, over the first ones", grown, "", beside, goal=1.1)
            )
        first = first or net
    return result


def _figures(name: str, mine: Cost, least: Cost) -> list[Figure]:
    return [
        Figure(f"{name}: CPU for a letter", 1000 * mine.cpu, "ms", 1000 * least.cpu, goal=1.5, of_ratio=True),
        Figure(f"{name}: time for a letter", 1000 * mine.wall, "ms", 1000 * least.wall),
        Figure(f"{name}: letters a second", 1 / mine.wall, "", 1 / least.wall),
    ]


def _net(cost: Cost, empty: Cost, count: int) -> Cost:
    return Cost((cost.wall - empty.wall) / count, (cost.cpu - empty.cpu) / count, "", 0)


def _bridge(config: Path, log: Path, count: int) -> Cost:
    done = run(glazok("bridge", "--once", "--json", "--config", str(config)), errors=log)
    if done.status:
        raise DidNotWork(f"glazok bridge --once ended with {done.status}: {log.read_text('utf-8')[-1000:]}")
    report = json.loads(done.output)["mailboxes"]["support"]
    filed = sum(number for outcome, number in report["outcomes"].items() if outcome != "failed")
    if filed != count:
        raise DidNotWork(f"the bridge filed {filed} of {count} letters: {report['outcomes']}")
    return done


def _floor(port: int, box: dovecot.Mailbox, low: int, database: Path, count: int) -> Cost:
    done = run(script("mail_floor", str(port), box.user, box.password, str(low), str(database)))
    if done.output.strip() != str(count):
        raise DidNotWork(f"the floor read {done.output.strip() or 'nothing'} instead of {count} letters")
    return done
