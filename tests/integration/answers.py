"""Answers as an agent gives them, in a word each."""

from __future__ import annotations

from typing import Any

from core.services import replies
from core.services.desk import Desk
from core.services.models.conversation import MessageView
from core.services.models.outcomes import Sent
from tests.builders import seen_by_all, who


def say(desk: Desk, login: str, ticket: int, text: str = "Проверьте ещё раз", **how: Any) -> Sent:
    """Reply having seen everything."""
    seen = seen_by_all(desk, ticket).last_event
    return replies.reply(desk, who(desk, login), ticket, text, seen, **how)


def written(desk: Desk, sent: Sent) -> MessageView:
    """The message of a reply or note."""
    found = [item.message for item in seen_by_all(desk, sent.ticket_id).timeline if item.message]
    return next(message for message in found if message.id == sent.message_id)
