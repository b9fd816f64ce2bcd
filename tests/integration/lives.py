"""What tests of a ticket's life have in common: a ticket that somebody has taken, and what can be seen of it."""

from __future__ import annotations

from datetime import UTC, datetime

from core.services import notices, replies, tickets
from core.services.desk import Desk
from tests.builders import CLIENT, last_of, opened, seen_by_all, who

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STRANGER = "new@else.example"


def taken(desk: Desk, by: str = "anna", *, region: str = "Siberia", sender: str = CLIENT) -> int:
    """The number of a ticket that somebody has accepted; by default of north."""
    ticket = opened(desk, region=region, sender=sender)
    tickets.accept(desk, who(desk, by), ticket)
    return ticket


def told(desk: Desk, login: str, ticket: int) -> list[str]:
    """The kinds of an agent's notices of a ticket, oldest first."""
    return [one.kind for one in reversed(notices.mine(desk, who(desk, login))) if one.ticket_id == ticket]


def where(desk: Desk, ticket: int) -> tuple[str, str, str]:
    """Status, group, and the owner's login."""
    view = seen_by_all(desk, ticket)
    return view.status, view.group.key, view.owner.login if view.owner else ""


def say(desk: Desk, by: str, ticket: int) -> None:
    """Somebody answers the client."""
    replies.reply(desk, who(desk, by), ticket, "Ответ", last_of(desk, ticket))
