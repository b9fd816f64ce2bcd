"""What a ticket's history says once what was taken back is left out."""

from __future__ import annotations

from collections.abc import Sequence

from core.db.tables import EventRow

WROTE = ("client_wrote", "voice_accepted")
"""Kinds of events by which the client has said something; what a new voice wrote counts once it takes part."""


def taken_back(history: Sequence[EventRow]) -> set[int]:
    """The ids of those events that somebody has undone, each with what was part of the same act: whoever answers what
    nobody owns accepts it."""
    by_id = {event.id: event for event in history}
    gone: set[int] = set()
    for event in history:
        if event.kind == "undone":
            undoes = int(event.data["undoes"])
            act = by_id.get(undoes)
            claimed = int(act.data.get("claimed") or 0) if act is not None else 0
            gone |= {undoes, claimed} if claimed else {undoes}
    return gone


def client_waits(since: Sequence[EventRow]) -> bool:
    """Whether the client's word is the last one among these events, and not an answer of ours."""
    gone = taken_back(since)
    said = [event.kind for event in since if event.kind in (*WROTE, "replied") and event.id not in gone]
    return bool(said) and said[-1] != "replied"
