#!/usr/bin/env python3
"""Measure what an agent and an operator feel, as ratios within one run: `make bench`, `make bench ARGS=--json`.

Nothing here fails for being slow. The exit code is 1 only where something did not work at all.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measuring import accepting, console, desks, mail, presence, robots
from measuring.figures import Section, as_json, as_markdown, as_table
from measuring.processes import environment

PARTS = ("start", "keys", "mail", "presence", "accept", "robot")


def main() -> int:
    words = _words()
    # Whatever is started from here, by whichever module, sees the same.
    os.environ.update(environment())
    began = time.monotonic()
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="glazok-bench-") as scratch:
        for name, measure in _measures(words, Path(scratch)):
            _tell(f"{name}…")
            section = _one(name, measure)
            if section.trouble:
                _tell(f"  {section.trouble}")
            sections.append(section)
    if words.json:
        machine = {"processors": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
        print(json.dumps({"machine": machine, "sections": as_json(sections)}, indent=1, ensure_ascii=False))
    elif words.markdown:
        print(as_markdown(sections))
    else:
        print(as_table(sections))
        print(f"\n{time.monotonic() - began:.0f} s; goals are for a quiet machine: read the ratios first.")
    return int(any(section.trouble and not section.skipped for section in sections))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be repeated")
    parser.add_argument("--tickets", type=int, default=10_000, help="open tickets on the board (10000)")
    parser.add_argument("--letters", type=int, default=1000, help="letters at first (1000)")
    parser.add_argument(
        "--more-letters", type=int, default=4000, help="letters afterwards, to see growth (4000)"
    )
    parser.add_argument("--last-letters", type=int, default=0, help="letters behind all these (0)")
    parser.add_argument("--runs", type=int, default=5, help="starts of each program (5)")
    parser.add_argument(
        "--rounds", type=int, default=10, help="of 18 keys each, for moves and for scrolls (10)"
    )
    parser.add_argument("--seconds", type=int, default=5, help="of each presence run (5)")
    parser.add_argument("--contested", type=int, default=100, help="tickets that 16 processes race for (100)")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    output.add_argument("--markdown", action="store_true", help="tables for docs/measurements.md")
    return parser.parse_args()


def _measures(words: argparse.Namespace, scratch: Path) -> list[tuple[str, Callable[[], Section]]]:
    wanted = words.only or PARTS
    made: list[Path] = []

    def desk() -> Path:
        if not made:
            made.append(desks.full_desk(scratch / "full", words.tickets))
        return made[0]

    every: dict[str, Callable[[], Section]] = {
        "start": lambda: console.start_section(desk(), words.tickets, words.runs),
        "keys": lambda: console.keys_section(desk(), words.tickets, words.rounds),
        "mail": lambda: mail.section(scratch / "mail", words.letters, words.more_letters, words.last_letters),
        "presence": lambda: presence.section(words.seconds),
        "robot": lambda: robots.section(desk(), words.tickets),
        "accept": lambda: accepting.section(scratch / "accept", words.contested),
    }
    return [(name, measure) for name, measure in every.items() if name in wanted]


def _one(name: str, measure: Callable[[], Section]) -> Section:
    try:
        return measure()
    except Exception as error:  # noqa: BLE001  (the edge: the other parts are measured all the same)
        return Section(name, trouble=f"{type(error).__name__}: {error}")


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
