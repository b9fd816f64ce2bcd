"""Print how well thanks are recognised in labelled letters: figures only, or with --show the mistakes too.

    python scripts/measure_thanks.py tests/data/thanks/seen.jsonl [--show]

A file is JSON lines of {"text", "lang", "thanks"}.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from core.domain.thanks import is_thanks


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of labelled letters."""

    right: int
    """Thanks, and recognised."""
    wrong: int
    """Recognised, and no thanks: what must not happen."""
    missed: int
    """Thanks, and not recognised."""
    passed: int
    """No thanks, and not taken for it."""

    @property
    def precision(self) -> float:
        """1.0 where nothing was recognised."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """1.0 where there was nothing to recognise."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def __str__(self) -> str:
        total = self.right + self.wrong + self.missed + self.passed
        return (
            f"{total} letters: precision {self.precision:.3f}, recall {self.recall:.3f} "
            f"({self.right} right, {self.wrong} wrong, {self.missed} missed, {self.passed} passed)"
        )


def read(path: Path) -> list[tuple[str, str, bool]]:
    """(text, language, whether it is thanks) of each letter."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(row["text"], row["lang"], row["thanks"]) for row in rows]


def measure(letters: list[tuple[str, str, bool]]) -> Figures:
    """Put every letter to the test."""
    verdicts = [(is_thanks(text), thanks) for text, _lang, thanks in letters]
    return Figures(
        *(verdicts.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False)))
    )


def main() -> None:
    """Print the figures of a file, in all and by language."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("letters", type=Path)
    parser.add_argument("--show", action="store_true", help="print the letters that were judged wrongly")
    arguments = parser.parse_args()
    letters = read(arguments.letters)
    print("all:", measure(letters))
    for language in sorted({lang for _, lang, _ in letters}):
        print(f"{language}:", measure([letter for letter in letters if letter[1] == language]))
    if arguments.show:
        for text, _lang, thanks in letters:
            if is_thanks(text) != thanks:
                print("missed" if thanks else "WRONG ", repr(text))


if __name__ == "__main__":
    main()
