"""How the parts of the desk fare, kept where every console can read it."""

from __future__ import annotations

from datetime import timedelta

from core.clock import now
from core.db.tables import PartStateRow
from core.services.desk import Desk


def report(desk: Desk, part: str, ok: bool, text: str = "") -> None:
    """Note that a part (such as "mailbox support") works, or in one sentence why it does not.

    `since` keeps counting while state and sentence stay the same.
    """
    at = now()
    with desk.write() as session:
        row = session.get(PartStateRow, part)
        if row is None:
            session.add(PartStateRow(part=part, ok=ok, text=text, since=at, at=at))
            return
        if row.ok != ok or row.text != text:
            row.ok, row.text, row.since = ok, text, at
        row.at = at


def works(desk: Desk, part: str, seconds: float) -> bool:
    """Whether some program has reported within so many seconds that a part works."""
    with desk.read() as session:
        row = session.get(PartStateRow, part)
        return row is not None and row.ok and now() - row.at <= timedelta(seconds=seconds)
