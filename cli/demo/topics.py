"""What clients of a cloud write about: the shape of the sample texts. Texts are data, not our words.

Placeholders in braces (`{vm}`, `{ip}`, `{amount}` …) are filled per story by `cli.demo.stories`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of request with everything that is said about it.

    It has several cases: the n-th opening belongs to the n-th answer and follow-up, and the subjects go round.
    """

    key: str
    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    """The client's first letter, without greeting and signature."""
    answers: tuple[str, ...]
    """The agent's first answer to each case, where there is a particular one."""
    followups: tuple[str, ...]
    """What the client writes next."""
    notes: tuple[str, ...]
    """What agents tell one another."""

    def case_of(self, subject: int) -> int:
        """Which case a subject (by its number) is about."""
        return subject % len(self.openings)


@dataclass(frozen=True, slots=True)
class Phrases:
    """What belongs to no topic."""

    greetings: tuple[str, ...]
    farewells: tuple[str, ...]
    thanks: tuple[str, ...]
    """The client's last word."""
    agent_greetings: tuple[str, ...]
    """With `{client}`, the client's first name."""
    agent_farewells: tuple[str, ...]
    """With `{agent}`, the agent's name."""
    followups: tuple[str, ...]
    """What a client writes next where nobody remembers what it was about."""
    answers: tuple[str, ...]
    """What an agent answers to anything."""
    region_line: str
    """A line of the letter that tells the region, with `{region}`."""
