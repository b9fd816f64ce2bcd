"""Figures and how they are shown: a value, what it is compared with, and the goal, if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    what: str
    value: float
    unit: str
    beside: float | None = None
    """The same of the yardstick, in the same unit and run."""
    goal: float | None = None
    """At most so much: of the ratio where `of_ratio`, else of the value."""
    of_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        """Value over yardstick."""
        return self.value / self.beside if self.beside else None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        measured = self.ratio if self.of_ratio else self.value
        return None if self.goal is None or measured is None else measured <= self.goal


@dataclass(slots=True)
class Section:
    """The answer to one question."""

    title: str
    yardstick: str = ""
    """What `beside` is."""
    figures: list[Figure] = field(default_factory=list)
    trouble: str = ""
    """Why nothing could be measured; for the reader of the report."""
    skipped: bool = False
    """The trouble is the machine's: something that is measured with is not installed."""


def quantile(values: Iterable[float], part: float) -> float:
    """The value below which so large a part lies; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))] if ordered else 0.0


def as_json(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Plain values, ratios and verdicts included."""
    found = []
    for section in sections:
        plain = asdict(section)
        for figure, row in zip(section.figures, plain["figures"], strict=True):
            row |= {"ratio": figure.ratio, "reached": figure.reached}
        found.append(plain)
    return found


def as_table(sections: Sequence[Section]) -> str:
    """For a person's eyes: ratios first."""
    rows = [row for section in sections for row in _rows(section)]
    width = max((len(row[0]) for row in rows), default=0)
    lines = []
    for section in sections:
        lines += ["", section.title]
        if section.yardstick:
            lines.append(f"  beside: {section.yardstick}")
        if section.trouble:
            lines.append(f"  {'skipped' if section.skipped else 'DID NOT WORK'}: {section.trouble}")
        for what, ratio, value, beside, goal, verdict in _rows(section):
            lines.append(
                f"  {what:<{width}}  {ratio:>7}  {value:>11}  {beside:>11}  {goal:>11}  {verdict}".rstrip()
            )
    head = f"  {'':<{width}}  {'ratio':>7}  {'measured':>11}  {'beside':>11}  {'goal':>11}"
    return "\n".join([head, *lines])


def as_markdown(sections: Sequence[Section]) -> str:
    """The same for `docs/measurements.md`."""
    lines: list[str] = []
    for section in sections:
        lines += ["", f"### {section.title}", ""]
        lines += [f"Beside: {section.yardstick}.", ""] if section.yardstick else []
        if section.trouble:
            lines.append(section.trouble)
            continue
        lines += ["| | ratio | measured | beside | goal | |", "|---|---:|---:|---:|---:|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in _rows(section)]
    return "\n".join(lines).strip() + "\n"


def _rows(section: Section) -> list[tuple[str, str, str, str, str, str]]:
    found = []
    for figure in section.figures:
        ratio = f"{figure.ratio:.2f} ×" if figure.ratio is not None else ""
        beside = _with_unit(figure.beside, figure.unit) if figure.beside is not None else ""
        goal = ""
        if figure.goal is not None:
            goal = f"≤ {figure.goal:g} ×" if figure.of_ratio else f"≤ {_with_unit(figure.goal, figure.unit)}"
        verdict = {True: "reached", False: "missed", None: ""}[figure.reached]
        found.append((figure.what, ratio, _with_unit(figure.value, figure.unit), beside, goal, verdict))
    return found


def _with_unit(value: float, unit: str) -> str:
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()
