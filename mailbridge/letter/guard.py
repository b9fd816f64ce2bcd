"""Limits that keep one hostile letter from exhausting memory, the stack or the clock. Imports nothing of ours."""

from __future__ import annotations

MAX_DEPTH = 100
"""Multiparts inside multiparts; what lies deeper is kept as one raw attachment."""
MAX_PARTS = 3_000
"""Leaves and branches of one letter; what follows is kept as one raw attachment."""
MAX_HEADER_BYTES = 8 * 1024 * 1024
"""Of one header block: 10,000 recipients take about half a megabyte."""
MAX_HEADERS = 5_000
"""Fields of one header block."""
MAX_RECIPIENTS = 2_000
"""Of one delivery report."""
MAX_HTML_CHARS = 4 * 1024 * 1024
"""Of one HTML part that is made readable; a longer one is kept as a file besides."""
MAX_SPLIT_LINES = 50_000
"""Lines in which quotes are looked for; a longer body is all reply."""
MAX_INTRODUCTIONS = 5_000
"""Lines of one body that are looked at closely because they might introduce a quote; below them nothing does."""


class Budget:
    """Counts the parts of one letter, and collects what had to be given up, for `Letter.error`."""

    __slots__ = ("fallbacks", "parts", "problems")

    def __init__(self) -> None:
        self.parts = 0
        self.problems: list[str] = []
        self.fallbacks: list[str] = []

    def problem(self, text: str) -> None:
        """Note once that something could not be read in full."""
        if text not in self.problems:
            self.problems.append(text)

    def fallback(self, where: str, used: str, declared: str) -> None:
        """Note once that a charset had to be guessed."""
        note = f"{where}: {used.replace('_', '-')} instead of {declared or 'none'}"
        if note not in self.fallbacks:
            self.fallbacks.append(note)
