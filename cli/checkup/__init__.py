"""The parts of `glazok doctor`: each check looks at one thing and says what to do. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """One part, looked at."""

    part: str
    """What was looked at, named like the configuration's key where there is one: `mailboxes.support.imap`."""
    state: State
    text: str
    """What was found: one sentence."""
    advice: str = ""
    """What to do; empty where all is well."""


def ok(part: str, text: str) -> Check:
    """A part that works."""
    return Check(part, "ok", text)


def warning(part: str, text: str, advice: str) -> Check:
    """A part that works, and could work better."""
    return Check(part, "warning", text, advice)


def failed(part: str, text: str, advice: str) -> Check:
    """A part that does not work."""
    return Check(part, "failed", text, advice)
