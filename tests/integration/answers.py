"""Answers as an agent gives them, in a word each, and the words that a ticket holds."""

from __future__ import annotations

from typing import Any

from core.services import replies
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outcomes import Sent
from core.services.models.ticket import TicketView
from tests.builders import last_of, seen_by_all, who


def say(desk: Desk, login: str, ticket: int, text: str = "Проверьте ещё раз", **how: Any) -> Sent:
    """Reply having seen everything."""
    seen = seen_by_all(desk, ticket).last_event
    return replies.reply(desk, who(desk, login), ticket, text, seen, **how)


def written(desk: Desk, sent: Sent) -> MessageView:
    """The message of a reply or note."""
    found = [item.message for item in seen_by_all(desk, sent.ticket_id).timeline if item.message]
    return next(message for message in found if message.id == sent.message_id)


def answered(desk: Desk, ticket: int, login: str = "anna", **how: Any) -> None:
    """Somebody answers, so that the ball is the client's."""
    replies.reply(desk, who(desk, login), ticket, "Проверьте ещё раз", last_of(desk, ticket), **how)


def last_message(view: TicketView) -> MessageView:
    """The newest thing that somebody said."""
    return [item.message for item in view.timeline if item.message][-1]
